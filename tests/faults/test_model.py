"""What becomes of a batch whose model's process dies while it answers."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil
import pytest

pytest.importorskip("torch")

from tests.faults import files
from tests.faults.batches import Batch
from tests.faults.test_batch import FEW, judged, written
from tests.tiny_models import tiny_internvl

pytestmark = pytest.mark.faults


def holder_of_the_model(batch):
    """Return the process that has a model in memory, the only one that loaded what runs models; None where there is none yet."""
    for process in psutil.Process(batch.process.pid).children(recursive=True):
        with suppress(psutil.Error, OSError):
            if any("libtorch" in mapped.path for mapped in process.memory_maps()):
                return process
    return None


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_model_whose_process_dies_costs_at_most_some_answers(tmp_path, ended, deaths):
    model = tiny_internvl(tmp_path / "model")
    documents = {f"{number}.pdf": files.one_sentence(f"Number {number}") for number in range(15 * deaths)}
    source, output = written(tmp_path / "in", documents), tmp_path / "out"
    options = ("--backend", "vlm", "--model", str(model), "--quantization", "none", "--devices", "cpu")
    died = 0
    with Batch(source, output, *FEW, *options, events=tmp_path / "events") as batch:
        while batch.process.poll() is None:
            if died < deaths and len(list(output.glob("*.json"))) > died and (holder := holder_of_the_model(batch)):
                holder.kill()
                died += 1
            time.sleep(0.05)
        code, errors = batch.process.returncode, batch.errors
    assert died == deaths
    judged(ended, code, output, documents, errors)
