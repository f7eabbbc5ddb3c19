"""The predictions: what each one is, of what, how it is measured, why it comes out as it does, what would count against it.

Numbers are nowhere in here: they come from the runs (:mod:`alliancesim.studies.predictions`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from alliancesim.experiments.predicted import BUDGET_NAMES, DENSITIES, DISTANCES, FREE_SHARE, MANY
from alliancesim.territory.sample import RADIUS_KM

SHARE, POINTS, NUMBER = "%", "points", "number"


@dataclass(frozen=True)
class Quantity:
    """One number that is predicted.

    Attributes
    ----------
    column : str
        Column of the runs, or a name that the study computes.
    words : str
        What, with its denominator.
    unit : str
        ``SHARE`` (shown in per cent), ``POINTS`` (a difference of shares, in points of per cent) or ``NUMBER``.
    """

    column: str
    words: str
    unit: str = SHARE


@dataclass(frozen=True)
class Prediction:
    """One prediction.

    Attributes
    ----------
    key, title : str
    experiment : str
        Its file in ``experiments/``.
    quantities : tuple of Quantity
        The first ones are the prediction, the others explain it.
    measured, reasoning, against, caution : str
        How it is measured; which rules make it what it is and what it depends on; which outside figure would count against it;
        why a comparison may fail though the model is right, or succeed though it is wrong.
    """

    key: str
    title: str
    experiment: str
    quantities: tuple[Quantity, ...]
    measured: str
    reasoning: str
    against: str
    caution: str


def _beyond(d0: float) -> float:
    """Weight of partners farther than ``RADIUS_KM`` from a point at even density, per cent: (1 + R/d0) exp(-R/d0)."""
    return 100.0 * (1.0 + RADIUS_KM / d0) * math.exp(-RADIUS_KM / d0)


_PLACES = {
    "commune": "in the same commune",
    "department": "in another commune of the department",
    "region": "in another department of the region",
    "beyond": "beyond the region",
}
_BUDGET_WORDS = dict(
    zip(BUDGET_NAMES, ("under 1", "1 to 10", "10 to 50", "50 to 200", "200 to 500", "over 500"), strict=True)
)
_DENSITY_WORDS = {
    "rural": "rural (least dense third of inhabitants)",
    "middling": "middling third",
    "dense": "dense third",
}
_FIFTHS = ("lowest", "second", "third", "fourth", "highest")

PREDICTIONS = (
    Prediction(
        "collective",
        "About twenty participants, three groups: how many experiments start and survive (the Silver Geek case)",
        "predictions_collective",
        (
            Quantity("first_started", "experiments that one collective of 21 begins (of three sought)", NUMBER),
            Quantity("first_alive_24", "of one collective: experiments alive 24 months after they began", NUMBER),
            Quantity("first_alive_36", "of one collective: experiments alive 36 months after they began", NUMBER),
            Quantity("collective_started", "experiments begun by a collective, mean of four", NUMBER),
            Quantity("collective_none", "of four collectives: those that begin nothing"),
            Quantity("collective_kept_24", "of the experiments begun by four collectives: alive after 24 months"),
            Quantity("collective_kept_36", "of the same: alive after 36 months"),
        ),
        "The preset `silver_geek` (SOURCE P3.3c) in one agglomeration of the region that it names, Niort, instead "
        "of its four departments: 21 organisations are drawn by lot either way, so what differs is who can be "
        "drawn. Four collectives are convened half a year apart, each to seek three actions, as stand-ins for "
        "three groups. An experiment begins when the dialogue of a launched alliance is over; lives are counted "
        "from there. The first three rows hold the luck of one collective, the others mean it out.",
        "A collective stops short of three when the ideas left are beyond the slack left, when nobody able to lead "
        "is left (each action asks for another leader where there is one), or when the quorum is not reached. So "
        "the number depends most on cost against slack (`cost_scale`, `phi`, `slack_sigma`), on the tolerance for "
        "another's idea (`tol0`) with the trust between strangers (`trust0`, `prejudice`), and on who can lead "
        "(`lead_slack`, `lead_structuration`). How many are left after 24 months follows from the monthly hazard "
        "alone (`hazard0`, lowered by trust and success); at 36 months the term comes up, and its renewal weighs "
        "success, need and trust gained. So the drop between 24 and 36 months is a step that the rule of the term "
        "puts there.",
        "A count of experiments that such a collective began, or of those left after two or three years.",
        "One collective is one draw: a single case can lie anywhere in the first rows. The source's collective "
        "knew each other and scaled up something tested, so it was chosen for having worked. A group that goes on "
        "under another name counts as ended here.",
    ),
    Prediction(
        "city",
        "What an alliance costs against the same done by the city alone (the Tetris case)",
        "predictions_city",
        (
            Quantity("city_cost", "yearly cash of the alliances over that of the same done by the city alone", NUMBER),
            Quantity("city_bill", "what the city itself pays of them over that of the same done alone", NUMBER),
            Quantity("city_cost_of_success", "cash for one yearly success over that of the city alone", NUMBER),
            Quantity("city_member", "of these alliances: those of which the city is a member"),
        ),
        "The preset `tetris_le_havre` (SOURCE P2.2b-vi). Alliances are those that the city's forums launched in "
        "two years and whose dialogue is over. Alone, the city pays the whole cash of the project and buys each "
        "capability that it lacks at the premium; together only those that no member has are bought. The ratio is "
        "of sums over the alliances of a run. Of the city's bill: its part of the cash of the latest year pooled, "
        "nothing where it is no member. A success alone has the rule's probability with the city's capabilities "
        "and structuration; together, the successes drawn. Runs without such an alliance are left out.",
        "Where the city is a member the first ratio can only lie between 1/(1 + premium) and 1, by construction "
        "(where it is not, a little above): the same project is done at the same price, and what is saved is the "
        "premium on what the partners bring (`premium`, `capability_other`). So the model cannot make an alliance "
        "much cheaper in total, whatever the draw. The city's own bill is smaller because the cash is pooled in "
        "proportion to slack; it depends on how rich the partners are beside the city (`slack_sigma`). Cost for a "
        "success falls further because a missing capability lowers the chance of success (`p_ok`, `p_miss`), and "
        "accompaniment halves the odds of failure.",
        "A cost of a joint project over an estimate of the same project done by the city, in all or for the city's "
        "budget.",
        "The source speaks of a building site, the model of ideas of ordinary size. Time given free by volunteers "
        "is no cash here, and an outside estimate of the city alone would be at public prices and standards, which "
        "the model does not know. That the same project is done is an assumption: an alliance may do another, "
        "smaller one.",
    ),
    Prediction(
        "distance",
        "Where partners are: same commune, department, region, beyond",
        "predictions_nation",
        (
            *(Quantity(f"pairs_{name}", f"pairs of partners: the other is {_PLACES[name]}") for name in DISTANCES),
            *(
                Quantity(f"farthest_{name}", f"alliances: the farthest pair of members is {_PLACES[name]}")
                for name in DISTANCES
            ),
        ),
        "Five intercommunalities drawn by a rule in the code (`alliancesim.territory.sample`: thirds of the "
        f"inhabitants by density, near another region or not, then by lot), with everything within {RADIUS_KM:g} km "
        "around them, weighted by the inhabitants they stand for. Alliances active in December 2013, nobody "
        "animating. A pair is two members of one alliance, seen from the one in a sampled place; classes exclude "
        "each other.",
        "Partners are met with weight exp(-d/d0) times size, so the shares follow from `d0`, from how many "
        "organisations stand at each distance, and from the sizes of communes; forums draw their members from the "
        "whole intercommunality and so make partners of the same department whatever d0. Communes are small in "
        "France: with d0 above a few kilometres most partners are in another commune. Whatever lies farther than "
        f"the simulated surroundings cannot be met: at even density and the default d0 {_beyond(15.0):.0f} % of the "
        f"weight of partners lies beyond {RADIUS_KM:g} km of a point, with d0 = 5 km {_beyond(5.0):.0f} %, with d0 "
        f"= 40 km {_beyond(40.0):.0f} %. The shares of the region and beyond are therefore lower bounds, and the "
        "other two upper bounds. National partners (a headquarters, a federation) do not exist.",
        "Shares of partnerships by the same four classes, from a survey.",
        "A survey asks for a partner's seat, often a headquarters, where the model has establishments; it may "
        "count all partners of an association together. Places with many people around them (the large "
        "metropolises) are not in the lot. The cut at the edge of what is simulated lowers the far classes.",
    ),
    Prediction(
        "budget",
        "Which associations are engaged, by class of budget",
        "predictions_nation",
        (
            *(
                Quantity(f"budget_{name}", f"associations with a budget of {words} kEUR: engaged")
                for name, words in _BUDGET_WORDS.items()
            ),
            *(
                Quantity(f"slack_{number}", f"associations in the {words} fifth of own cash slack: engaged")
                for number, words in enumerate(_FIFTHS, 1)
            ),
        ),
        "Associations of the sampled places in December 2013: share with an active alliance of any kind. The model "
        "knows the cash that an association can spare, not its budget: a budget is its own slack in kEUR over "
        f"{FREE_SHARE:g} (one assumed share for all). The unit of slack in kEUR is itself drawn (`keur_per_unit`), "
        "which moves the limits of the classes from draw to draw; fifths of slack do not depend on it.",
        "Larger associations can carry more alliances at a time and meet more (`size_exponent`, load caps by "
        "kind), bring more to a pool and have more capabilities, so engagement rises with the kind: volunteer, "
        "small and large employer. Inside a kind slack is a lottery (`slack_sigma`) and changes little: it weighs "
        "only on what a project can be. So the gradient comes from kinds, and a class that mixes kinds is flat.",
        "Shares of associations that have partners, by class of budget; above all the ratio between the largest "
        "and the smallest class.",
        "The mapping from slack to budget is one assumed share; true shares differ by size. A survey asks about "
        "partnerships with firms, or with any partner, and answers come from those who reply.",
    ),
    Prediction(
        "members",
        "How alliances of many members live three and ten years (clusters of economic cooperation, PTCE)",
        "predictions_cluster",
        (
            Quantity("many_alive_36", f"of alliances begun with {MANY} members or more: those that lived three years"),
            Quantity("many_alive_48", "of the same: four years (the first renewal behind them)"),
            Quantity("many_alive_120", "of the same: ten years"),
            Quantity("many_members", "their members at the beginning, mean", NUMBER),
            Quantity(
                "many_members_36", "their members, recruits included, of those that lived three years, mean", NUMBER
            ),
            Quantity(
                "cluster_alive_36",
                "of alliances of the cluster's assemblies, of any size: those that lived three years",
            ),
            Quantity("cluster_alive_48", "of the same: four years"),
            Quantity("cluster_alive_120", "of the same: ten years"),
            Quantity("cluster_members", "their members at the beginning, mean", NUMBER),
            Quantity("two_alive_36", "for comparison, alliances begun by two: those that lived three years"),
            Quantity("two_alive_120", "the same: ten years"),
        ),
        "The preset `ptce` (SOURCE P2.2c-i) without surroundings, its assemblies held in the first three years and "
        "everything followed for ten. All alliances begun in the four years that can be followed; life counts from "
        "the beginning of the dialogue.",
        "An alliance ends by a hazard that success and trust lower, and at terms of 36 months, where renewal "
        "weighs success, need, and trust gained over base trust. The number of members enters neither rule: no "
        "member leaves alone, and none must be replaced. So large alliances live about as long as small ones, but "
        "for what their trust and success differ in. Three years is measured from the dialogue and so falls just "
        "before the first term, four years after it: what an outside figure calls three years may be either. Ten "
        "years hold three terms, each a draw of about even odds where success and trust are ordinary: what is left "
        "after ten years is near the product of three renewals and the hazard (`hazard0`, `renewal_noise`, "
        "`eta_plus`, `p_ok`). The equality of sizes is a consequence of the rules, not a finding.",
        "Shares of clusters alive three and ten years after their creation, and numbers of members.",
        "A cluster is a body with staff and a legal form; the model has alliances about one project. A cluster "
        "whose projects change lives on, here the alliance ends. Clusters that won a national call were selected.",
    ),
    Prediction(
        "firms",
        "How the share of engaged firms grows from 2011 to 2015",
        "predictions_nation",
        (
            Quantity("growth_points", "firms engaged, change from December 2010 to December 2014", POINTS),
            Quantity("growth_ratio", "share in December 2014 over that in December 2010", NUMBER),
            Quantity("firms_2010", "firms engaged in December 2010 (the beginning of 2011)"),
            Quantity("firms_2014", "firms engaged in December 2014 (the beginning of 2015)"),
            Quantity("firms_2015", "firms engaged in December 2015"),
            Quantity("growth_ratio_2015", "share in December 2015 over that in December 2010", NUMBER),
        ),
        "The same runs as for distance and budget: all firms of the sampled places, sole traders (TPE) included, "
        "weighted to the nation; member of an active alliance now. Month 1 is January 2008, after ten years of "
        "burn-in; nobody animates.",
        "Adoption goes on: naive firms become willing by exposure and by peers who testify, willing ones meet, and "
        "more alliances than end begin as long as saturation is far. So growth is positive unless a draw has "
        "little awareness or short lives; its pace depends on `p_aware`, `q_peer` with `peers_heard`, `m0` and "
        "`hazard0`. Slack falls by `s_r` a year and needs rise by `s_n` (2008 on), which bends it a little. The "
        "share of 2010 itself is among the targets of the calibration: its level tests nothing, the growth does.",
        "The change of the share of firms with a partnership between two surveys of 2011 and 2015 with one definition.",
        "Two surveys rarely share field and question; many leave out firms without staff. The crisis of 2008-2012 "
        "is not in the runs. Calendar dates rest on the assumption that the movement began in 1998.",
    ),
    Prediction(
        "plenary",
        "From the first plenary to the restitution (Charenton)",
        "predictions_plenary",
        (
            Quantity("plenary_ready", "of the organisations at the plenary: ready to commit"),
            Quantity("plenary_grouped", "of the organisations at the plenary: in a thematic group"),
            Quantity(
                "plenary_still",
                "of the organisations at the plenary: aboard the first action of their group at its launch",
            ),
            Quantity(
                "plenary_bound",
                "of the organisations at the plenary: members of an action at the month of the restitution",
            ),
            Quantity("plenary_at", "organisations at the plenary (142 seats, some send two persons)", NUMBER),
            Quantity("plenary_launched", "actions launched by the groups and across them", NUMBER),
        ),
        "The preset `charenton` (SOURCE P3.3b) with 1 km of surroundings, up to June 2013. The model has no public "
        "meeting at the end: what it can say of attendance is who is still bound to the process. The chain is "
        "counted in organisations, over those at the plenary. Not for the fit: the share ready to commit is a "
        "target of the calibration.",
        "Who commits follows from trust among those present, salience of the best theme and `theta_commit`. In the "
        "groups one leaves when one refuses the front-runner and can do better alone: so losses depend on `tol0`, "
        "on trust between strangers and on outside options, that is on slack against cost. A group that fails "
        "loses everybody. The action across the groups takes in some who were left.",
        "The number at the restitution over that at the plenary, of those who took part in between (not of the "
        "public).",
        "A restitution is public: people come who were in no group, and members of a group stay away. The source "
        "counts persons. If newcomers at the restitution cannot be told apart, the figure says nothing about this "
        "chain.",
    ),
    Prediction(
        "leaders",
        "Forums that fail for want of a leader, by density",
        "predictions_forums",
        (
            *(
                Quantity(
                    f"convened_leaderless_{name}",
                    f"forums convened by one who cannot carry a lead, {_DENSITY_WORDS[name]}: no leader",
                )
                for name in DENSITIES
            ),
            *(
                Quantity(
                    f"convened_agreed_leaderless_{name}", f"the same among those that agreed, {_DENSITY_WORDS[name]}"
                )
                for name in DENSITIES
            ),
            Quantity("leaderless_gap", "no leader: rural less dense, of all forums", POINTS),
        ),
        "A forum a month for two years in each of the five intercommunalities of the national sample, without "
        "surroundings, in turn; the convenor's neutrality is 0, so that it cannot carry a lead itself. A forum "
        "without a leader is one that agreed on an idea that none of its supporters has the slack and the "
        "structuration to lead. Density is that of the intercommunality, in thirds of the inhabitants.",
        "To lead asks for slack of `lead_slack` times the cost and a structuration of `lead_structuration`. Costs "
        "follow the mean slack of the place with elasticity e, and seats go by lot among the willing, by sphere; "
        "so the share depends on `lead_slack`, `cost_scale`, `phi` (how large an idea may be) and `slack_sigma`, "
        "and on density only through the mix of kinds and through deprived cells, where structuration is lower. "
        "Dense places hold more of the latter, rural ones more associations to an inhabitant. A neutral party "
        "among those invited (a State service, a foundation) takes a lead that nobody claims; with a convenor of "
        "any neutrality above 0 the share is therefore 0 by rule.",
        "Shares of meetings or projects that stop for want of a carrier, from rural to dense places; above all the "
        "sign of the difference.",
        "A lack of leaders in rural places is often one of persons (turnover of volunteers, age), which no rule "
        "holds. A project without a leader is seldom recorded at all.",
    ),
    Prediction(
        "mediators",
        "Needs met in deprived cells over needs met in all, with and without local mediators",
        "predictions_mediators",
        (
            Quantity("equity_ratio_without", "needs met in deprived cells over needs met in all, without", NUMBER),
            Quantity("equity_ratio_with", "the same with three local mediators for five years", NUMBER),
            Quantity("equity_change", "with less without, same draws", NUMBER),
            Quantity("need_met_deprived_without", "needs met in deprived cells, without"),
            Quantity("need_met_deprived_change", "needs met in deprived cells, with less without", POINTS),
        ),
        "The preset `isigaz_mediators` (SOURCE P2.2c-iii; Creil) with its money, and without any. Share of needs "
        "relieved, of what there would be without alliances, inhabitants weighted by the deprived share of their "
        "cell, over the same for all inhabitants; mean of the last twelve months of five years.",
        "A success relieves the need of its domain in all cells of the intercommunality by the same amount. Needs "
        "are higher in deprived cells, so the share met is lower there whatever is done: the ratio lies below 1 by "
        "rule and hardly moves when more is met everywhere. Mediators make more alliances with a member in "
        "deprived cells (`zeta`, `broker_trust`, `mediated_meetings`), but what these relieve is spread over the "
        "whole place unless inhabitants have seats (an extension that is off). So the prediction is: more needs "
        "met, a ratio that hardly changes.",
        "A ratio of outcomes in deprived districts to those of the whole city, before and after mediators or "
        "beside a city without; above all the sign and the size of the change.",
        "Outside figures are of services used or of outcomes, not of needs met. Mediators do more than make "
        "alliances (access to rights), and they work for people, not organisations.",
    ),
)
"""All predictions, in the order of the page."""
