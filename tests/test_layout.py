"""A page becomes regions in reading order: paragraphs as they were written, tables and figures where they stand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.box import Box
from docai.layout import find_regions, reading_direction
from docai.lines import find_lines
from docai.roles import margin_roles, running_lines
from docai.sources import Font, Picture, Rule, VectorPath
from docai.turning import turned_box, turned_page, turned_point
from tests.drawn_pages import (
    BOLD,
    HEIGHT,
    TYPEWRITER,
    WIDTH,
    Sheet,
    filled,
    grid_rules,
    justified,
    lines_of,
    page_of,
    prose,
    source_page,
    word,
    words,
)


def regions(page, margins=None):
    rows = find_lines(page.words, page.width_points, page.height_points)
    return find_regions(page, rows, margins or {})


def kinds(found):
    return [region.kind for region in found]


def paragraphs(*parts):
    """Return the texts of the paragraphs that lines make; each part is lines, one run for each."""
    rows = [row for part in parts for row in part]
    page = source_page(part._replace(line=n) for n, row in enumerate(rows) for part in row.words)
    return [region.text for region in regions(page)]


# ---- paragraphs


def test_lines_of_running_text_are_one_paragraph():
    assert len(paragraphs(prose(9, 60, 100))) == 1


def test_white_space_between_parts_two_paragraphs():
    assert len(paragraphs(prose(5, 60, 100), prose(5, 60, 170))) == 2


def test_wide_line_spacing_parts_no_paragraphs():
    assert len(paragraphs(prose(9, 60, 100, pitch=1.9))) == 1


def test_an_indented_line_begins_a_paragraph():
    rows = [
        *justified([filled(13)], 75, 100, 385),
        *prose(4, 60, 112),
        *justified([filled(13, 5)], 75, 160, 385),
        *prose(4, 60, 172),
    ]
    found = paragraphs(rows)
    assert [len(text.split()) for text in found] == [69, 69]


def test_a_line_that_ends_a_sentence_early_ends_its_paragraph():
    found = paragraphs(
        prose(3, 60, 100), lines_of("and here, after some more words of the same paragraph, it ends.", 60, 136), prose(4, 60, 148)
    )
    assert len(found) == 2
    assert found[0].endswith("it ends.")


def test_a_sentence_that_ends_at_the_margin_ends_no_paragraph():
    rows = [*prose(2, 60, 100), *justified([f"{filled(13)} end."], 60, 124), *prose(4, 60, 136)]
    assert len(paragraphs(rows)) == 1


def test_a_short_line_ends_its_paragraph():
    assert len(paragraphs(prose(3, 60, 100), lines_of("to the end", 60, 136), prose(4, 60, 148))) == 2


def test_a_ragged_margin_ends_no_paragraph():
    ragged = (
        "the first of the lines of a paragraph that is set ragged as\n"
        "letters mostly are and no line of it is quite as wide\n"
        "as another one although none stops long before the margin does"
    )
    assert paragraphs(lines_of(ragged, 60, 100)) == [ragged.replace("\n", " ")]


def test_a_hanging_indent_holds_an_entry_together():
    first, second = "Adeyemi, Ruth and Brandt, Tomas: the routes of the northern depots and what", "they teach"
    rows = []
    for n in range(3):
        rows += [*lines_of(first, 60, 100 + 24 * n), *lines_of(second, 78, 112 + 24 * n)]
    assert paragraphs(rows) == [f"{first} {second}"] * 3


@pytest.mark.parametrize("marker", ["•", "–", "1.", "a)", "(2)", "가."])
def test_each_item_of_a_list_is_for_itself(marker):
    rows = []
    for n in range(3):
        rows += [*lines_of(f"{marker} {filled(13)}", 60, 100 + 24 * n), *lines_of("and its second line", 75, 112 + 24 * n)]
    assert paragraphs(rows) == [f"{marker} {filled(13)} and its second line"] * 3


def test_the_end_of_a_list_is_the_beginning_of_a_paragraph():
    rows = [*lines_of("• one short item", 75, 100), *lines_of("• another one", 75, 112), *prose(3, 60, 124)]
    found = paragraphs(rows)
    assert [len(text.split()) for text in found] == [4, 3, 42]


@pytest.mark.parametrize("marker", ["12.", "[12]"])
def test_a_number_that_happens_to_lead_a_line_begins_no_item(marker):
    rows = [*prose(3, 60, 100), *justified([f"{marker} {filled(13)}"], 60, 136), *prose(3, 60, 148)]
    assert len(paragraphs(rows)) == 1


def test_another_size_begins_another_region():
    assert len(paragraphs(lines_of("A heading", 60, 100, 14), prose(4, 60, 118))) == 2


def test_bold_parts_a_heading_from_its_text():
    assert len(paragraphs(lines_of("A heading", 60, 100, 10, BOLD), prose(4, 60, 112))) == 2


def test_centred_lines_are_one_title():
    rows = [*lines_of("A title that takes two lines", 200, 100, 16), *lines_of("and is centred", 256, 119, 16)]
    assert paragraphs(rows) == ["A title that takes two lines and is centred"]


def test_code_keeps_its_lines_together_however_they_are_indented():
    rows = [*lines_of("def f(x):", 60, 100, 9, TYPEWRITER), *lines_of("return x", 80, 111, 9, TYPEWRITER)]
    rows += lines_of("print(f(1))", 60, 122, 9, TYPEWRITER)
    assert paragraphs(rows) == ["def f(x): return x print(f(1))"]


def test_a_value_at_the_margin_does_not_go_on_with_the_label_below_it():
    rows = []
    for n, (label, value) in enumerate([("Harwick", "46"), ("Stonebridge", "38"), ("Penfold", "18")]):
        rows += [*lines_of(label, 60, 100 + 18 * n), *lines_of(value, 400, 100 + 18 * n)]
    texts = paragraphs(rows)
    assert [text for text in texts if text[0].isdigit() and not text.isdigit()] == []


def test_columns_are_read_one_after_the_other_with_their_number():
    sheet = Sheet()
    sheet.column(50, 100, 230, filled(120) + ".")
    sheet.column(310, 100, 230, filled(120, 9) + ".")
    found = regions(page_of(sheet.data()))
    assert [region.column for region in found] == [0, 1]
    assert [region.text for region in found] == [filled(120) + ".", filled(120, 9) + "."]


def test_text_in_a_frame_stays_together():
    sheet = Sheet()
    sheet.page.draw_rect((310, 90, 545, 220), color=(0, 0, 0), fill=(0.9, 0.95, 1))
    sheet.column(320, 110, 215, filled(50))
    sheet.column(50, 100, 230, filled(130, 5))
    sheet.column(310, 250, 235, filled(90, 11))
    found = regions(page_of(sheet.data()))
    assert [region.text for region in found if region.frame is not None] == [filled(50)]
    assert [region.text for region in found if region.frame is None] == [filled(130, 5), filled(90, 11)]


def test_values_in_the_shaded_boxes_of_a_form_are_read_with_their_labels():
    sheet = Sheet()
    labels = "Booking number|Customer name|Your reference|Country|Handling|Service".split("|")
    values = "AF-2025-00417|Miriam Okafor|none|Ireland|fragile|express".split("|")
    for n, (label, value) in enumerate(zip(labels, values, strict=True)):
        top = 150 + 34 * n
        sheet.page.draw_rect((210, top, 530, top + 22), color=(0.4, 0.4, 0.4), fill=(0.94, 0.96, 1))
        sheet.text(62, top + 15, label).text(214, top + 15, value)
    read = [region.text for region in regions(page_of(sheet.data()))]
    assert read == [text for pair in zip(labels, values, strict=True) for text in pair]


# ---- tables


def table_page(texts, xs=(100, 200, 300, 400), ys=(100, 120, 140, 160)):
    found = [word(text, x + 5, y + 14, 9) for y, row in zip(ys, texts, strict=False) for x, text in zip(xs, row, strict=False)]
    below = words(filled(10), 60, 400)
    return source_page([*found, *below], rules=tuple(grid_rules(xs, ys)))


def test_rules_with_words_in_their_cells_are_a_table():
    table, text = regions(table_page(["abc", "123", "456"]))
    assert (table.kind, text.kind) == ("table", "text")
    assert sorted(part.text for part in table.words) == sorted("abc123456")
    assert table.rules
    assert table.box.contains(Box(100 / WIDTH, 100 / HEIGHT, 400 / WIDTH, 160 / HEIGHT), 0.001)


def test_a_grid_without_words_is_no_table():
    assert "table" not in kinds(regions(table_page([])))


def test_a_frame_of_one_cell_is_no_table():
    page = table_page(["a"], xs=(100, 400), ys=(100, 160))
    assert "table" not in kinds(regions(page))


def test_a_table_inside_another_is_part_of_it():
    inner = grid_rules((210, 240, 270), (105, 115, 125))
    page = table_page(["abc", "123"], ys=(100, 130, 160))
    found = regions(source_page(page.words, rules=(*page.rules, *inner)))
    assert kinds(found).count("table") == 1


def test_words_between_the_rules_of_a_drawn_table_are_in_it():
    sheet = Sheet()
    sheet.text(100, 80, "Table 1: Depots")
    sheet.table(
        (100, 220, 300, 400), (100, 120, 140, 160), [["Depot", "Vans", "Lorries"], ["North", "12", "4"], ["South", "9", "11"]]
    )
    sheet.column(100, 200, 400, filled(60))
    found = regions(page_of(sheet.data()))
    assert kinds(found) == ["text", "table", "text"]
    assert [part.text for part in found[1].words] == "Depot Vans Lorries North 12 4 South 9 11".split()


# ---- text that cannot be believed


def test_a_region_in_a_font_of_unknown_glyphs_is_not_sound():
    bad = Font("Nameless")
    unknown = "\ufffd\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"
    found = regions(source_page([*words(unknown, 60, 100, 10, bad), *words(filled(10), 60, 300)]))
    assert {region.text: region.sound for region in found} == {unknown: False, filled(10): True}


def test_an_unknown_bullet_does_not_spoil_its_item():
    item = [word("\uf0b7", 60, 100, 10, Font("Bullets")), *words("the text of an item", 75, 100)]
    assert [region.sound for region in regions(source_page(item))] == [True]


# ---- running lines


def test_running_lines_come_first_and_last():
    footer, body, header = words("A running footer", 60, 770), words(filled(10), 60, 300), words("A running header", 60, 40)
    page = source_page(part._replace(line=n) for n, row in enumerate((footer, body, header)) for part in row)
    rows = find_lines(page.words, WIDTH, HEIGHT)
    margins = margin_roles(rows, [running_lines(rows)])
    assert [(region.role, region.text) for region in find_regions(page, rows, margins)] == [
        ("header", "A running header"),
        ("paragraph", filled(10)),
        ("footer", "A running footer"),
    ]


# ---- turned pages


def test_most_characters_tell_the_reading_direction():
    assert reading_direction([]) == 0
    assert reading_direction([word("across", 60, 100), word("up", 60, 200, direction=270)]) == 0
    assert reading_direction([word("across", 60, 100), word("downwards", 60, 200, direction=90)]) == 90


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_four_quarters_turn_a_point_and_a_box_round(quarter):
    back = (360 - quarter) % 360
    assert turned_point(*turned_point(0.2, 0.3, quarter), back) == pytest.approx((0.2, 0.3))
    assert turned_box(turned_box(Box(0.1, 0.2, 0.3, 0.6), quarter), back) == Box(0.1, 0.2, 0.3, 0.6)


def test_a_page_is_turned_with_all_that_is_on_it():
    path = VectorPath(
        Box(0.1, 0.2, 0.3, 0.6), "", "#000000", 1.0, (("rectangle", 0.1, 0.2, 0.3, 0.6), ("line", 0.1, 0.2, 0.3, 0.6))
    )
    page = source_page(
        [word("down", 60, 100, direction=90)],
        rules=(Rule(True, 0.25, 0.1, 0.4, 1.0),),
        paths=(path,),
        pictures=(Picture(Box(0, 0, 0.5, 0.25), 10, 5),),
    )
    upright = turned_page(page, 90)
    assert (upright.width_points, upright.height_points) == (HEIGHT, WIDTH)
    assert upright.words[0].direction == 0
    assert upright.rules == (Rule(False, 0.25, 0.6, 0.9, 1.0),)
    assert upright.paths[0].box == Box(0.2, 0.7, 0.6, 0.9)
    assert upright.pictures[0].box == Box(0, 0.5, 0.25, 1)
    again = turned_page(upright, 270)
    assert (again.rules[0].horizontal, again.paths[0].box, again.pictures) == (True, path.box, page.pictures)


@pytest.mark.parametrize("rotate", [90, 270])
def test_a_page_of_text_that_runs_down_or_up_is_read_turned(rotate):
    sheet = Sheet()
    for n in range(8):
        x, y = (100 + 12 * n, 700) if rotate == 90 else (400 - 12 * n, 100)
        sheet.text(x, y, f"line {n} of a table that was printed aslant", rotate=rotate)
    (found,) = regions(page_of(sheet.data()))
    assert found.text.split("line ")[1:] == [f"{n} of a table that was printed aslant{' ' if n < 7 else ''}" for n in range(8)]
    assert found.box.height > found.box.width


def test_a_stamp_along_the_margin_is_read_last():
    sheet = Sheet()
    sheet.text(30, 500, "a stamp along the margin", 12, rotate=90)
    sheet.column(60, 100, 450, filled(200))
    found = regions(page_of(sheet.data()))
    assert [region.text for region in found] == [filled(200), "a stamp along the margin"]


# ---- laws


SIDES = st.one_of(st.floats(0, 1), st.integers(0, 20).map(lambda n: n / 20))
BOXES = st.tuples(SIDES, SIDES, SIDES, SIDES).map(lambda sides: Box.clipped(*sides))
WORDS = st.lists(
    st.builds(
        word,
        st.sampled_from(["a", "word", "1.", "•", "2019", "가나", "中文", "12%", "ﬁ-", "\ufffd", "Table", "(x)"]),
        st.floats(0, 580),
        st.one_of(st.floats(10, 790), st.integers(1, 60).map(lambda n: 13.0 * n)),
        st.sampled_from([1.0, 8.0, 10.0, 10.0, 24.0, 200.0]),
        st.sampled_from([BOLD, TYPEWRITER, Font("Plain")]),
        line=st.integers(0, 30),
        direction=st.sampled_from([0, 0, 0, 0, 90, 270, 180]),
        visible=st.booleans(),
    ),
    max_size=40,
)
RULES = st.lists(
    st.builds(
        lambda across, place, one, other: Rule(across, place, min(one, other), max(one, other), 0.5),
        st.booleans(),
        SIDES,
        SIDES,
        SIDES,
    ),
    max_size=15,
)
COLOURS = st.sampled_from(["", "#000000", "#ffffff", "#1050a0"])
SEGMENTS = st.one_of(
    st.tuples(st.just("line"), SIDES, SIDES, SIDES, SIDES),
    BOXES.map(lambda box: ("rectangle", *box)),
    st.tuples(st.just("curve"), *[SIDES] * 8),
)
PATHS = st.lists(
    st.builds(VectorPath, BOXES, COLOURS, COLOURS, st.floats(0, 5), st.lists(SEGMENTS, max_size=6).map(tuple), clip=st.none()),
    max_size=8,
)
PICTURES = st.lists(st.builds(Picture, BOXES, st.integers(1, 500), st.integers(1, 500)), max_size=3)


@settings(max_examples=100, deadline=None)
@given(WORDS, RULES, PATHS, PICTURES)
def test_every_word_of_a_page_is_in_exactly_one_region(found, rules, paths, pictures):
    page = source_page(found, rules=tuple(rules), paths=tuple(paths), pictures=tuple(pictures))
    rows = find_lines(page.words, WIDTH, HEIGHT)
    made = find_regions(page, rows, margin_roles(rows, [running_lines(rows)]))
    if reading_direction(found) == 0:
        assert Counter(part for region in made for part in region.words) == Counter(found)
    else:  # turned and turned back, places are rounded
        assert Counter(part.text for region in made for part in region.words) == Counter(part.text for part in found)
    assert all(region.lines or region.kind != "text" for region in made)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 400), st.integers(1, 90), st.integers(1, 90), st.integers(3, 12))
def test_text_that_is_drawn_in_columns_comes_back_whole(start, first, second, size):
    sheet = Sheet()
    sheet.column(50, 100, 235, filled(first, start), size=size)
    sheet.column(310, 100, 235, filled(second, start + first), size=size)
    page = page_of(sheet.data())
    assert Counter(part.text for region in regions(page) for part in region.words) == Counter(filled(first + second, start).split())


def test_a_line_that_is_one_word_of_code_does_not_tear_its_paragraph():
    texts = paragraphs(
        lines_of("The debug information of each program is placed in a directory that is called", 60, 100),
        lines_of("a-very-long-name-of-a-directory-that-fills-the-whole-line-of-the-paragraph-ok", 60, 112, font=TYPEWRITER),
        lines_of("and that stands beside the program itself, as it did in the versions before it.", 60, 124),
    )
    assert len(texts) == 1
