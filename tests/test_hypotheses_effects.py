"""Effects of hypotheses: hand-made runs with effects counted by hand; shapes of known answer with their false-alarm rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliancesim.errors import UserError
from alliancesim.hypotheses import effects
from alliancesim.hypotheses.effects import Data
from alliancesim.hypotheses.shapes import concave, logistic, rise_and_fall, shape_gain

DRAWS, SEEDS = 2, 2


def data(columns: dict[str, dict[str, list[float]]], series: pd.DataFrame | None = None) -> Data:
    """Runs of some arms: arm to column to a value a replicate (draw by draw)."""
    rows = []
    for point, (arm, values) in enumerate(columns.items()):
        for k in range(DRAWS * SEEDS):
            rows.append({"point": point, "label": arm, "replicate": k + 1, **{n: v[k] for n, v in values.items()}})
    arms = {arm: {"label": arm} for arm in columns}
    return Data(pd.DataFrame(rows), pd.DataFrame() if series is None else series, arms, DRAWS, SEEDS)


def along(arms: list[str], axis: str, values: dict[str, dict[float, float]], name: str = "y") -> pd.DataFrame:
    """A series that is the same in every replicate but for a tenth a replicate."""
    rows = []
    for point, arm in enumerate(arms):
        for k in range(DRAWS * SEEDS):
            rows += [{"point": point, "replicate": k + 1, axis: x, name: y + 0.1 * k} for x, y in values[arm].items()]
    return pd.DataFrame(rows)


def test_contrast_by_draw_and_seed() -> None:
    found = data({"a": {"y": [1, 2, 3, 4]}, "b": {"y": [0, 0, 1, 1]}})
    assert effects.contrast(found, "y", {"a": 1, "b": -1}).tolist() == [[1, 2], [2, 3]]


def test_interaction_on_the_log_scale() -> None:
    """0.5, 1.5, 2.5 and 7.5 with half a unit more: 7.5·0.5/(1.5·2.5) is 1, no interaction; 17.5 gives log(7/3)."""
    table = {"neither": [0] * 4, "one": [1] * 4, "other": [2] * 4, "both": [7, 7, 17, 17]}
    found = data({arm: {"y": values} for arm, values in table.items()})
    weights = {"both": 1, "neither": 1, "one": -1, "other": -1}
    got = effects.contrast(found, "y", weights, "log_count")
    assert got == pytest.approx(np.array([[0, 0], [np.log(7 / 3)] * 2]))


def test_slope_on_doublings() -> None:
    """One more a doubling over three doublings is an effect of 3, whatever the order of arms."""
    found = data({"x": {"y": [3] * 4}, "a": {"y": [1] * 4}, "m": {"y": [2] * 4}, "z": {"y": [4] * 4}})
    assert effects.slope(found, "y", {"x": 4, "a": 1, "m": 2, "z": 8}) == pytest.approx(np.full((2, 2), 3.0))


def test_shapley_parts_sum_to_the_whole() -> None:
    """Two players: 1 alone, 2 alone, 6 together; the extra 3 is shared equally (2.5 and 3.5)."""
    found = data({arm: {"y": [v] * 4} for arm, v in {"none": 0, "p": 1, "q": 2, "p+q": 6}.items()})
    p = effects.shapley_part(found, "y", "p", ["p", "q"])
    q = effects.shapley_part(found, "y", "q", ["p", "q"])
    assert p == pytest.approx(np.full((2, 2), 2.5))
    assert q == pytest.approx(np.full((2, 2), 3.5))


def test_quantities_at_months_and_their_trend() -> None:
    series = along(["a", "b"], "month", {"a": {6: 1, 12: 2, 18: 5}, "b": {6: 0, 12: 1, 18: 1}})
    found = data({"a": {"y": [0] * 4}, "b": {"y": [0] * 4}}, series)
    assert effects.contrast_at(found, "y", 18, {"a": 1, "b": -1}) == pytest.approx(np.full((2, 2), 4.0))
    assert np.isnan(effects.contrast_at(found, "y", 24, {"a": 1})).all()
    assert effects.trend(found, "y", "a", [6, 12], [18, 18]) == pytest.approx(np.full((2, 2), 3.5))


def test_interaction_of_levels_of_means() -> None:
    """Halving costs 0.3 where rich, 0.1 where poor: the interaction is minus 0.2."""
    series = along(["half", "whole"], "level", {"half": {0.4: 0.5, 2.5: 0.3}, "whole": {0.4: 0.6, 2.5: 0.6}})
    found = data({"half": {"y": [0] * 4}, "whole": {"y": [0] * 4}}, series)
    got = effects.interaction_of_levels(found, "y", 0.4, 2.5, {"half": 1, "whole": -1})
    assert got == pytest.approx(np.full((2, 2), -0.2))


def test_gravity_residual() -> None:
    """Odds of 1 with an open border and β = 0.5 give odds of 0.5 (a third); a fifth (odds 0.25) is log 0.5 fewer."""
    found = data(
        {"open": {"cross_border_share": [0.5] * 4}, "border": {"cross_border_share": [1 / 3, 1 / 3, 0.2, 0.0]}}
    )
    got = effects.gravity_residual(found, "border", "open", 0.5)
    assert got[:, 0] == pytest.approx([0.0, np.log(0.5)], abs=1e-12)
    assert np.isnan(got[1, 1])


def test_persistence_sums_seeds_and_asks_for_enough() -> None:
    values = {"long": {12: 10, 48: 9, 60: 10, 96: 8}, "short": {12: 10, 48: 5, 60: 4, 96: 3}}
    series = along(["long", "short"], "month", values)
    series["y"] = np.floor(series["y"])
    found = data({"long": {"y": [0] * 4}, "short": {"y": [0] * 4}}, series)
    got = effects.persistence(found, "y", ["long", 60], ["short", 12])
    assert got == pytest.approx(np.full((2, 1), 16 / 20 - 10 / 20))
    assert np.isnan(effects.persistence(found, "y", ["long", 60], ["short", 12], least=21)).all()


def test_an_optimum_inside_the_ladder() -> None:
    found = data({"low": {"y": [1] * 4}, "mid": {"y": [4, 4, 1, 1]}, "top": {"y": [2] * 4}})
    got = effects.interior(found, "y", ["low", "mid", "top"])
    assert got == pytest.approx(np.array([[(4 - 2) / 4], [(1 - 2) / 2]]))


def test_arms_and_quantities_that_do_not_exist() -> None:
    found = data({"a": {"y": [1] * 4}})
    with pytest.raises(UserError, match="arms: found 'aa', expected one of a"):
        effects.contrast(found, "y", {"aa": 1})
    with pytest.raises(UserError, match="did you mean 'y'"):
        effects.contrast(found, "yy", {"a": 1})


def test_failed_runs_are_missing() -> None:
    whole = data({"a": {"y": [1, 2, 3, 4]}})
    less = Data(whole.runs[whole.runs["replicate"] != 2], whole.series, whole.arms, DRAWS, SEEDS)
    assert np.isnan(effects.contrast(less, "y", {"a": 1})[0, 1])
    assert effects.contrast(less, "y", {"a": 1})[1].tolist() == [3, 4]


# -- shapes -----------------------------------------------------------------------------------------------------------


def test_two_lines_of_a_tent() -> None:
    """|x| upside down on −3..3: rise and fall of 3 each."""
    x = np.linspace(-3, 3, 13)
    found = rise_and_fall(x, 3 - abs(x))
    assert found.at == pytest.approx(0.0, abs=0.6)
    assert (found.rise, found.fall) == (pytest.approx(3.0, abs=0.7), pytest.approx(3.0, abs=0.7))


def test_two_lines_of_curves_without_a_turn() -> None:
    """A rise that levels off is one that a quadratic takes for a turn (Simonsohn 2018); two lines do not."""
    x = np.linspace(0, 6, 13)
    y = 1 - np.exp(-1.2 * x)
    assert -np.polyfit(x, y, 2)[0] > 0.02
    peak = -np.polyfit(x, y, 2)[1] / (2 * np.polyfit(x, y, 2)[0])
    assert x[0] < peak < x[-1]
    assert rise_and_fall(x, y).turn < 0.02
    assert rise_and_fall(x, x).turn < 0.0
    assert rise_and_fall(x, -x).turn < 0.0
    assert np.isnan(rise_and_fall(x, np.where(x > 5, np.nan, x)).turn)


def test_two_lines_false_alarms() -> None:
    """Of 300 curves that level off, how many seem to turn by more than 0.05, by the noise of a point.

    With 0.015 (two seeds of a thousand forums) none or hardly one does; with 0.05 about one in seven, which is why a decision asks
    for 95 % of draws. A true turn of 0.5 is always seen.
    """
    random = np.random.default_rng(1)
    x = np.linspace(0, 6, 13)

    def alarms(noise: float, times: int) -> float:
        found = [
            rise_and_fall(x, 1 - np.exp(-x) + noise * random.standard_normal(13)).turn > 0.05 for _ in range(times)
        ]
        return float(np.mean(found))

    assert alarms(0.015, 300) < 0.02
    assert alarms(0.05, 150) < 0.3
    hits = [rise_and_fall(x, 1 - (x - 3) ** 2 / 9 + 0.05 * random.standard_normal(13)).turn > 0.05 for _ in range(100)]
    assert np.mean(hits) == 1.0


def test_two_lines_ask_for_enough_points() -> None:
    with pytest.raises(ValueError, match="six or more"):
        rise_and_fall(np.arange(5.0), np.arange(5.0))


@pytest.mark.parametrize("s_shaped", [True, False])
def test_shape_of_known_curves(s_shaped: bool) -> None:
    """Of 6 pairs of curves with luck of a hundredth a seed, all are told by the sign of the gain, S-shaped ones beyond 0.05 nats."""
    random = np.random.default_rng(5)
    t = np.arange(6.0, 241.0, 6.0)
    true = logistic(t, 0.6, 0.05, 110.0, 0.03) if s_shaped else concave(t, 0.6, 0.02, 0.03)
    gains = np.array([shape_gain(t, true + 0.01 * random.standard_normal((2, 1)) + 0.004 * random.standard_normal((2, len(t)))) for _ in range(6)])  # fmt: skip
    if s_shaped:
        assert (gains > 0.05).all()
    else:
        assert (gains < 0.05).all()


def test_shape_needs_two_curves() -> None:
    t = np.arange(6.0, 100.0, 6.0)
    assert np.isnan(shape_gain(t, np.stack([t, np.full(len(t), np.nan)])))
