"""The packaged tables of places, and how a name or code finds its place."""

from __future__ import annotations

import difflib
import functools
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from alliancesim.errors import UserError

LEVELS = ("commune", "epci", "department", "region")
COUNTRIES = {
    "AD": "Andorra",
    "BE": "Belgium",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "IT": "Italy",
    "LU": "Luxembourg",
    "MC": "Monaco",
}
SIDES = {code: number for number, code in enumerate(sorted(COUNTRIES), start=1)}
"""Value of ``side`` by country, the same whatever the place; 0 is France."""

_FRANCE = {"france", "france metropolitaine", "metropolitan france"}
_EPCI_WORDS = re.compile(
    r"^(?:cc|ca|cu|com com|metropole(?: europeenne)?|eurometropole|agglomeration"
    r"|communaute(?: de communes| d agglomeration| urbaine)?)\b"
)
_ARTICLES = re.compile(r"^(?:(?:d|l|de|du|des|la|le|les|en)\b ?)+")
_NEAREST = 8


def _read(name: str) -> pd.DataFrame:
    import pyarrow.parquet as pq

    raw = resources.files("alliancesim.data").joinpath(f"{name}.parquet").read_bytes()
    return pq.read_table(io.BytesIO(raw), use_threads=False).to_pandas()


@functools.lru_cache(maxsize=1)
def communes() -> pd.DataFrame:
    """Communes of metropolitan France, sorted by code. Do not write into it.

    Returns
    -------
    DataFrame
        code, name, department, department_name, region, region_name, epci, epci_name, population, area_ha, x_m, y_m
        (Lambert-93), border_m (−1 past 60 km), placed_again (its centre was misplaced in the source).
    """
    return _read("communes")


@functools.lru_cache(maxsize=1)
def foreign_places() -> pd.DataFrame:
    """Places across the land border, from GeoNames (CC-BY 4.0). Do not write into it.

    Returns
    -------
    DataFrame
        code, name, country, population, x_m, y_m (Lambert-93), border_m.
    """
    return _read("foreign_places")


@dataclass(frozen=True)
class Place:
    """One place of a level.

    Attributes
    ----------
    level : {"commune", "epci", "department", "region", "france"}
    code, name : str
    department : str
        Department(s) it lies in, in words.
    rows : tuple of int
        Its communes, rows of ``communes()``.
    population : int
    """

    level: str
    code: str
    name: str
    department: str
    rows: tuple[int, ...]
    population: int

    def line(self) -> str:
        """How an error names it."""
        return f"{self.level}:{self.code}  {self.name}, {self.department}, {self.population:,} inhabitants"


def normalise(text: str) -> str:
    """Text without accents, case, hyphens, apostrophes, dots; œ as oe, "st" and "ste" as saint and sainte."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = " ".join(re.sub(r"[^0-9a-z]+", " ", text).split())
    text = re.sub(r"\bste\b", "sainte", text)
    return re.sub(r"\bst\b", "saint", text)


def _bare(key: str) -> str:
    """A normalised name without the words for the kind of intercommunality and leading or trailing fillers."""
    bare = _EPCI_WORDS.sub("", key).strip()
    bare = _ARTICLES.sub("", bare).strip()
    bare = re.sub(r" (?:metropole|agglomeration|agglo|communaute)$", "", bare)
    return bare or key


@dataclass(frozen=True)
class _Index:
    """Entities of all levels, and by what they are found."""

    level: list[str]
    code: list[str]
    name: list[str]
    key: list[str]
    by_name: dict[str, list[int]]
    by_bare: dict[str, list[int]]
    by_code: dict[str, list[int]]


@functools.lru_cache(maxsize=1)
def _index() -> _Index:
    table = communes()
    level, code, name = ["commune"] * len(table), table["code"].tolist(), table["name"].tolist()
    for kind in LEVELS[1:]:
        some = table.drop_duplicates(kind)
        some = some[some[kind] != ""].sort_values(kind)
        level += [kind] * len(some)
        code += some[kind].tolist()
        name += some[f"{kind}_name"].tolist()
    # One pass over all names at once: 36,000 separate calls would take most of a lookup's time.
    joined = "\n".join(name).lower().replace("œ", "oe").replace("æ", "ae")
    joined = re.sub(r"[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", joined))
    joined = re.sub(r"[^0-9a-z\n]+", " ", joined)
    key = [" ".join(line.split()) for line in joined.split("\n")]
    by_name: dict[str, list[int]] = {}
    by_bare: dict[str, list[int]] = {}
    by_code: dict[str, list[int]] = {}
    for i, text in enumerate(key):
        by_name.setdefault(text, []).append(i)
        by_code.setdefault(code[i], []).append(i)
        bare = _bare(text) if level[i] == "epci" else _ARTICLES.sub("", text)
        if bare != text:
            by_bare.setdefault(bare, []).append(i)
    return _Index(level, code, name, key, by_name, by_bare, by_code)


def _place(i: int) -> Place:
    index, table = _index(), communes()
    level, code = index.level[i], index.code[i]
    column = "code" if level == "commune" else level
    rows = np.flatnonzero((table[column] == code).to_numpy())
    inside = table.iloc[rows]
    people = (
        inside.groupby(["department", "department_name"])["population"]
        .sum()
        .sort_values(ascending=False, kind="stable")
    )
    shown = [f"{name} ({number})" for number, name in people.index[:3]]
    department = ", ".join(shown) + (" …" if len(people) > 3 else "")
    return Place(
        level, code, index.name[i], department, tuple(int(row) for row in rows), int(inside["population"].sum())
    )


def _candidates(query: str, level: str | None) -> list[int]:
    """Entities that a name or code fits, of one level or any."""
    index = _index()

    def of_level(found: list[int] | None) -> list[int]:
        return [i for i in found or [] if level is None or index.level[i] == level]

    text = query.strip()
    if re.fullmatch(r"\d{1,9}|\d[ABab]\d{0,3}", text):
        text = text.upper()
        for code in dict.fromkeys((text, text.zfill(2), text.zfill(5) if len(text) == 4 else text)):
            found = of_level(index.by_code.get(code))
            if found:
                return found
        return []
    key = normalise(text)
    found = of_level(index.by_name.get(key))
    if not found:
        found = of_level(index.by_bare.get(key))
    if not found:
        bare = _bare(key)
        named_epci = bool(_EPCI_WORDS.match(key))
        both = (index.by_name.get(bare) or []) + (index.by_bare.get(bare) or [])
        found = [i for i in of_level(both) if not named_epci or index.level[i] == "epci"]
    return found


def _nearest(query: str, level: str | None) -> list[int]:
    """Entities whose names look most like the query, best first."""
    index = _index()
    key = normalise(query)
    pairs = {key[i : i + 2] for i in range(len(key) - 1)} or {key}
    scored = []
    for i, name in enumerate(index.key):
        if level is not None and index.level[i] != level:
            continue
        shared = sum(1 for pair in pairs if pair in name)
        if shared * 2 >= len(pairs):
            scored.append((-shared / (len(pairs) + max(0, len(name) - len(key))), i))
    scored.sort()
    ranked = []
    for _, i in scored[:300]:
        name = index.key[i]
        ratio = max(difflib.SequenceMatcher(None, key, text).ratio() for text in (name, _bare(name)))
        ranked.append((-ratio, i))
    ranked.sort()
    return [i for ratio, i in ranked if ratio <= -0.5][:_NEAREST]


def _one(query: object, near: set[str] | None) -> Place:
    """The place that a query names.

    ``near`` are departments of the other places of a list: they settle a name that several communes share.
    """
    if isinstance(query, bool) or not isinstance(query, (str, int)):
        raise UserError(f"territory.place: found {query!r}, expected a name or an INSEE code")
    text = str(query).strip()
    if not text:
        raise UserError("territory.place: found an empty name, expected a name or an INSEE code")
    if normalise(text) in _FRANCE:
        table = communes()
        return Place(
            "france",
            "FR",
            "metropolitan France",
            "all departments",
            tuple(range(len(table))),
            int(table["population"].sum()),
        )
    level, rest = None, text
    prefix, colon, after = text.partition(":")
    if colon:
        level = normalise(prefix)
        if level not in LEVELS:
            raise UserError(
                f"territory.place: unknown prefix {prefix!r} in {text!r}, expected one of {', '.join(LEVELS)}"
            )
        rest = after.strip()
        if not rest:
            raise UserError(f"territory.place: nothing after the prefix in {text!r}, expected a name or an INSEE code")
    found = _candidates(rest, level)
    inside = re.fullmatch(r"(.+?)\s*(?:\(([^()]+)\)|,\s*([^,]+))", rest)
    if not found and inside:
        where = inside.group(2) or inside.group(3)
        table = communes()
        wanted = normalise(where)
        for i in _candidates(inside.group(1), level):
            of_place = table.iloc[list(_place(i).rows)]
            words = {*of_place["department"], *map(normalise, of_place["department_name"].unique())}
            if where.strip().upper() in words or wanted in words:
                found.append(i)
    if len(found) == 1:
        return _place(found[0])
    if not found:
        nearest = [_place(i).line() for i in _nearest(rest, level)]
        what = (
            f"no {level} of metropolitan France"
            if level
            else "no commune, EPCI, department or region of metropolitan France"
        )
        tail = "; nearest:" if nearest else ", expected a name or an INSEE code"
        raise UserError(f"territory.place: {what} is called or coded {rest!r}{tail}", nearest)
    places = [_place(i) for i in found]
    if len({place.rows for place in places}) == 1:
        return places[0]  # Paris, the commune, is Paris, the department: the same people; the smaller level is taken
    exact = [place for place in places if place.name.casefold() == rest.casefold()]
    if len(exact) == 1:
        return exact[0]  # "Loire" as written, though without accents it is "Loiré" too
    if near:
        table = communes()
        shared = [place for place in places if near & set(table["department"].iloc[list(place.rows)])]
        if len(shared) == 1:
            return shared[0]
    places.sort(key=lambda place: (-place.population, place.level, place.code))
    more = [f"and {len(places) - _NEAREST} more"] if len(places) > _NEAREST else []
    raise UserError(
        f"territory.place: {rest!r} is the name or code of {len(places)} places, expected one of:",
        [place.line() for place in places[:_NEAREST]] + more,
    )


def find(place: str | int | Sequence[str | int]) -> tuple[Place, ...]:
    """Places that names or codes stand for.

    Accents, case, hyphens, apostrophes and words such as "CC", "CA", "Métropole de" do not matter. A full name at
    exactly one level wins over a shortened one; a name or code that fits several places is an error that lists them,
    unless they are the same communes (Paris), only one is spelled so with its accents (Loire, not Loiré) or, in a list,
    only one of them is in the department of a place named without doubt ([Charenton-le-Pont, Saint-Maurice]).
    "Saint-Denis (93)" and "Saint-Denis (Seine-Saint-Denis)" name the department.

    Parameters
    ----------
    place : str, int or sequence of them
        A name or INSEE code, with a prefix ``commune:``, ``epci:``, ``department:``, ``region:`` if wanted, or
        "france".

    Returns
    -------
    tuple of Place
        Without repeats, in the order given.

    Raises
    ------
    UserError
        Unknown (nearest names listed) or ambiguous (all that fit listed).
    """
    if isinstance(place, (str, int)):
        return (_one(place, None),)
    if not isinstance(place, Sequence):
        raise UserError(f"territory.place: found {place!r}, expected a name, an INSEE code or a list of them")
    if not place:
        raise UserError("territory.place: found an empty list, expected at least one name or INSEE code")
    found: list[Place | None] = []
    for query in place:
        try:
            found.append(_one(query, None))
        except UserError as error:
            if not error.details or "places, expected one of" not in error.message:
                raise
            found.append(None)
    table = communes()
    sure = {row for each in found if each is not None for row in each.rows}
    near = set(table["department"].iloc[sorted(sure)]) if sure else set()
    settled = [each if each is not None else _one(query, near) for each, query in zip(found, place, strict=True)]
    return tuple(dict.fromkeys(settled))
