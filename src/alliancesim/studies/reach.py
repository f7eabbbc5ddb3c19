"""Whom it reaches: concentration curves over deprivation, and maps of cells, from the ``cells`` of an experiment.

The table has a row a run and cell: ``run``, ``point``, ``replicate``, ``cell``, ``x_km``, ``y_km``, ``population``,
``deprived_share``, ``reported``, ``organisations``, ``engaged``, ``ever_engaged``, ``need_met``. Whether organisations and
territory are synthetic is for the caller to say, in the note of a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError
from alliancesim.plots.style import BLACK, SERIES, WIDTH, house_style, say_nothing
from alliancesim.studies.figures import mean_interval, study_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Labels = Mapping[int, str] | Sequence[str] | None

STEPS = 100
"""Steps of a concentration curve, of one per cent of the inhabitants each."""

SHARED = {
    "need_met": ("population", "relief of needs", "inhabitants"),
    "engaged": ("organisations", "engaged organisations", "organisations"),
    "ever_engaged": ("organisations", "organisations ever engaged", "organisations"),
}
"""What a curve can be of: what it is counted among, what is shared out, among whom."""

MAPPED = {
    "need_met": "need met by alliances (% of need without them)",
    "engaged_share": "organisations engaged now (%)",
    "ever_share": "organisations ever engaged (%)",
    "deprived_share": "inhabitants in deprived districts (%)",
}
"""What a map can show, with its unit."""

MOST = 0.98
"""Share of cells within the colours of a map: a cell with one organisation must not set the scale."""

_COUNTS = {"engaged_share": "engaged", "ever_share": "ever_engaged"}
_EMPTY = "0.8"
_PANEL_ROWS = 4


def label_of(labels: Labels, point: int) -> str:
    """The label of a point: from a mapping by point, a sequence in the order of the points, or its number."""
    if labels is None:
        return f"point {point}"
    if isinstance(labels, Mapping):
        return str(labels.get(point, f"point {point}"))
    return str(labels[point]) if 0 <= point < len(labels) else f"point {point}"


def _check(cells: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The cells of the place, without its surroundings."""
    for name in ("point", "replicate", "cell", *names):
        if name not in cells.columns:
            raise UserError(f"cells: found no column {name}, expected the cells of an experiment (keep.cells=true)")
    return cells[cells["reported"].astype(bool)] if "reported" in cells.columns else cells


# -- concentration curves ---------------------------------------------------------------------------------------------


def _by_level(run: pd.DataFrame, of: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Parts of those among whom, and of what is shared out, by level of deprived share, the most deprived first.

    Cells of one level are one step, so that the order of equals does not matter. None where nothing is shared out, or where all
    cells are equally deprived.
    """
    among = run[SHARED[of][0]].to_numpy(dtype=float)
    value = np.nan_to_num(run[of].to_numpy(dtype=float))
    levels, level = np.unique(-run["deprived_share"].to_numpy(dtype=float), return_inverse=True)
    x = np.bincount(level.ravel(), weights=among, minlength=len(levels))
    y = np.bincount(level.ravel(), weights=among * value if of == "need_met" else value, minlength=len(levels))
    if len(levels) < 2 or not (x.sum() > 0 and y.sum() > 0):
        return None
    return x / x.sum(), y / y.sum()


def _curve(run: pd.DataFrame, of: str) -> np.ndarray | None:
    """One run's curve at each step."""
    parts = _by_level(run, of)
    if parts is None:
        return None
    x, y = (np.append(0.0, np.cumsum(one)) for one in parts)
    return np.interp(np.linspace(0.0, 1.0, STEPS + 1), x, y)


def _index(run: pd.DataFrame, of: str) -> float:
    """Twice the area between a run's curve and the diagonal."""
    parts = _by_level(run, of)
    if parts is None:
        return float("nan")
    x, y = parts
    return float((x * (2.0 * np.cumsum(y) - y)).sum() - 1.0)


def _of(of: str) -> None:
    if of not in SHARED:
        raise UserError(f"of: found {of!r}, expected one of {', '.join(SHARED)}")


def concentration(cells: pd.DataFrame, labels: Labels = None, of: str = "need_met") -> pd.DataFrame:
    """Cumulated share of what is shared out against cumulated share of those among whom, the most deprived first.

    Parameters
    ----------
    cells : DataFrame
    labels : mapping or sequence of str, optional
        Labels of the points.
    of : {"need_met", "engaged", "ever_engaged"}
        Relief of needs among inhabitants (each counts alike, whatever its need), or engaged organisations among all.

    Returns
    -------
    DataFrame
        A row a point and step: ``point``, ``label``, ``of``, ``share`` (0-1, of those among whom), ``mean`` with ``low`` and
        ``high`` over replicates, ``n``. Above ``share`` where the deprived get more than others. NaN where nothing was shared
        out or all cells are equally deprived. Intervals are step by step.

    Raises
    ------
    UserError
        For a column that is missing, something that has no curve.
    """
    import pandas as pd

    _of(of)
    here = _check(cells, [of, SHARED[of][0], "deprived_share"])
    steps = np.linspace(0.0, 1.0, STEPS + 1)
    tables = []
    for point, runs in here.groupby("point", sort=True):
        found = [_curve(run, of) for _, run in runs.groupby("replicate", sort=True)]
        known = np.array([one for one in found if one is not None]).reshape(-1, STEPS + 1)
        bands = np.array([mean_interval(known[:, step]) for step in range(STEPS + 1)])
        tables.append(
            pd.DataFrame(
                {
                    "point": int(point), "label": label_of(labels, int(point)), "of": of, "share": steps, "mean": bands[:, 0],
                    "low": bands[:, 1], "high": bands[:, 2], "n": len(known),
                }
            )
        )  # fmt: skip
    if not tables:
        return pd.DataFrame(columns=["point", "label", "of", "share", "mean", "low", "high", "n"])
    return pd.concat(tables, ignore_index=True)


def concentration_indices(
    cells: pd.DataFrame, labels: Labels = None, of: str = "need_met", reference: int | None = None
) -> pd.DataFrame:
    """Concentration index of each point: twice the area between its curve and the diagonal, from -1 to 1.

    Parameters
    ----------
    cells, labels, of
        As in :func:`concentration`.
    reference : int, optional
        Point to compare with, replicate by replicate.

    Returns
    -------
    DataFrame
        ``point``, ``label``, ``index`` with ``low`` and ``high`` over replicates (positive: the deprived get more than their
        part); with a reference, ``change`` with ``change_low`` and ``change_high``.
    """
    import pandas as pd

    _of(of)
    here = _check(cells, [of, SHARED[of][0], "deprived_share"])
    found = {
        int(point): pd.Series({replicate: _index(run, of) for replicate, run in runs.groupby("replicate", sort=True)})
        for point, runs in here.groupby("point", sort=True)
    }
    if reference is not None and reference not in found:
        raise UserError(f"reference: found point {reference}, expected one of {', '.join(map(str, found))}")
    rows = []
    for point, values in found.items():
        row: dict[str, Any] = {"point": point, "label": label_of(labels, point)}
        row |= dict(zip(("index", "low", "high"), mean_interval(values), strict=True))
        if reference is not None:
            change = (values - found[reference]).dropna()
            row |= dict(zip(("change", "change_low", "change_high"), mean_interval(change), strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def figure_of_reach(table: pd.DataFrame, note: str = "") -> Figure:
    """Concentration curves, and beside them how far each lies from equal parts.

    Parameters
    ----------
    table : DataFrame
        From :func:`concentration`.
    note : str
        What is synthetic, and what else readers must know.

    Returns
    -------
    Figure
        Left, the curves with the diagonal; right, their distance from it, on its own scale, with bands and labels.
    """
    _, shared, among = SHARED[str(table["of"].iloc[0])] if len(table) else SHARED["need_met"]
    drawn = study_figure(
        "Whom it reaches",
        f"{among.capitalize()} are lined up from the most deprived cells. Above the diagonal (left) and above 0 (right) the "
        f"deprived get more than their part. Bands: 95 % intervals over replicates, at each place. {note}".strip(),
        4.3,
    )
    with house_style():
        left, right = drawn.subplots(1, 2, gridspec_kw={"width_ratios": [1.0, 1.15]})
        ends: list[tuple[float, float, str, str]] = []
        for number, (_, here) in enumerate(table.groupby("point", sort=True)):
            if here["mean"].isna().all():
                continue
            colour, line, _ = SERIES[number % len(SERIES)]
            x = 100 * here["share"].to_numpy()
            mid, low, high = (100 * here[name].to_numpy() for name in ("mean", "low", "high"))
            left.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
            left.plot(x, mid, color=colour, ls=line)
            right.fill_between(x, low - x, high - x, color=colour, alpha=0.15, lw=0)
            right.plot(x, mid - x, color=colour, ls=line)
            far = int(np.argmax(np.abs(mid - x)))
            ends.append((float(x[far]), float((mid - x)[far]), str(here["label"].iloc[0]), colour))
        if not ends:
            say_nothing(left, f"No {shared} to share out, or all cells are equally deprived.")
            right.set_axis_off()
            return drawn
        left.plot([0, 100], [0, 100], color="0.35", lw=0.9, ls=(0, (4, 3)))
        left.annotate("equal parts", (70, 70), (6, -10), textcoords="offset points", fontsize=7.5, color="0.35")
        left.set_xlim(0, 100)
        left.set_ylim(0, 100)
        left.set_xlabel(f"{among}, most deprived first (%)")
        left.set_ylabel(f"their part of the {shared} (%)")
        left.set_title("Cumulated parts")
        right.axhline(0.0, color="0.35", lw=0.9, ls=(0, (4, 3)))
        right.set_xlim(0, 100)
        right.set_xlabel(f"{among}, most deprived first (%)")
        right.set_ylabel("points more (+) or less (−) than equal parts")
        right.set_title("Distance from equal parts")
        _beside(right, ends)
    return drawn


def _beside(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Labels at the right edge, each joined by a thin line to where its curve is farthest from 0."""
    low, high = ax.get_ylim()
    gap = 0.075 * (high - low)
    ordered = sorted(ends, key=lambda one: one[1])
    middle = sum(one[1] for one in ordered) / len(ordered)
    places: list[float] = []
    for one in ordered:
        places.append(max(one[1], places[-1] + gap) if places else one[1])
    drift = sum(places) / len(places) - middle
    for (x, y, label, colour), place in zip(ordered, places, strict=True):
        ax.annotate(
            label if len(label) <= 26 else f"{label[:25]}…", (x, y), (1.03, place - drift), xycoords="data",
            textcoords=("axes fraction", "data"), color=colour, va="center", fontsize=7.5, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.5, "alpha": 0.6, "shrinkA": 1, "shrinkB": 0},
        )  # fmt: skip


# -- maps -------------------------------------------------------------------------------------------------------------


def by_square(cells: pd.DataFrame, column: str) -> pd.DataFrame:
    """Values of squares by point and replicate: cells of one square (parts of several communes) are taken together.

    Parameters
    ----------
    cells : DataFrame
    column : {"need_met", "engaged_share", "ever_share", "deprived_share"}

    Returns
    -------
    DataFrame
        ``point``, ``replicate``, ``x_km``, ``y_km``, ``population``, ``value``: a share (0-1), over organisations or weighted by
        inhabitants; NaN where there is nothing to count.
    """
    if column not in MAPPED:
        raise UserError(f"column: found {column!r}, expected one of {', '.join(MAPPED)}")
    counted = column in _COUNTS
    names = ["organisations", _COUNTS[column]] if counted else [column]
    here = _check(cells, ["x_km", "y_km", "population", *names])
    part = here[["point", "replicate", "x_km", "y_km", "population"]].copy()
    if counted:
        part["among"], part["got"] = here["organisations"], here[_COUNTS[column]]
    else:
        part["among"] = here["population"].where(here[column].notna(), 0.0)
        part["got"] = (part["among"] * here[column]).fillna(0.0)
    table = part.groupby(["point", "replicate", "x_km", "y_km"], sort=True).sum().reset_index()
    among = table["among"].to_numpy(dtype=float)
    table["value"] = np.divide(
        table["got"].to_numpy(dtype=float), among, out=np.full(len(among), np.nan), where=among > 0
    )
    return table.drop(columns=["among", "got"])


def one_place(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """What can be laid over one another on a map, and a sentence where it is one replicate only.

    A real place, or one of the user's tables, is the same in every replicate. A synthetic territory is drawn anew in each:
    means of its squares would be of nowhere, so its first replicate is kept.

    Parameters
    ----------
    table : DataFrame
        From :func:`by_square`.
    """
    squares = table.groupby(["point", "x_km", "y_km"])["population"].agg(["size", "min", "max"])
    replicates = table.groupby("point")["replicate"].nunique().reindex(squares.index.get_level_values("point"))
    same = (squares["size"].to_numpy() == replicates.to_numpy()) & np.isclose(squares["min"], squares["max"])
    if same.all():
        return table, ""
    first = table["replicate"].min()
    words = f"The territory differs from replicate to replicate: shown is replicate {first} alone, one draw."
    return table[table["replicate"] == first], words


def maps(
    cells: pd.DataFrame,
    design: pd.DataFrame | None = None,
    column: str = "need_met",
    labels: Labels = None,
    note: str = "",
    title: str = "Where it happens",
) -> Figure:
    """Small maps, one a point: means over replicates, on one scale.

    Parameters
    ----------
    cells : DataFrame
    design : DataFrame, optional
        ``point`` and ``label``: order and labels of the maps.
    column : {"need_met", "engaged_share", "ever_share", "deprived_share"}
    labels : mapping or sequence of str, optional
        Other labels than the design's.
    note, title : str

    Returns
    -------
    Figure
    """
    table = by_square(cells, column)
    points = sorted(int(one) for one in table["point"].unique())
    if design is not None:
        points = [int(one) for one in design["point"] if int(one) in set(points)]
        if labels is None:
            labels = {int(p): str(label) for p, label in zip(design["point"], design["label"], strict=True)}
    table, words = one_place(table)
    means = table.groupby(["point", "x_km", "y_km"], sort=True)["value"].mean().reset_index()
    drawn, axes = _sheet(
        means, points, title, f"{words or 'Means over replicates.'} Grey: nothing to count. {note}".strip()
    )
    with house_style():
        values = means["value"].to_numpy()
        known = values[np.isfinite(values)] if len(values) else values
        low, high = np.quantile(known, [0.01, MOST]).tolist() if len(known) else (0.0, 1.0)
        from matplotlib.colors import Normalize

        # from 0 unless that would hide the differences
        scale = Normalize(0.0 if low < 0.5 * high else 100 * low, 100 * (high if high > low else low + 0.01))
        for ax, point in zip(axes, points, strict=True):
            here = means[means["point"] == point]
            shade = _squares(ax, here, 100 * here["value"].to_numpy(), "YlGnBu", scale)
            ax.set_title(label_of(labels, point), fontsize=8.5)
        if len(axes):
            drawn.colorbar(shade, ax=list(axes), shrink=0.8, aspect=30, pad=0.02, panchor=False,
                           extend="max" if (known > high).any() else "neither", label=MAPPED[column])  # fmt: skip
    return drawn


def difference_map(
    cells: pd.DataFrame,
    reference: int,
    other: int,
    column: str = "need_met",
    labels: Labels = None,
    note: str = "",
) -> Figure:
    """Where one point differs from another: mean difference of each square, replicate by replicate, on a scale centred at 0.

    Parameters
    ----------
    cells : DataFrame
    reference, other : int
        Points; the map shows other less reference.
    column : {"need_met", "engaged_share", "ever_share", "deprived_share"}
    labels : mapping or sequence of str, optional
    note : str

    Returns
    -------
    Figure
        A dot marks squares whose 95 % interval (Student's t) excludes 0: one in twenty would without any effect.

    Raises
    ------
    UserError
        For a point that is not there, points that are not the same territory.
    """
    change = differences(cells, reference, other, column)
    alone = one_place(by_square(cells[cells["point"].isin([reference, other])], column))[1]
    words = f"{label_of(labels, other)} less {label_of(labels, reference)}"
    said = alone or (
        "Mean difference over replicates that share their draws. Dots: the 95 % interval of the square excludes 0 (one square in "
        "twenty would without any effect)."
    )
    said += f" Grey: nothing to count. {note}"
    drawn, axes = _sheet(change.assign(point=0), [0], f"Where it differs: {words}", said.strip())
    with house_style():
        from matplotlib.colors import Normalize

        value = 100 * change["difference"].to_numpy()
        known = np.abs(value[np.isfinite(value)])
        reach = float(np.quantile(known, MOST)) if len(known) else 0.0
        reach = reach if reach > 0 else (float(known.max()) if len(known) and known.max() > 0 else 1.0)
        shade = _squares(axes[0], change, value, "PuOr", Normalize(-reach, reach))
        clear = change[change["clear"]]
        axes[0].plot(clear["x_km"], clear["y_km"], ls="", marker=".", ms=3, color=BLACK)
        unit = MAPPED[column].replace("(%", "(points", 1)
        drawn.colorbar(shade, ax=axes[0], shrink=0.8, aspect=30, pad=0.02, panchor=False,
                       extend="both" if (known > reach).any() else "neither", label=f"change of {unit}")  # fmt: skip
    return drawn


def differences(cells: pd.DataFrame, reference: int, other: int, column: str = "need_met") -> pd.DataFrame:
    """Numbers of :func:`difference_map`.

    Returns
    -------
    DataFrame
        ``x_km``, ``y_km``, ``difference`` with ``low`` and ``high`` (Student's t), ``n`` (pairs), ``clear``. Where the
        territory differs between replicates, of the first one alone (see :func:`one_place`), without intervals.
    """
    from alliancesim.analysis.resample import LEVEL, student

    table = by_square(cells, column)
    known = set(table["point"].unique())
    for name, point in (("reference", reference), ("other", other)):
        if point not in known:
            raise UserError(f"{name}: found point {point}, expected one of {', '.join(str(p) for p in sorted(known))}")
    table, _ = one_place(table[table["point"].isin([reference, other])])
    wide = [table[table["point"] == point].set_index(["x_km", "y_km", "replicate"]) for point in (reference, other)]
    if not wide[0].index.equals(wide[1].index):
        both = wide[0].index.droplevel("replicate").unique(), wide[1].index.droplevel("replicate").unique()
        if not both[0].equals(both[1]):
            raise UserError(
                f"other: found point {other} on other squares than point {reference}, expected one territory"
            )
    squares = ["x_km", "y_km"]
    change = (wide[1]["value"] - wide[0]["value"]).dropna().groupby(squares)
    found = wide[0].reset_index()[squares].drop_duplicates().sort_values(squares).set_index(squares)
    found = found.assign(difference=change.mean(), n=change.size(), spread=change.std(ddof=1))
    found["n"] = found["n"].fillna(0).astype(int)
    reach = np.array([student(LEVEL, n) / np.sqrt(n) if n >= 2 else np.nan for n in found["n"]]) * found["spread"]
    found["low"], found["high"] = found["difference"] - reach, found["difference"] + reach
    found["clear"] = (found["low"] > 0) | (found["high"] < 0)
    return found.drop(columns="spread").reset_index()


def side(x: np.ndarray, y: np.ndarray) -> float:
    """Side of the squares whose centres these are (km)."""
    steps = [np.diff(np.unique(np.round(values, 6))) for values in (x, y)]
    found = np.concatenate(steps)
    return float(found[found > 1e-6].min()) if (found > 1e-6).any() else 1.0


def _sheet(table: pd.DataFrame, points: Sequence[int], title: str, note: str) -> tuple[Figure, list[Axes]]:
    """A figure with an equal map for each point, as large as the page allows."""
    count = len(points)
    if not count:
        drawn = study_figure(title, note, 2.4)
        with house_style():
            say_nothing(drawn.subplots(), "No squares to show.")
        return drawn, []
    wide, high = (max(float(np.ptp(table[name])), 1.0) for name in ("x_km", "y_km"))
    columns = min(count, _PANEL_ROWS) if count != 4 or wide > high else 2
    columns = 1 if count == 1 else columns
    rows = -(-count // columns)
    room = (WIDTH - 1.2) / columns
    tall = min(max(room * high / wide, 1.2), 5.0)
    drawn = study_figure(title, note, rows * (tall + 0.3) + 0.95)
    with house_style():
        axes = drawn.subplots(rows, columns, squeeze=False)
        for ax in axes.ravel():
            ax.set_axis_off()
        shown = list(axes.ravel()[:count])
        square = side(table["x_km"].to_numpy(), table["y_km"].to_numpy())
        for ax in shown:
            ax.set_aspect("equal")
            ax.set_xlim(table["x_km"].min() - 0.7 * square, table["x_km"].max() + 0.7 * square)
            ax.set_ylim(table["y_km"].min() - 1.8 * square, table["y_km"].max() + 0.7 * square)
        _ruler(shown[0], table, square)
    return drawn, shown


def _ruler(ax: Axes, table: pd.DataFrame, square: float) -> None:
    """A scale bar of a round length below the first map."""
    width = max(float(np.ptp(table["x_km"])), square)
    power = 10.0 ** np.floor(np.log10(width / 3))
    length = next(step * power for step in (5.0, 2.0, 1.0) if step * power <= max(width / 3, power))
    x, y = float(table["x_km"].min()), float(table["y_km"].min()) - 1.1 * square
    ax.plot([x, x + length], [y, y], color="0.25", lw=1.4, solid_capstyle="butt")
    ax.annotate(
        f"{length:g} km", (x + length, y), (3, 0), textcoords="offset points", fontsize=7, va="center", color="0.25"
    )


def _squares(ax: Axes, table: pd.DataFrame, values: np.ndarray, colours: str, scale: Any) -> Any:
    """Cells as squares, grey where nothing is known."""
    from matplotlib import colormaps
    from matplotlib.collections import PolyCollection

    x, y = table["x_km"].to_numpy(dtype=float), table["y_km"].to_numpy(dtype=float)
    half = side(x, y) / 2
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    shapes = np.stack([x, y], axis=1)[:, None, :] + corners[None, :, :]
    palette = colormaps[colours].with_extremes(bad=_EMPTY)
    drawn = PolyCollection(
        list(shapes), array=np.ma.masked_invalid(values), cmap=palette, norm=scale, lw=0.3, edgecolors="white"
    )
    ax.add_collection(drawn, autolim=False)
    return drawn


def reach(
    cells: pd.DataFrame, labels: Labels = None, of: str = "need_met", note: str = ""
) -> tuple[pd.DataFrame, Figure]:
    """Whom it reaches: :func:`concentration` and :func:`figure_of_reach` at once.

    Returns
    -------
    table : DataFrame
    figure : Figure
    """
    table = concentration(cells, labels, of)
    return table, figure_of_reach(table, note)
