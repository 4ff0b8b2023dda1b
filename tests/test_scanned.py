"""Whole pictures of text: read in their language, whichever way up, and nothing read where nothing is written."""

from __future__ import annotations

from difflib import SequenceMatcher

import cv2
import numpy as np
import pytest

import docai
from docai.backends.classical import calibration, scanned
from docai.backends.classical.engines import ReadLine, ReadWord
from tests.drawn_scans import PROSE, Paper, form, noisy, prose, receipt, rotated, ruled_table, stamped, two_columns


def png(pixels):
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels)[1].tobytes()


def read(scan, **options):
    return docai.extract(png(scan.pixels), **options)


def wrong(document, scan):
    """Return the share of a page's words that were not read as they stand."""
    found = document.text.split()
    truth = [part for line in scan.lines for part in line.text.split()]
    return 1 - sum(part in found for part in truth) / len(truth)


@pytest.mark.parametrize("language", PROSE)
@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_a_page_is_read_whichever_way_it_lies(language, quarter):
    scan = prose(language)
    pixels = np.ascontiguousarray(np.rot90(scan.pixels, -quarter // 90))
    document = docai.extract(png(pixels))
    assert document.pages[0].quarter == quarter
    assert wrong(document, scan) <= 0.05


def test_boxes_lie_on_the_page_as_it_was_given():
    scan = rotated(prose("en"), 4)
    page = read(scan, languages=["en"]).pages[0]
    assert page.skew == pytest.approx(4, abs=0.1)
    height, width = scan.pixels.shape[:2]
    ink = scan.pixels[:, :, 0] < 128
    for word in page.words:
        left, top, right, bottom = word.box.pixels(width, height)
        assert ink[top:bottom, left:right].any()


@pytest.mark.parametrize("language", ["ko", "vi"])
def test_the_language_is_chosen_by_what_is_read_best(language):
    scan = prose(language)
    assert wrong(read(scan), scan) <= 0.05
    assert wrong(read(scan, languages=["en"]), scan) > 0.3


def test_lines_in_another_language_than_the_page_are_read_in_theirs():
    paper = Paper()
    for row, (text, font) in enumerate(
        [("The board has reviewed the report of the third quarter", "helv")] * 6 + [("이사회는 삼분기 보고서를 검토하고", "korea")]
    ):
        paper.text(60, 80 + 24 * row, text, 11, font)
    document = read(paper.scan())
    assert "이사회는 삼분기 보고서를 검토하고" in document.text
    assert document.text.count("third quarter") == 6


def test_codes_in_korean_lines_are_read_as_latin_letters():
    paper = Paper()
    for row, code in enumerate(["B-2", "A-100", "QX-7B", "AB-12"]):
        paper.text(60, 80 + 30 * row, f"제출하신 부품 번호는 {code} 이며 창고에 있습니다", 12, "korea")
    words = read(paper.scan(), languages=["ko", "en"]).text.split()
    assert sum(code in words for code in ["B-2", "A-100", "QX-7B", "AB-12"]) >= 3


def test_a_ruled_table_of_a_scan_is_a_table():
    (table,) = read(ruled_table()).tables
    assert {cell.basis for cell in table.cells if cell.text} == {"ocr"}
    assert all(0 < cell.confidence < 1 for cell in table.cells if cell.text)
    assert all(0 < word.confidence < 1 for word in table.words)
    assert table.column_count >= 3


def test_columns_of_a_scan_are_read_one_after_the_other():
    scan = two_columns()
    truth = [part for line in scan.lines for part in line.text.split()]
    found = read(scan, languages=["en"]).text.split()
    assert SequenceMatcher(None, truth, found, autojunk=False).ratio() > 0.95


def test_text_under_a_stamp_and_a_receipt_are_read():
    for scan in (stamped(), receipt()):
        assert wrong(read(scan, languages=["en"]), scan) <= 0.2


# ---- nothing written


def textures(kind, seed):
    rng = np.random.default_rng(seed)
    height, width = 700, 600
    if kind == "blank":
        return np.full((height, width), 250 - seed, np.uint8)
    if kind == "black":
        return np.full((height, width), seed, np.uint8)
    if kind == "noise":
        return rng.integers(0, 256, (height, width), dtype=np.uint8)
    smooth = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 2.0 + seed)
    return np.asarray(255 * (smooth - smooth.min()) / np.ptp(smooth), np.uint8)


@pytest.mark.parametrize("kind", ["blank", "black", "noise", "texture"])
def test_nothing_is_read_where_nothing_is_written(kind):
    for seed in range(4):
        document = docai.extract(png(textures(kind, seed)))
        assert document.pages[0].words == ()


def test_a_blank_page_is_told_to_be_blank():
    document = docai.extract(png(np.full((1000, 700), 255, np.uint8)))
    assert [(problem.code, problem.severity) for problem in document.all_problems] == [("page_blank", "note")]
    assert document.status == "success"


def test_a_picture_without_text_stays_a_picture():
    document = docai.extract(png(textures("texture", 2)))
    assert [block.content.kind for block in document.blocks] == ["figure"]
    assert [problem.code for problem in document.all_problems] == ["no_text_found"]


# ---- languages and confidence


class Doubter:
    """An engine that reads the same four words on every line, and is not sure at all of the second."""

    rest = 0.97

    def __init__(self, language):
        self.name = language

    def read(self, strip):
        quarter = strip.place.width / 4
        words = (("acknowledgement", self.rest), ("note", 0.0), ("for", self.rest), ("parcels", self.rest))
        return ReadLine(
            self.name,
            tuple(
                ReadWord(text, strip.margin + n * quarter, strip.margin + (n + 0.8) * quarter, sure)
                for n, (text, sure) in enumerate(words)
            ),
        )


@pytest.mark.parametrize(("rest", "kept"), [(0.97, True), (0.5, False)])
def test_an_unsure_word_is_kept_in_a_sound_line_and_taken_for_dirt_in_another(monkeypatch, rest, kept):
    monkeypatch.setitem(scanned.ENGINES, "tesseract", f"{__name__}:Doubter")
    monkeypatch.setattr(Doubter, "rest", rest)
    (page,) = read(prose("ko"), languages=("ko",)).pages
    words = [word for word in page.words if word.text == "note"]
    assert bool(words) is kept
    assert all(word.confidence == 0 for word in words)


def test_a_language_without_a_model_is_named_with_the_package_that_brings_it():
    scan = prose("en")
    document = read(scan, languages=["en", "sw"])
    (problem,) = [problem for problem in document.all_problems if problem.code == "language_missing"]
    assert problem.severity == "note"
    assert "tesseract-ocr-sw" in problem.message or "sw.traineddata" in problem.message
    assert wrong(document, scan) <= 0.05


def test_no_language_that_can_be_read_is_an_error_and_the_scan_stays_a_picture():
    document = read(prose("en"), languages=["sw"])
    assert [(problem.code, problem.severity) for problem in document.all_problems] == [("text_not_read", "error")]
    assert [block.content.kind for block in document.blocks] == ["figure"]


@pytest.mark.parametrize("engine", calibration.KNOTS)
def test_a_calibrated_confidence_rises_with_the_engines(engine):
    values = [calibration.calibrated(engine, raw / 50) for raw in range(51)]
    assert values == sorted(values)
    assert 0 <= values[0] <= values[-1] <= 1


def test_confidence_means_how_often_words_are_right():
    sure, right = [], []
    for language, deviation in [("en", 0), ("vi", 0), ("ko", 0), ("en", 28), ("vi", 28), ("ko", 28)]:
        scan = prose(language, 150, size=9)
        page = read(noisy(scan, deviation) if deviation else scan, languages=[language]).pages[0]
        truth = {part for line in scan.lines for part in line.text.split()}
        sure += [word.confidence for word in page.words]
        right += [word.text in truth for word in page.words]
    assert abs(np.mean(sure) - np.mean(right)) <= 0.08


@pytest.mark.parametrize("dpi", [54, 60])
def test_letters_of_a_few_pixels_are_enlarged(dpi):
    """Cut from a web page: the lines of letters five pixels high hold too few to be read as they are."""
    scan = form(dpi=dpi)
    assert wrong(read(scan, languages=("en",)), scan) < 0.1
