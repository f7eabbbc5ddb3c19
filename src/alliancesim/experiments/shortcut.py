"""Identities of scenarios that differ from one in numbers of the rules alone, without making each of them.

A scenario is some 200 checked keys, and its identity the hash of all of them as text: a millisecond. Where a design changes a few
numbers of the rules, all else is the same text, so a point costs the checks of its own values and the hash of what follows
the first of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alliancesim.scenario.checks import check
from alliancesim.scenario.rules import READ_TOGETHER
from alliancesim.scenario.schema import spec_at

if TYPE_CHECKING:
    from alliancesim.scenario import Scenario

_MARK = "\x00"


def applies(changes: Mapping[str, Any]) -> bool:
    """Whether all changes are numbers of the rules, none of which is checked together with others."""
    return bool(changes) and all(
        name.startswith("rules.")
        and name.removeprefix("rules.") not in READ_TOGETHER
        and (spec := spec_at(name)) is not None
        and spec.kind in ("int", "float")
        for name in changes
    )


class Shortcut:
    """Hashes of a scenario with some numbers of its rules changed.

    Parameters
    ----------
    scenario : Scenario
    names : sequence of str
        Keys that change, such as ``rules.psi``.
    """

    def __init__(self, scenario: Scenario, names: tuple[str, ...]) -> None:
        data = json.loads(scenario.identity_text())
        self._specs = {}
        for name in names:
            spec = spec_at(name)
            assert spec is not None
            self._specs[name] = spec
            data["rules"][name.removeprefix("rules.")] = _MARK + name
        text = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        quoted = {name: json.dumps(_MARK + name) for name in names}
        self._order = sorted(names, key=lambda name: text.index(quoted[name]))
        parts = []
        for name in self._order:
            before, text = text.split(quoted[name])
            parts.append(before)
        self._head = hashlib.sha256(parts[0].encode("ascii"))
        self._rest = [part.encode("ascii") for part in [*parts[1:], text]]

    def hash(self, changes: Mapping[str, Any]) -> str:
        """``scenario.replace(**changes).hash()``.

        Raises
        ------
        UserError
            For a value that its key cannot hold.
        """
        digest = self._head.copy()
        for name, rest in zip(self._order, self._rest, strict=True):
            digest.update(repr(check(self._specs[name], changes[name], name)).encode("ascii") + rest)
        return digest.hexdigest()
