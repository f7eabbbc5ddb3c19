"""What is not sure, in plain words: regret, luck, order, what to learn, what to watch; in English and in French together."""

from __future__ import annotations

from typing import Any

from alliancesim.advice.advising import Advice
from alliancesim.advice.space import RULES
from alliancesim.advice.terms import EN, FR, SIGNS, Pair, capital, choice, number, parameter, percent

STRONG, MODERATE = 0.6, 0.3
"""Correlations from which a sign is called strong, or moderate."""
RARE = 0.05
"""Share of shuffles below which something is not put down to luck."""


def robust(advice: Advice) -> list[Pair]:
    """Which choice is missed least, on average and at worst."""
    table = advice.tables["regret"].set_index("choice")
    expected, most = str(table["expected"].idxmin()), str(table["most"].idxmin())
    names = choice(expected), choice(most)
    values = number(table.loc[expected, "expected"]), number(table.loc[most, "most"])
    found: list[Pair] = [
        (
            f"Least missed on average: “{names[0][0]}”, {values[0][0]} of score below the best choice of each future. Least missed in "
            f"the worst case: “{names[1][0]}”, {values[1][0]} at most.",
            FR.spaced(
                f"Le moins de regret en moyenne : « {names[0][1]} », à {values[0][1]} de note du meilleur choix de chaque futur. Le moins "
                f"de regret dans le pire cas : « {names[1][1]} », à {values[1][1]} au plus."
            ),
        )
    ]
    mine = number(table.loc[advice.advised, "expected"]), number(table.loc[advice.advised, "most"])
    label = choice(advice.advised)
    found.append(
        (
            f"{capital(label[0])} misses {mine[0][0]} on average and {mine[1][0]} at most.",
            FR.spaced(f"Pour la {label[1]}, le regret est de {mine[0][1]} en moyenne et de {mine[1][1]} au plus."
                      if advice.advised not in RULES else
                      f"Pour « {label[1]} », le regret est de {mine[0][1]} en moyenne et de {mine[1][1]} au plus."),
        )
    )  # fmt: skip
    return found


def curse(advice: Advice) -> list[Pair]:
    """What the search promised, and what fresh futures gave."""
    table = advice.tables["curse"]
    if not len(table):
        return []
    row = table[table["choice"] == advice.advised].iloc[0]
    promised, held = number(row["lasting_promised"], 3, True), number(row["lasting_held"], 3, True)
    less = row["lasting_held"] < row["lasting_promised"]
    en = f"In its own futures the search promised {promised[0]} lasting alliances for 1,000 organisations; fresh ones gave {held[0]}. "
    fr = (
        f"Dans ses propres futurs, la recherche promettait {promised[1]} alliances durables pour 1 000 organisations ; des futurs "
        f"nouveaux en donnent {held[1]}. "
    )
    if less:
        en += "What is chosen for being high was partly lucky (the optimiser’s curse): only fresh futures count here."
        fr += (
            "Ce que l’on choisit parce que c’est élevé a en partie eu de la chance (la malédiction de l’optimiseur) : seuls comptent "
            "ici les futurs nouveaux."
        )
    else:
        en += "The optimiser’s curse, that what is chosen for being high was partly lucky, does not show here; only fresh futures count."
        fr += (
            "La malédiction de l’optimiseur (ce que l’on choisit parce que c’est élevé a en partie eu de la chance) ne se voit pas "
            "ici ; seuls comptent les futurs nouveaux."
        )
    return [(en, FR.spaced(fr))]


def turning(advice: Advice) -> list[Pair]:
    """How often another choice comes first."""
    table = advice.tables["turning"].set_index("kind")
    share = {kind: percent(table.loc[kind, "other_first"]) for kind in ("levers", "luck", "whole")}
    counts = {kind: int(table.loc[kind, "futures"]) for kind in share}
    en = (
        f"If only effects and costs of levers are uncertain, another choice comes first in {share['levers'][0]} of futures "
        f"({counts['levers']} futures); by chance alone, in {share['luck'][0]} ({counts['luck']}); when all that is assumed varies, in "
        f"{share['whole'][0]} ({counts['whole']})."
    )
    fr = (
        f"Si seuls les effets et les coûts des leviers sont incertains, un autre choix passe en tête dans {share['levers'][1]} des futurs "
        f"({counts['levers']} futurs) ; par le seul hasard, dans {share['luck'][1]} ({counts['luck']}) ; quand tout ce qui est supposé "
        f"varie, dans {share['whole'][1]} ({counts['whole']})."
    )
    more = table.loc["levers", "other_first"] - table.loc["luck", "other_first"]
    if more > 0.1:
        en += " What levers do and cost is then worth knowing better than chance would say."
        fr += " Mieux connaître l’effet et le coût des leviers compte donc plus que le hasard."
    else:
        en += " Not knowing what levers do and cost turns the order hardly more often than chance does."
        fr += " Mal connaître l’effet et le coût des leviers ne change guère plus souvent l’ordre que le hasard."
    return [(en, FR.spaced(fr))]


# -- what to learn, what to watch -------------------------------------------------------------------------------------


def learn(advice: Advice) -> list[Pair]:
    """Which number would be worth knowing."""
    table = advice.tables["learn"]
    total = number(advice.facts["perfect"])
    found: list[Pair] = [
        (
            f"To know everything beforehand, chance included, would be worth {total[0]} of score.",
            FR.spaced(f"Tout savoir d’avance, hasard compris, vaudrait {total[1]} de note."),
        )
    ]
    if not len(table) or table["value"].iloc[0] <= 0.0:
        found.append(
            ("No single number, if known, would change the choice for the better in these futures.",
             "Aucun nombre, pris seul, ne ferait mieux choisir s’il était connu, dans ces futurs.")
        )  # fmt: skip
        return found
    first = table.iloc[0]
    name, value = parameter(str(first["parameter"])), number(first["value"])
    luck = percent(first["by_luck"])
    en = f"What would help most is: {name[0]} (worth {value[0]} of score). "
    fr = f"Ce qui aiderait le plus : {name[1]} (vaut {value[1]} de note). "
    if first["by_luck"] <= RARE:
        en += f"Only {luck[0]} of shuffled futures show as much."
        fr += f"Seuls {luck[1]} des futurs rebattus au hasard en montrent autant."
    else:
        en += f"But some number seems to be worth as much in {luck[0]} of shuffled futures: this is too weak to spend money on learning it."
        fr += (
            f"Mais dans {luck[1]} des futurs rebattus au hasard, un nombre quelconque semble valoir autant : c’est trop faible pour "
            "payer une étude."
        )
    found.append((en, FR.spaced(fr)))
    return found


def signs(advice: Advice) -> list[Pair]:
    """What could be seen after a year."""
    table = advice.tables["signs"]
    found: list[Pair] = []
    for about in ("works", "rule"):
        part = table[table["about"] == about]
        found.append(_sign(part.iloc[0] if len(part) else None, about, advice))
    return found


def _sign(row: Any, about: str, advice: Advice) -> Pair:
    rule = choice(advice.best_rule)
    what: Pair = (
        ("the mix adding much", "une combinaison qui apporte beaucoup")
        if about == "works"
        else (f"a future in which “{rule[0]}” would have done better", f"un futur où « {rule[1]} » aurait mieux fait")
    )
    if row is None or row["by_luck"] > RARE:
        beside = ("", "") if row is None else (
            f" (the closest, {SIGNS[row['sign']][0]}, is no more than chance would show: correlation {number(row['correlation'], 2, True)[0]})",
            f" (le plus proche, {SIGNS[row['sign']][1]}, ne dépasse pas ce que montrerait le hasard : corrélation "
            f"{number(row['correlation'], 2, True)[1]})",
        )  # fmt: skip
        return (
            f"After one year no sign tells of {what[0]}{beside[0]}.",
            FR.spaced(f"Au bout d’un an, aucun signe n’annonce {what[1]}{beside[1]}."),
        )
    rho = float(row["correlation"])
    strength: Pair = (
        ("strong", "fort")
        if abs(rho) >= STRONG
        else ("moderate", "moyen")
        if abs(rho) >= MODERATE
        else ("weak", "faible")
    )
    sign = SIGNS[str(row["sign"])]
    side: Pair = ("higher", "plus élevé que d’ordinaire") if rho > 0 else ("lower", "plus bas que d’ordinaire")
    threshold, right = number(row["threshold"], 2), percent(row["right"])
    told = (
        f"{EN.fixed(rho, 2, True)}, {EN.fixed(row['low'], 2, True)} to {EN.fixed(row['high'], 2, True)}",
        f"{FR.fixed(rho, 2, True)}, de {FR.fixed(row['low'], 2, True)} à {FR.fixed(row['high'], 2, True)}",
    )
    en = (
        f"A {strength[0]} sign of {what[0]}: {sign[0]} {side[0]} than the middle of futures, {threshold[0]} (rank correlation {told[0]}). "
        f"It tells the half of futures rightly in {right[0]} of them; a coin would in 50%."
    )
    fr = (
        f"Un signe {strength[1]} qui annonce {what[1]} : {sign[1]}, {side[1]} (milieu des futurs : {threshold[1]} ; corrélation de rang "
        f"{told[1]}). Il range le futur dans la bonne moitié dans {right[1]} des cas ; une pièce de monnaie, dans 50 %."
    )
    return en, FR.spaced(fr)
