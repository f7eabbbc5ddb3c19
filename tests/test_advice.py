"""Advice: mixes cost their budget, the search finds a known optimum, tables are those of any workers, both languages say the same."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliancesim.advice import space
from alliancesim.advice.advising import QUICK, Effort
from alliancesim.advice.bench import Bench, span
from alliancesim.advice.futures import EFFECTS, Future, default_sample, factors, settled
from alliancesim.advice.judge import gap, regrets, robust, turning
from alliancesim.advice.learning import perfect, signs, worth_knowing
from alliancesim.advice.objectives import dominated, few, gains, scales, scored
from alliancesim.advice.search import Space, search, singles
from alliancesim.advice.space import COUNTED, LEVERS, RULES, Mix, doses, mix, price
from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.levers import BY_NAME
from alliancesim.scenario import load_scenario
from alliancesim.scenario.schema import from_dict

TINY = ("territory=zus", "territory.population=500", "burn_in=6", "rules=prior")

weights = st.dictionaries(st.sampled_from(LEVERS), st.floats(0.01, 1.0), min_size=1)
prices = st.dictionaries(st.sampled_from(LEVERS), st.floats(0.3, 4.0))


# -- mixes ------------------------------------------------------------------------------------------------------------


@given(weights, st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), st.floats(3.06, 500.0), st.integers(1, 6), prices)
@settings(max_examples=100, deadline=None)
def test_a_mix_costs_its_budget(shares, tilt, budget, years, dearer):
    chosen = mix(shares, tilt)
    assert sum(share for _, share in chosen.shares) == pytest.approx(1.0)
    bought = doses(chosen, budget, years, dearer)
    costs = {name: price(name, dearer.get(name, 1.0)) for name in LEVERS}
    again = sum(costs[name] * bought.occurrences(name) for name in COUNTED)
    again += years * (bought.outside_keur + sum(
        costs[name] * (bought.mediators if name == "mediators" else 1) for name in bought.standing
    ))  # fmt: skip
    assert bought.cost == pytest.approx(again)
    assert bought.cost <= budget * years + 1e-6
    wanted = [name for name, _ in chosen.shares if name in COUNTED] or [space.PLAIN]
    assert budget * years - bought.cost < max(costs[name] for name in wanted) + 1e-6
    if dearer == {}:
        assert sum(space.bought_shares(chosen, budget, years).values()) == pytest.approx(bought.cost / budget / years)
    used = [name for name in COUNTED if bought.occurrences(name)]
    if used:
        assert budget * years - bought.cost < min(costs[name] for name in used) + 1e-6


@given(weights, st.sampled_from([-1.0, 0.0, 1.0]), st.floats(10.0, 300.0), prices)
@settings(max_examples=30, deadline=None)
def test_an_animator_spends_what_its_mix_costs(shares, tilt, budget, dearer):
    years = 2
    chosen = mix(shares, tilt)
    found = space.animation(chosen, budget, years, dearer)
    scenario = from_dict({"months": 12 * years + 36, "animation": found})
    spent = 0.0
    for lever in scenario.animation.animators["animator"].levers.values():
        once = lever.cost_keur + space.DAY_KEUR * lever.cost_days
        if lever.standing:
            spent += years * once * lever.options.get("count", 1) + years * lever.options.get("outside_keur", 0.0)
        else:
            spent += once * sum(lever.occurrences(month) for month in range(1, 12 * years + 37))
    assert spent == pytest.approx(doses(chosen, budget, years, dearer).cost)


def test_what_a_lever_that_costs_more_buys_less_of():
    cheap, dear = (doses(RULES["all_events"], 100.0, 5, {"event": factor}) for factor in (1.0, 2.0))
    assert cheap.occurrences("event") == int(500 // price("event"))
    assert dear.occurrences("event") == int(500 // (2 * price("event")))


def test_a_calendar_opens_first_or_last():
    shares = {"event": 0.5, "accompany_alliance": 0.5}
    first, last = doses(mix(shares, 1.0), 100.0, 4), doses(mix(shares, -1.0), 100.0, 4)
    assert set(first.early) == {"event"} == set(last.late)
    assert set(first.late) == {"accompany_alliance"} == set(last.early)


def test_a_budget_that_buys_nothing_is_told_in_a_line(capsys):
    assert main(["advise", "territory=rural", "budget=3"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "budget: found 3, expected from 3.06" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["budget=50"], "territory: found nothing"),
        (["territory=rural"], "budget: found nothing"),
        (["territory=rural", "budget=much"], "budget: found 'much'"),
        (["territory=rural", "budget=50", "language=de"], "language: found 'de', expected en or fr"),
        (["territory=rural", "budget=50", "animation=labo"], "animation: found it for an advice"),
        (["territory=rural", "budget=50", "years=0"], "years: found 0"),
        (["territory=rural", "budget=50", "yeras=3"], "yeras"),
    ],
)
def test_mistakes_are_told_in_a_line(words, expected, capsys):
    assert main(["advise", *words]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


# -- futures ----------------------------------------------------------------------------------------------------------


def test_prices_stay_in_their_ranges_and_average_as_triangles_do():
    drawn = pd.DataFrame([factors(Future("whole", k)) for k in range(600)])
    for name, lever in BY_NAME.items():
        cost = drawn[name] * lever.cost_keur
        assert cost.between(lever.low_keur, lever.high_keur).all()
        mean = (lever.low_keur + lever.cost_keur + lever.high_keur) / 3
        a, b, c = lever.low_keur, lever.cost_keur, lever.high_keur
        sd = np.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
        assert abs(cost.mean() - mean) < 4.5 * sd / np.sqrt(600)  # a false alarm in 10,000 tests of 13 levers, about
    assert factors(Future("luck", 3)) == {}


def test_a_future_draws_what_its_kind_says():
    base = load_scenario(*TINY, "rules.event_known=0.5")
    one, other = (settled(base, Future("levers", k)).rules for k in (1, 2))
    plain = settled(base, Future("luck", 1)).rules
    differ = {name for name in vars(one) if getattr(one, name) != getattr(other, name)}
    assert differ <= set(EFFECTS) - {"event_known"}
    assert len(differ) > 10
    assert plain == settled(base, Future("luck", 2)).rules
    assert plain.event_known == one.event_known == 0.5
    whole = settled(base, Future("whole", 1)).rules
    assert whole == base.replace(seed=1).rules
    assert {name for name in vars(whole) if getattr(whole, name) != getattr(plain, name)} - set(EFFECTS)


# -- the search -------------------------------------------------------------------------------------------------------


def known(mixes):
    """Three objectives with one best mix each: all on events, all on forums, all on accompaniment; others earn nothing."""
    names = ("event", "forum", "accompany_organisation")
    return np.array([[dict(one.shares).get(name, 0.0) ** 0.5 for name in names] for one in mixes])


def test_the_search_finds_a_known_front():
    levers = ("event", "matchmaking", "forum", "diagnosis", "accompany_organisation", "accompany_alliance")
    around = Space(levers, targeted=False)
    mixes, values = search(known, around, singles(around)[:3], 20, 15, seed=1)
    assert len(mixes) == len(set(mixes)) <= 20 * 15
    # the best sum of roots of three shares is that of a third each
    assert values.sum(axis=1).max() > 0.95 * np.sqrt(3)
    best = dict(mixes[int(values.sum(axis=1).argmax())].shares)
    assert sum(best.get(name, 0.0) for name in ("event", "forum", "accompany_organisation")) > 0.9
    again, same = search(known, around, singles(around)[:3], 20, 4, seed=1)
    assert again == mixes[: len(again)]
    assert (same == values[: len(again)]).all()


def test_finalists_buy_other_things_than_rules_and_each_other():
    from alliancesim.advice.advising import _finalists

    alike = mix({"event": 0.95, "bank": 0.05})  # a twentieth of 100 kEUR pays no bank of experiments
    tried = [
        mix({"event": 1.0}),
        alike,
        mix({"forum": 1.0}),
        mix({"forum": 0.95, "bank": 0.05}),
        mix({"forum": 1.0}, 0.0, True),
        mix({"diagnosis": 1.0}),
    ]
    promised = np.array([[5.0, 0.0], [6.0, 0.0], [0.0, 5.0], [1.0, 4.0], [0.5, 4.5], [0.1, 0.1]])
    kept = _finalists(tried, promised, 100.0, Effort())
    assert {tried[k].deprived for k in kept} == {False, True}
    assert len(kept) == 3
    assert kept[-1] == 5  # beaten, and yet the next best that is no rule
    assert set(space.bought_shares(alike, 100.0, 5)) == {"event"}


def test_genes_of_a_mix_give_it_back():
    around = Space()
    for chosen in [
        *(rule for rule in RULES.values() if not rule.nothing),
        mix({"fund": 3, "event": 1, "accompany_alliance": 1}, 0.5, True),
    ]:
        assert around.mix(around.of(chosen)) == chosen


def test_what_stands_for_a_front():
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.6], [0.5, 0.5], [0.95, 0.1]])
    assert dominated(values).tolist() == [False, False, False, True, False]
    assert few(values, 3) == [2, 0, 1]
    assert set(few(values, 9)) == {0, 1, 2, 4}


# -- judging ----------------------------------------------------------------------------------------------------------


def outcomes(rows):
    """A table of outcomes from arrays by choice, shape (futures,)."""
    frames = []
    for choice, values in enumerate(rows):
        n = len(values)
        frames.append(
            pd.DataFrame(
                {"choice": choice, "kind": "whole", "number": range(n), "lasting": values, "needs": np.nan,
                 "needs_all": np.asarray(values) / 2, "trust": np.zeros(n), "spent": 1.0, "unpaid": 0.0}
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def test_gains_regret_and_order_by_hand():
    table = gains(outcomes([[1.0, 1.0, 1.0], [3.0, 1.0, 1.0], [2.0, 2.0, 2.0]]), 0)
    assert table["lasting"].tolist() == [0, 0, 0, 2, 0, 0, 1, 1, 1]
    assert table["needs"].tolist() == [0, 0, 0, 1, 0, 0, 0.5, 0.5, 0.5]
    units = scales(table)
    assert units["lasting"] == pytest.approx((2 + 1 + 1) / 3)
    assert units["trust"] == 1.0
    scores = scored(table, {"lasting": 1.0, "needs": 1.0, "trust": 1.0})
    assert scores["score"].tolist() == pytest.approx([0, 0, 0, 1, 0, 0, 0.5, 0.5, 0.5])
    missed = regrets(scores)
    assert missed["expected"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 6])
    assert missed["most"].tolist() == pytest.approx([1.0, 0.5, 0.5])
    assert robust(scores, [1, 2]) == (2, 1)
    order = turning(scores, 2).iloc[0]
    assert order["other_first"] == pytest.approx(1 / 3)
    assert gap(scores, 2, 1).share == pytest.approx(2 / 3)


def test_the_value_of_a_number_that_decides_and_of_one_that_does_not():
    n = 200
    draw = np.random.default_rng(7)
    decides, other = draw.uniform(-1, 1, n), draw.uniform(-1, 1, n)
    values = np.column_stack([np.zeros(n), decides])  # worth E max(0, U) = 1/4 if it is known
    found = worth_knowing(values, pd.DataFrame({"decides": decides, "other": other, "fixed": 1.0}))
    assert found["parameter"].tolist() == ["decides", "other"]
    assert found["value"].iloc[0] == pytest.approx(0.25, abs=0.06)
    assert found["by_luck"].iloc[0] == 0.0
    assert found["value"].iloc[1] < 0.03
    assert perfect(values) == pytest.approx(np.maximum(values[:, 1], 0).mean() - max(0.0, values[:, 1].mean()))


def test_a_sign_that_tells_and_noise_that_does_not():
    n = 60
    draw = np.random.default_rng(3)
    outcome = draw.normal(size=n)
    seen = pd.DataFrame({f"noise_{k}": draw.normal(size=n) for k in range(8)})
    alone = signs(seen, outcome)
    assert alone["by_luck"].iloc[0] > 0.02  # a false alarm in 50
    found = signs(seen.assign(tells=-outcome + 0.3 * draw.normal(size=n), constant=1.0), outcome)
    assert found["sign"].iloc[0] == "tells"
    assert found["correlation"].iloc[0] < -0.8
    assert found["low"].iloc[0] < found["correlation"].iloc[0] < found["high"].iloc[0] < 0
    assert found["right"].iloc[0] > 0.75
    assert found["by_luck"].iloc[0] == 0.0
    assert "constant" not in set(found["sign"])


# -- runs -------------------------------------------------------------------------------------------------------------


def test_what_is_measured_is_paired_and_kept(tmp_path):
    base = load_scenario(*TINY)
    bench = Bench(base, 60.0, 1, tmp_path / "store")
    chosen = [Mix(), RULES["all_events"]]
    table = bench.measure(chosen, span("whole", 1, 2))
    assert bench.runs == 4
    assert (table.loc[table["choice"] == 0, "spent"] == 0).all()
    mine = table.loc[table["choice"] == 1]
    bought = [doses(chosen[1], 60.0, 1, factors(Future("whole", k))).cost for k in (1, 2)]
    assert mine["spent"].tolist() == pytest.approx(bought)
    assert (mine["sign_attended"] > 0).all()
    assert bench.measure(chosen, span("whole", 1, 2)).equals(table)
    assert bench.runs == 4
    assert Bench(base, 60.0, 1, tmp_path / "store").measure(chosen, span("whole", 1, 2)).equals(table)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("advice") / "one"
    assert main(["advise", *TINY, "budget=60", "quick=true", f"output={path}", "workers=1"]) == 0
    return path


def tables(path):
    return {file.name: file.read_bytes() for file in sorted((path / "tables").iterdir())}


def test_the_quick_command_leaves_a_whole_folder(folder, capsys):
    present = {entry.name for entry in folder.iterdir()}
    assert present == {"advice.md", "asked.json", "figures", "manifest.json", "store", "tables"}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["advised"].startswith("mix_") or manifest["advised"] in RULES
    assert manifest["seconds"] > 0
    assert {file.name for file in (folder / "figures").iterdir()} == {"front.png", "choices.png", "mixes.png"}
    page = (folder / "advice.md").read_text(encoding="utf-8")
    assert "## What it must not be used for" in page
    assert "{" not in page
    assert main(["advise", *TINY, "budget=61", "quick=true", f"output={folder}"]) == 2
    assert "holds another advice" in capsys.readouterr().err


def test_two_workers_and_a_stop_give_the_same_tables(folder, tmp_path, monkeypatch):
    words = ["advise", *TINY, "budget=60", "quick=true", f"output={tmp_path / 'two'}"]
    real, left = Bench.measure, [3]

    def stopped(self, *args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Bench, "measure", stopped)
        assert main([*words, "workers=1"]) == 130
    assert {entry.name for entry in (tmp_path / "two").iterdir()} == {"asked.json", "store"}
    assert main([*words, "workers=2"]) == 0
    assert tables(tmp_path / "two") == tables(folder)


def test_both_languages_say_the_same_with_the_same_numbers(folder, tmp_path):
    from alliancesim.advice.advising import advise
    from alliancesim.advice.words import text

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    base = load_scenario(*TINY)
    advice = advise(base, 60.0, Effort(**QUICK), folder / "store", place="Ici")
    assert advice.advised == manifest["advised"]
    for verdict in (advice.gap, *(type(advice.gap)(m, m - 1, m + 1, 0.5) for m in (-5.0, 0.0, 5.0))):
        advice.gap = verdict
        if advice.advised not in RULES:
            said = {"better": "does better than", "unclear": "does **not** beat", "worse": "does **worse** than"}
            assert [key for key, words in said.items() if words in text(advice)[0].sentences[0][0]] == [verdict.verdict]
        for part in text(advice):
            assert part.sentences
            for english, french in (part.heading, *part.sentences):
                assert english.strip()
                assert french.strip()
                assert english != french
                assert numbers_of(english) == numbers_of(french, french=True), (english, french)


def numbers_of(sentence, french=False):
    """Numbers of a sentence, decimal marks and thousands' separators of its language set aside."""
    plain = sentence.replace("−", "-")
    plain = re.sub(r"(?<=\d)[\u202f\u00a0 ](?=\d{3}\b)" if french else r"(?<=\d),(?=\d{3}\b)", "", plain)
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain) if french else plain
    return sorted(re.findall(r"[-+]?\d+(?:\.\d+)?", plain))


def test_the_posterior_is_taken_once_it_is_there(monkeypatch, tmp_path):
    from alliancesim.advice import futures

    monkeypatch.setattr(futures, "posterior_path", lambda: tmp_path / "posterior.parquet")
    assert default_sample() == "prior"
    (tmp_path / "posterior.parquet").write_bytes(b"")
    assert default_sample() == "posterior"


def test_a_folder_of_other_files_is_refused(tmp_path):
    from alliancesim.advice.write import asked, check_folder

    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="holds other files"):
        check_folder(tmp_path, asked(load_scenario(*TINY), 60.0, Effort(**QUICK)))
