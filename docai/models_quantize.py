"""Models stored in 4 or 8 bits, so that they are small on disk and need not be made small again on each start.

Only the matrices of the language model's blocks are made smaller. The vision tower, the projector, the embeddings and the head stay
in 16 bits: 4 bits there cost small print and boxes, and save little (models for documents lose about ten times more on text than on
other pictures when all is quantized).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final, Literal, cast

import torch
from bitsandbytes.nn.modules import Linear4bit, Linear8bitLt
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig

from docai.backends.transformers.loading import without_bars
from docai.errors import Unreadable
from docai.models import stored_quantization
from docai.models_files import dtypes_of, origin, read_header, read_json, verify, weight_files, whole_folder, write_manifest

log = logging.getLogger(__name__)

# Whole paths of the classes' modules: one that matches nothing is passed over in silence, and the tower is quantized with the rest
# (https://github.com/unslothai/unsloth/issues/4208), for which reason `check` counts
KEPT: Final = (
    "model.vision_tower",
    "model.visual",
    "model.multi_modal_projector",
    "model.language_model.embed_tokens",
    "lm_head",
)
WRITTEN: Final = frozenset(("config.json", "generation_config.json", "docai-manifest.json", "model.safetensors.index.json"))
COPIED: Final = (".json", ".txt", ".jinja", ".md", ".model")  # ends of the names of what is copied beside the weights; never code


def settings(quantization: Literal["nf4", "int8"], dtype: torch.dtype = torch.bfloat16) -> BitsAndBytesConfig:
    """Return how bitsandbytes is to quantize a model: its language model's matrices alone.

    The scales of 4 bits are not quantized once more: that would save 0.4 of 4.5 bits a weight, and cost 15 to 20 % of the speed
    with one page at a time (bitsandbytes' own table for 0.45, https://github.com/bitsandbytes-foundation/bitsandbytes).
    """
    made: Any = BitsAndBytesConfig  # its constructor has no types
    if quantization == "int8":
        return cast("BitsAndBytesConfig", made(load_in_8bit=True, llm_int8_skip_modules=list(KEPT)))
    four_bits = made(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=False,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=list(KEPT),
    )
    return cast("BitsAndBytesConfig", four_bits)


def quantize(source: Path, target: Path, quantization: Literal["nf4", "int8"]) -> int:
    """Write the model in `source` to `target` with its language model in 4 or 8 bits; return how many matrices were made smaller.

    `target` appears whole or not at all. `AutoModelForImageTextToText.from_pretrained(target)` loads it as it would load `source`
    with `settings(quantization)`. What stays in 16 bits is float16 if it is stored so, as VARCO-VISION's, and bfloat16 if not.

    Raises:
        MissingDependency: There is no model in `source`.
        Unreadable: It is damaged, quantized already, to be converted first, or something other than the language model became
            smaller.
        FileExistsError: There is something in `target` already.
    """
    config = read_json(source / "config.json")
    if config.get("model_type") == "internvl_chat":
        raise Unreadable(f"{source} is an InternVLChatModel; run first: docai models convert {source} {target}-16bit")
    if (stored := stored_quantization(config)) != "none":
        raise Unreadable(f"{source} is stored as {stored} already; quantize the model that it was made from")
    if damage := verify(source, quick=True).damage:  # without a tokenizer, say, what is written would be of no use
        raise Unreadable(f"{source}: {damage[0].file}: {damage[0].what}; bring or copy the model again")
    with whole_folder(target) as folder, without_bars():
        place = {"": torch.cuda.current_device() if torch.cuda.is_available() else "cpu"}
        dtype = torch.float16 if _stored(source) == "F16" else torch.bfloat16
        model: Any = AutoModelForImageTextToText.from_pretrained(
            str(source), quantization_config=settings(quantization, dtype), dtype=dtype, device_map=place, local_files_only=True
        )
        done = check(model, quantization)
        log.debug("%s: %d matrices quantized to %s", source, done, quantization)
        model.save_pretrained(str(folder))
        for path in sorted(source.iterdir()):
            if path.is_file() and path.name.endswith(COPIED) and path.name not in WRITTEN and not (folder / path.name).exists():
                (folder / path.name).write_bytes(path.read_bytes())
        for path in folder.glob("*.safetensors"):  # the library writes them for their owner alone
            path.chmod((folder / "config.json").stat().st_mode)
        write_manifest(folder, {**origin(source), "quantization": quantization})
    return done


def check(model: torch.nn.Module, quantization: Literal["nf4", "int8"]) -> int:
    """Return how many matrices of a model are quantized: all of its language model's blocks, and none elsewhere.

    Raises:
        Unreadable: Some elsewhere are, or some in the blocks are not: the names of its modules are not those that are known.
    """
    kind = Linear4bit if quantization == "nf4" else Linear8bitLt
    linear = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    inner = {name for name in linear if ".language_model.layers." in f".{name}"}
    small = {name for name, module in linear.items() if isinstance(module, kind)}
    if not inner or small != inner:
        odd = ", ".join(sorted(small ^ inner)[:5]) or "no language model was found"
        raise Unreadable(f"a {type(model).__name__} is not quantized as it should be ({odd}); load it in 16 bits")
    return len(small)


def _stored(source: Path) -> str:
    """Return the type of most of a model's numbers, as safetensors names it."""
    files = weight_files(source)
    if not files:
        raise Unreadable(f"{source}: no safetensors files; weights in other files are not read, for loading those can run code")
    return dtypes_of(tensor for file in files for tensor in read_header(file))[0]
