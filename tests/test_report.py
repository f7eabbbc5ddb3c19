"""The report: one file, two languages, sentences that follow the numbers, cells that are numbers."""

from __future__ import annotations

import argparse
import html
import math
import re
import shutil
from datetime import date, datetime

import pandas as pd
import pytest
from openpyxl import load_workbook

import alliancesim as al
from alliancesim import catalogue, levers, parameters
from alliancesim.analysis import paired
from alliancesim.cli import report as command
from alliancesim.errors import UserError
from alliancesim.report import build, excel, figures, findings, numbers, sentences, vocabulary, write_report
from alliancesim.report import many as module_many
from alliancesim.report.findings import Cost, Difference, Dose, Group
from alliancesim.report.words import NARROW, NBSP, Language

EN, FR = Language("en"), Language("fr")
FORMULA = "=1+1"
BASE = ["territory=zus", "territory.population=2000", "months=24", "burn_in=12"]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return al.compare(
        {"no animation": ["animation=none"], "Labo & co <b>": ["animation=labo"], FORMULA: ["animation=fund", "resources=scarce", "rules.psi=0.35"]},
        base=BASE, replicates=3, workers=1, title="Que change l'animation ?", question="Pour qui ?",
        output=tmp_path_factory.mktemp("report") / "cmp",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(comparison):
    return {code: write_report(comparison.result.path, code).read_text(encoding="utf-8") for code in ("en", "fr")}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    experiment = al.Experiment(
        base=["territory.population=700", "months=2", "burn_in=0"],
        factors={"rules.psi": {"low": 0.0, "high": 1.0}, "resources": {"levels": ["scarce", "abundant"]}},
        design={"kind": "grid", "levels": 11}, replicates=2,
    )  # fmt: skip
    return al.run_experiment(experiment, tmp_path_factory.mktemp("many") / "many", workers=1)


def text_of(page):
    """Words of a page, as a reader sees them."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", page, flags=re.S))


def read_number(text):
    return float(text.replace(NARROW, "").replace(",", ".").replace("−", "-").replace("+", ""))


@pytest.mark.parametrize("code", ["en", "fr"])
def test_it_is_one_file_that_needs_nothing_else(pages, code):
    page = pages[code]
    assert len(page.encode()) < 5_000_000
    assert "<script" not in page and "@import" not in page and "url(" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert page.count("data:image/png;base64,") >= 5
    assert f'<html lang="{code}">' in page
    assert "Labo &amp; co &lt;b&gt;" in page and "co <b>" not in page
    assert all(alt.strip() for alt in re.findall(r'alt="([^"]*)"', page))
    assert page.count("alt=") == page.count("<img")
    assert not re.search(r"\b(nan|None)\b", text_of(page))


@pytest.mark.parametrize("code", ["en", "fr"])
def test_sentences_hold_the_numbers_of_the_paired_differences(comparison, pages, code):
    """Numbers read back out of the page, against the statistics themselves."""
    result, words = comparison.result, Language(code)
    names = [name for name in vocabulary.OBSERVABLES if name != "spend_keur"]
    table = paired(result.runs, result.design, names)
    part = html.unescape(pages[code]).split(f"<h2>{words['findings']}</h2>")[1].split(f"<h2>{words['figures']}</h2>")[0]
    pattern = (
        r"([+−]?[\d.,  ]+)(?: points| percentage points)? (?:en moyenne|on average).*?"
        r"(?:de|interval|difference) ([+−]?[\d.,]+) (?:à|to) ([+−]?[\d.,]+)\)"
    )
    compared, seen = 0, set()
    for point, label in enumerate(comparison.labels[1:], 1):
        (block,) = re.findall(rf"<h3>{re.escape(label)}</h3>\s*<ul>(.*?)</ul>", part, re.S)
        told = re.findall(r"<li>(.*?)</li>", block)
        rows = table[(table["point"] == point) & (table["n"] > 0)]
        for row in rows.itertuples(index=False):
            subject = words.pick(vocabulary.OBSERVABLES[row.observable].subject)
            (said,) = [one for one in told if re.search(rf"(?i)\b{re.escape(subject)}(?= est| is|{NBSP}:|:)", one)]
            unclear = "no clear difference" in said.lower() or "pas d’écart net" in said.lower()
            same = row.share_higher == row.share_lower == 0
            assert same or unclear is (not row.clear)
            if same:
                continue
            factor = words.factor(row.observable)
            shown = [read_number(one) for one in re.search(pattern, said.replace(NBSP, " ")).groups()]
            step = 0.51 * 10.0 ** -words.places(row.low * factor, row.high * factor, row.difference * factor)
            for found, value in zip(shown, (row.difference, row.low, row.high), strict=True):
                assert found == pytest.approx(value * factor, abs=step)
                compared += 1
        seen |= {"clear" if row.clear else "unclear" for row in rows.itertuples(index=False)}
    assert compared >= 18 and seen == {"clear", "unclear"}


def fact(**changes):
    row = {
        "observable": "alliances", "n": 10, "home": 20.0, "mean": 24.0, "difference": 4.0, "low": 1.5, "high": 6.0,
        "higher": 7, "lower": 3, "clear": True,
    }  # fmt: skip
    return Difference(**{**row, **changes})


def test_sentences_turn_with_the_numbers():
    assert sentences.difference(fact(), "none", EN) == (
        "In 7 futures out of 10, the number of active alliances is higher than with “none”: +4.0 on average, from 20.0 to 24.0 "
        "(95% interval of the difference +1.5 to +6.0)."
    )
    unclear = sentences.difference(fact(low=-1.0, clear=False), "none", EN)
    assert (
        unclear.startswith("No clear difference in the number of active alliances: +4.0") and "is higher" not in unclear
    )
    lower = sentences.difference(fact(difference=-4.0, low=-6.0, high=-1.5), "none", EN)
    assert lower.startswith("In 3 futures out of 10, the number of active alliances is lower")
    assert sentences.difference(fact(higher=10, lower=0), "none", EN).startswith("In all 10 simulated futures, ")
    assert "only simulated future" in sentences.difference(fact(n=1, higher=1, clear=False), "none", EN)
    same = fact(difference=0.0, low=0.0, high=0.0, higher=0, lower=0, clear=False)
    assert sentences.difference(same, "none", EN).endswith("is the same as with “none” in all 10 simulated futures.")
    assert sentences.difference(fact(), "rien", FR) == (
        f"Dans 7 futurs sur 10, le nombre d’alliances actives est plus élevé qu’avec «{NBSP}rien{NBSP}»{NBSP}: +4,0 en moyenne, "
        f"de 20,0 à 24,0 (intervalle à 95{NBSP}% de l’écart{NBSP}: de +1,5 à +6,0)."
    )
    assert "la valeur créée par les alliances est plus élevée" in sentences.difference(
        fact(observable="value_created"), "x", FR
    )
    assert sentences.difference(fact(low=-1.0, clear=False), "rien", FR).startswith("Pas d’écart net pour le nombre")


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [
        (7, 10, "in 7 futures out of 10"), (14, 20, "in 7 futures out of 10"), (1, 10, "in 1 future out of 10"),
        (20, 20, "in all 20 simulated futures"), (19, 20, "in 19 of the 20 simulated futures"),
        (3, 6, "in 3 of the 6 simulated futures"), (39, 40, "in 39 of the 40 simulated futures"),
    ],
)  # fmt: skip
def test_futures_are_never_rounded(count, of, expected):
    assert sentences.futures(count, of, EN) == expected


def test_a_cost_is_given_only_where_there_is_a_gain():
    known = Cost(1234.5, 900.0, 40.0, 30.64, 25.0, math.inf, True)
    assert sentences.cost(known, EN).replace(NBSP, " ") == (
        "Each further lasting alliance costs 30.6 k€ (95% interval from 25 k€, without an upper bound): 1,234 k€ more over the run "
        "(900 k€ for levers, 334 k€ of working time at 0.26 k€ a day)."
    )
    assert f"1{NARROW}234{NBSP}k€ de plus" in sentences.cost(known, FR)
    none = Cost(1234.5, 900.0, 1.0, math.nan, math.nan, math.nan, False)
    assert "no cost for each of them can be given" in sentences.cost(none, EN)
    assert "clearly fewer lasting alliances" in sentences.cost(
        Cost(5.0, 5.0, -3.0, math.nan, math.nan, math.nan, True), EN
    )


def test_a_first_place_is_claimed_only_when_it_is_sure():
    assert "comes first" in sentences.order("Labo", 0.93, EN) and "93%" in sentences.order("Labo", 0.93, EN)
    assert "no scenario clearly comes first" in sentences.order("Labo", 0.6, EN)
    assert f"plus de 99{NBSP}%" in sentences.order("Labo", 1.0, FR)
    assert sentences.order("Labo", math.nan, EN) == ""


def test_kinds_are_sorted_into_gains_losses_and_no_change():
    found = [
        Group("tpe", 90, -0.02, -0.03, -0.01),
        Group("pme", 50, 0.0, -0.01, 0.01),
        Group("commune", 30, 0.08, 0.05, 0.1),
    ]
    said = [one.replace(NBSP, " ") for one in sentences.groups(found, EN)]
    assert said == [
        "Engaged less: very small firms (TPE) (−2.0 points).",
        "No clear change: small and medium firms (PME).",
        "Engaged more: communes (+8.0 points).",
    ]
    assert "No kind has enough organisations" in sentences.groups([], EN)[0]


def test_a_run_too_short_for_lasting_alliances_says_so(pages):
    assert "no alliance can have lived 36 months" in text_of(pages["en"])
    assert "aucune alliance ne peut y durer 36 mois" in text_of(pages["fr"])
    assert "comes first" not in pages["en"]
    longer = al.load_scenario("months=60")
    assert findings.months_that_last(longer) == 25


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1234567.0, "1,234,567", f"1{NARROW}234{NARROW}567"),
        (12.345, "12.3", "12,3"),
        (0.00456, "0.00456", "0,00456"),
        (-3.0, "−3", "−3"),
        (0.0, "0", "0"),
        (math.nan, "–", "–"),
        (math.inf, "∞", "∞"),
        (-math.inf, "−∞", "−∞"),
        (99.96, "100", "100"),
    ],
)
def test_numbers_as_each_language_writes_them(value, english, french):
    assert EN.number(value) == english
    assert FR.number(value) == french


def test_fixed_numbers_have_no_negative_zero():
    assert EN.fixed(-0.0001, 2, sign=True) == "0.00"
    assert EN.fixed(0.0001, 2, sign=True) == "0.00"
    assert FR.fixed(1234.5, 1, sign=True) == f"+1{NARROW}234,5"
    assert EN.places(1.5, 6.0, 4.0) == 1
    assert EN.places(-0.03, 0.23, 0.1) == 2
    assert EN.places(100.0, 900.0, 500.0) == 0


def test_dates_shares_and_spaces():
    assert FR.date(date(2026, 11, 1)) == "1er novembre 2026"
    assert FR.date(date(2026, 11, 23)) == "23 novembre 2026"
    assert EN.date(date(2026, 11, 23)) == "23 November 2026"
    assert FR.percent(0.123) == f"12,3{NBSP}%"
    assert EN.percent(0.123) == "12.3%"
    assert (
        FR.spaced("Quoi ? « Rien » : 5 k€ ; non !")
        == f"Quoi{NBSP}? «{NBSP}Rien{NBSP}»{NBSP}: 5{NBSP}k€{NBSP}; non{NBSP}!"
    )
    assert FR.typeset("L'animation d'ici") == "L’animation d’ici"


def test_french_pages_are_typeset_as_french(pages):
    text = text_of(pages["fr"])
    assert f"Que change l’animation{NBSP}?" in text
    assert not re.findall(r"\S [;:!?»%](?=\s)", text)
    assert not re.findall(
        r"[^\s(][;!?](?=\s)", text.replace(NBSP, " ").replace(" ;", "").replace(" ?", "").replace(" !", "")
    )
    figures = re.sub(r"(?s)Comment refaire.*|alliancesim \d\S*", "", text)
    assert not re.search(r"\d\.\d", figures)
    assert not re.search(r"[a-zà-ÿ]'[a-zà-ÿ]", text.split("Comment refaire")[0])
    for word in (
        "Fonds souple",
        "Quartiers urbains défavorisés (ZUS), fictif",
        "hypothèse, à caler",
        "Qui reste à l’écart",
    ):
        assert word.lower() in text.lower()
    for word in ("organisations accompanied", "assumption", "synthetic", "difference", "interval "):
        assert word not in text


def test_every_kind_lever_and_parameter_has_its_words():
    kinds = {kind.name for kind in catalogue.KINDS}
    assert set(vocabulary.KINDS_FR) == set(vocabulary.KINDS_EN) == kinds
    assert set(vocabulary.LEVERS) == set(levers.LEVER_NAMES)
    assert set(vocabulary.SOURCES) == set(levers.SOURCES)
    assert set(vocabulary.PARAMETERS_FR) == {one.name for one in parameters.PARAMETERS if not one.switch}
    assert {one.kind for one in parameters.PARAMETERS} <= set(vocabulary.TYPES)
    assert len(vocabulary.LIMITS["en"]) == len(vocabulary.LIMITS["fr"])


def test_all_numbers_behind_are_told_with_their_type_and_what_was_changed(comparison, pages):
    page = html.unescape(pages["en"])
    rows = dict(re.findall(r'<span class="key">rules\.(\w+)</span></td>(.*?)</tr>', page))
    told = [one for one in parameters.PARAMETERS if not one.switch]
    assert set(rows) == {one.name for one in told}
    for one in told:
        assert f'<span class="tag">{vocabulary.TYPES[one.kind][0]}</span>' in rows[one.name]
    assert "0.2; 0.35 (changed; default 0.2)" in rows["psi"]
    assert "changed" not in rows["quorum"]
    assert "rules.psi = 0.35 (for 0.2)" in page
    assert page.count("assumption (rule)") == 7  # nothing of a synthetic territory is data


def test_a_real_place_says_what_is_data_and_what_is_a_rule():
    from alliancesim.engine import make_territory

    scenario = al.load_scenario("territory=real", "territory.place=Charenton-le-Pont")
    territory = make_territory(scenario)
    kinds = {one.name: one.kind for one in numbers.facts([scenario], territory, {}, EN) if not one.values}
    assert kinds.pop("inhabitants of each square (by commune; a rule inside a commune)") == "D"
    assert set(kinds.values()) == {"rule"}
    said = build._territory(territory, findings.Place(1, True, True), FR)
    mapped = figures.own_squares(territory)
    assert mapped["population"].sum() == pytest.approx(territory.population)
    share = (mapped["population"] * mapped["deprived_share"]).sum() / mapped["population"].sum()
    assert share == pytest.approx(territory.deprived_share)
    assert not mapped.duplicated(["x_km", "y_km"]).any()
    assert "selon une règle du modèle et non selon un relevé" in said
    assert "ses organisations sont fictives" in said


def test_scenarios_in_words():
    labo = al.load_scenario("animation=labo", "resources=scarce")
    text = sentences.scenario(findings.doses(labo), labo.resources, [], EN).replace(NBSP, " ")
    assert "gatherings at tables (10 a year, 6 k€ each)" in text
    assert text.endswith("Means of organisations: scarce.")
    home = al.load_scenario()
    assert findings.other_changes(labo, home) == []
    assert (
        sentences.scenario([], "moderate", [], FR)
        == f"aucune animation. Moyens des organisations{NBSP}: intermédiaires."
    )
    late = Dose("forum", 2.0, 13, 24, "a", 6.0, 20.0)
    assert "(2 a year, from month 13, to month 24, 6 k€ each)" in sentences.scenario([late], "scarce", [], EN).replace(
        NBSP, " "
    )


def test_money_by_year_is_what_animators_receive(comparison):
    scenario = al.load_scenario("animation=labo", "months=30")
    (public,) = findings.money(scenario)
    assert public.kind == "public" and public.years == (310.0, 310.0, 310.0)
    part = scenario.replace(**{"animation.animators.animator.sources.bank.months": 18})
    (public,) = findings.money(part)
    assert public.years == (310.0, 295.0, 280.0)


def test_levers_without_money_are_told(comparison):
    result = comparison.result
    runs = result.runs.assign(levers_unpaid=7.0)
    assert findings.unpaid(argparse.Namespace(runs=runs), 1) == 7.0
    assert "7 occurrences or months of levers could not be paid for" in sentences.unpaid(7.0, EN)


def test_independent_draws_and_failures_are_not_hidden():
    assert "drawn independently" in sentences.counted(10, "x", False, 0, EN)
    assert "drawn independently" not in sentences.counted(10, "x", True, 0, EN)
    assert "2 runs failed and are missing here" in sentences.counted(10, "x", True, 2, EN)


@pytest.mark.parametrize("code", ["en", "fr"])
def test_the_spreadsheet_has_numbers_in_its_cells(comparison, pages, code):
    words = Language(code)
    book = load_workbook(comparison.result.path / f"tables_{code}.xlsx")
    assert all(sheet.freeze_panes == "A2" for sheet in book)
    about = {row[0]: row[1] for row in book[words["about"]].iter_rows(values_only=True)}
    day = about[words["date"]]
    assert isinstance(day, datetime) and day.date() == build.finished_on(comparison.result)
    sheet = book[words["comparison"]]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    expected = comparison.table(["engaged_share"]).iloc[0]
    mine = next(row for row in rows if row[0] == "Labo & co <b>" and row[1] == words.observable("engaged_share"))
    assert mine[6:9] == pytest.approx(tuple(100 * expected[["difference", "low", "high"]].to_numpy(dtype=float)))
    assert all(isinstance(value, (int, float)) for row in rows for value in row[3:10])
    assert {cell.number_format for cell in sheet["G"][1:]} == {"#,##0.00"}
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}  # a label =1+1 is no formula
    assert FORMULA in [row[0] for row in rows]
    runs = book[words["runs"]]
    assert runs.max_row == 1 + 9
    assert ("Écart" in [cell.value for cell in sheet[1]]) is (code == "fr")
    assert book[words["parameters"]].max_row > 100


def test_the_same_folder_gives_the_same_bytes(comparison, pages):
    folder = comparison.result.path
    before = (folder / "tables_fr.xlsx").read_bytes()
    assert write_report(folder, "fr").read_text(encoding="utf-8") == pages["fr"]
    assert (folder / "tables_fr.xlsx").read_bytes() == before


def test_what_was_not_kept_or_cannot_be_written_is_said(comparison, tmp_path, monkeypatch):
    folder = shutil.copytree(comparison.result.path, tmp_path / "bare")
    for name in ("cells.parquet", "organisations.parquet", "tables_en.xlsx"):
        (folder / name).unlink(missing_ok=True)
    monkeypatch.setattr(excel, "installed", lambda: False)
    page = write_report(folder).read_text(encoding="utf-8")
    assert "it needs the extra alliancesim[excel]" in page
    assert not (folder / "tables_en.xlsx").exists()
    assert "keep.organisations=true" in page
    assert EN["reach_title"] not in page and EN["who_title"] not in page


def test_many_points_are_told_by_their_spread_and_order(many):
    page = write_report(many.path, "en").read_text(encoding="utf-8")
    text = text_of(page)
    assert "22 points, 2 simulated futures of each" in text
    assert "scarce and abundant" in text and "from 0 to 1" in text
    means = many.runs.groupby("point")["alliances"].mean()
    (row,) = re.findall(r"<tr><td>active alliances</td>(.*?)</tr>", page)
    shown = [read_number(one) for one in re.findall(r'<td class="n">(.*?)</td>', row)]
    assert shown == pytest.approx(list(means.quantile([0, 0.1, 0.5, 0.9, 1])), abs=0.51)
    assert re.search(r'rules\.psi</span></td><td class="n">0 to 1 \(changed', page)
    book = load_workbook(many.path / "tables_en.xlsx")
    assert book["Points"].max_row == 1 + 22
    assert many.design["label"][0] in [row[1] for row in book["Points"].iter_rows(values_only=True)]
    assert "Les points sont trop nombreux" in module_many.described(many, 0, FR)
    assert "1 simulation a échoué" in module_many.described(many, 1, FR)


def test_the_command_writes_what_it_says(comparison, pages, capsys):
    folder = comparison.result.path
    assert command.run(argparse.Namespace(folder=str(folder), overrides=["language=en", f"reference={FORMULA}"])) == 0
    path = folder / "report_en.html"
    assert capsys.readouterr().out.strip() == str(path)
    assert f"compared with “{FORMULA}”" in html.unescape(path.read_text(encoding="utf-8"))
    with pytest.raises(UserError, match="lang"):
        command.run(argparse.Namespace(folder=str(folder), overrides=["lang=fr"]))
    with pytest.raises(UserError, match="nobody"):
        command.run(argparse.Namespace(folder=str(folder), overrides=["reference=nobody"]))


def test_what_has_no_report(comparison, tmp_path):
    with pytest.raises(UserError, match="language: found 'de', expected one of en, fr"):
        write_report(comparison.result.path, "de")
    with pytest.raises(UserError, match="no such folder"):
        write_report(tmp_path / "none")
    with pytest.raises(UserError, match="not the folder of an experiment"):
        write_report(tmp_path)
    alone = al.Experiment(subject="forums", forums={"number": 5, "levels": [1, 2]}, replicates=1)
    result = al.run_experiment(alone, tmp_path / "alone", workers=1)
    with pytest.raises(UserError, match="an experiment of forums alone"):
        write_report(result.path)


def test_scenarios_that_do_not_differ_have_a_report_too(tmp_path):
    same = al.compare(
        {"a": ["animation=none"], "b": ["animation=none", "rules.p_identify=0.011"]}, base=["territory.population=700", "months=2", "burn_in=0"],
        replicates=2, workers=1, output=tmp_path / "same",
    )  # fmt: skip
    text = text_of(write_report(same.result.path).read_text(encoding="utf-8"))
    assert "Nothing that is counted differs from “a” in all 2 simulated futures." in text
    assert "is higher" not in text and "is lower" not in text
    assert EN["differences_title"] not in text


def test_parts_of_one_square_are_added_on_the_map():
    parts = pd.DataFrame(
        {"x_km": [0.0, 0.0, 2.0], "y_km": [0.0, 0.0, 0.0], "change": [1.0, 2.0, -1.0], "reported": True}
    )
    shown = argparse.Namespace(labels=["a", "b"], reference=0, cells=lambda _point, _value: parts)
    figure = figures.reach(shown, EN)
    assert figure.axes[0].images[0].get_array().tolist() == [[3.0, -1.0]]
    still = argparse.Namespace(labels=["a", "b"], reference=0, cells=lambda *_: parts.assign(change=0.0))
    assert figures.reach(still, EN) is None
