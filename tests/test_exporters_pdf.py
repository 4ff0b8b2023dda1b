"""Searchable PDFs are read back with poppler's pdftotext and drawn: words stand at their boxes, pages look as they did."""

from __future__ import annotations

import html
import io
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from docai.box import Box, hull
from docai.document import Block, Cell, Document, Figure, Page, Problem, Table, Text, Word, replace
from docai.exporters import Memory, feed, write
from docai.exporters.pdf import Exporter, glyphless_font
from docai.inputs import find_jobs
from docai.sources import opened, origin_of
from docai.turning import turned_box

EXAMPLES = Path(__file__).parents[1] / "examples" / "documents"
WIDTH, HEIGHT = 400.0, 300.0  # points of a page
LINES = (
    "The quarterly review shows",
    "물류 거점을 통합하여 운영하였습니다",
    "Đường vận chuyển được mở rộng",
    "𠀋 is a letter, 😀 is none",
)


# ---- documents


def drawn_words(lines=LINES, size=12.0, left=40.0, top=50.0, letter=0.5, gap=0.3):
    """Return the words of lines as a reader of a page of WIDTH x HEIGHT would: fixed letters, word by word."""
    words = []
    for number, line in enumerate(lines):
        x, y = left, top + 1.6 * size * number
        for text in line.split():
            right = x + letter * size * len(text)
            words.append(Word(text=text, box=Box(x / WIDTH, y / HEIGHT, right / WIDTH, (y + size) / HEIGHT)))
            x = right + gap * size
    return tuple(words)


def block(words, number=1, page_number=1, source="ocr"):
    content = Text(page_number=page_number, box=hull(w.box for w in words), words=words, text=" ".join(w.text for w in words))
    return Block(id=f"p{page_number}/{number}", content=content, source=source)


def page_of(words, number=1, width=WIDTH, height=HEIGHT, **more):
    return Page(number=number, width_points=width, height_points=height, blocks=(block(words, page_number=number),), **more)


def document(*pages):
    return Document(name="a", page_count=len(pages), pages=pages)


def photograph(width=800, height=600, mode="RGB"):
    """Return a picture with something to see in every place."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    colours = np.stack([x % 256, y % 256, (x * y // 97) % 256], axis=-1).astype(np.uint8)
    return Image.fromarray(colours).convert(mode)


def saved(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, dpi=(144, 144), **options)
    return stream.getvalue()


def sheet(pages=1, **options):
    """Return a PDF with a visible sentence on each page."""
    file = pymupdf.open()
    for number in range(1, pages + 1):
        page = file.new_page(width=WIDTH, height=HEIGHT)
        page.draw_rect((200, 150, 380, 280), fill=(0.2, 0.5, 0.9))
        page.insert_text((30, 280), f"Printed on page {number}")
    return file.tobytes(**options)


# ---- read back


def exported(tmp_path, source, *pages, **options):
    (path,) = write(document(*pages), "pdf", tmp_path / "out", source, **options)
    return path


def found_words(path, size=None):
    """Return the words of each page, as pdftotext finds them, each with its box in page fractions.

    pdftotext tells the size of a page with /Rotate as if it had none; `size` is then the right one.
    """
    told = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    pages = []
    for part in told.split("<page ")[1:]:
        width, height = size or map(float, re.match(r'width="([\d.]+)" height="([\d.]+)"', part).groups())
        matches = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', part)
        pages.append(
            [
                (html.unescape(text), Box.clipped(*(float(v) / s for v, s in zip(sides, (width, height) * 2, strict=True))))
                for *sides, text in matches
            ]
        )
    return pages


def lines_told(path):
    told = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout
    return [line for line in told.replace("\f", "\n").splitlines() if line.strip()]


def common_share(one, other):
    shared = one.intersection(other)
    return shared / max(one.area + other.area - shared, 1e-12)


def is_at_its_box(word, found):
    return any(text == word.text and common_share(box, word.box) >= 0.5 for text, box in found)


def lost(words, found):
    return [word.text for word in words if not is_at_its_box(word, found)]


def look(file, number=0, dpi=72):
    with pymupdf.open(stream=file) if isinstance(file, bytes) else pymupdf.open(file) as opening:
        return opening[number].get_pixmap(dpi=dpi).samples


def picture_of(path, number=0):
    """Return the dictionary and the stored bytes of the only picture of a page."""
    with pymupdf.open(path) as file:
        ((xref, *_),) = file[number].get_images()
        pixels = pymupdf.Pixmap(file, xref)
        shape = (pixels.height, pixels.width, pixels.n) if pixels.n > 1 else (pixels.height, pixels.width)
        decoded = np.frombuffer(pixels.samples, np.uint8).reshape(shape)
        return file.xref_object(xref, compressed=True), file.xref_stream_raw(xref), decoded


# ---- words and their boxes


def skewed(box, degrees):
    """Return the smallest box that holds `box` when the page is tilted clockwise about its middle."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [((x - 0.5) * WIDTH, (y - 0.5) * HEIGHT) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    xs = [(x * cosine - y * sine) / WIDTH + 0.5 for x, y in corners]
    ys = [(x * sine + y * cosine) / HEIGHT + 0.5 for x, y in corners]
    return Box.clipped(min(xs), min(ys), max(xs), max(ys))


@pytest.mark.parametrize("skew", [0.0, 1.5, -3.0])
@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_every_word_stands_at_its_box_however_the_page_was_scanned(tmp_path, quarter, skew):
    words = tuple(replace(w, box=turned_box(skewed(w.box, skew), (360 - quarter) % 360)) for w in drawn_words())
    width, height = (WIDTH, HEIGHT) if quarter in (0, 180) else (HEIGHT, WIDTH)
    picture = saved(photograph(round(2 * width), round(2 * height)), "PNG")
    path = exported(tmp_path, picture, page_of(words, width=width, height=height, quarter=quarter, skew=skew))
    (found,) = found_words(path)
    assert lost(words, found) == []
    assert len(found) == len(words)
    assert " ".join(lines_told(path)) == " ".join(LINES)


@pytest.mark.parametrize("name", ["report.pdf", "korean.pdf", "vietnamese.pdf"])
def test_the_words_of_real_pages_stand_at_their_boxes(tmp_path, name):
    file, pages = pymupdf.open(), []
    with opened(origin_of(EXAMPLES / name)) as source:
        for number in range(1, source.page_count + 1):
            page = source.page(number)
            words = tuple(Word(text=word.text, box=word.box) for word in page.words)
            pages.append(page_of(words, number, page.width_points, page.height_points))
            file.new_page(width=page.width_points, height=page.height_points)
    path = exported(tmp_path, file.tobytes(), *pages)
    for page, found in zip(pages, found_words(path), strict=True):
        assert lost(page.words, found) == []


def test_lines_are_copied_with_their_spaces(tmp_path):
    assert lines_told(exported(tmp_path, saved(photograph(), "PNG"), page_of(drawn_words()))) == list(LINES)


@pytest.mark.parametrize("gap", [0.05, 0.0, -0.1])
def test_words_that_touch_or_overlap_are_not_glued(tmp_path, gap):
    words = drawn_words(LINES[:3], gap=gap)
    path = exported(tmp_path, saved(photograph(), "PNG"), page_of(words))
    assert lines_told(path) == list(LINES[:3])
    assert lost(words, found_words(path)[0]) == []


def test_chinese_and_japanese_are_copied_without_spaces(tmp_path):
    words = drawn_words(["吾輩は 猫である 名前は"], letter=1.0, gap=0.0)
    assert lines_told(exported(tmp_path, saved(photograph(), "PNG"), page_of(words))) == ["吾輩は猫である名前は"]


def test_small_and_high_letters_of_a_line_share_its_height(tmp_path):
    tops = {"one": 4.0, "High": 0.0, "gnu": 4.0, "flat": 0.0}  # points that the letters stay under the line's top
    words = tuple(
        replace(w, box=Box(w.box.left, w.box.top + tops[w.text] / HEIGHT, w.box.right, w.box.bottom))
        for w in drawn_words(["one High gnu flat"])
    )
    path = exported(tmp_path, saved(photograph(), "PNG"), page_of(words))
    assert lost(words, found_words(path)[0]) == []
    assert len({round(box.top, 3) for _, box in found_words(path)[0]}) == 1


def test_a_title_along_an_axis_is_written_along_it(tmp_path):
    across = drawn_words(["Million parcels a year"], left=20, top=20)
    up = tuple(replace(w, box=turned_box(w.box, 90)) for w in across)
    path = exported(tmp_path, saved(photograph(), "PNG"), page_of(up, width=HEIGHT, height=WIDTH))
    assert lost(up, found_words(path)[0]) == []
    assert " ".join(lines_told(path)) == "Million parcels a year"


def test_a_word_of_no_extent_and_one_of_no_text_break_nothing(tmp_path):
    words = (Word(text="point", box=Box(0.5, 0.5, 0.5, 0.5)), Word(text="", box=Box(0.1, 0.1, 0.2, 0.2)), *drawn_words(["well"]))
    assert "well" in " ".join(lines_told(exported(tmp_path, saved(photograph(), "PNG"), page_of(words))))


def test_more_characters_than_a_block_of_the_map_holds_all_come_back(tmp_path):
    letters = "".join(map(chr, range(0xAC00, 0xAC00 + 250)))
    lines = [letters[start : start + 25] for start in range(0, 250, 25)]
    assert lines_told(exported(tmp_path, saved(photograph(), "PNG"), page_of(drawn_words(lines, letter=1.0)))) == lines


def test_nothing_of_the_text_is_seen(tmp_path):
    path = exported(tmp_path, saved(Image.new("L", (800, 600), 255), "PNG"), page_of(drawn_words()))
    assert set(look(path)) == {255}


def test_the_font_is_a_font_of_two_glyphs():
    font = pymupdf.Font(fontbuffer=glyphless_font())
    assert (font.glyph_count, font.ascender, font.descender) == (2, pytest.approx(0.8), pytest.approx(-0.2))


# ---- pictures


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_is_kept_byte_for_byte(tmp_path, mode):
    jpeg = saved(photograph(mode=mode), "JPEG", quality=80)
    doubtful = Problem(code="text_not_read", message="half of it", page_number=1)
    path = exported(tmp_path, jpeg, page_of(drawn_words(), problems=(doubtful,)))
    dictionary, stored, _ = picture_of(path)
    assert "/DCTDecode" in dictionary
    assert stored == jpeg


def test_a_jpeg_that_is_shown_turned_is_stored_upright(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # turn clockwise to show
    path = exported(tmp_path, saved(photograph(600, 800), "JPEG", exif=exif), page_of(drawn_words()))
    dictionary, _, pixels = picture_of(path)
    assert "/FlateDecode" in dictionary
    with opened(origin_of(saved(photograph(600, 800), "JPEG", exif=exif))) as source:
        assert (pixels == source.render(1, 800, 600)[0]).all()


@pytest.mark.parametrize(
    ("mode", "form", "space", "bits"),
    [
        ("RGB", "PNG", "DeviceRGB", 8),
        ("RGB", "BMP", "DeviceRGB", 8),
        ("RGB", "WEBP", "DeviceRGB", 8),
        ("L", "PNG", "DeviceGray", 8),
        ("1", "PNG", "DeviceGray", 1),
        ("1", "TIFF", "DeviceGray", 1),
    ],
)
def test_a_picture_is_stored_without_loss_and_no_larger_than_it_is(tmp_path, mode, form, space, bits):
    image = photograph(803, 601, mode=mode)
    path = exported(tmp_path, saved(image, form, **({"lossless": True} if form == "WEBP" else {})), page_of(drawn_words()))
    dictionary, _, pixels = picture_of(path)
    assert f"/{space}" in dictionary
    assert f"/BitsPerComponent {bits}" in dictionary
    assert (pixels == np.asarray(image.convert("L" if mode == "1" else mode))).all()


def test_each_frame_of_a_tiff_is_a_page_of_its_size(tmp_path):
    frames = [photograph(800, 600), photograph(600, 800, "L"), photograph(400, 400, "1")]
    tiff = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    sizes = [(frame.width / 2, frame.height / 2) for frame in frames]
    pages = [page_of(drawn_words([f"Frame {n}"], left=10), n, *size) for n, size in enumerate(sizes, 1)]
    path = exported(tmp_path, tiff, *pages)
    with pymupdf.open(path) as file:
        assert [tuple(page.rect)[2:] for page in file] == sizes
    assert lines_told(path) == ["Frame 1", "Frame 2", "Frame 3"]
    assert (picture_of(path, 1)[2] == np.asarray(frames[1])).all()


def test_of_a_tiff_only_the_frames_that_were_read_are_in_it(tmp_path):
    tiff = saved(photograph(), "TIFF", save_all=True, append_images=[photograph(600, 800)])
    path = exported(tmp_path, tiff, page_of(drawn_words(["Second"]), 2, 300, 400))
    assert lines_told(path) == ["Second"]
    assert picture_of(path)[2].shape == (800, 600, 3)


def test_a_cut_off_jpeg_is_stored_as_it_was_read(tmp_path):
    jpeg = saved(photograph(), "JPEG", quality=90)
    problem = Problem(code="picture_truncated", message="cut off", page_number=1)
    path = exported(tmp_path, jpeg[: len(jpeg) // 2], page_of(drawn_words(), problems=(problem,)))
    assert picture_of(path)[2].shape == (600, 800, 3)


def test_a_frame_that_cannot_be_decoded_is_an_empty_page(tmp_path):
    problem = Problem(code="page_unreadable", message="damaged", severity="error", page_number=1)
    png = saved(photograph(), "PNG")
    page = Page(number=1, width_points=612, height_points=792, problems=(problem,))
    with pymupdf.open(exported(tmp_path, png[: len(png) // 2], page)) as file:
        assert (len(file), file[0].get_images()) == (1, [])


def test_a_new_file_names_docai_as_its_producer(tmp_path):
    with pymupdf.open(exported(tmp_path, saved(photograph(), "PNG"), page_of(drawn_words()))) as file:
        assert file.metadata["producer"].startswith("docai")


# ---- PDFs


def test_only_words_that_the_file_lacks_are_added(tmp_path):
    printed, read = drawn_words(["Printed already"], top=20), drawn_words(["Read from pixels"], top=150)
    page = Page(number=1, width_points=WIDTH, height_points=HEIGHT, blocks=(block(printed, 1, source="text_layer"), block(read, 2)))
    assert sorted(lines_told(exported(tmp_path, sheet(), page))) == ["Printed on page 1", "Read from pixels"]


def test_of_a_table_the_cells_that_were_read_are_added(tmp_path):
    words = drawn_words(["Printed Read"])
    cells = tuple(
        Cell(row=0, column=n, text=word.text, box=word.box, basis=basis)
        for n, (word, basis) in enumerate(zip(words, ("text_layer", "ocr"), strict=True))
    )
    table = Table(page_number=1, box=hull(w.box for w in words), words=words, row_count=1, column_count=2, cells=cells)
    page = Page(number=1, width_points=WIDTH, height_points=HEIGHT, blocks=(Block(id="p1/1", content=table),))
    assert sorted(lines_told(exported(tmp_path, sheet(), page))) == ["Printed on page 1", "Read"]


def test_a_pdf_keeps_its_looks_links_bookmarks_and_metadata(tmp_path):
    file = pymupdf.open(stream=sheet(pages=2))
    file[0].insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(30, 40, 200, 80), "uri": "https://example.org/"})
    file[0].insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(30, 90, 200, 120), "page": 1})
    file.set_toc([[1, "First", 1], [2, "Second", 2]])
    file.set_metadata({"title": "Kept", "producer": "Another"})
    source = file.tobytes()
    path = exported(tmp_path, source, page_of(drawn_words()), page_of(drawn_words(), 2))
    with pymupdf.open(path) as after:
        assert [link.get("uri") or link["page"] for link in after[0].get_links()] == ["https://example.org/", 1]
        assert after.get_toc() == [[1, "First", 1], [2, "Second", 2]]
        assert (after.metadata["title"], after.metadata["producer"]) == ("Kept", "Another")
    assert [look(path, n) for n in (0, 1)] == [look(source, n) for n in (0, 1)]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("quarter", [0, 90])
def test_words_stand_at_their_boxes_on_pages_that_are_turned_and_cropped(tmp_path, rotation, quarter):
    file = pymupdf.open(stream=sheet())
    file[0].set_mediabox((-30, -20, 700, 600))
    file[0].set_cropbox((50, 70, 50 + WIDTH, 70 + HEIGHT))
    file[0].set_rotation(rotation)
    width, height = file[0].rect.width, file[0].rect.height
    source = file.tobytes()
    # Laid out on a page of WIDTH x HEIGHT, then stretched to the page as displayed
    words = tuple(replace(w, box=turned_box(w.box, (360 - quarter) % 360)) for w in drawn_words())
    page = page_of(words, width=width, height=height, quarter=quarter)
    path = exported(tmp_path, source, page)
    with opened(origin_of(path)) as again:
        found = [(word.text, word.box) for word in again.page(1).words]
        directions = {word.direction for word in again.page(1).words if not word.visible}
    assert lost(words, found) == []
    assert directions == {quarter}
    assert look(path) == look(source)
    assert pymupdf.open(path)[0].rotation == rotation


@pytest.mark.parametrize("unit", ["2", "0.5", "60"])  # of 60 inches on, docai tells the sizes of pages smaller
def test_words_stand_at_their_boxes_on_pages_of_another_unit(tmp_path, unit):
    file = pymupdf.open(stream=sheet())
    file.xref_set_key(file[0].xref, "UserUnit", unit)
    words = drawn_words()
    with opened(origin_of(file.tobytes())) as source:
        page = source.page(1)
    path = exported(tmp_path, file.tobytes(), page_of(words, width=page.width_points, height=page.height_points))
    with opened(origin_of(path)) as again:
        assert lost(words, [(word.text, word.box) for word in again.page(1).words]) == []


def test_words_stand_at_their_boxes_on_a_turned_page_for_poppler_too(tmp_path):
    file = pymupdf.open(stream=sheet())
    file[0].set_rotation(90)
    words = drawn_words(["Turned by ninety degrees"], left=10)
    path = exported(tmp_path, file.tobytes(), page_of(words, width=HEIGHT, height=WIDTH))
    assert lost(words, found_words(path, (HEIGHT, WIDTH))[0]) == []


@pytest.mark.parametrize("contents", [b"q 0.5 0 0 0.5 30 30 cm", b"Q Q 2 0 0 2 0 0 cm", b"3 0 0 3 0 0 cm BT 1 Tr"])
def test_what_a_page_leaves_behind_does_not_move_the_text(tmp_path, contents):
    file = pymupdf.open()
    page = file.new_page(width=WIDTH, height=HEIGHT)
    page.insert_text((30, 280), "Printed")
    file.update_stream(page.get_contents()[0], contents + b" " + page.read_contents())
    words = drawn_words()
    path = exported(tmp_path, file.tobytes(), page_of(words))
    assert lost(words, found_words(path)[0]) == []
    assert look(path) == look(file.tobytes())


def test_pages_that_share_resources_or_have_none_keep_theirs(tmp_path):
    file = pymupdf.open(stream=sheet(pages=3))
    shared = file.xref_get_key(file[0].xref, "Resources")[1]
    root = int(file.xref_get_key(file[0].xref, "Parent")[1].split()[0])
    file.xref_set_key(root, "Resources", shared)
    for number in (0, 1):
        file.xref_set_key(file[number].xref, "Resources", "null")
    file.xref_set_key(file[2].xref, "Contents", "null")
    source = file.tobytes()
    path = exported(tmp_path, source, *(page_of(drawn_words([f"Word {n}"]), n) for n in (1, 2, 3)))
    assert sorted(lines_told(path)) == ["Printed on page 1", "Printed on page 2", "Word 1", "Word 2", "Word 3"]
    assert [look(path, n) for n in range(3)] == [look(source, n) for n in range(3)]


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("secret", ["sesame", ""])
def test_an_encrypted_pdf_is_opened_with_its_password_and_written_without(tmp_path, added, secret):
    source = tmp_path / "locked.pdf"
    source.write_bytes(sheet(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=secret, owner_pw="owner"))
    page = page_of(drawn_words(["Added"])) if added else Page(number=1, width_points=WIDTH, height_points=HEIGHT)
    path = exported(tmp_path, source, page, password=secret)
    with pymupdf.open(path) as file:
        assert (bool(file.needs_pass), file.metadata["encryption"]) == (False, None)
    assert sorted(lines_told(path)) == ["Added"] * added + ["Printed on page 1"]


def test_only_the_pages_that_were_read_are_in_it(tmp_path):
    file = pymupdf.open(stream=sheet(pages=4))
    file[1].insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(30, 40, 200, 80), "page": 3})
    file[1].insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(30, 90, 200, 120), "page": 0})
    file.set_toc([[1, f"Page {n}", n] for n in range(1, 5)])
    field = pymupdf.Widget()
    field.field_name, field.field_type, field.field_value = "secret", pymupdf.PDF_WIDGET_TYPE_TEXT, "filled in"
    field.rect = pymupdf.Rect(10, 10, 100, 30)
    file[2].add_widget(field)
    path = exported(tmp_path, file.tobytes(), page_of(drawn_words(["Two"]), 2), page_of(drawn_words(["Four"]), 4))
    assert lines_told(path) == ["Two", "Printed on page 2", "Four", "Printed on page 4"]
    with pymupdf.open(path) as after:
        everything = b"".join(after.xref_stream(n) or b"" for n in range(1, after.xref_length()) if after.xref_is_stream(n))
        assert [entry[1:] for entry in after.get_toc() if entry[2] > 0] == [["Page 2", 1], ["Page 4", 2]]
        assert [link["page"] for link in after[0].get_links()] == [1]
    assert b"page 1" not in everything
    assert b"page 3" not in everything


def test_a_pdf_that_needs_nothing_is_copied_byte_for_byte(tmp_path):
    source = sheet(pages=2)
    words = drawn_words()
    pages = [
        Page(number=n, width_points=WIDTH, height_points=HEIGHT, blocks=(block(words, page_number=n, source="text_layer"),))
        for n in (1, 2)
    ]
    assert exported(tmp_path, source, *pages).read_bytes() == source


def scan_with_hidden_text(*, rotation=0):
    """Return a PDF of one picture with hidden text that says something else, a printed stamp and a link."""
    file = pymupdf.open()
    page = file.new_page(width=WIDTH, height=HEIGHT)
    page.insert_image(page.rect, stream=saved(photograph(), "JPEG", quality=80))
    page.insert_text((40, 60), "xqzv wrtk", render_mode=3)
    page.insert_text((30, 280), "Stamp")
    page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(30, 40, 200, 80), "uri": "https://example.org/"})
    page.set_rotation(rotation)
    return file.tobytes()


@pytest.mark.parametrize("rotation", [0, 90])
def test_unsound_hidden_text_gives_way_to_what_was_read(tmp_path, rotation):
    source = scan_with_hidden_text(rotation=rotation)
    unsound = Problem(code="text_layer_unsound", message="not what is printed", page_number=1)
    width, height = (WIDTH, HEIGHT) if rotation == 0 else (HEIGHT, WIDTH)
    words = drawn_words(["Read anew"], left=10)
    path = exported(tmp_path, source, page_of(words, width=width, height=height, problems=(unsound,)))
    assert sorted(lines_told(path)) == ["Read anew", "Stamp"]
    assert look(path) == look(source)
    with pymupdf.open(path) as file:
        assert [link["uri"] for link in file[0].get_links()] == ["https://example.org/"]
        assert list(file[0].annots()) == []


def test_sound_hidden_text_stays(tmp_path):
    assert sorted(lines_told(exported(tmp_path, scan_with_hidden_text(), page_of(drawn_words(["More"], top=200))))) == [
        "More",
        "Stamp",
        "xqzv wrtk",
    ]


def test_a_searchable_pdf_made_searchable_again_keeps_both_texts(tmp_path):
    first = exported(tmp_path, sheet(), page_of(drawn_words(["더하기 First"])))
    second = exported(tmp_path / "again", first, page_of(drawn_words(["Second 빼기"], top=150)))
    assert sorted(lines_told(second)) == ["Printed on page 1", "Second 빼기", "더하기 First"]


def test_a_page_that_is_damaged_keeps_the_others(tmp_path):
    file = pymupdf.open(stream=sheet(pages=2))
    file.xref_set_key(file[0].xref, "Resources", "(no dictionary)")
    words = drawn_words(["Second"])
    path = exported(tmp_path, file.tobytes(), page_of(drawn_words(["First"])), page_of(words, 2))
    assert lost(words, found_words(path)[1]) == []


# ---- delivery


def test_without_its_source_no_pdf_can_be_made(tmp_path):
    with pytest.raises(ValueError, match=r'pass it: write\(document, "pdf", stem, source=path\)'):
        write(document(page_of(drawn_words())), "pdf", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_of_no_pages_nothing_is_written(tmp_path):
    assert write(document(), "pdf", tmp_path / "out", sheet()) == ()


def test_a_figure_without_words_adds_nothing(tmp_path):
    figure = Block(id="p1/1", content=Figure(page_number=1, box=Box(0, 0, 1, 1)), source="picture")
    source = sheet()
    page = Page(number=1, width_points=WIDTH, height_points=HEIGHT, blocks=(figure,))
    assert exported(tmp_path, source, page).read_bytes() == source


class FullDisk(io.RawIOBase):
    """A stream that takes a few bytes."""

    def __init__(self):
        self.room = 100

    def writable(self):
        return True

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return len(data)


class Full(Memory):
    """A place on a full disk."""

    def open(self, part=""):
        return FullDisk()


def test_a_full_disk_is_an_os_error():
    with pytest.raises(OSError, match="No space left"):
        feed(Exporter(Full(origin_of(sheet()))), document(page_of(drawn_words())))


def test_stdout_takes_a_pdf_through_a_pipe(tmp_path):
    command = [sys.executable, "-m", "docai", "extract", EXAMPLES / "report.pdf", "--pages", "2", "--to", "pdf", "-o", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    with pymupdf.open(stream=done.stdout) as file, pymupdf.open(EXAMPLES / "report.pdf") as original:
        assert len(file) == 1
        assert file[0].get_text() == original[1].get_text()


def test_what_was_written_into_a_folder_is_not_read_on_the_next_run(tmp_path):
    for name in ("a.pdf", "a.pdf.pdf", "deep/b.PNG", "deep/b.PNG.pdf", "c.jpg.pdf", "d.pdf.pdf.pdf", "e.txt", "e.txt.pdf"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [job.stem.as_posix() for job in find_jobs([str(tmp_path)])]
    assert found == ["a.pdf", "c.jpg.pdf", "d.pdf.pdf.pdf", "deep/b.PNG", "e.txt.pdf"]
    named = [job.stem.as_posix() for job in find_jobs([str(tmp_path / "a.pdf"), str(tmp_path / "a.pdf.pdf")])]
    assert named == ["a.pdf", "a.pdf.pdf"]
