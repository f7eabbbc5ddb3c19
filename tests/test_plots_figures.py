"""Every figure, for runs of every sort: it draws without a warning, says its units and sources, and nothing overlaps."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import combinations, pairwise
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from alliancesim.engine import engine_of
from alliancesim.plots import FIGURES, finding
from alliancesim.plots.geography import hull, scattered
from alliancesim.plots.style import DPI, WIDTH, count, organisations_note, percent
from alliancesim.plots.territory_map import SHOWN_ALLIANCES, chosen
from alliancesim.plots.timeline import Timeline
from alliancesim.results.result import result_of
from alliancesim.scenario import load_scenario

LIVELY = ("rules.m0=0.6", "rules.willing0=0.6", "rules.a_half=50")
RUNS = {
    "one_month": ("territory=urban", "territory.population=6000", "months=1", "burn_in=0"),
    "nothing": ("territory=rural", "territory.population=2000", "months=3", "burn_in=0", "rules.m0=0"),
    "animated": ("territory=rural", "territory.population=8000", "animation=full", "months=36", "burn_in=24", *LIVELY),
    "border": ("territory=cross_border", "territory.population=9000", "months=12", "burn_in=6", *LIVELY),
    "real": (
        "territory=real",
        "territory.place=commune:Figeac",
        "months=14",
        "burn_in=12",
        "rules.spontaneous_convening=0.02",
    ),
    "case": ("case=opus3_scarcity", "territory.population=6000", "months=48", "burn_in=24", *LIVELY),
    "short_case": ("case=opus3_scarcity", "territory.population=6000", "months=4", "burn_in=24"),
}


@cache
def run(name: str) -> Any:
    scenario = load_scenario(*RUNS[name], "threads=1")
    engine = engine_of(scenario)
    engine.run()
    return result_of(engine, scenario)


def drawn(name: str, figure: str) -> Any:
    """A figure after its layout."""
    picture = FIGURES[figure](run(name))
    FigureCanvasAgg(picture).draw()
    return picture


def boxes(picture: Any) -> list[tuple[str, Any]]:
    """Boxes of all that is written, apart from what belongs inside an axes."""
    renderer = picture.canvas.get_renderer()
    found = [("title", picture._suptitle), ("note", picture._supxlabel)]
    for number, ax in enumerate(picture.axes):
        for place, title in (("left", ax._left_title), ("centre", ax.title), ("right", ax._right_title)):
            found.append((f"axes {number} {place} title", title))
        found += [(f"axes {number} x label", ax.xaxis.label), (f"axes {number} y label", ax.yaxis.label)]
        if ax.get_legend() is not None:
            found.append((f"axes {number} legend", ax.get_legend()))
    shown = [
        (what, artist) for what, artist in found if artist.get_visible() and getattr(artist, "get_text", lambda: "x")()
    ]
    return [(what, artist.get_window_extent(renderer)) for what, artist in shown if not hidden(artist)]


def hidden(artist: Any) -> bool:
    """Labels of axes that are switched off are not drawn."""
    ax = getattr(artist, "axes", None)
    return ax is not None and not ax.axison and artist in (ax.xaxis.label, ax.yaxis.label)


def overlap(a: Any, b: Any) -> bool:
    """Whether boxes share more than a pixel."""
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1


EVERY = [(name, figure) for name in RUNS for figure in FIGURES]


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before


def test_order_of_figures() -> None:
    names = ["map", "funnel", "engaged", "alliances", "trust", "needs", "ages", "spending", "indices"]
    assert list(FIGURES) == names


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_draws_says_what_it_shows_and_nothing_overlaps(name: str, figure: str) -> None:
    picture = drawn(name, figure)
    check_words(picture, name, figure)
    check_boxes(picture)
    check_ticks(picture)


def check_words(picture: Any, name: str, figure: str) -> None:
    assert picture.get_figwidth() * DPI == pytest.approx(1200)
    note = picture._supxlabel.get_text()
    assert "Synthetic organisations." in note
    assert "Assumption:" in note
    if name == "real":
        assert "Data: inhabitants by commune" in " ".join(note.split())
    assert len(picture._suptitle.get_text().splitlines()) >= 2
    for ax in picture.axes:
        if not ax.axison or figure == "map":
            continue
        labels = [ax.get_xlabel(), ax.get_ylabel()]
        if ax.get_xticklabels() and ax.xaxis.get_tick_params().get("labelbottom", True):
            assert labels[0], f"{ax.get_title(loc='left')}: x axis without a label"
        words = [text.get_text() for text in ax.get_yticklabels()]
        if any(re.search(r"\d", word) for word in words):
            assert labels[1], f"{ax.get_title(loc='left')}: y axis without a label"


def check_boxes(picture: Any) -> None:
    width, height = picture.get_figwidth() * picture.dpi, picture.get_figheight() * picture.dpi
    written = boxes(picture)
    for what, box in written:
        assert box.x0 >= -1, what
        assert box.y0 >= -1, what
        assert box.x1 <= width + 1, what
        assert box.y1 <= height + 1, what
    for (what, a), (other, b) in combinations(written, 2):
        assert not overlap(a, b), f"{what} over {other}"
    areas = [(n, ax.get_window_extent()) for n, ax in enumerate(picture.axes) if ax.axison]
    for what, box in written:
        for number, area in areas:
            assert not overlap(box, area), f"{what} over axes {number}"


def check_ticks(picture: Any) -> None:
    renderer = picture.canvas.get_renderer()
    for ax in picture.axes:
        if not ax.axison:
            continue
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high and t.label1.get_visible()]
            labels = [t.label1.get_window_extent(renderer) for t in ticks if t.label1.get_text()]
            for a, b in combinations(labels, 2):
                assert not overlap(a, b), ax.get_title(loc="left")


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_finding_is_a_sentence_with_numbers(name: str, figure: str) -> None:
    sentence = finding(figure, run(name))
    assert re.search(r"\d", sentence)
    assert sentence.endswith(".")
    assert "nan" not in sentence
    assert "\n" not in sentence


def test_finding_of_an_unknown_figure() -> None:
    with pytest.raises(KeyError):
        finding("nonsense", run("one_month"))


def saved(picture: Any, kind: str) -> bytes:
    buffer = BytesIO()
    picture.savefig(buffer, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("figure", ["map", "engaged", "spending"])
def test_same_bytes_whatever_the_users_settings(figure: str) -> None:
    plain = {kind: saved(FIGURES[figure](run("animated")), kind) for kind in ("png", "svg")}
    with matplotlib.rc_context({"font.size": 20, "axes.grid": False, "savefig.dpi": 50, "lines.linewidth": 9}):
        again = {kind: saved(FIGURES[figure](run("animated")), kind) for kind in ("png", "svg")}
    assert plain == again
    assert b"Software" not in plain["png"]
    assert b"<dc:date>" not in plain["svg"]


def test_shows_itself_in_a_notebook() -> None:
    picture = FIGURES["needs"](run("one_month"))
    image = picture._repr_png_()
    assert image.startswith(b"\x89PNG")
    assert int.from_bytes(image[16:20], "big") == round(WIDTH * DPI)


def test_needs_neither_pyplot_nor_a_display() -> None:
    code = "import alliancesim.plots, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


# -- what is drawn ----------------------------------------------------------------------------------------------------


def lines_of(picture: Any, title: str) -> dict[str, Any]:
    ax = next(ax for ax in picture.axes if ax.get_title(loc="left") == title)
    return {line.get_label(): line for line in ax.lines}


def test_lines_are_the_columns() -> None:
    result = run("animated")
    lines = lines_of(FIGURES["alliances"](result), "True and identified")
    table = result.timeseries
    np.testing.assert_array_equal(lines["true"].get_ydata(), table["alliances"].to_numpy(dtype=float)[-60:])
    np.testing.assert_allclose(lines["true"].get_xdata(), table["month"].to_numpy()[-60:] / 12.0)


def test_lines_tell_themselves_apart_in_grey() -> None:
    for figure in ("engaged", "alliances", "trust", "needs"):
        for ax in FIGURES[figure](run("animated")).axes:
            looks = [(str(line.get_linestyle()), line._unscaled_dash_pattern, line.get_marker()) for line in ax.lines]
            named = [look for look, line in zip(looks, ax.lines, strict=True) if not line.get_label().startswith("_")]
            assert len({str(look) for look in named}) == len(named)


def test_calendar_of_a_case() -> None:
    timeline = Timeline.of(run("case"))
    year, month = run("case").scenario.case.first_month.split("-")
    assert timeline.zero == pytest.approx(int(year) + (int(month) - 1) / 12)
    assert timeline.end == pytest.approx(timeline.zero + 4)
    assert not Timeline.of(run("animated")).has(2013.5)
    without = FIGURES["engaged"](run("animated"))._supxlabel.get_text()
    assert "right margin" in " ".join(without.split())


def test_survey_marks_stand_at_their_time() -> None:
    result = run("case")
    timeline = Timeline.of(result)
    dated = timeline.has(2011.0)
    picture = FIGURES["ages"](result)
    ax = next(ax for ax in picture.axes if ax.get_title(loc="left").startswith("Under five"))
    marks = [line for line in ax.lines if line.get_marker() == "D"]
    assert marks[0].get_ydata()[0] == pytest.approx(0.69)
    assert (abs(marks[0].get_xdata()[0] - 2011.0) < 0.2) == dated


def test_burn_in_is_labelled_where_there_is_one() -> None:
    def words(name: str) -> list[str]:
        return [text.get_text() for ax in FIGURES["needs"](run(name)).axes for text in ax.texts]

    assert words("animated").count("burn-in") == 2
    assert "burn-in" not in words("one_month")


@pytest.mark.parametrize("name", ["animated", "real", "case"])
def test_funnel_narrows_and_adds_up(name: str) -> None:
    picture = FIGURES["funnel"](run(name))
    ax = next(ax for ax in picture.axes if ax.get_title(loc="left") == "Forums")
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[0] > 0
    assert all(a >= b for a, b in pairwise(widths))
    failed = next(ax for ax in picture.axes if ax.get_title(loc="left") == "What stopped the others")
    assert widths[0] == widths[-1] + sum(bar.get_width() for bar in failed.patches)


def test_spending_without_an_animator_says_so() -> None:
    texts = [text.get_text() for ax in FIGURES["spending"](run("one_month")).axes for text in ax.texts]
    assert any("Nobody animates" in text for text in texts)


def alliances(depths: list[int], members: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"depth": depths, "members": members, "start_month": np.arange(len(depths))})


def test_deep_and_large_alliances_are_drawn_first() -> None:
    table = alliances([1, 1, 2, 3, 4, 1, 3], [2, 3, 2, 2, 2, 2, 2])
    assert chosen(table, 4).tolist() == [4, 6, 1, 3]
    assert sorted(chosen(table, 100).tolist()) == list(range(7))
    many = alliances([1] * 200, [2] * 200)
    assert len(chosen(many, SHOWN_ALLIANCES[1])) == SHOWN_ALLIANCES[1]


def test_organisations_stay_in_their_square_and_apart() -> None:
    table = pd.DataFrame({"x_km": [1.0] * 300 + [3.0] * 5, "y_km": [1.0] * 305})
    x, y = scattered(table, 2.0)
    assert np.abs(x - table["x_km"]).max() < 1
    assert np.abs(y - 1.0).max() < 1
    assert len({(a, b) for a, b in zip(x, y, strict=True)}) == 305


def test_hull() -> None:
    points = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 1], [1, 0]], dtype=float)
    assert {tuple(p) for p in hull(points)} == {(0, 0), (2, 0), (2, 2), (0, 2)}
    assert len(hull(np.array([[0.0, 0.0], [1.0, 1.0]]))) == 2


@pytest.mark.parametrize(
    ("given", "everyone", "words"),
    [
        (0, 100, "Synthetic organisations."),
        (40, 100, "40 organisations of the user's table; the 60 others are synthetic organisations."),
        (100, 100, "Organisations of the user's table."),
    ],
)
def test_note_says_whose_organisations_they_are(given: int, everyone: int, words: str) -> None:
    facts = {"given_organisations": given, "simulated_organisations": everyone}
    result: Any = SimpleNamespace(manifest={"territory": facts})
    assert organisations_note(result) == words


def test_words_of_numbers() -> None:
    assert [count(1, "forum"), count(1204, "forum"), count(0)] == ["1 forum", "1,204 forums", "0"]
    assert [percent(0.034), percent(0.34), percent(0), percent(float("nan"))] == ["3.4%", "34%", "0%", "unknown"]
