"""Scenarios side by side: pairing, attribution, costs, gaps; and the command."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import alliancesim as al
from alliancesim.cli import main
from alliancesim.cli.compare import sort_words
from alliancesim.comparison.comparing import HEADLINES
from alliancesim.comparison.gap import PLAYERS, coalition_scenarios
from alliancesim.comparison.summary import sentence
from alliancesim.errors import UserError

BASE = ["territory=rural", "territory.population=8000", "months=36", "burn_in=24"]


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """A lever that touches a part of the territory."""
    return al.compare(
        {"none": ["animation=none"], "events": ["animation=events"], "labo": ["animation=labo"]}, base=BASE, replicates=8,
        workers=1, output=tmp_path_factory.mktemp("compare") / "x",
    )  # fmt: skip


def test_differences_are_of_replicates_under_the_same_draws(events):
    runs = events.result.runs
    change = runs.loc[runs["point"] == 2, "alliances"].to_numpy() - runs.loc[runs["point"] == 0, "alliances"].to_numpy()
    row = events.table(["alliances"]).set_index("label").loc["labo"]
    assert row["difference"] == pytest.approx(change.mean())
    assert row["n"] == 8
    assert row["low"] < row["difference"] < row["high"]
    assert row["clear"] and change.min() > 0


def test_shared_draws_are_worth_four_times_as_many_replicates(events):
    """SPEC and the project's aim: at least fourfold on a lever that touches part of the territory."""
    table = events.table(HEADLINES).set_index(["label", "observable"])
    ratios = table.loc["events", "variance_ratio"].dropna()
    assert ratios.drop("spend_keur", errors="ignore").median() > 4


def test_the_same_scenario_twice_differs_in_nothing(tmp_path):
    same = al.compare(
        {"a": [], "b": [], "c": ["rules.psi=0.3"]},
        base=[*BASE, "months=3"][:-1] + ["months=3"],
        replicates=2,
        workers=1,
    )
    table = same.table().set_index("label").loc["b"]
    assert (table["difference"].fillna(0) == 0).all()
    assert same.result.manifest["same_runs"] == 2
    assert (same.attribution("b")["p_net"] == 0).all()


def test_one_territory_for_all_replicates(events):
    cells = events.result.cells
    people = cells.groupby(["point", "replicate"])["population"].apply(list)
    assert all(one == people.iloc[0] for one in people)
    assert events.result.scenario(0, 5).territory.seed == 1
    other = al.compare(
        {"a": [], "b": ["resources=scarce"]}, base=["territory.population=700", "months=2", "burn_in=0"], replicates=2, workers=1,
        one_territory=False,
    )  # fmt: skip
    people = other.result.cells.groupby(["point", "replicate"])["population"].apply(list)
    assert people[0, 1] != people[0, 2]
    assert people[0, 1] == people[1, 1]


def test_who_owes_an_alliance_to_the_lever(events):
    table = events.attribution("labo")
    organisations = events.result.organisations
    wide = organisations.pivot_table(
        index=["replicate", "key"], columns="point", values="ever_engaged", aggfunc="first"
    ).dropna()
    gain = (wide[2].astype(bool) & ~wide[0].astype(bool)).groupby("key").mean()
    found = table.set_index("unit")["p_gain"]
    pd.testing.assert_series_equal(found.sort_index(), gain.sort_index(), check_names=False)
    spheres = events.attribution("labo", "sphere").set_index("group")
    assert set(spheres.index) == {"association", "firm", "collectivity"}
    assert spheres.loc["association", "change"] > 0
    assert set(events.attribution("labo", "deprived")["group"]) <= {"least", "middle", "most"}
    kinds = events.attribution("labo", "kind")
    assert kinds["share_of_units"].sum() == pytest.approx(1.0)


def test_changes_by_cell_lie_where_the_cells_lie(events):
    table = events.cells("labo")
    first = events.result.cells.query("point == 0 and replicate == 1")
    assert table["population"].tolist() == first["population"].tolist()
    assert (table["change"].dropna() > 0).mean() > 0.5


def test_parts_of_one_square_are_taken_together(tmp_path):
    """A real place: squares that several communes share hold all their organisations, not those of the last part."""
    place = [
        "territory=real",
        "territory.place=CC du Pays de Gex",
        "territory.buffer_km=0",
        "months=3",
        "burn_in=6",
        "rules.m0=0.3",
    ]
    two = al.compare({"a": [], "b": ["rules.willing0=0.6"]}, base=place, replicates=2, workers=1)
    cells = two.result.cells[two.result.cells["reported"]]
    squares = two.squares("b", "engaged_share")
    assert (
        len(squares)
        == len(cells[["x_km", "y_km"]].drop_duplicates())
        < len(cells.query("point == 0 and replicate == 1"))
    )
    by_hand = cells.groupby(["point", "replicate", "x_km", "y_km"])[["engaged", "organisations"]].sum()
    share = (by_hand["engaged"] / by_hand["organisations"].where(by_hand["organisations"] > 0)).unstack("point")
    change = (share[1] - share[0]).groupby(["x_km", "y_km"]).mean()
    found = squares.set_index(["x_km", "y_km"])["change"]
    pd.testing.assert_series_equal(found.sort_index(), change.sort_index(), check_names=False)


def test_cells_of_two_territories_are_not_compared(tmp_path):
    two = al.compare(
        {"urban": ["territory=urban"], "rural": ["territory=rural"]}, base=["territory.population=1500", "months=2", "burn_in=0"],
        replicates=1, workers=1,
    )  # fmt: skip
    with pytest.raises(UserError, match="different territories"):
        two.cells("rural")


def test_cost_follows_prices(events):
    plain = events.cost().set_index("label")
    dear = events.cost(costs={"matchmaking": {"factor": 2.0}}).set_index("label")
    assert dear.loc["labo", "extra_keur"] > plain.loc["labo", "extra_keur"]
    assert dear.loc["events", "extra_keur"] == plain.loc["events", "extra_keur"]
    with pytest.raises(UserError, match="costs: found 'matchmakin'"):
        events.cost(costs={"matchmakin": 2.0})


def test_order_and_regret(events):
    assert events.ranking("alliances")["label"].iloc[0] == "labo"
    regret = events.regret({"alliances": 1, "spend_keur": -1}).set_index("label")
    assert regret.loc["labo", "alliances"] == 0
    assert regret.loc["none", "spend_keur"] == 0


def test_figures_and_words(events, tmp_path):
    folder = events.save(tmp_path / "saved")
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{name}.png" for name in ("differences", "over_time", "who_gains", "gain_map", "ranking")
    }
    text = (folder / "comparison.md").read_text(encoding="utf-8")
    row = events.table(["alliances"]).set_index("label").loc["labo"]
    assert f"alliances: {row['difference']:.3g} more" in text
    assert "nan" not in text
    everything = pd.read_parquet(folder / "comparison.parquet")
    assert {"engaged_share_firm", "need_met_health", "trust_association_firm"} <= set(everything["observable"])
    over = events.over_time(["alliances"])
    assert set(over["month"]) == {12, 24, 36}


def test_a_sentence_says_where_there_is_no_clear_difference():
    row = pd.DataFrame(
        [
            {
                "observable": "alliances",
                "n": 5,
                "difference": 1.0,
                "low": -1.0,
                "high": 3.0,
                "clear": False,
                "share_higher": 0.6,
            }
        ]
    )
    assert "no clear difference" in sentence(next(row.itertuples(index=False)))
    row[["low", "clear"]] = 0.5, True
    assert (
        sentence(next(row.itertuples(index=False)))
        == "alliances: 1 more (interval 0.5 to 3), in 6 futures out of 10 higher."
    )


def test_fewer_than_two_scenarios():
    with pytest.raises(UserError, match="found 1 scenario, expected two or more"):
        al.compare({"a": []})


def test_coalitions_take_what_they_name():
    a = al.load_scenario("territory=rural", "history=none")
    b = al.load_scenario("territory=zus", "history=cooperative")
    found = coalition_scenarios(a, b)
    assert len(found) == 64
    one = found[frozenset({"needs", "history"})]
    assert one.territory.mix.needs == "zus" and one.territory.mix.density == "rural"
    assert one.history == b.history and one.rules.trust0 == b.rules.trust0
    assert found[frozenset()].territory.population == 45_000
    assert found[frozenset(PLAYERS)].territory.population == 60_000


def test_a_gap_is_split_and_adds_up():
    table = al.split_gap(
        "rural", "zus", ["alliances"], base=["territory.population=1500", "months=12", "burn_in=0", "rules.willing0=0.6", "rules.m0=0.3"],
        replicates=3, players=["density", "structuration"], workers=1,
    )  # fmt: skip
    assert table["share"].sum() == pytest.approx(table["gap"].iloc[0])
    assert table["gap"].iloc[0] == pytest.approx(table["mean_b"].iloc[0] - table["mean_a"].iloc[0])
    with pytest.raises(UserError, match="the second scenario is of a real territory"):
        al.split_gap("rural", al.load_scenario("territory=real", "territory.place=Chelles"))


# -- the command ---------------------------------------------------------------------------------------------------------


def test_words_of_the_command_are_sorted():
    words = ["none: animation=none", 'a b: animation=events territory.place="CC X"', "months=12", "replicates=4", "workers=1",
             "precision=alliances: 2, need_met: 5%"]  # fmt: skip
    scenarios, folders, own, settings, base = sort_words(words)
    assert scenarios == {"none": ["animation=none"], "a b": ["animation=events", "territory.place=CC X"]}
    assert (folders, base, settings.workers) == ([], ["months=12"], 1)
    assert own == {"replicates": 4, "precision": {"alliances": "2", "need_met": "5%"}}


def test_the_command_compares_and_says_where(tmp_path, capsys):
    words = ["compare", "none: animation=none", "events: animation=events", "territory.population=1500", "months=12", "burn_in=0",
             "replicates=3", "workers=1", f"output={tmp_path / 'x'}"]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "Each scenario against **none**, 3 replicates" in said
    assert (tmp_path / "x" / "comparison.md").is_file()
    assert main(["compare", str(tmp_path / "x"), "reference=events"]) == 0
    assert "Each scenario against **events**" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "x"), "language=fr"]) == 0
    assert capsys.readouterr().out.strip().endswith("report_fr.html")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a: months=3"], "found 1 scenario, expected two or more"),
        (["a: months=3", "a: months=4"], "found the label 'a' twice"),
        (["nowhere", "a: months=3"], "'nowhere': expected"),
        (["a: monthz=3", "b: months=4"], "monthz: unknown key"),
        (["a: months=3", "b: months=4", "replicates=0"], "replicates: found '0'"),
        (["a: months=3", "b: months=4", "threads=2"], "threads: a run of a comparison uses one thread"),
        (["a: months=3", "b: months=4", "precision=alliances"], "precision: found 'alliances'"),
    ],
)
def test_mistakes_of_the_command(words, said, capsys):
    assert main(["compare", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_observables_of_a_comparison_are_measured(events):
    assert np.isfinite(events.table(["alliances", "engaged_share"])["difference"]).all()
