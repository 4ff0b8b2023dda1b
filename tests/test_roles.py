"""Texts are told by size, place and words: titles, headings, captions, notes, formulas, code, and what runs along the edges."""

from __future__ import annotations

import pytest

from docai.box import Box
from docai.document import OutlineEntry
from docai.layout import Region
from docai.roles import Style, assign_roles, learn_style, margin_roles, running_lines
from docai.sources import Font
from tests.drawn_pages import BOLD, PLAIN, TYPEWRITER, Sheet, filled, line, page_of, prose, region, regions_of, word

BODY = Style(body_size=10.0, heading_sizes=(20.0, 14.0, 12.0))
MATHS = Font("CMMI10", italic=True)


def paragraph(baseline=400.0, **more):
    """Return a region of running text."""
    rows = tuple(prose(4, 60, baseline))
    return Region("text", rows[0].box.union(*(row.box for row in rows)), rows, **more)


def table(baseline=400.0, kind="table"):
    return Region(kind, region("a b", 60, baseline).box.union(region("c d", 300, baseline + 60).box))


def role(found, number=2, style=BODY, *, after=()):
    """Return the role and level of a text on a page that has more text."""
    first = assign_roles([found, *after, paragraph(500)], number, style)[0]
    return (first.role, first.level) if first.level else first.role


# ---- style


def test_the_body_size_is_that_of_most_letters():
    page = [line("A title", size=20), *prose(20, 60, 100), line("a note", size=8), line("A heading", size=14)]
    style = learn_style([page, page])
    assert (style.body_size, style.heading_sizes) == (10, (20, 14))
    assert not style.body_is_bold
    assert not style.body_is_monospace


def test_a_document_without_text_has_no_style():
    assert learn_style([]) == learn_style([[]]) == Style()


def test_bookmarks_are_known_by_page():
    outline = [
        OutlineEntry(level=1, title="One", page_number=3),
        OutlineEntry(level=2, title="Two", page_number=3),
        OutlineEntry(level=1, title="Lost"),
    ]
    assert [[level for _, level in entries] for entries in learn_style([], outline).outline.values()] == [[1, 2]]


# ---- titles


def test_the_largest_text_of_the_first_page_is_the_title():
    found = assign_roles([region("Moving more with less", baseline=80, size=20), paragraph()], 1, BODY)
    assert [(one.role, one.level) for one in found] == [("title", 1), ("paragraph", None)]


def test_later_pages_have_no_title():
    assert role(region("Moving more with less", baseline=80, size=20), number=2) == ("heading", 1)


def test_text_of_one_size_has_no_title():
    assert [one.role for one in assign_roles([paragraph(100), paragraph(300)], 1, BODY)] == ["paragraph", "paragraph"]


def test_a_subtitle_and_names_below_a_title_are_no_headings():
    texts = ["Ruth Adeyemi and Tomas Brandt", "Depot Safety Committee", "Summary of the year"]
    names = [region(text, baseline=110 + 20 * n, size=12) for n, text in enumerate(texts)]
    found = assign_roles([region("Moving more with less", baseline=80, size=20), *names, paragraph(200)], 1, BODY)
    assert [one.role for one in found] == ["title", "paragraph", "paragraph", "heading", "paragraph"]


def test_a_number_in_large_type_is_no_title():
    found = assign_roles(
        [region("42", baseline=60, size=30), region("Moving more with less", baseline=90, size=20), paragraph()], 1, BODY
    )
    assert [one.role for one in found][1] == "title"


# ---- headings


def test_larger_text_is_a_heading_and_its_size_tells_its_level():
    assert role(region("Network and volumes", size=20)) == ("heading", 1)
    assert role(region("Depots", size=14)) == ("heading", 2)
    assert role(region("Vans", size=12)) == ("heading", 3)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("1 Summary", 1),
        ("2. Network", 1),
        ("2.1 Depots", 2),
        ("2.1.3 Vans", 3),
        ("제3장 예산", 1),
        ("Chương 2. Kết quả", 1),
        ("Chapter 4 Finance", 1),
        ("1.2.3.4.5.6.7 Deep down", 6),
    ],
)
def test_the_number_of_a_heading_tells_its_level(text, level):
    assert role(region(text, size=12)) == ("heading", level)
    assert role(region(text, font=BOLD)) == ("heading", level)


def test_the_outline_tells_the_level_whatever_the_size():
    style = learn_style([prose(20, 60, 100)], [OutlineEntry(level=3, title="2.1  Depots and vans", page_number=2)])
    assert role(region("2.1 Depots and vans"), style=style) == ("heading", 3)
    assert role(region("2.1 Depots and vans"), number=3, style=style) != ("heading", 3)


def test_bold_text_on_a_line_of_its_own_is_a_heading():
    assert role(region("Work in progress", font=BOLD))[0] == "heading"


def test_bold_text_in_a_bold_document_is_none():
    bold = Style(body_size=10.0, body_is_bold=True)
    assert role(region("Work in progress", font=BOLD), style=bold) == "paragraph"


def test_numbered_capitals_are_a_heading():
    assert role(region("IV. RESULTS AND DISCUSSION"))[0] == "heading"
    assert role(region("RESULTS AND DISCUSSION")) == "paragraph"


@pytest.mark.parametrize(
    "found",
    [
        region("Network and volumes."),
        region("This sentence is set in bold and ends.", font=BOLD),
        region("small print", size=8),
        region("• an item", size=12),
        region("12", size=20),
        region(filled(30), size=12),
        region("Network and volumes"),
    ],
    ids="plain bold-sentence small item number long body".split(),
)
def test_other_text_is_no_heading(found):
    assert role(found) not in [("heading", level) for level in range(1, 7)]


def test_text_that_runs_upwards_is_no_heading():
    upwards = Region("text", Box(0.1, 0.2, 0.12, 0.5), (line("Network and volumes", size=20, direction=270),))
    assert role(upwards) == "paragraph"


def test_more_headings_in_a_row_than_any_document_has_are_none():
    stack = [region(f"Department of things {n}", baseline=100 + 20 * n, size=12) for n in range(8)]
    roles = [one.role for one in assign_roles([*stack, paragraph(500)], 2, BODY)]
    assert roles.count("heading") <= 1


def test_numbered_headings_in_a_row_stay_headings():
    stack = [
        region(text, baseline=100 + 20 * n, size=12)
        for n, text in enumerate(["1 Part", "1.1 Chapter", "1.1.1 Section", "1.1.1.1 Passage"])
    ]
    assert [one.level for one in assign_roles([*stack, paragraph(500)], 2, BODY)] == [1, 2, 3, 4, None]


# ---- lists, code, formulas, notes


@pytest.mark.parametrize("text", ["• a point", "1. the first", "a) the first", "– a point", "가. 첫째"])
def test_a_marker_makes_a_list_item(text):
    assert role(region(text)) == "list_item"


def test_text_in_a_fixed_width_font_is_code():
    assert role(region("for row in rows:\nprint(row)", font=TYPEWRITER)) == "code"
    typed = Style(body_size=10.0, body_is_monospace=True)
    assert role(region("for row in rows of text", font=TYPEWRITER), style=typed) == "paragraph"


@pytest.mark.parametrize("text", ["E = m c²", "x² + y² = r²", "∑ x = n ≤ 2 n"])
def test_signs_without_words_are_a_formula(text):
    assert role(region(text)) == "formula"


def test_text_in_a_font_of_mathematics_is_a_formula():
    assert role(region("f ( x ) = a x + b (3)", font=MATHS)) == "formula"


def test_a_sentence_with_a_sign_is_no_formula():
    assert role(region("The margin was below 5 % although costs = revenue in the first quarter of the year")) == "paragraph"


def footnote(text, baseline=740.0, size=8.0):
    return region(text, baseline=baseline, size=size)


@pytest.mark.parametrize(
    "text", ["1 Diesel is measured at the pump.", "* Preliminary figures.", "† Deceased.", "(2) See above.", "a Without Coast."]
)
def test_a_small_note_with_a_mark_at_the_foot_is_a_footnote(text):
    assert assign_roles([paragraph(200), footnote(text)], 2, BODY)[1].role == "footnote"


def test_a_superscript_mark_makes_a_footnote():
    note = footnote("Diesel is measured at the pump.")
    (row,) = note.lines
    marked = Region("text", note.box, (type(row)((row.words[0]._replace(superscript=True), *row.words[1:]), row.em, row.leading),))
    assert assign_roles([paragraph(200), marked], 2, BODY)[1].role == "footnote"
    assert assign_roles([paragraph(200), note], 2, BODY)[1].role == "paragraph"


def test_a_note_in_the_upper_half_or_in_body_size_is_no_footnote():
    assert assign_roles([footnote("1 Diesel is measured.", baseline=200), paragraph(400)], 2, BODY)[0].role != "footnote"
    assert assign_roles([paragraph(200), footnote("1 Diesel is measured.", size=10)], 2, BODY)[1].role != "footnote"


def test_a_note_above_more_text_of_its_column_is_no_footnote():
    found = assign_roles([paragraph(200), footnote("1 Diesel is measured.", baseline=600), paragraph(700)], 2, BODY)
    assert found[1].role != "footnote"


# ---- captions


@pytest.mark.parametrize(
    "text",
    [
        "Table 1: Depots",
        "Figure 3. The network",
        "Fig. 2 Vans",
        "표 1. 매출액",
        "그림 2 조직도",
        "[표 3] 예산",
        "Bảng 1: Sản lượng",
        "Hình 2. Mạng lưới",
        "Table 4",
    ],
)
def test_a_caption_is_told_by_its_beginning(text):
    assert role(region(text)) == "caption"


@pytest.mark.parametrize(
    "text",
    [
        "Table 1 shows that volumes grew",
        "Figure 2 is drawn from the same data",
        "표 1과 같습니다",
        "Bảng 1 cho thấy sản lượng tăng",
    ],
)
def test_a_sentence_about_a_table_is_no_caption(text):
    assert role(region(text)) != "caption"


def tied(*found):
    return [one.captions for one in assign_roles(found, 2, BODY)]


def test_a_caption_above_or_below_is_tied_to_its_table_or_figure():
    caption = region("Table 1: Depots", baseline=385)
    assert tied(caption, table(400), paragraph(600)) == [(), (0,), ()]
    below = region("Figure 1: Vans", baseline=480)
    assert tied(table(400, "figure"), below, paragraph(600)) == [(1,), (), ()]


def test_a_caption_between_a_figure_and_a_table_belongs_to_its_kind():
    figure, caption, grid = table(200, "figure"), region("Table 2: Vans", baseline=287), table(310)
    assert tied(figure, caption, grid) == [(), (), (1,)]
    named = region("Figure 2: Vans", baseline=293)
    assert tied(figure, named, grid) == [(1,), (), ()]


def test_a_caption_far_from_everything_is_tied_to_nothing():
    assert tied(region("Table 1: Depots", baseline=100), paragraph(300), table(600)) == [(), (), ()]


@pytest.mark.parametrize("text", ["표 1. 매출액", "<표 1> 매출액", "Bảng 1: Sản lượng", "Exhibit 1: Costs"])
def test_captions_of_tables_are_known_in_each_language(text):
    figure, caption, grid = table(200, "figure"), region(text, baseline=292), table(312)
    assert tied(figure, caption, grid) == [(), (), (1,)]


# ---- what runs along the edges


def page_lines(header, footer, number):
    return [line(header, 60, 40), *prose(5, 60, 300), line(footer, 60, 770), line(number, 500, 770)]


def margins(pages, place):
    neighbours = [running_lines(pages[n]) for n in (place - 2, place - 1, place + 1, place + 2) if 0 <= n < len(pages)]
    return {pages[place][n].text: role for n, role in margin_roles(pages[place], neighbours).items()}


def test_what_stands_at_the_same_place_on_the_next_page_is_running():
    pages = [page_lines("Annual report", "Confidential", str(n)) for n in (7, 8, 9)]
    assert margins(pages, 1) == {"Annual report": "header", "Confidential": "footer", "8": "page_number"}


def test_left_and_right_pages_may_differ():
    pages = [page_lines("Annual report" if n % 2 else "Network and volumes", "Confidential", str(n)) for n in range(7, 12)]
    assert margins(pages, 1) == {"Network and volumes": "header", "Confidential": "footer", "8": "page_number"}
    assert margins(pages, 2) == {"Annual report": "header", "Confidential": "footer", "9": "page_number"}


def test_numbers_inside_a_running_line_may_differ():
    pages = [page_lines(f"Annual report, page {n}", f"Part {n} of 9", "-") for n in (7, 8)]
    assert margins(pages, 0)["Annual report, page 7"] == "header"
    assert margins(pages, 0)["Part 7 of 9"] == "footer"


def test_text_that_no_other_page_has_is_not_running():
    pages = [page_lines(text, other, "x y") for text, other in (("First lines", "A last line"), ("More lines", "The end"))]
    assert "First lines" not in margins(pages, 0)
    assert "A last line" not in margins(pages, 0)


def test_a_line_in_the_middle_of_each_page_is_not_running():
    pages = [[line("Section", 60, 400), *prose(3, 60, 500)]] * 3
    assert margins(pages, 1) == {}


@pytest.mark.parametrize("text", ["3", "- 3 -", "xii", "Page 3 of 9", "3/9", "Trang 3", "3쪽", "A-3", "[3]"])
def test_a_number_alone_at_the_edge_is_a_page_number(text):
    assert margin_roles([*prose(5, 60, 300), line(text, 290, 780)], []) == {5: "page_number"}


def test_a_letter_beside_other_letters_is_a_label_and_alone_a_roman_page_number():
    row = [line(letter, left, 780) for letter, left in (("x", 200), ("y", 290), ("z", 380))]
    assert margin_roles([*prose(5, 60, 300), *row], []) == {}
    assert margin_roles([*prose(5, 60, 300), row[0]], []) == {5: "page_number"}


def test_a_number_with_text_below_it_is_no_page_number():
    assert margin_roles([line("2024", 290, 760), line("closing words", 60, 790)], []) == {}


def test_numbers_at_even_steps_in_a_row_at_the_edge_are_labels_of_an_axis():
    years = [line(str(2010 + n), 100 + 50 * n, 780) for n in range(5)]
    assert margin_roles([*prose(5, 60, 300), *years], []) == {}


def test_numbers_at_even_steps_above_each_other_are_labels_of_an_axis():
    steps = [line(str(90 - 20 * n), 60, 40 + 30 * n) for n in range(4)]
    assert margin_roles([*steps, *prose(5, 60, 300)], []) == {}


def test_two_numbers_side_by_side_at_the_edge_are_a_legend_and_far_apart_the_numbers_of_facing_pages():
    assert margin_roles([line("2004", 200, 40), line("2005", 260, 40), *prose(5, 60, 300)], []) == {}
    assert set(margin_roles([*prose(5, 60, 300), line("12", 60, 780), line("13", 500, 780)], []).values()) == {"page_number"}


# ---- drawn pages


def test_a_drawn_page_has_its_roles():
    sheet = Sheet()
    sheet.text(60, 80, "Moving more with less", 20, "hebo")
    sheet.text(60, 120, "1 Summary", 13, "hebo")
    y = sheet.column(60, 140, 470, f"{filled(60)}.")
    sheet.text(60, y + 16, "1.1 Scope", 11.5, "hebo")
    y = sheet.column(60, y + 34, 470, f"{filled(50, 9)}.")
    y = sheet.lines(60, y + 10, ["- the first point", "- the second point"])
    y = sheet.lines(60, y + 12, ["for row in rows:", "    print(row)"], font="cour")
    sheet.text(60, 780, "1 Diesel is measured at the pump.", 8)
    found = regions_of(page_of(sheet.data()))
    assert [(one.role, one.level) for one in found] == [
        ("title", 1),
        ("heading", 1),
        ("paragraph", None),
        ("heading", 2),
        ("paragraph", None),
        ("list_item", None),
        ("list_item", None),
        ("code", None),
        ("footnote", None),
    ]


def test_roles_that_were_told_before_are_kept():
    header = region("Annual report", baseline=40, role="header")
    assert assign_roles([header, paragraph()], 2, BODY)[0].role == "header"


def test_an_empty_page_has_no_roles():
    assert assign_roles([], 1, BODY) == []


def test_a_page_of_nothing_but_symbols_has_roles():
    found = assign_roles([Region("text", word("✓", 60, 100).box, (line("✓", font=PLAIN),))], 1, Style())
    assert [one.role for one in found] == ["paragraph"]


def test_a_line_of_a_table_of_contents_is_no_heading():
    entry, page_number = region("1 Definition", baseline=200, font=BOLD), region("3", x=500, baseline=200)
    after = region("The text of the first chapter begins here and goes on.", baseline=260)
    assert assign_roles([entry, page_number, after], 2, Style(body_size=10))[0].role == "paragraph"
    assert assign_roles([entry, after], 2, Style(body_size=10))[0].role == "heading"
