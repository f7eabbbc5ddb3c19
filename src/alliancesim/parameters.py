"""Every number of a rule: name, unit, default, prior range, hard limits, type and source.

One table, from which the dataclass of rules, the record that kernels read, the checks of input, ``alliancesim list
parameters`` and ``docs/PARAMETERS.md`` are made. Types: D data, S source, C to calibrate, A assumption; ``scenario``
is chosen by the user.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

INF = math.inf

LOG_FACTOR = 5.0
"""Priors that span this factor or more are drawn on a log scale."""

TYPE_WORDS = {"D": "data", "S": "source", "C": "assumption, to calibrate", "A": "assumption", "scenario": "scenario"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the rules.

    Attributes
    ----------
    name : str
        Name in code, config (``rules.<name>``), table and figure.
    default : float
    low, high : float
        Prior range.
    minimum, maximum : float
        Hard limits; input is checked against them.
    unit : str
    kind : {"D", "S", "C", "A", "scenario"}
    group : str
        The phase or part of the model that reads it.
    doc : str
    integer : bool
        Whether only whole numbers make sense.
    switch : bool
        Whether it is a switch (0 off, 1 on).
    """

    name: str
    default: float
    low: float
    high: float
    minimum: float
    maximum: float
    unit: str
    kind: str
    group: str
    doc: str
    integer: bool = False
    switch: bool = False

    @property
    def log(self) -> bool:
        """Whether its prior is uniform on a log scale: a positive range over a factor of `LOG_FACTOR` or more."""
        return self.low > 0.0 and self.high >= LOG_FACTOR * self.low

    def range(self, widened: bool = False) -> tuple[float, float]:
        """Range of the prior, or of one twice as wide about the same centre (in logarithms where the prior is).

        The widened range is cut at the hard limits; that of whole numbers ends at whole numbers.
        """
        low, high = float(self.low), float(self.high)
        if widened:
            if self.log:
                stretch = math.sqrt(high / low)
                low, high = low / stretch, high * stretch
            else:
                half = (high - low) / 2.0
                low, high = low - half, high + half
            low, high = max(low, self.minimum), min(high, self.maximum)
        if self.integer:
            low, high = float(math.ceil(low - 1e-9)), float(math.floor(high + 1e-9))
        return low, high


def _p(
    group: str,
    name: str,
    default: float,
    prior: tuple[float, float],
    limits: tuple[float, float],
    unit: str,
    kind: str,
    doc: str,
    *,
    integer: bool = False,
) -> Parameter:
    return Parameter(name, default, *prior, *limits, unit, kind, group, doc, integer=integer)


def _switch(group: str, name: str, default: int, doc: str) -> Parameter:
    return Parameter(name, default, 0, 1, 0, 1, "0 or 1", "A", group, doc, integer=True, switch=True)


_PROB = (0.0, 1.0)
_POS = (0.0, INF)

# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    # resources: data in four places only (SPEC 1.1)
    _p("resources", "r_fin", 1.0, (0.1, 6.4), (1e-6, 1e6), "reference slack", "scenario",
       "level of cash slack (scarce 0.4, moderate 1, abundant 2.5)"),
    _p("resources", "r_hum", 1.0, (0.1, 6.4), (1e-6, 1e6), "reference slack", "scenario",
       "level of time slack (scarce 0.4, moderate 1, abundant 2.5)"),
    _p("resources", "r_str", 0.60, (0.2, 0.9), (0.01, 0.99), "share", "scenario", "mean structuration (capacity to organise)"),
    _p("resources", "r_org", 1.0, (0.5, 2.0), (0.01, 100.0), "ratio", "scenario", "number of organisations, as a factor on densities"),
    _p("resources", "keur_per_unit", 10.0, (3.0, 30.0), (1e-6, 1e6), "kEUR", "A", "cash slack of a mean organisation a year"),
    _p("resources", "days_per_unit", 20.0, (5.0, 60.0), (1e-6, 1e6), "person-days", "A", "time slack of a mean organisation a year"),
    _p("resources", "slack_sigma", 1.0, (0.5, 1.5), (0.0, 4.0), "log", "A", "spread of organisations' own slack, lognormal(-s^2/2, s)"),
    _p("resources", "structuration_concentration", 8.0, (3.0, 20.0), (0.5, 1000.0), "count", "A", "concentration of the Beta of structuration"),
    _p("resources", "zus_structuration", 0.62, (0.4, 1.0), (0.0, 2.0), "ratio", "A", "structuration in a wholly deprived cell, relative (N: ZUS x 0.62)"),
    # who is there
    _p("start", "willing0", 0.35, (0.0, 0.6), _PROB, "share", "C", "share of every sphere that is willing at month 0"),
    _p("start", "prejudice", 0.5, (0.3, 0.9), _PROB, "share", "C", "1 - openness toward other spheres at the start (M33)"),
    _p("start", "federated_association", 0.40, (0.21, 0.62), _PROB, "share", "A", "associations that belong to a federation present (N47, contested)"),
    _p("start", "federated_firm", 0.15, (0.05, 0.4), _PROB, "share", "A", "firms that belong to a firms' network present"),
    _p("start", "ge_enterprises", 274, (274, 274), (1, 1e6), "enterprises", "D", "large enterprises in France, to which GE establishments belong", integer=True),
    _p("start", "eti_enterprises", 5300, (5300, 5300), (1, 1e6), "enterprises", "D", "mid-size enterprises in France, to which ETI establishments belong", integer=True),
    _p("start", "ge_group", 96.0, (50, 150), (1, 1e6), "establishments", "A", "establishments of a large enterprise"),
    _p("start", "eti_group", 12.4, (5, 25), (1, 1e6), "establishments", "A", "establishments of a mid-size enterprise"),
    _p("start", "capability_typical", 0.60, (0.4, 0.9), _PROB, "probability", "A", "that an organisation has a capability typical of its kind"),
    _p("start", "capability_other", 0.30, (0.1, 0.4), _PROB, "probability", "A", "that it has any other"),
    # renew_means
    _p("renew_means", "s_n", 0.01, (0.0, 0.05), (-0.5, 0.5), "a year", "A", "rise of needs (upper blade of the scissors, N26)"),
    _p("renew_means", "s_r", 0.01, (0.0, 0.05), (-0.5, 0.5), "a year", "A", "fall of slacks (lower blade of the scissors, N26)"),
    _p("renew_means", "rebound", 0.3, (0.1, 1.0), _PROB, "a year", "A", "share of relieved need that comes back"),
    _p("renew_means", "cost_scale", 5.0, (1.0, 15.0), (1e-6, 1e6), "reference slack", "A", "mean cost of a project idea a year"),
    _p("renew_means", "library_size", 30, (30, 30), (1, 120), "ideas", "S", "M: project ideas in the library of a perimeter", integer=True),
    _p("renew_means", "cost_sigma", 0.8, (0.4, 1.2), (0.0, 4.0), "log", "A", "spread of ideas' costs, lognormal(-s^2/2, s)"),
    _p("renew_means", "gamma", 0.35, (0.0, 0.9), (0.0, 4.0), "exponent", "A", "value grows as cost ** gamma"),
    _p("renew_means", "ambition_elasticity", 0.5, (0.0, 1.2), (0.0, 4.0), "exponent", "A",
       "e: how costs follow the mean slack of the perimeter (1: scale invariant)"),
    # raise_awareness
    _p("raise_awareness", "p_aware", 0.001, (0.0002, 0.02), _PROB, "an exposure", "C", "that one exposure makes a naive organisation willing"),
    _p("raise_awareness", "background_exposures", 1.0, (0.2, 3.0), (0.0, 1000.0), "a month", "A", "mean exposures without any lever"),
    _p("raise_awareness", "event_exposures", 6.0, (1.0, 15.0), (0.0, 1000.0), "an event", "A", "exposures that an event attended counts for"),
    _p("raise_awareness", "q_peer", 0.01, (0.002, 0.1), _PROB, "a testimony", "C", "that one testimony makes a naive organisation willing"),
    _p("raise_awareness", "peers_heard", 1.0, (0.2, 5.0), (0.0, 1000.0), "a month", "A", "h: mean peers of its sphere that an organisation hears"),
    _p("raise_awareness", "belief_fade", 0.02, (0.0, 0.1), _PROB, "a month", "A", "fading of what was heard of success and failure"),
    _p("raise_awareness", "risk_aversion", 0.5, (0.0, 1.0), (0.0, 5.0), "sd", "A", "weight of the spread of the belief about success"),
    _p("raise_awareness", "failures_told", 1.0, (0.0, 1.0), _PROB, "share", "A", "share of failures that those who failed tell (M03, H8)"),
    _switch("raise_awareness", "belief", 1, "whether the belief about success weighs on expectations"),
    # meet
    _p("meet", "m0", 0.10, (0.01, 0.3), (0.0, 100.0), "a month", "C", "meetings of a willing organisation of mean load cap, in a dense place"),
    _p("meet", "size_exponent", 0.7, (0.0, 1.0), (0.0, 3.0), "exponent", "A", "meetings and invitations grow as cap ** exponent"),
    _p("meet", "d0", 15.0, (5.0, 40.0), (0.1, 10_000.0), "km", "C", "distance over which meetings fall by e"),
    _p("meet", "a_half", 1500.0, (300.0, 5000.0), _POS, "organisations", "A", "organisations within reach at which half of m0 is met"),
    _p("meet", "beta", 0.4, (0.1, 1.0), _PROB, "probability", "A", "that a meeting across the border happens"),
    _p("meet", "zeta", 0.6, (0.3, 1.0), _PROB, "probability", "A", "institutional distance: a meeting in a wholly deprived cell happens"),
    _p("meet", "contact_gain", 0.08, (0.02, 0.2), _PROB, "share", "A", "share of the missing openness that one contact brings"),
    _p("meet", "trust0", 0.45, (0.2, 0.7), _PROB, "trust", "C", "trust of two wholly open organisations that just met"),
    _p("meet", "tie_slots", 24, (24, 24), (1, 1000), "ties", "A", "ties that an organisation remembers", integer=True),
    _p("meet", "tie_slots_one", 20, (20, 24), (1, 1000), "ties", "A", "the same for organisations of one alliance at a time", integer=True),
    _p("meet", "tie_slots_large", 48, (48, 48), (1, 1000), "ties", "A", "the same for organisations of a large load cap", integer=True),
    _p("meet", "large_cap", 15, (15, 15), (1, 1000), "alliances", "A", "load cap from which an organisation remembers more ties", integer=True),
    _p("meet", "openness_decay", 0.005, (0.0, 0.05), _PROB, "a month", "A", "return of openness to its start"),
    # convene
    _p("convene", "spontaneous_convening", 0.0005, (0.0, 0.005), _PROB, "a month", "A", "that a well-structured organisation convenes a forum"),
    _p("convene", "convening_structuration", 0.75, (0.5, 0.95), _PROB, "share", "A", "structuration above which an organisation may convene"),
    _p("convene", "forum_size", 12, (10, 15), (2, 30), "organisations", "S", "invited to a forum without plenary", integer=True),
    _p("convene", "invite_association", 0.5, (0.2, 0.8), _PROB, "share", "S", "associations among the invited (N44)"),
    _p("convene", "invite_firm", 0.3, (0.1, 0.6), _PROB, "share", "S", "firms among the invited (N44); collectivities are the rest"),
    _p("convene", "shared_weight", 0.5, (0.1, 0.9), _PROB, "share", "A", "w: weight of the perimeter's needs in salience"),
    _p("convene", "shared_weight_diagnosed", 0.8, (0.5, 1.0), _PROB, "share", "A", "w in forums that follow a diagnosis (M38)"),
    _p("convene", "theta_commit", 0.7, (0.0, 1.0), (-10.0, 10.0), "value", "C", "threshold of commitment at a plenary"),
    _p("convene", "group_least", 4, (2, 10), (2, 60), "organisations", "A", "members below which a theme joins the largest one", integer=True),
    _p("convene", "group_most", 15, (10, 15), (2, 60), "organisations", "S", "members of a thematic group at most (N44)", integer=True),
    _p("convene", "second_seat", 0.2, (0.0, 0.5), _PROB, "probability", "A", "that an invited organisation sends a second person to a plenary"),
    # forum
    _p("forum", "phi", 0.5, (0.2, 0.8), _PROB, "share", "A", "share of the pooled slack that a project may take"),
    _p("forum", "quorum", 0.75, (0.5, 0.95), _PROB, "share of those present", "S", "support that makes an agreement"),
    _p("forum", "r_max", 4, (1, 9), (1, 60), "meetings", "S", "meetings at most", integer=True),
    _p("forum", "contest_max", 3, (2, 6), (1, 60), "rounds", "A", "rounds of contest, and of quarrel over the purse, at most", integer=True),
    _p("forum", "tol0", 0.30, (0.05, 0.4), (0.0, 10.0), "relative loss", "C", "tolerance of a loss at the outset (tol1 is its half, a meeting)"),
    _p("forum", "psi", 0.2, (0.0, 1.0), (0.0, 10.0), "share of value", "C", "leadership rent"),
    _p("forum", "lead_slack", 0.15, (0.1, 0.6), _PROB, "share of cost", "A", "lambda: slack that a leader must have"),
    _p("forum", "lead_structuration", 0.4, (0.3, 0.7), _PROB, "share", "A", "structuration that a leader must have"),
    _p("forum", "eta_c", 0.04, (0.0, 0.15), _PROB, "share of trust", "A", "trust lost in a contested round or a quarrel"),
    _p("forum", "rivalry", 0.3, (0.0, 1.0), _PROB, "probability", "A", "quarrel over shares when the purse is tight"),
    _p("forum", "portfolio", 1, (1, 4), (1, 10), "ideas", "A", "ideas that a meeting may agree as one package", integer=True),
    _p("forum", "actions_per_forum", 1, (1, 4), (1, 10), "actions", "S", "actions that a forum seeks", integer=True),
    _p("forum", "concede_offset", 0.5, (0.3, 0.7), (-10.0, 10.0), "share", "A", "dependence, less the rent, at which half of the claimants concede"),
    _p("forum", "concede_noise", 0.25, (0.1, 0.5), (1e-6, 100.0), "share", "A", "noise of conceding"),
    _switch("forum", "lead_by_lot", 0, "several claimants: the lead by lot, without contest"),
    _switch("forum", "outside_option", 1, "whether what one can do alone weighs in leaving and conceding"),
    # propose
    _p("propose", "tau_base", 0.10, (0.05, 0.2), _PROB, "trust", "C", "trust that depth 1 asks for"),
    _p("propose", "tau_step", 0.10, (0.05, 0.2), _PROB, "trust", "C", "further trust that each further depth asks for"),
    _p("propose", "theta", 0.1, (-0.1, 0.6), (-10.0, 10.0), "value", "C", "threshold of acceptance"),
    _p("propose", "temperature", 0.10, (0.03, 0.3), (1e-6, 100.0), "value", "A", "T: noise of choices"),
    _p("propose", "coordination_cost", 0.05, (0.01, 0.2), (0.0, 10.0), "value a depth", "A", "cost of coordinating one depth, unloaded"),
    _p("propose", "association_leads", 0.6, (0.5, 0.9), _PROB, "probability", "A", "that the association's idea is tried and that it leads (N50)"),
    _switch("propose", "objectives", 1, "whether organisations weigh depths by their own objectives"),
    # execute
    _p("execute", "dialogue_months", 3, (1, 12), (0, 60), "months", "A", "dialogue before the experiment", integer=True),
    _p("execute", "p_ok", 0.93, (0.85, 0.99), _PROB, "a capability", "C", "success of a covered capability"),
    _p("execute", "p_miss", 0.6, (0.3, 0.8), _PROB, "a capability", "A", "success of an uncovered capability"),
    _p("execute", "k_str", 0.5, (0.0, 1.0), _PROB, "share", "A", "how far lacking structuration hinders success"),
    _p("execute", "premium", 0.20, (0.0, 0.5), (0.0, 10.0), "share of cost", "A", "premium on each bought capability's share of the cost"),
    _p("execute", "relief", 0.02, (0.005, 0.1), _POS, "need per 1,000 inh.", "A", "need relieved by a success of unit value"),
    # learn
    _p("learn", "eta_plus", 0.10, (0.03, 0.25), _PROB, "share", "A", "trust gained by a success"),
    _p("learn", "eta_minus", 0.15, (0.1, 0.5), _PROB, "share", "A", "trust lost by a failure"),
    _p("learn", "tie_decay", 0.01, (0.0, 0.05), _PROB, "a month", "A", "return of unused trust to the pair's base trust"),
    _p("learn", "learning", 0.03, (0.0, 0.1), _PROB, "share", "A", "structuration gained by a success"),
    # renew_or_exit
    _p("renew_or_exit", "hazard0", 0.006, (0.002, 0.03), _PROB, "a month", "C", "hazard of ending at zero quality"),
    _p("renew_or_exit", "term", 36, (36, 36), (12, 1200), "months", "S", "term of renewal (N42)", integer=True),
    _p("renew_or_exit", "renewal_noise", 0.25, (0.1, 0.5), (1e-6, 100.0), "score", "A", "noise of renewals"),
    _p("renew_or_exit", "recruit", 0.2, (0.0, 0.6), _PROB, "an anniversary", "C", "that an alliance in want seeks one more member"),
    # identify
    _p("identify", "p_identify", 0.01, (0.0, 0.1), _PROB, "a month", "A", "that an alliance becomes known (M09)"),
    # levers
    _p("levers", "attendees", 30, (20, 100), (1, 10_000), "organisations", "A", "attendees of an event", integer=True),
    _p("levers", "event_association", 0.6, (0.3, 0.8), _PROB, "share", "A", "associations among attendees"),
    _p("levers", "event_firm", 0.3, (0.1, 0.6), _PROB, "share", "A", "firms among attendees; collectivities are the rest"),
    _p("levers", "event_ready", 0.8, (0.5, 1.0), _PROB, "share", "A", "willing or engaged among attendees"),
    _p("levers", "event_known", 0.7, (0.3, 0.9), _PROB, "share", "A", "attendees from the address book"),
    _p("levers", "table_size", 10, (6, 12), (2, 100), "organisations", "A", "organisations at a table of matchmaking", integer=True),
    _p("levers", "interviews", 40, (20, 80), (1, 10_000), "organisations", "S", "interviewed for a diagnosis (N25)", integer=True),
    _p("levers", "ownership", 0.1, (0.0, 0.5), (0.0, 1.0), "probability", "A", "further chance to commit of those a co-produced diagnosis interviewed"),
    _p("levers", "accompany_gain", 0.15, (0.05, 0.3), _PROB, "share", "A", "structuration gained by an accompanied organisation"),
    _p("levers", "accompany_failure", 0.5, (0.3, 0.9), _PROB, "ratio", "A", "odds of failure of an accompanied alliance, relative"),
    _p("levers", "accompany_hazard", 0.7, (0.5, 1.0), _PROB, "ratio", "A", "hazard of an accompanied alliance, relative"),
    _p("levers", "accompany_equal", 0.5, (0.0, 1.0), _PROB, "share", "A", "how far accompaniment makes shares of benefits equal"),
    _p("levers", "broker_trust", 0.3, (0.1, 0.6), _PROB, "trust", "A", "least trust of a pair that a local mediator introduces"),
    _p("levers", "mediated_meetings", 2.0, (0.5, 5.0), (0.0, 1000.0), "a month", "A", "introductions by a local mediator"),
    _p("levers", "giving_rate", 0.002, (0.0, 0.01), _PROB, "share of slack a year", "A", "cash slack of the territory given to the fund"),
    _p("levers", "ticket_share", 0.5, (0.1, 1.0), _PROB, "share of the gap", "A", "share of an experiment's missing cash that a ticket fills"),
    _p("levers", "purchasing_share", 0.05, (0.01, 0.2), _PROB, "share of cash", "A", "cash that a collectivity spends on joint offers a year"),
    _p("levers", "adaptive_shift", 0.5, (0.2, 0.8), _PROB, "share", "A", "shift of an adaptive calendar between awareness and accompaniment"),
    _p("levers", "evaluation_learning", 1.5, (1.0, 2.0), (0.0, 100.0), "ratio", "A", "structuration learned under evaluation, relative"),
    # extensions (SPEC section 5), off by default: see alliancesim.extensions
    _switch("governance", "co_leadership", 0, "claimants who all trust each other enough share the lead (M80)"),
    _p("governance", "co_lead_trust", 0.5, (0.3, 0.8), _PROB, "trust", "A", "trust of every pair of claimants from which they share the lead"),
    _switch("governance", "arbitration", 0, "after the first contested round the convenor decides (M70)"),
    _p("governance", "arbitration_loss", 0.15, (0.0, 0.4), _PROB, "share of trust", "A", "trust in the convenor that losers of an arbitration lose"),
    _p("governance", "delegation", 0.0, (0.0, 1.0), _PROB, "probability", "A",
       "that collectivities that support an idea leave its lead to associations, of less slack than a leader needs (M80; 0: off)"),
    _p("governance", "delegation_slack", 0.3, (0.0, 0.8), _PROB, "ratio", "A", "slack that a delegated leader must have, relative to a leader's"),
    _p("closure", "closure_q", 0.0, (0.0, 0.5), _PROB, "probability", "A", "that a meeting is with a partner of a partner (0: off)"),
    _switch("perimeters", "perimeters", 0, "convening at another level than the EPCI, cost of crossing, natural extent of domains (M06, M19)"),
    _p("perimeters", "zone_km", 10.0, (5.0, 30.0), (0.1, 1000.0), "km", "A", "radius of a zone, around the largest cell of its EPCI"),
    _p("perimeters", "crossing", 0.15, (0.0, 0.5), (0.0, 10.0), "share of cost", "A", "further cost where all members, or all needs, lie outside the home EPCI"),
    _p("perimeters", "extent_loss", 0.25, (0.0, 0.5), _PROB, "share of value", "A", "value lost for each level between that of convening and the extent of the domain"),
    _switch("inhabitants", "inhabitants", 0, "inhabitants have seats in every forum (M31, M55)"),
    _p("inhabitants", "inhabitant_fit", 0.3, (0.0, 0.8), (0.0, 10.0), "share of value", "A", "value that inhabitants of full civic capacity add"),
    _p("inhabitants", "inhabitant_weight", 2.0, (0.0, 5.0), (0.0, 100.0), "ratio", "A", "further weight of a wholly deprived cell in what is relieved"),
    _p("inhabitants", "civic_gain", 0.03, (0.0, 0.1), _PROB, "share", "A", "share of the missing civic capacity that a forum with inhabitants brings"),
    _switch("demography", "demography", 0, "organisations close and are replaced; successes found some (M82)"),
    _p("demography", "closing", 1.0, (0.5, 2.0), (0.0, 100.0), "ratio", "A", "closings a year, relative to the rates of the kinds table"),
    _p("demography", "closing_allied", 0.7, (0.4, 1.0), (0.0, 100.0), "ratio", "A", "closing rate of a member of a deployed alliance, relative"),
    _p("demography", "spin_off", 0.02, (0.0, 0.1), _PROB, "a success", "A", "that a success founds an organisation"),
    _p("demography", "keur_per_job", 50.0, (35.0, 70.0), (1e-6, INF), "kEUR a year", "A", "yearly cost of deployed alliances that makes one job"),
    _switch("replication", "replication", 0, "deployed ideas travel with establishments and federations (M18, M64)"),
    _p("replication", "reuse", 0.4, (0.1, 0.7), _PROB, "share of cost", "A", "cost saved by a wholly standardised solution"),
    _p("replication", "standardisation", 0.5, (0.0, 1.0), _PROB, "share", "A", "how far a solution is standardised"),
    _p("replication", "standard_loss", 0.4, (0.0, 0.8), _PROB, "share of value", "A", "value that a wholly standardised solution loses elsewhere"),
    _p("replication", "solutions_most", 6, (2, 12), (1, 60), "ideas", "A", "solutions from elsewhere that a library can hold", integer=True),
    _p("dialogue", "dialogue", 0.0, (0.0, 1.0), _PROB, "a year", "A", "that a territory learns of a solution of another one (M54; 0: off)"),
    _switch("dialogue", "dialogue_hub", 0, "a hub above the territories spreads one standard solution to all of them"),
    _p("standing forums", "standing_memory", 0.15, (0.0, 0.5), _PROB, "a session", "A", "share of what is missing to wholly shared salience that a session brings"),
    _p("supply links", "supply_exposures", 0.0, (0.0, 6.0), (0.0, 1000.0), "a month", "A", "exposures of a supplier of an engaged GE (M23; 0: off)"),
    _p("supply links", "supplier_share", 0.1, (0.02, 0.3), _PROB, "share", "A", "TPE and PME that supply a GE"),
    _p("funding mode", "funding_mode", 0, (-1, 1), (-1, 1), "-1, 0, 1", "A", "collectivities subcontract (-1) or enable (1) associations (M30; 0: neither)", integer=True),
    _p("funding mode", "funding_output", 0.2, (0.0, 0.5), _PROB, "share of value", "A", "output that subcontracting adds, or enabling forgoes"),
    _p("funding mode", "funding_initiative", 0.1, (0.0, 0.3), _PROB, "share a year", "A", "initiative that a year of subcontracting takes, or of enabling adds"),
    _p("patience", "patience_association", 1.0, (0.6, 1.0), (0.0, 1.0), "a year", "A", "weight of a year later for associations (M48; 1: off)"),
    _p("patience", "patience_firm", 1.0, (0.6, 1.0), (0.0, 1.0), "a year", "A", "weight of a year later for firms (1: off)"),
    _p("patience", "patience_collectivity", 1.0, (0.6, 1.0), (0.0, 1.0), "a year", "A", "weight of a year later for collectivities (1: off)"),
)
# fmt: on

BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}

KEPT: dict[str, str] = {
    "tie_slots": "size of a table",
    "tie_slots_one": "size of a table",
    "tie_slots_large": "size of a table",
    "large_cap": "size of a table",
    "delegation": "switches an extension on",
    "closure_q": "switches an extension on",
    "dialogue": "switches an extension on",
    "supply_exposures": "switches an extension on",
    "funding_mode": "switches an extension on",
    "patience_association": "switches an extension on",
    "patience_firm": "switches an extension on",
    "patience_collectivity": "switches an extension on",
}
"""Assumptions (type A) that no draw of the prior touches, and why; switches are kept too."""

SHARES = (("invite_association", "invite_firm"), ("event_association", "event_firm"))
"""Pairs of shares that are at most 1 together."""


def uncertain_parameters() -> tuple[Parameter, ...]:
    """Parameters that a draw of the prior replaces: those of type A or C, but switches and `KEPT`, in order."""
    return tuple(
        parameter
        for parameter in PARAMETERS
        if parameter.kind in ("A", "C") and not parameter.switch and parameter.name not in KEPT
    )


RULES_DTYPE = np.dtype([(parameter.name, np.float64) for parameter in PARAMETERS])
"""The record of all parameters that kernels read."""


def record(values: dict[str, float] | None = None) -> np.ndarray:
    """One-element array of ``RULES_DTYPE``: defaults, replaced by ``values``.

    Raises
    ------
    KeyError
        For a name that is no parameter.
    """
    rules = np.zeros(1, dtype=RULES_DTYPE)
    for parameter in PARAMETERS:
        rules[parameter.name] = parameter.default
    for name, value in (values or {}).items():
        if name not in BY_NAME:
            raise KeyError(name)
        rules[name] = float(value)
    return rules
