"""Write docs/experiments/forums_of_cases.md: one forum of three cases from the inside, recomputed from the seed.

``python tools/write_forum_traces.py``; about two minutes. A forum is taken by a rule, not by its outcome: the first of an animator
from the month named here on that got as far as an agenda.
"""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "docs" / "experiments" / "forums_of_cases.md"

CASES = (
    (
        "cci_le_havre",
        25,
        "The third year of a chamber's commissions: those who came before come back, and trust each other no less than when they parted.",
    ),
    (
        "tetris_le_havre",
        1,
        "A city that leaves the lead of what it supports to associations.",
    ),
    (
        "vaucluse_two_phase",
        10,
        "The prefect's forum: associations and firms alone first, institutions for the last two meetings.",
    ),
)
"""Case, first month from which a forum is taken, what to look at."""

HEAD = """\
# Three forums of three cases, from the inside

Made by `python tools/write_forum_traces.py`; do not edit.

Every vote below is a draw of the run with seed 1, told by `alliancesim why`. Places are real; organisations are synthetic, and no name is
anybody's. Forums are taken by a rule (the first one from a month on that had an agenda), not for how they end.
"""


def main() -> None:
    """Run the cases and write the page."""
    import alliancesim as al

    parts = [HEAD]
    for case, month, note in CASES:
        scenario = al.load_scenario(f"case={case}")
        result = al.simulate(scenario, seed=1)
        forums = result.forums
        mine = (forums["animator"].astype(str) != "") & (forums["month"] >= month) & (forums["feasible"] > 0)
        forum = int(forums.loc[mine, "forum"].iloc[0])
        assert scenario.case is not None
        with tempfile.TemporaryDirectory() as scratch:
            told = al.why(result.save(Path(scratch) / "run", figures=False), forum=forum)
        lines = [textwrap.fill(line, 110, subsequent_indent="    ") for line in told.splitlines()]
        parts += [
            f"## {scenario.case.title} (`{case}`)\n\n{note}\n",
            "```text\n" + "\n".join(lines) + "\n```\n",
            f"Ask again: `alliancesim run case={case} output=<folder>`, then `alliancesim why <folder> forum={forum}`.\n",
        ]
    TARGET.write_text("\n".join(parts), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
