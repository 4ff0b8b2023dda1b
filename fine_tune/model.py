"""A checkpoint opened to learn: what of it does, in which precision, and how what it learnt becomes a model folder again."""

from __future__ import annotations

import json
import logging
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from accelerate.utils import parse_flag_from_env  # type: ignore[import-untyped]
from bitsandbytes.nn.modules import Linear4bit
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import PretrainedConfig

from docai.backends.transformers.checkpoints import configuration, tensors, weights_files
from docai.backends.transformers.loading import CLASSES, Words, check_quantised, fit_kernels, kept_in, without_bars, words_of
from docai.errors import BackendUnavailable, DocaiError, ExitCode
from docai.models_files import origin, whole_folder, write_manifest
from docai.models_quantize import settings
from fine_tune.stage import Part, Stage

PartName = Literal["vision", "projector", "language"]
PARTS: Final[dict[str, PartName]] = {  # steps of a parameter's path, and the part that it belongs to
    "vision_tower": "vision",
    "multi_modal_projector": "projector",
    "image_newline": "projector",
    "glyph_head": "projector",  # of `fine_tune.glyphs`, beside the model while it learns
    "language_model": "language",
    "lm_head": "language",
}
ADAPTER: Final = ".lora_"  # in the names of the small matrices, as PEFT calls them
WHOLE: Final = "base_model.model."  # before the names of all parameters of a model with such matrices
COPIED: Final = (".json", ".txt", ".jinja", ".md", ".model")  # ends of names of what is copied beside the weights; never code
WEIGHTS: Final = re.compile(r"(model(-\d+-of-\d+)?\.safetensors(\.index\.json)?|adapter_.*)$")
SHARDED: Final = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")  # set by `accelerate launch`


class Untrainable(DocaiError):
    """What was asked for cannot be trained; the message tells what can."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Opened:
    """A model that is ready to learn.

    Attributes:
        network: Of transformers, or of PEFT where a part learns by small matrices.
        words: What it speaks with; its lens shows as many tiles as the stage says.
        folder: Where it was opened.
        adapter: The shape of the small matrices; None where there are none.
        dtype: In which all is computed.
    """

    network: Any
    words: Words
    folder: Path
    adapter: LoraConfig | None
    dtype: torch.dtype


def part_of(name: str) -> PartName:
    """Return the part of a model that a parameter belongs to.

    Raises:
        Untrainable: To none that is known.
    """
    for step in name.split("."):
        if step in PARTS:
            return PARTS[step]
    raise Untrainable(f"{name} belongs to no part known here ({', '.join(PARTS)}); use a model of InternVL or LLaVA-OneVision")


def learning(stage: Stage) -> dict[PartName, Part]:
    """Return the parts that learn in a stage."""
    parts: dict[PartName, Part | None] = {
        "vision": stage.trains.vision,
        "projector": stage.trains.projector,
        "language": stage.trains.language,
    }
    return {name: part for name, part in parts.items() if part is not None}


def computed_in(stage: Stage, device: torch.device) -> torch.dtype:
    """Return in which precision a stage is computed on a device.

    By itself, bfloat16 on a GPU that has it, float16 on others, and float32 on a CPU, where 16 bits take 1.5 to 1.9 times as long
    (measured with AVX512).
    """
    told = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    if stage.saving.precision != "auto":
        return told[stage.saving.precision]
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def open_to_learn(folder: Path, stage: Stage, device: torch.device) -> Opened:
    """Return a model folder as a stage trains it: what learns in float32, all else in the precision of computing.

    What learns is kept in float32, since bfloat16 has 8 bits for a number: steps smaller than 1/256 of a weight would be lost.
    Unless they learn, the language model's matrices may be in 4 or 8 bits meanwhile (`adapter.base`). Where a launcher splits the
    model over several devices, all of it has one type, as such splitting needs: float32, or, with LoRA, the precision of computing.

    Raises:
        BackendUnavailable: The folder is damaged or of no known architecture, or its sides do not fit the 4-bit kernels.
        Untrainable: It is stored in 4 or 8 bits, or a part is to learn that is kept so.
    """
    parts = learning(stage)
    if (stored := kept_in(configuration(folder))) is not None:
        raise Untrainable(f"{folder} is stored as {stored}; train the model that it was made from, with adapter.base={stored}")
    if (folder / "adapter_config.json").is_file():
        raise Untrainable(f"{folder} keeps its adapter beside its weights; start from the merged folder written with it")
    by_matrices = {name for name, part in parts.items() if part.how == "lora"}
    base = stage.adapter.base if stage.adapter is not None else "none"
    if base != "none" and "language" in parts and "language" not in by_matrices:
        raise Untrainable(f"a language model in {base} cannot learn as a whole; set trains.language.how=lora or adapter.base=none")
    words = words_of(str(folder), most_tiles=stage.sight.tiles)
    dtype = computed_in(stage, device)
    split = any(map(parse_flag_from_env, SHARDED))
    stored_as = torch.float32 if split and not by_matrices else dtype
    network = _network(folder, words.config, stored_as, base, device)
    if not parse_flag_from_env("ACCELERATE_USE_DEEPSPEED"):
        # Several libraries call this, and it would have gradients run back through the vision tower. They are for activation
        # checkpointing of PyTorch's first kind ("reentrant"), which TRL 1.16 uses with DeepSpeed alone.
        network.enable_input_require_grads = _nothing
    for config in (network.config.get_text_config(), network.generation_config):
        config.pad_token_id = words.tokenizer.pad_token_id  # or transformers says at length that it sets it
    for parameter in network.parameters():
        parameter.requires_grad_(requires_grad=False)
    adapter = None
    if by_matrices and stage.adapter is not None:
        adapter = LoraConfig(
            r=stage.adapter.rank,
            lora_alpha=stage.adapter.alpha,
            lora_dropout=stage.adapter.dropout,
            target_modules=_targets(network, by_matrices),
            base_model_name_or_path=str(folder),
        )
        torch.manual_seed(stage.seed)
        network = with_adapter(network, adapter, in_float32=not split)
    elif base != "none":
        network.is_quantized = False  # or transformers 5.23 refuses to train it, though gradients pass through such layers
    for name, parameter in network.named_parameters():
        if ADAPTER not in name and (told := parts.get(part_of(name))) is not None and told.how == "full":
            parameter.requires_grad_()
            if not split:
                parameter.data = parameter.data.float()
    return Opened(network, words, folder, adapter, dtype)


def _nothing() -> None:
    """Do nothing."""


def _network(folder: Path, config: PretrainedConfig, dtype: torch.dtype, base: str, device: torch.device) -> Any:
    """Return the network of a folder; only what is quantised is on the device already.

    Raises:
        BackendUnavailable: Weights are missing or of other shapes.
    """
    if config.model_type not in CLASSES:
        raise Untrainable(f"{folder}: {config.model_type} is not trained here; use one of {', '.join(CLASSES)}")
    names = tensors(weights_files(folder))
    if config.tie_word_embeddings and any(name.endswith("lm_head.weight") for name in names):
        config.tie_word_embeddings = False  # InternVL's default is True; a head of its own must win
    quantised: dict[str, Any] = {}
    if base in {"nf4", "int8"}:
        how: Literal["nf4", "int8"] = "nf4" if base == "nf4" else "int8"
        quantised = {"quantization_config": settings(how, dtype), "device_map": {"": device}}
        logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)  # it tells of each product in 8 bits
    with without_bars():
        try:
            network, told = CLASSES[config.model_type].from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                attn_implementation="sdpa",
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                **quantised,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise BackendUnavailable(f"{folder}: the weights cannot be loaded ({error}); copy the checkpoint again") from error
    lacking = [*sorted(told["missing_keys"]), *sorted(str(key[0]) for key in told["mismatched_keys"])]
    if lacking:
        raise BackendUnavailable(f"{folder}: {len(lacking)} weights are missing, such as {lacking[0]}; copy the checkpoint again")
    if quantised:
        check_quantised(network, how, ())
        fit_kernels(network)
        for module in network.modules():
            if isinstance(module, Linear4bit):
                # On a CPU, the fast kernel repacks the weights in place when first evaluated, after which layers with a bias fail
                # to train and those without get no gradient, without a word (bitsandbytes 0.50)
                module.support_avx512bf16_for_cpu = False
    return network


def _targets(network: torch.nn.Module, parts: set[PartName]) -> str:
    """Return a pattern of the names of the layers that get small matrices: all linear ones of some parts but the head."""
    places: dict[str, set[str]] = {}
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Linear) and part_of(name) in parts and not name.endswith("lm_head"):
            root = re.match(r".*?(vision_tower|multi_modal_projector|language_model)(?=\.)", name)
            assert root is not None
            places.setdefault(root[0], set()).add(name.rpartition(".")[2])
    return "|".join(rf"{re.escape(root)}\.(.*\.)?({'|'.join(sorted(leaves))})" for root, leaves in sorted(places.items()))


def with_adapter(network: torch.nn.Module, adapter: LoraConfig, *, in_float32: bool) -> PeftModel:
    """Return a network with small matrices beside some of its layers; nothing but these learns."""
    made: Any = network
    with among_libraries():
        made = get_peft_model(made, adapter, autocast_adapter_dtype=in_float32)
    assert isinstance(made, PeftModel)
    return made


@contextmanager
def among_libraries() -> Iterator[None]:
    """Pass over what transformers tells peft 0.21 and TRL 1.16, which still ask for the old names of activation checkpointing."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`\w*gradient_checkpointing\w*` is deprecated", FutureWarning)
        yield


def learnt(network: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Parameter]]:
    """Yield the parameters that learn, by their names."""
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            yield name, parameter


def write_model(
    opened: Opened, learned: Mapping[str, torch.Tensor], target: Path, *, merged: bool = True, seen: Mapping[str, str] | None = None
) -> None:
    """Write what a model was and what it learned as a model folder, in the precision in which it was stored.

    The folder is whole or not there; `docai extract --backend vlm --model` loads it and `docai models quantize` shrinks it. With
    `merged=False`, small matrices stay beside the weights that they change, and loading needs the package peft.

    Args:
        opened: The model as it was opened; its folder is read again, so that what did not learn stays to the bit.
        learned: The tensors that learned, by their names in `opened.network`.
        target: The folder to write; what is there is removed.
        merged: Whether small matrices are added to those that they stand beside.
        seen: What the manifest tells besides where the model comes from.

    Raises:
        ValueError: A tensor is not one of the model's.
    """
    network = _network(opened.folder, opened.words.config, _stored(opened.folder), "none", torch.device("cpu"))
    whole: Any = network
    if opened.adapter is not None:
        whole = with_adapter(network, opened.adapter, in_float32=False)
    own = dict(whole.named_parameters())
    if unknown := sorted(set(learned) - set(own)):
        raise ValueError(f"{len(unknown)} tensors are none of the model's, such as {unknown[0]}")
    with torch.no_grad():
        for name, tensor in learned.items():
            own[name].copy_(tensor)
    matrices = {} if opened.adapter is None or merged else _matrices(whole)
    if isinstance(whole, PeftModel):
        network = whole.merge_and_unload() if merged else whole.unload()
    if target.exists():
        shutil.rmtree(target)
    with whole_folder(target) as folder, without_bars():
        network.save_pretrained(folder)
        for path in sorted(opened.folder.iterdir()):
            if path.is_file() and path.name.endswith(COPIED) and path.name != "config.json" and not WEIGHTS.match(path.name):
                shutil.copyfile(path, folder / path.name)
        if opened.adapter is not None and not merged:
            save_file(matrices, folder / "adapter_model.safetensors", metadata={"format": "pt"})
            opened.adapter.save_pretrained(str(folder))
        _tell_tiles(opened, folder)
        for path in folder.glob("*.safetensors"):  # the library writes them for their owner alone
            path.chmod((folder / "config.json").stat().st_mode)
        write_manifest(folder, {**origin(opened.folder), **(seen or {})})


def _matrices(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return the small matrices by the names that PEFT gives them in its files."""
    return {
        name.replace(".default.", "."): parameter.detach().clone().contiguous()
        for name, parameter in network.named_parameters()
        if ADAPTER in name
    }


def _stored(folder: Path) -> torch.dtype:
    """Return in which type most of a folder's numbers are stored."""
    sizes: dict[str, int] = {}
    for told in tensors(weights_files(folder)).values():
        first, last = told["data_offsets"]
        sizes[told["dtype"]] = sizes.get(told["dtype"], 0) + last - first
    known = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    return known.get(max(sizes, key=lambda dtype: sizes[dtype]), torch.float32)


def _tell_tiles(opened: Opened, folder: Path) -> None:
    """Let a written folder tell how many tiles pictures are shown on: as many as it was trained with, and no fewer than before."""
    before, now = words_of(str(opened.folder)).family.lens, opened.words.family.lens
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if hasattr(before, "pinpoints") and hasattr(now, "pinpoints"):
        if len(now.pinpoints) <= len(before.pinpoints):
            first = configuration(opened.folder)
            config |= {name: first[name] for name in ("image_grid_pinpoints", "vision_aspect_ratio") if name in first}
        _write(folder / "config.json", config)
    elif hasattr(before, "most") and hasattr(now, "most") and now.most > before.most:
        for name in ("preprocessor_config.json", "processor_config.json"):
            with suppress(FileNotFoundError):
                told = json.loads((folder / name).read_text(encoding="utf-8"))
                inner = told.get("image_processor") if isinstance(told.get("image_processor"), dict) else told
                if "max_patches" in inner:
                    inner["max_patches"] = now.most
                    _write(folder / name, told)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
