"""An address book is a set of rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.rules.address_book import AddressBook

ROWS = st.lists(st.integers(0, 40), max_size=15)


@given(st.lists(st.tuples(st.sampled_from(["add", "discard"]), ROWS), max_size=8), ROWS)
def test_holds_what_a_set_holds(steps: list[tuple[str, list[int]]], asked: list[int]) -> None:
    book, wanted = AddressBook(), set()
    for what, rows in steps:
        if what == "add":
            book.add(rows)
            wanted |= set(rows)
        else:
            for row in rows:
                book.discard(row)
                wanted.discard(row)
    assert book.rows.tolist() == sorted(wanted)
    assert len(book) == len(wanted)
    assert book.holds(np.array(asked, dtype=int)).tolist() == [row in wanted for row in asked]
