"""Where organisations stand: squares, cells and perimeters (SPEC section 2), who meets whom and who hears of whom (section 3)."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .agents import Organisation
    from .projects import Idea

ATTEMPTS = 200


class Square:
    """A square of the grid.

    Attributes
    ----------
    people, sizes : list
        Organisations here and their cumulated sizes.
    near, reach : list of Square, array
        Squares where somebody stands, and cumulated exp(-distance / d0) * size of theirs.
    meetings : float
        m0 * A / (A + A_half): meetings a month of an organisation of mean load cap.
    news : list of tuple
        By sphere: testimonies that one hears a month, exp(-this), share of failures among them.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.people: list[Organisation] = []
        self.sizes: list[float] = []
        self.near: list[Square] = []
        self.reach = array("d")
        self.meetings = 0.0
        self.news = [(0.0, 1.0, 0.0)] * 3

    def draw_partner(self, one: Organisation, chance: Callable[[], float]) -> Organisation | None:
        """Somebody else, drawn with weight exp(-distance / d0) * size."""
        for _ in range(ATTEMPTS):
            there = self.near[bisect_right(self.reach, chance() * self.reach[-1], 0, len(self.near) - 1)]
            sizes = there.sizes
            other = there.people[bisect_right(sizes, chance() * sizes[-1], 0, len(sizes) - 1)]
            if other is not one:
                return other
        return None


class Cell:
    """The part of a square that lies in one commune."""

    def __init__(self, record: Any, square: Square, perimeter: Perimeter) -> None:
        self.square, self.perimeter = square, perimeter
        self.side = int(record["side"])
        self.zeta = float(record["zeta"])  # zeta ** deprived share


class Perimeter:
    """An EPCI: its organisations, the need of its mean inhabitant, its library of ideas."""

    def __init__(self, record: Any) -> None:
        self.cells = slice(int(record["cell_low"]), int(record["cell_high"]))
        self.population = float(record["population"])
        self.people: list[Organisation] = []
        self.need: list[float] = []
        self.library: list[Idea] = []


class Space:
    """The territory: its squares, cells and perimeters, needs by cell, and what is heard of experiments.

    Parameters
    ----------
    state : State
        Tables of month 0, of which geography and needs are taken.
    p : namespace
        Parameters.
    """

    def __init__(self, state: Any, p: Any) -> None:
        self.p = p
        x, y = state.space.squares["x"], state.space.squares["y"]
        self.distance = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
        self.squares = [Square(number) for number in range(len(x))]
        self.perimeters = [Perimeter(record) for record in state.perimeters]
        self.cells = [
            Cell(record, self.squares[record["square"]], self.perimeters[record["perimeter"]]) for record in state.cells
        ]
        self.population = state.cells["population"].copy()
        self.deprived = state.cells["deprived"].copy()
        self.need_base = state.need_base.copy()
        self.need = state.need_base.copy()
        self.relief = np.zeros_like(self.need)
        self.within = (self.distance <= p.d0).astype(float)
        # organisations that ever finished an experiment, finished experiments, failed ones: by square and sphere, within d0
        self.peers, self.finished, self.experiments, self.failed = (np.zeros((len(x), 3)) for _ in range(4))
        self.heard_of = False

    def settle(self, organisations: list[Organisation]) -> None:
        """Put everyone in place and make the tables of distance."""
        heads = np.zeros((len(self.squares), 3))
        for one in organisations:
            square = one.square
            square.people.append(one)
            square.sizes.append(one.size + (square.sizes[-1] if square.sizes else 0.0))
            one.cell.perimeter.people.append(one)
            heads[square.number, one.sphere] += 1.0
        self.peers = self.within @ heads
        fall = np.exp(-self.distance / self.p.d0)
        reach = fall @ heads.sum(axis=1)
        settled = [square for square in self.squares if square.people]
        numbers = [square.number for square in settled]
        mass = np.array([square.sizes[-1] for square in settled])
        for square in self.squares:
            a = float(reach[square.number])
            square.meetings = self.p.m0 * a / (a + self.p.a_half)
            square.near = settled
            square.reach = array("d", np.cumsum(fall[square.number, numbers] * mass))

    def spread_news(self) -> None:
        """What each sphere hears in each square this month: peers_heard * share that ever finished an experiment; failed / finished."""
        if not self.heard_of:
            return
        share = np.minimum(1.0, self.finished / np.maximum(self.peers, 1.0))
        failed = self.failed / np.maximum(self.experiments, 1.0)
        told = failed * self.p.failures_told
        rates = self.p.peers_heard * share * ((1.0 - failed) + told)
        bad = np.divide(told, (1.0 - failed) + told, out=np.zeros_like(told), where=told > 0.0)
        for square, rate, failures in zip(self.squares, rates.tolist(), bad.tolist(), strict=True):
            square.news = [(r, math.exp(-r), f) for r, f in zip(rate, failures, strict=True)]

    def tell(self, one: Organisation, success: bool) -> None:
        """A member has finished an experiment, of which those within d0 may hear."""
        around = self.within[one.square.number]
        self.heard_of = True
        self.experiments[:, one.sphere] += around
        if not success:
            self.failed[:, one.sphere] += around
        if not one.finished:
            one.finished = True
            self.finished[:, one.sphere] += around

    def renew_needs(self, trend: float, first: bool) -> None:
        """Needs follow their trend, and what was relieved comes back at ``rebound`` a year (SPEC, renew_means)."""
        if not first:
            self.relief *= 1.0 - self.p.rebound
        self.need = np.maximum(0.0, self.need_base * trend - self.relief)
        for perimeter in self.perimeters:
            self.mean_need(perimeter)

    def mean_need(self, perimeter: Perimeter) -> None:
        """Need of the mean inhabitant."""
        people = self.population[perimeter.cells]
        if perimeter.population > 0.0:
            perimeter.need = (people @ self.need[perimeter.cells] / people.sum()).tolist()
        else:
            perimeter.need = [0.0] * self.need.shape[1]

    def relieve(self, perimeter: Perimeter, domain: int, value: float) -> None:
        """A success relieves relief * value * 1,000 / inhabitants of the need in all cells (SPEC, execute)."""
        if perimeter.population <= 0.0:
            return
        amount = self.p.relief * value * 1000.0 / perimeter.population
        need = self.need[perimeter.cells, domain]
        taken = np.minimum(amount, need)
        self.need[perimeter.cells, domain] = need - taken
        self.relief[perimeter.cells, domain] += taken
        self.mean_need(perimeter)
