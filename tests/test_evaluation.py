"""Figures, their intervals, and two runs held beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from docai.errors import Unreadable
from docai.evaluation import Evaluation, Outcome, badness, compare, estimates, read_results
from docai.labelled import Score


def outcome(name, value, metric="accuracy", weight=1.0, **more):
    return Outcome(
        name=str(name),
        scores=(Score(metric=metric, value=value, weight=weight),),
        prediction="a",
        truth=more.pop("truth", "b"),
        **more,
    )


def run(items, layout="k-dtcbench"):
    return Evaluation(layout=layout, dataset="d", backend="b", estimates=estimates(items), items=tuple(items))


def test_a_figure_is_the_mean_by_weight():
    one, *_ = estimates([outcome(1, 0.5, "cer", 10), outcome(2, 0.0, "cer", 30)])
    assert (one.value, one.count) == (pytest.approx(5 / 40), 2)


def test_the_interval_is_that_of_a_binomial_share_and_the_same_for_the_same_seed():
    items = [outcome(n, float(n % 4 == 0)) for n in range(400)]
    (one,) = estimates(items, seed=3)
    spread = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert one.low == pytest.approx(0.25 - spread, abs=0.006)
    assert one.high == pytest.approx(0.25 + spread, abs=0.006)
    assert estimates(items, seed=3) == (one,)
    assert estimates(items, seed=4) != (one,)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for trial in range(100):
        (one,) = estimates([outcome(n, float(right)) for n, right in enumerate(generator.random(80) < 0.7)], seed=trial)
        hits += one.low <= 0.7 <= one.high
    assert 88 <= hits <= 99  # 95 expected; the percentile bootstrap is a little short for small samples


def test_questions_about_one_picture_are_drawn_together():
    alone = [outcome(n, float(n < 50)) for n in range(100)]
    shared = [outcome(n, float(n < 50), picture=f"{n // 10}.png") for n in range(100)]
    (one,), (other,) = estimates(alone), estimates(shared)
    assert other.value == one.value
    assert other.high - other.low > 2 * (one.high - one.low)  # as of 10 pictures: sqrt(10) times as wide


def test_pages_of_one_file_are_drawn_apart_and_one_page_has_no_interval():
    (one,) = estimates([outcome(n, n / 9, picture="a.pdf", page=n) for n in range(1, 9)])
    assert one.low < one.value < one.high
    (alone,) = estimates([outcome(1, 0.5, picture="a.pdf", page=1)])
    assert (alone.low, alone.high) == (None, None)


def test_groups_have_figures_of_their_own_where_there_are_several():
    items = [outcome(1, 1.0, group="chart"), outcome(2, 0.0, group="table"), outcome(3, 1.0, group="table")]
    assert [(one.group, one.value) for one in estimates(items)] == [("", pytest.approx(2 / 3)), ("chart", 1.0), ("table", 0.5)]
    assert [one.group for one in estimates(items[1:])] == [""]


def test_what_has_no_weight_is_no_figure():
    assert estimates([outcome(1, 1.0, "adjacency_precision", 0.0)]) == ()


def test_a_run_beside_itself_differs_by_nothing():
    one = run([outcome(n, float(n % 2)) for n in range(20)])
    found = compare(one, one)
    (difference,) = found.differences
    assert (difference.difference, difference.low, difference.high) == (0.0, 0.0, 0.0)
    assert difference.verdict == "no difference beyond chance"
    assert found.changes == ()


def test_a_clear_gain_is_told_and_the_items_that_changed_are_listed():
    first = run([outcome(n, float(n % 2)) for n in range(60)])
    second = run([outcome(n, 1.0 if n % 4 else 0.0) for n in range(60)])
    found = compare(first, second)
    (difference,) = found.differences
    assert (difference.first, difference.second, difference.better, difference.worse) == (0.5, 0.75, 15, 0)
    assert difference.low > 0
    assert difference.verdict == "better"
    assert compare(second, first).differences[0].verdict == "worse"
    assert [change.first.name for change in found.changes[:2]] == ["2", "6"]
    assert {change.gain for change in found.changes} == {1.0}


def test_one_item_more_is_no_difference_beyond_chance():
    first = run([outcome(n, float(n % 2)) for n in range(60)])
    second = run([outcome(n, 1.0 if n == 0 else float(n % 2)) for n in range(60)])
    assert compare(first, second).differences[0].verdict == "no difference beyond chance"


def test_few_changes_among_many_items_tell_nothing_though_the_interval_leaves_0_out():
    first = run([outcome(n, 0.0) for n in range(1000)])
    (difference,) = compare(first, run([outcome(n, float(n < 5)) for n in range(1000)])).differences
    assert difference.low > 0
    assert difference.verdict == "too few changes to tell"
    (difference,) = compare(first, run([outcome(n, float(n < 9)) for n in range(1000)])).differences
    assert difference.verdict == "better"


def test_fewer_errors_are_better():
    first = run([outcome(n, 0.3 + n / 1000, "cer", 10) for n in range(20)], "text")
    second = run([outcome(n, 0.1 + n / 1000, "cer", 10) for n in range(20)], "text")
    difference = compare(first, second).differences[0]
    assert difference.difference == pytest.approx(-0.2)
    assert difference.verdict == "better"
    assert difference.better == 20


def test_pairing_sees_a_gain_that_the_spread_of_the_items_would_hide():
    hard = [n / 40 for n in range(40)]
    first = run([outcome(n, value * 0.9) for n, value in enumerate(hard)])
    second = run([outcome(n, value * 0.95) for n, value in enumerate(hard)])
    one, other = first.estimates[0], second.estimates[0]
    assert one.high > other.low  # the intervals of both overlap
    assert compare(first, second).differences[0].verdict == "better"


def test_items_of_one_run_alone_are_left_out_and_other_data_refused():
    first = run([outcome(1, 1.0), outcome(2, 0.0)])
    second = run([outcome(1, 1.0), outcome(3, 0.0)])
    found = compare(first, second)
    assert (found.alone, found.differences[0].count) == (("2", "3"), 1)
    assert found.differences[0].verdict == "too few items to tell"
    with pytest.raises(Unreadable, match="1 is not the same in both"):
        compare(first, run([outcome(1, 1.0, truth="c")]))
    with pytest.raises(Unreadable, match="share no items"):
        compare(first, run([outcome(9, 1.0)]))
    with pytest.raises(Unreadable, match="different data"):
        compare(first, run([outcome(1, 1.0)], "docvqa"))


def test_what_failed_is_worst():
    failed = outcome(1, 0.0).model_copy(update={"problem": "gone", "prediction": ""})
    assert badness(failed) > badness(outcome(2, 0.0)) > badness(outcome(3, 0.9)) > badness(outcome(4, 1.0)) == 0
    assert badness(outcome(5, 2.0, "cer")) > badness(outcome(6, 0.1, "cer"))


def test_results_are_read_back_as_they_were_written(tmp_path):
    one = run([outcome(1, 1.0), outcome(2, 0.5)])
    (tmp_path / "results.json").write_text(one.model_dump_json(), encoding="utf-8")
    assert read_results(tmp_path) == read_results(tmp_path / "results.json") == one


@pytest.mark.parametrize("text", ["", "{}", '{"metric": 1}'])
def test_a_file_that_is_no_result_is_unreadable(tmp_path, text):
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match="not the results of docai evaluate"):
        read_results(tmp_path)


def test_a_metric_that_nobody_knows_is_told(tmp_path):
    text = run([outcome(1, 1.0)]).model_dump_json().replace("accuracy", "beauty")
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match="no metric is called beauty"):
        read_results(tmp_path)
