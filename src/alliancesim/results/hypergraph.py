"""The history of a run for other tools: a temporal hypergraph, or its pairwise projection.

The hypergraph is written in the Hypergraph Interchange Format (HIF), a JSON that XGI (``xgi.read_hif``), HyperNetX and
others open. Nodes are organisations, edges are alliances, incidences are memberships in the order of joining:

``{"network-type": "undirected", "metadata": {...}, "nodes": [{"node": "12", "attrs": {...}}], "edges": [{"edge": "a3",
"attrs": {"start": 5, "end": 41, ...}}], "incidences": [{"edge": "a3", "node": "12", "attrs": {"leader": true}}]}``

``start`` and ``end`` are calendar months (1 is the first after burn-in); ``end`` is null for what goes on at the end.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError

if TYPE_CHECKING:
    import networkx as nx

    from alliancesim.results.result import Result

NODE_COLUMNS = ("name", "sphere", "kind", "stage", "commune", "x_km", "y_km", "weight", "reported")
EDGE_COLUMNS = (
    "depth",
    "stage",
    "origin",
    "form",
    "domain",
    "animator",
    "forum",
    "perimeter",
    "successes",
    "results",
    "scale",
    "cost_keur",
    "value",
    "end_cause",
    "reported",
)
MONTH_COLUMNS = {"start": "start_month", "launch": "launch_month", "end": "end_month", "identified": "identified_month"}
FORMATS = ("hypergraph", "gexf")


def export(folder: str | os.PathLike[str] | Result, format: str, path: str | os.PathLike[str]) -> Path:
    """Write the alliances of a result for another tool.

    Parameters
    ----------
    folder : path or Result
    format : {"hypergraph", "gexf"}
        HIF JSON, or the pairwise projection as dynamic GEXF (Gephi, NetworkX).
    path : path
        File to write.

    Raises
    ------
    UserError
        For another format, a folder that is not a result's, or a file that cannot be written.
    """
    from alliancesim.results.folder import _told
    from alliancesim.results.result import Result, open_result

    if format not in FORMATS:
        raise UserError(f"format: found {format!r}, expected one of {', '.join(FORMATS)}")
    result = folder if isinstance(folder, Result) else open_result(folder)
    target = Path(path)
    if target.is_dir():
        raise UserError(f"export: {target} is a folder, expected a file name")
    part = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        try:
            if format == "hypergraph":
                text = json.dumps(hypergraph(result), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                part.write_text(text, encoding="utf-8", newline="\n")
            else:
                import networkx as nx

                nx.write_gexf(projection(result), part)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise UserError(f"export: {target.parent}: no such folder") from None
        raise UserError(_told(error, target).message.replace("output", "export", 1)) from None
    return target


def hypergraph(result: Result) -> dict[str, Any]:
    """The history as plain data in the Hypergraph Interchange Format."""
    organisations, alliances = result.organisations, result.alliances
    nodes = [
        {"node": str(row), "attrs": attrs}
        for row, attrs in enumerate(_records(organisations, {name: name for name in NODE_COLUMNS}))
    ]
    columns = {**MONTH_COLUMNS, **{name: name for name in EDGE_COLUMNS}}
    edges = [{"edge": f"a{row}", "attrs": attrs} for row, attrs in enumerate(_records(alliances, columns))]
    incidences = [
        {"edge": f"a{row}", "node": str(int(member)), "attrs": {"leader": int(member) == int(leader)}}
        for row, (members, leader) in enumerate(zip(alliances["member_list"], alliances["leader"], strict=True))
        for member in members
    ]
    return {
        "network-type": "undirected",
        "metadata": {
            "name": result.title,
            "description": "alliances between organisations; start and end are calendar months, 1 the first after burn-in; "
            "end is null for alliances alive at the end",
            "months": result.months,
            "seed": result.scenario.seed,
            "model_version": result.manifest["model_version"],
        },
        "nodes": nodes,
        "edges": edges,
        "incidences": incidences,
    }


def _records(frame: Any, columns: dict[str, str]) -> list[dict[str, Any]]:
    """Rows as plain data, under other names."""
    lists = [[_plain(value) for value in frame[column].tolist()] for column in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def _plain(value: Any) -> Any:
    """A value as JSON knows it; None where it is missing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None


def projection(result: Result) -> nx.MultiGraph:
    """The pairwise projection: an edge for each pair of members of each alliance, with its start and end.

    Months are counted from the start of burn-in, because GEXF readers want no negative times.
    """
    import networkx as nx

    organisations, alliances = result.organisations, result.alliances
    burn_in = result.scenario.burn_in
    graph = nx.MultiGraph(mode="dynamic", defaultedgetype="undirected", name=result.title)
    for row, attrs in enumerate(
        _records(organisations, {name: name for name in ("sphere", "kind", "commune", "x_km", "y_km")})
    ):
        graph.add_node(row, label=str(organisations["name"].iloc[row]), **attrs)
    columns = {"depth": "depth", "origin": "origin", "form": "form", "domain": "domain", **MONTH_COLUMNS}
    number = 0
    for row, (members, attrs) in enumerate(zip(alliances["member_list"], _records(alliances, columns), strict=True)):
        start, end = attrs.pop("start") + burn_in - 1, attrs.pop("end")
        times = {"start": start} if end is None else {"start": start, "end": max(start, end + burn_in - 1)}
        kept = {name: attrs[name] for name in ("depth", "origin", "form", "domain")}
        for a in range(len(members)):
            for b in range(a + 1, len(members)):
                graph.add_edge(int(members[a]), int(members[b]), key=number, id=number, alliance=row, **kept, **times)
                number += 1
    return graph
