"""What things are called in advice, in English and French."""

from __future__ import annotations

from math import isfinite

from alliancesim.advice.advising import Advice
from alliancesim.parameters import BY_NAME
from alliancesim.report.vocabulary import LEVERS, PARAMETERS_FR
from alliancesim.report.words import Language

EN, FR = Language("en"), Language("fr")
Pair = tuple[str, str]
"""English, French."""

_RULES: dict[str, Pair] = {
    "nothing": ("no animation", "aucune animation"),
    "all_events": ("all on awareness events", "tout en réunions de sensibilisation"),
    "half_and_half": ("half awareness events, half accompaniment", "moitié réunions de sensibilisation, moitié accompagnement"),
    "labo": ("as the Labo did", "faire comme le Labo"),
    "all_tables": ("all on gatherings at tables", "tout en rencontres de mise en relation"),
}  # fmt: skip

OBJECTIVES: dict[str, Pair] = {
    "lasting": ("lasting alliances", "alliances durables"),
    "needs": ("needs met in deprived districts", "besoins couverts en quartier prioritaire"),
    "needs_all": ("needs met", "besoins couverts"),
    "trust": ("trusted partners", "partenaires de confiance"),
    "score": ("score", "note"),
}
UNITS: dict[str, Pair] = {
    "lasting": ("for 1,000 organisations", "pour 1 000 organisations"),
    "needs": ("percentage points", "points"),
    "trust": ("for 100 organisations", "pour 100 organisations"),
    "score": ("", ""),
}

SIGNS: dict[str, Pair] = {
    "engaged_share": ("the share of organisations in an alliance", "la part d’organisations membres d’une alliance"),
    "willing_share": ("the share of organisations that are willing and not yet engaged",
                      "la part d’organisations prêtes mais pas encore engagées"),
    "alliances": ("the number of active alliances", "le nombre d’alliances actives"),
    "alliances_identified": ("the number of alliances that are known as such", "le nombre d’alliances repérées comme telles"),
    "births": ("the number of alliances founded in the year", "le nombre d’alliances nées dans l’année"),
    "alliances_of_animators": ("the number of alliances born of the animator’s events and forums",
                               "le nombre d’alliances nées des réunions et forums de l’animateur"),
    "meetings": ("the number of meetings between organisations", "le nombre de rencontres entre organisations"),
    "success_rate": ("the share of yearly results of alliances that are successes",
                     "la part de bilans annuels d’alliances qui sont des réussites"),
    "share_three_spheres": ("the share of alliances that unite the three spheres",
                            "la part d’alliances qui réunissent associations, entreprises et collectivités"),
    "newcomers": ("the share of newcomers in the alliances of the year", "la part de nouveaux venus dans les alliances de l’année"),
    "involved": ("the number of organisations in the address book", "le nombre d’organisations au carnet d’adresses"),
    "attended": ("attendance at events", "la fréquentation des réunions"),
    "forums_launched": ("the number of forums that launched an action", "le nombre de forums qui ont lancé une action"),
    "alliances_accompanied": ("the number of alliances that began to be accompanied",
                              "le nombre d’alliances dont l’accompagnement a commencé"),
    "index_social_cohesion": ("openness between spheres", "l’ouverture entre associations, entreprises et collectivités"),
    "need_met": ("the share of needs met", "la part des besoins couverte"),
}  # fmt: skip


def pick(pair: Pair, french: bool) -> str:
    """One of a pair."""
    return (FR if french else EN).spaced(pair[1] if french else pair[0])


def choice(name: str) -> Pair:
    """A choice by its name: a rule of thumb, or a mix that was found, by a letter."""
    if name in _RULES:
        return _RULES[name]
    letter = chr(ord("A") + int(name.removeprefix("mix_")) - 1)
    return f"mix {letter}", f"combinaison {letter}"


def parameter(name: str) -> Pair:
    """A parameter, or a price, by its name."""
    head, _, rest = name.partition(".")
    if head == "price":
        english, french = LEVERS[rest]
        return f"the cost of a lever: {english}", f"le coût d’un levier : {french}"
    return BY_NAME[rest].doc, PARAMETERS_FR.get(rest, BY_NAME[rest].doc)


def where_from(sample: str) -> Pair:
    """Where assumed numbers come from."""
    known = {
        "posterior": ("the calibrated sample of the package", "l’échantillon calé qui accompagne le logiciel"),
        "prior": ("their prior ranges (nothing is calibrated)", "leurs plages a priori (rien n’est calé)"),
        "widened": ("ranges twice as wide as the priors", "des plages deux fois plus larges que les a priori"),
        "none": ("their defaults: only chance and costs of levers vary",
                 "leurs valeurs par défaut : seuls le hasard et le coût des leviers varient"),
    }  # fmt: skip
    return known.get(sample, (f"the sample {sample}", f"l’échantillon {sample}"))


def needs_name(advice: Advice) -> str:
    """Key of what needs are counted: those of deprived cells, or of everybody where there are none."""
    return "needs" if advice.facts["deprived_share"] > 0.0 else "needs_all"


def number(value: float, digits: int = 2, sign: bool = False) -> Pair:
    """A number in both languages."""
    return tuple(one.signed(value, digits) if sign else one.number(value, digits) for one in (EN, FR))  # type: ignore[return-value]


def percent(share: float) -> Pair:
    """A share as a percentage."""
    whole = 100.0 * share
    text_ = "0" if whole <= 0 else f"{whole:.0f}" if whole >= 1 else "<1"
    return f"{text_}%", FR.spaced(f"{text_} %")


def told(mean: float, low: float, high: float) -> Pair:
    """A difference with its interval."""
    places = EN.places(low, high, mean)
    if not (isfinite(low) and isfinite(high)):
        return EN.fixed(mean, places, True), FR.fixed(mean, places, True)
    en = [EN.fixed(value, places, True) for value in (mean, low, high)]
    fr = [FR.fixed(value, places, True) for value in (mean, low, high)]
    return f"{en[0]} (95% interval {en[1]} to {en[2]})", FR.spaced(
        f"{fr[0]} (intervalle à 95 % : de {fr[1]} à {fr[2]})"
    )


def listed(pairs: list[Pair]) -> Pair:
    """Words in a sentence."""
    return EN.listed([one[0] for one in pairs]), FR.listed([one[1] for one in pairs])


def capital(text_: str) -> str:
    """With a capital letter."""
    return text_[:1].upper() + text_[1:]
