"""The example documents are read as their truth says, and as they were read before.

The files in `golden/` are what each document was read as; boxes are in fractions of the page. To write them anew after a
change that is meant to change them, run this file with `DOCAI_WRITE_GOLDEN=1` and look at the difference.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

import docai
from docai.box import Box
from docai.continuation import passages
from docai.document import Chart, Figure, Table, Text

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ROOT / "examples" / "documents"
GOLDEN = Path(__file__).resolve().parent / "golden"
SWITCH = "DOCAI_WRITE_GOLDEN"
TRUTH = json.loads((DOCUMENTS / "truth.json").read_text(encoding="utf-8"))
DIGITAL = ["report.pdf", "korean.pdf", "vietnamese.pdf"]
SCANS = ["rotated_scan.pdf", "receipt.png"]
NEAR = 0.002  # page fractions that a box may differ: 1 to 2 points, what other versions of a renderer do


@cache
def read(name):
    return docai.extract(DOCUMENTS / name)


def of_role(name, role):
    """Return page, level and text of each text with that role, in reading order."""
    contents = (block.content for block in read(name).blocks)
    return [(text.page_number, text.level, text.text) for text in contents if isinstance(text, Text) and text.role == role]


def true(name, kind, **defaults):
    return [SimpleNamespace(**defaults, **item) for item in TRUTH[name][kind]]


def blocks_by_caption(name, kind):
    """Return the blocks of a kind by the text of their caption."""
    blocks = {block.id: block for block in read(name).blocks}
    return {
        blocks[caption].content.text: block
        for block in blocks.values()
        if isinstance(block.content, kind)
        for caption in block.captions
    }


def common(one, other):
    """Return the share of two boxes that both cover."""
    shared = one.intersection(other)
    return shared / (one.area + other.area - shared)


# ---- truth


@pytest.mark.parametrize("name", DIGITAL)
def test_a_document_is_read_whole(name):
    document = read(name)
    assert document.status == "success"
    assert document.page_count == len(document.pages) == TRUTH[name]["page_count"]
    assert [page.label for page in document.pages] == TRUTH[name]["page_labels"]


@pytest.mark.parametrize("name", [*DIGITAL, "form.pdf"])
def test_the_title_is_found_on_the_first_page(name):
    assert of_role(name, "title") == [(1, 1, TRUTH[name]["title"])]


@pytest.mark.parametrize("name", DIGITAL)
def test_headings_come_in_order_with_their_levels(name):
    assert of_role(name, "heading") == [(item.page, item.level, item.text) for item in true(name, "headings")]


def test_a_form_has_no_headings():
    assert of_role("form.pdf", "heading") == []


@pytest.mark.parametrize("name", DIGITAL)
def test_list_items_come_with_their_markers(name):
    assert of_role(name, "list_item") == [(item.page, None, f"{item.marker} {item.text}") for item in true(name, "list_items")]


@pytest.mark.parametrize("name", DIGITAL)
def test_captions_are_found(name):
    assert of_role(name, "caption") == [(item.page, None, item.text) for item in true(name, "captions")]


@pytest.mark.parametrize("name", DIGITAL)
def test_footnotes_are_found(name):
    assert of_role(name, "footnote") == [(item.page, None, f"{item.mark} {item.text}") for item in true(name, "footnotes")]


@pytest.mark.parametrize("name", DIGITAL)
@pytest.mark.parametrize("kind", ["headers", "footers", "page_numbers"])
def test_what_runs_along_the_edges_is_found(name, kind):
    assert of_role(name, kind.removesuffix("s")) == [(item.page, None, item.text) for item in true(name, kind)]


def paragraphs(name):
    """Return the texts of paragraphs, joined over seams."""
    return [passage.text for passage in passages(read(name).pages) if getattr(passage.first.content, "role", "") == "paragraph"]


@pytest.mark.parametrize("name", ["report.pdf", "vietnamese.pdf"])
def test_paragraphs_come_whole_and_in_order_over_columns_and_pages(name):
    """Joined over seams, each text is the true one: hyphens undone, nothing lost, nothing of a neighbour in it."""
    expected = [item.text for item in true(name, "paragraphs")]
    assert [text for text in paragraphs(name) if text in set(expected)] == expected


def test_korean_paragraphs_come_whole_with_hardly_a_space_lost():
    """Korean may break lines inside a word; two lines alone do not tell whether these do."""
    expected = [item.text for item in true("korean.pdf", "paragraphs")]
    unspaced = {text.replace(" ", ""): text for text in expected}
    found = [text for text in paragraphs("korean.pdf") if text.replace(" ", "") in unspaced]
    assert [unspaced[text.replace(" ", "")] for text in found] == expected
    assert sum(one != other for one, other in zip(found, expected, strict=True)) <= 1


@pytest.mark.parametrize("name", DIGITAL)
def test_only_what_goes_on_elsewhere_is_joined(name):
    over = [passage.text for passage in passages(read(name).pages) if len(passage.blocks) > 1]
    assert over == [item.text for item in true(name, "paragraphs") if item.continues_over]


@pytest.mark.parametrize("name", DIGITAL)
def test_there_are_no_paragraphs_but_the_true_ones_and_the_subtitle(name):
    truth = [TRUTH[name]["subtitle"], *(item["text"] for item in TRUTH[name]["paragraphs"])]
    unspaced = {text.replace(" ", "") for text in truth}
    assert [text for text in paragraphs(name) if text.replace(" ", "") not in unspaced] == []


@pytest.mark.parametrize("name", DIGITAL)
def test_words_broken_at_line_ends_are_whole_and_own_hyphens_stay(name):
    for item in (*true(name, "words_hyphenated"), *true(name, "words_with_own_hyphen")):
        assert any(item.text in text for page, _, text in of_role(name, "paragraph") if page == item.page)


@pytest.mark.parametrize(("name", "number"), [(name, n) for name in DIGITAL for n in range(len(TRUTH[name]["tables"]))])
def test_a_table_has_its_cells_its_headers_and_its_caption(name, number):
    truth = true(name, "tables")[number]
    block = blocks_by_caption(name, Table)[truth.caption]
    table = block.content
    assert (table.page_number, table.row_count, table.column_count) == (truth.page, truth.row_count, truth.column_count)
    cells = [(cell.row, cell.column, cell.row_span, cell.column_span, cell.text) for cell in table.cells]
    assert cells == [(cell["row"], cell["column"], cell["row_span"], cell["column_span"], cell["text"]) for cell in truth.cells]
    assert table.header_row_count == truth.header_rows
    assert common(table.box, Box(*truth.box)) > 0.8


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("report.pdf", [3, 12.1, 13.0, 95.1, 96.8]),
        ("korean.pdf", [1284, 2115, 11.2]),
        ("vietnamese.pdf", [1520, 412, 95.8]),
    ],
)
def test_numbers_have_their_values_by_the_custom_of_the_language(name, values):
    table = read(name).tables[0]
    numbers = [cell.number for cell in table.grid()[table.header_row_count]]
    assert [number for number in numbers if number is not None] == values


@pytest.mark.parametrize("name", DIGITAL)
def test_there_are_no_tables_but_the_true_ones(name):
    assert len(read(name).tables) == len(TRUTH[name]["tables"])


@pytest.mark.parametrize(("name", "number"), [(name, n) for name in DIGITAL for n in range(len(TRUTH[name]["charts"]))])
def test_a_chart_is_found_where_it_stands_with_its_caption(name, number):
    truth = true(name, "charts")[number]
    block = (blocks_by_caption(name, Figure) | blocks_by_caption(name, Chart))[truth.caption]
    assert block.page_number == truth.page
    assert isinstance(block.content, Chart) or block.content.looks_like == "chart"
    assert common(block.box, Box(*truth.box)) > 0.5
    words = " ".join(word.text for word in block.content.words)
    assert all(
        text in words
        for text in [*getattr(truth, "categories", ()), *(series["name"] for series in truth.series if series["name"])]
    )


@pytest.mark.parametrize("name", DIGITAL)
def test_links_lead_where_they_should(name):
    links = [(page.number, link.uri) for page in read(name).pages for link in page.links]
    assert links == [(item.page, item.uri) for item in true(name, "links")]


@pytest.mark.parametrize("number", range(len(TRUTH["form.pdf"]["form_fields"])))
def test_a_form_field_has_its_value(number):
    truth = TRUTH["form.pdf"]["form_fields"][number]
    named = [field for field in read("form.pdf").form_fields if field.name == truth["name"]]
    values = [field.value for field in named]
    if truth["kind"] == "radio":  # one field for each button, in the order of the page
        assert values == [option == truth["value"] for option in truth["options"]]
    else:
        assert values == [truth["value"]]
        assert list(named[0].options) == truth["options"]
    assert {(field.kind, field.label, field.required, field.read_only) for field in named} == {
        (truth["kind"], truth["label"], truth["required"], truth["read_only"])
    }


def test_a_form_is_read_label_by_label_with_what_is_filled_in():
    texts = [block.content.text for block in read("form.pdf").blocks if isinstance(block.content, Text)]
    filled = [item for item in true("form.pdf", "form_fields") if item.kind == "text" and item.value]
    places = [(next(n for n, text in enumerate(texts) if text.startswith(item.label)), texts.index(item.value)) for item in filled]
    assert places == [(place, place + 1) for place, _ in places]


@pytest.mark.parametrize("name", [*DIGITAL, "form.pdf"])
def test_every_value_has_a_box_on_its_page_and_every_id_is_its_own(name):
    document = read(name)
    blocks = list(document.blocks)
    assert len({block.id for block in blocks}) == len(blocks)
    assert all(block.box.area > 0 for block in blocks)
    assert all(block.box.contains(word.box, 0.01) for block in blocks for word in block.content.words)


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_read(name):
    document = read(name)
    assert document.status == "success"
    assert {block.source for block in document.blocks if block.content.kind == "text"} == {"ocr"}
    assert document.all_problems == ()


# ---- golden pages


def outcome(name):
    """Return what a document was read as, a small object for each block."""
    return [compact(block) for block in read(name).blocks]


def compact(block):
    content = block.content
    entry = {"id": block.id, "kind": content.kind}
    if isinstance(content, Text):
        entry |= {"role": content.role} | ({"level": content.level} if content.level else {}) | {"text": content.text}
    elif isinstance(content, Table):
        entry |= {"text": " | ".join(cell.text for cell in content.cells)}
    else:
        entry |= {"text": " ".join(word.text for word in content.words)}
    if block.continues:
        entry["continues"] = block.continues
    return entry | {"box": [round(side, 3) for side in block.box]}


def golden_path(name):
    return GOLDEN / f"{name}.json"


@pytest.mark.parametrize("name", [*DIGITAL, "form.pdf", *SCANS])
def test_a_document_is_read_as_before(name):
    found = outcome(name)
    if SWITCH in os.environ:
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in found)
        golden_path(name).write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")
    before = json.loads(golden_path(name).read_text(encoding="utf-8"))
    boxes = [entry.pop("box") for entry in found], [entry.pop("box") for entry in before]
    assert found == before
    assert boxes[0] == [pytest.approx(box, abs=NEAR) for box in boxes[1]]


def test_golden_files_are_compared_and_not_written():
    assert SWITCH not in os.environ, f"unset {SWITCH}: with it, golden pages are written anew and every test of them passes"


def test_there_is_a_golden_file_for_each_example_and_for_nothing_else():
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(f"{name}.json" for name in TRUTH)
