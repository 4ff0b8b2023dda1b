"""Whatever models say and files hold, our own code reads it, or raises what its callers expect.

By hypothesis and not by a fuzzer that follows branches, which does not exist for each Python and system that docai runs on: these
parsers are pure functions of short texts, of which drawn mistakes in valid replies reach as much.
"""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from contextlib import suppress
from types import SimpleNamespace

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import docai
from docai.box import Box
from docai.dialects import Decoded, Said
from docai.dialects.hypertext import read_html
from docai.dialects.replies import decode_chart, decode_page, decode_table
from docai.dialects.unfinished import read_json
from docai.document import Document
from docai.errors import NoSuchPage, Unreadable
from docai.extraction import parse_pages
from docai.sources import kind_of
from docai.sources.discs import is_disc, paths_of, plotted_discs
from docai.sources.frame import Frame, rgb, vector_path, vector_paths
from docai.sources.pdf import DAMAGE
from docai.sources.shadings import shadings_among
from docai.sources.spelling import accents_composed, accents_over_letters, check_marks, clean, clean_lines
from docai.tasks.otsl import from_otsl
from tests.drawn_answers import CLEAN, DIALECTS, SIGHT, TASKS, cases, task_of
from tests.faults.pdfs import sound

EXAMPLES = int(os.environ.get("DOCAI_FUZZ_EXAMPLES", "12"))  # of each law; `make faults` takes more
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
PAIRS = [(dialect, name) for dialect in DIALECTS for name in TASKS]
PIECES = [
    *('< > & " \\ \\u { } [ ] | , : - &#x110000; &#xd800; 1e999 -inf nan null 0x1 <td rowspan=-1> ² ٣ \U0010ffff'.split(" ")),
    *("", "\n", "\x00", "\ud800", "\u202e", "9" * 400, "colspan='99999999999999999999'"),
]
HOSTILE = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 1e38, -1e38, 5e-324, 0.0, -0.0]),
    st.floats(width=32),
    st.floats(),
)
SIDES = st.floats(width=32)  # MuPDF counts in single precision
POINTS = st.tuples(HOSTILE, HOSTILE)
RECTANGLES = st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE)


@st.composite
def mistakes(draw, text):
    """Return a text with some of it cut, doubled, swapped or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from([*PIECES, text[begin:end] * 3, text[:begin][-20:]]) | st.text(max_size=5))
        text = draw(st.sampled_from([text[:begin] + piece + text[end:], text[:begin] + text[end:], text[begin:] + text[:begin]]))
    return text


# ---- replies of models


@pytest.mark.parametrize(("dialect", "name"), PAIRS)
def test_a_reply_with_mistakes_is_decoded(dialect, name):
    @FUZZ
    @given(cases(dialect, name, CLEAN), st.sampled_from(["stop", "length", "loop"]), st.data())
    def law(case, finish, data):
        task, answer = case
        text = data.draw(mistakes(DIALECTS[dialect].encode(task, answer, SIGHT)))
        decoded = DIALECTS[dialect].decode(task, Said(text, finish=finish), SIGHT)
        assert isinstance(decoded, Decoded)
        assert decoded.answer is not None or decoded.problems

    law()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("other", DIALECTS)
@pytest.mark.parametrize("name", ["table", "page"])
def test_a_reply_in_another_dialect_is_decoded_or_told(dialect, other, name):
    @settings(FUZZ, max_examples=max(1, EXAMPLES // 5))
    @given(cases(other, name, CLEAN), st.data())
    def law(case, data):
        text = data.draw(mistakes(DIALECTS[other].encode(*case, SIGHT)))
        decoded = DIALECTS[dialect].decode(task_of(name), Said(text), SIGHT)
        assert decoded.answer is not None or decoded.problems

    law()


TEXTS = st.lists(
    st.sampled_from([*PIECES, "<table>", "<tr>", "<td>", "</td>", "<fcel>", "<nl>", "<lcel>", "| a |"]) | st.text(max_size=6)
)


@FUZZ
@given(TEXTS.map("".join))
def test_parsers_of_replies_take_any_text(text):
    node = read_json(text)
    assert node is None or node.start <= node.end <= len(text)
    for cut in (True, False):
        assert isinstance(read_html(text, Counter(), cut=cut), list)
    for decode in (decode_table, decode_chart, decode_page):
        assert isinstance(decode(Said(text)), Decoded)
    with suppress(ValueError):  # its word for a text that is no table
        assert isinstance(from_otsl(text), tuple)


@pytest.mark.parametrize("opening", ["[", '{"a":', "<table><tr><td>", "<ul><li>", "((", "<b>", "> ", "- "])
def test_parsers_of_replies_are_nested_as_deep_as_one_likes(opening):
    text = opening * 50_000
    read_json(text)
    read_html(text, Counter(), cut=True)
    for decode in (decode_table, decode_chart, decode_page):
        assert isinstance(decode(Said(text, finish="length")), Decoded)


# ---- files


@FUZZ
@given(
    st.binary(max_size=64)
    | st.tuples(st.sampled_from([b"PK\x03\x04", b"BM", b"RIFF", b"II*\x00", b"%PDF-", b"GIF8", b"<html", b""]), st.binary()).map(
        b"".join
    )
)
def test_any_bytes_are_of_a_kind_or_unreadable(head):
    try:
        assert kind_of(head) in ("pdf", "image")
    except Unreadable as caught:
        told = str(caught)
        assert ";" in told  # the next step


SOUND = sound(no_new_id=True)  # the same bytes each time, so that what fails can be tried again


@settings(FUZZ, max_examples=max(10, EXAMPLES))
@given(st.data())
def test_a_document_with_wrong_bytes_is_read_or_unreadable(data):
    whole = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(whole) - 1))
        new = data.draw(st.binary(max_size=6) | st.sampled_from([b"-1", b"99999999999", b"1 0 R", b"<<", b">>", b"null", b"/Kids"]))
        whole[place : place + data.draw(st.integers(0, 6))] = new
    try:
        document = docai.extract(bytes(whole), ocr="never")
    except docai.InputError:
        return
    assert Document.model_validate_json(document.model_dump_json()) == document
    assert "page_failed" not in {problem.code for page in document.pages for problem in page.problems}


@FUZZ
@given(st.text("0123456789,- \u0663\u00b2x;", max_size=12) | st.text(max_size=12), st.integers(0, 60_000))
def test_any_page_range_is_pages_or_told(text, count):
    try:
        numbers = parse_pages(text, count)
    except NoSuchPage:
        return
    assert numbers == sorted(set(numbers))
    assert numbers
    assert 1 <= numbers[0] <= numbers[-1] <= count


# ---- our own code that faces PDFs


def quietly(read):
    """Call something, and return what came of it; None where it raised what the readers of PDFs take for damage."""
    try:
        return read()
    except DAMAGE:
        return None


def pages():
    return st.builds(
        lambda width, height, turn, matrix: Frame(
            SimpleNamespace(rect=SimpleNamespace(width=width, height=height), rotation=turn, rotation_matrix=matrix)
        ),
        SIDES,
        SIDES,
        st.sampled_from([0, 90, 180, 270]),
        st.tuples(*[HOSTILE] * 6),
    )


@FUZZ
@given(pages(), RECTANGLES, POINTS)
def test_a_frame_gives_boxes_on_the_page_or_damage(frame, rectangle, point):
    assert math.isfinite(frame.width + frame.height)
    assert frame.width > 0
    assert frame.height > 0
    box = quietly(lambda: frame.box(rectangle))
    assert box is None or (isinstance(box, Box) and 0 <= box.left <= box.right <= 1 and 0 <= box.top <= box.bottom <= 1)
    quietly(lambda: frame.point(*point))
    assert quietly(lambda: frame.direction(*point)) in (None, 0, 90, 180, 270)


ITEMS = st.one_of(
    st.tuples(st.just("l"), POINTS, POINTS),
    st.tuples(st.just("c"), POINTS, POINTS, POINTS, POINTS),
    st.tuples(st.just("re"), RECTANGLES, st.integers(-1, 1)),
    st.tuples(st.just("qu"), st.tuples(POINTS, POINTS, POINTS, POINTS)),
)
COLOURS = st.none() | st.lists(HOSTILE, max_size=5).map(tuple)
DRAWINGS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["f", "s", "fs", "clip", "group"]),
        "rect": RECTANGLES,
        "items": st.lists(ITEMS, max_size=3),
        "level": st.integers(0, 3),
    },
    optional={
        "scissor": st.none() | RECTANGLES,
        "opacity": HOSTILE,
        "fill_opacity": st.none() | HOSTILE,
        "stroke_opacity": st.none() | HOSTILE,
        "fill": COLOURS,
        "color": COLOURS,
        "width": st.none() | HOSTILE,
        "dashes": st.none() | st.sampled_from(["[] 0", "[ 3 2 ] 0", "[ nan inf ] 0", "[ 1e400 ] x", "[ a ] 0", "[", "]["]),
    },
)


@FUZZ
@given(st.lists(DRAWINGS, max_size=5), pages())
def test_any_drawing_is_a_path_or_damage(drawings, frame):
    for path in quietly(lambda: list(vector_paths(drawings, frame))) or ():
        assert 0 <= path.box.left <= path.box.right <= 1
        for rule in path.rules(frame.width, frame.height):
            assert 0 <= rule.position <= 1
            assert 0 <= rule.start <= rule.end <= 1
    for drawing in drawings:
        quietly(lambda drawing=drawing: vector_path(drawing, frame))


SPANS = st.fixed_dictionaries(
    {
        "font": st.sampled_from(["ZapfDingbats", "Helvetica", ""]),
        "type": st.integers(0, 3),
        "dir": st.just((1.0, 0.0)) | POINTS,
        "size": HOSTILE,
        "color": COLOURS,
        "linewidth": HOSTILE,
        "opacity": HOSTILE,
        "chars": st.lists(
            st.tuples(st.sampled_from([108, 71, 9679, -1, 0, 0xD800]), st.integers(), POINTS, RECTANGLES), max_size=2
        ),
    }
)


@FUZZ
@given(st.lists(SPANS, max_size=4), pages())
def test_any_text_trace_is_discs_or_damage(trace, frame):
    for span in trace:
        assert is_disc(span) in (True, False)
        quietly(lambda span=span: rgb(span["color"]))
    discs = quietly(lambda: plotted_discs(trace))
    quietly(lambda: list(paths_of(discs or {}, frame)))


@FUZZ
@given(st.lists(st.fixed_dictionaries({"bbox": RECTANGLES, "width": st.integers(), "height": st.integers()}), max_size=4))
def test_any_pictures_are_shadings_or_none(pictures):
    assert quietly(lambda: shadings_among(pictures)) is not None


@FUZZ
@given(st.text() | st.lists(st.sampled_from([*"`´ˆ˜¨ıaı", "\u00ad", "\u0301", "\uf0b7", "\ud800", "\x85", "\u2028"])).map("".join))
def test_any_text_is_spelt(text):
    for spelt in (clean(text), clean_lines(text)):
        assert spelt.encode() == spelt.encode("utf-8", "strict")
        assert not any(ord(letter) < 32 and letter != "\n" for letter in spelt)
    check_marks(text)
    accents_composed(text)
    glyphs = [{"c": letter, "bbox": (place, 0.0, place + 1.5, 1.0)} for place, letter in enumerate(text)]
    accents_over_letters([{"lines": [{"spans": [{"chars": glyphs}]}]}])


# ---- our own files


@pytest.fixture(scope="module")
def told():
    return docai.extract(sound()).model_dump_json()


@settings(FUZZ, max_examples=4 * EXAMPLES)
@given(data=st.data())
def test_json_with_mistakes_is_a_document_or_invalid(told, data):
    text = data.draw(mistakes(told))
    try:
        document = Document.model_validate_json(text)
    except pydantic.ValidationError:
        return
    except UnicodeEncodeError:  # no JSON can be written of lone surrogates in the first place
        assert any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    assert Document.model_validate_json(document.model_dump_json()) == document


@pytest.mark.parametrize("text", ["[" * 100_000, '{"pages":' * 10_000, "9" * 10_000, "NaN", "1e999", '"\\ud800"', "\x00", ""])
def test_json_that_is_no_document_is_invalid(text):
    with pytest.raises(pydantic.ValidationError):
        Document.model_validate_json(text)
    assert sys.getrecursionlimit() <= 1_000_000
