"""The training command: what it takes, what it refuses, and that it goes through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest
import typer
import yaml

pytest.importorskip("trl")

from PIL import Image
from typer.testing import CliRunner

import fine_tune
from docai.backends.transformers.loading import words_of
from docai.corrections import Correction, append
from docai.document import Document, Text
from docai.errors import NothingToDo, Unreadable
from fine_tune.cli import app
from fine_tune.cli_settings import family_of, folder_to_train, numbers_of, stages_of
from fine_tune.given import fingerprint, opened_pairs
from fine_tune.nano import make_nano
from fine_tune.plan import DoesNotFit
from fine_tune.preferences.pairs import Pair, read_line
from fine_tune.readers import sources_in
from fine_tune.train import spoken
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl
from tests.trained_models import a_stage


def test_stages_are_asked_for_by_number():
    assert numbers_of("1-4") == [1, 2, 3, 4]
    assert numbers_of("4, 2") == [2, 4]
    for wrong in ("5", "3-1", "", "a"):
        with pytest.raises(typer.BadParameter, match="1-4, or 2,4"):
            numbers_of(wrong)


def test_settings_are_changed_in_all_stages_or_in_one():
    changes = [
        "schedule.steps=7",
        "2:trains.projector.learning_rate=1e-4",
        "mixture={own: 1, synth/reading: 2}",
        "2:sight.pack=false",
    ]
    first, second = stages_of("1,2", [], "vintern", changes, None)
    assert (first.schedule.steps, second.schedule.steps) == (7, 7)
    assert (first.trains.projector.learning_rate, second.trains.projector.learning_rate) == (1e-3, 1e-4)
    assert second.mixture == {"own": 1, "synth/reading": 2}
    assert (first.sight.pack, second.sight.pack) == (True, False)
    with pytest.raises(Unreadable, match=r"schedule\.stepz"):
        stages_of("1", [], "vintern", ["schedule.stepz=7"], None)
    with pytest.raises(typer.BadParameter, match=r"such as schedule\.steps=100"):
        stages_of("1", [], "vintern", ["schedule.steps"], None)


def test_by_qlora_the_language_model_learns_by_small_matrices_ten_times_as_fast():
    alignment, sft = stages_of("1,2", [], "vintern", ["adapter.rank=8"], "nf4")[:2]
    assert alignment.trains.language is None
    assert (alignment.adapter.rank, alignment.adapter.base) == (8, "nf4")  # which takes as little memory where it does not learn
    assert stages_of("1", [], "vintern", [], "none")[0].adapter is None
    assert (sft.trains.vision, sft.trains.language.how) == (None, "lora")
    assert sft.trains.language.learning_rate == pytest.approx(1e-4)
    assert (sft.adapter.rank, sft.adapter.base) == (8, "nf4")
    assert sft.trains.projector.how == "full"


def test_stages_may_come_from_other_files(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(a_stage(3).model_dump(mode="json")))
    (stage,) = stages_of("1-4", [path], "varco", [], None)
    assert (stage.number, stage.name) == (3, "tried")


def test_the_family_is_told_by_the_configuration(tmp_path):
    assert family_of(str(tiny_internvl(tmp_path / "a"))) == "vintern"
    assert family_of(str(tiny_onevision(tmp_path / "b"))) == "varco"
    assert family_of("Vintern-1B-v3_5") == "vintern"
    config = tmp_path / "a" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "docai_dialect": "markup"}))
    assert family_of(str(tmp_path / "a")) == "nano"
    with pytest.raises(typer.BadParameter, match="docai models convert"):
        folder_to_train(str(tiny_raw_internvl(tmp_path / "c")))


def test_data_is_told_from_other_data_by_its_files(tmp_path):
    (tmp_path / "a.jsonl").write_text("1")
    before = fingerprint([tmp_path])
    assert before == fingerprint([tmp_path])
    (tmp_path / "a.jsonl").write_text("12")
    assert fingerprint([tmp_path]) != before != fingerprint([])


def data_in(folder):
    lines = [
        {
            "id": number,
            "conversations": [{"from": "human", "value": f"What is {number}?"}, {"from": "gpt", "value": f"It is {number}."}],
        }
        for number in range(4)
    ]
    folder.mkdir()
    (folder / "talk.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


SETTINGS = [
    *(
        "--report-samples",
        "0",
        "--set",
        "mixture={text: 1}",
        "--set",
        "schedule.steps=2",
        "--set",
        "schedule.batch=2",
        "--set",
        "sight.tiles=1",
    ),
    *("--set", "saving.checkpointing=false", "--device", "cpu", "--progress", "json"),
]


def test_the_command_trains_and_is_done_when_it_is_given_again(tmp_path):
    model, data = tiny_internvl(tmp_path / "model"), data_in(tmp_path / "data")
    command = ["run", "--stages", "2", "--model", str(model), "--data", str(data), "-o", str(tmp_path / "out"), *SETTINGS]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert (tmp_path / "out" / "2_basic_sft" / "model" / "model.safetensors").is_file()
    assert '"step": 2' in first.stderr
    again = CliRunner().invoke(app, command)
    assert "done before" in again.stderr


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return the folder of a model from nothing."""
    return make_nano(tmp_path_factory.mktemp("small") / "model", "demo")


def pictured(folder):
    """Return a folder of conversations about a picture, the last of which names one that is not there."""
    folder.mkdir()
    Image.new("RGB", (64, 48), (200, 90, 30)).save(folder / "a.png")
    names = ["a.png"] * 3 + ["none.png"]
    said = [{"from": "human", "value": "<image>\nWhich?"}, {"from": "gpt", "value": "A red one."}]
    (folder / "talk.jsonl").write_text("".join(json.dumps({"image": name, "conversations": said}) + "\n" for name in names))
    return folder


FAST = [
    *("--set", "schedule.steps=1", "--set", "schedule.batch=2", "--set", "schedule.micro_batch=2", "--set", "sight.tokens=4096"),
    *("--set", "sight.tiles=1", "--set", "4:schedule.batch=1", "--set", "4:schedule.micro_batch=1"),
    *("--set", "1:mixture={own: 1}", "--set", "2:mixture={own: 1, synth/captions: 1}", "--set", "3:mixture={synth/captions: 1}"),
    *("--device", "cpu", "--progress", "json", "--report-samples", "1", "--languages", "en"),
]


def test_one_command_goes_through_all_stages_with_pairs_and_reports_and_makes_nothing_twice(small, tmp_path):
    data, out = pictured(tmp_path / "data"), tmp_path / "out"
    command = ["run", "--stages", "1-4", "--model", str(small), "--data", str(data), "-o", str(out), *FAST]
    command += ["--held-out", str(data)]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert "own: 3 samples can be used, 1 cannot" in first.stderr
    assert "talk.jsonl:4: no such picture: none.png" in first.stderr
    folders = sorted(out.iterdir())
    assert [folder.name for folder in folders] == ["1_alignment", "2_basic_sft", "3_advanced_sft", "4_preference"]
    for folder in folders:
        told = json.loads((folder / "report.json").read_text())
        assert told["after"]["items"]
        assert told["cost"]["steps"] == 1
        assert told["cost"]["tokens"] > 0
    assert json.loads((folders[1] / "report.json").read_text())["fault_count"] == 1
    assert any(isinstance(read_line(line), Pair) for line in (folders[3] / "pairs.jsonl").read_bytes().splitlines())
    assert json.loads((folders[3] / "report.json").read_text())["model"] == "3_advanced_sft/model"

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.is_file()}
    (folders[0] / "report.html").unlink()  # as a kill leaves it
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 0, again.output
    assert again.stderr.count("done before") == 4
    assert (folders[0] / "report.html").is_file()
    changed = {path.name for path in before if path.stat().st_mtime_ns != before[path]}
    assert changed <= {"report.html", "report.json", ".gitignore"}

    (folders[2] / "report.html").unlink()
    assert CliRunner().invoke(app, ["report", str(out)]).exit_code == 0
    assert (folders[2] / "report.html").is_file()


def test_data_of_which_nothing_can_be_used_are_refused(small, tmp_path):
    data = pictured(tmp_path / "data")
    (data / "a.png").unlink()
    done = CliRunner().invoke(app, ["run", "--stages", "2", "--model", str(small), "--data", str(data), "-o", str(tmp_path), *FAST])
    assert isinstance(done.exception, NothingToDo)
    assert "none of 4 samples of own can be used" in str(done.exception)


def test_what_cannot_fit_is_refused_by_plan_and_what_would_is_said(small):
    fits = CliRunner().invoke(app, ["plan", "--model", str(small), "--gpu", "24GB", "--stages", "2", "--json"])
    assert fits.exit_code == 0, fits.output
    assert json.loads(fits.stdout)["stages"][0]["fits"]
    no = CliRunner().invoke(app, ["plan", "--model", "VARCO-VISION-14B-HF", "--gpu", "24GB", "--stages", "2"])
    assert isinstance(no.exception, DoesNotFit)
    assert no.exception.exit_code == 10
    assert "QLoRA" in str(no.exception)


def test_plan_looks_at_the_data(small, tmp_path):
    data = pictured(tmp_path / "data")
    told = CliRunner().invoke(app, ["plan", "--model", str(small), "--gpu", "24GB", "--stages", "2", "--data", str(data), "--json"])
    (stage,) = json.loads(told.stdout)["stages"]
    assert stage["samples"] == 13  # one's own four are 4 of 13 in the mixture
    assert stage["tokens"] < 200


def test_drawn_pages_are_written_with_their_truth_and_are_learnt_from(small, tmp_path):
    command = ["synth", str(tmp_path / "pages"), "--count", "2", "--kind", "letter", "--language", "en", "--scanned", "0"]
    done = CliRunner().invoke(app, [*command, "--preview", str(tmp_path / "sheet.png")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
    written = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert written == ["00000.png", "00000.png.json", "00001.png", "00001.png.json"]
    assert sources_in([tmp_path / "pages"])["own"].count >= 2
    assert CliRunner().invoke(app, ["synth"]).exit_code == 2


def test_pairs_are_made_on_purpose_and_of_what_people_put_right(small, tmp_path):
    made = ["pairs", "--model", str(small), "--made", "--count", "2", "-o", str(tmp_path / "made.jsonl"), "--languages", "en"]
    done = CliRunner().invoke(app, made)
    assert done.exit_code == 0, done.output
    (first, *_) = [read_line(line) for line in (tmp_path / "made.jsonl").read_bytes().splitlines()]
    assert (first.how, first.place.languages) == ("made", ("en",))
    words = words_of(str(small))
    pairs = sources_in([tmp_path / "made.jsonl"], open_pairs=partial(opened_pairs, dialect=spoken(words)))["pairs"]
    assert pairs.sample(0).turns[0].rejected

    CliRunner().invoke(app, ["synth", str(tmp_path / "pages"), "--count", "1", "--kind", "letter", "--scanned", "0"])
    file = tmp_path / "pages" / "00000.png.json"
    document = Document.model_validate_json(file.read_bytes())
    place, block = next((place, block) for place, block in enumerate(document.blocks) if isinstance(block.content, Text))
    pointer = f"/pages/0/blocks/{place}/content/text"
    told = {"document": document.content_hash, "pointer": pointer, "before": block.content.text, "after": "Put right"}
    append(tmp_path / "right.jsonl", [Correction(**told, who="me", when=datetime(2026, 1, 1, tzinfo=timezone.utc))])
    command = ["pairs", "--model", str(small), "--corrections", str(tmp_path / "right.jsonl"), "-o", str(tmp_path / "own.jsonl")]
    done = CliRunner().invoke(app, [*command, "--documents", str(tmp_path / "pages")])
    assert done.exit_code == 0, done.output
    (pair,) = [read_line(line) for line in (tmp_path / "own.jsonl").read_bytes().splitlines()]
    assert pair.how == "correction"
    assert "Put right" in pair.chosen
    assert CliRunner().invoke(app, command).exit_code == 2


def test_a_small_model_is_written_once(tmp_path):
    assert CliRunner().invoke(app, ["nano", str(tmp_path / "model"), "--size", "demo"]).exit_code == 0
    assert isinstance(CliRunner().invoke(app, ["nano", str(tmp_path / "model")]).exception, FileExistsError)


def test_what_goes_wrong_ends_in_one_line_and_an_exit_code(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(fine_tune.__file__).parents[1])}
    command = [sys.executable, "-m", "fine_tune", "run", "--model", str(tmp_path), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith("error:")
    assert "config.json is not there" in done.stderr
    assert len(done.stderr.splitlines()) == 1
