"""Pages come from PDFs as they are displayed; what is damaged is told and never raises anything but docai's own errors.

Every file is made on the spot: by PyMuPDF where a sound one is wanted, object by object where it has to be odd.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import pickle
import subprocess
import sys
import unicodedata
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docai.sources
from docai.box import WHOLE, Box
from docai.errors import Encrypted, InputError, NoSuchPage, Unreadable
from docai.limits import Limits
from docai.sources import LETTER, Origin, PageReference, kind_of, open_source, opened, origin_of, poppler, render
from docai.sources.frame import MAX_POINTS
from docai.sources.spelling import accents_composed, clean

ROOT = Path(docai.sources.__file__).parents[2]
CLIPS = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(lambda sides: Box.clipped(*sides))
SIDES = st.integers(1, 300)
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def pdf(*objects, trailer=""):
    """Return a PDF of these objects, numbered from 1; the first is the catalogue."""
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + (body if isinstance(body, bytes) else body.encode("latin-1")) + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return data + f"trailer <</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()


def stream(content, entries=""):
    return f"<</Length {len(content)}{entries}>>\nstream\n{content}\nendstream"


def one_page(content, *more, page="", font=HELVETICA, catalogue=""):
    """Return a PDF of one page, 200 x 200 points unless `page` says otherwise; `more` objects begin at 6."""
    box = "" if "/MediaBox" in page else "/MediaBox[0 0 200 200]"
    return pdf(
        f"<</Type/Catalog/Pages 2 0 R{catalogue}>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{box}{page}>>",
        stream(content),
        font,
        *more,
    )


def opened_pdf(data):
    return open_source(origin_of(data))


def only_page(data):
    with opened(origin_of(data)) as source:
        return source.page(1)


def saved(document, **options):
    data = document.tobytes(**options)
    document.close()
    return data


def ink(pixels):
    """Return left, top, right, bottom, in fractions, of what is darker than paper."""
    rows, columns = np.nonzero(pixels.min(axis=2) < 160)
    height, width = pixels.shape[:2]
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


@pytest.fixture(scope="module")
def sound():
    """A PDF of two pages, with words, a picture, links, bookmarks, labels and an attachment."""
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.insert_text((50, 100), "Hello bold world", fontname="hebo", fontsize=18)
    page.insert_text((50, 150), "plain serif", fontname="tiro", fontsize=11, color=(1, 0, 0))
    page.insert_text((50, 200), "typed", fontname="coit", fontsize=9)
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 30, 20))
    picture.set_rect(picture.irect, (0, 0, 255))
    page.insert_image(pymupdf.Rect(100, 300, 250, 400), pixmap=picture)
    second = document.new_page(width=600, height=400)
    second.insert_text((20, 40), "Second page")
    page = document[0]
    page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 80, 150, 105), "uri": "https://example.org/a"})
    page.insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(50, 140, 150, 155), "page": 1, "to": pymupdf.Point(0, 0)})
    document.set_toc([[1, "Beginning", 1], [2, "Second – part", 2]])
    document.set_page_labels([{"startpage": 0, "prefix": "A-", "style": "r", "firstpagenum": 4}])
    document.embfile_add("figures.csv", b"a,b\n1,2\n", desc="the figures")
    return saved(document)


# ---- where bytes come from


def test_paths_bytes_and_file_objects_give_the_same_page(sound, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(sound)
    with path.open("rb") as file:
        inputs = (path, str(path), sound, bytearray(sound), memoryview(sound), file, io.BytesIO(sound))
        pages = [only_page(given) for given in inputs]
    assert len({page.words for page in pages}) == 1
    assert pages[0].words[0].text == "Hello"


def test_a_text_mode_file_object_is_a_type_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    with path.open() as file, pytest.raises(TypeError, match="binary mode"):
        origin_of(file)


def test_what_is_no_input_is_a_type_error():
    with pytest.raises(TypeError, match="not int"):
        origin_of(7)


def test_an_origin_hides_bytes_and_password_and_knows_its_digest(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 3_000_000)
    assert (
        Origin(str(path)).sha256()
        == Origin(None, b"x" * 3_000_000).sha256()
        == "sha256:" + hashlib.sha256(b"x" * 3_000_000).hexdigest()
    )
    shown = repr(Origin(None, b"secret bytes", "secret word"))
    assert "secret" not in shown
    assert (Origin(str(path)).name, Origin(None, b"").name) == ("a.bin", "document")
    assert Origin(str(path)).read(4) == Origin(None, b"xxxxxx").read(4) == b"xxxx"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.4\n", "pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"II*\x00", "image"),
        (b"MM\x00*", "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image"),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00", "image"),
        (b"BMW is a maker of cars", "pdf"),
        (b"\x89PNG\r\n\x1a\n made from %PDF-1.4", "image"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(head, kind):
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"PK\x03\x04\x14\x00", "ZIP or Office"),
        (b"PK\x03\x04 a.pdf %PDF-1.4", "ZIP or Office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"GIF89a", "GIF"),
        (b"\n<!doctype HTML><p>", "HTML"),
        (b"<HTML><body>", "HTML"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
    ],
)
def test_another_kind_of_file_is_named_with_the_next_step(head, word):
    with pytest.raises(Unreadable, match=word) as caught:
        kind_of(head)
    assert "first" in str(caught.value)


def test_the_suffix_does_not_matter(sound, tmp_path):
    wrong = tmp_path / "a.png"
    wrong.write_bytes(sound)
    assert only_page(wrong).words
    pixmap = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 9, 5))
    pixmap.clear_with(200)
    other = tmp_path / "b.pdf"
    other.write_bytes(pixmap.tobytes("png"))
    assert [(picture.width, picture.height) for picture in only_page(other).pictures] == [(9, 5)]


def test_what_is_no_document_is_unreadable(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
    for data in (packed.getvalue(), b"<html><p>x</p></html>", b"plain text\n" * 100, bytes(5000), b"%PDF-1.7\n", svg, b"x"):
        with pytest.raises(Unreadable, match="not a PDF"):
            open_source(origin_of(data))


def test_an_empty_file_says_so():
    with pytest.raises(Unreadable, match="0 bytes"):
        open_source(origin_of(b""))


def test_a_path_that_is_no_file_is_unreadable(tmp_path):
    for path in (tmp_path / "missing.pdf", tmp_path, "", f"{tmp_path}/a\0b.pdf"):
        with pytest.raises(Unreadable, match="cannot be read"):
            open_source(origin_of(path))


def test_garbage_before_the_header_does_no_harm(sound):
    page = only_page(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + sound)
    assert page.words[0].text == "Hello"


def test_a_truncated_pdf_is_repaired_or_unreadable(sound):
    whole = len(sound)
    with opened(origin_of(sound[: whole - 200])) as source:
        assert [problem.code for problem in source.problems()] == ["repaired"]
        assert source.page(1).words[0].text == "Hello"
    for length in range(10, whole, 97):
        with contextlib.suppress(Unreadable), opened(origin_of(sound[:length])) as source:  # either outcome is right, and no third
            for number in range(1, source.page_count + 1):
                assert source.page(number).width_points > 0


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_pdf_with_flipped_bytes_raises_nothing_but_typed_errors(changes):
    data = bytearray(one_page("BT /F1 20 Tf 20 100 Td (Hello) Tj ET 10 10 m 100 10 l S", page="/Rotate 90"))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        with opened(origin_of(bytes(data))) as source:
            for number in range(1, min(source.page_count, 3) + 1):
                source.page(number)
                pixels, _ = source.render(number, 20, 30)
                assert pixels.shape == (30, 20, 3)
            assert isinstance((*source.form_fields(), *source.outline(), *source.attachments()), tuple)
    except InputError:
        pass


def test_a_number_out_of_reach_is_no_such_page(sound):
    with opened(origin_of(sound)) as source:
        for number in (-1, 0, 3):
            with pytest.raises(NoSuchPage, match="it has 2"):
                source.page(number)
            with pytest.raises(NoSuchPage):
                source.render(number, 10, 10)


# ---- passwords


def test_an_encrypted_pdf_opens_with_its_password_and_with_no_other():
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "secret")
    data = saved(document, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="right", owner_pw="owner")
    with pytest.raises(Encrypted, match="it is encrypted"):
        open_source(origin_of(data))
    with pytest.raises(Encrypted, match="wrong"):
        open_source(origin_of(data, "guess"))
    for password in ("right", "owner"):
        with opened(origin_of(data, password)) as source:
            assert [word.text for word in source.page(1).words] == ["secret"]
    pixels, _ = render(PageReference(origin_of(data, "right"), 1), 600, 800)
    assert pixels.min() < 100
    assert poppler.render(origin_of(data, "right"), 1, 600, 800).min() < 100


def test_a_pdf_that_only_its_owner_may_change_opens_without_a_password():
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "open")
    data = saved(document, encryption=pymupdf.PDF_ENCRYPT_AES_128, owner_pw="owner", permissions=0)
    assert [word.text for word in only_page(data).words] == ["open"]


# ---- words


def test_words_carry_font_size_colour_and_baseline(sound):
    page = only_page(sound)
    words = {word.text: word for word in page.words}
    hello, plain, typed = words["Hello"], words["plain"], words["typed"]
    assert (hello.font.bold, hello.font.italic, hello.font.monospace, hello.font.serif) == (True, False, False, False)
    assert (plain.font.bold, plain.font.serif, plain.colour) == (False, True, 0xFF0000)
    assert (typed.font.italic, typed.font.monospace) == (True, True)
    assert [round(word.size, 3) for word in (hello, plain, typed)] == [18, 11, 9]
    assert [round(word.baseline * 600, 2) for word in (hello, plain, typed)] == [100, 150, 200]
    assert hello.box.left * 400 == pytest.approx(50, abs=0.1)
    assert (hello.space_after, words["world"].space_after) == (True, False)
    assert hello.line == words["world"].line != plain.line
    assert all(word.visible and word.direction == 0 for word in page.words)


def test_the_glyphs_of_a_word_stand_side_by_side_in_its_box(sound):
    with opened(origin_of(sound)) as source:
        word = next(word for word in source.page(1).words if word.text == "Hello")
        glyphs = [glyph for glyph in source.glyphs(1) if glyph.box.intersection(word.box) > 0]
        assert "".join(glyph.text for glyph in glyphs) == "Hello"
        with pytest.raises(NoSuchPage):
            source.glyphs(99)
    assert all(before.box.left < after.box.left for before, after in pairwise(glyphs))
    assert {(glyph.font, round(glyph.size, 3), glyph.direction) for glyph in glyphs} == {(word.font, 18, 0)}
    assert all(word.box.left - 1e-4 <= glyph.box.left and glyph.box.right <= word.box.right + 1e-4 for glyph in glyphs)


@pytest.mark.parametrize("crop", ["", "/CropBox[30 40 170 190]"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270, -90, 450])
def test_a_word_and_a_path_lie_where_their_ink_is_on_any_turned_and_cropped_page(turn, crop):
    content = "BT /F1 24 Tf 50 120 Td (Hxpq) Tj ET"
    data = one_page(content, page=f"/MediaBox[-20 -10 180 290]{crop}/Rotate {turn}")
    with opened(origin_of(data)) as source:
        page = source.page(1)
        word = page.words[0]
        pixels, problem = source.render(1, round(page.width_points * 4), round(page.height_points * 4))
    assert problem is None
    sides = (140, 150) if crop else (200, 300)
    assert (page.width_points, page.height_points) == (sides[::-1] if turn % 180 else sides)
    left, top, right, bottom = ink(pixels)
    assert word.box.contains(Box(left, top, right, bottom), 0.005)
    overlap = word.box.intersection(Box(left, top, right, bottom))
    assert overlap > 0.6 * word.box.area  # not a box for the whole page
    assert word.direction == turn % 360
    other = one_page("50 120 40 20 re f", page=f"/MediaBox[-20 -10 180 290]{crop}/Rotate {turn}")
    with opened(origin_of(other)) as source:
        path = source.page(1).paths[0]
        drawn = ink(source.render(1, 800, 800)[0])
    assert tuple(path.box) == pytest.approx(drawn, abs=0.005)


def test_a_baseline_is_where_letters_stand_on_a_turned_page():
    page = only_page(one_page("BT 0 1 -1 0 100 50 Tm /F1 24 Tf (HHH) Tj ET", page="/Rotate 90"))
    (word,) = page.words
    assert word.direction == 0
    pixels, _ = render(page.reference, 800, 800)
    assert word.baseline == pytest.approx(ink(pixels)[3], abs=0.005)


def test_text_that_reads_upwards_has_a_direction():
    (word,) = only_page(one_page("BT 0 1 -1 0 100 50 Tm /F1 24 Tf (Axis) Tj ET")).words
    assert (word.text, word.direction) == ("Axis", 270)


def test_invisible_text_is_told_apart():
    words = only_page(one_page("BT /F1 20 Tf 20 150 Td (seen) Tj 3 Tr 0 -50 Td (hidden) Tj 2 Tr 0 -50 Td (both) Tj ET")).words
    assert {word.text: word.visible for word in words} == {"seen": True, "hidden": False, "both": True}


def to_unicode(mapping):
    """Return a ToUnicode map of single bytes."""
    pairs = "\n".join(f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in mapping.items())
    return stream(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(mapping)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
    )


def test_decomposed_vietnamese_comes_out_composed():
    decomposed = unicodedata.normalize("NFD", "ộ")
    assert len(decomposed) == 3
    font = HELVETICA.replace(">>", "/ToUnicode 6 0 R>>")
    data = one_page("BT /F1 20 Tf 20 100 Td (hAi) Tj ET", to_unicode({0x41: decomposed, 0x68: "h", 0x69: "i"}), font=font)
    assert [word.text for word in only_page(data).words] == ["hội"]


def test_control_characters_are_dropped():
    font = HELVETICA.replace(">>", "/ToUnicode 6 0 R>>")
    mapping = {0x42: "\u00ad", 0x43: "\ufeff", 0x44: "\u200b", 0x61: "a", 0x62: "b"}
    data = one_page("BT /F1 20 Tf 20 100 Td (aBCDb) Tj ET", to_unicode(mapping), font=font)
    assert "".join(word.text for word in only_page(data).words) == "ab"


@given(st.text())
def test_cleaned_text_is_clean_for_good(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cleaned)


def test_glyphs_that_the_file_does_not_explain_are_replacement_characters():
    font = "<</Type/Font/Subtype/Type0/BaseFont/Nameless/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    descendant = (
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/Nameless/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        "/FontDescriptor 7 0 R/DW 500>>"
    )
    descriptor = (
        "<</Type/FontDescriptor/FontName/Nameless/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"
        "/CapHeight 700/StemV 80>>"
    )
    words = only_page(one_page("BT /F1 20 Tf 20 100 Td <012301240125> Tj ET", descendant, descriptor, font=font)).words
    assert "".join(word.text for word in words) == "\ufffd\ufffd\ufffd"


def test_accents_printed_over_letters_become_part_of_them():
    data = one_page("BT /F1 20 Tf 20 150 Td [(caf\xb4) 444 (e)] TJ 0 -50 Td (a \xb4 b) Tj ET")
    assert [word.text for word in only_page(data).words] == ["café", "a", "´", "b"]


def test_accents_compose_as_they_are_read():
    assert [accents_composed(text) for text in ("caf´e", "na¨ıve", "Žiˇzka", "ısı")] == ["café", "naïve", "Žižka", "ısı"]


def test_superscripts_are_told_apart():
    words = only_page(one_page("BT /F1 20 Tf 20 100 Td (base) Tj /F1 10 Tf 4 Ts ( note) Tj ET")).words
    assert [(word.text, round(word.size), word.superscript) for word in words] == [("base", 20, False), ("note", 10, True)]


# ---- lines, drawings, pictures


def test_lines_frames_and_thin_bars_are_rules():
    page = only_page(
        one_page(
            "2 w 20 150 m 180 150 l S "  # a line across
            "1 w 100 20 m 100 90 l S "  # a line down
            "20 100 160 1.5 re f "  # a bar so thin that it reads as a line
            "30 30 40 20 re S"  # a frame
        )
    )
    across = {
        (round(200 * rule.position, 1), round(200 * rule.start), round(200 * rule.end)): rule.thickness
        for rule in page.rules
        if rule.horizontal
    }
    down = {
        (round(200 * rule.position, 1), round(200 * rule.start), round(200 * rule.end))
        for rule in page.rules
        if not rule.horizontal
    }
    assert across[50.0, 20, 180] == pytest.approx(2)
    assert across[99.2, 20, 180] == pytest.approx(1.5, abs=0.01)
    assert {(150.0, 30, 70), (170.0, 30, 70)} <= set(across)
    assert down == {(100.0, 110, 180), (30.0, 150, 170), (70.0, 150, 170)}


def test_white_fills_and_slanted_lines_are_no_rules():
    page = only_page(one_page("1 1 1 rg 20 100 160 1 re f 20 20 m 180 180 l S"))
    assert page.rules == ()
    assert len(page.paths) == 2


def test_vector_paths_keep_colours_and_segments():
    page = only_page(one_page("1 0 0 rg 0 0 1 RG 3 w 20 20 60 100 re B 0 1 0 RG 10 10 m 20 40 60 80 100 10 c S"))
    rectangle, curve = page.paths
    assert (rectangle.fill, rectangle.stroke, rectangle.thickness) == ("#ff0000", "#0000ff", 3)
    kind, *place = rectangle.segments[0]
    assert kind == "rectangle"
    assert place == pytest.approx([0.1, 0.4, 0.4, 0.9])
    assert (curve.fill, curve.stroke) == ("", "#00ff00")
    kind, *place = curve.segments[0]
    assert kind == "curve"
    assert place == pytest.approx([0.05, 0.95, 0.1, 0.8, 0.3, 0.6, 0.5, 0.95])


def test_a_page_with_too_many_commands_is_read_without_its_drawings():
    content = "BT /F1 20 Tf 20 100 Td (Hello) Tj ET " + "0 0 m 9 9 l S\n" * (Limits().drawing_bytes // 14 + 9)
    page = only_page(one_page(content))
    assert [problem.code for problem in page.problems] == ["page_too_complex"]
    assert (page.paths, [word.text for word in page.words]) == ((), ["Hello"])


def test_pictures_have_a_place_and_their_own_pixels(sound):
    (picture,) = only_page(sound).pictures
    assert (picture.width, picture.height) == (30, 20)
    assert tuple(picture.box) == pytest.approx((100 / 400, 300 / 600, 250 / 400, 400 / 600), abs=1e-3)


# ---- links, bookmarks, labels, attachments, forms


def test_links_lead_out_or_to_a_page(sound):
    out, inside = only_page(sound).links
    assert (out.uri, out.page_number) == ("https://example.org/a", None)
    assert (inside.uri, inside.page_number) == (None, 2)
    assert tuple(out.box) == pytest.approx((50 / 400, 80 / 600, 150 / 400, 105 / 600), abs=1e-3)


def test_bookmarks_labels_and_attachments_are_told(sound):
    with opened(origin_of(sound)) as source:
        assert [(entry.level, entry.title, entry.page_number) for entry in source.outline()] == [
            (1, "Beginning", 1),
            (2, "Second – part", 2),
        ]
        assert [source.page(number).label for number in (1, 2)] == ["A-iv", "A-v"]
        (attachment,) = source.attachments()
        assert (attachment.name, attachment.size_bytes, attachment.description) == ("figures.csv", 8, "the figures")
        assert source.form_fields() == ()
        assert source.problems() == ()


def widget(entries, rectangle):
    return f"<</Type/Annot/Subtype/Widget/P 3 0 R/F 4/Rect[{rectangle}]{entries}>>"


def test_form_fields_of_each_kind_are_read():
    appearance = "/AP<</N<</Yes 18 0 R/Off 18 0 R>>>>"
    fields = (
        widget("/FT/Tx/T(name)/TU(Your name)/V(Ada\\rLovelace)/Ff 4098", "10 170 90 190"),  # 6: required, several lines
        widget("/FT/Tx/T(empty)/Ff 1", "100 170 190 190"),  # 7: read only
        widget("/FT/Ch/T(city)/Ff 131072/Opt[(Rome)(Oslo)]/V(Oslo)", "10 140 90 160"),  # 8
        widget("/FT/Ch/T(fruits)/Ff 2097152/Opt[(fig)(lime)(plum)]/V[(fig)(plum)]", "100 120 190 160"),  # 9
        widget(f"/FT/Btn/T(agree)/V/Yes/AS/Yes{appearance}", "10 110 20 120"),  # 10
        widget(f"/FT/Btn/T(spam)/AS/Off{appearance}", "30 110 40 120"),  # 11
        widget(f"/Parent 17 0 R/AS/one{appearance.replace('Yes', 'one')}", "10 80 20 90"),  # 12
        widget(f"/Parent 17 0 R/AS/Off{appearance.replace('Yes', 'two')}", "30 80 40 90"),  # 13
        widget("/FT/Btn/T(send)/Ff 65536", "10 50 60 70"),  # 14
        widget("/FT/Sig/T(unsigned)", "10 10 60 30"),  # 15
        widget("/FT/Sig/T(signed)/V<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>", "70 10 120 30"),  # 16
        "<</FT/Btn/T(choice)/Ff 49152/V/one/Kids[12 0 R 13 0 R]>>",  # 17
        stream("", "/Type/XObject/Subtype/Form/BBox[0 0 10 10]"),  # 18
    )
    kids = " ".join(f"{number} 0 R" for number in range(6, 17))
    roots = " ".join(f"{number} 0 R" for number in (6, 7, 8, 9, 10, 11, 14, 15, 16, 17))
    form = f"/AcroForm<</Fields[{roots}]/DA(/F1 10 Tf)/DR<</Font<</F1 5 0 R>>>>>>"
    data = one_page("", *fields, page=f"/Annots[{kids}]", catalogue=form)
    with opened(origin_of(data)) as source:
        found = source.form_fields()
    assert [(field.name, field.kind, field.value) for field in found] == [
        ("name", "text", "Ada\nLovelace"),
        ("empty", "text", None),
        ("city", "choice", "Oslo"),
        ("fruits", "choice", ("fig", "plum")),
        ("agree", "checkbox", True),
        ("spam", "checkbox", False),
        ("choice", "radio", True),
        ("choice", "radio", False),
        ("send", "button", None),
        ("unsigned", "signature", False),
        ("signed", "signature", True),
    ]
    by_name = {field.name: field for field in found}
    assert (by_name["name"].label, by_name["name"].required, by_name["name"].read_only) == ("Your name", True, False)
    assert by_name["empty"].read_only
    assert by_name["city"].options == ("Rome", "Oslo")
    assert tuple(by_name["name"].box) == pytest.approx((0.05, 0.05, 0.45, 0.15), abs=1e-3)
    assert {field.page_number for field in found} == {1}


def test_damaged_bookmarks_attachments_and_fields_leave_the_pages_whole():
    broken = (
        "/Outlines<</First 6 0 R/Last 6 0 R/Count 9>>/AcroForm<</Fields[3 0 R (x)]>>"
        "/Names<</EmbeddedFiles<</Names[(a) 7 0 R (b) null]>>>>"
    )
    data = one_page(
        "BT /F1 20 Tf 20 100 Td (Hello) Tj ET",
        "<</Title 7 0 R/Next 6 0 R/Dest[99 0 R/XYZ]>>",
        "(no file)",
        page="/Annots[6 0 R 7 0 R null<</Subtype/Widget/FT/Tx/Rect[nan]>>]",
        catalogue=broken,
    )
    with opened(origin_of(data)) as source:
        told = (*source.form_fields(), *source.outline(), *source.attachments())
        assert all(not getattr(value, "value", None) for value in told)
        assert [word.text for word in source.page(1).words] == ["Hello"]


def test_a_damaged_form_field_leaves_the_others_whole():
    fields = (
        widget("/FT/Tx/T(first)/V(1)/DA(/F1 10 Tf)", "10 170 90 190"),
        widget("/FT/Tx/T(broken)/V(2)/DA(/F1 R Tf)", "10 140 90 160"),
        widget("/FT/Tx/T(last)/V(3)/DA(/F1 10 Tf)", "10 110 90 130"),
    )
    form = "/AcroForm<</Fields[6 0 R 7 0 R 8 0 R]>>"
    with opened(origin_of(one_page("", *fields, page="/Annots[6 0 R 7 0 R 8 0 R]", catalogue=form))) as source:
        assert {"first", "last"} <= {field.name for field in source.form_fields()}


# ---- sizes that files give their pages


@pytest.mark.parametrize(
    "box",
    [
        "[0 0 0 0]",
        "[0 0 nan (x)]",
        "[0 0 200 0]",
        "[0 0 1e39 1e39]",
        "[0 0]",
        "(x)",
        "[0 0 1e30 99999999999999999999]",
        "[0 0 1e12 400]",
    ],
)
def test_a_page_without_a_usable_size_is_letter_and_its_word_lies_where_its_ink_is(box):
    page = only_page(one_page("BT /F1 24 Tf 20 50 Td (Hello) Tj ET", page=f"/MediaBox{box}"))
    assert (page.width_points, page.height_points) == LETTER
    pixels, _ = render(page.reference, 1224, 1584)
    assert page.words[0].box.contains(Box(*ink(pixels)), 0.005)


@pytest.mark.parametrize("page", ["/MediaBox[0 0 100000 50000]", "/MediaBox[0 0 1000 500]/UserUnit 100"])
def test_a_huge_page_is_told_smaller_and_its_word_lies_where_its_ink_is(page):
    scale = 1 if "UserUnit" in page else 100
    read = only_page(one_page(f"BT /F1 {100 * scale} Tf {50 * scale} {200 * scale} Td (Hello) Tj ET", page=page))
    assert (read.width_points, read.height_points) == pytest.approx((MAX_POINTS, MAX_POINTS / 2))
    assert [problem.code for problem in read.problems] == ["page_size_reduced"]
    pixels, _ = render(read.reference, 1000, 500)
    (word,) = read.words
    assert word.box.contains(Box(*ink(pixels)), 0.005)
    assert word.size == pytest.approx(MAX_POINTS / 10, rel=0.01)


def test_a_tiny_page_can_be_read_and_rendered():
    page = only_page(one_page("BT /F1 24 Tf 20 50 Td (Hello) Tj ET", page="/MediaBox[0 0 0.001 0.001]"))
    assert page.width_points > 0
    assert render(page.reference, 7, 5)[0].shape == (5, 7, 3)


# ---- pixels


@pytest.fixture(scope="module")
def drawn():
    return one_page("1 0 0 rg 20 20 60 100 re f BT /F1 24 Tf 20 150 Td (Hello) Tj ET", page="/MediaBox[3 5 211.7 300.3]/Rotate 90")


@given(CLIPS, SIDES, SIDES)
@settings(max_examples=150, deadline=None)
def test_any_clip_gives_exactly_the_pixels_asked_for(drawn, clip, width, height):
    source = opened_pdf(drawn)
    pixels, problem = source.render(1, width, height, clip)
    source.close()
    assert (pixels.shape, pixels.dtype, problem) == ((height, width, 3), np.uint8, None)
    assert pixels.flags.owndata or pixels.flags.writeable


def test_clips_join_to_the_whole_page(drawn):
    with opened(origin_of(drawn)) as source:
        whole, _ = source.render(1, 400, 300)
        halves = [source.render(1, 200, 300, clip)[0] for clip in (Box(0, 0, 0.5, 1), Box(0.5, 0, 1, 1))]
    joined = np.hstack(halves)
    assert np.abs(whole.astype(int) - joined).mean() < 1
    assert (whole[..., 0] > whole[..., 2]).any()  # red is red


def test_a_rendered_page_is_the_same_from_an_open_document_and_from_its_reference(drawn):
    reference = PageReference(origin_of(drawn), 1)
    alone, _ = render(reference, 60, 40)
    with opened(reference.origin) as source:
        within, _ = render(reference, 60, 40)
        with opened(reference.origin):
            pass
        assert docai.sources._open[reference.origin] is source
    assert np.array_equal(alone, within)
    assert reference.origin not in docai.sources._open


@pytest.mark.parametrize("kept", ["bytes", "path"])
def test_a_page_pickles_and_the_far_side_renders_the_same_pixels(sound, tmp_path, kept):
    path = tmp_path / "a.pdf"
    path.write_bytes(sound)
    page = only_page(sound if kept == "bytes" else path)
    assert pickle.loads(pickle.dumps(page)) == page
    pixels, _ = render(page.reference, 91, 67, Box(0.1, 0.1, 0.7, 0.5))
    far = (
        "import hashlib, pickle, sys\nfrom docai.document import Box\nfrom docai.sources import render\n"
        "page = pickle.load(sys.stdin.buffer)\n"
        "print(hashlib.sha256(render(page.reference, 91, 67, Box(0.1, 0.1, 0.7, 0.5))[0].tobytes()).hexdigest())"
    )
    told = subprocess.run([sys.executable, "-c", far], input=pickle.dumps(page), capture_output=True, cwd=ROOT, check=True)
    assert told.stdout.decode().strip() == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_the_pdf_source_loads_no_neural_network():
    code = (
        "import docai.sources.pdf, sys; print(sorted({'onnxruntime', 'pymupdf.layout', 'pymupdf4llm', 'torch'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"


def test_sources_alone_load_no_driver():
    code = "import docai.sources, sys; print(sorted({'pymupdf', 'cv2', 'PIL', 'pdf2image'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"


# ---- poppler, where MuPDF fails


def without_mupdf(page="/MediaBox[0 0 300 200]/CropBox[20 10 220 110]"):
    """Return a PDF whose page tree MuPDF rejects (a chain of parents that is a ring) and poppler reads."""
    return pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Parent 2 0 R/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R{page}>>",
        stream("1 0 0 rg 40 30 60 40 re f"),
    )


@pytest.mark.parametrize("turn", [0, 90])
def test_a_page_that_mupdf_cannot_load_is_a_picture_drawn_by_poppler(turn):
    data = without_mupdf(f"/MediaBox[0 0 300 200]/CropBox[20 10 220 110]/Rotate {turn}")
    with opened(origin_of(data)) as source:
        page = source.page(1)
        pixels, problem = source.render(1, 400, 200) if turn == 0 else source.render(1, 200, 400)
    assert [(problem.code, problem.severity) for problem in page.problems] == [("page_damaged", "warning")]
    assert (page.width_points, page.height_points) == ((200, 100) if turn == 0 else (100, 200))
    assert [picture.box for picture in page.pictures] == [WHOLE]
    assert problem.code == "rendered_by_poppler"
    expected = (0.1, 0.4, 0.4, 0.8) if turn == 0 else (0.2, 0.1, 0.6, 0.4)
    red = np.nonzero(pixels[..., 1] < 100)
    height, width = pixels.shape[:2]
    found = (red[1].min() / width, red[0].min() / height, (red[1].max() + 1) / width, (red[0].max() + 1) / height)
    assert found == pytest.approx(expected, abs=0.02)


def test_a_page_that_is_counted_and_does_not_exist_is_unreadable():
    data = one_page("").replace(b"/Count 1", b"/Count 2")
    with opened(origin_of(data)) as source:
        assert source.page_count == 2
        assert source.page(1).problems == ()
        assert [(problem.code, problem.severity) for problem in source.page(2).problems] == [("page_unreadable", "error")]
        with pytest.raises(InputError, match="neither MuPDF nor poppler"):
            source.render(2, 10, 10)


@pytest.mark.parametrize("clip", [WHOLE, Box(0.1, 0.2, 0.6, 0.9), Box(0.05, 0.45, 0.45, 0.65)])
def test_poppler_draws_what_mupdf_draws(drawn, clip, tmp_path):
    path = tmp_path / "-r.pdf"  # a name that could be taken for an option
    path.write_bytes(drawn)
    origin = origin_of(path)
    with opened(origin) as source:
        ours, _ = source.render(1, 300, 210, clip)
        assert poppler.page_size(origin, 1) == pytest.approx((source.page(1).width_points, source.page(1).height_points), abs=0.01)
    theirs = poppler.render(origin, 1, 300, 210, clip)
    assert theirs.shape == ours.shape
    assert np.abs(ours.astype(int) - theirs).mean() < 4


@given(CLIPS, SIDES, SIDES)
@settings(max_examples=12, deadline=None)
def test_poppler_gives_exactly_the_pixels_asked_for(drawn, clip, width, height):
    pixels = poppler.render(origin_of(drawn), 1, width, height, clip)
    assert (pixels.shape, pixels.dtype) == ((height, width, 3), np.uint8)


def test_poppler_refuses_with_typed_errors(drawn, tmp_path):
    for origin, number in ((origin_of(b"no document"), 1), (origin_of(tmp_path / "missing.pdf"), 1), (origin_of(drawn), 9)):
        with pytest.raises(InputError, match="neither MuPDF nor poppler"):
            poppler.render(origin, number, 10, 10)


def test_where_poppler_is_missing_the_next_step_is_told(drawn, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="apt-get install poppler-utils"):
        poppler.render(origin_of(drawn), 1, 10, 10)
