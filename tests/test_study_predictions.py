"""Predictions: what is read from a run against its tables, the sample's rule, the page that is written once."""

from __future__ import annotations

import datetime
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliancesim.engine import engine_of
from alliancesim.errors import UserError
from alliancesim.experiments.compose import load_experiment
from alliancesim.experiments.predicted import PREDICTIONS as COLUMNS
from alliancesim.experiments.predicted import SURVEYED, engaged_at, of_predictions
from alliancesim.results.result import result_of
from alliancesim.scenario import load_scenario
from alliancesim.studies.predicted_quantities import PREDICTIONS, SHARE
from alliancesim.studies.predictions import EXPERIMENTS, LEAST, figure, intervals, learned, values
from alliancesim.studies.predictions_page import check_seal, content, posterior_hash, read_intervals, sealed, write_once
from alliancesim.territory.sample import MOST_AROUND, intercommunalities, national_sample

ROOT = Path(__file__).resolve().parents[1]
PLACE = "epci:248500191"
"""The smallest place of the sample."""


def ran(*words):
    scenario = load_scenario(*words, "threads=1", "seed=5")
    engine = engine_of(scenario)
    engine.run()
    return engine, result_of(engine, scenario)


@pytest.fixture(scope="module")
def nation():
    return ran("territory=real", f"territory.place=[{PLACE}]", "territory.buffer_km=0", "months=96", "burn_in=12",
               "rules.m0=0.3")  # fmt: skip


# -- the sample -------------------------------------------------------------------------------------------------------


def test_the_sample_follows_its_rule():
    table, sample = intercommunalities(), national_sample()
    assert sample["weight"].sum() == pytest.approx(1.0)
    shares = table.groupby("density_class")["population"].sum() / table["population"].sum()
    assert shares.to_numpy() == pytest.approx(1 / 3, abs=0.01)
    for code, row in sample.iterrows():
        assert row["around"] <= MOST_AROUND[row["density_class"]]
        assert not row["near_border"]
        rivals = table[(table["density_class"] == row["density_class"]) & ~table["near_border"]]
        rivals = rivals[rivals["around"] <= MOST_AROUND[row["density_class"]]]
        if row["density_class"] != "dense":
            rivals = rivals[rivals["near_region"] == row["near_region"]]
        assert min(rivals["lot"]) == row["lot"] == rivals.loc[code, "lot"]


def test_the_experiments_run_the_sample():
    wanted = "territory.place=[" + ",".join(f"epci:{code}" for code in national_sample().index) + "]"
    for name in ("predictions_nation", "predictions_forums"):
        assert wanted in load_experiment(name).base


# -- what is read from a run ------------------------------------------------------------------------------------------


def test_every_quantity_has_a_source():
    columns = {one.name for one in COLUMNS} | {"equity_ratio", "need_met_deprived"}
    computed = {"growth_points", "growth_ratio", "growth_ratio_2015", "leaderless_gap"}
    for prediction in PREDICTIONS:
        for quantity in prediction.quantities:
            known = columns | computed
            assert quantity.column in known or prediction.key == "mediators"
    assert {prediction.experiment for prediction in PREDICTIONS} == set(EXPERIMENTS)


def test_engaged_at_a_past_month_is_what_was_recorded_then(nation):
    """Rebuilt from memberships, the share of engaged firms of each year is that of the monthly record."""
    engine, result = nation
    months = result.timeseries.set_index("month")
    found = of_predictions(engine)
    for year in range(2010, 2016):
        recorded = months.loc[12 * (year - 2007), "engaged_share_firm"]
        assert found[f"firms_{year}"] == pytest.approx(recorded, abs=1e-12)
    assert engaged_at(engine.state, 96).sum() == (result.organisations["stage"] == "engaged").sum()


def test_distances_and_budgets_are_those_of_the_tables(nation):
    engine, result = nation
    found, people = of_predictions(engine), result.organisations
    commune = people["commune"].to_numpy()
    at = result.alliances
    ended = at["end_month"].astype("float").fillna(10**6)
    rows = at[ended > SURVEYED]  # members of a forum are bound before the alliance begins: joined below
    same = total = 0
    links = engine.state.memberships[: engine.state.n_memberships]
    joined = {(int(x["alliance"]), int(x["organisation"])): int(x["joined"]) for x in links}
    for number, members in zip(rows["alliance"], rows["member_list"], strict=True):
        here = [m for m in members if joined[(number, m)] <= SURVEYED + engine.state.burn_in - 1]
        pairs = [(a, b) for a in here for b in here if a != b]
        total += len(pairs)
        same += sum(commune[a] == commune[b] for a, b in pairs)
    assert found["pairs_counted"] == total > 100
    assert found["pairs_commune"] == pytest.approx(same / total)
    assert sum(found[f"pairs_{name}"] for name in ("commune", "department", "region", "beyond")) == pytest.approx(1.0)
    mine = people[people["sphere"] == "association"]
    busy = engaged_at(engine.state, SURVEYED)[mine["organisation"]]
    budget = mine["cash_own"].to_numpy(dtype=float) * float(engine.state.rules[0]["keur_per_unit"]) / 0.2
    here = (budget >= 10) & (budget < 50)
    assert found["budget_10_to_50"] == pytest.approx(busy[here].mean())
    assert found["budget_share_10_to_50"] == pytest.approx(here.mean())
    fifths = [found[f"slack_{k}"] for k in range(1, 6)]
    assert np.mean(fifths) == pytest.approx(busy.mean(), abs=0.01)


def test_lives_are_those_of_the_tables():
    engine, result = ran(
        "territory=real", f"territory.place=[{PLACE}]", "territory.buffer_km=0", "months=132", "burn_in=1", "animation=forums",
        "rules.hazard0=0.01", "animation.animators.animator.levers.forum.per_year=24",
        "animation.animators.animator.sources.forums.keur_per_year=1000",
        "animation.animators.animator.levers.forum.end=12",
    )  # fmt: skip
    found, at = of_predictions(engine), result.alliances
    ended = at["end_month"].astype("float").fillna(10**6)
    cluster = (at["animator"] != "") & (at["origin"] == "forum") & (at["start_month"] + 120 <= 132)
    assert found["cluster_begun"] == cluster.sum() > 5
    for months in (36, 48, 120):
        alive = ended - at["start_month"] > months
        assert found[f"cluster_alive_{months}"] == pytest.approx(alive[cluster].mean())
    forums = result.forums[result.forums["animator"] != ""]
    assert found["collective_forums"] == len(forums)
    begun = at[(at["animator"] != "") & (at["origin"] == "forum") & at["launch_month"].notna()]
    assert found["collective_started"] == pytest.approx(len(begun) / len(forums))
    kept = (begun["end_month"].astype("float").fillna(10**6) - begun["launch_month"].astype(float)) > 24
    assert found["collective_kept_24"] == pytest.approx(kept.mean())
    assert found["convened_forums_middling"] == len(forums)
    lost = (forums["outcome"] == "no_leader").mean()
    assert found["convened_leaderless_middling"] == pytest.approx(lost)


def test_what_the_city_pays_is_a_part_of_the_whole():
    engine, result = ran("case=tetris_le_havre", "burn_in=3", "months=36", "territory.place=commune:76351",
                         "territory.buffer_km=0", "rules.cost_scale=2")  # fmt: skip
    found = of_predictions(engine)
    at = result.alliances
    born = at[(at["animator"] == "city") & (at["origin"] == "forum") & at["launch_month"].notna()]
    assert found["city_alliances"] == len(born) > 0
    assert 0.0 <= found["city_bill"] <= found["city_cost"]
    premium = float(engine.state.rules[0]["premium"])
    assert 1.0 / (1.0 + premium) <= found["city_cost"] <= 1.0 + premium


def test_nobody_is_counted_twice_at_the_plenary():
    engine, result = ran("case=charenton", "burn_in=3", "months=42", "territory.buffer_km=0")
    found = of_predictions(engine)
    plenary = result.forums[result.forums["plenary"] == 0]
    at = result.alliances[result.alliances["forum"].isin(plenary["forum"]) & result.alliances["end_month"].isna()]
    bound = {member for members in at["member_list"] for member in members}
    assert found["plenary_at"] == result.timeseries["plenary_attended"].sum() > 0
    assert found["plenary_bound"] == pytest.approx(len(bound) / found["plenary_at"])
    assert 0.0 < found["plenary_grouped"] <= found["plenary_ready"] + 1e-12


# -- intervals and words ----------------------------------------------------------------------------------------------


def made_up(replicates=40, seed=1):
    """Runs of every experiment with numbers made up: the posterior half as wide as the prior."""
    random = np.random.default_rng(seed)
    found = {}
    for prediction in PREDICTIONS:
        frames = [found[prediction.experiment]] if prediction.experiment in found else []
        if frames:
            continue
        names = [one.name for one in COLUMNS]
        rows = []
        for rules, width in (("prior", 0.4), ("posterior", 0.2)):
            for replicate in range(1, replicates + 1):
                for money in (0, 250) if prediction.key == "mediators" else (0,):
                    row = {name: 0.5 + width * (random.uniform() - 0.5) for name in names}
                    more = {"equity_ratio": row["pairs_commune"], "need_met_deprived": row["pairs_region"]}
                    about = {"rules": rules, "replicate": replicate,
                             "animation.animators.firm.sources.firm.keur_per_year": money}  # fmt: skip
                    rows.append({**about, **row, **more})
        found[prediction.experiment] = pd.DataFrame(rows)
    return found


def test_intervals_are_quantiles_over_draws():
    runs = made_up()
    table = intervals(runs)
    one = table[(table["column"] == "pairs_region") & (table["rules"] == "prior")].iloc[0]
    there = runs["predictions_nation"].query("rules == 'prior'")["pairs_region"]
    assert one["low_90"] == pytest.approx(np.quantile(there, 0.05))
    assert one["high_50"] == pytest.approx(np.quantile(there, 0.75))
    assert (one["draws"], one["of"]) == (40, 40)
    assert set(table["rules"]) == {"prior", "posterior"}
    wide = table.set_index("rules")[lambda rows: rows["column"] == "pairs_region"]
    assert "% as wide as that of the prior" in learned(wide)
    wide.loc["posterior", ["low_90", "high_90"]] = wide.loc["prior", ["low_90", "high_90"]]
    assert "says nothing" in learned(wide)


def test_few_values_give_no_interval():
    runs = made_up(replicates=LEAST)
    runs["predictions_city"].loc[0, "city_cost"] = np.nan
    table = intervals(runs).set_index(["column", "rules"])
    assert np.isnan(table.loc[("city_cost", "prior"), "median"])
    assert np.isfinite(table.loc[("city_cost", "posterior"), "median"])


def test_mediators_are_compared_draw_by_draw():
    runs = made_up()["predictions_mediators"]
    money = "animation.animators.firm.sources.firm.keur_per_year"
    table = values(PREDICTIONS[-1], runs)
    one = table[(table["rules"] == "prior") & (table["replicate"] == 3)].iloc[0]
    here = runs[(runs["rules"] == "prior") & (runs["replicate"] == 3)].set_index(money)["equity_ratio"]
    assert one["equity_change"] == pytest.approx(here[250] - here[0])


def test_the_figure_shows_every_share():
    table = intervals(made_up())
    drawn = figure(table)
    ax = drawn.axes[0]
    shares = table[table["unit"] == SHARE]
    assert len(ax.get_yticks()) == shares["column"].nunique()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["posterior", "prior"]


# -- the page that is written once ------------------------------------------------------------------------------------


def tool():
    spec = importlib.util.spec_from_file_location("write_predictions", ROOT / "tools" / "write_predictions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def given(tmp_path):
    intervals(made_up()).to_csv(tmp_path / "intervals.csv", index=False)
    (tmp_path / "posterior.parquet").write_bytes(b"draws")
    return [
        f"tables={tmp_path}",
        f"posterior={tmp_path / 'posterior.parquet'}",
        f"output={tmp_path / 'predictions.md'}",
    ]


def test_the_page_is_written_once(given, tmp_path, capsys):
    assert tool().main(["date=2026-01-31", *given]) == 0
    page = (tmp_path / "predictions.md").read_text(encoding="utf-8")
    check_seal(page)
    assert "Written on 2026-01-31" in page
    assert posterior_hash(tmp_path / "posterior.parquet") in page
    assert page.count("\n## ") == len(PREDICTIONS) + 1
    assert "table:" not in page
    assert "nan" not in page
    check_seal(page + "\n2026-03-01: a correction.\n")
    for changed in (
        page.replace("2026-01-31", "2026-01-30"),
        page.replace("<!-- end of", "<!-- the end of"),
        "# Predictions\n",
    ):
        with pytest.raises(UserError, match="predictions: found"):
            check_seal(changed)
    assert tool().main(["date=2026-02-01", *given]) == 2
    assert "written once and never edited" in capsys.readouterr().err
    assert (tmp_path / "predictions.md").read_text(encoding="utf-8") == page


def test_what_cannot_be_written_says_so(given, tmp_path, capsys):
    for words, said in (
        (["date=yesterday", *given], "date: found 'yesterday', expected the day of writing as YYYY-MM-DD"),
        (["day=2026-01-31"], "expected key=value with a key of date"),
        (
            ["date=2026-01-31", f"tables={tmp_path / 'none'}", *given[1:]],
            "expected the table of `alliancesim reproduce",
        ),
        (["date=2026-01-31", given[0], f"posterior={tmp_path / 'none'}", given[2]], "expected the packaged sample"),
    ):
        assert tool().main(words) == 2
        assert said in capsys.readouterr().err
    table = intervals(made_up())
    table[table["rules"] == "prior"].to_csv(tmp_path / "intervals.csv", index=False)
    with pytest.raises(UserError, match="found rules prior, expected posterior and prior"):
        read_intervals(tmp_path)
    assert not (tmp_path / "predictions.md").exists()


def test_writing_never_overwrites(tmp_path):
    path = tmp_path / "page.md"
    text = content(intervals(made_up()), datetime.date(2026, 1, 31), "0" * 64, lambda name: name)
    write_once(path, sealed(text))
    with pytest.raises(UserError, match="exists"):
        write_once(path, "other")
    check_seal(path.read_text(encoding="utf-8"))


def test_the_committed_page_still_says_what_was_committed():
    page = ROOT / "docs" / "predictions.md"
    if page.exists():
        check_seal(page.read_text(encoding="utf-8"))
