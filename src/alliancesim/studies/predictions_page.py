"""``docs/predictions.md``: written once from the tables of the study, sealed with a hash, corrected only below its end mark."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from alliancesim.engine import MODEL_VERSION
from alliancesim.errors import UserError
from alliancesim.studies.page import markdown_table
from alliancesim.studies.predicted_quantities import PREDICTIONS
from alliancesim.studies.predictions import CLOSING, part, reading_table, words_of

TABLE = "intervals.csv"
SEAL = re.compile(r"^<!-- sealed: sha256 of the lines below, up to the end mark: ([0-9a-f]{64}) -->$")
END = "<!-- end of what was committed; corrections below, each with its date -->"
NEEDED = ("posterior", "prior")


def posterior_hash(path: Path) -> str:
    """SHA-256 of the packaged sample of the posterior.

    Raises
    ------
    UserError
        Where there is none.
    """
    if not path.is_file():
        raise UserError(f"{path.name}: no such file, expected the packaged sample of the posterior")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_intervals(folder: Path) -> pd.DataFrame:
    """The table of intervals that ``alliancesim reproduce predictions`` left.

    Raises
    ------
    UserError
        No table, or one without prior and posterior.
    """
    path = folder / TABLE
    if not path.is_file():
        raise UserError(f"{path}: no such file, expected the table of `alliancesim reproduce predictions`")
    table = pd.read_csv(path)
    there = set(table["rules"]) if "rules" in table else set()
    for word in NEEDED:
        if word not in there:
            raise UserError(
                f"{path}: found rules {', '.join(sorted(there)) or 'none'}, expected {' and '.join(NEEDED)}"
            )
    return table


def content(table: pd.DataFrame, date: datetime.date, posterior: str, words: Callable[[str], str]) -> str:
    """The page without its seal.

    Parameters
    ----------
    table : DataFrame
        From :func:`alliancesim.studies.predictions.intervals`.
    date : date
    posterior : str
        SHA-256 of the sample of the posterior.
    words : callable
        Scenario of an experiment, in words.
    """
    lines = [
        "# Predictions", "",
        f"Written on {date.isoformat()}, before any comparison with outside figures. Model version {MODEL_VERSION}; "
        f"sample of the posterior: sha256 `{posterior}`. Numbers come from `alliancesim reproduce predictions` "
        "([tables](experiments/predictions.md)); this page is written once and never edited. "
        "Corrections stand below its end, each with its date.", "",
        "Tables: **median** (50 % interval; 90 % interval) over draws of the rules, from the posterior and from "
        "the prior. A draw is one set of numbers "
        "of the rules and one run, so an interval holds both what is not known and luck.", "",
    ]  # fmt: skip
    for number, prediction in enumerate(PREDICTIONS, 1):
        text = part(table, prediction, words(prediction.experiment))
        shown = markdown_table(reading_table(table, prediction))
        lines += [f"## {number}. {prediction.title}", "", text.replace(f"table:{prediction.key}", shown), ""]
    return "\n".join([*lines, "## What these predictions are worth", "", CLOSING, ""])


def sealed(text: str) -> str:
    """The page with its seal and its end mark."""
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return f"<!-- sealed: sha256 of the lines below, up to the end mark: {digest} -->\n{text}\n{END}\n"


def check_seal(page: str) -> None:
    """Whether what was committed still stands as it was.

    Raises
    ------
    UserError
        No seal, no end mark, or another content.
    """
    head, _, rest = page.partition("\n")
    found = SEAL.match(head)
    if found is None:
        raise UserError(f"predictions: found {head[:60]!r} in the first line, expected the seal")
    text, mark, _ = rest.partition(f"\n{END}")
    if not mark:
        raise UserError("predictions: found no end mark, expected the one that the page was written with")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    if digest != found[1]:
        raise UserError(
            f"predictions: found content of sha256 {digest[:12]}, expected {found[1][:12]} (only what stands below "
            "the end mark may change)"
        )


def write_once(path: Path, page: str) -> None:
    """Write a page that is not there yet, whole or not at all.

    Raises
    ------
    UserError
        It is there.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(page)
    except FileExistsError:
        raise UserError(
            f"{path}: exists; predictions are written once and never edited (corrections go below its end mark, "
            "with their date)"
        ) from None


def described(experiment: str) -> str:
    """Scenario words of a prediction's experiment, from its file."""
    from alliancesim.experiments.compose import load_experiment

    return words_of(load_experiment(experiment))
