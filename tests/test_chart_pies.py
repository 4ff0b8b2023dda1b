"""Sectors around one centre that make a whole are a pie; their angles are shares of it."""

from __future__ import annotations

import pytest

from docai.backends.classical.charts.legends import Entry, Legend
from docai.backends.classical.charts.readers.pies import extent_of, find_pies, place_at, read_pies
from docai.backends.classical.charts.scene import Extent, Rectangle, Sector, Stroke
from tests.placed_plots import BLUE, GREEN, GREY, RED, label, scene_of, told

COLOURS = [BLUE, RED, GREEN, GREY]
CENTRE = (100.0, 80.0)


def pie(shares, centre=CENTRE, inner=0.0, outer=50.0, start=0.0, whole=360.0):
    sectors = []
    for number, share in enumerate(shares):
        sweep = share / sum(shares) * whole
        sectors.append(Sector(centre, inner, outer, start % 360, sweep, COLOURS[number % 4], order=number))
        start += sweep
    return sectors


def legend_of(*names):
    squares = [Rectangle(Extent(200, 30 + 10 * n, 207, 37 + 10 * n), COLOURS[n]) for n in range(len(names))]
    labels = [label(name, 211, square.extent.middle[1]) for name, square in zip(names, squares, strict=True)]
    entries = tuple(Entry(name, square, text) for name, square, text in zip(names, squares, labels, strict=True))
    return Legend(entries, used=tuple(labels))


def read(sectors, labels=(), strokes=(), legend=None):
    return read_pies(scene_of(sectors=sectors, labels=labels, strokes=strokes), legend or Legend())


def beside(sector, text, radius):
    """Return a label whose middle stands at a sector's middle angle."""
    x, y = place_at(sector, sector.start + sector.sweep / 2, radius)
    return label(text, x - 2.5 * len(text), y)


def test_sectors_are_shares_of_a_hundred():
    part = read(pie([1, 2, 3, 4]))[0]
    assert part.kind == "pie"
    assert [y for _, y in told(part.strands[0])] == [10, 20, 30, 40]
    assert len(part.marks) == 4


def test_the_legend_names_sectors_and_orders_them():
    legend = legend_of("a", "b", "c")
    part = read(pie([5, 3, 2], start=90.0), legend=legend)[0]
    assert told(part.strands[0]) == [("a", 50), ("b", 30), ("c", 20)]


def test_names_inside_outside_and_at_leader_lines_are_the_sectors():
    sectors = pie([40, 30, 30])
    tip = place_at(sectors[2], sectors[2].start + sectors[2].sweep / 2, 49)
    labels = [beside(sectors[0], "Coal", 30), beside(sectors[1], "Gas", 60), label("Wind", 10, 10)]
    part = read(sectors, labels, [Stroke((tip, (30, 16)), "#333333")])[0]
    assert told(part.strands[0]) == [("Coal", 40), ("Gas", 30), ("Wind", 30)]


def test_printed_shares_count_and_names_are_parted_from_them():
    sectors = pie([33.6, 66.4])
    labels = [beside(sectors[0], "Coal 33.6%", 30), beside(sectors[1], "Gas", 60), beside(sectors[1], "66.4%", 30)]
    values = read(sectors, labels)[0].strands[0].values
    assert [(value.x, value.y, value.printed.text) for value in values] == [("Coal", 33.6, "Coal 33.6%"), ("Gas", 66.4, "66.4%")]


def test_drawn_shares_count_that_are_finer_than_those_printed():
    sectors = pie([33.6, 66.4])
    labels = [beside(sectors[0], "Coal 34%", 30), beside(sectors[1], "Gas 66%", 30)]
    values = read(sectors, labels)[0].strands[0].values
    assert [(value.x, round(value.y, 6), value.printed) for value in values] == [("Coal", 33.6, None), ("Gas", 66.4, None)]


def test_rounded_shares_that_are_drawn_as_they_are_printed_count_as_printed():
    sectors = pie([34, 66])
    labels = [beside(sectors[0], "Coal 34%", 30), beside(sectors[1], "Gas 66%", 30)]
    values = read(sectors, labels)[0].strands[0].values
    assert [(value.y, value.printed.text) for value in values] == [(34, "Coal 34%"), (66, "Gas 66%")]


def test_printed_amounts_count_if_they_are_in_proportion():
    sectors = pie([120, 360])
    legend = legend_of("a", "b")
    good = read(sectors, [beside(s, text, 30) for s, text in zip(sectors, ["120", "360"], strict=True)], legend=legend)
    assert told(good[0].strands[0]) == [("a", 120), ("b", 360)]
    bad = read(sectors, [beside(s, text, 30) for s, text in zip(sectors, ["120", "120"], strict=True)], legend=legend)
    assert told(bad[0].strands[0]) == [("a", 25), ("b", 75)]


def test_a_printed_share_that_contradicts_its_sector_does_not_count():
    sectors = pie([50, 50])
    part = read(sectors, [beside(sectors[0], "80%", 30)])[0]
    assert [y for _, y in told(part.strands[0])] == [50, 50]


def test_donuts_and_pulled_out_sectors_are_pies():
    assert len(find_pies(scene_of(sectors=pie([1, 2, 3], inner=25.0)))) == 1
    pulled = pie([1, 2, 3])
    moved = place_at(pulled[1], pulled[1].start + pulled[1].sweep / 2, 8)
    pulled[1] = Sector(moved, 0.0, 50.0, pulled[1].start, pulled[1].sweep, RED)
    assert len(find_pies(scene_of(sectors=pulled))) == 1


def test_two_rings_are_two_series():
    part = read([*pie([1, 1], inner=10, outer=25), *pie([1, 3], inner=25, outer=50)])[0]
    assert [[y for _, y in told(strand)] for strand in part.strands] == [[50, 50], [25, 75]]


def test_pies_side_by_side_are_parts_of_their_own():
    parts = read([*pie([1, 3], (220, 80)), *pie([1, 1], (90, 80))])
    assert [[y for _, y in told(part.strands[0])] for part in parts] == [[50, 50], [25, 75]]


def test_half_a_donut_is_a_whole():
    part = read(pie([1, 4], inner=30, start=270.0, whole=180.0))[0]
    assert [y for _, y in told(part.strands[0])] == [20, 80]


def test_even_gaps_between_sectors_are_no_shares():
    padded = [Sector(CENTRE, 20, 50, s.start + 1, s.sweep - 2, s.fill) for s in pie([30, 90, 60])]
    values = read(padded)[0].strands[0].values
    assert [value.y for value in values] == pytest.approx([100 * x / 354 for x in (58, 178, 118)], abs=1e-3)
    assert all(value.sure < 0.9 for value in values)


def test_discs_parts_of_rings_and_roses_are_no_pies():
    assert find_pies(scene_of(sectors=[Sector(CENTRE, 0, 50, 0, 360, RED)])) == []
    assert find_pies(scene_of(sectors=pie([1, 2, 3], whole=270.0))) == []
    rose = [Sector(CENTRE, 0, 20 + 10 * n, 90.0 * n, 90.0, RED) for n in range(4)]
    assert find_pies(scene_of(sectors=rose)) == []


def test_a_sector_reaches_as_far_as_its_arc_does():
    assert extent_of(Sector(CENTRE, 0, 50, 0, 180, RED)) == pytest.approx((100, 30, 150, 130))
    assert extent_of(Sector(CENTRE, 0, 50, 315, 90, RED)) == pytest.approx((64.645, 30, 135.355, 80), abs=0.001)


def test_sectors_in_colours_that_come_twice_are_less_sure():
    legend = legend_of("a", "b")
    values = read(
        [*pie([1, 1, 1, 1])[:2], *[Sector(s.centre, 0, 50, s.start, 90, BLUE) for s in pie([1, 1, 1, 1])[2:]]], legend=legend
    )
    assert [value.sure < 0.9 for value in values[0].strands[0].values].count(True) >= 3


def test_years_that_name_sectors_are_names():
    sectors = pie([40, 30, 30])
    part = read(sectors, [beside(s, text, 60) for s, text in zip(sectors, ["2019", "2020", "2021"], strict=True)])[0]
    assert told(part.strands[0]) == [("2019", 40), ("2020", 30), ("2021", 30)]


def test_a_number_at_the_end_of_a_name_is_part_of_it():
    sectors = pie([40, 60])
    part = read(sectors, [beside(s, text, 70) for s, text in zip(sectors, ["Q3 2017", "Q4 2017"], strict=True)])[0]
    assert [x for x, _ in told(part.strands[0])] == ["Q3 2017", "Q4 2017"]


def test_a_title_above_is_no_name():
    sectors = pie([40, 60])
    title = label("Energy use of buildings", 60, 12)
    part = read(sectors, [title, beside(sectors[0], "Coal", 60), beside(sectors[1], "Gas", 60)])[0]
    assert [x for x, _ in told(part.strands[0])] == ["Coal", "Gas"]


def test_the_label_of_a_narrow_sector_stands_by_its_nearest_corner():
    sectors = pie([30, 14, 4, 52], start=225.0)
    middle = sectors[2].start + sectors[2].sweep / 2
    x, y = place_at(sectors[2], middle, 54)
    wide = label("A narrow one", x - 70 if middle % 360 > 180 else x, y - 5)
    labels = [beside(sectors[0], "West", 60), beside(sectors[1], "North", 60), wide, beside(sectors[3], "East", 60)]
    assert {name for name, _ in told(read(sectors, labels)[0].strands[0])} == {"West", "North", "A narrow one", "East"}


def test_thousands_that_might_be_decimals_are_amounts_where_they_are_in_proportion():
    sectors = pie([413, 297])
    labels = [beside(sectors[0], "413,000", 30), beside(sectors[1], "297,000", 30)]
    part = read(sectors, labels, legend=legend_of("a", "b"))[0]
    assert told(part.strands[0]) == [("a", 413_000), ("b", 297_000)]


def test_a_printed_share_that_contradicts_its_sector_is_told_and_the_value_is_not_believed():
    sectors = pie([40, 30, 20, 10])
    labels = [beside(sector, text, 30) for sector, text in zip(sectors, ["40%", "35%", "20%", "10%"], strict=True)]
    part = read(sectors, labels)[0]
    assert [y for _, y in told(part.strands[0])] == [40, 30, 20, 10]
    assert part.faults[0][0] == "chart_label_contradicts"
    assert ": 35%;" in part.faults[0][1]
    assert [value.sure <= 0.4 for value in part.strands[0].values] == [False, True, False, False]


def test_percentages_at_sectors_that_are_no_shares_of_them_contradict_nothing():
    sectors = pie([40, 30, 20, 10])
    labels = [beside(sector, text, 30) for sector, text in zip(sectors, ["3%", "35%", "20%", "1%"], strict=True)]
    assert read(sectors, labels)[0].faults == ()


def test_shares_are_told_as_finely_as_angles_are_drawn():
    assert [value.y for value in read(pie([1, 1, 1]))[0].strands[0].values] == [33.333, 33.333, 33.333]


def test_a_year_before_an_amount_names_its_sector():
    sectors = pie([30, 50, 20])
    texts = ["1999 30,000", "2000 50,000", "2001 20,000"]
    part = read(sectors, [beside(s, text, 75) for s, text in zip(sectors, texts, strict=True)])[0]
    assert told(part.strands[0]) == [("1999", 30000), ("2000", 50000), ("2001", 20000)]
