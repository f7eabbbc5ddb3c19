"""Types of territory by resources: means and gains by hand, what cannot be told is not told; words turn with the numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from studying import assert_whole

from alliancesim.studies.figures import NAMES
from alliancesim.studies.reproduce import reproduce
from alliancesim.studies.typology_by_resources import (
    gains,
    gap_sentences,
    iceberg_gains,
    iceberg_sentence,
    means,
    mix_sentence,
    prepared,
    reach_sentences,
    sentences,
    slopes,
    superadditivity_gains,
    superadditivity_sentence,
    together_over_alone,
)
from alliancesim.studies.typology_figures import (
    COMPONENTS,
    GAPS,
    RESOURCES,
    gap_figure,
    iceberg,
    labo_figure,
    main_figure,
    one_and_one,
    one_and_one_by_means,
    reach_figure,
)


class Held:
    """Runs as an experiment's result holds them."""

    def __init__(self, runs):
        self.runs = runs


def made_up(labo=None, rich=None, replicates=8, seed=2, **fixed):
    """Runs on places that differ; ``labo`` and ``rich`` say what the Labo and abundant means add to a column."""
    labo, rich = labo or {}, rich or {}
    noise = np.random.default_rng(seed)
    base = {
        "engaged_share": 0.3,
        "alliances": 150.0,
        "alliances_identified": 60.0,
        "need_met": 0.04,
        "need_met_deprived": 0.03,
        "equity_ratio": 0.75,
        "superadditivity": 1.3,
        "true_over_identified": 2.5,
        "lasting_alliances": 90.0,
    }
    place_of = {replicate: 1.0 + 0.1 * noise.normal() for replicate in range(1, replicates + 1)}
    rows = []
    for place in NAMES:
        for level in RESOURCES:
            for animation in ("none", "labo"):
                for replicate, size in place_of.items():
                    row = {"territory": place, "resources": level, "animation": animation, "replicate": replicate,
                           "organisations": 1000.0}  # fmt: skip
                    for name, value in base.items():
                        more = labo.get(name, 0.0) * (animation == "labo") + rich.get(name, 0.0) * RESOURCES.index(
                            level
                        )
                        wobble = 0.002 * noise.normal() if animation == "labo" or level != "scarce" else 0.0
                        row[name] = value * size * (1.0 + more + wobble)
                    rows.append({**row, **fixed})
    return prepared(Held(pd.DataFrame(rows)))


def text_of(words):
    return " ".join(words) if isinstance(words, list) else words


def test_quick_page(tmp_path):
    page = reproduce("typology_by_resources", quick=True, output=tmp_path, workers=1)
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|^table:", text)
    beside = tmp_path / "typology_by_resources"
    for name in ("types_and_means", "labo_adds", "iceberg", "one_and_one_by_means", "one_and_one", "reach", "gaps"):
        assert (beside / f"{name}.png").stat().st_size > 10_000
        assert f"typology_by_resources/{name}.png" in text
    table = pd.read_csv(beside / "means.csv")
    assert len(table) == len(NAMES) * len(RESOURCES) * 2 and (table["n"] == 2).all()
    assert ((table["engaged_share"] >= 0) & (table["engaged_share"] <= 1)).all()
    for heading in ("## The iceberg", "## 1 + 1 = 3", "## Whom it reaches", "## What it does not say"):
        assert heading in text


def test_places_of_other_sizes_compare():
    small = made_up()
    large = prepared(Held(small.assign(organisations=4000.0, alliances=4 * small["alliances"],
                                       alliances_identified=4 * small["alliances_identified"])))  # fmt: skip
    for name in ("alliances_per_1000", "known_per_1000"):
        assert large[name].to_numpy() == pytest.approx(small[name].to_numpy())


def test_means_and_gains_by_hand():
    runs = made_up({"engaged_share": 0.05}, {"alliances": 0.1})
    here = runs[(runs["territory"] == "rural") & (runs["resources"] == "moderate")]
    wide = here.pivot(index="replicate", columns="animation", values="engaged_share")
    row = gains(runs).set_index(["territory", "resources"]).loc[("rural", "moderate")]
    assert row["engaged_share"] == pytest.approx((wide["labo"] - wide["none"]).mean())
    assert 0 < row["engaged_share_low"] < row["engaged_share"] < row["engaged_share_high"]
    table = means(runs).set_index(["territory", "resources", "animation"])
    assert table.loc[("rural", "moderate", "labo"), "engaged_share"] == pytest.approx(wide["labo"].mean())
    # pairing: places differ by a tenth, so the interval of a mean is far wider than that of a paired gain
    spread = table.loc[("rural", "moderate", "labo")]
    assert spread["engaged_share_high"] - spread["engaged_share_low"] > 5 * (
        row["engaged_share_high"] - row["engaged_share_low"]
    )
    sloped = slopes(runs).set_index(["territory", "animation"])
    assert sloped["alliances_per_1000_low"].gt(0).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_words_turn_with_the_sign(sign):
    runs = made_up({"engaged_share": 0.05 * sign, "equity_ratio": 0.05 * sign, "superadditivity": 0.05 * sign,
                    "true_over_identified": 0.05 * sign}, {"alliances": 0.1 * sign})  # fmt: skip
    gained, sloped, table = gains(runs), slopes(runs), means(runs)
    told = text_of(sentences(gained, sloped))
    assert ("The Labo raises the share of engaged" in told) == (sign > 0)
    assert ("No clear rise of the engaged share: urban, scarce" in told) == (sign < 0)
    assert ("more alliances on urban, rural, ZUS and cross-border" in told) == (sign > 0)
    assert ("fewer on urban, rural, ZUS and cross-border" in told) == (sign < 0)
    reached = text_of(reach_sentences(table, gained))
    assert ("Labo serves deprived cells more evenly on every type of territory" in reached) == (sign > 0)
    assert ("Labo serves them less evenly on every type of territory" in reached) == (sign < 0)
    value = text_of(superadditivity_gains(gained))
    assert ("higher" in value) == (sign > 0) and ("lower" in value) == (sign < 0)
    known = iceberg_gains(gained)
    assert known.count("is higher") == (4 if sign > 0 else 0) and known.count("is lower") == (4 if sign < 0 else 0)


def test_some_settings_are_named():
    runs = made_up()
    lift = (runs["animation"] == "labo") & (runs["territory"] == "rural") & (runs["resources"] != "scarce")
    runs["superadditivity"] += 0.2 * lift
    told = text_of(superadditivity_gains(gains(runs)))
    assert "higher on rural at moderate and abundant means" in told and "Elsewhere there is no clear difference" in told


def test_no_difference_is_called_so():
    gained = gains(made_up())
    for name in ("engaged_share", "superadditivity", "equity_ratio", "true_over_identified"):
        gained[f"{name}_low"], gained[f"{name}_high"] = -1.0, 1.0
    assert "raises" not in text_of(sentences(gained, slopes(made_up())))
    told = text_of(superadditivity_gains(gained))
    assert told == "Between the Labo and no animation there is no clear difference."
    assert iceberg_gains(gained).count("no clear difference") == len(NAMES)
    assert "Between the Labo and no animation there is no clear difference in how evenly" in text_of(
        reach_sentences(means(made_up()), gained)
    )


def test_who_is_left_out():
    runs = made_up()
    assert "clearly less of their needs met than all cells in 24 of 24" in text_of(
        reach_sentences(means(runs), gains(runs))
    )
    runs["equity_ratio"] *= 2
    told = text_of(reach_sentences(means(runs), gains(runs)))
    assert "in 0 of 24 settings, clearly more in 24" in told
    zus = runs["territory"] == "zus"
    runs.loc[zus, "equity_ratio"] = runs.loc[zus, "replicate"] * 0.01 + 0.7  # the same with and without the Labo
    assert "On ZUS the ratio is the same with the Labo and without" in text_of(
        reach_sentences(means(runs), gains(runs))
    )
    nothing = runs.assign(equity_ratio=np.nan)
    assert text_of(reach_sentences(means(nothing), gains(nothing))).startswith("No needs were met")


def test_iceberg_in_words():
    told = iceberg_sentence(made_up(true_over_identified=3.0))
    assert "3 (3 to 3) without animation and 3 (3 to 3) with the Labo" in told


def test_value_over_members_alone_in_words():
    assert "clearly less in 24" in superadditivity_sentence(means(made_up(superadditivity=0.9)))
    assert "alone in 24 of 24" in superadditivity_sentence(means(made_up(superadditivity=1.2)))
    assert "No alliance ran" in superadditivity_sentence(means(made_up(superadditivity=np.nan)))


def test_mixes_in_words():
    mixed = pd.DataFrame(
        [
            ("urban", 1, "association-firm", 1.5, 40),
            ("urban", 1, "three spheres", 0.8, 9),
            ("rural", 1, "rare", 9.0, 4),
        ],
        columns=["territory", "replicate", "form", "superadditivity", "alliances"],
    )
    told = mix_sentence(mixed)
    assert "association-firm 1.5 and three spheres 0.8" in told and "Below 1 in some run: three spheres." in told
    assert "rare" not in told  # fewer alliances than a mean needs
    assert "In no run" in mix_sentence(mixed[mixed["form"] != "three spheres"])
    assert "Too few" in mix_sentence(mixed.iloc[:0])
    one_and_one(mixed).canvas.draw()
    one_and_one(mixed.iloc[:0]).canvas.draw()


def gap_table(share=0.02):
    rows = [
        (name, share if name == "needs" else -share if name == "border" else 0.0, other, seen, 0.0)
        for other in GAPS
        for seen in ("engaged_share", "alliances_per_1000", "need_met")
        for name in COMPONENTS
    ]
    table = pd.DataFrame(rows, columns=["component", "share", "other", "observable", "gap"])
    return table.assign(low=table["share"] - 0.005, high=table["share"] + 0.005)


def test_gaps_in_words_and_bars():
    for share, raised, lowered in ((0.02, "needs", "border"), (-0.02, "border", "needs")):
        for words in gap_sentences(gap_table(share)):
            assert f"Raised by {raised} (+2.0 points); lowered by {lowered} (-2.0 points)" in words
    drawn = gap_figure(gap_table())
    drawn.canvas.draw()
    assert all(ax.get_xlim()[0] < 0 < ax.get_xlim()[1] for ax in drawn.axes)


def test_figures_have_scales_in_common_and_stand_gaps():
    runs = made_up({"engaged_share": 0.05})
    drawn = main_figure(means(runs))
    drawn.canvas.draw()
    rows = np.array(drawn.axes).reshape(3, len(NAMES))
    assert all(len({ax.get_ylim() for ax in row}) == 1 and row[0].get_ylim()[0] == 0 for row in rows)
    empty = runs.assign(engaged_share=np.nan, need_met=np.nan, need_met_deprived=np.nan, equity_ratio=np.nan,
                        superadditivity=np.nan, alliances_per_1000=np.nan, known_per_1000=np.nan)  # fmt: skip
    for here in (runs, empty, runs[runs["territory"] == "urban"]):
        table, gained = means(here), gains(here)
        for one in (
            main_figure(table), labo_figure(gained), reach_figure(table), one_and_one_by_means(table), iceberg(here),
        ):  # fmt: skip
            one.canvas.draw()


def test_one_alliance_of_members_who_make_nothing_alone_does_not_carry_the_ratio():
    value, alone = np.array([3.0, 3.0, 3.0, 3.0]), np.array([2.0, 2.0, 1e-9, 0.0])
    with np.errstate(divide="ignore"):
        ratio = np.where(alone > 0, value / alone, np.nan)
    found = together_over_alone(pd.DataFrame({"value": value, "superadditivity": ratio}))
    assert found == pytest.approx(12.0 / 4.0)
    assert np.isnan(together_over_alone(pd.DataFrame({"value": [1.0], "superadditivity": [np.nan]})))
