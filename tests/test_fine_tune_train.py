"""The loop: what it changes, that it can be killed and goes on, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("trl")

import torch
from safetensors.torch import load_file

import fine_tune
from docai.backends.transformers import load
from docai.backends.transformers.loading import words_of
from fine_tune.checkpoints import keep, last_whole, mark_whole, numbered, remove_torn
from fine_tune.mixture import Mixture
from fine_tune.model import Untrainable, part_of
from fine_tune.samples import Listed
from fine_tune.stage import read_stage, stage_files
from fine_tune.train import Changed, DeviceFull, Options, collator_of, run_stage, run_stages
from fine_tune.trainers import Diverged
from tests.tiny_models import tiny_internvl, tiny_onevision
from tests.trained_models import FULL, LORA, a_stage, talks

QUIET = Options(device="cpu", shown="none", save_minutes=0)
PARTS = {
    1: {"projector"},
    2: {"vision", "projector", "language"},
    3: {"vision", "projector", "language"},
    4: {"language"},
}
UNUSED = ("vision_tower.vision_model.post_layernorm", "vision_tower.post_layernorm")  # features are taken before it


@pytest.fixture(scope="module")
def internvl(tmp_path_factory):
    return tiny_internvl(tmp_path_factory.mktemp("internvl"))


def history(output):
    return json.loads((output / "history.json").read_text(encoding="utf-8"))


def weights(model):
    return load_file(model / "model.safetensors")


@pytest.mark.parametrize(("family", "make"), [("vintern", tiny_internvl), ("varco", tiny_onevision)])
def test_each_of_the_four_stages_changes_what_it_should_and_nothing_else(family, make, tmp_path):
    start = make(tmp_path / "start")
    few = {
        "sight": {"tiles": 1, "tokens": 4096},
        "schedule": {"steps": 2, "batch": 2, "micro_batch": 2, "shape": "constant", "warmup": 0},
        "saving": {"checkpointing": False},
    }
    stages = [read_stage(path, family, few) for path in stage_files().values()]
    sources = {"own": talks(4, pictures=4), "pairs": talks(4, pictures=4)}
    for stage, done in zip(stages, run_stages(stages, start, tmp_path / "out", sources, options=QUIET), strict=True):
        before, after = weights(start), weights(done.model)
        intended = {name for name in before if part_of(name) in PARTS[stage.number] and not any(word in name for word in UNUSED)}
        assert {name for name in before if not torch.equal(before[name], after[name])} == intended
        start = done.model


def test_thirty_two_samples_are_learnt_by_heart(internvl, tmp_path):
    stage = a_stage(
        trains={"language": {"learning_rate": 1e-2}},
        schedule={"steps": 80, "batch": 32, "micro_batch": 32, "shape": "cosine"},
    )
    run_stage(stage, internvl, tmp_path, {"own": talks(32)}, options=QUIET)
    told = [line for line in history(tmp_path) if "loss" in line]
    assert told[0]["loss"] > 5
    assert told[-1]["loss"] < 0.1
    assert told[-1]["token_accuracy"] > 0.98


class Breaking(Listed):
    """Samples of which the one that is drawn as the nth breaks everything off."""

    def __init__(self, source, after):
        super().__init__(source.name, source.samples)
        self.drawn, self.after = [], after

    def sample(self, number):
        if len(self.drawn) == self.after:
            raise KeyboardInterrupt
        self.drawn.append(number)
        return super().sample(number)


def a_resumed_stage():
    adapter = {"rank": 4, "dropout": 0.2}  # so that what is drawn by chance must go on as well
    return a_stage(
        trains={"language": LORA, "projector": FULL},
        adapter=adapter,
        schedule={"steps": 6, "batch": 4, "micro_batch": 2, "optimizer": "muon", "shape": "stable_decay", "warmup": 0.3},
    )


def test_what_was_broken_off_goes_on_with_the_samples_not_seen_and_ends_in_the_same_weights(internvl, tmp_path):
    options = Options(device="cpu", shown="none", save_minutes=0, save_steps=2)
    stage, straight = a_resumed_stage(), Breaking(talks(24, pictures=1), None)
    run_stage(stage, internvl, tmp_path / "straight", {"own": straight}, options=options)
    broken = Breaking(talks(24, pictures=1), 21)
    with pytest.raises(KeyboardInterrupt):
        run_stage(stage, internvl, tmp_path / "broken", {"own": broken}, options=options)
    torn = tmp_path / "broken" / "checkpoints" / "checkpoint-4"
    (torn / "whole.json").unlink()  # as if it had been killed while that was written
    (torn / "optimizer.pt").write_bytes(b"cut")
    again = Breaking(talks(24, pictures=1), None)
    run_stage(stage, internvl, tmp_path / "broken", {"own": again}, options=options)
    assert again.drawn == straight.drawn[8:]
    assert weights(tmp_path / "broken" / "model").keys() == weights(tmp_path / "straight" / "model").keys()
    for name, tensor in weights(tmp_path / "straight" / "model").items():
        assert torch.equal(tensor, weights(tmp_path / "broken" / "model")[name]), name
    steps = [line["step"] for line in history(tmp_path / "broken") if "loss" in line]
    assert steps == [1, 2, 3, 4, 5, 6]


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_fine_tune_train import a_resumed_stage
from tests.trained_models import talks
from fine_tune.train import Options, run_stage
run_stage(a_resumed_stage(), Path(sys.argv[1]), Path(sys.argv[2]), {"own": talks(24)},
          options=Options(device="cpu", shown="none", save_minutes=0, save_steps=1))
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_process_that_is_killed_at_any_moment_ends_in_the_same_weights_when_started_again(internvl, tmp_path):
    output, checkpoints = tmp_path / "killed", tmp_path / "killed" / "checkpoints"
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(Path(fine_tune.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, str(internvl), str(output), str(here)]

    def started():
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    def killed(process, moment):
        while process.poll() is None and not moment():
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    chance = random.Random(7)
    process = started()
    killed(process, lambda: any(step >= 2 and not (path / "whole.json").is_file() for step, path in numbered(checkpoints)))
    first = last_whole(checkpoints)
    assert first is not None
    assert not (output / "done.json").is_file()
    process, begun = started(), numbered(checkpoints)[0][0]
    killed(process, lambda: numbered(checkpoints)[0][0] > begun and not time.sleep(chance.random() * 0.05))
    process = started()
    _, told = process.communicate()
    assert process.returncode == 0, told.decode()[-2000:]
    run_stage(a_resumed_stage(), internvl, tmp_path / "straight", {"own": talks(24)}, options=QUIET)
    for name, tensor in weights(tmp_path / "straight" / "model").items():
        assert torch.equal(tensor, weights(output / "model")[name]), name


def test_a_checkpoint_counts_only_when_it_is_whole(tmp_path):
    for step in (2, 4, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "weights").write_text("w")
    for step in (2, 4):
        mark_whole(tmp_path / f"checkpoint-{step}", step)
    assert last_whole(tmp_path) == tmp_path / "checkpoint-4"
    remove_torn(tmp_path)
    assert [step for step, _ in numbered(tmp_path)] == [4, 2]
    keep(tmp_path, 1)
    assert [step for step, _ in numbered(tmp_path)] == [4]
    assert last_whole(tmp_path / "nothing") is None


def test_by_preference_the_margin_rises(internvl, tmp_path):
    for kind, part, adapter in (("dpo", FULL, None), ("mpo", LORA, {"rank": 8})):
        stage = a_stage(
            4,
            trains={"language": part},
            adapter=adapter,
            loss={"kind": kind},
            schedule={"steps": 6, "batch": 4, "micro_batch": 4},
        )
        run_stage(stage, internvl, tmp_path / kind, {"own": talks(8)}, {"own": talks(4)}, QUIET)
        margins = [line["rewards/margins"] for line in history(tmp_path / kind) if "loss" in line]
        assert margins[0] == pytest.approx(0, abs=1e-6)
        assert margins[-1] > margins[1] > 0
        assert [line["eval_rewards/margins"] for line in history(tmp_path / kind) if "eval_loss" in line][-1] > 0


@pytest.mark.parametrize("base", ["nf4", "int8"])
def test_small_matrices_learn_beside_quantised_weights_between_evaluations(internvl, tmp_path, base):
    stage = a_stage(trains={"language": LORA}, adapter={"rank": 4, "base": base}, schedule={"steps": 4})
    options = Options(device="cpu", shown="none", save_minutes=0, evaluate_steps=1, unmerged=True)
    done = run_stage(stage, internvl, tmp_path, {"own": talks(2, pictures=1)}, {"own": talks(2)}, options)
    losses = [line["loss"] for line in history(tmp_path) if "loss" in line]
    assert losses[-1] < losses[0]
    assert sum("eval_loss" in line for line in history(tmp_path)) == 4
    before, after = weights(internvl), weights(done.model)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert len(changed) == 14
    assert all("language_model" in name and ".layers." in name and "_proj.weight" in name for name in changed)
    assert (tmp_path / "model_unmerged" / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("checkpointing", [False, True])
def test_the_projector_learns_through_a_language_model_in_four_bits_that_stays(internvl, tmp_path, checkpointing):
    saving = {"checkpointing": checkpointing}
    told = {"schedule": {"steps": 2, "batch": 2, "micro_batch": 2}, "sight": {"tiles": 1}, "saving": saving}
    stage = read_stage(stage_files()[1], "vintern", told | {"adapter": {"base": "nf4"}})
    done = run_stage(stage, internvl, tmp_path, {"own": talks(4, pictures=4)}, options=QUIET)
    before, after = weights(internvl), weights(done.model)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {part_of(name) for name in changed} == {"projector"}


@pytest.mark.parametrize("make", [tiny_internvl, tiny_onevision])
@pytest.mark.parametrize(("kind", "checkpointing"), [("sft", False), ("sft", True), ("dpo", True)])
def test_nothing_is_kept_of_a_vision_tower_that_does_not_learn(tmp_path, make, checkpointing, kind):
    stage = a_stage(
        trains={"language": LORA},
        adapter={"rank": 2},
        loss={"kind": kind},
        schedule={"steps": 2},
        saving={"checkpointing": checkpointing},
    )
    seen, towers = [], ("InternVLVisionModel", "SiglipVisionModel")

    def note(module, inputs, output):
        if type(module).__name__ in towers and torch.is_grad_enabled():
            seen.append(output.last_hidden_state.requires_grad)

    hook = torch.nn.modules.module.register_module_forward_hook(note)
    start = make(tmp_path / "start")
    try:
        done = run_stage(stage, start, tmp_path / "out", {"own": talks(4, pictures=4)}, options=QUIET)
    finally:
        hook.remove()
    assert len(seen) >= 2
    assert not any(seen)
    before, after = weights(start), weights(done.model)
    assert sum(not torch.equal(before[name], after[name]) for name in before) == 14


@pytest.mark.parametrize("weighting", ["token", "sample", "square_root"])
def test_samples_count_as_they_should_also_over_several_sums(internvl, tmp_path, weighting):
    words = ("a", "a much longer answer than that", "two words", "and a fourth that is of middle length")
    stage = a_stage(trains={"language": FULL}, loss={"weighting": weighting}, schedule={"steps": 1, "batch": 4, "micro_batch": 2})
    run_stage(stage, internvl, tmp_path, {"own": talks(4, words=words)}, options=QUIET)
    loaded = load(str(internvl), quantization="none")
    spoken = words_of(str(internvl), most_tiles=1)
    mixture = Mixture({"own": talks(4, words=words)}, stage.mixture, stage.seed)
    total = share = 0.0
    for position in range(4):
        batch = collator_of(stage, spoken, mixture)([{"position": position}])
        with torch.no_grad():
            said = loaded.model(input_ids=batch["input_ids"]).logits.log_softmax(-1)
        labels = batch["labels"][0, 1:]
        losses = [-float(said[0, place, label]) for place, label in enumerate(labels.tolist()) if label != -100]
        weight = {"token": 1.0, "sample": 1 / len(losses), "square_root": len(losses) ** -0.5}[weighting]
        total += weight * sum(losses)
        share += weight * len(losses)
    assert history(tmp_path)[0]["loss"] == pytest.approx(total / share, rel=1e-4)


def test_what_is_done_is_not_done_again_and_other_options_are_refused(internvl, tmp_path):
    stage, source = a_stage(schedule={"steps": 1}), {"own": talks(4, pictures=4)}
    first = run_stage(stage, internvl, tmp_path, source, options=QUIET)
    again = run_stage(stage, internvl, tmp_path, source, options=QUIET)
    assert (first.again, again.again, again.steps) == (False, True, 1)
    with pytest.raises(Changed, match=r"stage\.schedule\.steps: 1 before, 2 now.*--restart"):
        run_stage(a_stage(schedule={"steps": 2}), internvl, tmp_path, source, options=QUIET)
    with pytest.raises(Changed, match=r"data\.own: 4 before, 5 now"):
        run_stage(stage, internvl, tmp_path, {"own": talks(5)}, options=QUIET)
    anew = Options(device="cpu", shown="none", save_minutes=0, restart=True)
    assert run_stage(a_stage(schedule={"steps": 2}), internvl, tmp_path, source, options=anew).steps == 2


def test_a_loss_that_is_no_number_stops_training_and_leaves_no_checkpoint(internvl, tmp_path):
    stage = a_stage(trains={"language": {"learning_rate": 1e30}}, schedule={"steps": 4, "shape": "constant"})
    options = Options(device="cpu", shown="none", save_steps=1)
    with pytest.raises(Diverged, match="lower the learning rates"):
        run_stage(stage, internvl, tmp_path, {"own": talks(4)}, options=options)
    whole = last_whole(tmp_path / "checkpoints")
    assert whole is None or all(tensor.isfinite().all() for tensor in load_file(whole / "learned.safetensors").values())
    assert not (tmp_path / "model").exists()


def test_a_stage_without_samples_of_its_own_must_tell_its_steps(internvl, tmp_path):
    endless = talks(4)
    endless.count = None
    with pytest.raises(Untrainable, match=r"--set schedule\.steps=1000"):
        run_stage(a_stage(schedule={"steps": None}), internvl, tmp_path, {"own": endless}, options=QUIET)


def test_too_little_memory_is_told_with_what_would_save_some(internvl, tmp_path):
    class Full(Listed):
        def sample(self, number):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with pytest.raises(DeviceFull, match=r"schedule\.micro_batch=1, --set saving\.checkpointing=true.*--qlora"):
        run_stage(a_stage(), internvl, tmp_path, {"own": Full("own", talks(4).samples)}, options=QUIET)


def test_what_is_told_as_json_has_speed_and_time_left(internvl, tmp_path, capsys):
    options = Options(device="cpu", shown="json", save_minutes=0)
    run_stage(a_stage(), internvl, tmp_path, {"own": talks(6, pictures=6)}, options=options)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert all(line["tokens_per_s"] > line["samples_per_s"] > 0 for line in lines)
    assert lines[-1]["seconds_left"] == 0
    assert any((tmp_path / "tensorboard").iterdir())


TOGETHER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_fine_tune_train import Noting, together
from fine_tune.train import Options, run_stage
options = Options(device="cpu", shown="none", save_minutes=0, save_steps=2)
run_stage(together(), Path(sys.argv[1]), Path(sys.argv[2]), {"own": Noting(Path(sys.argv[2]).parent)}, options=options)
"""


class Noting(Listed):
    """Samples that note which process drew them."""

    def __init__(self, folder):
        super().__init__("own", talks(16, pictures=2).samples)
        self.folder = folder

    def sample(self, number):
        with (self.folder / f"drawn-{os.environ.get('RANK', 'alone')}").open("a") as file:
            file.write(f"{number}\n")
        return super().sample(number)


def together():
    every = {"vision": FULL, "language": FULL}
    return a_stage(trains=every, schedule={"steps": 4, "batch": 4, "micro_batch": 1})


@pytest.mark.slow
def test_two_processes_share_out_the_samples_and_learn_what_one_would(internvl, tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "one").mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(fine_tune.__file__).parents[1]),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
    }
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    (tmp_path / "together.py").write_text(TOGETHER)
    arguments = [str(tmp_path / "together.py"), str(internvl), str(tmp_path / "two" / "out"), str(Path(__file__).parent)]
    done = subprocess.run([*launch, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    shares = [[int(line) for line in (tmp_path / "two" / f"drawn-{rank}").read_text().split()] for rank in range(2)]
    assert [len(share) for share in shares] == [8, 8]
    assert sorted(shares[0] + shares[1]) == list(range(16))
    straight = run_stage(together(), internvl, tmp_path / "one" / "out", {"own": Noting(tmp_path / "one")}, options=QUIET)
    for name, tensor in weights(straight.model).items():  # sums are in another order
        torch.testing.assert_close(tensor, weights(tmp_path / "two" / "out" / "model")[name], rtol=1e-3, atol=1e-4)
