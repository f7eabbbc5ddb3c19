"""Enough replicates for a stated precision: how many more are needed, from those that are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from alliancesim.experiments.journal import Journal
    from alliancesim.experiments.measures import Kept
    from alliancesim.experiments.plan import Plan


def further(plan: Plan, kept: Kept, journal: Journal, replicates: int) -> int:
    """Replicates to add; 0 where every precision is reached, or as many as allowed are done.

    With several points a precision is that of the paired differences from point 0; with one, that of the mean. What it
    reads is the finished replicates alone, in their order, so an interrupted experiment adds the same ones.
    """
    from alliancesim.analysis.sequential import enough, more, parse_precision

    points = len(plan.points)
    columns = [kept.observables.index(name) for name in plan.experiment.precision]
    values = np.full((replicates * points, len(columns)), np.nan)
    for run, row in journal.rows():
        if run < len(values):
            values[run] = np.frombuffer(row, dtype="<f8")[columns]
    table = values.reshape(replicates, points, len(columns))
    for point, other in plan.twins.items():
        table[:, point] = table[:, other]
    wanted = 0
    for column, text in enumerate(plan.experiment.precision.values()):
        precision = parse_precision(text)
        for point in range(points):
            if points > 1 and point == 0:
                continue
            one = table[:, point, column] - (table[:, 0, column] if points > 1 else 0.0)
            one = one[~np.isnan(one)]
            if not enough(one, precision):
                wanted = max(wanted, more(replicates, one, precision))
    return max(0, min(wanted, plan.most_replicates - replicates))
