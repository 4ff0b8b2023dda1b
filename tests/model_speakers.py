"""Models without weights for real model processes, each with the fault that its questions ask for, and workers that ask them.

What a question says is a command: "kill" ends the model's process, "raise" fails, "gate" is not answered before there is a
file of that name in the folder that stands for the model; everything else is answered with itself and what was seen.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from docai.backends import speech
from docai.backends.opening import ModelCard
from docai.backends.speaker import Asked
from docai.dialects import Prompt, Said
from docai.document import Engine
from docai.errors import MissingDependency
from docai.extraction import Extractor
from docai.lenses import GridLens, Seen
from docai.model_process import RemoteSpeaker, open_remote

BATCH = 4
FEW = 16  # tokens; what chance says is not worth more
HEAVY = {"torch", "transformers", "bitsandbytes", "tokenizers", "safetensors", "huggingface_hub"}


class Obedient:
    batch = BATCH
    engine = Engine(backend="vlm", model="obedient", hash="0")

    def __init__(self, folder):
        self._gate = Path(folder) / "gate"

    def say(self, asked):
        return [self._said(one) for one in asked]

    def _said(self, asked):
        command = asked.prompt.text
        if command == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if command == "raise":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        while command == "gate" and not self._gate.exists():
            time.sleep(0.005)
        return Said(answer_of(asked))


def answer_of(asked):
    return f"{asked.prompt.text} {hashlib.sha256(asked.seen[0].tiles.tobytes()).hexdigest()}"


def obedient(options, device):
    speaker = Obedient(options.model)
    return speaker, ModelCard(GridLens(most=2), "internvl", True, "internvl", frozenset(), speaker.engine, speaker.batch)


def lacking(options, device):
    raise MissingDependency("torch is not installed; run: pip install 'docai[vlm]'")


def dying(options, device):
    os.kill(os.getpid(), signal.SIGKILL)


def asked_of(*commands):
    pixels = np.random.default_rng(len(commands)).integers(0, 256, (2, 28, 28, 3), dtype=np.uint8)
    return [Asked((Seen(pixels + np.uint8(place), 2, 1, 56, 28),), Prompt(command)) for place, command in enumerate(commands)]


def ask(connection, of, *commands):
    """Send what is said to some commands: what a worker does."""
    connection.send(RemoteSpeaker(*of).say(asked_of(*commands)))


def read(connection, of, path):
    """Send a document as JSON, read by a model in another process, and which heavy packages that brought here."""
    speech.PAGE_TOKENS, speech.MOST_TOKENS = FEW, {}
    document = Extractor(backend=open_remote(*of)).extract(path)
    connection.send((document.model_dump_json(), HEAVY & {name.partition(".")[0] for name in sys.modules}))
