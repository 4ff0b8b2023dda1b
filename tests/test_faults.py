"""Hostile and broken documents become a document or a typed error with its exit code, and never a traceback.

They are made on the spot by the functions in `faults/`, one for each fault.
"""

from __future__ import annotations

import runpy
import time
from inspect import isfunction
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

import docai
from docai.cli import app
from docai.document import Document
from docai.errors import DocaiError
from docai.registry import EXPORTERS

FAULTS = {
    name: value
    for module in ("pdfs", "pictures")
    for name, value in runpy.run_path(str(Path(__file__).with_name("faults") / f"{module}.py")).items()
    if isfunction(value) and not name.startswith("_")
}

SUCCESS, SOME_FAILED, UNREADABLE, ENCRYPTED, OVER_LIMIT = 0, 3, 7, 8, 10
CODES = {
    "encrypted": ENCRYPTED,
    "empty": UNREADABLE,
    "garbage": UNREADABLE,
    "no_pages": UNREADABLE,
    "a_billion_counted_pages": UNREADABLE,
    "picture_of_100_000_pixels_a_side": OVER_LIMIT,
    "picture_of_no_pixels": UNREADABLE,
    "jpeg_of_only_a_header": UNREADABLE,
    "tiff_of_nothing": UNREADABLE,
    # content is missing, and said to be
    "compressed_garbage": SOME_FAILED,
    "cyclic_page_tree": SOME_FAILED,
    "counted_pages_that_are_missing": SOME_FAILED,
    "contents_that_are_a_number": SOME_FAILED,
    "deep_forms": SOME_FAILED,
    "saved_states_without_end": SOME_FAILED,
    "truncated": SOME_FAILED,
    "picture_with_half_its_data": SOME_FAILED,
    "picture_with_the_wrong_data": SOME_FAILED,
}  # all others: SUCCESS
LONG = {"a_million_drawings", "a_hundred_thousand_words", "a_bomb_of_spaces", "ten_thousand_empty_pages"}  # with tests of their own
SENTENCE = "All is well here"


def extracted(name, **options):
    return docai.extract(FAULTS[name](), **options)


def codes(document):
    return {problem.code for problem in (*document.problems, *(p for page in document.pages for p in page.problems))}


@pytest.fixture(scope="session", autouse=True)
def warm():
    """Load what is loaded on first use, so that no single test pays for it."""
    docai.extract(FAULTS["sound"]())


@pytest.mark.parametrize("name", sorted(set(FAULTS) - LONG))
def test_a_fault_gives_a_document_or_a_typed_error(name):
    code = CODES.get(name, SUCCESS)
    if code not in (SUCCESS, SOME_FAILED):
        with pytest.raises(DocaiError) as caught:
            extracted(name)
        assert int(caught.value.exit_code) == code
        return
    document = extracted(name)
    assert document.status in (("success",) if code == SUCCESS else ("partial_success", "failure"))
    assert Document.model_validate_json(document.model_dump_json()) == document
    assert "page_failed" not in codes(document)


@pytest.mark.parametrize("name", sorted(set(FAULTS) - LONG))
def test_a_fault_is_written_in_every_format_or_not_at_all(name, tmp_path):
    path = tmp_path / f"{name}.pdf"
    path.write_bytes(FAULTS[name]())
    result = CliRunner().invoke(app, ["extract", str(path), "-o", str(tmp_path / "out"), "--to", ",".join(EXPORTERS), "--overlay"])
    assert result.exit_code == CODES.get(name, SUCCESS), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    written = {found.name for found in tmp_path.rglob("out/*") if found.is_file()}
    assert not [found for found in written if found.endswith(".part")]
    if result.exit_code in (SUCCESS, SOME_FAILED):
        assert {f"{name}.pdf.{form}" for form in EXPORTERS if form not in ("csv", "otsl")} <= written
        assert Document.model_validate_json((tmp_path / "out" / f"{name}.pdf.json").read_bytes()).page_count >= 1
    else:
        assert written == set()


def test_every_code_belongs_to_a_fault():
    assert set(CODES) | LONG <= set(FAULTS)


# ---- what is still read


@pytest.mark.parametrize(
    "name",
    [
        "cyclic_form",
        "endless_coordinates",
        "font_that_is_garbage",
        "missing_font",
        "page_of_a_kilometre",
        "page_of_infinite_size",
        "page_of_no_numbers",
        "page_of_no_width",
        "page_turned_by_45_degrees",
        "page_turned_by_no_number",
        "page_turned_inside_out",
        "page_measured_in_words",
        "syntax_garbage",
    ],
)
def test_a_sentence_survives_what_is_wrong_around_it(name):
    assert SENTENCE in extracted(name).text


@pytest.mark.parametrize("name", ["truncated", "truncated_at_the_end"])
def test_a_truncated_file_is_repaired_and_says_so(name):
    document = extracted(name)
    assert "repaired" in codes(document)
    assert "This is page 1 of three" in document.text


def test_a_page_that_was_cut_off_is_told():
    for page in extracted("truncated").pages:
        assert page.blocks or [problem.severity for problem in page.problems] == ["error"]


def test_an_encrypted_file_opens_with_its_password_alone():
    data = FAULTS["encrypted"]()
    assert "This is page 2 of three" in docai.extract(data, password="open sesame").text
    with pytest.raises(docai.Encrypted, match="the password given is wrong"):
        docai.extract(data, password="close sesame")
    with pytest.raises(docai.Encrypted, match="it is encrypted; pass the right one"):
        docai.extract(data)


def test_a_huge_page_says_that_its_size_is_reduced():
    document = extracted("page_of_a_kilometre")
    assert "page_size_reduced" in codes(document)
    assert document.pages[0].width_points == document.pages[0].height_points == 14_400


def test_one_damaged_page_leaves_the_others():
    document = extracted("counted_pages_that_are_missing")
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert [bool(page.problems) for page in document.pages] == [False, True, True]
    assert document.status == "partial_success"


def test_a_damaged_page_leaves_the_text_of_the_next():
    assert SENTENCE in extracted("compressed_garbage").text


def test_bookmarks_in_a_ring_end():
    assert len(extracted("cyclic_outline").outline) <= 2


def test_a_picture_too_large_says_what_size_would_do():
    with pytest.raises(docai.OverLimit, match=r"100,000 x 100,000 pixels.*scale it down to at most"):
        extracted("picture_of_100_000_pixels_a_side")


# ---- what takes long


@pytest.mark.slow
def test_a_million_drawings_end_in_a_problem_within_seconds():
    data = FAULTS["a_million_drawings"]()
    began = time.process_time()
    document = docai.extract(data)
    assert time.process_time() - began < 30
    assert codes(document) == {"page_too_complex"}
    assert SENTENCE in document.text


@pytest.mark.slow
def test_a_hundred_thousand_words_are_read_within_seconds():
    data = FAULTS["a_hundred_thousand_words"]()
    began = time.process_time()
    document = docai.extract(data)
    assert time.process_time() - began < 30
    assert len(document.pages[0].words) == 100_000


@pytest.mark.slow
def test_a_compression_bomb_is_told_as_a_problem():
    document = extracted("a_bomb_of_spaces")
    (problem,) = document.pages[0].problems
    assert (problem.code, "200,000,000 bytes" in problem.message) == ("page_too_complex", True)


@pytest.mark.slow
def test_ten_thousand_pages_take_no_more_memory_than_a_few():
    data = FAULTS["ten_thousand_empty_pages"]()
    before = psutil.Process().memory_info().rss
    numbers = [page.number for page in docai.Extractor().pages(data)]
    assert numbers == list(range(1, 10_001))
    assert psutil.Process().memory_info().rss - before < 100_000_000


# ---- scripts and directions


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("arabic", "مرحبا بالعالم السلام عليكم"),
        ("hebrew", "שלום עולם בוקר טוב"),
        ("text_turned_by_37_degrees", "Slanted across the page"),
    ],
)
def test_every_word_comes_whole_whatever_its_direction(name, words):
    assert sorted(extracted(name).text.split()) == sorted(words.split())


@pytest.mark.parametrize(("name", "text"), [("arabic", "مرحبا بالعالم"), ("hebrew", "שלום עולם")])
def test_lines_from_right_to_left_are_read_from_right_to_left(name, text):
    assert text in extracted(name).text


def test_slanted_text_is_read_along_its_line():
    assert extracted("text_turned_by_37_degrees").text.split() == ["Slanted", "across", "the", "page"]


def test_vertical_japanese_is_read_downwards_and_from_the_right():
    assert "".join(extracted("vertical_japanese").text.split()) == "吾輩は猫である名前はまだ無い"


def test_vertical_japanese_has_no_spaces_between_its_letters():
    assert "吾輩は猫である" in extracted("vertical_japanese").text


def test_a_page_whose_commands_are_not_what_the_file_says_is_told():
    damaged, sound = extracted("compressed_garbage").pages
    assert [(problem.code, problem.severity) for problem in damaged.problems] == [("page_damaged", "error")]
    assert sound.problems == ()
