"""What a model is made of, as far as training it costs: widths, layers, numbers of weights, and the tokens of a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import torch
from pydantic import BaseModel, ConfigDict
from transformers import AutoConfig, AutoModelForImageTextToText

from docai.backends.transformers.families import OneVision
from docai.errors import MissingDependency, Unreadable
from docai.grids import best_resolution
from docai.lenses import AnyresLens, pinpoints_within
from docai.models import INNER, find_folder, known_model, stored_quantization
from docai.models_files import read_header, read_json, weight_files

Kind = Literal["internvl", "llava_onevision"]
KINDS: Final[Mapping[str, Kind]] = {
    "internvl": "internvl",
    "internvl_chat": "internvl",
    "llava_onevision": "llava_onevision",
    "llava_qwen": "llava_onevision",
}
PROJECTOR: Final = ("multi_modal_projector", "mlp1.", "mm_projector", "image_newline")  # in transformers' names and the authors'
VISION: Final = ("vision_tower", "vision_model", "vision_embed")
WORDS: Final = ("embed_tokens", "lm_head")
LONGER: Final = 4000  # pixels; a picture that no resolution of a lens is too large for
ASPECTS: Final = 121  # of pictures that are tried for how many tokens they take: 1:4 to 4:1, even steps of their logarithm

_QWEN25_05B: Final = {
    "model_type": "qwen2",
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151655,
    "tie_word_embeddings": False,
}
_VINTERN: Final = {  # transformers' names for what config.json of 5CD-AI/Vintern-1B-v2 and -v3_5 tells
    "model_type": "internvl",
    "vision_config": {
        "model_type": "internvl_vision",
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "attention_bias": True,
        "image_size": [448, 448],
        "patch_size": [14, 14],
        "use_mean_pooling": True,
    },
    "text_config": _QWEN25_05B,
    "downsample_ratio": 0.5,
    "tie_word_embeddings": False,
}
_VARCO: Final = {  # config.json of NCSOFT/VARCO-VISION-14B-HF
    "model_type": "llava_onevision",
    "vision_config": {
        "model_type": "siglip_vision_model",
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 26,
        "num_attention_heads": 16,
        "image_size": 384,
        "patch_size": 14,
        "vision_use_head": False,
    },
    "text_config": {
        "model_type": "qwen2",
        "hidden_size": 5120,
        "intermediate_size": 13824,
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "vocab_size": 151680,
        "tie_word_embeddings": False,
    },
    "vision_aspect_ratio": "anyres_max_9",
    "vision_feature_select_strategy": "full",
    "tie_word_embeddings": False,
}
# Models that can be planned without their files
CONFIGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "5CD-AI/Vintern-1B-v2": _VINTERN,
    "5CD-AI/Vintern-1B-v3_5": _VINTERN,
    "NCSOFT/VARCO-VISION-14B": _VARCO,
    "NCSOFT/VARCO-VISION-14B-HF": _VARCO,
}


class Tower(BaseModel):
    """A stack of alike layers: their number and widths; `attended` and `kept` are the widths of queries, and of keys or values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int
    hidden: int
    inner: int
    heads: int
    attended: int
    kept: int


class Counts(BaseModel):
    """Numbers in the weights of a part.

    Attributes:
        total: All of them.
        matrices: Those in its linear layers, of towers in those of the blocks: LoRA lies beside them, and of the language model's
            they alone are quantised.
        sides: The sum of inputs and outputs of these layers: a LoRA of rank 1 has so many numbers.
        rows: The sum of their outputs.
        largest: Numbers in the largest tensor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    total: int = 0
    matrices: int = 0
    sides: int = 0
    rows: int = 0
    largest: int = 0


class Shapes(BaseModel):
    """A model as its files tell it.

    Attributes:
        name: Of its folder, or on huggingface.co.
        kind: Its class.
        parameters: By part: "vision", "projector", "language" (blocks and norms), "words" (embeddings and head).
        tile: Pixels of a tile's side.
        side: Patches along it.
        tokens: That a tile becomes, before white space is cut off.
        summary: Patches beside those of the picture (InternVL's class token).
        scaled: Whether blocks of the vision tower are scaled (InternVL's `lambda`).
        vocabulary: Words of the head.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    vision: Tower
    language: Tower
    parameters: dict[str, Counts]
    tile: int
    side: int
    tokens: int
    summary: int
    scaled: bool
    vocabulary: int

    @property
    def total(self) -> int:
        """Return the numbers in all weights."""
        return sum(counts.total for counts in self.parameters.values())

    @property
    def patches(self) -> int:
        """Return how many places a tile takes in the vision tower."""
        return self.side**2 + self.summary


class Pictured(BaseModel):
    """What a picture costs: tiles that the vision tower is given, tokens that the language model is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tiles: int
    tokens: int


def read_shapes(model: str, cache: Path | None = None) -> Shapes:
    """Return what a model is made of: of a folder, of a model in the hub's cache, or of one that is known here without files.

    Weights are read from the headers of the files; where there are none, the class is made on PyTorch's meta device.

    Raises:
        MissingDependency: It is not on this machine and not among `CONFIGS`.
        Unreadable: `config.json` does not tell enough, or is of another class.
    """
    known = known_model(model)
    name = known.id if known else model
    try:
        folder = find_folder(model, cache)
    except MissingDependency:
        if name not in CONFIGS:
            raise
        config: dict[str, Any] = dict(CONFIGS[name])
        return _shapes(name, config, _made(config, name))
    config = read_json(folder / "config.json")
    whole = (tensor for file in weight_files(folder) for tensor in read_header(file))
    tensors = [(tensor.name, tensor.shape) for tensor in whole] if stored_quantization(config) == "none" else []
    return _shapes(folder.resolve().name if Path(model).is_dir() else name, config, tensors or _made(config, str(folder)))


def _made(config: Mapping[str, Any], name: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return the names and shapes of the weights that a configuration asks for; nothing of them is held in memory."""
    told = {key: value for key, value in config.items() if key not in ("model_type", "quantization_config")}
    try:
        with torch.device("meta"):
            network = AutoModelForImageTextToText.from_config(AutoConfig.for_model(str(config.get("model_type")), **told))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(
            f"{name}: there are no weights, and its config.json is of no class that transformers knows ({error}); "
            "bring the weights, or convert it first with: docai models convert"
        ) from error
    return [(name, tuple(parameter.shape)) for name, parameter in network.named_parameters()]


def _shapes(name: str, config: Mapping[str, Any], tensors: Iterable[tuple[str, tuple[int, ...]]]) -> Shapes:
    kind = KINDS.get(str(config.get("model_type")))
    if kind is None:
        raise Unreadable(f"{name}: a {config.get('model_type')!r}; trained are {', '.join(sorted(KINDS))}")
    try:
        language = config.get("text_config") or config["llm_config"]
        vision = config["vision_config"]
        size, patch = (_first(vision[key]) for key in ("image_size", "patch_size"))
        side = size // patch
        tokens = round((side * float(config.get("downsample_ratio", 0.5))) ** 2) if kind == "internvl" else side**2
        return Shapes(
            name=name,
            kind=kind,
            vision=_tower(vision),
            language=_tower(language),
            parameters=_counted(tensors),
            tile=size,
            side=side,
            tokens=tokens,
            summary=int(kind == "internvl"),
            scaled=kind == "internvl",
            vocabulary=language["vocab_size"],
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Unreadable(f"{name}: its config.json does not tell {error}; download it again") from error


def _tower(config: Mapping[str, Any]) -> Tower:
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    width = config.get("head_dim") or hidden // heads
    kept = config.get("num_key_value_heads") or heads
    return Tower(
        layers=config["num_hidden_layers"],
        hidden=hidden,
        inner=config["intermediate_size"],
        heads=heads,
        attended=heads * width,
        kept=kept * width,
    )


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, list) else value)


def part_of(name: str) -> str:
    """Return which part of a model a weight belongs to, by its name."""
    if any(piece in name for piece in PROJECTOR):
        return "projector"
    if any(piece in name for piece in VISION):
        return "vision"
    return "words" if any(piece in name for piece in WORDS) else "language"


def _counted(tensors: Iterable[tuple[str, tuple[int, ...]]]) -> dict[str, Counts]:
    held: dict[str, dict[str, int]] = {part: dict(Counts()) for part in ("vision", "projector", "language", "words")}
    for name, shape in tensors:
        part, numbers = held[part_of(name)], math.prod(shape)
        part["total"] += numbers
        part["largest"] = max(part["largest"], numbers)
        if _is_inner(name, shape):
            part["matrices"] += numbers
            part["sides"] += sum(shape)
            part["rows"] += shape[0]
    return {name: Counts(**counts) for name, counts in held.items()}


def _is_inner(name: str, shape: tuple[int, ...]) -> bool:
    """Return whether a weight is a matrix beside which LoRA can lie: of the language model's blocks by `docai.models`."""
    if len(shape) != 2:
        return False
    part = part_of(name)
    return part == "projector" or (part == "vision" and ".layer" in name) or INNER.search(name) is not None


def pictured(shapes: Shapes, tiles: int) -> Pictured:
    """Return what the dearest picture costs that is shown on a number of tiles at most.

    InternVL: all tiles and, of several, the whole (arXiv 2404.16821, section 3), between two tokens. LLaVA-OneVision: by the
    resolutions under such a budget (`docai.lenses.pinpoints_within`), the dearest aspect of those from 1:4 to 4:1.
    """
    if shapes.kind == "internvl":
        shown = tiles + 1 if tiles > 1 else 1
        return Pictured(tiles=shown, tokens=shown * shapes.tokens + 2)
    every = _anyres(shapes, tiles)
    return Pictured(tiles=max(one.tiles for one in every), tokens=max(one.tokens for one in every))


def most_tiles_in(shapes: Shapes, tiles: int, tokens: int) -> int:
    """Return the most tiles that stand in a row of so many tokens where samples are packed, each of at most `tiles` tiles."""
    if shapes.kind == "internvl":
        return max(tokens // shapes.tokens, 1)
    return max(max(tokens // one.tokens, 1) * one.tiles for one in _anyres(shapes, tiles))


def _anyres(shapes: Shapes, tiles: int) -> list[Pictured]:
    """Return what pictures of many aspects cost."""
    pinpoints = pinpoints_within(tiles, shapes.tile)
    family = OneVision(AnyresLens(shapes.tile, pinpoints), side=shapes.side, most_tiles=tiles)
    found = [Pictured(tiles=1, tokens=shapes.tokens + 1)]
    for step in range(ASPECTS):
        aspect = 4 ** (2 * step / (ASPECTS - 1) - 1)
        width, height = (LONGER, round(LONGER / aspect)) if aspect >= 1 else (round(LONGER * aspect), LONGER)
        down, across = best_resolution(width, height, pinpoints)
        grid = (down // shapes.tile) * (across // shapes.tile)
        found.append(Pictured(tiles=1 + grid, tokens=family.features(width, height)))
    return found
