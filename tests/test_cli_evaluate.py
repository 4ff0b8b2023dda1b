"""`docai evaluate` from the outside: what it prints, writes and returns."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from docai.backends import speech
from docai.cli import app
from docai.errors import BackendUnavailable, NothingToDo, Unreadable
from docai.evaluation import read_results
from tests.drawn_pages import Sheet
from tests.labelled_pages import dtcbench
from tests.tiny_models import tiny_internvl

TEXT = ("Vans that deliver parcels", "run on electricity now")


def run(*words):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["evaluate", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Three pages beside their text; two have a word that is not printed."""
    folder = tmp_path_factory.mktemp("pages")
    for name, last in (("a", ""), ("b", " today"), ("c", " soon")):
        sheet = Sheet(width=300, height=100)
        sheet.lines(20, 40, TEXT)
        (folder / f"{name}.pdf").write_bytes(sheet.data())
        (folder / f"{name}.txt").write_text(" ".join(TEXT) + last, encoding="utf-8")
    return folder


def test_a_backend_is_scored_and_the_results_are_written(pages, tmp_path):
    done = run(pages, "--layout", "text", "--backend", "classical", "-o", tmp_path, "--languages", "en")
    assert done.exit_code == 0
    edits, length = len(" today") + len(" soon"), 3 * len(" ".join(TEXT)) + len(" today") + len(" soon")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("CER")]
    assert re.split(r"\s{2,}", line.strip())[:3] == ["CER (less is better)", "all", f"{edits / length:.3f}"]
    found = read_results(tmp_path)
    assert (found.backend, found.layout, len(found.items), found.languages) == ("classical", "text", 3, ("en",))
    assert found.engines[0].backend == "classical"
    assert "<ins> today</ins>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len((tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines()) == 1 + 1 + 3


def test_two_runs_are_compared(pages, tmp_path):
    for name in ("one", "two"):
        run(pages, "--layout", "text", "--backend", "classical", "-o", tmp_path / name, "-q")
    done = run("--compare", tmp_path / "one", tmp_path / "two" / "results.json")
    assert done.exit_code == 0
    assert "no difference beyond chance" in done.stdout
    assert "items that changed" not in done.stdout
    worse = json.loads((tmp_path / "two" / "results.json").read_text(encoding="utf-8"))
    for item in worse["items"]:
        item["prediction"] = "nothing of it"
        item["scores"] = [{**score, "value": 1.0} for score in item["scores"]]
    (tmp_path / "two" / "results.json").write_text(json.dumps(worse), encoding="utf-8")
    done = run("--compare", tmp_path / "one", tmp_path / "two")
    assert "worse" in done.stdout
    assert "nothing of it" in done.stdout


def test_a_model_answers_a_benchmark(tmp_path, monkeypatch):
    """The model is tiny and its weights are chance: what it says is wrong or right by chance, but all of it is scored."""
    monkeypatch.setattr(speech, "MOST_TOKENS", {"ask": 4})
    model = tiny_internvl(tmp_path / "model")
    data = dtcbench(tmp_path / "data", count=3)
    words = ("--layout", "k-dtcbench", "--backend", "vlm", "--model", model, "--quantization", "none", "--tiles", "1")
    done = run(data, *words, "-o", tmp_path / "out")
    assert done.exit_code in (0, 3)  # an answer that breaks off at four tokens is a problem
    found = read_results(tmp_path / "out")
    assert len(found.items) == 3
    assert found.engines[0].model.endswith("model")
    assert {item.scores[0].value for item in found.items} <= {0.0, 1.0}


def test_rules_that_are_asked_questions_say_what_is_missing(tmp_path):
    with pytest.raises(BackendUnavailable, match="name a model") as raised:
        run(dtcbench(tmp_path), "--layout", "k-dtcbench", "--backend", "classical")
    assert raised.value.exit_code == 6


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "name a data set"),
        (("data", "--layout", "imagenet"), "imagenet is none"),
        (("data", "--resume"), "--output"),
        (("data", "--compare", "a", "b"), "leave one out"),
        (("data", "--languages", ","), "at least one language"),
    ],
)
def test_wrong_usage_is_told(words, hint):
    done = run(*words)
    assert done.exit_code == 2
    assert hint in re.sub(r"[\s│]+", " ", done.stderr)


def test_errors_carry_their_exit_codes(tmp_path):
    with pytest.raises(NothingToDo) as nothing:
        run(tmp_path)
    with pytest.raises(Unreadable) as unreadable:
        run("--compare", tmp_path, tmp_path)
    assert (nothing.value.exit_code, unreadable.value.exit_code) == (5, 7)


def test_items_that_failed_end_in_a_warning_and_code_3(pages, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 torn")
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    done = run(tmp_path, "--layout", "text", "--backend", "classical")
    assert done.exit_code == 3
    assert "a.pdf" in done.stderr
    assert "1.000" in done.stdout
