"""Models as backends: who speaks, in which dialect, and how pictures are cut for it."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any, Final

from docai.backends.speech import SpeakingBackend
from docai.dialects import Dialect
from docai.registry import DIALECTS, load
from docai.tiling import Lens

LOCAL: Final = "docai.backends.transformers"
ENDPOINT: Final = "docai.backends.endpoint:EndpointSpeaker"
ENDPOINT_LENS: Final = Lens(dpi=150)  # A4 becomes 1240 x 1754 pixels: 10 points are 21 pixels, and servers cut tiles themselves
PIXELS: Final = frozenset({"qwen2_5_vl"})  # families that tell boxes in pixels; Qwen2-VL and Qwen3-VL tell thousandths
HERMES: Final = re.compile(r"vintern-1b-v[12](?!\d)|internvl2-")  # names of models with InternVL 2's system prompt
FAMILIES: Final = (("varco", "varco"), ("vintern", "internvl"), ("internvl", "internvl"))  # parts of names, and their dialects


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
        device: Where it is loaded; "auto" for the best there is.
        batch: Things said at once; None for a number that suits the device.

    Raises:
        BackendUnavailable: It cannot be loaded; the message names the file and the next step.
        MissingDependency: The packages for local models are not installed.
    """
    loaded = load(f"{LOCAL}:load")(model, quantization=quantization, revision=revision, device=device, most_tiles=most_tiles)
    speaker = load(f"{LOCAL}:LocalSpeaker")(loaded, batch=batch)
    dialect = dialect_of(
        loaded.family.dialect,
        has_system=loaded.prompter.has_system,
        model_type=loaded.model.config.model_type,
        special=speaker.special,
    )
    return SpeakingBackend(speaker, dialect, speaker.lens)


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
