"""Numbers, dates and words of a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from math import floor, isfinite, log10

from alliancesim.report.vocabulary import KINDS_EN, KINDS_FR, OBSERVABLES, TEXT

LANGUAGES = ("en", "fr")
NBSP, NARROW = "\u00a0", "\u202f"

_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
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
        """The word of a pair (English, French), with its spaces."""
        return self.spaced(pair[1] if self.french else pair[0])

    def __getitem__(self, key: str) -> str:
        return self.pick(TEXT[key])

    def spaced(self, text: str) -> str:
        """Non-breaking spaces before units, and before French punctuation and inside guillemets."""
        text = text.replace(" k€", f"{NBSP}k€")
        if not self.french:
            return text
        for mark in (":", ";", "!", "?", "%", "»"):
            text = text.replace(f" {mark}", f"{NBSP}{mark}")
        return text.replace("« ", f"«{NBSP}")

    def typeset(self, text: str) -> str:
        """A title or a question that somebody typed: typographic apostrophes, and the language's spaces."""
        return self.spaced(re.sub(r"(?<=\w)'(?=\w)", "’", text))

    def number(self, value: float, digits: int = 3) -> str:
        """A number in so many significant digits: ``1,234.5`` or ``1 234,5``."""
        if not isfinite(value):
            return "–" if value != value else "∞" if value > 0 else "−∞"
        size = abs(value)
        places = 0 if size >= 10 ** (digits - 1) else max(0, digits - 1 - _magnitude(size))
        text = f"{value:,.{places}f}"
        if places:
            text = text.rstrip("0").rstrip(".")
        return self._written(text)

    def fixed(self, value: float, places: int, sign: bool = False) -> str:
        """A number with so many decimals."""
        if not isfinite(value):
            return self.number(value)
        text = self._written(f"{value:,.{places}f}")
        nothing = not any(digit in text for digit in "123456789")
        if nothing:
            text = text.removeprefix("−")
        return f"+{text}" if sign and value > 0 and not nothing else text

    def _written(self, text: str) -> str:
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
        return f"{self.number(100 * share)}{NBSP}%" if self.french else f"{self.number(100 * share)}%"

    def chance(self, probability: float) -> str:
        """A probability that was itself estimated: never quite 0 or 1."""
        if probability > 0.99:
            text = "plus de 99 %" if self.french else "over 99%"
        elif probability < 0.01:
            text = "moins de 1 %" if self.french else "under 1%"
        else:
            text = f"{round(100 * probability)} %" if self.french else f"{round(100 * probability)}%"
        return self.spaced(text)

    def date(self, day: date) -> str:
        """A date in words."""
        month = _MONTHS[self.code][day.month - 1]
        first = "1er" if self.french and day.day == 1 else str(day.day)
        return f"{first} {month} {day.year}"

    def observable(self, name: str) -> str:
        """An observable in a table or a figure."""
        return self.pick(OBSERVABLES[name].short) if name in OBSERVABLES else name

    def factor(self, name: str) -> float:
        """What a value is multiplied by to be shown: shares are told in points."""
        return 100.0 if OBSERVABLES[name].unit == "points" else 1.0

    def places(self, low: float, high: float, value: float) -> int:
        """Decimals that an estimate deserves: two digits of its interval's width, or of itself."""
        size = high - low if isfinite(low) and isfinite(high) and high > low else abs(value)
        return min(6, max(0, 1 - _magnitude(size))) if isfinite(size) and size > 0 else 0

    def kind(self, name: str) -> str:
        """A kind of organisation in words."""
        return (KINDS_FR if self.french else KINDS_EN)[name]

    @property
    def colon(self) -> str:
        """A colon after a word."""
        return f"{NBSP}:" if self.french else ":"

    def quoted(self, label: str) -> str:
        """A label in quotation marks."""
        return f"«{NBSP}{label}{NBSP}»" if self.french else f"“{label}”"

    def listed(self, words: list[str]) -> str:
        """Words in a sentence."""
        if len(words) <= 1:
            return "".join(words)
        return f"{', '.join(words[:-1])} {'et' if self.french else 'and'} {words[-1]}"


def _magnitude(size: float) -> int:
    """Power of ten of a number's first digit."""
    return floor(log10(size)) if size > 0 else 0
