"""Write what the documents take from the definitions: ``python tools/write_data_doc.py [--check]``.

The section "Output tables" of docs/DATA.md comes from ``alliancesim.observables``, docs/RANDOMNESS.md from the streams of
``alliancesim.kernels.keyed``. With ``--check`` nothing is written; status 1 says that a document is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA, RANDOMNESS = ROOT / "docs" / "DATA.md", ROOT / "docs" / "RANDOMNESS.md"
BEGIN = "<!-- output tables: begin (made from `alliancesim.observables`) -->"
END = "<!-- output tables: end -->"

_TABLES = {
    "timeseries": (
        "One row a month, burn-in included. Months are calendar months: 1 is the first after burn-in. Columns of flows "
        '("a month") are 0 where nothing happened; others are missing where they were not measured (trust and network '
        "outside December and the last month) or have nothing to measure. Recruits and the network "
        "(ties, clustering, components, newcomers) count the buffer; all else is of the place."
    ),
    "alliances": "One row an alliance, its whole life. `reported` says whether a member stands on the place.",
    "organisations": "One row an organisation, as it is at the end. Organisations are synthetic unless your own table gave them.",
    "forums": "One row a forum; a thematic group of a plenary is a forum of its own.",
    "territory": "One row a cell part. Needs and deprived shares are synthetic unless your own table gave them.",
}

_FOLDER = """\
A run writes a folder:

| file | what it holds |
|---|---|
| `timeseries.parquet`, `alliances.parquet`, `organisations.parquet`, `forums.parquet`, `territory.parquet` | the tables below |
| `digests.parquet` | a number a month and phase that stands for what was decided: where two runs first differ |
| `scenario.yaml` | the resolved scenario, every key |
| `manifest.json` | versions, seed, vintage of data, hash of every table, wall time of each phase, schema version |
| `summary.md` | one page of findings in words |
| `figures/*.png` | the figures |

Every column of a Parquet file carries its description, unit and kind in its metadata. Kinds: *outcome* of the run, or
*data*, *source*, *assumption* that its setting rests on. Names join the tables: `organisation`, `alliance`, `forum`,
`cell` are numbers of this run; `member_list` of an alliance holds numbers of organisations, the leader first. `why`,
`rerun` and `export` of the command read the folder."""

_STREAMS = {
    "cash": "own cash slack",
    "time": "own time slack",
    "structuration": "structuration",
    "capability": "capabilities",
    "salience": "own salience",
    "objective": "objectives",
    "willing": "who is willing at month 0",
    "count": "numbers of organisations by cell part and kind",
    "enterprise": "enterprise of an establishment",
    "federation": "members of federations",
    "earlier": "earlier alliances of a history",
    "idea_domain": "domain of an idea",
    "idea_capabilities": "its capabilities",
    "idea_cost": "its cost",
    "idea_effort": "its effort",
    "aware": "on whom exposures by meetings and events take effect",
    "hear": "testimonies of peers: points of a cell and sphere",
    "background": "background exposures that take effect: points of a cell",
    "meetings": "who looks for a meeting, and who is met: points of a cell",
    "border": "whether a border lets pass",
    "distance": "whether institutional distance lets pass",
    "mediate": "introductions by mediators",
    "convene": "who convenes: points of a cell; key of a forum",
    "invite": "who is invited",
    "commit": "who commits at a plenary",
    "group": "key of a thematic group",
    "seat": "who takes seats",
    "theme_ideas": "ideas of a thematic group",
    "join": "who joins the front-runner",
    "carry": "whether a neutral carrier takes the lead",
    "concede": "which claimant concedes",
    "lot": "the lead by lot",
    "quarrel": "quarrels over the purse",
    "proposer": "who proposes first",
    "accept": "acceptance of a project",
    "priority": "order of meetings and of new alliances",
    "success": "yearly result; order of alliances in execution",
    "accompany": "which alliance is accompanied",
    "exit": "end of an alliance; order of alliances in renewal",
    "renew": "renewal at a term",
    "seek": "whether an alliance seeks a member",
    "recruited": "whether the one that is asked joins",
    "identify": "whether an alliance becomes known",
    "lever": "key of an occurrence of a lever",
    "accompany_organisation": "which organisation is accompanied",
    "mediator": "who mediates",
    "sample": "who is in a sample",
    "rotation": "order in which an animator visits perimeters: animator, perimeter",
    "clustering_null": "exchange of members, the null of clustering: place in the list",
    "invitro": "forums in vitro: forum, then participant or idea",
    "prior": "parameters from their priors: draw (the run's seed, or `uncertainty.row`), name",
    "delegate": "whether collectivities leave a lead to associations",
    "closing": "which organisation closes",
    "newcomer": "identity of the one that takes its place",
    "spin_off": "whether a success founds an organisation",
    "solution": "which solutions a library takes in, where there are too many",
    "contact": "which territory learns of a solution of which",
    "supplier": "who supplies whom",
}

_RANDOMNESS = """\
# Keyed randomness

Made by `python tools/write_data_doc.py`: change the definitions, not this page.

Every draw of a run is a function of what it decides: (seed, stream, month, stable identities). Nothing counts how
many draws came before. So a run has the same bits for any number of threads and any order of loops, and two scenarios
with one seed share every draw that both make.

All numbers are 64 bits, modulo 2^64. `mix64` is the finaliser of splitmix64 (variant 13 of Stafford):

```
z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
z = (z ^ (z >> 27)) * 0x94D049BB133111EB
mix64 = z ^ (z >> 31)

fold(key, a)                      = mix64(key + (a + 1) * 0x9E3779B97F4A7C15)
stream_key(seed, stream, month)   = fold(fold(fold(0, seed), stream), month)
pair_key(key, a, b)               = fold(fold(key, min(a, b)), max(a, b))
uniform(key)                      = (key >> 11) / 2^53
```

Months count from the start of burn-in. Draws at the start have month 0, ideas have the year + 1,000. Normal, gamma,
beta and Poisson variates are made from uniforms of keys folded below (`kernels/numeric.py`), with exponentials and
logarithms that use IEEE 754 operations only. Identities are 64-bit hashes of what names a thing: of a generated
organisation side, commune, square, kind and number; of a given one its `id`.

## Streams

A number is never used twice. *Reserved*: numbered, not drawn from.

"""


def cell(text: str) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def output_tables() -> str:
    """The generated part of docs/DATA.md, without its marks."""
    from alliancesim.observables import OBSERVABLES, SCHEMA_VERSION

    lines = [f"Schema version {SCHEMA_VERSION}. Made by `python tools/write_data_doc.py`.", "", _FOLDER, ""]
    for name, text in _TABLES.items():
        lines += [f"### `{name}.parquet`", "", text, ""]
        lines += table(
            ("column", "unit", "kind", "meaning"),
            ((f"`{o.name}`", cell(o.unit), o.kind, cell(o.doc)) for o in OBSERVABLES if o.table == name),
        )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def data_page(page: str) -> str:
    """docs/DATA.md with its generated part renewed."""
    if BEGIN not in page or END not in page:
        sys.exit(f"docs/DATA.md: the marks {BEGIN} and {END} are missing")
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{output_tables()}\n{END}{rest.partition(END)[2]}"


def randomness_page() -> str:
    """docs/RANDOMNESS.md."""
    from alliancesim.kernels.keyed import STREAMS
    from alliancesim.rules.keys import fold, mix64, stream_key, uniform

    unknown = set(STREAMS) ^ set(_STREAMS)
    if unknown:
        sys.exit(f"tools/write_data_doc.py: streams without, or beyond, a description: {', '.join(sorted(unknown))}")
    lines = table(("stream", "number", "what it draws"), ((f"`{n}`", str(k), _STREAMS[n]) for n, k in STREAMS.items()))
    lines += ["", "## Test vectors", ""]
    vectors: list[tuple[str, str]] = [
        *((f"mix64({z})", f"0x{mix64(z):016X}") for z in (0, 1, (1 << 64) - 1)),
        *((f"fold({k}, {a})", f"0x{fold(k, a):016X}") for k, a in ((0, 0), (0, 1), (12345, 67890))),
        *(
            (f"stream_key({s}, {c}, {m})", f"0x{stream_key(s, c, m):016X}")
            for s, c, m in ((1, 40, 0), (1, 40, 1), (2**62, 120, 239))
        ),
        *((f"uniform(stream_key(1, 40, {m}))", repr(uniform(stream_key(1, 40, m)))) for m in (0, 1)),
    ]
    lines += table(("call", "value"), ((f"`{call}`", f"`{value}`") for call, value in vectors))
    return _RANDOMNESS + "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the documents, or compare them."""
    parser = argparse.ArgumentParser(description="Write the generated parts of docs/DATA.md and docs/RANDOMNESS.md.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args(argv)
    status = 0
    old = DATA.read_text(encoding="utf-8")
    for target, text in ((DATA, data_page(old)), (RANDOMNESS, randomness_page())):
        name = target.relative_to(ROOT).as_posix()
        if args.check:
            same = target.is_file() and target.read_text(encoding="utf-8") == text
            if not same:
                status = 1
            print(
                f"{name} "
                + ("is what the definitions give" if same else "is out of date: run python tools/write_data_doc.py")
            )
        else:
            target.write_text(text, encoding="utf-8", newline="\n")
            print(name)
    return status


if __name__ == "__main__":
    sys.exit(main())
