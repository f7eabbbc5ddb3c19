"""Advice in plain words: every sentence made in English and in French together, from the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

from alliancesim.advice.advising import Advice
from alliancesim.advice.doubts import curse, learn, robust, signs, turning
from alliancesim.advice.space import COUNTED, RULES, bought_shares, doses
from alliancesim.advice.terms import (
    EN,
    FR,
    UNITS,
    Pair,
    capital,
    choice,
    listed,
    needs_name,
    number,
    percent,
    told,
    where_from,
)
from alliancesim.advice.terms import OBJECTIVES as NAMES
from alliancesim.report.vocabulary import LEVERS


@dataclass(frozen=True)
class Part:
    """A part of the text.

    Attributes
    ----------
    key : str
    heading : (str, str)
        English, French.
    sentences : list of (str, str)
        Paragraphs, or items of a list that begin with a dash.
    """

    key: str
    heading: Pair
    sentences: list[Pair]


def text(advice: Advice) -> list[Part]:
    """All parts, in the order in which they are read."""
    return [
        Part("verdict", ("In short", "En bref"), [_verdict(advice), *_short(advice)]),
        Part("mix", ("The mix that was found", "La combinaison trouvée"), _mix(advice)),
        Part("gains", ("What it would add", "Ce qu’elle ajouterait"), _gains(advice)),
        Part("robust", ("If one is cautious", "Si l’on est prudent"), [*robust(advice), *curse(advice)]),
        Part("turning", ("How often the order turns", "À quelle fréquence l’ordre change"), turning(advice)),
        Part("learn", ("What to learn next", "Ce qu’il faudrait savoir"), learn(advice)),
        Part("signs", ("Signs after one year", "Signes au bout d’un an"), signs(advice)),
        Part("made", ("How it was made", "Comment c’est fait"), _made(advice)),
        Part("not", ("What it must not be used for", "À quoi cela ne doit pas servir"), _not(advice)),
    ]


# -- in short ---------------------------------------------------------------------------------------------------------


def _verdict(advice: Advice) -> Pair:
    """Whether the search was worth it: the first paragraph."""
    gap = advice.gap
    budget, share = number(advice.budget, 4), percent(gap.share)
    rule = choice(advice.best_rule)
    score = told(gap.mean, gap.low, gap.high)
    name = choice(advice.advised)
    years = advice.effort.years
    span = (f"{years} year{'s' if years > 1 else ''}", f"{years} an{'s' if years > 1 else ''}")
    en = f"**{advice.place}, {budget[0]} k€ a year for {span[0]}.** "
    fr = f"**{advice.place}, {budget[1]} k€ par an pendant {span[1]}.** "
    if advice.advised in RULES:
        en += f"The search found no other mix than the rules of thumb. The best of these is “{rule[0]}”."
        fr += (
            f"La recherche n’a trouvé aucune autre combinaison que les règles simples. La meilleure est « {rule[1]} »."
        )
    elif gap.verdict == "better":
        en += (
            f"In futures that the search had not seen, {name[0]} does better than the best rule of thumb, “{rule[0]}”: "
            f"score {score[0]}, ahead in {share[0]} of futures."
        )
        fr += (
            f"Dans des futurs que la recherche n’avait pas vus, la {name[1]} fait mieux que la meilleure règle simple, "
            f"« {rule[1]} » : note {score[1]}, devant dans {share[1]} des futurs."
        )
    elif gap.verdict == "unclear":
        en += (
            f"The search does **not** beat the best rule of thumb, “{rule[0]}”: in futures that it had not seen, {name[0]} is not "
            f"clearly better or worse (score {score[0]}, ahead in {share[0]} of futures). The rule is simpler: take it, "
            "unless one of the outcomes below matters most to you."
        )
        fr += (
            f"La recherche ne bat **pas** la meilleure règle simple, « {rule[1]} » : dans des futurs qu’elle n’avait pas vus, la "
            f"{name[1]} n’est ni nettement meilleure ni nettement moins bonne (note {score[1]}, devant dans {share[1]} des futurs). "
            "La règle est plus simple : autant la suivre, sauf si l’un des résultats ci-dessous compte pour vous avant tout."
        )
    else:
        en += (
            f"The search does **worse** than the best rule of thumb, “{rule[0]}”: in futures that it had not seen, {name[0]} "
            f"scores {score[0]}, ahead in {share[0]} of futures. Take the rule."
        )
        fr += (
            f"La recherche fait **moins bien** que la meilleure règle simple, « {rule[1]} » : dans des futurs qu’elle n’avait pas "
            f"vus, la {name[1]} obtient une note de {score[1]}, devant dans {share[1]} des futurs. Suivez la règle."
        )
    return en, FR.spaced(fr)


def _short(advice: Advice) -> list[Pair]:
    """What the score is."""
    needs = NAMES[needs_name(advice)]
    return [
        (
            f"The score weighs three gains over no animation alike: lasting alliances, {needs[0]}, trust. A score of 1 is "
            "what separates the best choice from the worst in a future. Whoever weighs them otherwise reads the figure, not the score.",
            FR.spaced(
                f"La note pèse à égalité trois gains par rapport à l’absence d’animation : alliances durables, {needs[1]}, "
                "confiance. Une note de 1 est ce qui sépare, dans un futur, le meilleur choix du moins bon. Qui les pèse "
                "autrement lira la figure, pas la note."
            ),
        )
    ]


# -- the mix ----------------------------------------------------------------------------------------------------------


def mix_words(advice: Advice, name: str) -> Pair:
    """What a choice spends on which lever, at the catalogue's prices."""
    shares = sorted(
        bought_shares(advice.mixes[name], advice.budget, advice.effort.years).items(), key=lambda one: -one[1]
    )
    en = EN.listed([f"{percent(share)[0]} for {LEVERS[lever][0]}" for lever, share in shares])
    fr = FR.listed([f"{percent(share)[1]} pour {_article(lever)}" for lever, share in shares])
    return en, FR.spaced(fr)


_ARTICLES = {
    "event": "les réunions de sensibilisation", "matchmaking": "les rencontres de mise en relation",
    "diagnosis": "les diagnostics partagés", "forum": "les forums de co-construction",
    "accompany_organisation": "l’accompagnement d’organisations",
    "accompany_alliance": "l’accompagnement de nouvelles alliances", "mediators": "les médiateurs locaux",
    "fund": "un fonds souple", "purchasing": "les achats publics responsables", "bank": "une banque d’expériences",
    "evaluation": "une évaluation",
}  # fmt: skip


def _article(lever: str) -> str:
    return _ARTICLES[lever]


_TILTS: dict[float, Pair] = {
    1.0: ("First open, then deepen: meetings, forums and diagnoses in the first half, accompaniment in the second.",
          "D’abord ouvrir, ensuite approfondir : réunions, rencontres, forums et diagnostics dans la première moitié, "
          "accompagnement dans la seconde."),
    0.5: ("Rather open first: more meetings, forums and diagnoses in the first half, more accompaniment in the second.",
          "Plutôt ouvrir d’abord : davantage de réunions, rencontres, forums et diagnostics dans la première moitié, davantage "
          "d’accompagnement dans la seconde."),
    0.0: ("The same rhythm all along.", "Le même rythme du début à la fin."),
    -0.5: ("Rather accompany first: more accompaniment in the first half, more meetings, forums and diagnoses in the second.",
           "Plutôt accompagner d’abord : davantage d’accompagnement dans la première moitié, davantage de réunions, rencontres, "
           "forums et diagnostics dans la seconde."),
    -1.0: ("First accompany, then open: accompaniment in the first half, meetings, forums and diagnoses in the second.",
           "D’abord accompagner, ensuite ouvrir : accompagnement dans la première moitié, réunions, rencontres, forums et diagnostics "
           "dans la seconde."),
}  # fmt: skip


def _buys(advice: Advice, name: str) -> Pair:
    """What a choice buys at the catalogue's prices."""
    mix = advice.mixes[name]
    bought = doses(mix, advice.budget, advice.effort.years)
    both: list[Pair] = []
    for lever in COUNTED:
        early, late = bought.early.get(lever, 0), bought.late.get(lever, 0)
        if not early + late:
            continue
        if mix.tilt == 0.0:
            both.append(
                (
                    f"{early + late} {_of_lever(lever, early + late)[0]}",
                    f"{early + late} {_of_lever(lever, early + late)[1]}",
                )
            )
        else:
            both.append(
                (f"{early} then {late} {_of_lever(lever, 2)[0]}", f"{early} puis {late} {_of_lever(lever, 2)[1]}")
            )
    for lever in bought.standing:
        if lever == "mediators":
            count = bought.mediators
            both.append((f"{count} local mediator{'s' if count > 1 else ''}", f"{count} médiateur{'s' if count > 1 else ''} "
                         f"{'locaux' if count > 1 else 'local'}"))  # fmt: skip
        elif lever == "fund":
            money = number(bought.outside_keur, 2)
            both.append(
                (f"a flexible fund with {money[0]} k€ a year to give", f"un fonds souple doté de {money[1]} k€ par an")
            )
        else:
            both.append(LEVERS[lever])
    return listed(both)


def _mix(advice: Advice) -> list[Pair]:
    name = advice.advised
    mix = advice.mixes[name]
    label, words = choice(name), mix_words(advice, name)
    found = [
        (
            f"{capital(label[0])}, shares of the budget: {words[0]}.",
            FR.spaced(f"{capital(label[1])}, parts du budget : {words[1]}."),
        )
    ]
    doses_ = _buys(advice, name)
    years = advice.effort.years
    found.append(
        (
            f"At today’s prices, in {years} year{'s' if years > 1 else ''}: {doses_[0]}. Where prices are higher, the shares buy less.",
            FR.spaced(
                f"Aux prix actuels, en {years} an{'s' if years > 1 else ''} : {doses_[1]}. Si les prix sont plus élevés, les parts "
                "achètent moins."
            ),
        )
    )
    tilt = _TILTS[mix.tilt]
    found.append((tilt[0], FR.spaced(tilt[1])))
    if mix.deprived:
        found.append(
            ("Forums and accompaniment go to deprived districts first.",
             "Forums et accompagnement vont d’abord aux quartiers prioritaires.")
        )  # fmt: skip
    if name not in RULES and advice.gap.verdict != "better":
        rule, instead = choice(advice.best_rule), _buys(advice, advice.best_rule)
        found.append(
            (
                f"The rule of thumb, “{rule[0]}”, would buy: {instead[0]}.",
                FR.spaced(f"La règle simple, « {rule[1]} », achèterait : {instead[1]}."),
            )
        )
    spent = advice.facts["spent_share"][name]
    share = percent(spent)
    found.append(
        (
            f"On average {share[0]} of the budget is spent; the rest finds no use, as when there is no new alliance to accompany.",
            FR.spaced(
                f"En moyenne {share[1]} du budget est dépensé ; le reste ne trouve pas d’emploi, par exemple quand il n’y a pas de "
                "nouvelle alliance à accompagner."
            ),
        )
    )
    return found


_ONCE: dict[str, tuple[Pair, Pair]] = {
    "event": (("awareness event", "réunion de sensibilisation"), ("awareness events", "réunions de sensibilisation")),
    "matchmaking": (("gathering at tables", "rencontre de mise en relation"), ("gatherings at tables", "rencontres de mise en relation")),
    "forum": (("forum", "forum de co-construction"), ("forums", "forums de co-construction")),
    "diagnosis": (("co-produced diagnosis", "diagnostic partagé"), ("co-produced diagnoses", "diagnostics partagés")),
    "accompany_organisation": (("organisation accompanied", "organisation accompagnée"),
                               ("organisations accompanied", "organisations accompagnées")),
    "accompany_alliance": (("new alliance accompanied", "nouvelle alliance accompagnée"),
                           ("new alliances accompanied", "nouvelles alliances accompagnées")),
}  # fmt: skip


def _of_lever(lever: str, count: int) -> Pair:
    return _ONCE[lever][0 if count == 1 else 1]


# -- what it would add ------------------------------------------------------------------------------------------------


def _gains(advice: Advice) -> list[Pair]:
    rows = advice.tables["outcomes"].set_index("choice")
    row = rows.loc[advice.advised]
    found: list[Pair] = []
    for name in ("lasting", "needs", "trust"):
        gain = told(row[name], row[f"{name}_low"], row[f"{name}_high"])
        words = NAMES[needs_name(advice) if name == "needs" else name]
        unit = UNITS[name]
        found.append(
            (f"- {capital(words[0])}: {gain[0]} {unit[0]}", FR.spaced(f"- {capital(words[1])} : {gain[1]} {unit[1]}"))
        )
    later = (
        "Against no animation under the same draws. Lasting alliances are those founded in these years that live three years or "
        "more; needs are a mean over these years and the three that follow; trusted partners, what trust an organisation’s ties "
        "add up to, are counted at the end, three years after the money.",
        "Par rapport à l’absence d’animation, à tirages égaux. Les alliances durables sont celles qui naissent pendant ces années et "
        "vivent trois ans ou plus ; les besoins, une moyenne sur ces années et les trois suivantes ; les partenaires de confiance, "
        "c’est-à-dire la somme de la confiance que portent les liens d’une organisation, sont comptés à la fin, trois ans après le "
        "dernier financement.",
    )
    found.append((later[0], FR.spaced(later[1])))
    found.append(_rules_beaten(advice))
    return found


def _rules_beaten(advice: Advice) -> Pair:
    table = advice.tables["against"]
    table = table[(table["column"] == "score")]
    groups: dict[str, list[Pair]] = {"better": [], "unclear": [], "worse": []}
    for row in table.to_dict("records"):
        side = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "unclear"
        name = choice(str(row["rule"]))
        groups[side].append((f"“{name[0]}”", f"« {name[1]} »"))
    heads = {
        "better": ("clearly better than", "nettement meilleure que"),
        "unclear": ("not clearly different from", "sans écart net avec"),
        "worse": ("clearly worse than", "nettement moins bonne que"),
    }
    en = "; ".join(f"{heads[side][0]} {listed(names)[0]}" for side, names in groups.items() if names)
    fr = " ; ".join(f"{heads[side][1]} {listed(names)[1]}" for side, names in groups.items() if names)
    return f"By the score it is {en}.", FR.spaced(f"D’après la note, elle est {fr}.")


# -- how, and what not ------------------------------------------------------------------------------------------------


def _made(advice: Advice) -> list[Pair]:
    effort, source = advice.effort, where_from(advice.sample)
    tried, runs = len(advice.tried), advice.runs
    en = (
        f"{tried} mixes were tried in {effort.search_futures} futures; {len(advice.mixes) - len(RULES)} of them and "
        f"{len(RULES)} rules of thumb were compared in {effort.choose_futures} other futures, to choose, and in {effort.judge_futures} "
        f"further ones, to judge: {runs} runs in all. Assumed numbers come from {source[0]}; prices of levers are drawn from "
        "their ranges, person-days alike. Organisations are synthetic."
    )
    fr = (
        f"{tried} combinaisons ont été essayées dans {effort.search_futures} futurs ; {len(advice.mixes) - len(RULES)} d’entre elles et "
        f"{len(RULES)} règles simples ont été comparées dans {effort.choose_futures} autres futurs, pour choisir, puis dans "
        f"{effort.judge_futures} autres encore, pour juger : {runs} simulations en tout. Les nombres supposés viennent de {source[1]} ; "
        "les prix des leviers sont tirés dans leurs plages, jours de travail compris. Les organisations sont synthétiques."
    )
    return [(en, FR.spaced(fr))]


def _not(advice: Advice) -> list[Pair]:
    pairs = [
        ("- To forecast what will happen here: the model compares ways of working, and its organisations are not the real ones.",
         "- Prévoir ce qui va se passer ici : le modèle compare des façons de faire, et ses organisations ne sont pas les vraies."),
        ("- To cut a programme, rank animators or territories, or decide on one organisation.",
         "- Supprimer un programme, classer des animateurs ou des territoires, décider du sort d’une organisation."),
        ("- To replace those who know the place: a mix that they find absurd is a reason to doubt the model.",
         "- Remplacer ceux qui connaissent le territoire : une combinaison qu’ils jugent absurde est une raison de douter du modèle."),
        ("- For another budget, length or place: ask again.",
         "- Conclure pour un autre budget, une autre durée ou un autre territoire : il faut reposer la question."),
        ("- As evidence that a lever works: what levers do is assumed, not measured.",
         "- Prouver qu’un levier fonctionne : l’effet des leviers est supposé, pas mesuré."),
    ]  # fmt: skip
    return [(en, FR.spaced(fr)) for en, fr in pairs]
