"""The demonstration: its whole way in a few steps, and what it says of numbers."""

from __future__ import annotations

import io
import json

import pytest

pytest.importorskip("trl")

import yaml
from rich.console import Console

from fine_tune.demo import RECIPE, Counts, Gain, Reading, Shown, demo, gained, interval, lines, printed, read_recipe

ALL = ("vision", "projector", "language")


def test_the_recipe_is_of_the_four_stages_and_nothing_is_learnt_that_is_measured_later():
    recipe = read_recipe()
    assert [stage.number for stage in recipe.stages] == [1, 2, 3, 4]
    assert [stage.loss.kind == "sft" for stage in recipe.stages] == [True, True, True, False]
    for stage in recipe.stages[:2]:
        assert set(stage.mixture) == {"synth/strips/reading"}
    assert [part for part in ALL if getattr(recipe.stages[3].trains, part) is not None] == ["language"]
    assert set(recipe.held_out) == {"letters", "reading", "table", "grounding", "columns"}
    assert recipe.held_out["columns"] >= 1000


def test_all_four_stages_run_and_one_that_learnt_next_to_nothing_is_told_so(tmp_path):
    told = yaml.safe_load(RECIPE.read_text("utf-8"))
    for stage in told["stages"].values():
        stage["schedule"] = {"steps": 2, "batch": 4, "micro_batch": 4}
    told["held_out"] = dict.fromkeys(told["held_out"], 3)
    told["asked"] = {"columns": 4, "reading": 2}
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(told), "utf-8")
    console = Console(file=io.StringIO(), width=120)
    assert not demo(tmp_path / "out", tmp_path / "few.yaml", console)
    shown = json.loads((tmp_path / "out" / "demo.json").read_text("utf-8"))
    assert [gain["stage"] for gain in shown["gains"]] == [1, 2, 3, 3, 4]
    assert all(gain["before"] >= 0 for gain in shown["gains"])
    assert not shown["good"]
    said = console.file.getvalue()
    assert all(word in said for word in ("TEDS-struct", "IoU", "CER in the end", "minutes"))
    assert sorted(path.name for path in (tmp_path / "out").glob("[1-4]_*")) == [
        "1_alignment",
        "2_basic_sft",
        "3_advanced_sft",
        "4_preference",
    ]
    assert not any("glyph" in path.name for path in (tmp_path / "out").glob("*_*/model/*"))


def counts(rates, weight=1.0):
    return Counts.of((rate * weight, weight) for rate in rates)


def test_a_gain_counts_only_beyond_its_interval():
    better = gained(2, "CER", counts([1.0, 0.8] * 50), counts([0.2, 0.1] * 50), higher_is_better=False)
    assert (better.before, better.after) == (pytest.approx(0.9), pytest.approx(0.15))
    assert better.low <= better.after - better.before <= better.high < 0
    assert better.improved
    chance = gained(2, "CER", counts([0.1, 0.3] * 50), counts([0.3, 0.1] * 49 + [0.1, 0.1]), higher_is_better=False)
    assert chance.low < 0 < chance.high
    assert not chance.improved
    worse = gained(3, "IoU", counts([0.9] * 9), counts([0.2] * 9), higher_is_better=True)
    assert not worse.improved
    assert worse.high < 0


def test_the_pictures_of_both_are_drawn_together():
    # Each is better by a hundredth, though pictures differ by far more
    before = [place / 100 for place in range(90)]
    paired = gained(3, "IoU", counts(before), counts([rate + 0.01 for rate in before]), higher_is_better=True)
    assert paired.low == pytest.approx(paired.high)
    assert paired.improved


def test_pictures_count_by_their_weight():
    assert Counts.of([(0, 1), (9, 9)]).rate() == pytest.approx(0.9)
    assert interval(Counts.of([(1, 10)] * 5)) == Reading(pytest.approx(0.1), pytest.approx(0.1), pytest.approx(0.1))


def test_all_is_well_only_if_each_stage_gained_and_the_reading_is_good():
    gain = Gain(1, "letters", 0.0, 0.8, 0.7, 0.9, higher_is_better=True)
    flat = Gain(4, "rows dropped", 0.1, 0.1, -0.01, 0.01, higher_is_better=False)
    good, bad = Reading(0.07, 0.05, 0.09), Reading(0.09, 0.07, 0.11)
    assert Shown((gain,), good, 60.0).good
    assert not Shown((gain, flat), good, 60.0).good
    assert not Shown((gain,), bad, 60.0).good
    console = Console(file=io.StringIO(), width=120)
    console.print(printed(Shown((gain, flat), bad, 90.0)), lines(Shown((gain, flat), bad, 90.0)))
    said = console.file.getvalue()
    assert "+0.800 [+0.700, +0.900]" in said
    assert "9.0% [7.0%, 11.0%]: want less than 10%" in said
    assert "1.5 minutes" in said
