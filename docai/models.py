"""Models of vision and language on this machine: which are known, what lies in their folders, whether it is whole.

Only `config.json` and the headers of the safetensors files are read for what a model is and needs, so that a folder of 30 GB takes
milliseconds. No code that comes with a model is ever run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from docai.errors import MissingDependency, Unreadable
from docai.models_files import Tensor, Verdict, dtypes_of, origin, read_header, read_json, weight_files

Quantization = Literal["none", "nf4", "int8"]

FLOATS: Final = ("F64", "F32", "F16", "BF16")
VISION_MODELS: Final = frozenset("internvl internvl_chat llava_onevision llava_qwen qwen2_vl qwen2_5_vl qwen3_vl".split())


# What is known


@dataclass(frozen=True, slots=True)
class Known:
    """A model that docai has a dialect for.

    Attributes:
        id: Its name on huggingface.co.
        family: Whose words it speaks: varco, internvl or instruct.
        parameters: About how many numbers are in it, in thousands of millions.
        licence: Of its weights, by its card.
        commercial: Whether the licence allows commercial use; None where its card does not tell.
        note: What to know before it is used.
    """

    id: str
    family: Literal["varco", "internvl", "instruct"]
    parameters: float
    licence: str
    commercial: bool | None
    note: str = ""


RAW: Final = "to convert"
# Source: the cards and file listings of these models on huggingface.co, as of 2025
KNOWN: Final = (
    Known(
        "NCSOFT/VARCO-VISION-14B-HF", "varco", 15.2, "CC BY-NC 4.0", commercial=False, note="research only; one picture a prompt"
    ),
    Known("NCSOFT/VARCO-VISION-14B", "varco", 15.2, "CC BY-NC 4.0", commercial=False, note="needs LLaVA-NeXT's code; take -HF"),
    Known("NCSOFT/VARCO-VISION-2.0-14B", "varco", 15.2, "CC BY-NC 4.0", commercial=False, note="Qwen3-14B and SigLIP 2"),
    Known("NCSOFT/VARCO-VISION-2.0-1.7B", "varco", 2.2, "CC BY-NC 4.0", commercial=False, note="Qwen3-1.7B and SigLIP 2"),
    Known("NCSOFT/VARCO-VISION-2.0-1.7B-OCR", "varco", 2.2, "CC BY-NC 4.0", commercial=False, note="words with their boxes"),
    Known("5CD-AI/Vintern-1B-v2", "internvl", 0.94, "MIT", commercial=True, note=RAW),
    Known("5CD-AI/Vintern-1B-v3_5", "internvl", 0.94, "MIT", commercial=True, note=RAW),
    Known("5CD-AI/Vintern-3B-beta", "internvl", 3.7, "not told", commercial=None, note=RAW),
    Known("OpenGVLab/InternVL2-1B", "internvl", 0.94, "MIT", commercial=True, note=RAW),
    Known("OpenGVLab/InternVL2_5-1B", "internvl", 0.94, "MIT", commercial=True, note=RAW),
    Known("OpenGVLab/InternVL3-1B", "internvl", 0.94, "Apache-2.0", commercial=True, note=RAW),
    Known("OpenGVLab/InternVL3-1B-hf", "internvl", 0.94, "see its card", commercial=None),
    Known("OpenGVLab/InternVL3-14B-hf", "internvl", 15.1, "Qwen", commercial=None, note="read the licence of Qwen"),
    Known("Qwen/Qwen2.5-VL-3B-Instruct", "instruct", 3.8, "Qwen Research", commercial=False),
    Known("Qwen/Qwen2.5-VL-7B-Instruct", "instruct", 8.3, "Apache-2.0", commercial=True),
)


def other_models(here: Iterable[Local]) -> tuple[Known, ...]:
    """Return the known models that are not among those which are here."""
    names = {local.name.lower() for local in here}
    return tuple(known for known in KNOWN if known.id.lower() not in names)


def known_model(name: str) -> Known | None:
    """Return what is known of a model, by its whole name on huggingface.co or the part after the slash, whatever the case."""
    wanted = name.lower()
    return next((known for known in KNOWN if wanted in (known.id.lower(), known.id.lower().partition("/")[2])), None)


# What it needs


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of GPU memory that reading one page takes, worked out and not measured.

    Attributes:
        weights: By the shapes of the tensors, exact but for padding.
        cache: Keys and values of the tokens of a page and its answer.
        activations: An upper estimate of what is held at once while the page is looked at or its tokens are read.
    """

    weights: int
    cache: int
    activations: int

    @property
    def total(self) -> int:
        """Return all of it, and what CUDA itself takes."""
        return self.weights + self.cache + self.activations + CUDA_CONTEXT


CUDA_CONTEXT: Final = 500_000_000  # bytes; PyTorch's kernels and cuBLAS's workspace take 0.3 to 0.6 GB before any tensor
ANSWER: Final = 2048  # tokens of prompt and answer beside those of the picture
# Linear layers of the language model's blocks; those of vision towers have other names, or "vis" in their path
INNER: Final = re.compile(r"(^|\.)layers\.\d+\.(self_attn|mlp)\.\w+_proj\.weight$")
NF4_BYTES: Final = 0.5 + 4 / 64  # a weight's 4 bits, and its share of the float32 scale of 64 of them (bitsandbytes, no double)
SCALES: Final = re.compile(r"\.(absmax|quant_map|nested_absmax|nested_quant_map|SCB|weight_format)$|\.quant_state\.")  # its own
ROW_SCALE: Final = 4  # bytes of the float32 scale of each row in bitsandbytes' 8 bits (its `SCB`)


def quantizable(tensor: Tensor) -> bool:
    """Return whether it is a matrix of the language model's blocks, the only ones that docai makes smaller."""
    return len(tensor.shape) == 2 and "vis" not in tensor.name and INNER.search(tensor.name) is not None


def weight_bytes(tensors: Iterable[Tensor], quantization: Quantization) -> int:
    """Return the bytes of the weights in memory: 16 bits a number, less for the matrices that are quantized."""
    size = 0.0
    for tensor in tensors:
        if tensor.dtype not in FLOATS or SCALES.search(tensor.name):  # packed already
            size += tensor.end - tensor.start
        elif quantization == "none" or not quantizable(tensor):
            size += 2 * tensor.numbers
        elif quantization == "nf4":
            size += NF4_BYTES * tensor.numbers
        else:
            size += tensor.numbers + ROW_SCALE * tensor.shape[0]
    return round(size)


def memory(config: Mapping[str, Any], tensors: Iterable[Tensor], quantization: Quantization, *, most_tiles: int = 12) -> Memory:
    """Return what reading one page takes.

    Cache: 2 (keys and values) x layers x key-value heads x head width x 2 bytes a token. Activations: per token of the language
    model the residual, its norm, queries, keys, values and the attended (6 x hidden) and gate, up and their product
    (3 x intermediate), per patch of the vision tower 6 x hidden and 2 x intermediate, 2 bytes each; the larger of the two, for they
    follow each other. Attention itself is taken to hold no matrix of all pairs (PyTorch's `scaled_dot_product_attention`).
    Scores are those of the last token only. Measured on a CPU in 32 bits, at the widths of Vintern-1B: 678 MB where twice this
    formula tells 764 (tower, 13 tiles), 426 MB where it tells 429 (language model, 5,376 tokens).

    Args:
        config: The model's `config.json`.
        tensors: Its weights.
        quantization: Of the language model's matrices.
        most_tiles: Tiles of a page, where the model cuts a grid of them.
    """
    language = config.get("text_config") or config.get("llm_config") or config
    vision = config.get("vision_config") or {}
    hidden, heads = _number(language, "hidden_size", 0), _number(language, "num_attention_heads", 1)
    width = _number(language, "head_dim", hidden // max(heads, 1))
    kept = _number(language, "num_key_value_heads", heads)
    tokens = visual_tokens(config, most_tiles) + ANSWER
    per_token = 6 * hidden + 3 * _number(language, "intermediate_size", 4 * hidden)
    per_patch = 6 * _number(vision, "hidden_size", 0) + 2 * _number(vision, "intermediate_size", 0)
    return Memory(
        weights=weight_bytes(tensors, quantization),
        cache=2 * _number(language, "num_hidden_layers", 0) * kept * width * 2 * tokens,
        activations=2 * max(tokens * per_token, _patches(config, most_tiles) * per_patch),
    )


def visual_tokens(config: Mapping[str, Any], most_tiles: int = 12) -> int:
    """Return the most tokens that a page is shown as.

    InternVL: a tile's patches, by `downsample_ratio` squared, for each tile and the thumbnail (arXiv:2404.16821, section 3).
    LLaVA-OneVision: the whole at one tile's patches, and the grid's, which are scaled down where they are over 1.1 squared times
    those of `anyres_max_9`, with a token at the end of each row (transformers, models/llava_onevision, `pack_image_features`).
    Others: as for 1280 x 1280 pixels at one token for 28 x 28 (Qwen2.5-VL's card).
    """
    side = _side(config)
    if config.get("model_type") in ("internvl", "internvl_chat"):
        tile = round((side * float(config.get("downsample_ratio", 0.5))) ** 2)
        return tile * (most_tiles + 1 if most_tiles > 1 else 1)
    if config.get("model_type") in ("llava_onevision", "llava_qwen"):
        most = int(str(config.get("vision_aspect_ratio", "anyres_max_9")).rpartition("_")[2])
        rows = max((height for height, _ in config.get("image_grid_pinpoints") or [(2304, 2304)]), default=2304) // 384
        return side * side + math.floor(1.1**2 * most * side * side) + rows * side
    return 2116


def _patches(config: Mapping[str, Any], most_tiles: int) -> int:
    """Return the patches of all tiles of a page, which the vision tower is given at once."""
    pinpoints = config.get("image_grid_pinpoints")
    tiles = max((height * width for height, width in pinpoints), default=0) // 384**2 if pinpoints else most_tiles
    return (_side(config) ** 2 + 1) * (tiles + 1)


def _side(config: Mapping[str, Any]) -> int:
    """Return the patches along a side of a tile."""
    vision = config.get("vision_config") or {}
    size, patch = vision.get("image_size", 448), vision.get("patch_size", 14)
    first = [value[0] if isinstance(value, list) else value for value in (size, patch)]
    return int(first[0]) // int(first[1])


def _number(values: Mapping[str, Any], name: str, default: int) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Local:
    """A model on this machine.

    Attributes:
        name: Its name on huggingface.co, or its folder's.
        folder: Where its files lie.
        revision: The commit, where it lies in the hub's cache or its manifest tells.
        model_type: What `config.json` calls it.
        size: Bytes of its weights on disk.
        parameters: Numbers in it, packed ones counted where they are told by their bytes.
        dtypes: Of its weights, the most common first.
        quantization: How its weights are stored.
        usable: Whether docai can load it as it is; not so for `InternVLChatModel`, which is to be converted.
        licence: Where it is known.
        memory: What reading a page takes, by the quantization on loading; the stored one alone where it is stored quantized, and
            nothing where its configuration does not tell.
        problem: Why it cannot be read; empty where it can.
    """

    name: str
    folder: str
    revision: str = ""
    model_type: str = ""
    size: int = 0
    parameters: int = 0
    dtypes: tuple[str, ...] = ()
    quantization: Quantization = "none"
    usable: bool = False
    licence: str = ""
    memory: tuple[tuple[Quantization, Memory], ...] = ()
    problem: str = ""


def examine(folder: Path, name: str = "", revision: str = "") -> Local:
    """Return what lies in a model's folder; what cannot be read is told in `problem`.

    Raises:
        MissingDependency: There is no `config.json`.
    """
    config = read_json(folder / "config.json")
    source = origin(folder)
    name = name or source["id"]
    known = known_model(name)
    licence = known.licence if known else ""
    model_type = str(config.get("model_type", ""))
    told = Local(name, str(folder), revision or source.get("revision", ""), model_type, licence=licence)
    try:
        tensors = [tensor for file in weight_files(folder) for tensor in read_header(file)]
    except (Unreadable, OSError) as error:
        return Local(**{**_fields(told), "problem": str(error)})
    if not tensors:
        return Local(**{**_fields(told), "problem": f"{folder}: no safetensors files; download it again"})
    stored = stored_quantization(config)
    asked: tuple[Quantization, ...] = ("none", "int8", "nf4") if stored == "none" else (stored,)
    tiles = _number(config, "max_dynamic_patch", _number(_pictures(folder), "max_patches", 12))
    return Local(
        **{
            **_fields(told),
            "size": sum(tensor.end - tensor.start for tensor in tensors),
            "parameters": _parameters(tensors, stored),
            "dtypes": dtypes_of(tensors),
            "quantization": stored,
            "usable": model_type in VISION_MODELS - {"internvl_chat", "llava_qwen"},
            "memory": _memory(config, tensors, asked, tiles),
        }
    )


def _memory(
    config: Mapping[str, Any], tensors: Sequence[Tensor], asked: Sequence[Quantization], tiles: int
) -> tuple[tuple[Quantization, Memory], ...]:
    """Return what a model needs by its quantization; nothing where its configuration is of a form that is not known."""
    try:
        return tuple((each, memory(config, tensors, each, most_tiles=tiles)) for each in asked)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ()


def _fields(local: Local) -> dict[str, Any]:
    return {name: getattr(local, name) for name in local.__slots__}


def _pictures(folder: Path) -> dict[str, Any]:
    """Return how pictures are prepared for a model, in whichever file it is told."""
    for name in ("preprocessor_config.json", "processor_config.json"):
        if (folder / name).is_file():
            told = read_json(folder / name)
            return dict(told.get("image_processor") or told)
    return {}


def _parameters(tensors: Iterable[Tensor], stored: Quantization) -> int:
    """Return how many numbers a model has; two to a byte in 4 bits, and without the scales of what is packed."""
    packed = {"nf4": 2, "int8": 1, "none": 1}[stored]
    kept = [tensor for tensor in tensors if not SCALES.search(tensor.name)]
    return sum(tensor.numbers * (1 if tensor.dtype in FLOATS else packed) for tensor in kept)


def stored_quantization(config: Mapping[str, Any]) -> Quantization:
    """Return how a model's weights are stored, by its `config.json`.

    Raises:
        Unreadable: In a way that is not bitsandbytes'.
    """
    told = config.get("quantization_config")
    if not told:
        return "none"
    if told.get("load_in_4bit") or told.get("_load_in_4bit"):
        return "nf4"
    if told.get("load_in_8bit") or told.get("_load_in_8bit"):
        return "int8"
    raise Unreadable(
        f"a model quantized by {told.get('quant_method', 'an unknown method')}; only bitsandbytes' nf4 and int8 are read"
    )


def find_models(folders: Iterable[Path], cache: Path | None = None) -> Iterator[Local]:
    """Yield the models in some folders, each a model's own or one of such, and in the cache of huggingface.co.

    Of the cache, only what is known or of a kind that sees.
    """
    for folder in folders:
        places = [folder] if (folder / "config.json").is_file() else sorted(folder.iterdir()) if folder.is_dir() else []
        for place in places:
            if (place / "config.json").is_file() and not place.name.startswith("."):
                yield _examined(place)
    for name, revision, place in snapshots(cache) if cache else ():
        local = _examined(place, name, revision) if (place / "config.json").is_file() else None
        if local and (local.model_type in VISION_MODELS or known_model(name)):
            yield local


def _examined(folder: Path, name: str = "", revision: str = "") -> Local:
    try:
        return examine(folder, name, revision)
    except (Unreadable, OSError) as error:
        return Local(name or folder.name, str(folder), revision, problem=str(error))


def snapshots(cache: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the name, commit and folder of each model in the cache of huggingface.co.

    Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache, "Understand caching".
    """
    for model in sorted(cache.glob("models--*")):
        for folder in sorted((model / "snapshots").glob("*")):
            if folder.is_dir():
                yield model.name.removeprefix("models--").replace("--", "/"), folder.name, folder


def find_folder(name: str, cache: Path | None = None, revision: str = "") -> Path:
    """Return the folder of a model that is given as a folder, or by its name on huggingface.co.

    Where the cache holds several commits of it, the one that is pinned, or else the one that `main` was when it was fetched last.

    Raises:
        MissingDependency: It is not on this machine.
    """
    if Path(name).is_dir():
        return Path(name)
    known = known_model(name)
    wanted = (known.id if known else name).lower()
    kept = {commit: place for found, commit, place in snapshots(cache) if found.lower() == wanted} if cache else {}
    kept = {commit: place for commit, place in kept.items() if commit.startswith(revision)}
    if not kept and known is None and name.count("/") != 1:
        raise MissingDependency(f"{name}: no such folder; give a model's folder, or its name such as 5CD-AI/Vintern-1B-v2")
    if not kept:
        pinned = f" --revision {revision}" if revision else ""
        raise MissingDependency(f"the model {name} is not on this machine; run: docai models download {name}{pinned}")
    main = next(iter(kept.values())).parents[1] / "refs" / "main"
    newest = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
    return kept.get(newest) or max(kept.values(), key=lambda place: place.stat().st_mtime)


def as_json(value: Local | Known | Verdict) -> dict[str, Any]:
    """Return a value as JSON holds it; memory by the name of its quantization, with its total."""
    told = asdict(value)
    if isinstance(value, Local):
        told["memory"] = {name: {**asdict(needed), "total": needed.total} for name, needed in value.memory}
    if isinstance(value, Verdict):
        told["damage"] = [damage._asdict() for damage in value.damage]
    return told
