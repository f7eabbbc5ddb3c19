"""The concentration curve agrees with the equity ratio that the run recorded."""

from __future__ import annotations

import numpy as np
import pytest

from alliancesim.results import simulate
from alliancesim.scenario import load_scenario


def test_concentration_curve_says_what_the_equity_ratio_says() -> None:
    result = simulate(load_scenario("territory=zus", "territory.population=20000", "months=24", "burn_in=36"))
    curve = result.concentration_curve()
    assert (np.diff(curve["deprived_share"]) < 0).all()
    assert (np.diff(curve["inhabitants"]) > 0).all()
    assert (np.diff(curve["need_met"]) >= 0).all()
    assert curve["inhabitants"].iloc[-1] == pytest.approx(1.0)
    assert curve["need_met"].iloc[-1] == pytest.approx(1.0)
    assert -1.0 < curve.attrs["concentration_index"] < 1.0
    table = result.territory[result.territory["reported"]]
    met = np.zeros(len(table))
    for domain in result.scenario.territory.domains:
        met += np.maximum(0.0, table[f"need_start_{domain}"] * 1.01 - table[f"need_{domain}"]).to_numpy()
    people = table["population"].to_numpy(dtype=float)
    relieved = float((people * met).sum() / (people.sum() * len(result.scenario.territory.domains)))
    last = result.timeseries.iloc[-1]
    would = last["need_level"] / (1.0 - last["need_met"])
    assert relieved / would == pytest.approx(last["need_met"], rel=1e-6)
