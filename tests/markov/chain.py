"""A forum of two or three as a Markov chain: every random branch is followed with its probability.

States are who is present and what each supports (meetings), who still claims (contest), quarrels so far (purse). Trust is taken to
stay above the threshold of depth 1, which the forums of the test respect; nothing here imports the package.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product

LAUNCHED, INFEASIBLE, NO_AGREEMENT, LOST, NO_LEADER, CONTEST_FAILED, PURSE_FAILED = range(7)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


class Chain:
    """Participants: dicts of cash, time, structuration, capabilities (set), neutrality, plain (worth of each idea without rent).
    Ideas: dicts of cost, effort, value, capabilities. ``p``: dict of rules; ``trust``: mean trust over pairs, a function of those
    present."""

    def __init__(self, people: list[dict], ideas: list[dict], p: dict, trust, rent: float, carrier: float) -> None:
        self.people, self.ideas, self.p, self.trust, self.rent, self.carrier = people, ideas, p, trust, rent, carrier
        self.found: dict[tuple[int, int], float] = defaultdict(float)

    def outcomes(self) -> dict[tuple[int, int], float]:
        """Probability of each (outcome, months)."""
        everyone = tuple(range(len(self.people)))
        self.agenda = [m for m in range(len(self.ideas)) if self.carries(everyone, m)]
        if not self.agenda:
            return {(INFEASIBLE, 0): 1.0}
        self.worth = [
            [plain + (self.rent * idea["value"] if self.leads(i, m) else 0.0)
             for m, (plain, idea) in enumerate(zip(one["plain"], self.ideas, strict=True))]
            for i, one in enumerate(self.people)
        ]  # fmt: skip
        self.ideal = [max(self.agenda, key=lambda m, i=i: (self.worth[i][m], -m)) for i in everyone]
        self.outside = [self.alone(i) for i in everyone]
        self.meeting(1, tuple(self.ideal), everyone, 1.0)
        return dict(self.found)

    def carries(self, who: tuple[int, ...], m: int) -> bool:
        """phi * slack of these covers the idea, and they have its capabilities."""
        idea, phi = self.ideas[m], self.p["phi"]
        union = set().union(*(self.people[i]["capabilities"] for i in who))
        cash, time = (sum(self.people[i][k] for i in who) for k in ("cash", "time"))
        return idea["cost"] <= phi * cash and idea["effort"] <= phi * time and idea["capabilities"] <= union

    def leads(self, i: int, m: int) -> bool:
        """Able to lead an idea."""
        one, idea, share = self.people[i], self.ideas[m], self.p["lead_slack"]
        able = one["cash"] >= share * idea["cost"] and one["time"] >= share * idea["effort"]
        return able and one["structuration"] >= self.p["lead_structuration"]

    def alone(self, i: int) -> float:
        """Best worth of what one can do alone."""
        if not self.p["outside_option"]:
            return 0.0
        return max((self.people[i]["plain"][m] for m in range(len(self.ideas)) if self.carries((i,), m)), default=0.0)

    def meeting(self, r: int, support: tuple[int, ...], here: tuple[int, ...], chance: float) -> None:
        """A meeting: agreement, or each of the others joins, refuses or leaves."""
        if chance == 0.0:
            return
        if len(here) < 2:
            self.found[NO_AGREEMENT, min(r, self.p["r_max"])] += chance
            return
        if r > self.p["r_max"]:
            self.found[NO_AGREEMENT, self.p["r_max"]] += chance
            return
        votes = {m: sum(support[i] == m for i in here) for m in self.agenda}
        front = min(self.agenda, key=lambda m: (-votes[m], m))
        if votes[front] >= self.p["quorum"] * len(here) - 1e-9:
            self.agreed(r, front, tuple(i for i in here if support[i] == front), here, chance)
            return
        tolerance = 2.0 * self.trust(here) * (self.p["tol0"] + 0.5 * self.p["tol0"] * r)
        others = [i for i in here if support[i] != front]
        joins = []
        for i in others:
            best = self.worth[i][self.ideal[i]]
            joins.append(logistic((tolerance - (best - self.worth[i][front]) / best) / self.p["temperature"]))
        for choice in product((True, False), repeat=len(others)):
            weight, after, stay = chance, list(support), list(here)
            for i, joined, q in zip(others, choice, joins, strict=True):
                weight *= q if joined else 1.0 - q
                if joined:
                    after[i] = front
                elif self.outside[i] > self.worth[i][front]:
                    stay.remove(i)
            self.meeting(r + 1, tuple(after), tuple(stay), weight)

    def agreed(self, r: int, m: int, supporters: tuple[int, ...], here: tuple[int, ...], chance: float) -> None:
        """Those who stay must carry it; then the lead."""
        if not self.carries(here, m):
            self.found[LOST, r] += chance
            return
        claimants = tuple(i for i in supporters if self.leads(i, m))
        neutral = self.neutral(here, claimants)
        if not claimants:
            if neutral is None:
                self.found[NO_LEADER, r] += chance
            else:
                self.purse(r, m, self.with_carrier(supporters, neutral), chance)
        elif len(claimants) == 1 or self.p["lead_by_lot"]:
            self.purse(r, m, supporters, chance)
        else:
            self.contest(r, 0, m, supporters, here, claimants, chance)

    def neutral(self, here: tuple[int, ...], claimants: tuple[int, ...]) -> tuple[int, float] | None:
        """The most neutral carrier: a participant who does not claim, or the animator (-1)."""
        best = (-1, self.carrier) if self.carrier > 0.0 else None
        for i in here:
            if i not in claimants and self.people[i]["neutrality"] > (best[1] if best else 0.0):
                best = (i, self.people[i]["neutrality"])
        return best

    @staticmethod
    def with_carrier(supporters: tuple[int, ...], neutral: tuple[int, float]) -> tuple[int, ...]:
        return supporters if neutral[0] < 0 or neutral[0] in supporters else tuple(sorted((*supporters, neutral[0])))

    def contest(self, months: int, c: int, m: int, supporters, here, claimants, chance: float) -> None:
        """A round: a carrier may take the lead, else each claimant concedes or stands."""
        if c == self.p["contest_max"]:
            self.found[CONTEST_FAILED, months] += chance
            return
        neutral = self.neutral(here, claimants)
        if neutral is not None:
            self.purse(months, m, self.with_carrier(supporters, neutral), chance * neutral[1])
            chance *= 1.0 - neutral[1]
        yields = []
        for i in claimants:
            dependence = 1.0 - min(1.0, self.outside[i] / self.people[i]["plain"][m])
            yields.append(logistic((dependence - self.rent - 0.5) / 0.25))
        for choice in product((True, False), repeat=len(claimants)):
            weight = chance
            for concedes, q in zip(choice, yields, strict=True):
                weight *= q if concedes else 1.0 - q
            firm = tuple(i for i, concedes in zip(claimants, choice, strict=True) if not concedes)
            if len(firm) < 2:
                self.purse(months + 1, m, supporters, weight)
            else:
                self.contest(months + 1, c + 1, m, supporters, here, firm, weight)

    def purse(self, months: int, m: int, supporters: tuple[int, ...], chance: float) -> None:
        """Quarrels over a tight purse; the first month without one launches."""
        if chance == 0.0:
            return
        if len(supporters) < 2:
            self.found[LOST, months] += chance
            return
        idea, phi = self.ideas[m], self.p["phi"]
        cash, time = (sum(self.people[i][k] for i in supporters) for k in ("cash", "time"))
        quarrel = self.p["rivalry"] * min(1.0, max(idea["cost"] / (phi * cash), idea["effort"] / (phi * time)))
        for q in range(self.p["contest_max"]):
            self.found[LAUNCHED, months + q] += chance * quarrel**q * (1.0 - quarrel)
        self.found[PURSE_FAILED, months + self.p["contest_max"]] += chance * quarrel ** self.p["contest_max"]
