"""A page is read whole: every word once, scans and charts said to be unread, texts tied over columns and pages."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docai
from docai.backends.replay import Backend
from docai.box import Box
from docai.continuation import passages
from docai.document import Table, Text
from docai.exchange import Reply, drive
from docai.reading import Context, PageInHand, Pages, Seam, goes_on, joined, read_page, safe_page
from docai.roles import Style
from docai.sources import opened, origin_of
from tests.drawn_pages import LOREM, Sheet, filled, page_of, photographed

PROSE = f"{filled(110)}."


def first_page(data, **options):
    return docai.extract(data, **options).pages[0]


def codes(page):
    return [(problem.code, problem.severity) for problem in page.problems]


def texts(page):
    return [block.content.text for block in page.blocks if isinstance(block.content, Text)]


def scanned(data, **options):
    """Return a PDF whose page is a picture of the first page of another."""
    sheet = Sheet()
    sheet.picture(0, 0, 595, 842, photographed(data, **options))
    return sheet


def page_of_prose():
    sheet = Sheet()
    for n in range(2):
        sheet.column(60, 100 + 160 * n, 470, PROSE)
    return sheet.data()


# ---- text


def test_blocks_are_numbered_in_reading_order_and_keep_every_word():
    sheet = Sheet()
    sheet.text(60, 80, "Moving more with less", 20, "hebo")
    sheet.column(60, 120, 470, PROSE)
    page = first_page(sheet.data())
    assert [block.id for block in page.blocks] == ["p1/1", "p1/2"]
    assert [block.content.role for block in page.blocks] == ["title", "paragraph"]
    assert texts(page) == ["Moving more with less", PROSE]
    assert [part.text for part in page.words] == f"Moving more with less {PROSE}".split()
    assert all(block.confidence == 1 and block.source == "text_layer" and block.engine == "classical" for block in page.blocks)


def test_an_empty_page_has_no_blocks_and_no_problems():
    document = docai.extract(Sheet().data())
    assert document.status == "success"
    assert (document.pages[0].blocks, document.pages[0].problems) == ((), ())


def test_every_box_lies_on_the_words_of_its_block():
    page = first_page(page_of_prose())
    assert all(block.box.contains(part.box, 0.001) for block in page.blocks for part in block.content.words)


# ---- scans


def test_a_scan_is_read_as_the_page_that_it_is_a_picture_of():
    document = docai.extract(scanned(page_of_prose()).data())
    assert document.text == docai.extract(page_of_prose()).text
    assert {block.source for block in document.blocks} == {"ocr"}
    assert min(block.confidence for block in document.blocks) > 0.9
    assert (document.status, codes(document.pages[0])) == ("success", [])


def test_a_scan_stays_a_picture_where_reading_it_is_not_wanted():
    (page,) = docai.extract(scanned(page_of_prose()).data(), ocr="never").pages
    (block,) = page.blocks
    assert (block.content.kind, block.content.looks_like, block.source, block.content.words) == ("figure", "scan", "picture", ())
    assert codes(page) == [("text_not_read", "note")]


def test_digital_text_is_read_from_its_picture_where_that_is_wanted():
    document = docai.extract(page_of_prose(), ocr="always")
    assert {block.source for block in document.blocks} == {"ocr"}
    assert document.text == docai.extract(page_of_prose()).text


def hidden_layer(sheet, page, dx=0.0, dy=0.0, change=str):
    """Write the words of another page invisibly on a sheet."""
    drawing = sheet.page.new_shape()
    for part in page.words:
        place = part.box.left * 595 + dx, part.baseline * 842 + dy
        drawing.insert_text(place, change(part.text), fontsize=part.size, render_mode=3)
    drawing.commit()
    return sheet


def test_hidden_text_that_agrees_with_its_scan_is_read():
    data = page_of_prose()
    page = first_page(hidden_layer(scanned(data), page_of(data)).data())
    assert codes(page) == [("text_layer_of_scan", "note")]
    assert Counter(part.text for part in page.words) == Counter(PROSE.split() * 2)
    assert all(isinstance(block.content, Text) for block in page.blocks)


def test_hidden_text_of_another_page_is_not_used():
    """The words stand where the scan is white: somebody else's layer."""
    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    data = sheet.data()
    page = first_page(hidden_layer(scanned(data), page_of(data), dy=400).data())
    assert codes(page) == [("text_layer_unsound", "warning")]
    assert texts(page) == [PROSE]
    assert {block.source for block in page.blocks} == {"ocr"}


def test_hidden_text_that_no_language_has_is_not_used():
    data = page_of_prose()
    sheet = hidden_layer(scanned(data), page_of(data), change=lambda text: "".join("xqzwt"[ord(c) % 5] for c in text))
    assert ("text_layer_unsound", "warning") in codes(first_page(sheet.data()))


def test_a_scan_with_a_visible_stamp_is_still_a_scan():
    sheet = scanned(page_of_prose())
    hidden = hidden_layer(sheet, page_of(page_of_prose()))
    page = first_page(hidden.text(480, 30, "Copy").data())
    assert ("text_layer_of_scan", "note") in codes(page)
    assert "Copy" in [part.text for part in page.words]


def test_a_picture_as_large_as_the_page_behind_visible_text_is_no_scan():
    sheet = Sheet().picture(0, 0, 595, 842, np.full((60, 40, 3), 240, np.uint8))
    sheet.column(60, 100, 470, PROSE)
    page = first_page(sheet.data())
    assert texts(page) == [PROSE]
    assert codes(page) == []


def test_what_a_backend_reads_of_a_scan_takes_its_place():
    text = Text(page_number=1, box=Box(0.1, 0.1, 0.9, 0.2), text="read by somebody")
    backend = Backend([Reply(answer=(text, docai.replace(text, text="and more")), confidence=0.8)])
    page = first_page(scanned(page_of_prose()).data(), backend=backend, languages=["ko"])
    assert texts(page) == ["read by somebody", "and more"]
    assert [(block.id, block.source, block.confidence) for block in page.blocks] == [("p1/1", "ocr", 0.8), ("p1/2", "ocr", 0.8)]
    assert [request.task.languages for request in backend.requests] == [("ko",)]


# ---- text layers that lie


@pytest.mark.parametrize("first", [0xE000, 0x1D], ids=["private use", "glyph numbers"])
def test_text_whose_characters_mean_nothing_is_read_from_its_picture(first):
    """A font without a right ToUnicode map: it tells characters of private use, or the numbers of its glyphs."""
    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    letters = sorted(set(PROSE) - {" "})
    lies = {letter: chr(first + n) if first > 0x100 else chr(ord(letter) - first) for n, letter in enumerate(letters)}
    data = sheet.say(lies).data()
    page = first_page(data)
    assert texts(page) == [PROSE]
    assert {block.source for block in page.blocks} == {"ocr"}
    unread = first_page(data, ocr="never")
    assert ("text_layer_unsound", "warning") in codes(unread)
    assert all(block.confidence <= 0.1 for block in unread.blocks)
    assert len(unread.words) > 0


def test_a_right_map_of_characters_is_believed():
    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    page = first_page(sheet.say({letter: letter for letter in set(PROSE)}).data())
    assert texts(page) == [PROSE]
    assert page.problems == ()


# ---- tables, charts and figures


def test_a_chart_is_its_data_with_its_words_and_its_caption():
    sheet = Sheet().bars(150, 400, [30, 60, 90, 110]).text(150, 432, "Figure 1: Parcels delivered", 9)
    sheet.column(60, 480, 470, PROSE)
    document = docai.extract(sheet.data())
    chart, caption, text = document.pages[0].blocks
    assert (chart.content.kind, chart.content.chart_type, chart.engine) == ("chart", "bar", "classical")
    assert {"0", "10", "20", "2020", "2023"} <= {part.text for part in chart.content.words}
    assert [point.x for point in chart.content.series[0].points] == ["2020", "2021", "2022", "2023"]
    assert [point.y for point in chart.content.series[0].points] == pytest.approx([6, 12, 18, 22], abs=0.2)
    assert (chart.captions, caption.content.role, text.content.text) == ((caption.id,), "caption", PROSE)
    assert codes(document.pages[0]) == []
    assert document.status == "success"


def test_a_table_has_its_caption_and_its_cells():
    sheet = Sheet().text(100, 90, "Table 1: Depots", 9)
    sheet.table(
        (100, 220, 300, 400), (100, 120, 140, 160), [["Depot", "Vans", "Area"], ["North", "12", "8,400"], ["South", "9", "6,150"]]
    )
    sheet.column(60, 200, 470, PROSE)
    caption, table, text = first_page(sheet.data()).blocks
    assert (caption.content.role, text.content.text) == ("caption", PROSE)
    assert isinstance(table.content, Table)
    assert table.captions == (caption.id,)
    assert [cell.text for cell in table.content.cells] == "Depot Vans Area North 12 8,400 South 9 6,150".split()


def test_a_table_that_nobody_can_read_is_kept_as_text():
    sheet = Sheet().table(
        (100, 220, 300, 400), (100, 120, 140, 160), [["Depot", "Vans", "Area"], ["North", "12", "8,400"], ["South", "9", "6,150"]]
    )
    page = first_page(sheet.data(), backend=Backend([Reply(confidence=0.0)]))
    assert " ".join(texts(page)).split() == "Depot Vans Area North 12 8,400 South 9 6,150".split()


def test_a_picture_is_a_figure_and_no_problem():
    sheet = Sheet().picture(100, 100, 300, 250)
    sheet.column(60, 300, 470, PROSE)
    page = first_page(sheet.data())
    assert [block.content.kind for block in page.blocks] == ["figure", "text"]
    assert page.problems == ()


# ---- what goes on elsewhere


def broken_over_columns():
    """Return a page whose text breaks off in the middle of a sentence at the end of its first column."""
    sheet = Sheet()
    whole = filled(200)
    for x, part in ((60, whole.split()[:100]), (310, whole.split()[100:])):
        sheet.column(x, 100, 225, " ".join(part))
    return sheet, whole


def test_a_paragraph_that_goes_on_in_the_next_column_says_so():
    sheet, whole = broken_over_columns()
    page = first_page(sheet.data())
    first, second = page.blocks
    assert (first.continues, second.continues) == (None, first.id)
    assert [passage.text for passage in passages((page,))] == [whole]


def test_a_paragraph_that_goes_on_over_the_page_says_so():
    sheet = Sheet(pages=2)
    whole = LOREM[:140]
    sheet.column(60, 640, 470, " ".join(whole[:70]))
    sheet.turn_to(2).column(60, 100, 470, " ".join(whole[70:]) + ".")
    document = docai.extract(sheet.data())
    first, second = document.blocks
    assert (first.continues, second.continues) == (None, "p1/1")
    assert [passage.text for passage in passages(document.pages)] == [" ".join(whole) + "."]


def test_running_lines_and_notes_do_not_stand_between_the_parts_of_a_text():
    sheet = Sheet(pages=2)
    for number in (1, 2):
        sheet.turn_to(number).text(60, 40, "Annual report", 8).text(290, 815, str(number), 8)
    sheet.turn_to(1).column(60, 600, 470, filled(80))
    sheet.text(60, 780, "1 Diesel is measured at the pump.", 7)
    sheet.turn_to(2).column(60, 100, 470, "and " + filled(80, 80) + ".")
    document = docai.extract(sheet.data())
    roles = {block.id: block.content.role for block in document.blocks}
    (going_on,) = [block for block in document.blocks if block.continues]
    assert (roles[going_on.id], roles[going_on.continues]) == ("paragraph", "paragraph")
    assert Counter(roles.values()) == {"header": 2, "page_number": 2, "footnote": 1, "paragraph": 2}


@pytest.mark.parametrize(("place", "picture"), [((0, 0, 595, 842), "background"), ((60, 400, 530, 560), "text")])
def test_running_lines_stay_so_on_a_page_with_pictures(place, picture):
    sheet = Sheet(pages=2)
    pixels = np.full((60, 40, 3), 240, np.uint8)
    if picture == "text":
        inner = Sheet()
        inner.column(60, 60, 470, PROSE)
        pixels = photographed(inner.data(), dpi=150)[:421]  # as wide to its height as its place
    for number in (1, 2):
        sheet.turn_to(number).picture(*place, pixels)
        sheet.text(60, 40, "Annual report", 8).text(290, 815, str(number), 8)
        sheet.column(60, 100, 470, PROSE)
    for page in docai.extract(sheet.data()).pages:
        roles = {block.content.text: block.content.role for block in page.blocks if isinstance(block.content, Text)}
        assert roles["Annual report"] == "header"
        assert roles[str(page.number)] == "page_number"


def test_a_finished_sentence_does_not_go_on():
    sheet = Sheet(pages=2)
    sheet.column(60, 600, 470, filled(80) + ".")
    sheet.turn_to(2).column(60, 100, 470, PROSE)
    assert [block.continues for block in docai.extract(sheet.data()).blocks] == [None, None]


def seam(text, *, size=10.0, full=True):
    return Seam("p1/1", text, size, full)


@pytest.mark.parametrize(
    ("tail", "head", "expected"),
    [
        (seam("the contract was signed in the"), seam("spring of 2023."), True),
        (seam("the contract was signed in"), seam("March of 2023."), True),
        (seam("the contract was signed in", full=False), seam("March of 2023."), False),
        (seam("the consoli-", full=False), seam("dating of depots"), True),
        (seam("the contract was signed."), seam("spring of 2023"), False),
        (seam("성장하였습니다."), seam("같은 기간"), False),
        (seam("전년 대비 성"), seam("장하였습니다."), True),
        (seam("the contract was signed in the"), seam("spring of 2023.", size=14.0), False),
        (seam("the contract was signed in the"), seam(""), False),
        (seam("three results stand out:"), seam("growth in the South"), False),
    ],
)
def test_a_seam_is_told_by_how_a_text_ends_and_how_the_next_begins(tail, head, expected):
    assert goes_on(tail, head) is expected


def read_pages(*numbers):
    """Return pages read by themselves, without a look at what stands on the others."""
    sheet = Sheet(pages=3)
    for number in (1, 2, 3):
        sheet.turn_to(number).column(60, 100, 470, filled(80, 80 * (number - 1)))
    with opened(origin_of(sheet.data())) as source:
        pages = Pages(source)
        context = Context(pages.style(), ("en",), "given")
        return [drive(read_page(pages[number], context), {"given": Backend([])}) for number in numbers]


def test_only_neighbouring_pages_are_joined():
    after = [read.page.blocks[0].continues for read in joined(iter(read_pages(1, 2, 3)))]
    assert after == [None, "p1/1", "p2/1"]
    assert [read.page.blocks[0].continues for read in joined(iter(read_pages(1, 3)))] == [None, None]


# ---- unusual pages


def test_a_table_printed_sideways_is_read():
    sheet = Sheet()
    for n in range(12):
        sheet.text(100 + 14 * n, 700, f"line {n} of a text that was printed sideways", rotate=90)
    page = first_page(sheet.data())
    assert "".join(texts(page)).replace(" ", "") == "".join(f"line{n}ofatextthatwasprintedsideways" for n in range(12))


def test_a_page_turned_by_its_rotation_is_read_as_it_is_displayed():
    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    sheet.page.set_rotation(90)
    page = first_page(sheet.data())
    assert (round(page.width_points), round(page.height_points)) == (842, 595)
    assert sum(len(text.split()) for text in texts(page)) == len(PROSE.split())


def test_vertical_text_is_kept_and_does_not_fail():
    sheet = Sheet()
    for n in range(6):
        for m, character in enumerate("日本語縦書文章"):
            sheet.text(500 - 30 * n, 100 + 14 * m, character, 12, "japan")
    page = first_page(sheet.data())
    assert Counter("".join(part.text for part in page.words)) == Counter("日本語縦書文章" * 6)
    assert "page_failed" not in [code for code, _ in codes(page)]


def test_text_from_right_to_left_is_kept_and_does_not_fail():
    sheet = Sheet()
    for n in range(5):
        sheet.text(60, 100 + 14 * n, "efgh abcd", 11)
    page = first_page(sheet.say(dict(zip("abcdefgh", "םולשםלוע", strict=True))).data())
    assert len("".join(part.text for part in page.words)) == 40
    assert all("\u0590" <= character <= "\u05ff" for part in page.words for character in part.text)
    assert page.problems == ()


def test_text_set_at_an_angle_is_kept():
    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    where = pymupdf.Point(150, 500)
    sheet.page.insert_text(where, "CONFIDENTIAL", fontsize=40, morph=(where, pymupdf.Matrix(40)))
    page = first_page(sheet.data())
    assert "CONFIDENTIAL" in [part.text for part in page.words]
    assert PROSE in texts(page)


def test_korean_and_chinese_are_read_on_one_page():
    sheet = Sheet()
    sheet.lines(60, 100, ["주식회사 한빛물류는 화물을 처리하고", "전년 대비 성장하였습니다."], font="korea")
    sheet.lines(60, 200, ["本公司去年共处理四千八百六十万件货物，比上", "年增长百分之八。"], font="china-s")
    assert texts(first_page(sheet.data())) == [
        "주식회사 한빛물류는 화물을 처리하고 전년 대비 성장하였습니다.",
        "本公司去年共处理四千八百六十万件货物，比上年增长百分之八。",
    ]


# ---- failures


def test_a_page_that_fails_is_empty_with_a_problem_and_the_others_are_read():
    class Broken(Pages):
        def __getitem__(self, number):
            if number == 2:
                raise ZeroDivisionError("nobody foresaw this")
            return super().__getitem__(number)

    sheet = Sheet(pages=3)
    for number in (1, 2, 3):
        sheet.turn_to(number).column(60, 100, 470, PROSE)
    with opened(origin_of(sheet.data())) as source:
        pages = Broken(source)
        context = Context(Style(), ("en",), "given")
        read = [drive(safe_page(pages, number, context), {"given": Backend([])}).page for number in (1, 2, 3)]
    assert [len(page.blocks) for page in read] == [1, 0, 1]
    assert codes(read[1]) == [("page_failed", "error")]
    assert "ZeroDivisionError" in read[1].problems[0].message


def test_pages_are_read_once_and_forgotten_in_time():
    class Counted:
        page_count = 60

        def __init__(self, data):
            self.data, self.read = data, Counter()

        def page(self, number):
            self.read[number] += 1
            return self.data

        def outline(self):
            return ()

    sheet = Sheet()
    sheet.column(60, 100, 470, PROSE)
    source = Counted(page_of(sheet.data()))
    pages = Pages(source)
    for number in range(1, 61):
        assert isinstance(pages[number], PageInHand)
    assert set(source.read.values()) == {1}
    assert len(pages._held) < 30


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["column", "table", "bars", "picture", "text", "up"]), st.integers(40, 400), st.integers(60, 700)
        ),
        max_size=6,
    )
)
def test_every_word_of_any_page_is_read_exactly_once(parts):
    sheet = Sheet()
    for kind, x, y in parts:
        if kind == "column":
            sheet.column(x, y, 150, filled(30))
        elif kind == "table":
            sheet.table((x, x + 60, x + 120), (y, y + 20, y + 40), [["a", "12"], ["b", "13"]])
        elif kind == "bars":
            sheet.bars(x, y, [20, 50, 80])
        elif kind == "picture":
            sheet.picture(x, y, x + 100, y + 60)
        else:
            sheet.text(x, y, "a few words", 11, rotate=90 if kind == "up" else 0)
    data = sheet.data()
    read = first_page(data)
    assert "page_failed" not in [code for code, _ in codes(read)]
    assert Counter(part.text for part in read.words) == Counter(part.text for part in page_of(data).words)
