"""What people put right: where it stands, that nothing of it is lost, and that a document becomes what they say."""

from __future__ import annotations

import json
import multiprocessing
import os
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import docai
from docai.box import WHOLE, Box
from docai.corrections import Correction, append, apply, apply_to_data, between, pointer_of, read
from docai.document import (
    Block,
    Cell,
    Chart,
    Document,
    Figure,
    FormField,
    Page,
    Point,
    Series,
    Table,
    Text,
    Word,
    replace,
)
from docai.errors import Unreadable

HASH = f"sha256:{'0a' * 32}"
NOON = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
CELL = Box(0.5, 0.5, 0.6, 0.55)


def cell(row, column, text, **more):
    return Cell(row=row, column=column, text=text, box=CELL if (row, column) == (1, 1) else WHOLE, **more)


TABLE = Table(
    page_number=1,
    box=Box(0.1, 0.4, 0.9, 0.8),
    row_count=2,
    column_count=2,
    cells=(cell(0, 0, "Depot"), cell(0, 1, "Parcels"), cell(1, 0, "Harwick"), cell(1, 1, "1,240", number=1240.0)),
)
TEXT = Text(page_number=1, box=Box(0.1, 0.1, 0.9, 0.2), text="Depots", words=(Word(text="Depots", box=Box(0.1, 0.1, 0.3, 0.2)),))
CHART = Chart(
    page_number=2,
    box=WHOLE,
    chart_type="bar",
    series=(Series(name="2025", points=(Point(x="May", y=12.5, box=Box(0.2, 0.2, 0.3, 0.9)), Point(x="June", y=None, box=WHOLE))),),
)
DOCUMENT = Document(
    name="a.pdf",
    content_hash=HASH,
    page_count=2,
    pages=(
        Page(
            number=1,
            width_points=595,
            height_points=842,
            blocks=(Block(id="p1/1", content=TEXT), Block(id="p1/2", content=TABLE)),
        ),
        Page(number=2, width_points=595, height_points=842, blocks=(Block(id="p2/1", content=CHART),)),
    ),
    form_fields=(FormField(name="total/sum", kind="text", value="3", page_number=2, box=WHOLE),),
)
PARCELS = "/pages/0/blocks/1/content/cells/3/text"


def correction(pointer=PARCELS, before="1,240", after="1,204", minutes=0, **more):
    told = {"document": HASH, "who": "anna", "when": NOON + timedelta(minutes=minutes), **more}
    return Correction(pointer=pointer, before=before, after=after, **told)


def codes(faults):
    return [fault.code for fault in faults]


def parcels(document):
    return document.pages[0].blocks[1].content.cells[3].text


def with_block(document, place, block):
    blocks = document.pages[0].blocks
    page = replace(document.pages[0], blocks=(*blocks[:place], block, *blocks[place + 1 :]))
    return replace(document, pages=(page, *document.pages[1:]))


# One line


def test_a_correction_is_one_line_of_json_and_comes_back_equal():
    one = correction(note="two\nlines", box=CELL, page_number=1, when=datetime(2026, 3, 4, 21, tzinfo=timezone(timedelta(hours=9))))
    line = one.model_dump_json()
    assert "\n" not in line
    assert json.loads(line)["when"] == "2026-03-04T12:00:00Z"
    assert Correction.model_validate_json(line) == one
    assert docai.Correction is Correction


@pytest.mark.parametrize(
    "wrong",
    [
        {"document": "sha256:0a"},
        {"pointer": "pages/0"},
        {"pointer": "/pages/~2"},
        {"when": datetime(2026, 3, 4)},  # noqa: DTZ001  # that it has no time zone is what is wrong with it
        {"who": ""},
        {"after": float("nan")},
        {"page_number": 0},
        {"why": "because"},
    ],
)
def test_what_is_no_correction_is_refused(wrong):
    with pytest.raises(ValidationError):
        correction(**{"pointer": PARCELS, **wrong})


def test_pointers_escape_what_rfc_6901_escapes():
    tokens = ("a/b", "m~n", "", "~1", 0)
    pointer = pointer_of(tokens)
    assert pointer == "/a~1b/m~0n//~01/0"
    assert correction(pointer).tokens == ("a/b", "m~n", "", "~1", "0")
    assert correction("").tokens == ()


# Files


def test_what_is_added_is_read_in_the_order_in_which_it_was_added(tmp_path):
    path = tmp_path / "a.jsonl"
    several = [correction(minutes=minutes) for minutes in (5, 1, 3)]
    append(path, several[:2])
    append(path, several[2:])
    assert read(path) == (tuple(several), ())


def test_a_torn_last_line_is_told_and_spoils_nothing_before_or_behind_it(tmp_path):
    path = tmp_path / "a.jsonl"
    append(path, [correction(), correction(minutes=1)])
    path.write_bytes(path.read_bytes()[:-30])
    found, faults = read(path)
    assert found == (correction(),)
    assert codes(faults) == ["correction_torn"]
    assert f"{path}:2" in faults[0].message
    append(path, [correction(minutes=2)])
    found, faults = read(path)
    assert found == (correction(), correction(minutes=2))
    assert codes(faults) == ["correction_unreadable"]


def test_a_line_that_is_no_correction_is_told_with_its_number_and_reason(tmp_path):
    path = tmp_path / "a.jsonl"
    append(path, [correction()])
    with path.open("ab") as stream:
        stream.write(b'{"pointer": "/a"}\n\n\xff\xfe\n')
    append(path, [correction(minutes=1)])
    found, faults = read(path)
    assert len(found) == 2
    assert [fault.severity for fault in faults] == ["error", "error"]
    assert f"{path}:2" in faults[0].message
    assert "who: Field required" in faults[0].message
    assert f"{path}:4" in faults[1].message


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unreadable, match=r"none\.jsonl"):
        read(tmp_path / "none.jsonl")


def add_many(path, who):
    for minutes in range(50):
        append(path, [correction(who=who, minutes=minutes, note="x" * 2000)])


def test_several_programs_may_add_at_the_same_time_and_no_line_is_lost(tmp_path):
    path = tmp_path / "a.jsonl"
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    writers = [context.Process(target=add_many, args=(path, who)) for who in ("anna", "ben", "cho")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found, faults = read(path)
    assert faults == ()
    assert sorted((one.who, one.when.minute) for one in found) == [(who, n) for who in ("anna", "ben", "cho") for n in range(50)]


# Applying


def test_a_value_is_put_right_and_all_else_stays():
    corrected, faults = apply(DOCUMENT, [correction()])
    assert (parcels(corrected), faults) == ("1,204", ())
    assert parcels(DOCUMENT) == "1,240"
    assert apply(corrected, [correction()]) == (corrected, ())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (correction("/pages/7/label", "", "x"), "correction_astray"),
        (correction("/pages/01/label", "", "x"), "correction_astray"),
        (correction("/pages/-", None, {}), "correction_astray"),
        (correction("/pages/0/colour", "", "x"), "correction_astray"),
        (correction("/pages/0/label/x", "", "x"), "correction_astray"),
        (correction(before="1.240"), "correction_outdated"),
        (correction("/pages/0/number", True, 2), "correction_outdated"),
        (correction("/pages/0/number", 1, "one"), "correction_invalid"),
        (correction("/pages/0/blocks/1/content/row_count", 2, 3), "correction_invalid"),
        (correction("/pages/0/blocks/0/content/box/2", 0.9, 7.0), "correction_invalid"),
        (correction("", DOCUMENT.model_dump(mode="json"), {}), "correction_invalid"),
    ],
)
def test_what_cannot_be_applied_is_told_and_the_rest_is_applied(wrong, code):
    corrected, faults = apply(DOCUMENT, [wrong, correction(minutes=1)])
    assert codes(faults) == [code]
    assert corrected == apply(DOCUMENT, [correction()])[0]


def test_the_last_of_several_corrections_of_a_value_holds_and_says_so():
    first, second = correction(after="1,214", minutes=1), correction(after="1,204", minutes=2, who="ben")
    corrected, faults = apply(DOCUMENT, [second, first])
    assert parcels(corrected) == "1,204"
    assert codes(faults) == ["correction_repeated"]
    assert "ben" in faults[0].message
    assert faults[0].severity == "note"
    revised = correction(before="1,214", after="1,204", minutes=2)
    assert parcels(apply(DOCUMENT, [first, revised])[0]) == "1,204"


def test_a_field_that_json_leaves_out_is_there_and_whole_numbers_are_numbers():
    pointer = "/pages/0/blocks/1/content/cells/2/number"
    corrected, faults = apply(DOCUMENT, [correction(pointer, None, 7), correction(pointer, 7, 8, minutes=1)])
    assert codes(faults) == ["correction_repeated"]
    assert corrected.pages[0].blocks[1].content.cells[2].number == 8.0
    assert apply(DOCUMENT, [correction("/pages/0/width_points", 595, 600)])[1] == ()


def test_a_content_may_become_one_of_another_kind():
    figure = Figure(page_number=1, box=TEXT.box)
    old, new = (content.model_dump(mode="json") for content in (TEXT, figure))
    corrected, faults = apply(DOCUMENT, [correction("/pages/0/blocks/0/content", old, new)])
    assert (corrected.pages[0].blocks[0].content, faults) == (figure, ())


def test_corrections_of_other_documents_and_of_data_are_left_alone():
    other = correction(document=f"sha256:{'1b' * 32}")
    corrected, faults = apply(DOCUMENT, [other, correction("/total", 1, 2, within="data")])
    assert corrected == DOCUMENT
    assert codes(faults) == ["corrections_of_others"]


def test_data_are_put_right_by_the_same_rules():
    data = {"total": 12.5, "lines": [{"name": "a"}, {"name": "b"}]}
    right = correction("/lines/1/name", "b", "c", within="data")
    wrong = correction("/lines/2/name", "b", "c", within="data")
    assert apply_to_data(data, [right, wrong, correction()])[0] == {"total": 12.5, "lines": [{"name": "a"}, {"name": "c"}]}
    assert codes(apply_to_data(data, [right, wrong])[1]) == ["correction_astray"]


# Differences


def test_the_difference_of_two_readings_tells_the_value_and_the_box_that_proves_it():
    corrected, _ = apply(DOCUMENT, [correction()])
    (one,) = between(DOCUMENT, corrected, who="anna", when=NOON)
    assert one == correction(box=CELL, page_number=1)


def test_a_table_of_another_shape_is_told_as_a_whole():
    longer = replace(TABLE, row_count=3, cells=(*TABLE.cells, cell(2, 0, "Ely"), cell(2, 1, "7")))
    after = with_block(DOCUMENT, 1, Block(id="p1/2", content=longer))
    (one,) = between(DOCUMENT, after, who="anna")
    assert (one.pointer, one.box, one.page_number) == ("/pages/0/blocks/1/content", TABLE.box, 1)
    assert apply(DOCUMENT, [one]) == (after, ())


def test_cells_that_change_places_are_told_together():
    swapped = replace(TABLE, cells=(replace(TABLE.cells[0], column=1), replace(TABLE.cells[1], column=0), *TABLE.cells[2:]))
    after = with_block(DOCUMENT, 1, Block(id="p1/2", content=swapped))
    told = between(DOCUMENT, after, who="anna")
    assert [one.pointer for one in told] == ["/pages/0/blocks/1/content"]
    assert apply(DOCUMENT, told) == (after, ())


def test_readings_of_two_documents_have_no_difference():
    with pytest.raises(ValueError, match="two documents"):
        between(DOCUMENT, replace(DOCUMENT, content_hash=""), who="anna")


def test_equal_readings_need_no_correction():
    assert between(DOCUMENT, DOCUMENT, who="anna") == []


WORDS = st.text(max_size=5)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
BOXES = st.tuples(*[st.floats(0, 1)] * 4).map(lambda sides: Box.clipped(*sides))


@st.composite
def edited(draw):
    """Return the document with some of its texts, cells, values, boxes, blocks and fields changed."""
    cells = [replace(one, text=draw(WORDS), number=draw(NUMBERS)) if draw(st.booleans()) else one for one in TABLE.cells]
    if draw(st.booleans()):
        cells[2:] = [replace(cells[2], column_span=2, text=draw(WORDS))]
    table = replace(TABLE, cells=tuple(cells), box=draw(st.just(TABLE.box) | BOXES))
    points = tuple(
        replace(point, x=draw(st.just(point.x) | WORDS | NUMBERS.filter(lambda x: x is not None)), y=draw(NUMBERS))
        for point in CHART.series[0].points[draw(st.integers(0, 2)) :]
    )
    chart = replace(CHART, title=draw(WORDS), series=(replace(CHART.series[0], points=points),) * draw(st.integers(0, 2)))
    text = replace(TEXT, text=draw(WORDS), role=draw(st.sampled_from(["heading", "paragraph"])))
    contents = draw(st.permutations([text, table, Figure(page_number=1, box=WHOLE)]))[: draw(st.integers(0, 3))]
    if draw(st.booleans()):
        contents = [text, table]
    blocks = tuple(Block(id=f"p1/{place}", content=content) for place, content in enumerate(contents, 1))
    pages = (
        replace(DOCUMENT.pages[0], blocks=blocks, skew=draw(st.floats(-1, 1))),
        replace(DOCUMENT.pages[1], blocks=(Block(id="p2/1", content=chart),)),
    )
    field = replace(DOCUMENT.form_fields[0], value=draw(st.none() | WORDS | st.booleans() | st.lists(WORDS).map(tuple)))
    return replace(DOCUMENT, pages=pages, form_fields=(field,))


@settings(max_examples=80, deadline=None)
@given(edited(), edited())
def test_the_differences_applied_to_one_reading_give_the_other_also_by_way_of_a_file(before, after):
    told = between(before, after, who="anna", when=NOON)
    assert apply(before, told) == (after, ())
    lines = [one.model_dump_json() for one in told]
    assert apply(before, [Correction.model_validate_json(line) for line in lines]) == (after, ())
