"""The scarcity paradox: shares of the volume, rules, mechanisms, running territories, and words that follow the numbers."""

from __future__ import annotations

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import binomtest
from studying import assert_whole

from alliancesim.analysis.prim import Box, Quality
from alliancesim.experiments import Experiment, run_experiment
from alliancesim.experiments.compose import compose
from alliancesim.experiments.ease import CURVE_COLUMNS, compare
from alliancesim.studies import scarcity_paradox as study
from alliancesim.studies.reproduce import reproduce
from alliancesim.studies.scarcity_lived import in_vivo, lived
from alliancesim.studies.scarcity_story import FORUMS, LEVELS, tell
from alliancesim.studies.scarcity_tables import (
    CHOSEN,
    DRAWN,
    EASE,
    PLAYERS,
    SETTINGS,
    SWITCHES,
    ambition_and_rent,
    ease_of,
    mechanisms,
    rows_again,
    shares,
    sure,
)
from alliancesim.studies.scarcity_words import (
    Rule,
    difference,
    invariance,
    mechanism_words,
    rule_words,
    rules_table,
    signed,
    to_the_author,
    vivo_table,
    vivo_words,
    whole_space,
)

MEANS = [0.1, 0.2, 0.4, 0.695652, 1.6, 3.2, 6.4]


def points(speed, launch, copies=100, resource="both", **more):
    """Points of one class each."""
    row = {"box": "prior", "forums.resource": resource, "forums_launched_everywhere": 100.0, "ambition_elasticity": 0.0,
           "portfolio": 1.0, "rivalry": 0.0, "unconditional_class": 0.0, "inverted_u": 0.0, "feasible_effect": 0.4}  # fmt: skip
    for prefix in ("", "french_"):
        told = not (np.isnan(speed) or np.isnan(launch))
        row |= {f"{prefix}speed_class": speed, f"{prefix}launch_class": launch, f"{prefix}speed_effect": speed,
                f"{prefix}launch_effect": launch, f"{prefix}speed_error": 0.01, f"{prefix}launch_error": 0.01,
                f"{prefix}restricted_class": speed, f"{prefix}aboard_class": launch,
                f"{prefix}paradox": float(speed == 1 and launch == -1) if told else np.nan}  # fmt: skip
    found = pd.DataFrame([row | more] * copies)
    for prefix in ("", "french_"):
        found[f"{prefix}ease"] = ease_of(found[f"{prefix}speed_class"], found[f"{prefix}launch_class"])
    for name in SWITCHES:
        found[f"rules.{name}"] = found[name]
    return found


@pytest.fixture(scope="module")
def quick_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paradox")
    said = []
    return reproduce("scarcity_paradox", quick=True, output=folder, workers=1, say=said.append), said


def test_quick_page(quick_page):
    page, said = quick_page
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|animation:|^table:", text)
    beside = page.parent / "scarcity_paradox"
    names = {path.stem for path in beside.glob("*.png")}
    lived_figures = {"lived_default", "lived_posterior"}
    assert names == {"volume", "settings", "map", "ambition", "mechanisms", "outcomes", "forum_still", *lived_figures}
    volume = pd.read_csv(beside / "volume.csv")
    words = [word.replace(" ", "_") for word in EASE]
    assert np.allclose(volume[words].sum(axis=1), 1.0, atol=1e-5)
    for _, here in volume.groupby("range"):
        whole = here[here["portfolio"].isna()]
        assert set(whole["resource"]) == {"both", "r_fin", "r_hum", "r_str"}
        points = whole.groupby("box")["points"].sum().to_dict()
        assert points == {"prior": 32, "widened": 32, "posterior": 64}
    curves = pd.read_csv(beside / "curves.csv")
    fates = [name for name in curves if name.endswith("_share_mean")]
    assert np.allclose(curves[[*fates, "launch_mean"]].sum(axis=1), 1.0, atol=1e-5)
    lived_ = pd.read_csv(beside / "in_vivo_classes.csv")
    for _, here in lived_.groupby("rules"):
        assert here["real"].sum() == 3 and (~here["real"]).sum() == 8
    assert set(lived_["rules"]) == {"default", "posterior"}


def test_moving_figure_is_small_and_whole(quick_page):
    page, _ = quick_page
    path = page.parent / "scarcity_paradox" / "forum.gif"
    assert path.stat().st_size < 600_000
    with Image.open(path) as image:
        assert image.n_frames == len(LEVELS)
        first = np.asarray(image.convert("RGB"))
        image.seek(len(LEVELS) - 1)
        assert (np.asarray(image.convert("RGB")) != first).any()


def test_the_forum_shown_is_the_middle_one():
    from alliancesim.analysis.curves import effect
    from alliancesim.forum_api import forums

    story = tell()
    months = np.array([forums(FORUMS, r_fin=level, r_hum=level)["months"].to_numpy(float) for level in LEVELS[::2]]).T
    won = np.array([forums(FORUMS, r_fin=level, r_hum=level)["outcome"].eq("launched") for level in LEVELS[::2]]).all(
        axis=0
    )
    changes = effect(LEVELS[::2], months[won])
    mine = effect(LEVELS[::2], months[story.number])
    assert story.candidates == won.sum() and won[story.number]
    assert abs((changes < mine).mean() - 0.5) <= 0.5 and (changes <= mine).mean() >= 0.5 >= (changes < mine).mean()
    assert np.array_equal(story.rows["months"].to_numpy()[::2], months[story.number])
    assert (np.diff(story.rows["agenda"]) >= 0).all()  # a defaults' e below 1: means only ever add ideas


def test_posterior_points_hold_the_rows_that_their_runs_drew(tmp_path, monkeypatch):
    from alliancesim.scenario import draw, uncertainty

    rows = [draw("prior", k) for k in range(6)]
    monkeypatch.setattr(uncertainty, "posterior_path", lambda: tmp_path / "posterior.parquet")
    pd.DataFrame(rows).astype(float).to_parquet(tmp_path / "posterior.parquet")
    described, _ = compose([f"experiment={study.SPACE[1]}", "quick=true", "design.samples=12", "forums.number=20"])
    result = run_experiment(described, tmp_path / "run", workers=1)
    found = study.points_of({study.SPACE[1]: result})
    assert set(found["box"]) == {"posterior"}
    for row in found.to_dict("records"):
        assert row["psi"] == rows[row["seed"] % 6]["psi"]
    count, low, high = rows_again(found, "untold")
    assert count == found["psi"].nunique() <= 6 and (low <= (found["ease"] == "untold").mean() <= high or np.isnan(low))


def drawn_rows(kind_of_row, copies=20):
    """Points of a posterior: each row of the sample in ``copies`` points, all of one class."""
    parts = [
        points(*kind, copies, box="posterior").assign(**dict.fromkeys(DRAWN, float(k)))
        for k, kind in enumerate(kind_of_row)
    ]
    return pd.concat(parts, ignore_index=True)


def test_rows_drawn_again_know_that_points_share_them():
    """20 copies of a row say nothing that one does not: the interval is that of 30 rows, not of 600 points."""
    found = drawn_rows([(1, -1)] * 9 + [(0, 0)] * 21)
    count, low, high = rows_again(found)
    assert count == 30
    one = binomtest(9, 30).proportion_ci(method="wilson")
    assert low == pytest.approx(one.low, abs=0.05) and high == pytest.approx(one.high, abs=0.05)
    wilson = shares(found, []).iloc[0]
    assert high - low > 2.5 * (wilson["harder_high"] - wilson["harder_low"])
    assert "share 30 rows of the sample" in whole_space(found, "posterior")


def test_words_of_ease():
    speed = pd.Series([1, 1, 0, 0, -1, -1, 1, 2, np.nan, 0, 0.0])
    launch = pd.Series([-1, 0, -1, 0, 1, 0, 1, 0, 0, 2, 1.0])
    expected = ["harder", "harder in one", "harder in one", "flat", "easier", "easier in one", "mixed", "mixed", "untold", "mixed",
                "easier in one"]  # fmt: skip
    assert ease_of(speed, launch).tolist() == expected


def test_shares_count_classes_with_binomial_intervals():
    found = pd.concat([points(1, -1, 30), points(-1, 1, 20), points(2, 0, 10), points(np.nan, -1, 40)])
    row = shares(found, []).iloc[0]
    assert row["harder"] == 0.3 and row["easier"] == 0.2 and row["mixed"] == 0.1 and row["untold"] == 0.4
    assert row["launch:falls"] == 0.7 and row["speed:humped"] == 0.1
    oracle = binomtest(30, 100).proportion_ci(method="wilson")
    assert (row["harder_low"], row["harder_high"]) == pytest.approx((oracle.low, oracle.high))
    by = shares(pd.concat([points(1, -1, 10), points(0, 0, 30, ambition_elasticity=1.0)]), SETTINGS)
    assert by["harder"].tolist() == [1.0, 0.0] and by["points"].tolist() == [10, 30]


def test_sure_is_two_errors_from_the_thresholds():
    near = points(1, -1, 1).assign(speed_effect=0.55, speed_error=0.1)
    far = points(1, -1, 1).assign(speed_effect=0.8, speed_error=0.1)
    out = points(0, 0, 1).assign(speed_effect=0.2, speed_error=0.1, launch_effect=0.0)
    assert [bool(sure(one).iloc[0]) for one in (near, far, out)] == [False, True, True]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([(0, 0, 400)], "at no sampled point"),
        ([(1, -1, 40), (0, 0, 360)], "in a small part of the volume"),
        ([(1, -1, 360), (0, 0, 40)], "in most of the volume"),
        ([(1, -1, 200), (0, 0, 200)], "in about half of the volume"),
    ],
)
def test_words_follow_the_share(parts, words):
    assert words in whole_space(pd.concat([points(*part) for part in parts]), "prior")


@pytest.mark.parametrize(("one", "three", "word"), [(0.6, 0.2, "less"), (0.2, 0.6, "more"), (0.4, 0.41, "neither")])
def test_words_compare_switches(one, three, word):
    found = pd.concat(
        points(*kind, int(round(200 * share)), portfolio=portfolio)
        for portfolio, paradox in ((1.0, one), (3.0, three))
        for kind, share in (((1, -1), paradox), ((0, 0), 1 - paradox))
    )
    text = difference(found, "portfolio", 1, 3, "With three ideas")
    expected = "neither clearly more nor less common" if word == "neither" else f"is {word} common"
    assert expected in text
    assert difference(found, "rivalry", 0.0, 0.3, "x") == ""  # no point with rivalry


def test_invariance_counts_what_is_not_flat():
    flat = points(0, 0, 5, ambition_elasticity=1.0)
    assert "5 of 5 points" in invariance(flat)
    assert "5 of 7 points" in invariance(pd.concat([flat, points(1, 0, 2, ambition_elasticity=1.0)]))


def test_rules_in_words():
    held, fitted = Quality(0.5, 0.4, 0.1, 0.12, 80), Quality(0.55, 0.45, 0.1, 0.12, 81)
    box = Box({"psi": (0.4, None), "gamma": (None, 0.2), "phi": (0.3, 0.6)}, fitted, held)
    one = Rule("Ease falls", "harder", box, {"posterior": Quality(0.6, 0.3, 0.15, 0.2, 90)})
    text = rule_words(one)
    assert "ψ at least 0.4" in text and "γ at most 0.2" in text and "φ 0.3 to 0.6" in text
    assert "50 % of the 80 cases" in text and "40 % of what is inside" in text
    assert "Over the posterior: coverage 60 % of 90 cases, density 30 % against 15 %." in text
    assert "too few" in rule_words(Rule("x", "harder", None, {}))
    assert "no box" in rule_words(Rule("x", "harder", Box({}, fitted, held), {}))
    table = rules_table([one])
    assert table["parameter"].tolist()[:3] == ["psi", "gamma", "phi"]
    assert table["points"].tolist()[3:] == ["prior, found in", "prior, held out", "posterior"]


def test_a_rule_is_found_in_the_prior_and_counted_elsewhere():
    """Ease falls where costs are high in the prior; in the posterior it falls everywhere, so the rule adds nothing there."""
    draw = np.random.default_rng(1)
    prior = points(0, 0, 1200).assign(**{name: draw.random(1200) for name in (*DRAWN, *CHOSEN)})
    prior.loc[(prior["cost_scale"] > 0.7) & (draw.random(1200) < 0.9), "ease"] = "harder"
    prior.loc[draw.random(1200) < 0.2, "ease"] = "untold"
    other = points(1, -1, 300, box="posterior").assign(**{name: draw.random(300) for name in (*DRAWN, *CHOSEN)})
    harder, easier = study.find_rules(pd.concat([prior, other], ignore_index=True))
    assert set(harder.box.limits) == {"cost_scale"}
    low, high = harder.box.limits["cost_scale"]
    assert low == pytest.approx(0.7, abs=0.05) and high is None
    assert harder.elsewhere["posterior"].density == harder.elsewhere["posterior"].rate == 1.0
    assert harder.elsewhere["posterior"].coverage == pytest.approx(0.3, abs=0.1)
    assert easier.box is None


def test_comparing_uses_the_same_forums_at_every_level():
    levels = [0.5, 1.0, 2.0]
    outcome = np.array([[0, 0, 1, 2], [0, 0, 1, 0], [0, 2, 1, 0]])  # launches: forum 0 always; 1 and 3 in part
    feasible = outcome != 1
    months = np.array([[2, 9, 0, 4], [3, 9, 0, 9], [4, 9, 0, 9.0]])
    aboard = np.array([[1.0, 1, 0, 0], [0.9, 1, 0, 1], [0.8, 0, 0, 1]])
    curve, found = compare(levels, outcome, feasible, months, aboard)
    table = pd.DataFrame(curve, columns=CURVE_COLUMNS)
    assert table["speed"].tolist() == [2, 3, 4] and found["speed_effect"] == pytest.approx(2.0)
    assert table["launch_if_feasible"].tolist() == pytest.approx([2 / 3, 1, 2 / 3])
    assert table["restricted_months"].tolist() == pytest.approx([(2 + 9 + 12) / 3, (3 + 9 + 9) / 3, (4 + 12 + 9) / 3])
    assert found["aboard_effect"] == pytest.approx(-0.2)
    assert found["forums_compared"] == 3 and found["forums_launched_everywhere"] == 1
    assert found["no_agreement_effect"] == pytest.approx(0.0)
    assert (found["speed_class"], found["launch_class"]) == (1.0, 2.0)


def test_french_range_is_compared_on_its_own_forums():
    base = {"name": "f", "subject": "forums", "forums": {"number": 150, "french": True}, "replicates": 1}
    wide = run_one(base)
    alone = run_one({**base, "forums": {"number": 150, "levels": [1.6 / 2.3, 0.8, 1.6]}})
    for name in ("speed_effect", "launch_effect", "aboard_effect", "forums_compared", "forums_launched_everywhere"):
        assert wide[f"french_{name}"] == pytest.approx(alone[name])
    assert wide["french_forums_compared"] > wide["forums_compared"]


def run_one(described):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return run_experiment(Experiment(**described), folder, workers=1, overwrite=True).runs.iloc[0]


def test_mechanisms_split_the_whole_effect():
    weights = dict(zip(PLAYERS, (1.0, 0.5, 0.0, -0.25, 0.1), strict=True))
    rows = []
    for gone in itertools.chain.from_iterable(itertools.combinations(PLAYERS, k) for k in range(6)):
        for replicate in range(1, 7):
            effect = (
                0.2
                + sum(w for name, w in weights.items() if name not in gone)
                + 0.01 * replicate * ("contest" not in gone)
            )
            rows.append({"replicate": replicate, "point": " ".join(gone) or "nothing", "speed_effect": effect,
                         "launch_effect": -effect / 10})  # fmt: skip
    design = pd.DataFrame({"point": sorted({row["point"] for row in rows})}).assign(label=lambda one: one["point"])
    table = mechanisms(SimpleNamespace(runs=pd.DataFrame(rows), design=design))
    speed = table[table["measure"] == "speed"].set_index("player")["share"]
    for name, weight in weights.items():
        assert speed[name] == pytest.approx(weight + (0.035 if name == "contest" else 0.0))
    assert speed[list(PLAYERS)].sum() == pytest.approx(speed["all there"] - speed["none there"])
    text = mechanism_words(table, "prior")
    assert "contest of the lead +1.03" in text or "contest of the lead +1.04" in text
    assert "outside options" not in text


def test_ambition_averages_draws_not_runs():
    rows = []
    for (e, psi), replicate in itertools.product([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)], range(1, 6)):
        change = (1.0 + psi + 0.1 * replicate) if e < 1 else 1e-17
        rows.append({"replicate": replicate, "rules.portfolio": 1, "rules.ambition_elasticity": e, "rules.psi": psi,
                     "speed_effect": change, "launch_effect": -change / 10, "paradox": float(e < 1)})  # fmt: skip
    table = ambition_and_rent(SimpleNamespace(runs=pd.DataFrame(rows)))
    e = table[table["curve"] == "e"].set_index("value")
    assert e.loc[0.0, "speed_effect"] == pytest.approx(1.8) and e.loc[1.0, "speed_effect"] == 0.0
    assert e.loc[1.0, "speed_effect_low"] == e.loc[1.0, "speed_effect_high"] == 0.0  # crumbs are no effect
    psi = table[table["curve"] == "psi"].set_index("value")["speed_effect"]
    assert psi[1.0] - psi[0.0] == pytest.approx(1.0)  # e = 1 is not among them
    assert (table["draws"] == 5).all()


def territories(months, launched, real=False):
    """Made-up runs of a territory: forums by level, the same for all replicates but for a little luck."""
    rows = []
    for replicate, (i, level) in itertools.product(range(1, 9), enumerate(MEANS)):
        wins = launched[i] + replicate % 2 * (launched[i] > 0)
        place = {"territory.place": "[A,B]"} if real else {"territory": "rural", "rules.portfolio": 1}
        rows.append({"rules": "default", "replicate": replicate, **place, "rules.r_fin": level,
                     "forums_convened": 200.0, "forums_feasible": 100.0, "forums_launched": wins,
                     "forum_months": wins * (months[i] + 0.05 * np.cos(replicate + i))})  # fmt: skip
    return lived({"x": SimpleNamespace(runs=pd.DataFrame(rows))})


def test_running_territories_pool_forums_and_flip_words():
    up, down = np.linspace(2, 5, 7), np.linspace(80, 50, 7)
    table, found = in_vivo(territories(up, down))
    assert np.allclose(table["launch"], (down + 0.5) / 100) and np.allclose(table["unconditional"], (down + 0.5) / 200)
    assert (table["feasible"] == 0.5).all()
    assert ((table["months_low"] <= table["months"]) & (table["months"] <= table["months_high"])).all()
    row = found.iloc[0]
    assert row["months_effect"] == pytest.approx(3.0, abs=0.15) and row["months_low"] > 2.5
    assert (row["months_class"], row["launch_class"]) == ("rises", "falls")
    assert row["months_effect_french"] == pytest.approx(0.5, abs=0.1)  # from 0.696 to 1.6
    text = vivo_words(found)
    assert (
        "**At the defaults** ease falls in both measures in 1 of 1 pairs" in text
        and "of the replicates in 1 of 1" in text
    )
    shown = vivo_table(found).iloc[0]
    assert shown["months"].endswith(", rises") and shown["P(launch given feasible), points"].endswith(", falls")
    _, other = in_vivo(territories(up[::-1], down[::-1], real=True))
    text = vivo_words(other)
    assert "in 0 of 1 pairs" in text and "rises in both in 1;" in text
    shown = vivo_table(other).iloc[0]
    assert shown["territory"] == "A and B" and shown["months"].endswith(", falls")


def test_a_level_without_a_launch_cannot_be_told():
    _, found = in_vivo(territories(np.full(7, 3.0), np.array([0, 5, 10, 10, 10, 10, 10.0])))
    assert found.iloc[0]["months_class"] == "unmeasured"
    assert vivo_table(found).iloc[0]["months"] == "cannot be told"


def test_the_author_hears_both_sides_and_the_numbers_decide():
    split = pd.DataFrame([{"measure": "speed", "player": name, "words": PLAYERS[name], "share": share, "clear": True}
                          for name, share in zip(PLAYERS, (0.1, 0.9, 0.2, 0.0, -0.3), strict=True)])  # fmt: skip
    _, classes = in_vivo(territories(np.linspace(2, 5, 7), np.linspace(80, 50, 7)))
    string = points(-1, 1, 50, resource="r_str")
    both = pd.concat([classes, classes.assign(rules="prior")])
    text = to_the_author(pd.concat([points(1, -1, 60), points(0, 0, 40), string]), "prior", None, split, both)
    favour, against = text.split("Against: ")
    assert "less often with more means in 60 %" in favour and "unlike agendas" in favour
    assert "in 1 of 1 running territories and portfolios (at the defaults in 1 of 1)" in favour
    assert "in the other 40 % of the volume" in against and "it holds in 0 % (" in against
    other = pd.concat([classes, classes.assign(rules="prior", launch_class="flat")])
    text = to_the_author(pd.concat([points(-1, 1, 60), points(0, 0, 40), string]), "prior", None, split, other)
    favour, against = text.split("Against: ")
    assert "less often with more means in 0 %" in favour and "in the other 100 % of the volume" in against
    assert "in none of 1 running territories and portfolios (at the defaults in 1 of 1)" in against
    assert "do not lengthen it more often" in text


def test_every_parameter_named_is_one():
    from alliancesim.parameters import BY_NAME
    from alliancesim.studies.scarcity_words import NAMES

    assert {*DRAWN, *CHOSEN, *SWITCHES} == set(NAMES) <= set(BY_NAME)
    assert {BY_NAME[name].kind for name in DRAWN} <= {"A", "C"}


def test_signs():
    assert [signed(x, ".0f") for x in (-0.4, 0.0, 3.2, -7.0)] == ["0", "0", "+3", "-7"]
