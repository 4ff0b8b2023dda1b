"""The training command: what it takes, what it refuses, and that it goes through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

pytest.importorskip("trl")

from typer.testing import CliRunner

import fine_tune
from docai.errors import Unreadable
from fine_tune.cli import app, family_of, fingerprint, numbers_of, stages_of
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
    assert family_of(tiny_internvl(tmp_path / "a")) == "vintern"
    assert family_of(tiny_onevision(tmp_path / "b")) == "varco"
    config = tmp_path / "a" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "docai_dialect": "markup"}))
    assert family_of(tmp_path / "a") == "nano"
    with pytest.raises(typer.BadParameter, match="docai models convert"):
        family_of(tiny_raw_internvl(tmp_path / "c"))


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
    *("--set", "mixture={text: 1}", "--set", "schedule.steps=2", "--set", "schedule.batch=2", "--set", "sight.tiles=1"),
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


def test_what_goes_wrong_ends_in_one_line_and_an_exit_code(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(fine_tune.__file__).parents[1])}
    command = [sys.executable, "-m", "fine_tune", "run", "--model", str(tmp_path), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith("error:")
    assert "config.json is not there" in done.stderr
    assert len(done.stderr.splitlines()) == 1
