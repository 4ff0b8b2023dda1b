"""Where tables are: in grids, between rules and shades across; captions and notes are left outside, drawings are none."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docai
from docai.borderless import find_aligned
from docai.tables import find_tables
from tests.drawn_pages import HEIGHT, WIDTH, Sheet, filled, grid_rules, prose, source_page
from tests.placed_tables import (
    across,
    curve,
    down,
    letters,
    lines_in,
    put,
    read,
    read_or_none,
    rows_at,
    shade,
    spans,
    texts,
    texts_found,
)

XS, ALIGN = (60, 250, 400), "lrr"
WHOLE = (55, 405)
ROWS = [("Depot", "Vans", "Parcels"), ("Harwick", "12", "310"), ("Penfold", "9", "270"), ("Eastmoor", "4", "99")]
READ = "Depot Vans Parcels | Harwick 12 310 | Penfold 9 270 | Eastmoor 4 99"
BOOKTABS = (88, 104, 148)  # over and under the headings, and under the last row


def found_in(words, rules=(), paths=(), text=()):
    """Return the texts of the tables that rules or shades tell among words, and lines of running `text`."""
    page = source_page(words, rules=tuple(rules), paths=tuple(paths))
    return texts_found(find_tables(page, [*lines_in(words), *text]))


def ruled(*heights, ends=WHOLE):
    return [across(y, *ends) for y in heights]


# ---- between rules


def test_rows_between_rules_of_the_same_ends_are_a_table():
    assert found_in(rows_at(ROWS, XS, ALIGN), ruled(*BOOKTABS)) == [READ]


def test_rules_between_all_rows_make_one_table():
    assert found_in(rows_at(ROWS, XS, ALIGN), ruled(88, 104, 118, 132, 148)) == [READ]


def test_shorter_rules_under_headings_are_part_of_the_table():
    over = [*put("Women", 300, 96, "c"), *put("Men", 450, 96, "c")]
    words = [*over, *rows_at([(a, b, b, b, b) for a, b, _ in ROWS], (60, 270, 330, 420, 480), "lrrrr", top=112)]
    rules = [*ruled(84, 116, 160, ends=(55, 485)), across(99, 250, 335), across(99, 400, 485)]
    assert found_in(words, rules) == ["Women Men | " + " | ".join(f"{a} {b} {b} {b} {b}" for a, b, _ in ROWS)]


def test_headings_between_two_rules_are_no_table_without_the_rows_below():
    words = rows_at(ROWS, XS, ALIGN)
    assert found_in(words, ruled(88, 104)) == []
    assert texts_found(find_aligned(lines_in(words), ruled(88, 104))) == [READ]


def test_rows_below_the_last_rule_that_go_on_in_its_columns_are_part_of_the_table():
    assert found_in(rows_at(ROWS, XS, ALIGN), ruled(88, 104, 132)) == [READ]


def test_headings_over_the_first_rule_are_part_of_the_table():
    assert found_in(rows_at(ROWS, XS, ALIGN), ruled(104, 118, 132, 148)) == [READ]


def test_text_above_and_below_stays_outside():
    text = [*prose(4, 60, 30, 340), *prose(4, 60, 180, 340)]
    assert found_in(rows_at(ROWS, XS, ALIGN), ruled(*BOOKTABS), text=text) == [READ]


def test_a_caption_above_the_first_rule_and_notes_below_the_last_stay_outside():
    words = [*put("Table 1: Depots", 60, 80), *rows_at(ROWS, XS, ALIGN), *put("Note: as of May", 60, 160)]
    assert found_in(words, ruled(*BOOKTABS)) == [READ]


def test_notes_above_the_last_rule_stay_outside():
    words = [*rows_at(ROWS, XS, ALIGN), *put("Note: as of May, without vans on loan", 60, 158)]
    assert found_in(words, ruled(88, 104, 164)) == [READ]


def test_two_tables_with_a_caption_between_are_two():
    words = [*rows_at(ROWS, XS, ALIGN), *put("Table 2: Vans", 60, 168), *rows_at(ROWS, XS, ALIGN, top=190)]
    assert found_in(words, ruled(*BOOKTABS, 178, 194, 238)) == [READ, READ]


def test_two_tables_with_running_text_between_are_two():
    words = [*rows_at(ROWS, XS, ALIGN), *rows_at(ROWS, XS, ALIGN, top=230)]
    assert found_in(words, ruled(*BOOKTABS, 218, 234, 278), text=prose(3, 60, 170, 340)) == [READ, READ]


def test_two_tables_side_by_side_are_two():
    words = [*rows_at(ROWS, (40, 150, 250), ALIGN), *rows_at(ROWS, (320, 440, 550), ALIGN)]
    assert found_in(words, [*ruled(*BOOKTABS, ends=(35, 255)), *ruled(*BOOKTABS, ends=(315, 555))]) == [READ, READ]


def test_a_rule_in_pieces_for_each_column_is_one():
    pieces = [across(y, left, right) for y in BOOKTABS for left, right in ((55, 150), (152, 255), (257, 405))]
    assert found_in(rows_at(ROWS, XS, ALIGN), pieces) == [READ]


def test_words_alone_between_rules_are_a_table():
    rows = [
        ("Name", "Place", "Trade"),
        ("Ada", "London", "Analyst"),
        ("Grace", "New York", "Admiral"),
        ("Edsger", "Nuenen", "Writer"),
    ]
    assert len(found_in(rows_at(rows, XS), ruled(88, 104, 148, ends=(55, 450)))) == 1


LABEL_BESIDE_LINES = [  # in rows of two lines, the label stands in their middle
    one
    for n, (label, first, second) in enumerate(
        [
            ("Harwick", "Served by boat in winter", "and by air in summer."),
            ("Penfold", "Closed for repairs until", "the end of the year."),
            ("Wick", "Opened by the minister in", "the presence of many."),
            ("Eastmoor", "Without electricity after", "the storms of spring."),
        ]
    )
    for one in [*put(label, 60, 106 + 40 * n), *put(first, 200, 100 + 40 * n), *put(second, 200, 112 + 40 * n)]
]


def test_rules_between_rows_of_several_lines_make_one_table():
    rules = ruled(88, 126, 166, 206, 246, ends=(55, 340))
    (found,) = found_in(LABEL_BESIDE_LINES, rules)
    assert found.startswith("Harwick Served by boat in winter | and by air")
    assert found.endswith("the storms of spring.")
    assert found_in(LABEL_BESIDE_LINES, ruled(88, 246, ends=(55, 340))) == []


def test_columns_beside_a_grid_that_is_open_at_top_and_bottom_are_part_of_the_table():
    rows = [("Depot", "Vans", "Carts", "Men", "Women", "Parcels")]
    rows += [(f"Town {n}", str(n), str(2 * n), str(3 * n), str(4 * n), f"{n}10") for n in range(1, 7)]
    heads = [*put("Capacity", 220, 92, "c"), *put("Staff", 340, 92, "c")]
    words = [*heads, *rows_at(rows, (60, 190, 250, 310, 370, 480), "lccccr", top=108)]
    rules = [across(96, 162, 278), across(96, 282, 398), *(down(x, 80, 200) for x in (160, 280, 400))]
    rules += [down(x, 96, 200) for x in (220, 340)]
    (found,) = found_in(words, rules)
    assert found.startswith("Capacity Staff | Depot Vans Carts Men Women Parcels | Town 1 1 2 3 4 110")
    assert found.endswith("Town 6 6 12 18 24 610")
    table = read(words, rules)
    assert texts(table)[2] == ["Town 1", "1", "2", "3", "4", "110"]
    assert spans(table) == {"Capacity": (1, 2), "Staff": (1, 2), "Depot": (2, 1), "Parcels": (2, 1)}


# ---- told by shades


def test_every_second_row_shaded_is_a_table():
    zebra = [shade(55, 104, 405, 118), shade(55, 132, 405, 146)]
    assert found_in(rows_at(ROWS, XS, ALIGN), paths=zebra) == [READ]


def test_a_shaded_heading_takes_the_rows_below_along():
    assert found_in(rows_at(ROWS, XS, ALIGN), paths=[shade(55, 90, 405, 104), shade(55, 118, 405, 132)]) == [READ]


def test_headings_over_the_first_shade_are_part_of_the_table():
    rows = [*ROWS, ("Northgate", "7", "188"), ("Wick", "2", "31")]
    zebra = [shade(55, 118, 405, 132), shade(55, 146, 405, 160)]
    (found,) = found_in(rows_at(rows, XS, ALIGN), paths=zebra)
    assert found.startswith("Depot Vans Parcels | Harwick")


def test_headings_over_the_title_of_a_section_over_the_first_shade_are_part_of_the_table():
    rows = [ROWS[0], ("North of the river", "", ""), *ROWS[1:], ("Northgate", "7", "188"), ("Wick", "2", "31")]
    zebra = [shade(55, 118, 405, 132), shade(55, 146, 405, 160), shade(55, 174, 405, 188)]
    words = rows_at(rows, XS, ALIGN)
    (found,) = found_in(words, paths=zebra)
    assert found.startswith("Depot Vans Parcels | North of the river | Harwick")
    edges = [across(y, *WHOLE)._replace(thickness=0.0) for y in (118, 132, 146, 160, 174, 188)]
    table = read(words, edges)
    assert table.header_row_count == 1
    assert spans(table) == {}  # every other row stands alone between the edges of shades


def test_the_edges_of_shades_part_rows_of_several_lines():
    rows = [
        ROWS[0],
        ("Harwick on", "12", "310"),
        ("the river", "", ""),
        ("Penfold", "9", "270"),
        ("Isle of", "4", "99"),
        ("Wick", "", ""),
    ]
    edges = [across(y, *WHOLE)._replace(thickness=0.0) for y in (104, 129, 145, 172)]
    table = read(rows_at(rows, XS, ALIGN, tops=(100, 114, 125, 140, 156, 167)), edges)
    assert [row[0] for row in texts(table)] == ["Depot", "Harwick on the river", "Penfold", "Isle of Wick"]


# ---- none


def test_rules_around_running_text_make_no_table():
    assert found_in([], ruled(88, 180, 260), text=[*prose(5, 60, 100, 340), *prose(5, 60, 195, 340)]) == []


def test_underlined_headings_make_no_table():
    words = [*put("Summary", 60, 100), *put("Outlook", 60, 200)]
    assert found_in(words, [across(103, 60, 100), across(203, 60, 100)], text=prose(4, 60, 120, 340)) == []


def test_lines_for_signatures_make_no_table():
    words = rows_at([("Ada Lovelace", "Grace Hopper"), ("London", "Arlington")], (60, 330), top=614)
    assert found_in(words, [across(600, 60, 220), across(600, 330, 490)]) == []


@pytest.mark.parametrize("leader", [30 * ".", ""], ids=["dots", "none"])
def test_contents_between_rules_are_none(leader):
    titles = ["Summary", "The network", "Depots", "Vans", "Outlook", "Sources"]
    rows = [(f"{title} {leader}".strip(), page) for title, page in zip(titles, ["1", "3", "4", "8", "12", "15"], strict=True)]
    assert found_in(rows_at(rows, (60, 400), "lr"), ruled(88, 176)) == []


def test_a_numbered_list_between_rules_is_none():
    rows = [(f"{n}.", filled(6, 7 * n)) for n in range(1, 6)]
    assert found_in(rows_at(rows, (60, 85)), ruled(88, 162)) == []


def test_running_text_in_two_columns_under_the_rule_of_a_heading_is_none():
    text = [*prose(12, 60, 110, 220), *prose(12, 310, 110, 220, 77)]
    assert found_in([], ruled(88, 260, ends=(55, 535)), text=text) == []


def test_a_bar_chart_is_none():
    sheet = Sheet()
    sheet.bars(100, 300, [30, 80, 50, 100, 20])
    for y in (200, 225, 250, 275):
        sheet.rule(100, y, 320, y)
    sheet.column(72, 400, 400, filled(60))
    assert docai.extract(sheet.data()).tables == ()


def test_bars_with_labels_and_values_beside_them_are_none():
    words, bars = [], []
    for n, (name, value) in enumerate((("North", 210), ("South", 120), ("East", 160), ("West", 90), ("Isles", 140), ("Coast", 60))):
        words += [*put(name, 60, 112 + 20 * n), *put(f"{value}", 350, 112 + 20 * n, "r")]
        bars.append(shade(100, 102 + 20 * n, 100 + value, 116 + 20 * n, "#1050a0"))
    assert found_in(words, ruled(96, 226, ends=(55, 355)), bars) == []


def test_a_flow_chart_with_round_corners_is_none():
    boxes = [(60 + 130 * m, 100 + 60 * n) for n in range(3) for m in range(3)]
    words = [one for n, (x, y) in enumerate(boxes) for one in put(f"Step {n}", x + 20, y + 20)]
    curves = [curve(x, y, x + 110, y + 34) for x, y in boxes]
    assert found_in(words, ruled(96, 152, 212, 262, ends=(55, 435)), curves) == []


def test_a_grid_of_round_boxes_is_none():
    xs, ys = (60, 160, 260, 360), (100, 140, 180, 220)
    words = rows_at(
        [("In", "Sort", "Out"), ("Van", "Road", "Stop"), ("Ring", "Sign", "End")], [x + 20 for x in xs[:3]], top=125, step=40
    )
    curves = [curve(x + 2, y + 2, x + 98, y + 38) for x in xs[:3] for y in ys[:3]]
    assert found_in(words, grid_rules(xs, ys), curves) == []
    assert len(found_in(words, grid_rules(xs, ys))) == 1


def test_the_grid_lines_of_a_chart_with_few_labels_are_none():
    xs, ys = range(100, 401, 50), range(100, 301, 25)
    assert found_in(put("peak", 210, 120), grid_rules(tuple(xs), tuple(ys))) == []


# ---- in a grid


def in_frame(first=None, last=None, xs=(55, 200, 300, 410), top=88):
    """Return the words and rules of a ruled table with a row across above its headings, one across below its rows, or both."""
    words, heights = [], [top]
    if first:
        words += put(first, 60, heights[-1] + 14)
        heights.append(heights[-1] + 20)
    inner = heights[-1]
    for row in ROWS:
        words += rows_at([row], (60, 205, 305), top=heights[-1] + 14)
        heights.append(heights[-1] + 20)
    low = heights[-1]
    if last:
        words += put(last, 60, heights[-1] + 14)
        heights.append(heights[-1] + 20)
    rules = [across(y, xs[0], xs[-1]) for y in heights]
    rules += [down(x, heights[0], heights[-1]) for x in (xs[0], xs[-1])]
    return words, [*rules, *(down(x, inner, low) for x in xs[1:-1])]


def test_the_caption_in_the_first_row_of_a_frame_is_left_outside():
    words, rules = in_frame(first="Table 1: Depots of the network in May")
    assert found_in(words, rules) == [READ]
    (found,) = find_tables(source_page(words, rules=tuple(rules)), lines_in(words))
    assert found.box.top * HEIGHT == pytest.approx(108, abs=1)
    assert all(rule.start >= found.box.top - 0.01 for rule in found.rules if not rule.horizontal)


def test_the_notes_in_the_last_row_of_a_frame_are_left_outside():
    words, rules = in_frame(last="Source: the annual report of the network")
    assert found_in(words, rules) == [READ]


def test_caption_and_notes_in_one_frame_are_both_left_outside():
    words, rules = in_frame("Table 1: Depots of the network", "* p < 0.05")
    assert found_in(words, rules) == [READ]


def test_a_title_and_a_total_across_a_frame_are_rows_of_the_table():
    words, rules = in_frame("Depots of the network", "Not one is closed on Sundays")
    assert found_in(words, rules) == [f"Depots of the network | {READ} | Not one is closed on Sundays"]


def test_caption_and_note_of_a_framed_table_are_texts_of_the_document():
    sheet = Sheet()
    words, rules = in_frame("Table 1: Depots of the network", "Source: the annual report")
    for line in lines_in(words):
        sheet.text(line.box.left * WIDTH, line.baseline * HEIGHT, line.text)
    for rule in rules:
        ends = (
            (rule.start, rule.position, rule.end, rule.position)
            if rule.horizontal
            else (rule.position, rule.start, rule.position, rule.end)
        )
        sheet.rule(ends[0] * WIDTH, ends[1] * HEIGHT, ends[2] * WIDTH, ends[3] * HEIGHT)
    document = docai.extract(sheet.data())
    (table,) = document.tables
    assert texts(table) == [list(row) for row in ROWS]
    assert [block.content.text for block in document.blocks if hasattr(block.content, "text")] == [
        "Table 1: Depots of the network",
        "Source: the annual report",
    ]


def test_a_rule_that_a_ruled_table_lacks_between_rows_of_numbers_is_made_good():
    xs, ys = (55, 200, 300, 410), [88 + 20 * n for n in range(9)]
    rows = [ROWS[0], *((f"Depot {n}", f"{10 + n}", f"{300 + n}") for n in range(7))]
    rules = [rule for rule in grid_rules(xs, ys) if not rule.horizontal or round(rule.position * HEIGHT) != ys[4]]
    table = read(rows_at(rows, (60, 205, 305), top=102, step=20), rules)
    assert texts(table) == [list(row) for row in rows]


def test_a_ruled_table_whose_rules_part_no_rows_is_read_by_its_lines():
    rules = [*ruled(88, 104, 148), *(down(x, 88, 148) for x in (55, 200, 300, 405))]
    table = read(rows_at(ROWS, (60, 290, 400), ALIGN), rules)
    assert texts(table) == [list(row) for row in ROWS]


def test_spans_of_a_ruled_table_are_kept():
    words, rules = in_frame(first="Depots of the network")
    assert spans(read(words, rules)) == {"Depots of the network": (1, 3)}


# ---- over pages


@pytest.mark.parametrize("rules", [True, False], ids=["ruled", "borderless"])
def test_headings_that_each_page_repeats_are_no_running_headers(rules):
    sheet = Sheet(pages=3)
    for number in (1, 2, 3):
        sheet.turn_to(number)
        rows = [("Depot", "Vans", "Parcels"), *((f"Depot {number}-{n}", f"{n + 3}", f"{7 * n + number}") for n in range(30))]
        for n, row in enumerate(rows):
            for x, text in zip((72, 250, 400), row, strict=True):
                sheet.text(x, 60 + 22 * n, text)
        if rules:
            for y in (46, 64, 60 + 22 * 30 + 6):
                sheet.rule(68, y, 460, y)
    document = docai.extract(sheet.data())
    (table,) = document.tables
    assert texts(table)[0] == ["Depot", "Vans", "Parcels"]
    assert table.row_count == 91
    ((*parts,),) = document.table_parts
    assert [[word.text for word in part.content.words][:3] for part in parts] == [["Depot", "Vans", "Parcels"]] * 3


def test_rows_at_the_edges_of_pages_that_differ_by_digits_are_no_running_lines():
    sheet = Sheet(pages=3)
    for number in (1, 2, 3):
        sheet.turn_to(number)
        for n in range(35):
            for x, text in zip((72, 250, 400), (f"Depot {number}-{n}", f"{n + 3}", f"{7 * n + number}"), strict=True):
                sheet.text(x, 60 + 22 * n, text)
    document = docai.extract(sheet.data())
    assert [len(part.content.words) for parts in document.table_parts for part in parts] == [140] * 3


# ---- laws


CELLS = st.sampled_from(["", "12", "1,144", "two words", "North", "-3.5%", "(1)", "$", "a", "2019", "n/a", "가나 다"])
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=4), min_size=2, max_size=7).filter(lambda rows: any(map(any, rows)))
RULES = st.lists(
    st.one_of(
        st.builds(across, st.floats(70, 240), st.floats(30, 300), st.floats(310, 520)),
        st.builds(down, st.floats(30, 520), st.floats(70, 120), st.floats(125, 240)),
        st.sampled_from([across(y, 50, 500) for y in (88, 104, 118, 132, 146, 160)]),
    ),
    max_size=10,
)
STEPS = st.sampled_from([8.0, 11.0, 14.0, 22.0])


@settings(max_examples=150, deadline=None)
@given(TABLES, RULES, STEPS, st.floats(-30, 30))
def test_every_word_is_in_exactly_one_cell_whatever_rules_are_thrown_in(rows, rules, step, shift):
    words = rows_at(rows, (60, 180, 300 + shift, 420), top=100, step=step)
    table = read_or_none(words, rules)
    if table is not None:
        covered = Counter((c.row + r, c.column + m) for c in table.cells for r in range(c.row_span) for m in range(c.column_span))
        assert covered == Counter((r, c) for r in range(table.row_count) for c in range(table.column_count))
        assert letters(*(cell.text for cell in table.cells)) == letters(*(word.text for word in words))
        assert len(table.grid()) == table.row_count


ACROSS = st.lists(st.builds(across, st.floats(70, 240), st.floats(30, 300), st.floats(310, 520)), max_size=10)


def is_found_once(words, rules):
    """Return whether each line among words is in at most one table, and all that tables hold is on the page."""
    lines = lines_in(words)
    held = [id(line) for table in find_tables(source_page(words, rules=tuple(rules)), lines) for line in table.lines]
    return set(held) <= set(map(id, lines)) and len(held) == len(set(held))


@settings(max_examples=100, deadline=None)
@given(TABLES, st.one_of(ACROSS, st.just(grid_rules((55, 170, 290, 500), (88, 120, 150)))), STEPS)
def test_a_line_is_in_at_most_one_table(rows, rules, step):
    assert is_found_once(rows_at(rows, (60, 180, 300, 420), top=100, step=step), rules)


def test_a_line_in_two_grids_that_overlap_is_in_one_table():
    rules = [across(88, 50, 500), down(68, 70, 125), across(128, 30, 310), down(66, 91, 155)]  # two crosses that do not meet
    assert is_found_once([*put("12", 300, 108), *put("12", 60, 116)], rules)


ANYWHERE = st.lists(
    st.builds(
        lambda text, x, y, size, number: put(text, x, y, size=size)[0]._replace(line=number),
        st.sampled_from(["a", "12", "word", "1,144", "$", "*", "가나", "(1)", "Total", "–"]),
        st.floats(40, 540),
        st.one_of(st.floats(90, 240), st.integers(7, 17).map(lambda n: 14.0 * n)),
        st.sampled_from([7.0, 10.0, 10.0, 10.0, 24.0]),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(ANYWHERE, RULES)
def test_no_word_is_lost_wherever_words_and_rules_stand(words, rules):
    table = read_or_none(words, rules)
    assert table is None or len(table.grid()) == table.row_count
