"""From token numbers to text: each token's characters, also where several tokens spell one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from docai.backends.transformers.spelling import byte_of, spans, tail


def cut(data, places):
    """Return bytes cut at places."""
    sides = [0, *sorted(places), len(data)]
    return [data[a:b] for a, b in pairwise(sides)]


@given(st.text(), st.data())
def test_spans_cover_the_text_exactly_however_it_is_cut(text, data):
    spelt = text.encode()
    pieces = cut(spelt, data.draw(st.sets(st.integers(0, len(spelt)))))
    read, found = spans(pieces)
    assert read == text
    assert found[0][0] == 0
    assert found[-1][1] == len(text)
    for (_, end), (start, _) in pairwise(found):
        assert start in {end, end - 1}


@given(st.lists(st.binary(max_size=5), max_size=12))
def test_bytes_that_spell_nothing_are_replaced_and_still_covered(pieces):
    read, found = spans(pieces)
    assert read == b"".join(pieces).decode(errors="replace")
    assert all(0 <= start <= end <= len(read) for start, end in found)
    assert max((end for _, end in found), default=0) == len(read)


def test_a_character_spelt_by_three_tokens_belongs_to_each():
    assert spans([b"a", "합".encode()[:1], "합".encode()[1:2], "합".encode()[2:], "ế".encode()]) == (
        "a합ế",
        [(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)],
    )


def test_what_is_told_while_speaking_ends_before_a_character_that_is_not_complete():
    assert tail([b"a", "합".encode()[:2]]) == "a"


def test_every_byte_has_a_letter_of_its_own():
    assert sorted(byte_of().values()) == list(range(256))
