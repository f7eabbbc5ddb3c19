"""The page of the decided hypotheses: a table, and a paragraph and a figure each, made from the numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliancesim.hypotheses.decide import LEAST, SURE, Decision, range_of, with_sign
from alliancesim.hypotheses.figures import figure
from alliancesim.hypotheses.registry import Entry
from alliancesim.hypotheses.running import PRECISE, Evidence
from alliancesim.studies.figures import listed, number
from alliancesim.studies.page import Page

SAID = {
    "default": "at the defaults (one set of parameters: what follows holds there and says nothing of others)",
    "prior": "over draws of the priors",
    "widened": "over draws of priors twice as wide",
    "posterior": "over draws of the posterior",
}


def table(found: Sequence[Evidence]) -> pd.DataFrame:
    """A row an effect, all outcomes: what the page and its file of numbers show."""
    rows = []
    for one in found:
        about = one.hypothesis
        for name, effect in one.effects.items():
            said, part = about.effects[name], one.parts[name]
            low, high = range_of(effect)
            rows.append(
                {
                    "hypothesis": about.name, "label": about.label, "role": about.role, "effect": name, "words": said.words,
                    "decides": said.decides, "sign": said.sign, "unit": said.unit, "scale": said.scale,
                    "smallest": said.least, "mean": effect.mean, "low": low, "high": high, "p": part.p,
                    "p_against": part.against, "outcome": part.outcome,
                    "share_with_sign": with_sign(effect.values, said.sign, said.least),
                    "draws": part.draws, "measured": part.measured, "seeds": one.data.seeds, "noise_of_a_seed": effect.noise,
                    "drawn_in": effect.kept, "error": effect.error, "precise": bool(effect.error < PRECISE * said.least),
                    "p_whole": one.decision.p, "outcome_whole": one.decision.outcome,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _summary(found: Sequence[Evidence]) -> pd.DataFrame:
    """The decided table: a row a deciding effect, the outcome of the whole on the first."""
    rows = []
    for one in found:
        about = one.hypothesis
        for place, name in enumerate(about.deciding):
            said, effect, part = about.effects[name], one.effects[name], one.parts[name]
            first = place == 0
            error = f"{number(effect.error)}{'' if effect.error < PRECISE * said.least else ' †'}"
            rows.append(
                {
                    "": about.name if first else "",
                    "outcome": f"**{one.decision.outcome}**" if first else "",
                    "P, all": _p(one.decision.p) if first else "",
                    "label, role": f"{about.label}, {about.role}" if first else "",
                    "effect": said.words.replace(" | ", " given "),  # a bar would end a cell of the table
                    "sign": said.sign,
                    "mean": _signed(effect.mean),
                    "unit": said.unit,
                    "smallest of interest": said.least,
                    "P": _p(part.p),
                    "draws with that sign": _share(with_sign(effect.values, said.sign, said.least)),
                    "draws × seeds": f"{part.measured}/{part.draws} × {one.data.seeds}",
                    "Monte-Carlo error": error,
                }
            )
    return pd.DataFrame(rows)


def page(found: Sequence[Evidence], entries: Sequence[Entry], rules: str, version: str) -> Page:
    """The page.

    Parameters
    ----------
    found : sequence of Evidence
    entries : sequence of Entry
        Registrations, one a hypothesis.
    rules : str
        Where parameters came from.
    version : str
        Version of the model that ran.
    """
    whole = Page(
        "The hypotheses, decided",
        "Which of the hypotheses that were written down before they were run hold, how strongly, and over how much of what "
        "is not known of the parameters?",
    )
    whole.tables = {"effects": table(found)}
    whole.add("What comes out", "\n\n".join(_findings(found)))
    summary = _summary(found)
    whole.tables["decided"] = summary
    whole.add("The decided table", "table:decided\n\n" + _key())
    whole.add("How they were decided", _design(found, entries, rules, version))
    for one in found:
        about = one.hypothesis
        whole.figures[about.name] = figure(one)
        whole.add(
            f"{about.name}: {one.decision.outcome}",
            f"*{about.statement}* ({about.sign})\n\n![{about.name}](figure:{about.name})\n\n{paragraph(one)}",
        )
    return whole


def _findings(found: Sequence[Evidence]) -> list[str]:
    counted = [one for one in found if one.hypothesis.label != "entailed"]
    checks = [one for one in found if one.hypothesis.label == "entailed"]
    words = []
    if counted:
        parts = []
        for outcome in ("supported", "refuted", "undecided"):
            names = [one.hypothesis.name for one in counted if one.decision.outcome == outcome]
            parts.append(f"{len(names)} {outcome}" + (f" ({listed(names)})" if names else ""))
        words.append(f"Of {len(counted)} hypotheses that could fail: {', '.join(parts)}.")
    for one in (one for one in found if one.hypothesis.role == "confirmatory"):
        words.append(
            f"**{one.hypothesis.name}, confirmatory,** is {one.decision.outcome} (P {_p(one.decision.p)} that it holds in all "
            "its parts)."
        )
    if checks:
        said = listed([entailed_words(one.hypothesis.name, one.decision) for one in checks])
        words.append(f"Entailed by a rule, hence a check of the code and not counted: {said}.")
    short = [one.hypothesis.name for one in found if not one.precise]
    if short:
        words.append(
            f"**Underpowered at this size:** {listed(short)}. There the Monte-Carlo error of a deciding effect is above a "
            "quarter of the smallest effect of interest with the most draws that were allowed (marked †), or too few draws "
            "could be measured: where such a hypothesis is undecided, that may be for want of runs."
        )
    return words


def entailed_words(name: str, decision: Decision) -> str:
    """Whether what a rule entails held wherever it could be measured (a draw without a measure is no failure of the code)."""
    held = decision.against == 0
    where = f"{'all' if held else 'some of the'} {decision.measured} draws that could be measured, of {decision.draws}"
    return f"{name} {'held' if held else '**failed**'} in {where}"


def _key() -> str:
    return (
        f"P: posterior probability that the effect lies beyond the smallest one of interest, in the stated direction (sign 0: "
        f"inside it; *not +*: not beyond it). Supported from {SURE:g} on; refuted where the contrary has that much; else "
        "undecided. *P, all*: that all deciding effects do in the same draw. *Draws*: measured of drawn. † Monte-Carlo error "
        "(standard error of the mean, of draws and seeds) above a quarter of the smallest effect of interest. Effects that do "
        "not decide stand below and in the file of numbers."
    )


def _design(found: Sequence[Evidence], entries: Sequence[Entry], rules: str, version: str) -> str:
    runs = sum(one.runs for one in found)
    failures = sum(one.failures for one in found)
    dates = sorted({one.date for one in entries})
    versions = sorted({one.model_version for one in entries})
    changed = (
        ""
        if versions == [version]
        else f" They were registered with model {listed(versions)} and run with model {version}."
    )
    where = SAID.get(rules, f"over the rows of {rules}")
    return (
        f"Each hypothesis is a file in `experiments/hypotheses/`, hashed into `REGISTERED.csv` before it was run (on "
        f"{listed(dates)}); the command refuses a file that says something else.{changed} Effects are measured {where}: "
        f"every arm of a hypothesis has the same draws and the same seeds. {runs:,} runs, {failures} of which failed. "
        "Seeds of a draw are averaged, and the luck that is left in the averages is taken out "
        "of their spread: distances from the mean are drawn in until their variance is that of the averages less that of the "
        "luck, which the seeds show about each other. Shapes and shares of shares need all seeds of a draw for one number; there "
        "nothing is taken out, so that their probabilities are nearer to one half than they should be. The Monte-Carlo error of "
        f"the mean is put back by drawing draws again. With fewer than {LEAST} measured draws nothing is decided, and draws "
        "without a measure count for neither side. No p-values; what is exploratory stays so."
    )


def paragraph(one: Evidence) -> str:
    """A hypothesis in words."""
    about, whole = one.hypothesis, one.decision
    words = [f"**{about.label.capitalize()}:** {about.because}"]
    head = f"**{whole.outcome.capitalize()}**"
    if whole.why:
        words.append(f"{head}: {whole.why}.")
    else:
        together = " that all deciding effects hold together" if len(about.deciding) > 1 else ""
        words.append(f"{head}: P = {_p(whole.p)}{together}, {_p(whole.against)} against it.")
    for name, effect in one.effects.items():
        said, part = about.effects[name], one.parts[name]
        low, high = range_of(effect)
        beside = "" if said.decides else " (beside, decides nothing)"
        if not np.isfinite(effect.mean):
            words.append(f"*{said.words.capitalize()}*{beside}: could not be measured in any draw.")
            continue
        reach = f" (95 % of draws {_signed(low)} to {_signed(high)})" if np.isfinite(low) else ""
        sure = _share(with_sign(effect.values, said.sign, said.least))
        words.append(
            f"*{said.words[0].upper()}{said.words[1:]}*{beside}: {_signed(effect.mean)} {said.unit}{reach}, stated "
            f"{_stated(said.sign)} {number(said.least)}; P {_p(part.p)}, {sure} of {part.measured} draws with that sign. "
            f"Smallest of interest: {said.reason}." + _error(effect.error, said.least)
        )
    if about.limits:
        words.append(f"**Left out.** {about.limits}")
    return "\n\n".join(words)


def _error(error: float, least: float) -> str:
    if not np.isfinite(error):
        return " Its Monte-Carlo error is not known."
    if error < PRECISE * least:
        return ""
    return f" Its Monte-Carlo error, {number(error)}, is above a quarter of that: underpowered."


def _stated(sign: str) -> str:
    return {
        "+": "above",
        "-": "below minus",
        "0": "within plus or minus",
        "not +": "not above",
        "not -": "not below minus",
    }[sign]


def _p(value: float) -> str:
    if not np.isfinite(value):
        return "unknown"
    return "over .99" if value > 0.99 else "under .01" if value < 0.01 else f"{value:.2f}".lstrip("0")


def _share(value: float) -> str:
    return "unknown" if not np.isfinite(value) else f"{100 * value:.0f} %"


def _signed(value: float) -> str:
    if not np.isfinite(value):
        return "unknown"
    text = number(abs(value))
    return text if float(value) == 0 else f"+{text}" if value > 0 else f"−{text}"
