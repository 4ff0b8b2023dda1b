"""Outputs appear whole or not at all, and hold what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import docai
import docai.sources
from docai.backends.replay import Backend as Replay
from docai.delivery import Selection, deliver, save_overlay
from docai.document import Document, Page
from docai.exchange import Reply
from docai.extraction import Extractor
from docai.registry import EXPORTERS
from docai.sources import Origin, origin_of
from tests.drawn_pages import Sheet, filled
from tests.made_charts import GALLERY

DOCUMENTS = Path(__file__).parents[1] / "examples" / "documents"


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


# ---- delivery


def delivered(folder, formats, name="report.pdf", **options):
    rest, _ = deliver(Extractor().pages(DOCUMENTS / name), formats, Path(folder, name), **options)
    return rest


def test_each_format_is_delivered_beside_the_others(tmp_path):
    rest = delivered(tmp_path / "new" / "folder", list(EXPORTERS))
    assert (rest.status, rest.pages) == ("success", ())
    found = set(files_in(tmp_path / "new" / "folder"))
    tables = {name for name in found if name.endswith(("csv", "otsl"))}
    assert found - tables == {f"report.pdf.{form}" for form in EXPORTERS if form not in ("csv", "otsl")}
    assert {name.rpartition(".")[2] for name in tables} == {"csv", "otsl"}


def test_delivered_json_is_the_document(tmp_path):
    delivered(tmp_path, ["json"])
    assert Document.model_validate_json((tmp_path / "report.pdf.json").read_bytes()) == docai.extract(DOCUMENTS / "report.pdf")


def test_a_delivery_replaces_an_older_one(tmp_path):
    (tmp_path / "report.pdf.txt").write_text("old")
    delivered(tmp_path, ["txt"])
    assert "Moving More with Less" in (tmp_path / "report.pdf.txt").read_text(encoding="utf-8")


class Stopped(Exception):
    """What a caller's progress function may raise."""


@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt, MemoryError, OSError])
@pytest.mark.parametrize("form", sorted(EXPORTERS))
def test_a_delivery_that_breaks_off_leaves_nothing_and_keeps_what_was_there(tmp_path, form, error):
    old = tmp_path / f"report.pdf.{form}"
    old.write_text("old")
    suffixes = set()

    def stop_at_the_last(seen):
        suffixes.update(path.suffix for path in tmp_path.iterdir() if path != old)
        if seen.done == seen.total:
            raise error("no more")

    stream = Extractor().pages(DOCUMENTS / "report.pdf", on_progress=stop_at_the_last)
    with pytest.raises(error):
        deliver(stream, [form], tmp_path / "report.pdf")
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_text() == "old"
    assert suffixes <= {".part"}
    assert stream.origin not in docai.sources._open


def test_a_format_that_cannot_take_its_place_leaves_no_temporary_file(tmp_path):
    (tmp_path / "report.pdf.json").mkdir()
    with pytest.raises(OSError, match=r"report\.pdf\.json"):
        delivered(tmp_path, ["json", "md"])
    assert [name for name in files_in(tmp_path) if name != "report.pdf.md"] == []


def test_an_output_folder_that_is_a_file_is_an_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        delivered(tmp_path / "file", ["json"])
    assert docai.sources._open == {}


# ---- overlays


def test_overlays_show_each_page_at_a_hundred_dots_an_inch(tmp_path):
    delivered(tmp_path, ["json"], overlay=True)
    assert files_in(tmp_path / "report.pdf.overlay") == ["p1.png", "p2.png", "p3.png", "p4.png"]
    page = docai.extract(DOCUMENTS / "report.pdf", pages="1").pages[0]
    with Image.open(tmp_path / "report.pdf.overlay" / "p1.png") as picture:
        assert picture.size == (round(page.width_points / 0.72), round(page.height_points / 0.72))
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 10


def test_an_overlay_of_a_huge_page_stays_small(tmp_path):
    origin = origin_of(DOCUMENTS / "report.pdf")
    path = save_overlay(Page(number=1, width_points=14_400, height_points=720), origin, tmp_path)
    with Image.open(path) as picture:
        assert picture.size == (3000, 150)


def test_a_page_that_nobody_can_draw_has_no_overlay(tmp_path):
    assert (
        save_overlay(Page(number=1, width_points=100, height_points=100), Origin(str(tmp_path / "gone.pdf")), tmp_path / "o")
        is None
    )
    assert not (tmp_path / "o").exists()


# ---- only charts, only tables


@pytest.fixture
def charted():
    """The pages of a document with a paragraph and a chart, and what the reader says of the chart."""

    def begin(answer):
        page = Sheet()
        page.column(60, 80, 500, filled(60))
        page.bars(100, 400, (40, 90, 60, 120))
        return Extractor(backend=Replay([Reply(answer)])).pages(page.data())

    return begin


def test_only_charts_are_delivered_and_drawn_anew_beside(tmp_path, charted):
    only = Selection("charts")
    deliver(charted(GALLERY["bars"]), ["csv", "txt"], tmp_path / "a.pdf", only=only)
    name = next(path.stem for path in (tmp_path / "a.pdf.charts").iterdir())
    assert set(files_in(tmp_path)) == {f"a.pdf.{name}.csv", f"a.pdf.charts/{name}.png", "a.pdf.txt"}
    assert (tmp_path / "a.pdf.txt").read_text(encoding="utf-8").startswith("도시별 매출\n도시\t2022 매출\tDoanh thu\n")
    with Image.open(tmp_path / "a.pdf.charts" / f"{name}.png") as picture:
        assert picture.size == (1280, 800)
    assert (only.read, only.unread) == (1, 0)


def test_a_chart_that_was_not_read_is_counted(tmp_path, charted):
    only = Selection("charts")
    deliver(charted(None), ["csv", "txt"], tmp_path / "a.pdf", only=only)
    assert (only.read, only.unread) == (0, 1)
    assert files_in(tmp_path) == ["a.pdf.txt"]
    assert (tmp_path / "a.pdf.txt").read_bytes() == b""


def test_only_tables_keep_their_captions(tmp_path):
    only = Selection("tables")
    delivered(tmp_path, ["txt"], only=only)
    text = (tmp_path / "report.pdf.txt").read_text(encoding="utf-8")
    assert text.startswith("Table 1:")
    assert "Moving More with Less" not in text
    assert only.read == 3
