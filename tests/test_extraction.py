"""`extract` and `Extractor`: which pages, in what order, how they end, and what a failure leaves of the rest."""

from __future__ import annotations

import gc
import io
import random
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import docai
import docai.sources
from docai.backends.replay import Backend as ReplayBackend
from docai.backends.replay import Speaker
from docai.backends.speech import SpeakingBackend
from docai.box import Box
from docai.dialects import Said, Token
from docai.dialects.varco import Dialect
from docai.document import Figure, Problem, Text
from docai.exchange import Reply
from docai.extraction import Extractor, Progress, parse_pages
from docai.reading import HELD
from docai.sources import SourcePage
from docai.tiling import Lens
from tests.drawn_pages import pages_of_text, scans

DOCUMENTS = Path(__file__).parents[1] / "examples" / "documents"
NUMBERS = st.integers(1, 40)
COUNTS = st.integers(1, 40)


class Scribe:
    """Answers each scan with a text that names its page, and keeps which pages it was asked about."""

    def __init__(self, *, batch=1):
        self.batch, self.lens, self.asked = batch, Lens(), []

    def answer(self, requests):
        return [self._reply(request.views[0]) for request in requests]

    def _reply(self, view):
        self.asked.append(view.page.number)
        return Reply((Text(page_number=view.page.number, box=view.box, text=f"Page {view.page.number}"),))


class Scrambler(Scribe):
    """Answers page 2 with what is no content at all."""

    def _reply(self, view):
        return Reply(answer=object()) if view.page.number == 2 else super()._reply(view)


class Quitter(Scribe):
    """Cannot answer about page 2, and raises."""

    def answer(self, requests):
        if any(request.views[0].page.number == 2 for request in requests):
            raise RuntimeError("the reader broke down")
        return super().answer(requests)


# ---- page ranges


@pytest.mark.parametrize(
    ("pages", "numbers"),
    [
        (None, [1, 2, 3, 4, 5, 6, 7]),
        ("1-3,7", [1, 2, 3, 7]),
        ("5-", [5, 6, 7]),
        ("-2", [1, 2]),
        (" 7 , 1 - 2,1", [1, 2, 7]),
        ("007", [7]),
        ([7, 1, 1], [1, 7]),
        (range(2, 4), [2, 3]),
        ((number for number in (3,)), [3]),
    ],
)
def test_page_ranges_mean_ascending_numbers_each_once(pages, numbers):
    assert parse_pages(pages, 7) == numbers


@pytest.mark.parametrize(
    "pages",
    ["", ",", "-", "0", "8", "1-8", "3-2", "a", "1-2-3", "1.5", "+1", "1e1", "²", "1-999999999999", "9" * 5000, [], [0], [-1], [8]],
)
def test_what_is_no_page_of_the_document_is_no_such_page(pages):
    with pytest.raises(docai.NoSuchPage, match=r"pages 1 to 7|write pages like"):
        parse_pages(pages, 7)


@given(st.text(alphabet="0123456789-, x", max_size=12) | st.text(max_size=5), COUNTS)
def test_any_text_means_pages_of_the_document_or_none(text, count):
    try:
        numbers = parse_pages(text, count)
    except docai.NoSuchPage:
        return
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(1, count + 1))
    assert numbers


@given(st.lists(st.tuples(NUMBERS, NUMBERS).map(sorted), min_size=1, max_size=5))
def test_ranges_written_down_mean_their_numbers(ranges):
    text = ",".join(f"{first}-{last}" if first != last else f"{first}" for first, last in ranges)
    assert set(parse_pages(text, 40)) == {number for first, last in ranges for number in range(first, last + 1)}


@given(st.sets(NUMBERS, min_size=1))
def test_numbers_mean_what_they_mean_as_text(numbers):
    assert parse_pages(numbers, 40) == parse_pages(",".join(map(str, numbers)), 40) == sorted(numbers)


@given(COUNTS, st.data())
def test_open_ranges_meet(count, data):
    middle = data.draw(st.integers(1, count))
    assert sorted({*parse_pages(f"-{middle}", count), *parse_pages(f"{middle}-", count)}) == parse_pages(None, count)


# ---- inputs


def test_a_path_bytes_and_a_file_object_give_the_same_pages(tmp_path):
    data = pages_of_text(2)
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    with path.open("rb") as file:
        inputs = (path, str(path), data, bytearray(data), memoryview(data), file, io.BytesIO(data))
        documents = [docai.extract(given) for given in inputs]
    assert all(document.pages == documents[0].pages for document in documents)
    assert {document.content_hash for document in documents} == {documents[0].content_hash}
    assert [document.name for document in documents] == ["a.pdf"] * 2 + ["document"] * 5


def test_a_missing_file_is_unreadable_and_named():
    with pytest.raises(docai.Unreadable, match=r"no-such\.pdf: cannot be read: No such file"):
        docai.extract("no-such.pdf")


@pytest.mark.parametrize("wrong", [7, None, ["a.pdf"]])
def test_what_is_no_input_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="a document is a path, bytes or a binary file object"):
        docai.extract(wrong)


# ---- pages as they are read


def test_a_page_comes_before_the_last_one_is_read():
    scribe = Scribe()
    stream = Extractor(backend=scribe).pages(scans(50))
    assert next(stream).number == 1
    assert len(scribe.asked) < 10
    assert [page.number for page in stream] == list(range(2, 51))
    assert scribe.asked == list(range(1, 51))


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_a_batch_of_any_size_gives_the_same_pages_in_order(batch):
    pages = docai.extract(scans(7), backend=Scribe(batch=batch)).pages
    assert [page.blocks[0].content.text for page in pages] == [f"Page {number}" for number in range(1, 8)]


def test_the_rest_is_the_document_without_its_pages():
    data = pages_of_text(3)
    stream = Extractor().pages(data)
    assert stream.total == 3
    assert stream.rest.status == "partial_success"
    pages = tuple(stream)
    assert stream.rest.pages == ()
    assert stream.rest.page_count == 3
    assert docai.replace(stream.rest, pages=pages) == docai.extract(data)


def test_an_ended_stream_stays_ended():
    stream = Extractor().pages(pages_of_text(1))
    assert len(list(stream)) == 1
    assert list(stream) == []


def test_closing_early_keeps_what_is_known_and_releases_the_file():
    stream = Extractor().pages(pages_of_text(3))
    next(stream)
    assert stream.origin in docai.sources._open
    stream.close()
    stream.close()
    assert stream.origin not in docai.sources._open
    assert (stream.rest.status, stream.rest.page_count) == ("partial_success", 3)


@pytest.mark.parametrize("pages", ["99", "x"])
def test_a_wrong_page_range_releases_the_file(pages):
    before = set(docai.sources._open)
    with pytest.raises(docai.NoSuchPage):
        docai.extract(pages_of_text(1), pages=pages)
    assert set(docai.sources._open) <= before


def test_a_stream_that_is_dropped_releases_the_file():
    stream = Extractor().pages(pages_of_text(3))
    origin = stream.origin
    next(stream)
    del stream
    gc.collect()
    assert origin not in docai.sources._open


def test_a_run_through_a_long_document_keeps_few_of_its_pages():
    def held():
        return sum(type(value) is SourcePage for value in gc.get_objects())

    gc.collect()
    before, most = held(), 0
    for page in Extractor().pages(pages_of_text(3 * HELD)):
        if page.number % 9 == 0:
            gc.collect()
            most = max(most, held() - before)
    assert 0 < most <= HELD + 4


# ---- progress


def test_progress_counts_the_pages_asked_for_in_order():
    seen = []
    docai.extract(DOCUMENTS / "report.pdf", pages="2-4", on_progress=seen.append)
    assert seen == [Progress("report.pdf", number, done, 3) for done, number in enumerate((2, 3, 4), 1)]


# ---- pages alone and together


def without_seams(page):
    return docai.replace(page, blocks=tuple(docai.replace(block, continues=None) for block in page.blocks))


@pytest.mark.parametrize("name", ["report.pdf", "korean.pdf", "vietnamese.pdf", "form.pdf", "rotated_scan.pdf"])
def test_a_page_does_not_depend_on_which_others_are_asked_for(name):
    whole = docai.extract(DOCUMENTS / name)
    for page in whole.pages:
        (alone,) = docai.extract(DOCUMENTS / name, pages=[page.number]).pages
        assert without_seams(alone) == without_seams(page)


def test_a_page_of_a_long_document_does_not_depend_on_which_others_are_asked_for():
    data = pages_of_text(2 * HELD)
    whole = docai.extract(data)
    for number in (1, 2, HELD, 2 * HELD):
        (alone,) = docai.extract(data, pages=str(number)).pages
        assert without_seams(alone) == without_seams(whole.pages[number - 1])


def test_reading_twice_gives_the_same():
    assert docai.extract(DOCUMENTS / "report.pdf") == docai.extract(DOCUMENTS / "report.pdf")


def test_the_whole_document_is_known_though_few_pages_are_asked_for():
    document = docai.extract(DOCUMENTS / "report.pdf", pages="2")
    whole = docai.extract(DOCUMENTS / "report.pdf")
    assert (document.status, document.page_count, document.outline) == ("success", 4, whole.outline)
    assert document.content_hash == whole.content_hash


# ---- many documents


def test_many_documents_come_lazily_and_in_order_with_a_failure_among_them(tmp_path):
    paths = [tmp_path / name for name in ("a.pdf", "broken.pdf", "b.pdf")]
    for path in paths:
        path.write_bytes(b"no document" if path.name == "broken.pdf" else pages_of_text(1))
    opened = []

    def given_one_by_one():
        for path in paths:
            opened.append(path.name)
            yield path

    documents = Extractor().extract_many(given_one_by_one())
    assert opened == []
    assert next(documents).name == "a.pdf"
    assert opened == ["a.pdf"]
    failed, last = documents
    assert (failed.name, failed.status, failed.pages) == ("broken.pdf", "failure", ())
    assert [(problem.code, problem.severity) for problem in failed.problems] == [("unreadable", "error")]
    assert failed.problems[0].message.startswith("broken.pdf: ")
    assert (last.name, last.status) == ("b.pdf", "success")


def test_a_failure_is_named_for_its_error(tmp_path):
    with pymupdf.open(stream=pages_of_text(1)) as document:
        locked = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="owner")
    documents = list(Extractor().extract_many([tmp_path / "missing.pdf", locked, io.BytesIO(locked)]))
    assert [document.problems[0].code for document in documents] == ["unreadable", "encrypted", "encrypted"]
    assert [document.status for document in Extractor().extract_many([locked], password="secret")] == ["success"]


# ---- pages that fail


def test_a_page_that_fails_is_a_problem_and_the_others_come_through():
    document = docai.extract(scans(3), backend=Scrambler())
    assert document.status == "partial_success"
    assert [page.number for page in document.pages] == [1, 2, 3]
    (problem,) = document.pages[1].problems
    assert (problem.code, problem.severity, problem.page_number) == ("page_failed", "error", 2)
    assert document.pages[1].blocks == ()
    assert [document.pages[place].blocks[0].content.text for place in (0, 2)] == ["Page 1", "Page 3"]


def test_a_page_on_which_the_backend_breaks_down_is_a_problem_and_the_others_come_through():
    document = docai.extract(scans(3), backend=Quitter())
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert [problem.severity for problem in document.pages[1].problems] == ["error"]
    assert [document.pages[place].blocks[0].content.text for place in (0, 2)] == ["Page 1", "Page 3"]


def test_a_document_whose_every_page_fails_is_a_failure():
    assert docai.extract(scans(2), pages="2", backend=Scrambler()).status == "failure"


def test_a_reply_with_an_error_makes_the_document_a_partial_success():
    reply = Reply(problems=(Problem(code="text_not_read", message="too faint", severity="error"),))
    document = docai.extract(scans(1), backend=ReplayBackend([reply]))
    assert document.status == "partial_success"
    assert document.pages[0].problems[-1].block == document.pages[0].blocks[0].id


def test_a_reply_with_a_warning_leaves_the_document_a_success():
    text = Text(page_number=1, box=docai.Box(0, 0, 1, 1), text="faint")
    reply = Reply((text,), problems=(Problem(code="text_doubtful", message="faint"),), confidence=0.6)
    document = docai.extract(scans(1), backend=ReplayBackend([reply]))
    assert document.status == "success"
    assert (document.pages[0].blocks[0].source, document.pages[0].blocks[0].confidence) == ("ocr", 0.6)


# ---- backends


@pytest.mark.parametrize("backend", ["nonsense", "replay", ""])
def test_an_unknown_backend_is_unavailable(backend):
    with pytest.raises(docai.BackendUnavailable, match="choose auto, classical, endpoint or vlm"):
        docai.extract(DOCUMENTS / "report.pdf", backend=backend)


def test_the_classical_backend_has_no_models():
    with pytest.raises(docai.BackendUnavailable, match="leave model out"):
        docai.extract(DOCUMENTS / "report.pdf", backend="classical", model="large")


def test_a_model_on_this_machine_must_be_named():
    with pytest.raises(docai.BackendUnavailable, match="which model"):
        docai.extract(DOCUMENTS / "report.pdf", backend="vlm")


def test_rules_and_geometry_answer_no_questions():
    with pytest.raises(docai.BackendUnavailable, match="name a model"):
        next(docai.Extractor().ask(DOCUMENTS / "report.pdf", "Who wrote this?"))


def test_the_backend_is_asked_only_for_what_the_text_layer_does_not_tell():
    scribe = Scribe()
    assert docai.extract(pages_of_text(2), backend=scribe).status == "success"
    assert scribe.asked == []


def test_a_phrase_is_found_on_each_page_as_surely_as_its_own_words_were_said():
    place, rest = "<obj>line 1</obj><bbox>0.1, 0.2, 0.3, 0.4</bbox>", " or somewhere else on the page"
    tokens = (Token(0, len(place), -0.01), Token(len(place), len(place + rest), -3.0))
    backend = SpeakingBackend(Speaker([Said(place + rest, tokens), Said("", finish="failed")]), Dialect(), Lens())
    found, lost = Extractor(backend=backend).ground(pages_of_text(2), "line 1")
    assert (found.page_number, found.boxes, found.confidence) == (1, (Box(0.1, 0.2, 0.3, 0.4),), 0.99)
    assert (lost.page_number, lost.phrase, lost.boxes, lost.confidence) == (2, "line 1", (), 0.0)


# ---- figures


def with_a_picture():
    """Return a PDF of a line of text and a picture of 90 x 60 points."""
    picture = Image.frombytes("RGB", (45, 30), random.Random(3).randbytes(45 * 30 * 3))
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=400)
        page.insert_text((40, 50), "Below is a picture.")
        page.insert_image(pymupdf.Rect(40, 100, 130, 160), stream=stored.getvalue())
        return document.tobytes()


def figures_of(document):
    return [block for page in document.pages for block in page.blocks if isinstance(block.content, Figure)]


def test_figures_are_saved_as_png_and_named_relative_to_their_folder(tmp_path):
    path = tmp_path / "in" / "a.pdf"
    path.parent.mkdir()
    path.write_bytes(with_a_picture())
    (block,) = figures_of(docai.extract(path, figures=tmp_path / "out"))
    assert block.content.file == f"a.pdf.figures/{block.id.replace('/', '-')}.png"
    with Image.open(tmp_path / "out" / block.content.file) as saved:
        assert saved.format == "PNG"
        assert saved.width / saved.height == pytest.approx(90 / 60, rel=0.05)
    assert [found.name for found in (tmp_path / "out").rglob("*") if found.is_file()] == [Path(block.content.file).name]


def test_figures_are_not_saved_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = figures_of(docai.extract(with_a_picture()))
    assert block.content.file is None
    assert list(tmp_path.iterdir()) == []
