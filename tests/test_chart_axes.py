"""Axes are calibrated by their labels, whatever the scale and however they are drawn; what cannot be trusted is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from docai.backends.classical.charts.axes import find_plots
from docai.backends.classical.charts.scales import Plot, Scale
from docai.backends.classical.charts.scene import Extent, Label, Polygon, Rectangle, Scene, Stroke, Symbol

SIZE = 10.0
LETTER = 0.6 * SIZE
LEFT, TOP, RIGHT, BOTTOM = 60.0, 30.0, 360.0, 230.0
BLUE = "#4c78a8"


def text_at(text: str, across: float, down: float, *, align: str = "centre") -> Label:
    """Return a label whose middle, left or right end stands at a place."""
    width = LETTER * len(text)
    left = {"centre": across - width / 2, "left": across, "right": across - width}[align]
    return Label(text, Extent(left, down - 6, left + width, down + 6), SIZE)


@dataclass(frozen=True)
class Drawn:
    """A chart of labels and marks that grows by parts."""

    labels: tuple[Label, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    rectangles: tuple[Rectangle, ...] = ()

    def scene(self, blur: float = 0.0) -> Scene:
        return Scene(420, 300, self.labels, self.rectangles, self.strokes, blur=blur)

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(self.labels + other.labels, self.strokes + other.strokes, self.rectangles + other.rectangles)


def line(*places: tuple[float, float], colour: str = "#000000", thickness: float = 0.8) -> Stroke:
    return Stroke(places, colour, thickness)


def upright(texts: Sequence[str], places: Sequence[float], *, ticks: bool = True, across: float = LEFT) -> Drawn:
    """Return an axis to the left, labels flush right."""
    labels = tuple(text_at(text, across - 6, place, align="right") for text, place in zip(texts, places, strict=True))
    strokes = tuple(line((across, place), (across - 3.5, place)) for place in places) if ticks else ()
    return Drawn(labels, (*strokes, line((across, TOP), (across, BOTTOM))) if ticks else ())


def lying(texts: Sequence[str], places: Sequence[float], *, ticks: bool = True, down: float = BOTTOM) -> Drawn:
    """Return an axis below."""
    labels = tuple(text_at(text, place, down + 12) for text, place in zip(texts, places, strict=True))
    strokes = tuple(line((place, down), (place, down + 3.5)) for place in places) if ticks else ()
    return Drawn(labels, (*strokes, line((LEFT, down), (RIGHT, down))) if ticks else ())


def bars(places: Sequence[float], tops: Sequence[float], *, width: float = 20, base: float = BOTTOM) -> Drawn:
    return Drawn(
        rectangles=tuple(
            Rectangle(Extent(place - width / 2, min(top, base), place + width / 2, max(top, base)), BLUE)
            for place, top in zip(places, tops, strict=True)
        )
    )


def only(drawn: Drawn, blur: float = 0.0) -> Plot:
    plots = find_plots(drawn.scene(blur))
    assert len(plots) == 1
    return plots[0]


def known(scale: Scale | None) -> Scale:
    assert scale is not None
    return scale


NAMES = lying(["North", "South", "East", "West"], [100.0, 170.0, 240.0, 310.0])
FOUR = [100.0, 170.0, 240.0, 310.0]

# Scales of every kind


@dataclass(frozen=True)
class Case:
    """Ticks of a scale: what they say, where they stand, and the value at any place."""

    kind: str
    texts: tuple[str, ...]
    places: tuple[float, ...]
    value: Callable[[float], float]
    tolerance: float


def _even(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * number / (count - 1) for number in range(count)]


@st.composite
def linear(draw: st.DrawFn) -> Case:
    count = draw(st.integers(3, 11))
    step = draw(st.sampled_from([1, 2, 2.5, 5])) * 10.0 ** draw(st.integers(-3, 6))
    first = step * draw(st.integers(-8, 20))
    low, high = draw(st.floats(TOP, TOP + 40)), draw(st.floats(BOTTOM - 40, BOTTOM))
    places = _even(high, low, count) if draw(st.booleans()) else _even(low, high, count)
    values = [first + step * number for number in range(count)]
    decimals = 0 if step >= 1 and step == int(step) else max(1, math.ceil(-math.log10(step)) + (1 if f"{step:e}"[2] == "5" else 0))
    style = draw(st.sampled_from(["plain", "comma", "minus", "percent", "dollar", "parentheses"]))
    texts = tuple(_written(value, decimals, style) for value in values)
    slope = (values[-1] - values[0]) / (places[-1] - places[0])
    return Case("linear", texts, tuple(places), lambda place: values[0] + slope * (place - places[0]), step * (count - 1) * 0.005)


def _written(value: float, decimals: int, style: str) -> str:
    value = round(value, decimals) + 0.0
    figures = f"{abs(value):,.{decimals}f}" if style == "comma" else f"{abs(value):.{decimals}f}"
    sign = "" if value >= 0 else "-" if style in ("plain", "comma") else "\u2212"
    if style == "parentheses" and value < 0:
        return f"({figures})"
    return {"percent": f"{sign}{figures}%", "dollar": f"{sign}${figures}"}.get(style, sign + figures)


@st.composite
def logarithmic(draw: st.DrawFn) -> Case:
    count, first = draw(st.integers(3, 7)), draw(st.integers(-3, 3))
    places = _even(BOTTOM, TOP, count)
    style = draw(st.sampled_from(["caret", "e", "plain"]))
    powers = range(first, first + count)
    texts = tuple({"caret": f"10^{p}", "e": f"1e{p}", "plain": f"{10.0**p:,.{max(0, -p)}f}"}[style] for p in powers)
    step = (places[1] - places[0]) or 1.0
    return Case("log", texts, tuple(places), lambda place: 10 ** (first + (place - places[0]) / step), 0.02)


cases = st.one_of(linear(), logarithmic())


def assert_right(scale: Scale, case: Case, places: Sequence[float]) -> None:
    """Check that a scale gives the values of a case, within its tolerance; of logarithms, the share."""
    for place in places:
        wanted, found = case.value(place), scale.value(place)
        if case.kind == "log":
            assert abs(math.log10(found / wanted)) <= case.tolerance
        else:
            assert abs(found - wanted) <= case.tolerance


@given(case=cases, ticks=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_drawn_axis_gives_its_values_back(case: Case, ticks: bool) -> None:
    scale = known(only(upright(case.texts, case.places, ticks=ticks) + NAMES).down)
    assert scale.kind == case.kind
    assert_right(scale, case, _even(TOP, BOTTOM, 5))
    assert scale.confidence >= 0.85


@given(
    case=linear(),
    noise=st.lists(st.floats(-0.5, 0.5), min_size=11, max_size=11),
    missing=st.sets(st.integers(0, 10), max_size=3),
    wrong=st.none() | st.tuples(st.integers(0, 10), st.sampled_from(["7", "88", "x", "999,999", "1.1"])),
)
@settings(max_examples=120, deadline=None)
def test_an_axis_of_a_picture_is_right_or_doubted_whatever_labels_are_missing_or_misread(
    case: Case, noise: list[float], missing: set[int], wrong: tuple[int, str] | None
) -> None:
    texts = list(case.texts)
    if wrong is not None and wrong[0] < len(texts):
        texts[wrong[0]] = wrong[1]
    kept = [number for number in range(len(texts)) if number not in missing]
    assume(len(kept) >= 2)
    places = [case.places[number] + noise[number] for number in kept]
    drawn = upright([texts[number] for number in kept], places, ticks=False) + NAMES
    drawn += bars(FOUR, [150.0, 90.0, 60.0, 120.0]) + Drawn(strokes=(line((LEFT, TOP), (LEFT, BOTTOM)),))
    for plot in find_plots(drawn.scene(blur=0.5)):
        scale = plot.down
        if scale is None or scale.kind == "category" or scale.confidence < 0.8:
            continue
        assert scale.kind == "linear"
        span = abs(case.value(TOP) - case.value(BOTTOM))
        for place in _even(TOP, BOTTOM, 5):
            assert abs(scale.value(place) - case.value(place)) <= 0.03 * span


@given(first=st.integers(1990, 2020), month=st.integers(1, 12), count=st.integers(4, 9), every=st.sampled_from([1, 2, 3, 6]))
@settings(max_examples=40, deadline=None)
def test_an_axis_of_months_gives_the_days_between(first: int, month: int, count: int, every: int) -> None:
    months = [first * 12 + month - 1 + every * number for number in range(count)]
    days = [datetime(m // 12, m % 12 + 1, 1, tzinfo=timezone.utc).timestamp() for m in months]
    places = [LEFT + 10 + 280 * (day - days[0]) / (days[-1] - days[0]) for day in days]
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    texts = [names[m % 12] + (f" {m // 12}" if number == 0 or every > 1 else "") for number, m in enumerate(months)]
    plot = only(lying(texts, places) + upright(["0", "50", "100"], [BOTTOM, 130, TOP]))
    scale = known(plot.across)
    assert scale.kind == "date"
    middle = (places[0] + places[-1]) / 2
    assert scale.value(middle) == pytest.approx((days[0] + days[-1]) / 2, abs=0.005 * (days[-1] - days[0]))


# How producers draw


def test_a_label_is_measured_by_its_tick_mark_and_not_by_its_middle() -> None:
    values, places = ["0", "10", "20", "30"], [230.0, 170.0, 110.0, 50.0]
    shifted = upright(values, [place + 1.5 for place in places], ticks=False)
    marks = Drawn(strokes=tuple(line((LEFT, place), (LEFT - 3.5, place)) for place in places))
    scale = known(only(shifted + marks + NAMES).down)
    assert scale.value(110.0) == pytest.approx(20)
    assert scale.residual < 0.01


def test_zero_is_where_bars_stand_though_ticks_are_drawn_half_a_pixel_off() -> None:
    ticks = upright(["0", "10", "20", "30"], [230.375, 170.375, 110.375, 50.375])
    plot = only(ticks + NAMES + bars(FOUR, [110.0, 90.0, 60.0, 120.0], base=230.0))
    assert known(plot.down).value(230.0) == pytest.approx(0, abs=1e-9)
    assert known(plot.down).value(110.0) == pytest.approx(20)


def test_ticks_that_are_rounded_to_pixels_do_not_bend_the_axis() -> None:
    pixel = 0.75
    exact = [BOTTOM - 200 * number / 11 for number in range(12)]
    rounded = [BOTTOM - pixel * round((BOTTOM - place) / pixel) + pixel / 2 for place in exact]
    labels = upright([f"{number / 2:.1f}" for number in range(12)], exact, ticks=False)
    marks = Drawn(strokes=tuple(line((LEFT, place), (LEFT - 3.5, place), thickness=pixel) for place in rounded))
    spine = Drawn(strokes=(line((LEFT, rounded[-1]), (LEFT, rounded[0]), thickness=pixel),))
    scale = known(only(labels + marks + spine + NAMES).down)
    for number, place in enumerate(exact):
        assert scale.value(place) == pytest.approx(number / 2, abs=0.012)


def test_labels_at_the_ends_of_a_row_may_be_moved_inwards() -> None:
    places = [LEFT, 160.0, 260.0, RIGHT]
    row = lying(["0", "1,000,000", "2,000,000", "3,000,000"], places)
    flush = [row.labels[0], row.labels[1], row.labels[2], text_at("3,000,000", RIGHT, BOTTOM + 12, align="right")]
    flush[0] = text_at("0", LEFT, BOTTOM + 12, align="left")
    plot = only(replace(row, labels=tuple(flush)) + upright(["a", "b", "c"], [70.0, 130.0, 190.0]))
    assert known(plot.across).value(210.0) == pytest.approx(1_500_000)
    assert len(known(plot.across).ticks) == 4


def test_outer_labels_that_are_moved_a_little_do_not_bend_an_axis_without_ticks() -> None:
    row = lying(["40", "100", "160", "220", "280"], [60.0, 130.0, 200.0, 270.0, 340.0], ticks=False)
    outer = (text_at("40", 60.0, BOTTOM + 12, align="left"), text_at("280", 340.0 - 3, BOTTOM + 12))
    moved = (outer[0], *row.labels[1:4], outer[1])
    plot = only(Drawn(moved) + upright(["0", "50", "100"], [BOTTOM, 130, TOP]), blur=0.5)
    assert known(plot.across).value(60.0) == pytest.approx(40, abs=1)
    assert known(plot.across).value(340.0) == pytest.approx(280, abs=1)


def test_an_inverted_axis_grows_downwards() -> None:
    scale = known(only(upright(["100", "200", "300"], [50.0, 130.0, 210.0]) + NAMES).down)
    assert scale.value(90.0) == pytest.approx(150)


def test_a_minus_that_stands_alone_belongs_to_the_figures_behind_it() -> None:
    drawn = upright(["10", "0", "10"], [50.0, 130.0, 210.0])
    minus = Label("\u2212", Extent(36, 204, 42, 216), SIZE)
    scale = known(only(replace(drawn, labels=(*drawn.labels, minus)) + NAMES).down)
    assert scale.value(210.0) == pytest.approx(-10)


def test_raised_figures_are_exponents() -> None:
    labels: list[Label] = []
    places = [210.0, 150.0, 90.0]
    for power, place in zip("123", places, strict=True):
        labels += [text_at("10", 48, place, align="right"), Label(power, Extent(48, place - 8, 52, place - 1), 7)]
    drawn = Drawn(tuple(labels), upright(["", "", ""], places).strokes)
    scale = known(only(drawn + NAMES).down)
    assert scale.kind == "log"
    assert scale.value(150.0) == pytest.approx(100)


def test_squares_make_a_power_scale() -> None:
    places = [230.0, 230 - 20 * math.sqrt(5), 230 - 20 * math.sqrt(10), 230 - 20 * math.sqrt(20), 230 - 20 * math.sqrt(60)]
    scale = known(only(upright(["0", "5", "10", "20", "60"], places) + NAMES).down)
    assert (scale.kind, scale.exponent) == ("power", 2.0)
    assert scale.value(230 - 20 * math.sqrt(40)) == pytest.approx(40)


def test_a_multiplier_at_the_end_of_an_axis_multiplies_its_values() -> None:
    drawn = upright(["0.0", "0.5", "1.0"], [230.0, 130.0, 30.0])
    top = Drawn((text_at("1e6", LEFT, TOP - 8, align="left"),))
    scale = known(only(drawn + top + NAMES + bars(FOUR, [150.0, 90.0, 60.0, 120.0])).down)
    assert scale.value(130.0) == pytest.approx(500_000)
    assert scale.multiplier == 1e6


def test_a_broken_axis_is_not_read() -> None:
    drawn = upright(["0", "10", "20", "100", "110", "120"], [220.0, 195.0, 170.0, 110.0, 85.0, 60.0])
    assert all(plot.down is None or plot.down.kind == "category" for plot in find_plots((drawn + NAMES).scene()))


def test_an_axis_that_is_linear_within_and_logarithmic_outside_is_not_read() -> None:
    texts = ["\u2212100", "\u221210", "\u22121", "0", "1", "10", "100"]
    drawn = upright(texts, [220.0, 190.0, 160.0, 130.0, 100.0, 70.0, 40.0])
    found = find_plots((drawn + lying(["1", "2", "3", "4"], FOUR)).scene())
    assert all(plot.down is None for plot in found)


# What is no axis


def test_values_printed_on_bars_are_no_axis() -> None:
    tops = [190.0, 150.0, 110.0, 70.0]
    printed = Drawn(
        tuple(text_at(text, place, top - 8) for text, place, top in zip(["10", "20", "30", "40"], FOUR, tops, strict=True))
    )
    plot = only(NAMES + bars(FOUR, tops) + printed)
    assert plot.down is None
    assert [tick.text for tick in known(plot.across).ticks] == ["North", "South", "East", "West"]


def test_numbers_of_a_legend_are_no_axis() -> None:
    swatches = Drawn(rectangles=tuple(Rectangle(Extent(300, 50 + 15 * n, 308, 58 + 15 * n), BLUE) for n in range(5)))
    names = Drawn(tuple(text_at(str(n + 1), 312, 54 + 15.0 * n, align="left") for n in range(5)))
    assert find_plots((swatches + names).scene()) == []


def test_text_alone_has_no_plots() -> None:
    words = [text_at(word, 100 + 90.0 * (number % 3), 40 + 20.0 * (number // 3)) for number, word in enumerate("abcdefghi")]
    assert find_plots(Drawn(tuple(words)).scene()) == []


# Names


def test_ages_below_bars_are_names_as_they_are_printed() -> None:
    plot = only(
        lying(["0", "5", "10", "15"], FOUR) + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(FOUR, [90.0, 60, 120, 75])
    )
    assert known(plot.across).kind == "category"
    assert [tick.text for tick in known(plot.across).ticks] == ["0", "5", "10", "15"]


def test_bins_between_ticks_are_measured() -> None:
    between = [135.0, 205.0, 275.0]
    ticks = lying(["0", "5", "10", "15"], FOUR)
    plot = only(ticks + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(between, [90.0, 60, 120], width=70))
    assert known(plot.across).kind == "linear"


def test_two_bins_around_each_tick_are_measured() -> None:
    around = [place + off for place in FOUR for off in (-17.5, 17.5)]
    ticks = lying(["1", "2", "3", "4"], FOUR)
    plot = only(ticks + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(around, [90.0 + 5 * n for n in range(8)], width=34))
    assert known(plot.across).kind == "linear"


def test_groups_of_bars_stand_around_their_year() -> None:
    around = [place + off for place in FOUR for off in (-15.0, 0.0, 15.0)]
    tops = [90.0 + 5 * number for number in range(12)]
    years = lying(["2017", "2018", "2019", "2020"], FOUR)
    plot = only(years + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(around, tops, width=15))
    assert known(plot.across).kind == "category"


def test_months_that_stand_evenly_are_names() -> None:
    months = lying("Jan Feb Mar Apr May Jun Jul".split(), _even(80, 340, 7))
    plot = only(months + upright(["0", "50", "100"], [BOTTOM, 130, TOP]))
    assert known(plot.across).kind == "category"


def test_a_name_may_have_two_lines_and_the_title_below_is_none_of_them() -> None:
    drawn = NAMES + upright(["0", "50", "100"], [BOTTOM, 130, TOP])
    second = Drawn((text_at("Pole", 100.0, BOTTOM + 24), text_at("Region", 210.0, BOTTOM + 30)))
    scale = known(only(drawn + second).across)
    assert [tick.text for tick in scale.ticks] == ["North Pole", "South", "East", "West"]
    assert scale.title == "Region"


def test_names_in_two_rows_are_told_with_their_groups() -> None:
    quarters = lying(["Q1", "Q2", "Q1", "Q2"], FOUR)
    years = Drawn((text_at("2018", 135.0, BOTTOM + 27), text_at("2019", 275.0, BOTTOM + 27)))
    scale = known(only(quarters + years + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(FOUR, [90.0, 60, 120, 75])).across)
    assert [tick.text for tick in scale.ticks] == ["Q1 2018", "Q2 2018", "Q1 2019", "Q2 2019"]


def test_slanted_names_point_to_their_bars_with_their_ends() -> None:
    slanted = tuple(
        Label(name, Extent(place - 40, BOTTOM + 4, place + 3.5, BOTTOM + 45), SIZE, turn=-45.0)
        for name, place in zip(["Northern", "Southern", "Easterly", "Westerly"], FOUR, strict=True)
    )
    scale = known(only(Drawn(slanted) + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(FOUR, [90.0, 60, 120, 75])).across)
    assert [round(tick.place) for tick in scale.ticks] == [100, 170, 240, 310]


def test_names_stand_at_their_bars_where_there_are_no_ticks() -> None:
    lower = Drawn(
        tuple(
            text_at(name, LEFT + 2, place - 14, align="left")
            for name, place in zip("ab cd ef".split(), [80.0, 130.0, 180.0], strict=True)
        )
    )
    beams = Drawn(rectangles=tuple(Rectangle(Extent(LEFT, place - 6, 200, place + 6), BLUE) for place in (80.0, 130.0, 180.0)))
    scale = known(only(lower + beams + lying(["0", "10", "20"], [LEFT, 210.0, RIGHT])).down)
    assert [tick.place for tick in scale.ticks] == [80.0, 130.0, 180.0]


def test_a_heat_map_has_names_on_both_sides() -> None:
    cells = tuple(Rectangle(Extent(100 + 50 * x, 50 + 30 * y, 150 + 50 * x, 80 + 30 * y), BLUE) for x in range(4) for y in range(3))
    rows = Drawn(tuple(text_at(name, 95, 65 + 30.0 * n, align="right") for n, name in enumerate(["one", "two", "three"])))
    columns = Drawn(tuple(text_at(name, 125 + 50.0 * n, 152) for n, name in enumerate("ABCD")))
    plot = only(Drawn(rectangles=cells) + rows + columns)
    assert [tick.text for tick in known(plot.across).ticks] == ["A", "B", "C", "D"]
    assert [tick.text for tick in known(plot.down).ticks] == ["one", "two", "three"]


def test_dots_by_names_have_names_on_both_sides() -> None:
    names = upright(["one", "two", "three"], [70.0, 130.0, 190.0])
    dots = tuple(Symbol((place, 130.0), Extent(place - 3, 127, place + 3, 133), "disc", BLUE) for place in FOUR)
    panel = Rectangle(Extent(LEFT, TOP, RIGHT, BOTTOM), "#ffffff", "#000000")
    drawn = (names + NAMES).scene()
    plots = find_plots(replace(drawn, symbols=dots, rectangles=(panel,)))
    assert [len(known(scale).ticks) for plot in plots for scale in (plot.across, plot.down)] == [4, 3]


# Several


def test_the_axis_on_the_other_side_is_the_second() -> None:
    right = upright(["10", "20", "30"], [BOTTOM, 130, TOP])
    labels = tuple(text_at(label.text, RIGHT + 6, label.extent.middle[1], align="left") for label in right.labels)
    marks = tuple(line((RIGHT, place), (RIGHT + 3.5, place)) for place in (BOTTOM, 130.0, TOP))
    other = Drawn(labels, (*marks, line((RIGHT, TOP), (RIGHT, BOTTOM))))
    plot = only(upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + NAMES + other)
    assert known(plot.down).value(130.0) == pytest.approx(50)
    assert known(plot.second).value(130.0) == pytest.approx(20)


def test_small_multiples_have_a_plot_each() -> None:
    def panel(left: float, top: str) -> Drawn:
        axis = upright(["0", top], [BOTTOM, TOP], across=left) + lying(["1", "2", "3"], [left + 20, left + 60, left + 100])
        own = tuple(stroke for stroke in axis.strokes if stroke.extent.width < 200)
        frame = Rectangle(Extent(left, TOP, left + 120, BOTTOM), "", "#000000", 0.8)
        return Drawn(axis.labels, own, (frame,))

    plots = find_plots((panel(60, "100") + panel(240, "7")).scene())
    assert [known(plot.down).value(TOP) for plot in plots] == [pytest.approx(100), pytest.approx(7)]
    assert [round(plot.extent.left) for plot in plots] == [60, 240]


def test_small_multiples_may_share_an_axis() -> None:
    frames = tuple(Rectangle(Extent(left, TOP, left + 120, BOTTOM), "", "#000000", 0.8) for left in (60.0, 240.0))
    axes = upright(["0", "50", "100"], [BOTTOM, 130, TOP])
    for left in (60.0, 240.0):
        axes += lying(["1", "2", "3"], [left + 20, left + 60, left + 100])
    own = tuple(stroke for stroke in axes.strokes if stroke.extent.width < 200)
    plots = find_plots(Drawn(axes.labels, own, frames).scene())
    assert [round(plot.extent.left) for plot in plots] == [60, 240]
    assert all(known(plot.down).value(130.0) == pytest.approx(50) for plot in plots)


# Titles


@pytest.mark.parametrize(
    ("text", "title", "unit"),
    [
        ("Sales (USD millions)", "Sales", "USD millions"),
        ("매출 (억 원)", "매출", "억 원"),
        ("Doanh thu (tỷ đồng)", "Doanh thu", "tỷ đồng"),
        ("Rating (binned)", "Rating (binned)", ""),
        ("sin(x)", "sin(x)", ""),
        ("Price", "Price", ""),
    ],
)
def test_the_title_of_an_axis_is_parted_from_its_unit(text: str, title: str, unit: str) -> None:
    turned = Label(text, Extent(6, 90, 18, 170), SIZE, turn=270.0)
    scale = known(only(upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + NAMES + Drawn((turned,))).down)
    assert (scale.title, scale.unit) == (title, unit)
    assert scale.title_label == turned


@pytest.mark.parametrize(("text", "unit"), [("단위: 억원", "억원"), ("(%)", "%"), ("ĐVT: tỷ đồng", "tỷ đồng")])
def test_a_unit_alone_may_stand_above_the_axis(text: str, unit: str) -> None:
    above = text_at(text, LEFT - 20, TOP - 16)
    plot = only(upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + NAMES + Drawn((above,)))
    assert known(plot.down).unit == unit
    assert above in plot.used


def test_all_labels_of_axes_are_used_and_the_title_of_the_chart_is_not() -> None:
    title = text_at("Sales of the year", 210, 12)
    drawn = upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + NAMES + Drawn((title,))
    used = only(drawn).used
    assert title not in used
    assert len(used) == 7


def slanted(text: str, across: float, *, middle: bool) -> Label:
    """Return a label that rises by 45 degrees, and has its middle or its end below a place."""
    side = 30.0
    left = across - side / 2 if middle else across - side + 0.35 * SIZE
    return Label(text, Extent(left, BOTTOM + 8, left + side, BOTTOM + 8 + side), SIZE, -45.0)


@pytest.mark.parametrize("middle", [True, False])
def test_slanted_labels_stand_at_their_marks_by_their_middles_or_their_ends(middle: bool) -> None:
    places = [80.0, 130.0, 180.0, 230.0]
    marks = tuple(line((place, BOTTOM), (place, BOTTOM + 3.5)) for place in places)
    labels = tuple(
        slanted(text, place, middle=middle) for text, place in zip(["2001", "2002", "2003", "2004"], places, strict=True)
    )
    plot = only(Drawn(labels, marks) + upright(["0", "1", "2"], [BOTTOM, 130, TOP]))
    assert plot.across is not None
    assert [tick.place for tick in plot.across.ticks] == pytest.approx(places)


def test_two_powers_of_ten_are_a_logarithmic_axis() -> None:
    plot = only(upright(["10^1", "10^2"], [200.0, 100.0]) + lying(["0", "1", "2"], [80.0, 180.0, 280.0]))
    assert plot.down is not None
    assert plot.down.kind == "log"
    assert plot.down.value(150.0) == pytest.approx(10**1.5)


def test_evenly_spaced_months_are_names_and_no_numbers_with_a_unit() -> None:
    plot = only(upright(["0", "1", "2"], [BOTTOM, 130, TOP]) + lying(["1월", "2월", "3월", "4월"], [80.0, 160.0, 240.0, 320.0]))
    assert plot.across is not None
    assert plot.across.kind == "category"
    assert [tick.text for tick in plot.across.ticks] == ["1월", "2월", "3월", "4월"]


def test_values_printed_in_a_plot_are_no_axis() -> None:
    axes = upright(["0", "1", "2"], [BOTTOM, 130, TOP]) + lying(["0", "1", "2"], [80.0, 180.0, 280.0])
    printed = tuple(text_at(text, 150.0, down) for text, down in [("0.5", 174.0), ("1.0", 124.0), ("1.5", 74.0), ("1.8", 44.0)])
    assert len(find_plots((axes + Drawn(printed)).scene())) == 1


def test_a_legend_of_sizes_is_no_axis() -> None:
    axes = upright(["0", "1", "2"], [BOTTOM, 130, TOP]) + lying(["0", "1", "2"], [80.0, 180.0, 280.0])
    downs = [60.0, 80.0, 104.0]
    labels = tuple(text_at(text, 330.0, down, align="left") for text, down in zip(["10", "20", "30"], downs, strict=True))
    discs = tuple(
        Symbol((310.0, down), Extent(310 - r, down - r, 310 + r, down + r), "disc", BLUE)
        for r, down in zip([5.0, 8.0, 11.0], downs, strict=True)
    )
    scene = (axes + Drawn(labels)).scene()
    found = find_plots(replace(scene, symbols=discs))
    assert [plot.second for plot in found] == [None]


def test_value_axes_on_both_sides_without_marks_are_those_of_one_plot() -> None:
    left = upright(["0", "50", "100"], [BOTTOM, 130, TOP], ticks=False)
    right = Drawn(tuple(text_at(text, RIGHT + 6, down, align="left") for text, down in [("0", BOTTOM), ("5", 130), ("10", TOP)]))
    names = lying(["a", "b", "c"], [110.0, 210.0, 310.0], ticks=False)
    bars = tuple(Rectangle(Extent(x - 20, 100, x + 20, BOTTOM), BLUE) for x in (110.0, 210.0, 310.0))
    plot = only(left + right + names + Drawn(rectangles=bars))
    assert plot.second is not None
    assert plot.second.value(130.0) == pytest.approx(5.0)


def test_a_plot_without_axis_lines_reaches_as_far_as_its_marks() -> None:
    ticks = lying(["0", "1", "2"], [80.0, 180.0, 280.0]) + upright(["0", "1", "2"], [BOTTOM, 130, TOP])
    bare = Drawn(ticks.labels, tuple(stroke for stroke in ticks.strokes if max(stroke.extent.width, stroke.extent.height) < 5))
    shown = Drawn(strokes=(line((80, 200), (180, 90), (330, 60), colour=BLUE),))
    assert only(bare + shown).extent.right == pytest.approx(330.0)


def test_years_at_which_all_values_stand_are_numbers() -> None:
    years, places = ["2000", "2001", "2002", "2003"], [80.0, 160.0, 241.0, 321.0]
    axes = lying(years, places) + upright(["0", "1", "2"], [BOTTOM, 130, TOP])
    shown = Drawn(strokes=(line(*zip(places, [200.0, 90.0, 60.0, 80.0], strict=True), colour=BLUE),))
    plot = only(axes + shown)
    assert plot.across is not None
    assert plot.across.kind == "linear"
    assert plot.across.value(241.0) == pytest.approx(2002.0, abs=0.01)


def test_ticks_that_were_all_rounded_alike_are_put_right_by_their_labels() -> None:
    exact = [200.25 - 38.25 * n for n in range(4)]
    drawn = [200.0, 162.0, 124.0, 86.0]
    labels = tuple(text_at(text, LEFT - 6, place, align="right") for text, place in zip("0123", exact, strict=True))
    strokes = tuple(Stroke(((LEFT, place), (LEFT - 5, place)), "#000000", 1.0) for place in drawn)
    plot = only(Drawn(labels, strokes) + lying(["0", "1", "2"], [80.0, 180.0, 280.0]))
    assert plot.down is not None
    assert abs(plot.down.slope) == pytest.approx(1 / 38.25, rel=1e-3)


def test_vertices_beside_all_ticks_tell_that_ticks_stand_half_a_pixel_off() -> None:
    places = [80.5, 160.5, 240.5, 320.5]
    axes = lying(["1", "2", "3", "4"], places) + upright(["0", "1", "2"], [BOTTOM, 130, TOP])
    shown = Drawn(strokes=(line(*[(place - 0.5, 100 + n * n) for n, place in enumerate(places)], colour=BLUE),))
    plot = only(axes + shown)
    assert plot.across is not None
    assert plot.across.value(80.0) == pytest.approx(1.0)


def test_the_cap_of_the_first_whisker_does_not_end_the_plot():
    names = ["North", "South", "East", "West", "Home"]
    axis = upright(["0", "10", "20", "30", "40"], [230, 180, 130, 80, 30], ticks=False)
    boxes = tuple(Rectangle(Extent(70 + 60 * n, 90, 112 + 60 * n, 150), BLUE) for n in range(5))
    caps = (line((70, 60), (112, 60)), line((70, 190), (112, 190)))
    labels = tuple(text_at(name, 91 + 60 * n, 245) for n, name in enumerate(names))
    (plot,) = find_plots((axis + Drawn(labels, caps, boxes)).scene())
    assert [tick.text for tick in plot.across.ticks] == names


def test_slanted_names_stand_at_the_places_of_a_line_with_as_many():
    axis = upright(["0", "10", "20", "30", "40"], [230, 180, 130, 80, 30])
    places = [80.0, 150.0, 220.0, 290.0]
    labels = tuple(text_at(name, place - 14, 245) for name, place in zip(["Nor", "Sou", "Eas", "Wes"], places, strict=True))
    values = line(*((place, 100.0 + 9 * n * n) for n, place in enumerate(places)), colour=BLUE)
    (plot,) = find_plots((axis + Drawn(labels, (values, line((LEFT, BOTTOM), (RIGHT, BOTTOM))))).scene())
    assert [tick.place for tick in plot.across.ticks] == places


def test_outer_labels_with_ticks_at_their_edges_only_are_moved_inwards() -> None:
    places = [LEFT, 210.0, RIGHT]
    drawn = lying(["", "2009", ""], places)
    outer = (text_at("2008", LEFT, BOTTOM + 12, align="left"), text_at("2010", RIGHT, BOTTOM + 12, align="right"))
    labels = (outer[0], drawn.labels[1], outer[1])
    plot = only(replace(drawn, labels=labels) + upright(["0", "10", "20"], [230.0, 130.0, 30.0]))
    assert [tick.place for tick in known(plot.across).ticks] == pytest.approx(places, abs=0.1)


def test_two_rounded_ticks_of_an_upright_axis_have_the_step_of_their_labels() -> None:
    drawn = upright(["0", "10"], [230.0, 197.0])
    thin = tuple(replace(stroke, thickness=1.0) for stroke in drawn.strokes)
    labels = (drawn.labels[0], text_at("10", LEFT - 6, 196.6, align="right"))
    plot = only(Drawn(labels, thin) + NAMES + bars(FOUR, [100.0, 60.0, 180.0, 120.0]))
    assert 1 / known(plot.down).slope == pytest.approx(-3.34, abs=0.005)


def test_bars_on_a_logarithmic_axis_stand_on_its_least_tick_though_ticks_are_drawn_half_a_pixel_off() -> None:
    ticks = [230.4, 165.4, 100.4, 35.4]
    plot = only(upright(["1", "10", "100", "1000"], ticks) + NAMES + bars(FOUR, [165.0, 100.0, 120.0, 35.0]))
    assert known(plot.down).value(165.0) == pytest.approx(10.0, rel=1e-3)


def test_the_border_of_a_page_does_not_widen_the_plot_of_a_picture() -> None:
    tall = Drawn(strokes=(line((LEFT, TOP + 30), (LEFT, BOTTOM)), line((5.0, 5.0), (415.0, 5.0))))
    names = upright(["North", "South"], [110.0, 180.0], ticks=False)
    lying_bars = Drawn(rectangles=tuple(Rectangle(Extent(LEFT, y - 10, LEFT + 100 + y, y + 10), BLUE) for y in (110.0, 180.0)))
    plot = only(lying("0 10 20 30 40".split(), _even(LEFT, 340, 5), ticks=False) + names + lying_bars + tall, blur=0.5)
    assert known(plot.across).start >= LEFT - 2
    assert known(plot.across).end <= 345


def test_values_printed_in_a_column_are_neither_an_axis_nor_names() -> None:
    places = [60.0, 100.0, 140.0, 180.0]
    ends = [250.0, 246.0, 243.0, 239.0]
    printed = Drawn(
        tuple(text_at(text, end + 4, y, align="left") for text, end, y in zip("58 56 54 52".split(), ends, places, strict=True))
    )
    drawn = Drawn(rectangles=tuple(Rectangle(Extent(LEFT, y - 8, end, y + 8), BLUE) for end, y in zip(ends, places, strict=True)))
    names = upright(["North", "South", "East", "West"], places, ticks=False)
    plot = only(lying("0 20 40 60 80 100 120 140".split(), _even(LEFT, 340, 8), ticks=False) + names + printed + drawn, blur=0.5)
    assert [tick.text for tick in known(plot.down).ticks] == ["North", "South", "East", "West"]


def test_years_that_do_not_grow_as_their_places_are_names() -> None:
    texts = "1970 1980 1990 2000 2005 2010 2011 2012 2013 2014 2015 2016".split()
    places = _even(80, 340, 12)
    drawn = lying(texts, places, ticks=False) + upright(["0", "50", "100"], [BOTTOM, 130, TOP])
    plot = only(drawn + bars(places, [200 - 9 * n for n in range(12)], width=12), blur=0.5)
    assert known(plot.across).kind == "category"
    assert [tick.text for tick in known(plot.across).ticks] == texts


def test_names_in_a_column_may_have_two_lines_though_several_bars_stand_at_each() -> None:
    places = [60.0, 110.0, 160.0, 210.0]
    single = upright(["North", "South", "West"], [60.0, 110.0, 210.0], ticks=False)
    double = upright(["Middle", "and East"], [154.0, 166.0], ticks=False)
    drawn = Drawn(
        rectangles=tuple(Rectangle(Extent(LEFT, y - 12 + n * 12, LEFT + 90 + y, y + n * 12), BLUE) for y in places for n in (0, 1))
    )
    plot = only(lying("0 20 40 60 80".split(), _even(LEFT, 340, 5)) + single + double + drawn, blur=0.5)
    assert [tick.text for tick in known(plot.down).ticks] == ["North", "South", "Middle and East", "West"]


def test_labels_that_run_up_along_their_axis_are_its_ticks() -> None:
    drawn = upright(["0", "50", "100"], [BOTTOM, 130, TOP])
    turned = replace(drawn, labels=tuple(replace(label, turn=-90.0) for label in drawn.labels))
    assert known(only(turned + NAMES).down).value(BOTTOM) == pytest.approx(0)


def test_ten_and_hundred_alone_are_a_logarithmic_axis() -> None:
    plot = only(upright(["10", "100"], [200.0, 100.0]) + lying(["0", "1", "2"], [80.0, 180.0, 280.0]))
    assert known(plot.down).kind == "log"
    assert known(only(upright(["10", "20"], [200.0, 100.0]) + lying(["0", "1", "2"], [80.0, 180.0, 280.0])).down).kind == "linear"


def test_touching_bars_that_go_on_evenly_are_bins_though_as_many_stand_around_each_tick() -> None:
    places = [100.0 + 70 * tick + off for tick in range(4) for off in (-26.25, -8.75, 8.75, 26.25)]
    tops = [90.0 + 5 * number for number in range(16)]
    plot = only(
        lying(["0", "2", "4", "6"], FOUR) + upright(["0", "50", "100"], [BOTTOM, 130, TOP]) + bars(places, tops, width=17.5)
    )
    assert known(plot.across).kind == "linear"


def test_a_value_printed_at_the_end_of_a_bar_is_no_name_where_names_stand_outside() -> None:
    printed = Drawn((text_at("24.2", 310.0, 42.0), text_at("18.9", 240.0, 42.0)))
    plot = only(upright(["0", "10", "20"], [BOTTOM, 130, TOP]) + NAMES + bars(FOUR, [90.0, 60, 50, 50]) + printed)
    assert [tick.text for tick in known(plot.across).ticks] == ["North", "South", "East", "West"]


def test_a_frame_that_is_drawn_last_spans_the_plot_beyond_its_axes() -> None:
    frame = Rectangle(Extent(60, 20, 380, 240), "", "#000000", order=400)
    axes = lying(["0", "1", "2"], [80.0, 220.0, 360.0], ticks=False, down=240) + upright(["0", "1", "2"], [210.0, 130.0, 50.0])
    plot = only(axes + Drawn(rectangles=(frame,), strokes=(line((80.0, 240.0), (360.0, 240.0)),)))
    assert (known(plot.across).start, known(plot.across).end) == (60, 380)


def test_a_second_axis_without_ticks_is_not_stretched_to_the_grid_lines_of_the_first() -> None:
    grid = Drawn(strokes=tuple(line((LEFT, place), (RIGHT, place), colour="#dddddd") for place in (220.3, 170.16, 120.02, 69.88)))
    first = upright(["0", "10", "20", "30"], [220.3, 170.16, 120.02, 69.88], ticks=False)
    texts, places = ["0", "20", "40", "60"], [220.3, 170.56, 120.82, 71.08]
    second = Drawn(tuple(text_at(text, RIGHT + 6, place, align="left") for text, place in zip(texts, places, strict=True)))
    plot = only(grid + first + second + NAMES)
    assert known(plot.second).value(71.08) == pytest.approx(60, abs=0.02)
    assert known(plot.down).value(69.88) == pytest.approx(30, abs=0.02)


def test_years_below_an_area_are_numbers() -> None:
    years = lying(["1990", "2000", "2010", "2020"], FOUR)
    area = Polygon(((100, 200), (135, 100), (170, 90), (240, 120), (310, 80), (310, 220), (100, 220)), BLUE)
    drawn = years + upright(["0", "50", "100"], [BOTTOM, 130, TOP])
    (plot,) = find_plots(replace(drawn.scene(), polygons=(area,)))
    assert known(plot.across).kind == "linear"


def test_numbers_printed_on_the_bars_of_a_picture_are_no_axis() -> None:
    places = [90.0, 150.0, 210.0, 270.0, 330.0]
    years = lying(["2015", "2016", "2017", "2018", "2019"], places, ticks=False)
    printed = Drawn(tuple(text_at(str(200 + 10 * n), place, 190.0) for n, place in enumerate(places)))
    drawn = upright(["0", "100", "200", "300"], [230.0, 180.0, 130.0, 80.0]) + years + printed
    plot = only(drawn + bars(places, [130.0, 125.0, 120.0, 115.0, 110.0], width=44), blur=0.5)
    assert plot.across is not None
    assert [tick.text for tick in plot.across.ticks] == ["2015", "2016", "2017", "2018", "2019"]


def test_one_stray_stroke_beside_an_axis_does_not_tell_on_which_side_its_plot_lies() -> None:
    drawn = upright([str(100 * n) for n in range(8)], [230.0 - 25 * n for n in range(8)], ticks=False)
    drawn += Drawn(strokes=(line((20.0, 205.0), (26.0, 205.0)),)) + lying(
        ["2016", "2017", "2018"], [100.0, 200.0, 300.0], ticks=False
    )
    plot = only(drawn, blur=0.5)
    assert plot.across is not None
    assert plot.down is not None
    assert plot.down.kind == "linear"


def test_a_plot_without_grid_lines_spans_the_line_in_it_and_not_the_icons_beside_it() -> None:
    drawn = upright(["0", "100", "200", "300"], [230.0, 180.0, 130.0, 80.0], ticks=False)
    icon = Drawn(rectangles=(Rectangle(Extent(400, 100, 408, 106), BLUE),))
    curve = Drawn(strokes=(line((80, 200), (150, 120), (220, 160), (340, 90), colour=BLUE, thickness=3),))
    plot = only(drawn + icon + curve, blur=0.5)
    assert (plot.extent.left, plot.extent.right) == (80, 340)


def test_factors_and_powers_around_a_sign_of_multiplication_are_one_number() -> None:
    written = [(2, 0), (5, 0), (2, 1), (5, 1), (2, 2)]
    places = [240.0 - 80 * (math.log10(factor) + power) for factor, power in written]
    labels: list[Label] = []
    for (factor, power), place in zip(written, places, strict=True):
        labels += [text_at(str(factor), 10, place), text_at("×", 20, place), text_at(f"10^{power}", 25, place, align="left")]
    scale = known(only(Drawn(tuple(labels), upright([""] * 5, places).strokes) + NAMES).down)
    assert scale.kind == "log"
    assert scale.value(places[3]) == pytest.approx(50)


def test_long_numbers_that_run_upwards_are_an_axis() -> None:
    places = [220.0, 170.0, 120.0, 70.0]
    texts = ["10,000", "20,000", "30,000", "40,000"]
    labels = tuple(
        Label(text, Extent(40, place - 23, 52, place + 23), SIZE, -90.0) for text, place in zip(texts, places, strict=True)
    )
    scale = known(only(Drawn(labels, upright([""] * 4, places).strokes) + NAMES).down)
    assert scale.value(145.0) == pytest.approx(25000)


def test_two_axes_that_end_at_different_ticks_are_of_the_one_plot_over_the_numbers_between_them() -> None:
    years = lying(["2017", "2018", "2019", "2020"], [LEFT + 20, LEFT + 60, LEFT + 100, LEFT + 140], ticks=False)
    first = upright(["0", "2", "4", "6"], [BOTTOM, BOTTOM - 40, BOTTOM - 80, BOTTOM - 120], ticks=False)
    places = [BOTTOM - 28 * n for n in range(6)]
    second = Drawn(tuple(text_at(str(20 * n), LEFT + 176, place, align="left") for n, place in enumerate(places)))
    plot = only(first + years + second, blur=0.5)
    assert known(plot.down).value(BOTTOM - 40) == pytest.approx(2, abs=0.05)
    assert known(plot.second).value(BOTTOM - 56) == pytest.approx(40, abs=0.5)
