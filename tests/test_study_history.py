"""History: gaps between high and low starts, verdicts by the rule, words that follow the numbers."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from studying import assert_whole

from alliancesim.studies.history import (
    PASTS,
    basins,
    finals,
    gaps,
    pasts_apart,
    paths,
    sentence_of_pasts,
    sentences,
    side_labels,
    steepest,
    summary,
)
from alliancesim.studies.reproduce import reproduce

TRUSTS = [0.2, 0.3, 0.45, 0.6, 0.7]
MONTHS = [12, 60, 120, 180, 240]


def series_of(path, replicates=6, spread=0.004, peers=(0.01,)):
    """Engaged shares from ``path(past, trust, month)``, noise shared by the starts of a replicate and a little of its own."""
    draws = np.random.default_rng(11)
    rows = []
    for past, peer, replicate in itertools.product(PASTS, peers, range(1, replicates + 1)):
        luck = draws.normal(0.0, 0.05)
        for trust, month in itertools.product(TRUSTS, MONTHS):
            own = draws.normal(0.0, spread)
            rows.append((past, trust, peer, replicate, month, path(past, trust, month) + luck + own, 0.8 * trust + own))
    columns = ["history", "rules.trust0", "rules.q_peer", "replicate", "month", "engaged_share", "impact_trust"]
    return pd.DataFrame(rows, columns=columns)


def engaged(found):
    return found[found["measure"] == "engaged_share"].set_index("history")


def test_quick_page(tmp_path):
    page = reproduce("history", quick=True, output=tmp_path, workers=1)
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|^table:", text)
    beside = tmp_path / "history"
    assert {path.stem for path in beside.glob("*.png")} == {"history", "history_trust", "final_against_initial"}
    found = pd.read_csv(beside / "basins.csv")
    assert len(found) == 2 * 3 * 3
    # more trust in a first contact is more trust of ties, whatever else happens
    assert (found.loc[found["measure"] == "impact_trust", "gap"] > 0).all()


@pytest.mark.parametrize(
    ("gap", "verdict"),
    [
        (lambda month: 0.0, "together"),
        (lambda month: 0.3, "holding"),
        (lambda month: 0.3 * month / 240, "widening"),
        (lambda month: 0.4 - 0.3 * month / 240, "closing"),
        (lambda month: -0.4 + 0.3 * month / 240, "closing"),
        (lambda month: -0.3 * month / 240, "widening"),
    ],
)
def test_verdicts_follow_the_paired_gap(gap, verdict):
    series = series_of(lambda past, trust, month: 0.3 + gap(month) * (trust - 0.2) / 0.5)
    found = engaged(basins(series))
    # of steady gaps, one in twenty is said to move
    assert (found["verdict"] == verdict).sum() >= (2 if verdict == "holding" else 3)
    assert found["gap"].to_numpy() == pytest.approx([gap(240)] * 3, abs=0.02)
    text = sentences(basins(series))[0]
    if verdict == "together":
        assert "No clear difference between high and low starts in month 240" in text
    else:
        assert "still apart in month 240 in 3 of 3 settings" in text
        assert ("It closes in all of them" in text) == (verdict == "closing")
        assert ("does the gap clearly close" in text) == (verdict != "closing")


def test_gaps_are_paired_so_that_luck_of_the_territory_does_not_blur_them():
    series = series_of(lambda past, trust, month: 0.3 + 0.02 * (trust - 0.2) / 0.5, spread=0.0)
    table = gaps(series)
    here = table[table["measure"] == "engaged_share"]
    assert np.allclose(here["gap"], 0.02) and np.allclose(here["low"], 0.02)
    high = series.loc[(series["rules.trust0"] == 0.7) & (series["month"] == 240), "engaged_share"]
    assert high.std() > 0.02  # without pairing, nothing would be seen


def test_only_some_close():
    def path(past, trust, month):
        gap = 0.4 - 0.3 * month / 240 if past == "cooperative" else 0.2
        return 0.3 + gap * (trust - 0.2) / 0.5

    text = sentences(basins(series_of(path)))[0]
    assert "It closes with cooperative past with q_peer 0.01" in text
    assert "does not clearly close with competitive past with q_peer 0.01 and no particular past" in text


def test_steps():
    straight = series_of(lambda past, trust, month: 0.2 + trust / 2, spread=0.0)
    jump = series_of(lambda past, trust, month: 0.2 + 0.3 * (trust > 0.4), spread=0.0)
    for series, slope in ((straight, 1.0), (jump, 0.5 / 0.15)):
        last = series[(series["month"] == 240) & (series["history"] == "none")]
        assert steepest(last, "engaged_share") == pytest.approx(slope)
    assert "without a clear jump" in " ".join(sentences(basins(straight)))
    assert "a step or a bend" in " ".join(sentences(basins(jump)))


def test_rest_is_not_claimed_while_shares_rise():
    rising = series_of(lambda past, trust, month: 0.2 + month / 1000, spread=0.0)
    assert "Nothing is at rest yet" in " ".join(sentences(basins(rising)))
    resting = series_of(lambda past, trust, month: 0.2, spread=0.0)
    assert "at rest" not in " ".join(sentences(basins(resting)))


def test_the_past_in_words():
    def worth(sign):
        return lambda past, trust, month: 0.3 + sign * 0.1 * (past == "cooperative")

    def words(sign):
        # the same luck for every past of a replicate, as shared draws give
        series = series_of(worth(sign))
        luck = series.groupby(["history", "replicate"])["engaged_share"].transform("mean")
        level = series.groupby("history")["engaged_share"].transform("mean")
        return sentence_of_pasts(pasts_apart(series.assign(engaged_share=series["engaged_share"] - luck + level)))

    assert "clearly higher in 5" in words(1)
    assert "clearly lower in 5" in words(-1)
    one = series_of(worth(1), replicates=1)
    assert "Too few replicates" in sentence_of_pasts(pasts_apart(one))


def test_too_few_to_say():
    found = basins(series_of(lambda past, trust, month: 0.3 + trust, replicates=1))
    assert set(found["verdict"]) == {"unknown"}
    assert all("Too few replicates" in text for text in sentences(found)[:2])
    assert not re.search("nan", " ".join(sentences(found)))
    assert len(summary(found)) == 3


def test_figures_share_scales_and_label_lines():
    series = series_of(lambda past, trust, month: 0.1 + trust * month / 400, peers=(0.002, 0.05))
    for drawn in (paths(series, "engaged_share"), finals(series)):
        drawn.canvas.draw()
        rows = {}
        for ax in drawn.axes:
            rows.setdefault(round(ax.get_position().y0, 3), set()).add(ax.get_ylim())
        assert all(len(limits) == 1 for limits in rows.values())
    texts = [text.get_text() for text in paths(series, "engaged_share").axes[0].texts]
    assert texts == [f"{trust:g}" for trust in TRUSTS]


def test_labels_stand_apart_in_the_order_of_their_lines():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    ax.set_ylim(0.0, 1.0)
    side_labels(ax, [(0.50, "b", "k"), (0.5, "a", "k"), (0.52, "c", "k"), (0.9, "d", "k")], 0.1)
    places = {text.get_text(): text.xy[1] for text in ax.texts}
    heights = [places[name] for name in "abcd"]
    assert all(after - before >= 0.1 - 1e-9 for before, after in itertools.pairwise(heights))
    assert places["d"] == 0.9 and places["b"] == pytest.approx(0.52 / 3 + 1.0 / 3)
