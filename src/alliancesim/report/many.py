"""An experiment of many points: its design, the spread of what came out, the order of the points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliancesim.report.vocabulary import OBSERVABLES
from alliancesim.report.words import Language

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.experiments.opened import ExperimentResult

ORDER_BY = "lasting_alliances"
MOST_RANKED = 2000
"""Points up to which the order is resampled; above, points are ordered by their means alone."""
SHOWN = 10
"""Points shown from the top, and from the bottom, of the order."""

DESIGNS = {
    "list": ("a list of scenarios", "liste de scénarios"),
    "grid": ("a full grid", "plan factoriel complet"),
    "one_at_a_time": ("one factor at a time", "un facteur à la fois"),
    "latin_hypercube": ("a Latin hypercube", "hypercube latin"),
    "sobol": ("a Sobol’ sequence", "suite de Sobol’"),
    "saltelli": ("Saltelli’s design", "plan de Saltelli"),
    "morris": ("Morris’s design", "plan de Morris"),
    "table": ("a table handed in", "tableau fourni"),
}


def observables(result: ExperimentResult) -> list[str]:
    """Observables of the report that were kept."""
    return [name for name in OBSERVABLES if name in result.runs.columns and result.runs[name].notna().any()]


def factors(result: ExperimentResult) -> dict[str, Any]:
    """Columns of the design that are factors, in order, with what the experiment says of each (None: it says nothing)."""
    listed = result.experiment.factors
    found = {name: listed[name] for name in result.design.columns if name in listed}
    return found or {name: None for name in result.design.columns if name not in ("point", "label", "base", "identity")}


def means(result: ExperimentResult) -> pd.DataFrame:
    """A row a point: the design beside the means of observables."""
    kept = observables(result)
    found = result.runs.groupby("point")[kept].mean().reset_index()
    return result.design[["point", "label", *factors(result)]].merge(found, on="point", how="left")


def spread(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Quantiles over points of the means: observable, lowest, tenth, median, ninetieth, highest."""
    import pandas as pd

    rows = [(name, *table[name].quantile([0.0, 0.1, 0.5, 0.9, 1.0])) for name in names]
    return pd.DataFrame(rows, columns=["observable", "lowest", "tenth", "median", "ninetieth", "highest"])


def order(result: ExperimentResult, table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Points from the best: ``rank``, ``label``, ``mean``, ``low``, ``high``, ``p_best``, ``rank_low``, ``rank_high``."""
    from alliancesim.analysis import ranking

    if len(table) <= MOST_RANKED:
        found = ranking(result.runs, result.design, by)
    else:
        found = (
            table[["point", "label", by]]
            .rename(columns={by: "mean"})
            .sort_values("mean", ascending=False, kind="stable")
        )
        found = found.reset_index(drop=True)
        for name in ("low", "high", "p_best", "rank_low", "rank_high"):
            found[name] = float("nan")
    return found.assign(rank=range(1, len(found) + 1))


def described(result: ExperimentResult, failed: int, words: Language) -> str:
    """The design in a sentence."""
    kind = words.pick(DESIGNS[result.experiment.design.kind])
    points, each = words.number(len(result.design)), words.number(int(result.manifest["replicates_done"]))
    runs = words.number(len(result.runs), 9)
    if words.french:
        text = f"Plan d’expérience : {kind} ; {points} points, {each} futurs simulés par point, {runs} simulations abouties."
        if failed:
            text += f" {failed} simulation{'s ont' if failed > 1 else ' a'} échoué (failures.parquet)."
        text += " Les points sont trop nombreux pour être racontés un à un : voici leur dispersion et leur classement."
    else:
        text = f"Design: {kind}; {points} points, {each} simulated futures of each, {runs} runs that ended well."
        if failed:
            text += f" {failed} run{'s' if failed > 1 else ''} failed (failures.parquet)."
        text += " Points are too many to be told one by one: here are their spread and their order."
    return words.spaced(text)


def factor_rows(result: ExperimentResult, words: Language) -> list[tuple[str, str]]:
    """Each factor with the values that it took."""
    import pandas as pd

    rows = []
    for name, said in factors(result).items():
        column = result.design[name].dropna()
        number = pd.to_numeric(column, errors="coerce")
        found = list(dict.fromkeys(column.astype(str)))
        told = [str(level) for level in said.levels] if said is not None and said.levels else []
        levels = [one for one in told if one in found] + [one for one in found if one not in told]
        if len(levels) <= 8:
            shown = words.listed([words.number(float(one), 4) if _numeric(one) else one for one in levels])
        elif number.notna().all():
            low, high = words.number(float(number.min())), words.number(float(number.max()))
            shown = f"de {low} à {high}" if words.french else f"from {low} to {high}"
        else:
            shown = f"{len(levels)} {'valeurs' if words.french else 'values'}"
        rows.append((name, shown))
    return rows


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def spread_rows(found: pd.DataFrame, words: Language) -> list[list[str]]:
    """Cells of the table of spread, in the language."""
    rows = []
    for row in found.itertuples(index=False):
        factor = words.factor(row.observable)
        values = [value * factor for value in row[1:]]
        places = words.places(values[0], values[-1], values[-1])
        unit = " (%)" if OBSERVABLES[row.observable].unit == "points" else ""
        rows.append(
            [words.spaced(words.observable(row.observable) + unit), *(words.fixed(value, places) for value in values)]
        )
    return rows


def order_rows(found: pd.DataFrame, by: str, words: Language) -> list[list[str]]:
    """The first and the last points of the order, in the language."""
    if len(found) > 2 * SHOWN:
        first, last = found.head(SHOWN), found.tail(SHOWN)
        return [*_ordered(first, by, words), ["…", "…", "", "", ""], *_ordered(last, by, words)]
    return _ordered(found, by, words)


def _ordered(found: pd.DataFrame, by: str, words: Language) -> list[list[str]]:
    factor, rows = words.factor(by), []
    for row in found.itertuples(index=False):
        places = words.places(row.low * factor, row.high * factor, row.mean * factor)
        interval: Any = "–"
        if row.low == row.low:
            low, high = (words.fixed(value * factor, places) for value in (row.low, row.high))
            interval = f"{low} {'à' if words.french else 'to'} {high}"
        ranks: Any = "–"
        if row.rank_low == row.rank_low:
            ranks = f"{row.rank_low:.0f}–{row.rank_high:.0f}"
        rows.append([str(row.rank), str(row.label), words.fixed(row.mean * factor, places), interval, ranks])
    return rows
