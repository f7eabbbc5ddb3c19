"""Which animation where: costs by hand, effects replicate by replicate, ranks and regrets; words turn with the numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from studying import assert_whole

from alliancesim.studies.figures import NAMES
from alliancesim.studies.reproduce import reproduce
from alliancesim.studies.which_animation_where import (
    DAY_KEUR,
    LEVERS,
    NOTHING,
    SHOWN,
    SPHERES,
    crowding,
    effects,
    figure,
    firsts,
    order,
    order_sentences,
    prepared,
    price_sentence,
    price_table,
    prices,
    regret_figure,
    regrets,
    sentences,
    spending,
    spending_sentences,
    whom_figure,
    whom_sentences,
)

ANIMATIONS = ["none", *LEVERS]
YEARS = 10.0


def made_up(gains=None, equity=None, spheres=None, money=700.0, days=1000.0, replicates=8, places=tuple(NAMES), seed=5):
    """Runs in which each lever adds what is asked to all outcomes, on places that differ between replicates."""
    gains, equity, spheres = gains or {}, equity or {}, spheres or {}
    noise = np.random.default_rng(seed)
    rows, point = [], 0
    for place in places:
        base = {replicate: 50.0 + 5 * noise.normal() for replicate in range(1, replicates + 1)}
        for animation in ANIMATIONS:
            for replicate in base:
                gain = gains.get(animation, 0.0) + (0.2 * noise.normal() if animation != "none" else 0.0)
                paid = animation != "none"
                rows.append(
                    {
                        "point": point,
                        "replicate": replicate,
                        "territory": place,
                        "animation": animation,
                        "organisations": 1000.0,
                        "lasting_alliances": base[replicate] + gain,
                        "engaged_share": 0.3 + 0.001 * (base[replicate] + gain),
                        "need_met": 0.04 + 0.0001 * (base[replicate] + gain),
                        "equity_ratio": 0.8 + equity.get((animation, place), 0.0) * (1 + 0.1 * noise.normal()),
                        "spend_fund_keur": 0.0,
                        "spend_event_keur": money if paid else 0.0,
                        "days_event": days if paid else 0.0,
                        "days_fund": 0.0,
                        "fund_given_keur": 500.0 if animation == "equal_fund" else 0.0,
                        "alliances_from_forum": 5.0 * (animation == "equal_forums"),
                        "alliances_from_encounter": 100.0 - 12.0 * (animation == "equal_forums"),
                        "forums_launched": 5.0 * (animation == "equal_forums"),
                        "forum_aboard": 45.0 * (animation == "equal_forums"),
                        **{
                            f"engaged_share_{one}": 0.3
                            + spheres.get((animation, one), 0.0) * (1 + 0.1 * noise.normal())
                            for one in SPHERES
                        },
                    }
                )
            point += 1
    table = pd.DataFrame(rows)
    design = table[["point", "territory", "animation"]].drop_duplicates(ignore_index=True)
    design["label"] = design["territory"] + " " + design["animation"]
    outside = {name: 0.0 for name in ANIMATIONS}
    return prepared(table, outside, YEARS), design


def text_of(words):
    return " ".join(words) if isinstance(words, list) else words


def test_quick_page(tmp_path):
    page = reproduce("which_animation_where", quick=True, output=tmp_path, workers=1)
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|^table:", text)
    beside = tmp_path / "which_animation_where"
    for name in ("effects", "regret", "whom"):
        assert (beside / f"{name}.png").stat().st_size > 10_000
    spent = pd.read_csv(beside / "spending.csv")
    assert len(spent) == len(NAMES) * len(LEVERS)
    # planned levers cost what they were dosed to, whatever the place; the local mediator's money runs all year
    for lever in ("events", "matchmaking", "local mediator", "flexible fund"):
        assert spent.loc[spent["lever"] == lever, "cost_keur"].to_numpy() == pytest.approx([100.0] * 4, abs=12.0), lever
    for words in ("does not say", "priors", "replicates that share their draws"):
        assert words in text


def test_cost_by_hand():
    runs, _ = made_up(money=700.0, days=1000.0)
    spent = spending(runs, YEARS)
    assert len(spent) == len(NAMES) * len(LEVERS)
    assert spent["cost_keur"].to_numpy() == pytest.approx(70.0 + 100 * DAY_KEUR)
    assert spent["of_which_days_keur"].to_numpy() == pytest.approx(100 * DAY_KEUR)
    assert spent.set_index("lever").loc["flexible fund", "collected_on_the_spot_keur"].to_numpy() == pytest.approx(50.0)
    raw, _ = made_up(money=0.0, days=0.0)
    with_fund = prepared(raw.assign(lasting_alliances=raw["count"], spend_fund_keur=0.0), {"equal_fund": 64.0}, YEARS)
    found = spending(with_fund, YEARS).groupby("lever")["cost_keur"].mean()
    assert found["flexible fund"] == pytest.approx(64.0) and found.drop("flexible fund").eq(0).all()


def test_what_is_off_the_target_is_said():
    even = spending_sentences(spending(made_up(money=740.0, days=1000.0)[0], YEARS))
    assert "for all of them" in even and "Not at equal cost" not in even and "collects between 50 and 50" in even
    runs, _ = made_up(money=740.0, days=1000.0)
    cheap = runs.assign(cost_keur=runs["cost_keur"].where(runs["animation"] != "equal_forums", 600.0))
    uneven = spending_sentences(spending(cheap, YEARS))
    assert "Not at equal cost: forums costs 60 kEUR a year" in uneven and "for all of them" not in uneven
    assert "Nothing was spent" in spending_sentences(spending(runs[runs["animation"] == "none"], YEARS))


def test_effects_are_differences_replicate_by_replicate():
    runs, _ = made_up({"equal_events": 3.0})
    table = effects(runs).set_index(["territory", "lever"])
    wide = runs[runs["territory"] == "rural"].pivot(index="replicate", columns="animation", values="count")
    expected = (wide["equal_events"] - wide["none"]).mean() / 1000
    row = table.loc[("rural", "events")]
    assert row["lasting_alliances"] == pytest.approx(expected)
    assert row["lasting_alliances_low"] < expected < row["lasting_alliances_high"]
    assert row["lasting_alliances_high"] - row["lasting_alliances_low"] < 0.001  # places differ by 5, pairs by 0.2


@pytest.mark.parametrize("sign", [1, -1])
def test_words_turn_with_the_sign(sign):
    runs, _ = made_up({"equal_forums": 4.0 * sign}, places=("urban",))
    urban = sentences(effects(runs))[0]
    assert ("rise with forums" in urban) == (sign > 0)
    assert ("fall with forums" in urban) == (sign < 0)
    assert "No clear difference" in urban
    told = crowding(runs)
    assert "in fewer alliances.**" not in told  # the engaged share goes the same way as alliances here
    assert "12 fewer from encounters" in told and "9 members each" in told


def test_forums_that_engage_more_in_fewer_alliances():
    runs, _ = made_up({"equal_forums": -4.0})
    runs["engaged_share"] += 0.1 * (runs["animation"] == "equal_forums")
    assert "engage more organisations in fewer alliances.**" in crowding(runs)
    assert "γ below 1" in crowding(runs)


def test_nothing_clear_is_called_so():
    table = effects(made_up()[0])
    flat = table.assign(lasting_alliances_low=-1.0, lasting_alliances_high=1.0)
    for words in sentences(flat):
        assert "rise" not in words and "fall" not in words and "No clear difference: events" in words


def test_order_says_how_sure_the_first_is():
    runs, design = made_up({"equal_matchmaking": 9.0, "equal_forums": 3.0})
    ranked = order(runs, design)
    first = firsts(ranked)
    assert set(first["lever"]) == {"matchmaking"} and (first["p_best"] > 0.99).all()
    assert (first["mean_regret"].abs() < 0.05).all()
    # by choosing nothing one misses the gain of the best, in the unit of the figure
    missed = ranked[(ranked["lever"] == NOTHING) & (ranked["outcome"] == "lasting_alliances")]["mean_regret"]
    assert missed.to_numpy() == pytest.approx([9.0] * 4, abs=0.4)
    told = text_of(order_sentences(ranked))
    assert "matchmaking (in 10 futures out of 10)" in told and "The three outcomes agree" in told
    assert ranked.groupby(["outcome", "territory"])["p_best"].sum().to_numpy() == pytest.approx(1.0)
    tied = text_of(order_sentences(order(*made_up())))
    assert "not settled on" in tied and "agree" not in tied


def test_outcomes_that_disagree():
    runs, design = made_up({"equal_matchmaking": 9.0})
    runs["engaged_share"] += 0.2 * (runs["animation"] == "equal_forums")
    told = text_of(order_sentences(order(runs, design)))
    assert "do not agree on the first lever" in told
    assert "**By engaged organisations**: first on urban, rural, ZUS and cross-border: forums" in told
    together = regrets(order(runs, design)).set_index("lever")
    assert together.loc["matchmaking"].iloc[0] == 0 and together.loc["forums"].iloc[1] == 0
    assert (together["worst"] >= together.iloc[:, :3].max(axis=1) - 1e-9).all()


def test_prices_by_hand():
    runs, design = made_up({"equal_events": 4.0, "equal_forums": -4.0}, money=740.0, days=1000.0)
    table = prices(runs, design)
    events = table[table["lever"] == "events"]
    assert events["extra_keur"].to_numpy() == pytest.approx(1000.0)
    assert events["cost"].to_numpy() == pytest.approx(1000.0 / events["extra_outcome"])
    assert (events["cost_low"] < events["cost"]).all() and (events["cost"] < events["cost_high"]).all()
    shown = price_table(table).set_index("kEUR per extra lasting alliance")
    assert set(shown.loc["forums"]) == {"a clear loss"} and list(shown.columns) == list(NAMES.values())
    assert "urban with events, " in price_sentence(table)
    assert "none has a price" in price_sentence(table.assign(cost=np.nan))


def test_for_whom():
    places = {("equal_mediators", "rural"): 0.02, ("equal_fund", "urban"): -0.02}
    runs, _ = made_up(equity=places, spheres={("equal_forums", "firm"): 0.04, ("equal_events", "association"): -0.03})
    told = text_of(whom_sentences(effects(runs)))
    assert "engaged share of firms rises most with forums on urban (+" in told
    assert "No lever clearly raises the engaged share of associations; it falls with events (urban)" in told
    assert "more evenly between deprived and other cells with local mediator (rural)" in told
    assert "less evenly with flexible fund (urban)" in told
    # where nothing moves in any replicate, the ratio is fixed and not one of the comparisons
    assert "On ZUS and cross-border the ratio is the same with every lever" in told
    assert "Of 14 intervals" in told
    nothing = effects(runs.assign(equity_ratio=np.nan))
    assert "No needs were met" in text_of(whom_sentences(nothing))


def test_figures_have_a_scale_in_common_and_stand_gaps():
    runs, design = made_up({"equal_matchmaking": 9.0})
    drawn = figure(effects(runs))
    drawn.canvas.draw()
    rows = np.array(drawn.axes).reshape(len(SHOWN), len(NAMES))
    assert all(len({ax.get_xlim() for ax in row}) == 1 for row in rows)
    assert [ax.get_title(loc="left") for ax in rows[0]] == list(NAMES.values())
    empty = runs.assign(need_met=np.nan, equity_ratio=np.nan)
    for one in (figure(effects(empty)), whom_figure(effects(empty)), regret_figure(order(empty, design))):
        one.canvas.draw()
    cells = regret_figure(order(runs, design)).axes[0].texts
    assert sum("10/10" in text.get_text() for text in cells) == len(NAMES)
