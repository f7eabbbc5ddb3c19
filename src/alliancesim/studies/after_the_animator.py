"""Funding of an animator ends: what survives, and what an alliance that survives has cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.plots.style import BLACK, GREY, SERIES, house_style
from alliancesim.studies.figures import SYNTHETIC, end_labels, listed, mean_interval, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.experiments import ExperimentResult

AFTER = 36
"""Months after the end of funding at which survival is read (SPEC section 9, H22)."""


_NOTHING = (np.nan, np.nan, np.nan)


# -- numbers ----------------------------------------------------------------------------------------------------------


def funded_months(result: ExperimentResult) -> dict[str, int | None]:
    """Months of funding by label: 0 never, None always."""
    found: dict[str, int | None] = {}
    for point, label in enumerate(result.labels):
        animators = result.scenario(point).animation.animators.values()
        terms = [source.months for one in animators for source in one.sources.values()]
        found[label] = 0 if not terms else None if None in terms else max(int(term or 0) for term in terms)
    return found


def extra(series: pd.DataFrame, terms: Mapping[str, int | None], name: str = "alliances") -> pd.DataFrame:
    """What there is more than without funding, under the same draws.

    Parameters
    ----------
    series : DataFrame
        ``point``, ``replicate``, ``month`` and the column.
    terms : mapping
        Months of funding by label, in the order of the points; one of them 0.
    name : str

    Returns
    -------
    DataFrame
        ``label``, ``replicate``, ``month``, ``extra``. Month 0 is there: nobody animates during burn-in, so the difference
        is 0.
    """
    labels = list(terms)
    home = next(point for point, label in enumerate(labels) if terms[label] == 0)
    wide = series.pivot(index=["replicate", "month"], columns="point", values=name)
    start = pd.MultiIndex.from_product([sorted(series["replicate"].unique()), [0]], names=["replicate", "month"])
    tables = []
    for point, label in enumerate(labels):
        if point not in wide:
            continue  # every one of its runs failed
        change = pd.concat([pd.Series(0.0, index=start), wide[point] - wide[home]]).rename("extra")
        tables.append(change.sort_index().reset_index().assign(label=label))
    return pd.concat(tables, ignore_index=True)[["label", "replicate", "month", "extra"]]


def _pair(table: pd.DataFrame, label: str, first: int, later: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Extra alliances of each replicate in two months; None where a month was not kept."""
    here = table[table["label"] == label].pivot(index="replicate", columns="month", values="extra")
    if first not in here.columns or later not in here.columns:
        return None
    kept = here[[first, later]].dropna()
    return kept[first].to_numpy(dtype=float), kept[later].to_numpy(dtype=float)


def _drawn(before: np.ndarray, after: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """A ratio of means: as it is, over resampled replicates, and with each replicate left out."""
    from alliancesim.analysis import indices

    rows = indices(len(before))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = float(after.sum() / before.sum())
        again = after[rows].sum(axis=1) / before[rows].sum(axis=1)
        left = (after.sum() - after) / (before.sum() - before)
    again[before[rows].sum(axis=1) <= 0] = np.nan
    return share, again, left


def share_left(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
    """Share of what was there before that is there after: ratio of means, interval over replicates drawn again.

    NaN where there was no clear gain before: a share of nothing has no meaning.
    """
    from alliancesim.analysis.resample import LEVEL, accelerated

    if len(before) < 2 or not mean_interval(before)[1] > 0:
        return _NOTHING
    share, again, left = _drawn(before, after)
    if np.nanmax(again) == np.nanmin(again):
        return share, share, share
    return (share, *accelerated(share, again, left, LEVEL))


def survival(table: pd.DataFrame, terms: Mapping[str, int | None]) -> pd.DataFrame:
    """Of the alliances that funding added when it ended, the share that is there three years later.

    Parameters
    ----------
    table : DataFrame
        From :func:`extra`.
    terms : mapping

    Returns
    -------
    DataFrame
        A row a funding that ends three years or more before the run does: ``funded``, ``months``, ``extra_at_end``,
        ``extra_later`` and ``share_left``, each with ``_low`` and ``_high``; ``extra_last``, in the last month, and
        ``share_of_futures``, the share of replicates with more alliances than without funding then.
    """
    rows = []
    for label, term in terms.items():
        found = _pair(table, label, term, term + AFTER) if term else None
        if found is None or not len(found[0]):
            continue
        row: dict[str, Any] = {"funded": label, "months": term}
        here = table[table["label"] == label]
        last = here.loc[here["month"] == here["month"].max(), "extra"].dropna()
        numbers = {
            "extra_at_end": mean_interval(found[0]),
            "extra_later": mean_interval(found[1]),
            "share_left": share_left(*found),
            "extra_last": mean_interval(last),
        }
        for name, (mid, low, high) in numbers.items():
            row |= {name: mid, f"{name}_low": low, f"{name}_high": high}
        row["share_of_futures"] = float((last > 0).mean())
        rows.append(row)
    return pd.DataFrame(rows)


def longer_against_shorter(table: pd.DataFrame, found: pd.DataFrame) -> tuple[float, float, float]:
    """Share left after the longest funding less that after the shortest, paired by replicate (SPEC section 9, H22)."""
    from alliancesim.analysis.resample import LEVEL, accelerated

    known = found[found["share_left"].notna()] if len(found) else found
    if len(known) < 2:
        return _NOTHING
    wide = table.pivot(index="replicate", columns=["label", "month"], values="extra")
    ends = known.sort_values("months").iloc[[0, -1]]
    columns = [(row.funded, month) for row in ends.itertuples() for month in (row.months, row.months + AFTER)]
    kept = wide[columns].dropna().to_numpy(dtype=float)
    if len(kept) < 2:
        return _NOTHING
    short, long = _drawn(kept[:, 0], kept[:, 1]), _drawn(kept[:, 2], kept[:, 3])
    change, again, left = long[0] - short[0], long[1] - short[1], long[2] - short[2]
    if np.nanmax(again) == np.nanmin(again):
        return change, change, change
    return (change, *accelerated(change, again, left, LEVEL))


def costs(
    runs: pd.DataFrame, design: pd.DataFrame, table: pd.DataFrame, terms: Mapping[str, int | None]
) -> pd.DataFrame:
    """Money and days of animation, in kEUR, for each extra alliance that is still there.

    Parameters
    ----------
    runs, design : DataFrame
    table : DataFrame
        From :func:`extra`.
    terms : mapping

    Returns
    -------
    DataFrame
        A row a funding: ``funded``, ``read_in_month`` (three years after its end, or the last one), ``keur``; ``cost`` with
        ``cost_low``, ``cost_high``: all that was spent, over the extra alliances of that month; ``year_cost``: the same over
        the extra years of alliances up to the last month, a yardstick for all fundings. NaN without a clear gain.
    """
    from alliancesim.analysis import cost_per_outcome

    last = int(table["month"].max())
    points = {label: point for point, label in enumerate(terms)}
    home = next(point for label, point in points.items() if terms[label] == 0)
    money = runs.drop(columns=["still_there", "years"], errors="ignore")
    rows = []
    for label, term in terms.items():
        month = last if term is None else term + AFTER
        here = table[table["label"] == label].dropna(subset="extra")
        if term == 0 or here.empty or not 0 < month <= last:
            continue
        gained = pd.DataFrame(
            {
                "still_there": here[here["month"] == month].set_index("replicate")["extra"],
                "years": here.groupby("replicate")[["month", "extra"]].apply(
                    lambda one: np.trapezoid(one["extra"], one["month"]) / 12
                ),
            }
        )
        # the gain is a difference already, so without funding it is 0
        both = pd.concat(
            [
                money[money["point"] == points[label]].merge(gained, on="replicate"),
                money[money["point"] == home].assign(still_there=0.0, years=0.0),
            ]
        )
        two = design[design["point"].isin([home, points[label]])]
        row: dict[str, Any] = {"funded": label, "read_in_month": month}
        for outcome, name in (("still_there", "cost"), ("years", "year_cost")):
            found = cost_per_outcome(both, two, outcome, {"day_keur": DAY_KEUR}, home).iloc[0]
            row |= {"keur": found["extra_keur"], name: found["cost"], f"{name}_low": found["cost_low"]}
            row[f"{name}_high"] = found["cost_high"]
        rows.append(row)
    columns = [
        "funded",
        "read_in_month",
        "keur",
        *(f"{n}{e}" for n in ("cost", "year_cost") for e in ("", "_low", "_high")),
    ]
    return pd.DataFrame(rows, columns=columns)


def late_money(series: pd.DataFrame, terms: Mapping[str, int | None]) -> float:
    """Largest share of a funding's money that is spent after it has ended (what was left in a purse)."""
    shares = [0.0]
    for point, term in enumerate(terms.values()):
        here = series[series["point"] == point]
        total = here["spend_keur"].sum()
        if term and total > 0:
            shares.append(float(here.loc[here["month"] > term, "spend_keur"].sum() / total))
    return max(shares)


# -- figure -----------------------------------------------------------------------------------------------------------


def _bands(table: pd.DataFrame, label: str) -> pd.DataFrame:
    here = table[table["label"] == label].groupby("month")["extra"]
    rows = {month: mean_interval(values) for month, values in here}
    return pd.DataFrame(rows, index=["mid", "low", "high"]).T


def figure(table: pd.DataFrame, terms: Mapping[str, int | None], found: pd.DataFrame) -> Any:
    """Extra alliances over time: branches that leave the line of steady funding where the money ends."""
    note = (
        "Alliances more than on the same territory without funding, under the same draws. Filled marks: the money ends; hollow "
        f"marks: three years later, with the share that is left. Bands hold 95 % intervals. {SYNTHETIC}"
    )
    drawn = study_figure("After the animator leaves", note, 4.6)
    with house_style():
        ax = drawn.subplots()
        ends: list[tuple[float, str, str]] = []
        always = next((label for label, term in terms.items() if term is None), None)
        trunk = _bands(table, always) if always is not None else None
        if trunk is not None and len(trunk):
            _line(ax, trunk, GREY, "-")
            ends.append((float(trunk["mid"].iloc[-1]), "funded always", BLACK))
        ending = [(label, term) for label, term in terms.items() if term]
        for (label, term), (colour, line, mark) in zip(ending, SERIES, strict=False):
            bands = _bands(table, label)
            if bands.empty:
                continue
            ends.append((float(bands["mid"].iloc[-1]), f"funded {label}", colour))
            _line(ax, _branch(bands, trunk), colour, line)
            _marks(ax, bands, int(term or 0), label, found, colour, mark)
        ax.axhline(0.0, color="0.3", lw=0.8)
        top = ax.get_ylim()[1]
        ax.set_ylim(top=top + 0.06 * (top - ax.get_ylim()[0]))
        ax.margins(x=0.0)
        ax.set_xlim(left=-0.4)
        end_labels(ax, ends)
        ax.set_xlabel("years since the beginning of funding")
        ax.set_ylabel("alliances more than without funding")
    return drawn


def _branch(bands: pd.DataFrame, trunk: pd.DataFrame | None) -> pd.DataFrame:
    """A line from where it leaves the line of steady funding: before that, both are the same runs."""
    if trunk is None or list(trunk.index) != list(bands.index):
        return bands
    apart = np.flatnonzero(bands["mid"].to_numpy() != trunk["mid"].to_numpy())
    return bands.iloc[max(0, apart[0] - 1) :] if len(apart) else bands.iloc[-1:]


def _line(ax: Axes, bands: pd.DataFrame, colour: str, line: Any) -> None:
    years = bands.index.to_numpy(dtype=float) / 12
    ax.fill_between(years, bands["low"], bands["high"], color=colour, alpha=0.15, lw=0)
    ax.plot(years, bands["mid"], color=colour, ls=line)


def _marks(ax: Axes, bands: pd.DataFrame, term: int, label: str, found: pd.DataFrame, colour: str, mark: str) -> None:
    """The end of funding, and three years later, on a line."""
    if term in bands.index:
        ax.plot(term / 12, bands.loc[term, "mid"], marker=mark, color=colour, ms=7, zorder=4)
        ax.annotate(f"ends after\n{label}", (term / 12, bands.loc[term, "mid"]), (-3, 6), color=colour, fontsize=7.5,
                    textcoords="offset points", ha="right", va="bottom", linespacing=1.0)  # fmt: skip
    if term + AFTER in bands.index:
        later = bands.loc[term + AFTER]
        ax.plot((term + AFTER) / 12, later["mid"], marker=mark, color=colour, mfc="white", ms=6, zorder=4)
        row = found[found["funded"] == label] if len(found) else found
        if len(row) and row["share_left"].iloc[0] > 0:
            words = f"{100 * row['share_left'].iloc[0]:.0f} % left"
            ax.annotate(words, ((term + AFTER) / 12, later["high"]), (4, 2), color=colour, fontsize=7.5,
                        textcoords="offset points", ha="left", va="bottom")  # fmt: skip


# -- words ------------------------------------------------------------------------------------------------------------


def tenth(value: float) -> str:
    """A number of alliances on average, to one decimal."""
    return f"{value:.1f}"


def percent(low: float, high: float | None = None) -> str:
    """A share, or a range of shares, in per cent."""
    if high is None:
        return f"{100 * low:.0f} %"
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def sentences(found: pd.DataFrame, change: tuple[float, float, float] = _NOTHING) -> list[str]:
    """Findings in words, from the numbers.

    Parameters
    ----------
    found : DataFrame
        From :func:`survival`.
    change : (float, float, float)
        From :func:`longer_against_shorter`.
    """
    if not len(found):
        return [f"No funding ends {AFTER} months before the end of the run, so nothing can be said."]
    words = []
    for row in found.itertuples():
        said = (
            f"**Funded {row.funded}.** When the money ends there are {tenth(row.extra_at_end)} alliances more than without "
            f"funding ({tenth(row.extra_at_end_low)} to {tenth(row.extra_at_end_high)}). "
        )
        if np.isfinite(row.share_left) and row.extra_later_low > 0:
            said += (
                f"Three years later {tenth(row.extra_later)} more are there ({tenth(row.extra_later_low)} to "
                f"{tenth(row.extra_later_high)}): {percent(row.share_left)} of that "
                f"({percent(row.share_left_low, row.share_left_high)})."
            )
        elif np.isfinite(row.share_left):
            clear = "there are clearly fewer" if row.extra_later_high < 0 else "there is no clear difference any more"
            reach = f"{row.extra_later:+.1f}; {row.extra_later_low:+.1f} to {row.extra_later_high:+.1f}"
            said += f"Three years later {clear} ({reach})."
        elif np.isfinite(row.extra_at_end_low):
            said = f"**Funded {row.funded}.** No clear difference when the money ends, so no share is left to count."
        else:
            said += "Too few replicates for an interval, so no share is given."
        if np.isfinite(row.extra_last_low) and np.isfinite(row.share_left):
            if row.extra_last_low > 0 or row.extra_last_high < 0:
                more = "more" if row.extra_last > 0 else "fewer"
                said += (
                    f" In the last month {tenth(abs(row.extra_last))} {more} are there, and more than without funding in "
                    f"{10 * row.share_of_futures:.0f} futures out of 10."
                )
            else:
                said += " In the last month there is no clear difference any more."
        words.append(said)
    words += _over_time(found, change)
    return words


def _over_time(found: pd.DataFrame, change: tuple[float, float, float]) -> list[str]:
    """What longer funding changes, and whether anything grows without money."""
    words = []
    mid, low, high = change
    if np.isfinite(low) and np.isfinite(high):
        reach = f"{100 * mid:+.0f} points ({100 * low:.0f} to {100 * high:.0f})"
        ordered = found.sort_values("months")
        ends = f"from {ordered['funded'].iloc[0]} to {ordered['funded'].iloc[-1]} of funding"
        if low > 0:
            words.append(f"**What is funded longer lasts better:** the share that is left rises {ends}, by {reach}.")
        elif high < 0:
            words.append(
                f"**What is funded longer does not last better:** the share that is left falls {ends}, by {reach}."
            )
        else:
            words.append(f"**No clear difference** of the share that is left {ends}: {reach}.")
    grown = found[found["share_left_low"] > 1]
    if len(grown):
        words.append(
            f"With {listed([str(one) for one in grown['funded']])} the lead over the territory without funding is larger three "
            "years after the end than at the end: what was begun goes on for a while without the animator."
        )
    return words


def sentences_of_costs(table: pd.DataFrame) -> list[str]:
    """What an extra alliance that is still there has cost, and an extra year of one."""
    words = []
    if len(still := table[np.isfinite(table["cost"])]):
        parts = [
            f"{row.cost:,.0f} kEUR ({_reach(row.cost_low, row.cost_high)}) when funded {row.funded}, read in year "
            f"{row.read_in_month / 12:.0f}"
            for row in still.itertuples()
        ]
        words.append(
            f"**What one costs.** All that was spent, for each extra alliance still there: {'; '.join(parts)}."
        )
    if len(years := table[np.isfinite(table["year_cost"])]):
        parts = [
            f"{row.year_cost:,.1f} kEUR ({_reach(row.year_cost_low, row.year_cost_high, 1)}) when funded {row.funded}"
            for row in years.itertuples()
        ]
        words.append(
            f"These are read in different years. Over the whole run, an extra year of an alliance has cost {listed(parts)}."
        )
    unclear = [str(row.funded) for row in table.itertuples() if not np.isfinite(row.cost)]
    if unclear:
        words.append(
            f"No cost for each alliance still there can be given when funded {listed(unclear)}: no clear gain is left."
        )
    return words


def _reach(low: float, high: float, digits: int = 0) -> str:
    return f"{low:,.{digits}f} to {'without bound' if high == np.inf else f'{high:,.{digits}f}'}"


def summary(found: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """The table of the page."""
    if not len(found):
        return pd.DataFrame({"funded": money["funded"], "spent (kEUR)": money["keur"]})
    both = money.merge(found, on="funded", how="left")
    return pd.DataFrame(
        {
            "funded": both["funded"],
            "more at the end": both["extra_at_end"],
            "more three years later": both["extra_later"],
            "left (%)": 100 * both["share_left"],
            "from (%)": 100 * both["share_left_low"],
            "to (%)": 100 * both["share_left_high"],
            "spent (kEUR)": both["keur"],
            "kEUR for one still there": both["cost"],
            "kEUR for a year of one": both["year_cost"],
        }
    )


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["after_the_animator"]
    terms = funded_months(result)
    table = extra(result.timeseries, terms)
    found = survival(table, terms)
    money = costs(result.runs, result.design, table, terms)
    page = Page(result.experiment.heading, result.experiment.question or "")
    over_time = table.groupby(["label", "month"], as_index=False, sort=False)["extra"].mean()
    page.tables = {"summary": summary(found, money), "survival": found, "costs": money, "extra_alliances": over_time}
    if not len(found):
        del page.tables["survival"]
    page.figures = {"after_the_animator": figure(table, terms, found)}
    late = late_money(result.timeseries, terms)
    page.add(
        "Design",
        f"An animation like the Labo's (gatherings at tables, accompaniment, a bank of experiments) on an urban territory, "
        f"funded {listed(list(terms))}; {result.manifest['replicates_done']} replicates that share their draws, "
        f"{result.scenario().months} months. Each source brings in a year what its levers cost in a year; "
        + (
            f"of a funding's money at most {percent(late)} is spent after it has ended. "
            if late > 0.005
            else "nothing worth naming is spent after a funding has ended. "
        )
        + "Territories are the same until the money ends.",
    )
    parts = ["![After the animator leaves](figure:after_the_animator)"]
    parts += [*sentences(found, longer_against_shorter(table, found)), *sentences_of_costs(money), "table:summary"]
    page.add("What comes out", "\n\n".join(part for part in parts if part))
    page.add(
        "What it does not say",
        "The extra alliances are a difference between two territories, not a list. Some would have formed later anyway, so the "
        "difference also shrinks because the territory without an animator catches up; and it can grow after the end, "
        "because those who were engaged meet, testify and found others. How long alliances last (their hazard, renewal after "
        "36 months) is an assumption still to be calibrated. Costs count money of levers and the animator's days at "
        f"{DAY_KEUR} kEUR; prices are assumptions, what alliances cost their members is not counted, and neither "
        "are years of alliances after the last month.",
    )
    return page


STUDY = Study("after_the_animator", ("after_the_animator",), write)
