"""The headings of a table: how many rows they take, over which columns they stand, and which of them take all levels."""

from __future__ import annotations

import pymupdf
import pytest

import docai
from tests.drawn_pages import BOLD
from tests.placed_tables import across, put, read, rows_at, spans, texts

XS = (60, 250, 330, 430, 510)  # where the first column begins and the others end or have their middle
VALUES = [("Age 45", "47", "21.8", "91", "8.7"), ("Age 55", "116", "85.5", "224", "31.9"), ("Age 65", "164", "234", "527", "132")]
BELOW = ("Rate", "No.", "Share", "No.", "Share")
WHOLE = (55, 545)  # the ends of a rule across the table


def body(top=140, align="lcccc"):
    return rows_at(VALUES, XS, align, top=top)


def headed(*heads, top=126, align="lcccc", below=BELOW):
    """Return the words of a table with a row of headings at `top`, and `heads` as (text, middle, baseline) over it."""
    over = [one for text, middle, baseline in heads for one in put(text, middle, baseline, "c")]
    return [*over, *rows_at([below], XS, align, top=top), *body(top + 14, align)]


# ---- how many rows


def test_what_stands_over_the_first_rule_across_is_the_headings():
    rows = [("Name", "Place"), ("in full", "of birth"), ("Ada", "London"), ("Grace", "New York"), ("Edsger", "Rotterdam")]
    table = read(rows_at(rows, (60, 250)), [across(122, 55, 400)])
    assert table.header_row_count == 1
    assert texts(table)[:2] == [["Name in full", "Place of birth"], ["Ada", "London"]]


def test_a_rule_over_the_headings_and_one_under_the_table_change_nothing():
    rows = [("Name", "Place"), ("Ada", "London"), ("Grace", "New York"), ("Edsger", "Rotterdam")]
    table = read(rows_at(rows, (60, 250)), [across(88, 55, 400), across(106, 55, 400), across(150, 55, 400)])
    assert table.header_row_count == 1


def test_numbers_over_the_first_rule_are_no_headings():
    rows = [("North", "12", "31"), ("South", "9", "27"), ("Total", "21", "58"), ("of these new", "2", "3"), ("old", "19", "55")]
    table = read(rows_at(rows, (60, 250, 350)), [across(118, 55, 400)])
    assert table.header_row_count == 0


def test_years_over_a_rule_are_headings():
    rows = [("Region", "2023", "2024"), ("North", "12", "31"), ("South", "9", "27"), ("East", "21", "58")]
    table = read(rows_at(rows, (60, 250, 350)), [across(106, 55, 400)])
    assert table.header_row_count == 1


@pytest.mark.parametrize("style", [{"font": BOLD}, {"colour": 0x1050A0}], ids=["bold", "coloured"])
def test_a_row_set_otherwise_than_the_rest_is_the_headings(style):
    rows = [("Name", "Place"), ("Ada", "London"), ("Grace", "New York"), ("Edsger", "Rotterdam")]
    assert read(rows_at(rows, (60, 250), styles={0: style})).header_row_count == 1
    assert read(rows_at(rows, (60, 250))).header_row_count == 0


def test_two_bold_rows_of_headings_are_both_headings():
    rows = [("Depot", "Vans", "Parcels"), ("", "of all kinds", "a day"), ("North", "12", "310"), ("South", "9", "270")]
    table = read(rows_at(rows, (60, 250, 400), styles={0: {"font": BOLD}, 1: {"font": BOLD}}))
    assert texts(table)[0] == ["Depot", "Vans of all kinds", "Parcels a day"]
    assert (table.header_row_count, table.row_count) == (1, 3)


def test_bold_labels_do_not_make_the_first_row_of_the_body_a_heading():
    heads = rows_at([("Depot", "Vans", "Parcels")], (60, 250, 400), styles={0: {"font": BOLD}})
    labels = rows_at([("North",), ("South",), ("East",)], (60,), top=114, styles={n: {"font": BOLD} for n in range(3)})
    values = rows_at([("12", "310"), ("9", "270"), ("4", "99")], (250, 400), top=114)
    table = read([*heads, *labels, *values])
    assert table.header_row_count == 1


def test_words_over_numbers_are_headings():
    table = read(headed())
    assert table.header_row_count == 1
    assert texts(table)[1] == list(VALUES[0])


def test_a_row_of_units_is_part_of_the_headings():
    units = rows_at([("", "(thousand)", "(%)", "(thousand)", "(%)")], XS, "lcccc", top=126)
    table = read([*rows_at([BELOW], XS, "lcccc", top=112), *units, *body()])
    first = table.header_row_count
    assert texts(table)[first] == list(VALUES[0])
    assert {cell.header for row in table.grid()[:first] for cell in row} == {"column"}


def test_units_in_plain_letters_below_bold_headings_are_headings_too():
    heads = rows_at([BELOW], XS, "lcccc", top=112, styles={0: {"font": BOLD}})
    units = rows_at([("", "(thousand)", "(%)", "(thousand)", "(%)")], XS, "lcccc", top=126)
    table = read([*heads, *units, *body()])
    assert texts(table)[table.header_row_count] == list(VALUES[0])


def test_the_title_of_the_first_section_is_no_heading():
    rows = [("Group", "Men", "Women"), ("Age", "", ""), ("45", "47", "21"), ("55", "116", "85"), ("65", "164", "234")]
    table = read(rows_at(rows, (60, 250, 350)))
    assert table.header_row_count == 1
    assert texts(table)[1] == ["Age", "", ""]


def test_a_table_of_numbers_alone_has_no_headings():
    rows = [("1", "47", "21"), ("2", "116", "85"), ("3", "164", "234")]
    assert read(rows_at(rows, (60, 250, 350))).header_row_count == 0


# ---- what they stand over


def test_a_heading_spans_the_columns_that_the_rule_beneath_runs_over():
    found = headed(("Women", 300, 112), ("Men", 470, 112))
    table = read(found, [across(96, *WHOLE), across(115, 230, 350), across(115, 410, 530), across(130, *WHOLE)])
    assert spans(table) == {"Women": (1, 2), "Men": (1, 2), "Rate": (2, 1)}
    assert table.header_row_count == 2


def test_a_heading_set_at_the_left_end_of_its_rule_spans_all_the_same():
    over = [*put("Women", 240, 112), *put("Men", 420, 112)]
    found = [*over, *headed()]
    table = read(found, [across(96, *WHOLE), across(115, 230, 350), across(115, 410, 530), across(130, *WHOLE)])
    assert {text: span for text, span in spans(table).items() if text != "Rate"} == {"Women": (1, 2), "Men": (1, 2)}


def test_a_heading_spans_the_columns_that_it_is_centred_over():
    middle_women, middle_men = (XS[1] + XS[2]) / 2, (XS[3] + XS[4]) / 2
    table = read(headed(("Women", middle_women, 112), ("Men", middle_men, 112)))
    assert {text: span for text, span in spans(table).items() if text != "Rate"} == {"Women": (1, 2), "Men": (1, 2)}
    assert texts(table)[0][1:] == ["Women", "Women", "Men", "Men"]


def test_a_heading_over_one_column_spans_no_other():
    table = read(headed(("Women", XS[1], 112), ("Women", XS[2], 112), ("Men", XS[3], 112), ("Men", XS[4], 112)))
    assert all(span[1] == 1 for span in spans(table).values())


def test_a_heading_that_is_centred_over_four_columns_and_over_two_spans_the_four():
    table = read(headed(("Deaths in the year by sex", (XS[1] + XS[4]) / 2, 112)))
    assert spans(table)["Deaths in the year by sex"] == (1, 4)


def test_three_levels_of_headings_by_their_centring():
    heads = (("All persons", 380, 98), ("Women", 290, 112), ("Men", 470, 112))
    table = read(headed(*heads))
    assert {text: span for text, span in spans(table).items() if text != "Rate"} == {
        "All persons": (1, 4),
        "Women": (1, 2),
        "Men": (1, 2),
    }
    assert table.header_row_count == 3


@pytest.mark.parametrize("baseline", [112, 119, 126], ids=["above", "middle", "below"])
def test_a_heading_with_nothing_over_or_under_it_takes_all_levels(baseline):
    over = [*put("Women", 290, 112, "c"), *put("Men", 470, 112, "c")]
    found = [*over, *put("Group", 60, baseline), *headed(below=("", *BELOW[1:]))]
    rules = [across(96, *WHOLE), across(115, 230, 350), across(115, 410, 530), across(130, *WHOLE)]
    table = read(found, rules)
    assert spans(table) == {"Group": (2, 1), "Women": (1, 2), "Men": (1, 2)}


def test_a_blank_corner_is_one_cell_of_all_levels():
    table = read(headed(("Women", 290, 112), ("Men", 470, 112), below=("", *BELOW[1:])))
    assert (table.grid()[0][0].text, table.grid()[0][0].row_span) == ("", 2)


def test_lines_of_a_heading_above_each_other_are_one_text():
    heads = [("Number", XS[1], 112), ("of vans", XS[1], 124), ("Share of", XS[2], 112), ("all vans", XS[2], 124)]
    heads += [("Number", XS[3], 124), ("Share", XS[4], 124)]
    found = [one for text, middle, baseline in heads for one in put(text, middle, baseline, "c")]
    table = read([*found, *put("Depot", 60, 124), *body(142)])
    assert texts(table)[0] == ["Depot", "Number of vans", "Share of all vans", "Number", "Share"]
    assert table.header_row_count == 1


def test_three_levels_of_headings_by_the_rules_beneath():
    heads = (("All persons", 380, 96), ("Women", 290, 111), ("Men", 470, 111))
    partial = [across(99, 230, 530), across(114, 230, 350), across(114, 410, 530)]
    table = read(headed(*heads), [across(82, *WHOLE), *partial, across(130, *WHOLE)])
    assert spans(table) == {"Rate": (3, 1), "All persons": (1, 4), "Women": (1, 2), "Men": (1, 2)}
    assert table.header_row_count == 3


@pytest.mark.xfail(strict=True, reason="only the last line of a heading stands close enough over its rule to be told its columns")
def test_a_spanning_heading_of_two_lines_is_one_cell():
    heads = (("Deaths of", 290, 98), ("women", 290, 110), ("Deaths of", 470, 98), ("men", 470, 110))
    rules = [across(84, *WHOLE), across(113, 230, 350), across(113, 410, 530), across(130, *WHOLE)]
    table = read(headed(*heads), rules)
    assert texts(table)[0][1:] == ["Deaths of women"] * 2 + ["Deaths of men"] * 2


def test_a_rule_between_two_headings_of_one_column_parts_them():
    found = [*put("Women", XS[1], 112, "c"), *put("Men", XS[3], 112, "c"), *headed()]
    rules = [across(96, *WHOLE), across(116, *WHOLE), across(130, *WHOLE)]
    table = read(found, rules)
    assert [texts(table)[0][1], texts(table)[1][1]] == ["Women", "No."]


# ---- drawn


def test_a_drawn_heading_spans_the_columns_that_the_rule_under_it_runs_over(tmp_path):
    path = tmp_path / "headings.pdf"
    with pymupdf.open() as pdf:
        page = pdf.new_page()
        for y, start, end in ((90, 72, 520), (114, 200, 330), (114, 350, 520), (134, 72, 520), (214, 72, 520)):
            page.draw_line((start, y), (end, y))
        page.insert_text((245, 108), "Women", fontsize=10)
        page.insert_text((425, 108), "Men", fontsize=10)
        lefts = (72, 200, 290, 350, 480)
        rows = ["Age No. Rate No. Rate", "45 47 21.8 91 8.7", "55 116 85.5 224 31.9", "65 164 234 527 132", "75 242 654 1,056 448"]
        for n, row in enumerate(row.split() for row in rows):
            for x, text in zip(lefts, row, strict=True):
                page.insert_text((x, 128 + 20 * n), text, fontsize=10)
        pdf.save(path)
    (table,) = docai.extract(path).tables
    assert [(cell.column, cell.column_span, cell.text) for cell in table.cells if cell.row == 0] == [
        (0, 1, "Age"),
        (1, 2, "Women"),
        (3, 2, "Men"),
    ]
    assert [cell.text for cell in table.grid()[2]] == ["45", "47", "21.8", "91", "8.7"]
