"""Tables of words in English and French: observables, kinds, levers, parameters, headings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Observable:
    """How an observable is called.

    Attributes
    ----------
    short : (str, str)
        In a table or a figure (English, French).
    subject : (str, str)
        As the subject of a sentence, with its article.
    unit : {"points", "count", "value", "keur"}
        Shares are told in percentage points.
    feminine : bool
        Gender of the French subject.
    meaning : (str, str)
        What it counts.
    """

    short: tuple[str, str]
    subject: tuple[str, str]
    unit: str
    feminine: bool
    meaning: tuple[str, str]


OBSERVABLES = {
    "engaged_share": Observable(
        ("engaged organisations", "organisations engagées"),
        ("the share of engaged organisations", "la part d’organisations engagées"), "points", True,
        ("organisations with an active alliance in the last month, of all", "organisations membres d’une alliance active le dernier mois, parmi toutes")),
    "alliances": Observable(
        ("active alliances", "alliances actives"),
        ("the number of active alliances", "le nombre d’alliances actives"), "count", False,
        ("in the last month", "au dernier mois")),
    "lasting_alliances": Observable(
        ("lasting alliances", "alliances durables"),
        ("the number of lasting alliances", "le nombre d’alliances durables"), "count", False,
        ("founded after the start, which lived three years or more", "fondées après le début, qui ont vécu trois ans ou plus")),
    "alliances_deployed": Observable(
        ("deployed alliances", "alliances déployées"),
        ("the number of deployed alliances", "le nombre d’alliances déployées"), "count", False,
        ("past their experiment, after a first success, in the last month", "sorties de l’expérimentation après un premier succès, au dernier mois")),
    "value_created": Observable(
        ("value created", "valeur créée"),
        ("the value created by alliances", "la valeur créée par les alliances"), "value", True,
        ("sum over the successes of alliances founded after the start, in units of the model", "somme des succès des alliances fondées après le début, en unités du modèle")),
    "need_met": Observable(
        ("needs met", "besoins couverts"),
        ("the share of needs met by alliances", "la part des besoins couverte par les alliances"), "points", True,
        ("needs relieved, of what there would be without alliances, mean over inhabitants and the last twelve months",
         "besoins soulagés, rapportés à ceux qu’il y aurait sans alliance, moyenne sur les habitants et les douze derniers mois")),
    "need_met_deprived": Observable(
        ("needs met in deprived districts", "besoins couverts en quartier prioritaire"),
        ("the share of needs met in deprived districts", "la part des besoins couverte en quartier prioritaire"), "points", True,
        ("the same, each square weighted by its inhabitants in deprived districts", "idem, chaque carreau pesant selon ses habitants en quartier prioritaire")),
    "spend_keur": Observable(
        ("spending on levers", "dépense des leviers"),
        ("spending on levers", "la dépense des leviers"), "keur", True,
        ("over the whole run, working time not counted", "sur toute la durée, hors temps de travail")),
}  # fmt: skip

SPHERES = {
    "association": ("associations", "associations"),
    "firm": ("firms", "entreprises"),
    "collectivity": ("local governments", "collectivités"),
}
KINDS_FR = {
    "volunteer": "associations sans salarié", "small_employer": "associations de 1 à 9 salariés",
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
    "event": ("awareness events", "réunions de sensibilisation"),
    "matchmaking": ("gatherings at tables", "rencontres de mise en relation"),
    "diagnosis": ("shared diagnoses", "diagnostics partagés"),
    "forum": ("forums", "forums de co-construction"),
    "accompany_organisation": ("accompaniment of organisations", "accompagnement d’organisations"),
    "accompany_alliance": ("accompaniment of new alliances", "accompagnement de nouvelles alliances"),
    "mediators": ("local mediators", "médiateurs locaux"),
    "fund": ("a flexible fund", "un fonds souple"),
    "purchasing": ("public purchasing", "achats publics responsables"),
    "bank": ("a bank of experiments", "une banque d’expériences"),
    "evaluation": ("evaluation", "une évaluation"),
    "adaptive": ("an adaptive calendar", "un calendrier qui s’adapte"),
}
SOURCES = {
    "public": ("public", "fonds publics"),
    "foundation": ("foundations", "fondations"),
    "members": ("members", "cotisations"),
}
RESOURCES = {
    "scarce": ("scarce", "rares"),
    "moderate": ("moderate", "intermédiaires"),
    "abundant": ("abundant", "abondants"),
}
TYPOLOGIES_FR = {
    "Urban": "Territoire urbain",
    "Rural": "Territoire rural",
    "Deprived urban districts (ZUS)": "Quartiers urbains défavorisés (ZUS)",
    "Cross-border": "Territoire transfrontalier",
}
COLUMNS = {
    "population": ("inhabitants of each square", "habitants de chaque carreau"),
    "deprived_share": ("share of inhabitants in deprived districts", "part des habitants en quartier prioritaire"),
    "density_association": ("associations per inhabitant", "densité d’associations"),
    "density_firm": ("firms per inhabitant", "densité d’entreprises"),
    "civic_capacity": ("civic capacity", "pouvoir d’agir des habitants"),
    "needs": ("needs by domain", "besoins par enjeu"),
    "organisations": (
        "organisations (who, where, with which means)",
        "organisations (lesquelles, où, avec quels moyens)",
    ),
}
PARAMETERS_FR = {
    "r_fin": "niveau des moyens financiers disponibles (rares 0,4 ; intermédiaires 1 ; abondants 2,5)",
    "r_hum": "niveau du temps disponible (rare 0,4 ; intermédiaire 1 ; abondant 2,5)",
    "r_str": "structuration moyenne (capacité à s’organiser)",
    "r_org": "nombre d’organisations, en multiple des densités de référence",
    "keur_per_unit": "moyens financiers annuels d’une organisation moyenne (k€)",
    "days_per_unit": "temps annuel d’une organisation moyenne (jours)",
    "slack_sigma": "dispersion des moyens entre organisations (logarithme)",
    "structuration_concentration": "concentration de la loi de structuration",
    "zus_structuration": "structuration relative dans un carreau entièrement prioritaire",
    "willing0": "part des organisations déjà disposées à s’allier au départ",
    "prejudice": "préjugé envers les autres sphères au départ",
    "federated_association": "part des associations membres d’une fédération présente",
    "federated_firm": "part des entreprises membres d’un réseau présent",
    "ge_enterprises": "grandes entreprises en France, auxquelles les établissements se rattachent",
    "eti_enterprises": "entreprises de taille intermédiaire en France",
    "ge_group": "établissements d’une grande entreprise",
    "eti_group": "établissements d’une ETI",
    "capability_typical": "probabilité de détenir une compétence typique de sa catégorie",
    "capability_other": "probabilité de détenir une autre compétence",
    "s_n": "hausse annuelle des besoins (effet ciseaux)",
    "s_r": "baisse annuelle des moyens (effet ciseaux)",
    "rebound": "part annuelle des besoins soulagés qui reviennent",
    "cost_scale": "coût annuel moyen d’une idée de projet (en moyens de référence)",
    "library_size": "idées de projets par périmètre",
    "cost_sigma": "dispersion des coûts des idées (logarithme)",
    "gamma": "exposant de la valeur selon le coût",
    "ambition_elasticity": "élasticité des coûts aux moyens du périmètre",
    "p_aware": "probabilité qu’une exposition convainque",
    "background_exposures": "expositions mensuelles sans aucun levier",
    "event_exposures": "expositions que vaut une réunion suivie",
    "q_peer": "probabilité qu’un témoignage de pair convainque",
    "peers_heard": "pairs entendus par mois",
    "belief_fade": "oubli mensuel de ce qui a été entendu",
    "risk_aversion": "aversion au risque",
    "m0": "rencontres par mois d’une organisation disposée, en lieu dense",
    "size_exponent": "exposant de la taille dans les rencontres et invitations",
    "d0": "distance à laquelle les rencontres décroissent (km)",
    "a_half": "organisations à portée pour la moitié des rencontres",
    "beta": "probabilité qu’une rencontre de part et d’autre de la frontière ait lieu",
    "zeta": "distance institutionnelle : probabilité d’une rencontre dans un carreau entièrement prioritaire",
    "contact_gain": "ouverture gagnée à chaque contact (part de ce qui manque)",
    "trust0": "confiance entre deux organisations ouvertes qui viennent de se rencontrer",
    "tie_slots": "relations dont une organisation se souvient",
    "tie_slots_one": "idem, pour celles qui ne portent qu’une alliance à la fois",
    "tie_slots_large": "idem, pour celles qui peuvent en porter beaucoup",
    "large_cap": "alliances possibles à partir desquelles la mémoire est plus grande",
    "openness_decay": "retour mensuel de l’ouverture vers son niveau de départ",
    "spontaneous_convening": "probabilité mensuelle qu’une organisation structurée convoque un forum",
    "convening_structuration": "structuration à partir de laquelle on peut convoquer",
    "forum_size": "organisations invitées à un forum",
    "invite_association": "part des associations parmi les invités",
    "invite_firm": "part des entreprises parmi les invités",
    "shared_weight": "poids des besoins du périmètre dans les priorités",
    "shared_weight_diagnosed": "idem, après un diagnostic partagé",
    "theta_commit": "seuil d’engagement en plénière",
    "group_least": "membres en deçà desquels un thème rejoint le plus grand",
    "group_most": "taille maximale d’un groupe thématique",
    "second_seat": "probabilité d’envoyer une seconde personne en plénière",
    "phi": "part des moyens réunis qu’un projet peut prendre",
    "quorum": "part des présents qui fait un accord",
    "r_max": "nombre maximal de réunions",
    "contest_max": "tours de concurrence ou de dispute au plus",
    "tol0": "tolérance à une perte relative au départ",
    "psi": "rente du chef de file",
    "lead_slack": "moyens exigés d’un chef de file (part du coût)",
    "lead_structuration": "structuration exigée d’un chef de file",
    "eta_c": "confiance perdue à chaque tour conflictuel",
    "rivalry": "probabilité de dispute quand les moyens sont serrés",
    "portfolio": "idées qu’une réunion peut retenir ensemble",
    "actions_per_forum": "actions recherchées par forum",
    "concede_offset": "dépendance à laquelle la moitié des prétendants cèdent",
    "concede_noise": "aléa dans le fait de céder",
    "tau_base": "confiance qu’exige la première forme d’alliance",
    "tau_step": "confiance supplémentaire par degré d’engagement",
    "theta": "seuil d’acceptation",
    "temperature": "aléa des choix",
    "coordination_cost": "coût de coordination par degré d’engagement",
    "association_leads": "probabilité que l’association propose et pilote",
    "dialogue_months": "mois de dialogue avant l’expérimentation",
    "p_ok": "réussite d’une compétence présente",
    "p_miss": "réussite d’une compétence absente",
    "k_str": "effet du manque de structuration sur la réussite",
    "premium": "surcoût d’une compétence achetée",
    "relief": "besoin soulagé par un succès (pour 1 000 habitants)",
    "eta_plus": "confiance gagnée par un succès",
    "eta_minus": "confiance perdue par un échec",
    "tie_decay": "retour mensuel de la confiance inemployée vers son niveau de base",
    "learning": "structuration gagnée par un succès",
    "hazard0": "risque mensuel de fin d’une alliance sans qualité",
    "term": "durée d’une convention avant renouvellement (mois)",
    "renewal_noise": "aléa des renouvellements",
    "recruit": "probabilité de chercher un membre quand il manque quelque chose",
    "p_identify": "probabilité mensuelle qu’une alliance devienne connue",
    "attendees": "participants à une réunion",
    "event_association": "part des associations parmi les participants",
    "event_firm": "part des entreprises parmi les participants",
    "event_ready": "part des organisations disposées ou engagées parmi les participants",
    "event_known": "part des participants issus du carnet d’adresses",
    "table_size": "organisations par table de mise en relation",
    "interviews": "entretiens d’un diagnostic",
    "ownership": "engagement supplémentaire après un diagnostic coproduit",
    "accompany_gain": "structuration gagnée par une organisation accompagnée",
    "accompany_failure": "risque relatif d’échec d’une alliance accompagnée",
    "accompany_hazard": "risque relatif de fin d’une alliance accompagnée",
    "accompany_equal": "égalisation des bénéfices par l’accompagnement",
    "broker_trust": "confiance minimale d’une paire présentée par un médiateur",
    "mediated_meetings": "présentations mensuelles par un médiateur",
    "giving_rate": "part des moyens du territoire donnée chaque année au fonds",
    "ticket_share": "part du manque qu’un coup de pouce du fonds comble",
    "purchasing_share": "part des moyens d’une collectivité dépensée en offres communes",
    "adaptive_shift": "déplacement d’un calendrier adaptatif",
    "evaluation_learning": "apprentissage relatif sous évaluation",
}  # fmt: skip
"""Every parameter in French but the switches."""
TYPES = {
    "D": ("data", "donnée"), "S": ("source", "source"), "C": ("assumption, to be calibrated", "hypothèse, à caler"),
    "A": ("assumption", "hypothèse"), "scenario": ("scenario", "scénario"),
    "rule": ("assumption (rule)", "hypothèse (règle)"),
}  # fmt: skip

TEXT = {
    "question": ("The question", "La question"),
    "territory": ("The territory", "Le territoire"),
    "scenarios": ("The scenarios", "Les scénarios"),
    "design": ("The design", "Le plan d’expérience"),
    "money": ("Money by source and year (k€)", "Financements par origine et par année (k€)"),
    "source": ("Source of money", "Origine"),
    "year": ("year", "année"),
    "total": ("Total", "Total"),
    "findings": ("What comes out", "Ce qui ressort"),
    "figures": ("Figures", "Figures"),
    "left_out": ("Who is left out", "Qui reste à l’écart"),
    "assumptions": ("What the numbers rest on", "Sur quoi reposent ces chiffres"),
    "limits": ("Limits, and what may not be claimed", "Limites, et ce qu’on ne peut pas affirmer"),
    "reproduce": ("How to reproduce", "Comment refaire le calcul"),
    "definitions": ("What is counted", "Ce qui est compté"),
    "reference": ("reference", "référence"),
    "scenario": ("Scenario", "Scénario"),
    "point": ("Point", "Point"),
    "rank": ("Rank", "Rang"),
    "ranks": ("Ranks held", "Rangs possibles"),
    "factor": ("Factor", "Facteur"),
    "values": ("Values", "Valeurs"),
    "observable": ("Observable", "Indicateur"),
    "difference": ("Difference", "Écart"),
    "interval": ("95% interval", "Intervalle à 95 %"),
    "from": ("from", "de"),
    "to": ("to", "à"),
    "lowest": ("Lowest", "Le plus bas"),
    "tenth": ("10th percentile", "1er décile"),
    "median": ("Median", "Médiane"),
    "ninetieth": ("90th percentile", "9e décile"),
    "highest": ("Highest", "Le plus haut"),
    "futures": ("Share of futures higher", "Part des futurs au-dessus"),
    "replicates": ("Replicates", "Futurs simulés"),
    "replicate": ("Replicate", "Futur"),
    "seed": ("Seed", "Germe"),
    "verdict": ("Reading", "Lecture"),
    "clear": ("clear", "net"),
    "unclear": ("no clear difference", "pas d’écart net"),
    "name": ("Name", "Nom"),
    "key": ("Key", "Clé"),
    "value": ("Value", "Valeur"),
    "unit": ("Unit", "Unité"),
    "range": ("Range", "Plage"),
    "kind": ("Nature", "Nature"),
    "category": ("Kind of organisation", "Catégorie d’organisations"),
    "organisations": ("Organisations (synthetic)", "Organisations (fictives)"),
    "change": ("Change (points)", "Variation (points)"),
    "mean": ("Mean", "Moyenne"),
    "population_map": ("Inhabitants by square", "Habitants par carreau"),
    "deprived_map": ("Share in deprived districts (%)", "Part en quartier prioritaire (%)"),
    "years": ("years after the start", "années après le début"),
    "points": ("percentage points", "points de pourcentage"),
    "count": ("number", "nombre"),
    "value_unit": ("units of the model", "unités du modèle"),
    "keur": ("k€", "k€"),
    "differences_title": ("Differences from the reference", "Écarts à la référence"),
    "over_time_title": ("Over time", "Dans le temps"),
    "reach_title": ("Where it reaches", "Où cela porte"),
    "reach_axis": ("engaged organisations more or less, by square", "organisations engagées en plus ou en moins, par carreau"),
    "concentration_title": ("Whom it reaches", "Qui en bénéficie"),
    "concentration_x": ("inhabitants, the most deprived squares first (%)", "habitants, des carreaux les plus défavorisés aux autres (%)"),
    "concentration_y": ("gain in needs met (%)", "gain de besoins couverts (%)"),
    "alike": ("all alike", "à parts égales"),
    "cost_title": ("Cost of a further lasting alliance", "Coût d’une alliance durable supplémentaire"),
    "cost_axis": ("k€ for each further lasting alliance", "k€ par alliance durable supplémentaire"),
    "no_cost": ("no clear gain: no cost can be given", "pas de gain net : aucun coût ne peut être avancé"),
    "spread_title": ("Spread over the points", "Dispersion entre les points"),
    "factors_title": ("Against the factors", "Selon les facteurs"),
    "ranking_title": ("Order by lasting alliances", "Classement par alliances durables"),
    "who_title": ("Who is engaged more", "Qui s’engage davantage"),
    "who_axis": ("net change of the share that was ever engaged (points)", "variation nette de la part engagée un jour ou l’autre (points)"),
    "km_east": ("km eastward", "km vers l’est"),
    "km_north": ("km northward", "km vers le nord"),
    "extra_keur": ("Extra money, working time included (k€)", "Argent en plus, temps de travail compris (k€)"),
    "lever_keur": ("of which spent on levers (k€)", "dont dépense des leviers (k€)"),
    "extra_lasting": ("Further lasting alliances", "Alliances durables supplémentaires"),
    "cost": ("Cost of a further lasting alliance (k€)", "Coût d’une alliance durable supplémentaire (k€)"),
    "comparison": ("Comparison", "Comparaison"),
    "costs": ("Costs", "Coûts"),
    "kinds": ("Kinds of organisations", "Catégories"),
    "about": ("About", "À propos"),
    "runs": ("Runs", "Simulations"),
    "parameters": ("Numbers behind", "Chiffres de base"),
    "date": ("Date of the run", "Date du calcul"),
    "version": ("Version of alliancesim", "Version d’alliancesim"),
    "model": ("Version of the model", "Version du modèle"),
    "identity": ("Identity", "Identité"),
    "note": ("Note", "Remarque"),
}  # fmt: skip

LIMITS = {
    "en": (
        "Organisations are synthetic, on real maps too: no dot is a real one, no name is anybody’s.",
        "The model is not calibrated: it shows how mechanisms play together and forecasts no real place. Signs and intervals may be quoted with the assumptions they rest on, single figures may not.",
        "Intervals say what chance alone does over futures that the rules allow. They do not say how sure the rules are.",
        "Each interval is for one comparison: of twenty observables that nothing touches, one is expected to look clear.",
        "Effects and costs of levers are assumptions with ranges: an order of scenarios has to be looked at again when they are varied.",
        "Differences between types of territory rest mostly on assumptions (structuration, institutional distance, border) and are no French facts. The source says nothing of how borders act.",
        "Which of these assumptions drive the results is not known before a sensitivity analysis has been run.",
    ),
    "fr": (
        "Les organisations sont fictives, y compris sur une carte réelle : aucun point n’est une organisation existante, aucun nom n’est celui de quelqu’un.",
        "Le modèle n’est pas calé : il montre comment des mécanismes jouent ensemble et ne prévoit l’avenir d’aucun lieu réel. On peut citer un sens et un intervalle avec les hypothèses qui les portent, jamais un chiffre isolé.",
        "Les intervalles disent ce que fait le seul hasard parmi les futurs que les règles permettent. Ils ne disent pas la solidité des règles.",
        "Chaque intervalle vaut pour une seule comparaison : sur vingt indicateurs auxquels rien ne touche, on s’attend à ce qu’un paraisse net.",
        "Les effets et les coûts des leviers sont des hypothèses assorties de plages : le classement des scénarios est à revoir quand elles varient.",
        "Les écarts entre types de territoires reposent surtout sur des hypothèses (structuration, distance institutionnelle, frontière) et ne sont pas des faits français. La source ne dit rien de l’effet des frontières.",
        "On ne sait pas lesquelles de ces hypothèses commandent les résultats tant qu’une analyse de sensibilité n’a pas été menée.",
    ),
}  # fmt: skip
