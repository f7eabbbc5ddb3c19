"""Every column of every output table: name, unit, meaning, and whether it is data, source or assumption-driven.

The writer of tables, ``alliancesim list observables`` and ``docs/DATA.md`` read this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from alliancesim.catalogue import DEPTHS, FORMS, FORUM_OUTCOMES, KINDS, ORIGINS, SPHERES
from alliancesim.levers import LEVERS

SCHEMA_VERSION = "1"


@dataclass(frozen=True)
class Observable:
    """A column of an output table.

    Attributes
    ----------
    table : {"timeseries", "alliances", "organisations", "forums", "territory"}
    name, unit, doc : str
    kind : {"outcome", "data", "source", "assumption"}
        Outcome of the run, or what its setting rests on.
    """

    table: str
    name: str
    unit: str
    doc: str
    kind: str = "outcome"


def form_name(form: str) -> str:
    """Name of a form in column names."""
    return form.replace("-", "_").replace(" ", "_")


PAIRS = (
    "association_association",
    "association_firm",
    "association_collectivity",
    "firm_firm",
    "firm_collectivity",
    "collectivity_collectivity",
)


def _timeseries() -> list[Observable]:
    rows: list[tuple[str, str, str]] = [
        ("month", "month", "calendar month; 1 is the first after burn-in, 0 and below are burn-in"),
        ("burn_in", "flag", "whether the month belongs to burn-in"),
    ]
    for sphere in SPHERES:
        rows.append((f"naive_share_{sphere}", "share", f"{sphere} organisations that are naive"))
        rows.append((f"willing_share_{sphere}", "share", f"{sphere} organisations that are willing"))
        rows.append((f"engaged_share_{sphere}", "share", f"{sphere} organisations with an active alliance now"))
        rows.append((f"ever_share_{sphere}", "share", f"{sphere} organisations that ever had an alliance"))
    rows.append(("engaged_share", "share", "organisations with an active alliance now"))
    rows.append(("willing_share", "share", "organisations that are willing"))
    for kind in KINDS:
        rows.append((f"engaged_share_{kind.name}", "share", f"engaged now among: {kind.label}"))
        rows.append((f"ever_share_{kind.name}", "share", f"ever engaged among: {kind.label}"))
    rows.append(("engaged_share_ge_enterprises", "share", "GE enterprises with an engaged establishment here"))
    rows.append(("engaged_share_eti_enterprises", "share", "ETI enterprises with an engaged establishment here"))
    rows += [
        ("alliances", "alliances", "active alliances with a member on the place"),
        *((f"alliances_depth_{y}", "alliances", f"of depth {y} ({name})") for y, name in enumerate(DEPTHS, 1)),
        *((f"alliances_{stage}", "alliances", f"in stage {stage}") for stage in ("dialogue", "experiment", "deployed")),
        *((f"alliances_from_{origin}", "alliances", f"of origin {origin}") for origin in ORIGINS),
        *((f"alliances_{form_name(form)}", "alliances", f"of form {form}") for form in FORMS),
        ("alliances_identified", "alliances", "known as such"),
        ("true_over_identified", "ratio", "active alliances over those identified"),
        ("births", "a month", "new alliances"),
        ("ends", "a month", "alliances ended"),
        ("recruits", "a month", "members recruited by alliances in want (buffer included)"),
        ("meetings", "a month", "pairs that met"),
        (
            "alliances_repeating",
            "alliances",
            "active ones that repeat a solution from elsewhere (replication, dialogue; else missing)",
        ),
        ("closings", "a month", "organisations that closed and were replaced (extension demography; buffer included)"),
        ("spin_offs", "a month", "of those that replace them, founded by a success (extension demography)"),
        ("jobs", "jobs", "that the yearly cost of deployed alliances makes (extension demography, else missing)"),
        ("mean_members", "organisations", "members of an active alliance"),
        ("share_three_or_more", "share", "active alliances with three members or more"),
        ("share_three_spheres", "share", "active alliances that span the three spheres"),
        ("mean_age", "months", "age of active alliances since they began"),
        ("share_under_five_years", "share", "active alliances younger than five years"),
        ("success_rate", "share", "successes over yearly results of active alliances"),
        ("accompanied_share", "share", "active alliances that are accompanied"),
        ("forums_convened", "a month", "forums (a thematic group counts as one)"),
        ("forum_invited", "organisations a month", "invited to forums"),
        ("forum_committed", "organisations a month", "that took part in a deliberation"),
        ("forums_feasible", "a month", "forums with an agenda"),
        ("forums_agreed", "a month", "forums that agreed on an idea"),
        ("forums_led", "a month", "forums whose lead was settled"),
        ("forums_launched", "a month", "forums that launched an action"),
        *((f"forums_{name}", "a month", f"forums that failed: {name}") for name in FORUM_OUTCOMES[1:]),
        ("plenary_attended", "organisations a month", "seated at plenaries"),
        ("plenary_committed", "organisations a month", "committed at plenaries"),
        ("forum_months", "months", "sum over launched forums of months from convening to first launch"),
        ("contest_rounds", "rounds a month", "contested rounds over the lead"),
        ("quarrels", "quarrels a month", "quarrels over the purse"),
        ("claimants", "organisations a month", "claimants of the lead"),
        ("forum_trust_lost", "trust a month", "trust lost by contests and quarrels, summed over pairs"),
        ("forum_aboard", "organisations a month", "participants aboard at first launches"),
        *((f"trust_{pair}", "trust", f"mean trust of ties {pair} (each December and last month)") for pair in PAIRS),
        *(
            (f"openness_{a}_to_{b}", "share", f"mean openness of {a} organisations toward {b}")
            for a in SPHERES
            for b in SPHERES
            if a != b
        ),
        ("mean_ties", "ties", "ties of an organisation (each December and last month)"),
        ("mean_alliances", "alliances", "alliances of an engaged organisation (each December and last month)"),
        (
            "clustering",
            "share",
            "pairs of alliances with a common member that have two or more (each December and last month)",
        ),
        ("clustering_null", "share", "the same after a degree-preserving exchange of members"),
        (
            "giant_component",
            "share",
            "engaged organisations in the largest connected set (each December and last month)",
        ),
        ("newcomers", "share", "of members of alliances born in the last 12 months, those never engaged before"),
        ("mean_distance", "km", "distance between members of an alliance"),
        ("cross_border_share", "share", "pairs of members on two sides of the border"),
        ("need_met", "share", "need relieved, of what there would be without alliances (inhabitants' mean)"),
        ("need_met_deprived", "share", "the same, inhabitants weighted by the deprived share of their cell"),
        ("equity_ratio", "ratio", "need met in deprived cells over need met in all"),
        ("need_level", "national baseline", "mean need of inhabitants over domains"),
        ("index_economic_development", "value per 1,000 inhabitants", "value of active alliances of depth 3 and 4"),
        (
            "index_attractiveness",
            "value per 1,000 inhabitants",
            "economic development, smoothed over 36 months (it follows, M13)",
        ),
        ("index_social_cohesion", "share", "mean openness toward other spheres"),
        ("civic_capacity", "share", "civic capacity of the mean inhabitant"),
        ("index_quality_of_life", "share", "need met, less the rise of needs since month 0"),
        ("impact_innovation", "value per 1,000 inhabitants", "value of active alliances of depth 4"),
        (
            "impact_performance",
            "value an engaged organisation",
            "value of active alliances times their success rate, by engaged organisation",
        ),
        ("impact_trust", "trust", "mean trust of all ties (each December and last month)"),
        (
            "superadditivity",
            "ratio",
            "value of active alliances over what their members would make alone ('1 + 1 = 3')",
        ),
        ("cost_ratio", "ratio", "cost of active alliances over the cost of the same done alone"),
        ("gini_benefits", "share", "mean Gini of benefits inside alliances"),
        ("attended", "organisations a month", "attendees of events"),
        ("interviewed", "organisations a month", "interviewed for diagnoses"),
        ("organisations_accompanied", "a month", "organisations accompanied"),
        ("alliances_accompanied", "a month", "alliances that begin to be accompanied"),
        ("involved", "organisations", "in address books of animators so far"),
        ("alliances_of_animators", "alliances", "ever born of an animator's events or forums"),
        ("levers_unpaid", "a month", "occurrences of levers that the purse did not allow"),
        ("fund_given_keur", "kEUR a month", "given to flexible funds by the territory"),
        ("tickets_keur", "kEUR a month", "tickets of flexible funds"),
        ("purchases_keur", "kEUR a month", "spent by collectivities on joint offers"),
        *(
            (f"income_{source}_keur", "kEUR a month", f"money of animators from {source} sources")
            for source in ("public", "foundation", "members")
        ),
        *((f"spend_{lever.name}_keur", "kEUR a month", f"spent on: {lever.name}") for lever in LEVERS),
        *((f"days_{lever.name}", "person-days a month", f"worked on: {lever.name}") for lever in LEVERS),
        ("spend_keur", "kEUR a month", "spent on all levers"),
    ]
    return [Observable("timeseries", *row) for row in rows]


_ALLIANCES = [
    ("alliance", "id", "number of the alliance in this run"),
    (
        "depth",
        "1-4",
        "depth of commitment: 1 mecenat, 2 responsible practices, 3 economic cooperation, 4 societal innovation",
    ),
    ("stage", "word", "dialogue, experiment, deployed or ended"),
    ("origin", "word", "encounter, event, forum or earlier"),
    ("form", "word", "spheres of its members"),
    ("domain", "word", "need that it answers"),
    ("members", "organisations", "members, recruits included"),
    ("member_list", "rows", "organisations (column 'organisation' of the organisations table), leader first"),
    ("leader", "row", "organisation that leads; -1 an animator"),
    ("leads", "organisations", "members that share the lead, the first of its members (1 without shared lead)"),
    ("repeats", "id", "alliance whose solution it repeats (extensions replication, dialogue), or -1"),
    ("perimeter", "code", "EPCI, or commune outside any"),
    ("forum", "id", "forum that launched it, or -1"),
    ("animator", "name", "animator whose event or forum it comes from, or empty"),
    ("start_month", "month", "calendar month in which dialogue begins"),
    ("launch_month", "month", "calendar month of its experiment, or missing"),
    ("end_month", "month", "calendar month of its end, or missing"),
    ("end_cause", "word", "hazard, term, closing, or empty"),
    ("identified_month", "month", "calendar month in which it became known, or missing"),
    ("successes", "years", "yearly successes"),
    ("results", "years", "yearly results drawn"),
    ("accompanied", "flag", "whether it was accompanied"),
    ("scale", "share", "scale of its project, of the idea's full size"),
    ("cost_keur", "kEUR a year", "cash that a year costs"),
    ("effort_days", "person-days a year", "time that a year costs"),
    ("spent_keur", "kEUR", "cash that members spent"),
    ("spent_days", "person-days", "time that members spent"),
    ("value", "value", "value of a success at its scale"),
    ("benefit", "value", "value of all successes so far"),
    ("superadditivity", "ratio", "value over what members would make alone at its start"),
    ("gini_benefits", "share", "Gini of benefits among members, or missing"),
    ("reported", "flag", "whether a member stands on the place (not only in its buffer)"),
]

_ORGANISATIONS = [
    ("organisation", "row", "number of the organisation in this run"),
    ("name", "text", "identity: given id, or kind, place and number"),
    ("sphere", "word", "association, firm or collectivity"),
    ("kind", "word", "kind of organisation"),
    ("stage", "word", "naive, willing or engaged, at the end"),
    ("ever_engaged", "flag", "ever member of an alliance"),
    ("alliances", "alliances", "active alliances at the end"),
    ("load_cap", "alliances", "alliances that it can carry"),
    ("ties", "ties", "ties remembered at the end"),
    ("structuration", "share", "capacity to organise, at the end"),
    ("cash_own", "reference slack", "own level of cash slack a year"),
    ("time_own", "reference slack", "own level of time slack a year"),
    ("capabilities", "words", "capabilities, separated by |"),
    ("openness_association", "share", "openness toward associations"),
    ("openness_firm", "share", "openness toward firms"),
    ("openness_collectivity", "share", "openness toward collectivities"),
    ("successes_heard", "count", "testimonies of success, fading"),
    ("failures_heard", "count", "testimonies of failure, fading"),
    ("enterprise", "id", "enterprise of an establishment, or -1"),
    ("federation", "row", "its federation or network, or -1"),
    ("weight", "organisations", "organisations that the row stands for"),
    ("cell", "row", "row of the territory table"),
    ("commune", "code", "commune"),
    ("x_km", "km", "easting of its square"),
    ("y_km", "km", "northing of its square"),
    ("reported", "flag", "whether it stands on the place (not in its buffer)"),
    (
        "involved",
        "flag",
        "in an animator's address book: attended an event or forum, interviewed, accompanied or mediating",
    ),
]

_FORUMS = [
    ("forum", "id", "number of the forum in this run"),
    ("month", "month", "calendar month of its convening"),
    ("convenor", "row", "organisation that convened it; -1 an animator"),
    ("animator", "name", "animator, or empty"),
    ("perimeter", "code", "EPCI, or commune outside any"),
    ("plenary", "id", "plenary that it belongs to, or -1"),
    ("level", "word", "level at which it was convened (epci but for the extension perimeters)"),
    ("inhabitants", "flag", "whether inhabitants had seats (extension inhabitants)"),
    ("session", "count", "of a standing forum, from 1 (extension standing_forums); 0 for one that meets once"),
    ("theme", "word", "theme of a thematic group, or empty"),
    ("seats", "persons", "persons invited (on the first group of a plenary)"),
    ("invited", "organisations", "organisations invited (on the first group of a plenary)"),
    ("participants", "organisations", "participants of the deliberation"),
    ("feasible", "ideas", "ideas on the agenda"),
    ("able", "organisations", "participants able to lead an idea of the agenda"),
    ("meetings", "meetings", "meetings held"),
    ("claimants", "organisations", "claimants of the lead"),
    ("rounds", "rounds", "contested rounds"),
    ("quarrels", "quarrels", "quarrels over the purse"),
    ("tightness", "share", "cost over the share of supporters' slack that a project may take"),
    ("trust_lost", "trust", "trust lost, summed over pairs"),
    ("months", "months", "from convening to the first launch, or to the failure"),
    ("aboard", "organisations", "participants aboard at the first launch"),
    ("actions", "actions", "actions launched"),
    ("outcome", "word", "launched, or the cause of failure"),
    ("carried", "flag", "whether a neutral carrier took the lead"),
    ("alliance", "id", "first alliance launched, or -1"),
    ("reported", "flag", "whether its perimeter is on the place (not in its buffer)"),
]

_TERRITORY = [
    ("cell", "row", "part of a grid square that lies in one commune"),
    ("column", "count", "column of the square"),
    ("row", "count", "row of the square"),
    ("x_km", "km", "easting of the centre"),
    ("y_km", "km", "northing of the centre"),
    ("commune", "code", "commune"),
    ("commune_name", "text", "its name"),
    ("epci", "code", "EPCI, or empty"),
    ("epci_name", "text", "its name"),
    ("department", "code", "department"),
    ("side", "count", "0 home, 1 and more across a border"),
    ("reported", "flag", "part of the place (not of its buffer)"),
    ("population", "inhabitants", "inhabitants"),
    ("deprived_share", "share", "inhabitants in deprived districts"),
    ("organisations", "organisations", "organisations"),
    ("engaged", "organisations", "engaged at the end"),
]


def _columns(table: str, rows: list[tuple[str, str, str]]) -> list[Observable]:
    return [Observable(table, *row) for row in rows]


OBSERVABLES: list[Observable] = [
    *_timeseries(),
    *_columns("alliances", _ALLIANCES),
    *_columns("organisations", _ORGANISATIONS),
    *_columns("forums", _FORUMS),
    *_columns("territory", _TERRITORY),
    Observable("territory", "need_<domain>", "national baseline", "need of a domain at the end, one column each"),
    Observable(
        "territory",
        "need_start_<domain>",
        "national baseline",
        "need of a domain at month 0, times shocks that still stand, one column each",
        "data",
    ),
]

TIMESERIES = [o for o in OBSERVABLES if o.table == "timeseries"]
"""Columns of the monthly record, in order."""
