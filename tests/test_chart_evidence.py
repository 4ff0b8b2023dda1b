"""Two readings of a chart are weighed value by value, and what is printed supports what a model says."""

from __future__ import annotations

import pytest

from docai.box import Box
from docai.chart_evidence import DOUBTED, against_words, labels_of, weighed
from docai.document import Axis, Engine, Usage
from docai.exchange import Reply
from docai.sources import Recognised
from docai.verify import CONTRADICTS, DIFFERS, against_page, choose
from tests.drawn_pages import words
from tests.made_charts import QUARTERS, chart, series

VALUES = [12.0, 31.0, 9.0, 47.0]
AT = Box(0.1, 0.1, 0.2, 0.2)


def measured(values=VALUES, name="sales", **told):
    return series(name, QUARTERS, values, **{"basis": "measured", "error": 0.5, "confidence": 0.8, "box": AT, **told})


def said(values=VALUES, name="sales", xs=QUARTERS, **told):
    return series(name, xs, values, **{"basis": "model", "confidence": 0.7, **told})


def labels(values=VALUES, top=200):
    """Return values as they are printed over bars, each at a height of its own."""
    return [word for n, v in enumerate(values) for word in words(f"{v:g}", 100 + 40 * n + n * n, top + 7 * (n * 3 % 5))]


def of(one):
    return [(point.y, point.basis) for point in one.series[0].points]


def test_where_a_model_agrees_with_what_was_measured_it_is_surer():
    held, wrong = weighed(chart("bar", measured()), chart("bar", said([12.3, 31.0, 8.8, 47.4])), ())
    assert of(held) == [(value, "measured") for value in VALUES]
    assert {point.confidence for point in held.series[0].points} == {0.94}  # 1 - 0.2 * 0.3
    assert wrong == []


def test_a_measured_value_that_a_model_contradicts_is_doubted_and_named():
    rules = Reply(chart("bar", measured()), (), "", 0.9, engine=Engine(backend="classical"))
    reply = choose(rules, Reply(chart("bar", said([12.0, 36.0, 9.0, 47.0])), (), "", 0.9, Usage(tokens=9)), ())
    assert [point.y for point in reply.answer.series[0].points] == VALUES
    assert reply.answer.series[0].points[1].confidence == round(DOUBTED * 0.8, 4)
    assert [(problem.code, "31 or 36" in problem.message) for problem in reply.problems] == [(DIFFERS, True)]
    assert (reply.usage.tokens, reply.engine.backend) == (9, "classical")


@pytest.mark.parametrize("basis", ["printed", "vector"])
def test_a_printed_or_vector_value_beats_what_a_model_says(basis):
    exact = measured(basis=basis, error=None)
    held, wrong = weighed(chart("bar", exact), chart("bar", said([1.0, 2.0, 3.0, 4.0])), ())
    assert held == chart("bar", exact)
    assert wrong == []


def test_a_measured_value_whose_label_a_model_read_is_the_label():
    printed = labels([12.0])
    held, _ = weighed(chart("bar", measured([12.4, 31.0, 9.0, 47.0])), chart("bar", said()), printed)
    point = held.series[0].points[0]
    assert (point.y, point.basis, point.error, point.box) == (12.0, "printed", None, printed[0].box)
    assert held.series[0].points[1].basis == "measured"


def test_missing_values_names_titles_and_units_come_from_the_model():
    rules = chart("bar", measured([12.0, None, 9.0, 47.0], name=""), y_axis=Axis(low=0.0, high=50.0))
    model = chart(
        "bar", said(), title="Sales by quarter", x_axis=Axis(title="Quarter"), y_axis=Axis(title="Sales", unit="EUR", low=1.0)
    )
    held, _ = weighed(rules, model, ())
    assert (held.title, held.series[0].name) == ("Sales by quarter", "sales")
    assert (held.x_axis.title, held.y_axis) == ("Quarter", Axis(title="Sales", unit="EUR", low=0.0, high=50.0))
    point = held.series[0].points[1]
    assert (point.y, point.basis, point.error, point.confidence, point.box) == (31.0, "model", None, 0.7, AT)


def test_values_and_series_that_geometry_did_not_see_are_the_models():
    rules = chart("bar", series("sales", QUARTERS[:3], VALUES[:3]))
    held, _ = weighed(rules, chart("bar", said(), said([1.0, 2.0, 3.0, 4.0], name="costs")), ())
    assert [(point.x, point.basis) for point in held.series[0].points][2:] == [("Q3", "vector"), ("Q4", "model")]
    assert [(one.name, one.points[0].basis) for one in held.series] == [("sales", "vector"), ("costs", "model")]


def test_series_are_matched_by_names_by_colours_and_by_values():
    first, second = measured(name=""), measured([5.0, 6.0, 7.0, 8.0], name="")
    coloured = [
        one.model_copy(update={"colour": colour}) for one, colour in zip((first, second), ("#ff0000", "#0000ff"), strict=True)
    ]
    model = [said([5.0, 6.0, 7.0, 8.0], "costs", series={"colour": "#0505f0"}), said(VALUES, "sales", series={"colour": "#f01000"})]
    held, wrong = weighed(chart("bar", *coloured), chart("bar", *model), ())
    assert [one.name for one in held.series] == ["sales", "costs"]
    plain, wrong = weighed(chart("bar", first, second), chart("bar", *model), ())
    assert [one.name for one in plain.series] == ["sales", "costs"]
    assert wrong == []


def test_x_are_matched_by_their_letters_numbers_and_dates():
    texts = chart("bar", series("", ["Seoul", "Bu san", "2020"], [1.0, None, None]))
    model = chart("bar", said([1.0, 2.0, 3.0], xs=["seoul ", "Busan", 2020.0]))
    assert [(point.x, point.y) for point in weighed(texts, model, ())[0].series[0].points] == [
        ("Seoul", 1.0),
        ("Bu san", 2.0),
        ("2020", 3.0),
    ]
    numbers = chart("line", series("", [1.0, 2.0, 3.0], [1.0, None, None]))
    model = chart("line", said([9.0, 1.0, 2.0], xs=[2.9, 1.02, 2.1]))
    assert [point.y for point in weighed(numbers, model, ())[0].series[0].points] == [1.0, 2.0, 9.0]


def test_labels_that_nobody_knows_are_matched_in_order():
    rules = chart("bar", series("", ["", "", ""], [1.0, 2.0, 3.0]))
    held, wrong = weighed(rules, chart("bar", said([1.0, 2.0, 3.0], xs=["a", "b", "c"])), ())
    assert [point.x for point in held.series[0].points] == ["a", "b", "c"]
    assert wrong == []


def test_a_model_that_read_another_chart_changes_no_value():
    rules = chart("bar", measured())
    held, _ = weighed(rules, chart("pie", said([1.0, 2.0], "other", xs=["p", "q"]), said([3.0], "more", xs=["r"])), ())
    assert of(held) == of(rules)


# ---- a model alone


def test_values_of_a_model_that_are_printed_are_surer():
    held, wrong = against_words(chart("bar", said()), labels(VALUES[:2]), trusted=True)
    assert [point.confidence for point in held.series[0].points] == [0.88, 0.88, 0.7, 0.7]  # 1 - 0.3 * 0.4
    assert {point.basis for point in held.series[0].points} == {"model"}
    assert wrong == []


def test_a_value_that_is_not_printed_where_nearly_all_are_is_doubted():
    model = chart("bar", said([12.0, 31.0, 9.0, 46.0]))
    held, (problem,) = against_page(model, labels())
    assert [point.confidence for point in held.series[0].points][2:] == [0.88, round(DOUBTED * 0.7, 4)]
    assert (problem.code, ": 46;" in problem.message) == (CONTRADICTS, True)
    unsure = [word._replace(recognised=Recognised("tesseract", 0.3)) for word in labels()]
    held, problems = against_page(model, unsure)
    assert [point.confidence for point in held.series[0].points][2:] == [0.88, 0.7]
    assert problems == ()


def test_one_printed_number_supports_one_value():
    held, _ = against_words(chart("bar", said([5.0, 5.0, 5.0, 6.0])), words("5", 100, 100), trusted=True)
    assert [point.confidence for point in held.series[0].points] == [0.88, 0.7, 0.7, 0.7]


def test_ticks_of_an_axis_support_nothing():
    upright = [word for n in range(5) for word in words(f"{n * 10}", 60, 300 - 30 * n)]
    level = [word for n in range(4) for word in words(f"{2020 + n}", 100 + 80 * n, 330)]
    powers = [word for n in range(4) for word in words(f"{10**n}", 520, 300 - 40 * n)]
    assert labels_of([*upright, *level, *powers]) == []
    assert labels_of(labels()) == labels()
    model = chart("bar", said([10.0, 20.0, 30.0, 15.0]))
    assert against_words(model, upright, trusted=True) == (model, [])


def test_without_words_a_model_is_as_sure_as_before():
    model = chart("bar", said())
    assert against_page(model, ()) == (model, ())
