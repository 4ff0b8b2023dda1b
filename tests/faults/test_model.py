"""What becomes of a batch whose model's process dies while it answers."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil
import pytest

pytest.importorskip("torch")

from tests.drawn_pages import scans
from tests.faults.batches import Batch
from tests.faults.harness import document_of
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
    documents = {f"{number}.pdf": scans(1) for number in range(8)}  # of which nothing is known without the model
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
    read = [document_of(output / f"{name}.json") for name in documents]
    unasked = [document for document in read if not any(engine.backend == "vlm" for engine in document.engines)]
    assert len(unasked) <= 2 * deaths  # what two workers had asked
    assert all(page.problems for document in unasked for page in document.pages)
