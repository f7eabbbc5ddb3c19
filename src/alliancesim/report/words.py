"""Words, numbers and dates of a language: all that a report says is written here or in its template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

LANGUAGES = ("en", "fr")
NBSP, NARROW = "\u00a0", "\u202f"

_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
}

OBSERVABLES = {
    "engaged_share": ("engaged organisations", "organisations engagées", "points"),
    "alliances": ("alliances", "alliances", "count"),
    "lasting_alliances": ("lasting alliances (three years or more)", "alliances durables (trois ans et plus)", "count"),
    "alliances_deployed": ("deployed alliances", "alliances déployées", "count"),
    "value_created": ("value created", "valeur créée", "value"),
    "need_met": ("needs met", "besoins couverts", "points"),
    "need_met_deprived": (
        "needs met in deprived districts",
        "besoins couverts dans les quartiers prioritaires",
        "points",
    ),
    "spend_keur": ("spending on animation", "dépense d’animation", "keur"),
}
KINDS_FR = {
    "volunteer": "associations de bénévoles", "small_employer": "associations de 1 à 9 salariés",
    "large_employer": "associations de 10 salariés et plus", "federation": "fédérations et réseaux", "foundation": "fondations",
    "tpe": "TPE", "pme": "PME", "eti": "établissements d’ETI", "ge": "établissements de grandes entreprises",
    "firms_network": "réseaux d’entreprises", "commune": "communes", "epci": "intercommunalités", "department": "départements",
    "region": "régions", "state_service": "services de l’État", "public_agency": "établissements publics",
}  # fmt: skip
KINDS_EN = {
    "volunteer": "volunteer associations", "small_employer": "associations with 1 to 9 staff",
    "large_employer": "associations with 10 staff or more", "federation": "federations and networks",
    "foundation": "foundations", "tpe": "very small firms (TPE)", "pme": "small and medium firms (PME)",
    "eti": "establishments of mid-sized firms (ETI)", "ge": "establishments of large firms (GE)",
    "firms_network": "firms’ networks", "commune": "communes", "epci": "intercommunalities (EPCI)", "department": "departments",
    "region": "regions", "state_service": "State services", "public_agency": "public agencies",
}  # fmt: skip
LEVERS = {
    "event": ("awareness events", "rencontres de sensibilisation"),
    "matchmaking": ("gatherings at tables", "rencontres par tables"),
    "diagnosis": ("shared diagnoses", "diagnostics partagés"),
    "forum": ("forums", "forums de co-construction"),
    "accompany_organisation": ("organisations accompanied", "organisations accompagnées"),
    "accompany_alliance": ("new alliances accompanied", "nouvelles alliances accompagnées"),
    "mediators": ("local mediators", "médiateurs de quartier"),
    "fund": ("a flexible fund", "un fonds souple"),
    "purchasing": ("public purchasing", "achats publics responsables"),
    "bank": ("a bank of experiments", "une banque d’expériences"),
    "evaluation": ("evaluation", "évaluation"),
    "adaptive": ("an adaptive calendar", "un calendrier qui s’adapte"),
}
SOURCES = {
    "public": ("public", "publics"),
    "foundation": ("foundation", "de fondations"),
    "members": ("members’", "de cotisations"),
}
PARAMETERS_FR = {
    "r_fin": "niveau des moyens financiers disponibles (rares 0,4 ; intermédiaires 1 ; abondants 2,5)",
    "r_hum": "niveau du temps disponible (rares 0,4 ; intermédiaires 1 ; abondants 2,5)",
    "r_str": "structuration moyenne (capacité à s’organiser)",
    "r_org": "nombre d’organisations, en multiple des densités de référence",
    "willing0": "part des organisations déjà disposées à s’allier au départ",
    "prejudice": "préjugé envers les autres sphères au départ",
    "ge_enterprises": "grandes entreprises en France, auxquelles les établissements se rattachent",
    "eti_enterprises": "entreprises de taille intermédiaire en France",
    "library_size": "idées de projets par périmètre",
    "p_aware": "probabilité qu’une exposition convainque",
    "q_peer": "probabilité qu’un témoignage de pair convainque",
    "m0": "rencontres par mois d’une organisation disposée, en lieu dense",
    "d0": "distance à laquelle les rencontres décroissent (km)",
    "trust0": "confiance entre deux organisations ouvertes qui viennent de se rencontrer",
    "forum_size": "organisations invitées à un forum",
    "invite_association": "part des associations parmi les invités",
    "invite_firm": "part des entreprises parmi les invités",
    "theta_commit": "seuil d’engagement en plénière",
    "group_most": "taille maximale d’un groupe thématique",
    "quorum": "part des présents qui fait un accord",
    "r_max": "nombre maximal de réunions",
    "tol0": "tolérance à une perte relative au départ",
    "psi": "rente du chef de file",
    "actions_per_forum": "actions recherchées par forum",
    "tau_base": "confiance qu’exige la première forme d’alliance",
    "tau_step": "confiance supplémentaire par degré d’engagement",
    "theta": "seuil d’acceptation",
    "p_ok": "réussite d’une compétence présente",
    "hazard0": "risque mensuel de fin d’une alliance sans qualité",
    "term": "durée d’une convention avant renouvellement (mois)",
    "recruit": "probabilité de chercher un membre quand il manque quelque chose",
    "interviews": "entretiens d’un diagnostic",
}
"""Parameters in French; one that is missing here is told in the words of the table of parameters."""
TYPES = {
    "D": ("data", "donnée"), "S": ("source", "source"), "C": ("assumption, to be calibrated", "hypothèse, à caler"),
    "A": ("assumption", "hypothèse"), "scenario": ("scenario", "scénario"),
}  # fmt: skip

TEXT = {
    "question": ("The question", "La question"),
    "territory": ("The territory", "Le territoire"),
    "scenarios": ("The scenarios", "Les scénarios"),
    "findings": ("What comes out", "Ce qui ressort"),
    "figures": ("Figures", "Figures"),
    "left_out": ("Who is left out", "Qui reste à l’écart"),
    "assumptions": ("What the numbers rest on", "Sur quoi reposent ces chiffres"),
    "limits": ("Limits", "Limites"),
    "reproduce": ("How to reproduce", "Comment refaire le calcul"),
    "reference": ("reference", "référence"),
    "scenario": ("Scenario", "Scénario"),
    "observable": ("Observable", "Indicateur"),
    "difference": ("Difference", "Écart"),
    "interval": ("95 % interval", "Intervalle à 95 %"),
    "futures": ("Share of futures higher", "Part des futurs au-dessus"),
    "verdict": ("Reading", "Lecture"),
    "clear": ("clear", "net"),
    "unclear": ("no clear difference", "pas d’écart net"),
    "name": ("Name", "Nom"),
    "value": ("Value", "Valeur"),
    "unit": ("Unit", "Unité"),
    "range": ("Range", "Plage"),
    "kind": ("Nature", "Nature"),
    "mean": ("Mean", "Moyenne"),
    "population_map": ("Inhabitants by square", "Habitants par carreau"),
    "inhabitants": ("inhabitants", "habitants"),
    "years": ("years after the start", "années après le début"),
    "points": ("percentage points", "points de pourcentage"),
    "count": ("number", "nombre"),
    "value_unit": ("value", "valeur"),
    "keur": ("k€", "k€"),
    "differences_title": ("Differences from the reference", "Écarts à la référence"),
    "over_time_title": ("Over time", "Dans le temps"),
    "who_title": ("Who is engaged more", "Qui s’engage davantage"),
    "who_axis": ("net change of the probability to be engaged (points)", "variation nette de la probabilité d’être engagée (points)"),
    "km_east": ("km eastward", "km vers l’est"),
    "km_north": ("km northward", "km vers le nord"),
    "cost": ("Cost of a further lasting alliance", "Coût d’une alliance durable supplémentaire"),
    "comparison": ("Comparison", "Comparaison"),
    "runs": ("Runs", "Simulations"),
    "parameters": ("Parameters", "Paramètres"),
}  # fmt: skip

LIMITS = {
    "en": [
        "Organisations are synthetic, on real maps too: no dot is a real one.",
        "The model is not calibrated: it shows how mechanisms play together and forecasts no real place.",
        "Intervals say what chance alone does over futures that the rules allow. They do not say how sure the rules "
        "are.",
        "Effects and costs of levers are assumptions with ranges: an order of scenarios has to be looked at again "
        "when they are varied.",
        "Differences between types of territory rest mostly on assumptions and are no French facts.",
        "Which of these assumptions drive the results is not known before a sensitivity analysis has been run.",
    ],
    "fr": [
        "Les organisations sont fictives, y compris sur une carte réelle : aucun point n’est une organisation "
        "existante.",
        "Le modèle n’est pas calé : il montre comment des mécanismes jouent ensemble et ne prévoit l’avenir d’aucun "
        "lieu réel.",
        "Les intervalles disent ce que fait le seul hasard parmi les futurs que les règles permettent. Ils ne disent "
        "pas la solidité des règles.",
        "Les effets et les coûts des leviers sont des hypothèses assorties de plages : le classement des scénarios "
        "doit être revu quand elles "
        "varient.",
        "Les écarts entre types de territoires reposent surtout sur des hypothèses et ne sont pas des faits français.",
        "On ne sait pas lesquelles de ces hypothèses commandent les résultats tant qu’une analyse de sensibilité n’a "
        "pas été menée.",
    ],
}


@dataclass(frozen=True)
class Language:
    """A language: words by key, numbers and dates as it writes them.

    Attributes
    ----------
    code : {"en", "fr"}
    """

    code: str

    @property
    def french(self) -> bool:
        """Whether it is French."""
        return self.code == "fr"

    def pick(self, pair: tuple[str, ...]) -> str:
        """The word of a pair (English, French); French punctuation gets its spaces."""
        return self.spaced(pair[1]) if self.french else pair[0]

    def __getitem__(self, key: str) -> str:
        return self.pick(TEXT[key])

    def spaced(self, text: str) -> str:
        """Non-breaking spaces before French punctuation and inside guillemets."""
        if not self.french:
            return text
        for mark in (":", ";", "!", "?", "%", "»", "k€"):
            text = text.replace(f" {mark}", f"{NBSP}{mark}")
        return text.replace("« ", f"«{NBSP}")

    def number(self, value: float, digits: int = 3) -> str:
        """A number in so many significant digits: ``1,234.5`` or ``1 234,5``."""
        if value != value:
            return "–"
        if abs(value) == float("inf"):
            return "∞"
        size = abs(value)
        places = 0 if size >= 10 ** (digits - 1) else max(0, digits - 1 - _magnitude(size))
        text = f"{value:,.{places}f}"
        if places:
            text = text.rstrip("0").rstrip(".")
        if text in ("-0", ""):
            text = "0"
        if self.french:
            text = text.replace(",", NARROW).replace(".", ",")
        return text.replace("-", "−")

    def signed(self, value: float, digits: int = 3) -> str:
        """A number with its sign."""
        text = self.number(value, digits)
        return f"+{text}" if value > 0 and text != "0" else text

    def percent(self, share: float) -> str:
        """A share as a percentage."""
        return f"{self.number(100 * share)}{NBSP}%" if self.french else f"{self.number(100 * share)} %"

    def date(self, day: date) -> str:
        """A date in words."""
        month = _MONTHS[self.code][day.month - 1]
        first = "1er" if self.french and day.day == 1 else str(day.day)
        return f"{first} {month} {day.year}"

    def observable(self, name: str) -> str:
        """An observable in words."""
        return self.pick(OBSERVABLES[name][:2])

    def amount(self, name: str, value: float, signed: bool = False) -> str:
        """A value of an observable with its unit."""
        unit = OBSERVABLES[name][2]
        shown = (self.signed if signed else self.number)(100 * value if unit == "points" else value)
        if unit == "points":
            return f"{shown}{NBSP}points"
        return f"{shown}{NBSP}k€" if unit == "keur" else shown

    @property
    def colon(self) -> str:
        """A colon after a word."""
        return f"{NBSP}:" if self.french else ":"

    def kind(self, name: str) -> str:
        """A kind of organisation in words."""
        return (KINDS_FR if self.french else KINDS_EN)[name]

    def listed(self, words: list[str]) -> str:
        """Words in a sentence."""
        if len(words) <= 1:
            return "".join(words)
        return f"{', '.join(words[:-1])} {'et' if self.french else 'and'} {words[-1]}"


def _magnitude(size: float) -> int:
    """Power of ten of a number's first digit."""
    from math import floor, log10

    return floor(log10(size)) if size > 0 else 0
