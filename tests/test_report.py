"""The report: one file, two languages, sentences that follow the numbers, cells that are numbers."""

from __future__ import annotations

import math
import re
from datetime import date

import pandas as pd
import pytest
from openpyxl import load_workbook

import alliancesim as al
from alliancesim.analysis import paired
from alliancesim.errors import UserError
from alliancesim.report import write_report
from alliancesim.report.findings import cost_sentence, scenario_sentence, sentence
from alliancesim.report.words import KINDS_EN, KINDS_FR, LEVERS, NARROW, NBSP, PARAMETERS_FR, Language

EN, FR = Language("en"), Language("fr")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return al.compare(
        {"no animation": ["animation=none"], "Labo & co <b>": ["animation=labo"], "fund": ["animation=fund"]},
        base=["territory=zus", "territory.population=3000", "months=24", "burn_in=12"], replicates=4, workers=1,
        title="Une question", question="Que change une animation ?", output=tmp_path_factory.mktemp("report") / "cmp",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(comparison):
    return {code: write_report(comparison.result.path, code).read_text(encoding="utf-8") for code in ("en", "fr")}


@pytest.mark.parametrize("code", ["en", "fr"])
def test_it_is_one_file_that_needs_nothing_else(pages, code):
    page = pages[code]
    assert len(page.encode()) < 5_000_000
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert page.count("data:image/png;base64,") >= 4
    assert f'<html lang="{code}">' in page
    assert "Labo &amp; co &lt;b&gt;" in page
    assert not re.search(r"\bnan\b", re.sub(r'"data:[^"]*"', "", page), re.IGNORECASE)


def test_sentences_hold_the_numbers_of_the_paired_differences(comparison, pages):
    result = comparison.result
    row = paired(result.runs, result.design, ["engaged_share"]).iloc[0]
    for words, page in ((EN, pages["en"]), (FR, pages["fr"])):
        for value in (row["difference"], row["low"], row["high"]):
            assert words.amount("engaged_share", value, signed=True) in page


def found(**changes):
    row = {
        "observable": "alliances", "n": 10, "difference": 4.0, "low": 1.5, "high": 6.0, "clear": True, "share_higher": 0.7,
        "share_lower": 0.3,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}]).iloc[0].to_frame().T.infer_objects().itertuples(index=False).__next__()


def test_sentences_turn_with_the_numbers():
    assert sentence(found(), "x", "none", EN) == (
        "In 7 futures out of 10, alliances: more than with “none” (+4 on average; interval +1.5 to +6)."
    )
    assert "no clear difference" in sentence(found(low=-1.0, clear=False), "x", "none", EN)
    assert "In 3 futures out of 10, alliances: less" in sentence(
        found(difference=-4.0, low=-6.0, high=-1.5), "x", "none", EN
    )
    assert "In every simulated future" in sentence(found(share_higher=1.0), "x", "none", EN)
    assert sentence(found(), "x", "rien", FR) == (
        f"Dans 7 futurs sur 10, alliances{NBSP}: plus qu’avec «{NBSP}rien{NBSP}» (+4 en moyenne{NBSP}; intervalle de +1,5 à +6)."
    )
    assert "pas d’écart net" in sentence(found(low=-1.0, clear=False), "x", "rien", FR)


def test_a_cost_is_given_only_where_there_is_a_gain():
    row = {"extra_keur": 1234.5, "cost": 30.64, "cost_low": 25.0, "cost_high": math.inf}
    assert (
        cost_sentence(row, EN)
        == "Each further lasting alliance costs 30.6 k€ of animation (interval 25 to ∞ k€; 1,234 k€ more in all)."
    )
    assert f"1{NARROW}234{NBSP}k€ de plus" in cost_sentence(row, FR)
    assert "no cost for each of them" in cost_sentence({**row, "cost": math.nan}, EN)


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1234567.0, "1,234,567", f"1{NARROW}234{NARROW}567"),
        (12.345, "12.3", "12,3"),
        (0.00456, "0.00456", "0,00456"),
        (-3.0, "−3", "−3"),
        (0.0, "0", "0"),
        (-1e-12, "−0.000000000001", "−0,000000000001"),
        (math.nan, "–", "–"),
        (math.inf, "∞", "∞"),
        (99.96, "100", "100"),
    ],
)
def test_numbers_as_each_language_writes_them(value, english, french):
    assert EN.number(value) == english
    assert FR.number(value) == french


def test_dates_shares_and_spaces():
    assert FR.date(date(2026, 11, 1)) == "1er novembre 2026"
    assert EN.date(date(2026, 11, 23)) == "23 November 2026"
    assert FR.percent(0.123) == f"12,3{NBSP}%"
    assert (
        FR.spaced("Quoi ? « Rien » : 5 k€ ; non !")
        == f"Quoi{NBSP}? «{NBSP}Rien{NBSP}»{NBSP}: 5{NBSP}k€{NBSP}; non{NBSP}!"
    )


def test_french_pages_have_no_space_that_may_break_before_punctuation(pages):
    text = re.sub(r"<style>.*?</style>|<[^>]*>", "", pages["fr"], flags=re.S)
    assert not re.findall(r"\w [;:!?»](?=\s)", text)
    assert not re.search(r"\d\.\d", re.sub(r"(?s)Identité.*|alliancesim \d\S*", "", text))
    for word in ("répliques", "Territoire et organisations fictifs", "hypothèse, à caler", "Qui reste à l’écart"):
        assert (word in text) is (word != "répliques")


def test_every_kind_lever_and_parameter_has_its_words():
    from alliancesim import catalogue, levers, parameters

    kinds = {kind.name for kind in catalogue.KINDS}
    assert set(KINDS_FR) == set(KINDS_EN) == kinds
    assert set(LEVERS) == set(levers.LEVER_NAMES)
    told = {one.name for one in parameters.PARAMETERS if not one.switch and one.kind in ("D", "S", "C", "scenario")}
    assert told <= set(PARAMETERS_FR)


def test_scenarios_in_words():
    labo = al.load_scenario("animation=labo", "resources=scarce")
    text = scenario_sentence(labo, EN)
    assert "gatherings at tables (10 a year)" in text
    assert "310 k€ of public money a year" in text
    assert text.endswith("Means: scarce.")
    assert scenario_sentence(al.load_scenario(), FR) == f"aucune animation. Moyens{NBSP}: intermédiaires."


@pytest.mark.parametrize("code", ["en", "fr"])
def test_the_spreadsheet_has_numbers_in_its_cells(comparison, pages, code):
    book = load_workbook(comparison.result.path / f"tables_{code}.xlsx")
    assert len(book.sheetnames) == 3
    first = book[book.sheetnames[0]]
    assert first.freeze_panes == "A2"
    rows = list(first.iter_rows(min_row=2, values_only=True))
    expected = comparison.table(["engaged_share"]).iloc[0]
    mine = next(
        row for row in rows if row[0] == "Labo & co <b>" and row[1] == Language(code).observable("engaged_share")
    )
    assert mine[5] == pytest.approx(100 * expected["difference"])
    assert all(isinstance(value, (int, float)) for row in rows for value in row[3:9] if value is not None)
    runs = book[book.sheetnames[2]]
    assert runs.max_row == 1 + 12
    assert ("Écart" in [cell.value for cell in first[1]]) is (code == "fr")


def test_the_same_folder_gives_the_same_page(comparison, pages):
    assert write_report(comparison.result.path, "fr").read_text(encoding="utf-8") == pages["fr"]


def test_another_reference_may_be_named(comparison):
    page = write_report(comparison.result.path, "en", reference="fund").read_text(encoding="utf-8")
    assert "compared with “fund”" in page.replace("&#34;", '"')
    write_report(comparison.result.path, "en")


def test_what_has_no_report(comparison, tmp_path):
    with pytest.raises(UserError, match="language: found 'de', expected one of en, fr"):
        write_report(comparison.result.path, "de")
    with pytest.raises(UserError, match="no such folder"):
        write_report(tmp_path / "none")
    many = al.Experiment(
        base=["territory.population=700", "months=2", "burn_in=0"], factors={"rules.psi": {"low": 0, "high": 1}},
        design={"kind": "grid", "levels": 13}, replicates=1,
    )  # fmt: skip
    result = al.run_experiment(many, tmp_path / "many", workers=1)
    with pytest.raises(UserError, match="13 points, expected at most 12"):
        write_report(result.path)
    alone = al.Experiment(subject="forums", forums={"number": 5, "levels": [1, 2]}, replicates=1)
    result = al.run_experiment(alone, tmp_path / "alone", workers=1)
    with pytest.raises(UserError, match="an experiment of forums alone"):
        write_report(result.path)
