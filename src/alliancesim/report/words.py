"""Numbers, dates and words of a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import floor, isfinite, log10

from alliancesim.report.vocabulary import KINDS_EN, KINDS_FR, OBSERVABLES, TEXT

LANGUAGES = ("en", "fr")
NBSP, NARROW = "\u00a0", "\u202f"

_MONTHS = {
    "en": ("January February March April May June July August September October November December").split(),
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre").split(),
}


@dataclass(frozen=True)
class Language:
    """A language: words by key, numbers and dates as it writes them.

    Attributes
    ----------
    code : {"en", "fr"}
    """

    code: str

    @property
    def french(self) -> bool:
        """Whether it is French."""
        return self.code == "fr"

    def pick(self, pair: tuple[str, ...]) -> str:
        """The word of a pair (English, French); French punctuation gets its spaces."""
        return self.spaced(pair[1]) if self.french else pair[0]

    def __getitem__(self, key: str) -> str:
        return self.pick(TEXT[key])

    def spaced(self, text: str) -> str:
        """Non-breaking spaces before French punctuation and inside guillemets."""
        if not self.french:
            return text
        for mark in (":", ";", "!", "?", "%", "»", "k€"):
            text = text.replace(f" {mark}", f"{NBSP}{mark}")
        return text.replace("« ", f"«{NBSP}")

    def number(self, value: float, digits: int = 3) -> str:
        """A number in so many significant digits: ``1,234.5`` or ``1 234,5``."""
        if value != value:
            return "–"
        if abs(value) == float("inf"):
            return "∞"
        size = abs(value)
        places = 0 if size >= 10 ** (digits - 1) else max(0, digits - 1 - _magnitude(size))
        text = f"{value:,.{places}f}"
        if places:
            text = text.rstrip("0").rstrip(".")
        if text in ("-0", ""):
            text = "0"
        if self.french:
            text = text.replace(",", NARROW).replace(".", ",")
        return text.replace("-", "−")

    def signed(self, value: float, digits: int = 3) -> str:
        """A number with its sign."""
        text = self.number(value, digits)
        return f"+{text}" if value > 0 and text != "0" else text

    def percent(self, share: float) -> str:
        """A share as a percentage."""
        return f"{self.number(100 * share)}{NBSP}%" if self.french else f"{self.number(100 * share)} %"

    def date(self, day: date) -> str:
        """A date in words."""
        month = _MONTHS[self.code][day.month - 1]
        first = "1er" if self.french and day.day == 1 else str(day.day)
        return f"{first} {month} {day.year}"

    def observable(self, name: str) -> str:
        """An observable in words."""
        return self.pick(OBSERVABLES[name][:2])

    def amount(self, name: str, value: float, signed: bool = False) -> str:
        """A value of an observable with its unit."""
        unit = OBSERVABLES[name][2]
        shown = (self.signed if signed else self.number)(100 * value if unit == "points" else value)
        if unit == "points":
            return f"{shown}{NBSP}points"
        return f"{shown}{NBSP}k€" if unit == "keur" else shown

    @property
    def colon(self) -> str:
        """A colon after a word."""
        return f"{NBSP}:" if self.french else ":"

    def kind(self, name: str) -> str:
        """A kind of organisation in words."""
        return (KINDS_FR if self.french else KINDS_EN)[name]

    def listed(self, words: list[str]) -> str:
        """Words in a sentence."""
        if len(words) <= 1:
            return "".join(words)
        return f"{', '.join(words[:-1])} {'et' if self.french else 'and'} {words[-1]}"


def _magnitude(size: float) -> int:
    """Power of ten of a number's first digit."""
    from math import floor, log10

    return floor(log10(size)) if size > 0 else 0
