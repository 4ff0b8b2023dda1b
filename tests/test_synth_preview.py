"""Contact sheets of drawn pages, and pages in files beside their truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.document import Document
from docai.errors import NothingToDo
from docai.sources import open_source, origin_of
from fine_tune.synth.pages import draw_page
from fine_tune.synth.preview import COLOURS, WIDTH, Choice, contact_sheet, preview, write_pages
from fine_tune.synth.scanning import scanned_as


def test_a_sheet_shows_the_boxes_of_each_kind_in_its_colour():
    pages = [draw_page(1, kind=kind, language="en") for kind in ("table", "chart", "receipt")]
    pages.append(scanned_as(pages[0], ("stamped",), 1))
    sheet = contact_sheet(pages, columns=2)
    assert sheet.shape[1] == 2 * WIDTH + 30
    for kind, colour in COLOURS.items():
        if kind != "text":  # grey, as is much else
            assert (sheet == colour).all(-1).sum() > 20, kind


def test_a_box_is_drawn_where_its_word_stands():
    page = draw_page(2, kind="letter", language="en")
    height, width = page.pixels.shape[:2]
    sheet = contact_sheet([page], columns=1)
    field = page.fields[0].box
    scale = min(WIDTH / width, 740 / height)
    x, y = 10 + round(field.left * width * scale), 10 + round((field.top + field.bottom) / 2 * height * scale)
    near = sheet[y - 1 : y + 2, x - 3 : x + 4].reshape(-1, 3)
    assert (near == COLOURS["field"]).all(-1).any()


@pytest.mark.parametrize(("pages", "columns"), [([], 3), ([1], 0)])
def test_a_sheet_of_nothing_is_refused(pages, columns):
    with pytest.raises(ValueError, match="at least one of each"):
        contact_sheet(pages, columns)


def test_a_preview_is_a_picture_in_a_file(tmp_path):
    path = preview(tmp_path / "sheet.png", count=3, columns=2, choice=Choice(seed=5, kind="receipt", language="vi"))
    picture = cv2.imread(str(path))
    assert picture.shape[1] == 2 * WIDTH + 30


def test_pages_are_written_beside_their_truth(tmp_path):
    choice = Choice(seed=7, kind="letter", scanned=1.0)
    paths = write_pages(tmp_path / "made", count=2, choice=choice)
    assert [path.name for path in paths] == ["00007.png", "00008.png"]
    for path, drawn in zip(paths, choice.pages(2), strict=True):
        source = open_source(origin_of(path))
        page = source.page(1)
        document = Document.model_validate_json(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        assert document.pages == drawn.document.pages
        assert document.content_hash == source.origin.sha256()
        # PNG counts whole pixels per metre
        assert (page.width_points, page.height_points) == pytest.approx(
            (document.pages[0].width_points, document.pages[0].height_points), rel=1e-3
        )
        assert np.array_equal(source.render(1, *drawn.pixels.shape[1::-1])[0], drawn.pixels)


def test_no_pages_are_nothing_to_do(tmp_path):
    with pytest.raises(NothingToDo, match="--count"):
        preview(tmp_path / "sheet.png", count=0)
    with pytest.raises(NothingToDo, match="--count"):
        write_pages(tmp_path, count=0)
