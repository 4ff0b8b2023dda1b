"""Models as backends: who speaks, in which dialect, and how pictures are cut for it."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from docai.backends.speaker import Speaker
from docai.backends.speech import SpeakingBackend
from docai.dialects import Dialect
from docai.document import Engine
from docai.registry import DIALECTS, load
from docai.tiling import AnyresLens, GridLens, Lens

LOCAL: Final = "docai.backends.transformers"
ENDPOINT: Final = "docai.backends.endpoint:EndpointSpeaker"
ENDPOINT_LENS: Final = Lens(dpi=150)  # A4 becomes 1240 x 1754 pixels: 10 points are 21 pixels, and servers cut tiles themselves
PIXELS: Final = frozenset({"qwen2_5_vl"})  # families that tell boxes in pixels; Qwen2-VL and Qwen3-VL tell thousandths
HERMES: Final = re.compile(r"vintern-1b-v[12](?!\d)|internvl2-")  # names of models with InternVL 2's system prompt
FAMILIES: Final = (("varco", "varco"), ("vintern", "internvl"), ("internvl", "internvl"))  # parts of names, and their dialects


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a model on this machine is loaded.

    Attributes:
        model: A name on the Hugging Face hub, or a folder.
        quantization: `nf4`, `int8` or `none`.
        revision: A branch, tag or commit on the hub.
        most_tiles: That the model is shown of a view; None for what the checkpoint says.
        batch: Things said at once; None for a number that suits the device.
    """

    model: str
    quantization: str = "nf4"
    revision: str | None = None
    most_tiles: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What whoever asks a model must know of it, without its weights or its libraries: plain values that pickle.

    Attributes:
        lens: How pictures must be cut for it.
        dialect: In whose words it is asked, as the registry has it.
        has_system: Whether its chat template writes words of the system by itself.
        model_type: As its configuration tells.
        special: Its special tokens.
        engine: Who answers.
        batch: Things said at once.
    """

    lens: Lens | GridLens | AnyresLens
    dialect: str
    has_system: bool
    model_type: str
    special: frozenset[str]
    engine: Engine
    batch: int


def open_local(
    model: str,
    *,
    quantization: str = "nf4",
    revision: str | None = None,
    most_tiles: int | None = None,
    device: str = "auto",
    batch: int | None = None,
) -> SpeakingBackend:
    """Return a model on this machine as a backend.

    Args:
        model: A name on the Hugging Face hub, or a folder.
        quantization: `nf4`, `int8` or `none`.
        revision: A branch, tag or commit on the hub.
        most_tiles: That the model is shown of a view; None for what the checkpoint says.
        device: Where it is loaded: `cpu`, `cuda:1` and the like; "auto" for the best there is.
        batch: Things said at once; None for a number that suits the device.

    Raises:
        BackendUnavailable: It cannot be loaded; the message names the file and the next step.
        MissingDependency: The packages for local models are not installed.
    """
    speaker, card = local_speaker(ModelOptions(model, quantization, revision, most_tiles, batch), device)
    return backend_of(speaker, card)


def local_speaker(options: ModelOptions, device: str = "auto") -> tuple[Speaker, ModelCard]:
    """Return a model on this machine, and what whoever asks it must know; raises what `open_local` does."""
    loaded = load(f"{LOCAL}:load")(
        options.model,
        quantization=options.quantization,
        revision=options.revision,
        device=device,
        most_tiles=options.most_tiles,
    )
    speaker = load(f"{LOCAL}:LocalSpeaker")(loaded, batch=options.batch)
    card = ModelCard(
        lens=speaker.lens,
        dialect=loaded.family.dialect,
        has_system=loaded.prompter.has_system,
        model_type=loaded.model.config.model_type,
        special=speaker.special,
        engine=speaker.engine,
        batch=speaker.batch,
    )
    return speaker, card


def backend_of(speaker: Speaker, card: ModelCard) -> SpeakingBackend:
    """Return a backend that asks `speaker`, which may be the model of the card or stand for it."""
    dialect = dialect_of(card.dialect, has_system=card.has_system, model_type=card.model_type, special=card.special)
    return SpeakingBackend(speaker, dialect, card.lens)


def dialect_of(name: str, *, has_system: bool, model_type: str, special: AbstractSet[str]) -> Dialect:
    """Return a dialect as a checkpoint speaks it.

    Args:
        name: As the registry has it.
        has_system: Whether the checkpoint's chat template writes words of the system by itself.
        model_type: As its configuration tells.
        special: Its special tokens.
    """
    settings: dict[str, dict[str, Any]] = {
        "internvl": {"template": None if has_system else "internvl2_5"},
        "instruct": {"boxes": "pixels" if model_type in PIXELS else "thousandths"},
        "markup": {"special": "<otsl>" in special},
    }
    dialect: Dialect = load(DIALECTS[name])(**settings.get(name, {}))
    return dialect


def open_endpoint(model: str | None, **_: object) -> SpeakingBackend:
    """Return a model on a server as a backend; which server, the environment tells (see `EndpointSpeaker`).

    Args:
        model: What the server calls it; None for the only one that it has.
        _: How local models are loaded, which is the server's own affair.

    Raises:
        BackendUnavailable: The server's address cannot be used.
        MissingDependency: The package for servers is not installed.
    """
    name = (model or "").lower()
    dialect = next((dialect for part, dialect in FAMILIES if part in name), "instruct")
    speaker = load(ENDPOINT)(None, model, special_tokens=dialect != "instruct")
    pixels = any(part in name.replace("-", "").replace("_", "") for part in ("qwen2.5vl", "qwen25vl"))
    settings: dict[str, dict[str, Any]] = {
        "internvl": {"template": "hermes-2" if HERMES.search(name) else "internvl2_5"},
        "instruct": {"boxes": "pixels" if pixels else "thousandths"},
    }
    return SpeakingBackend(speaker, load(DIALECTS[dialect])(**settings.get(dialect, {})), ENDPOINT_LENS)
