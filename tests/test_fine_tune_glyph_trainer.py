"""Letters learnt beside answers: the loss falls, a resumed stage ends alike, and no model folder knows of it."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("trl")

import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from fine_tune.glyph_trainer import GLYPH_HEAD, new_glyph_head
from fine_tune.model import Untrainable, part_of
from fine_tune.nano import make_nano
from fine_tune.samples import Listed
from fine_tune.synth.strips import Strips
from fine_tune.train import Options, run_stage
from tests.tiny_models import tiny_onevision
from tests.trained_models import FULL, a_stage, talks

QUIET = Options(device="cpu", shown="none", save_minutes=0)


@pytest.fixture(scope="module")
def nano(tmp_path_factory):
    return make_nano(tmp_path_factory.mktemp("nano") / "demo", "demo")


@pytest.fixture(scope="module")
def strips():
    return Listed("own", [Strips("reading").sample(number) for number in range(8)])


def lettered(**schedule):
    every = {"vision": FULL, "projector": FULL, "language": FULL}
    told = {"steps": 4, "batch": 4, "micro_batch": 2, "optimizer": "muon", "warmup": 0.25, "shape": "stable_decay", **schedule}
    sight = {"tiles": 1, "tokens": 256, "pack": False}
    return a_stage(trains=every, loss={"glyphs": 1.0}, schedule=told, sight=sight)


def test_letters_are_learnt_and_leave_no_trace_in_the_model_folder(nano, strips, tmp_path):
    done = run_stage(lettered(steps=16, batch=8, micro_batch=8), nano, tmp_path, {"own": strips}, options=QUIET)
    told = [line["glyph_loss"] for line in json.loads((tmp_path / "history.json").read_text("utf-8")) if "glyph_loss" in line]
    assert len(told) == 16
    assert told[-1] < 0.8 * told[0]
    assert load_file(done.model / "model.safetensors").keys() == load_file(nano / "model.safetensors").keys()
    assert not [path for path in done.model.iterdir() if "glyph" in path.name]
    learnt, begun = load_file(tmp_path / GLYPH_HEAD), new_glyph_head(128, 0).state_dict()
    assert learnt.keys() == begun.keys()
    assert not any(torch.equal(learnt[name], begun[name]) for name in begun)
    kept = new_glyph_head(128, 0, tmp_path / GLYPH_HEAD).state_dict()
    assert all(torch.equal(learnt[name], kept[name]) for name in learnt)


class Breaking(Listed):
    """Samples whose fourteenth drawing breaks everything off."""

    drawn = 0

    def sample(self, number):
        self.drawn += 1
        if self.drawn == 14:
            raise KeyboardInterrupt
        return super().sample(number)


def test_a_stage_with_letters_that_was_broken_off_ends_in_the_same_weights(nano, strips, tmp_path):
    options = Options(device="cpu", shown="none", save_minutes=0, save_steps=1)
    with pytest.raises(KeyboardInterrupt):
        run_stage(lettered(), nano, tmp_path / "broken", {"own": Breaking("own", strips.samples)}, options=options)
    for name in ("broken", "straight"):
        run_stage(lettered(), nano, tmp_path / name, {"own": strips}, options=options)
    for file in ("model/model.safetensors", GLYPH_HEAD):
        broken, straight = load_file(tmp_path / "broken" / file), load_file(tmp_path / "straight" / file)
        assert broken.keys() == straight.keys()
        assert all(torch.equal(broken[name], straight[name]) for name in broken)


def test_the_next_stage_goes_on_with_the_head_that_lies_beside_the_model(nano, strips, tmp_path):
    first = run_stage(lettered(steps=2), nano, tmp_path / "1", {"own": strips}, options=QUIET)
    still = lettered(steps=1, warmup=1.0)  # whose only step has a rate of 0
    second = run_stage(still, first.model, tmp_path / "2", {"own": strips}, options=QUIET)
    before, after = (load_file(done.model.parent / GLYPH_HEAD) for done in (first, second))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_samples_whose_letters_are_not_known_are_learnt_all_the_same(nano, strips, tmp_path):
    mixed = Listed("own", [*talks(2, pictures=1).samples, *strips.samples[:2]])
    run_stage(lettered(steps=1, batch=4, micro_batch=2), nano, tmp_path, {"own": mixed}, options=QUIET)
    assert (tmp_path / GLYPH_HEAD).is_file()


def test_letters_need_a_projector_that_learns_and_a_model_of_internvls_kind(strips, tmp_path):
    assert part_of("base_model.model.glyph_head.begins.weight") == "projector"
    with pytest.raises(ValidationError, match="let all of it learn"):
        a_stage(trains={"language": FULL}, loss={"glyphs": 1.0})
    with pytest.raises(ValidationError, match=r"by loss\.kind sft"):
        a_stage(4, loss={"glyphs": 1.0, "kind": "dpo"})
    other = tiny_onevision(tmp_path / "onevision")
    with pytest.raises(Untrainable, match="not for llava_onevision"):
        run_stage(a_stage(loss={"glyphs": 1.0}), other, tmp_path / "out", {"own": strips}, options=QUIET)
