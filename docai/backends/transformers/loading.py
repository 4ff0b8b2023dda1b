"""Loads a checkpoint in 4, 8 or 16 bits, and makes sure that it is what was asked for."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import torch
from bitsandbytes.nn.modules import Linear4bit, Linear8bitLt
from huggingface_hub.errors import StrictDataclassError
from tokenizers.decoders import ByteLevel
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    InternVLForConditionalGeneration,
    LlavaOnevisionForConditionalGeneration,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from docai.backends.transformers.checkpoints import configuration, folder_of, hash_of, tensors, tokenizer_files, weights_files
from docai.backends.transformers.families import Family, Wishes, family_of
from docai.backends.transformers.prompts import Prompter, prompter_of
from docai.document import Engine
from docai.errors import BackendUnavailable

Quantization = Literal["nf4", "int8", "none"]

CLASSES: Final[dict[str, Any]] = {
    "internvl": InternVLForConditionalGeneration,
    "llava_onevision": LlavaOnevisionForConditionalGeneration,
}
LANGUAGE: Final = "model.language_model"  # the path of what is quantised, in every family known here
NF4_BLOCK: Final = 64  # weights that share a scale; bitsandbytes' default (functional.quantize_4bit)
NESTED_BLOCK: Final = 256  # scales that share a scale, when they are quantised in turn
CPU_ROWS, CPU_COLUMNS = 32, 64  # of which a weight's sides must be multiples for bitsandbytes' AVX512-BF16 kernel

_CAST_NOTE: Final = "MatMul8bitLt: inputs will be cast"  # bitsandbytes says so for each 8-bit layer and token

_HELD = (Linear4bit, Linear8bitLt)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to speak, and what it needs for it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    family: Family
    prompter: Prompter
    engine: Engine
    ends: tuple[int, ...]  # tokens that end a turn


@dataclass(frozen=True, slots=True)
class Words:
    """What a checkpoint speaks with, without its weights.

    Attributes:
        folder: Where its files are.
        revision: The commit on the hub that they are of; empty for a folder.
        config: As its model is made by it, brought to what was wished.
    """

    folder: Path
    revision: str
    config: PretrainedConfig
    tokenizer: PreTrainedTokenizerFast
    family: Family
    prompter: Prompter

    @property
    def special(self) -> frozenset[str]:
        """The special tokens, by which a dialect tells whether its words are tokens of the model."""
        return special_tokens(self.tokenizer)


def special_tokens(tokenizer: PreTrainedTokenizerFast) -> frozenset[str]:
    """Return the special tokens of a vocabulary, as texts."""
    return frozenset(token.content for token in tokenizer.added_tokens_decoder.values() if token.special)


@dataclass(frozen=True, slots=True)
class Precision:
    """In how many bits a model is kept, and computed.

    Attributes:
        quantization: 4 bits ("nf4") or 8 ("int8") for the weights of the language model's layers, or "none".
        double: Whether the scales of 4-bit weights are quantised in turn: 0.06 bytes a weight become 0.016, and decoding one
            page is 15 to 20 % slower on a GPU (bitsandbytes' own measurements of version 0.45), so only where memory is short.
        dtype: In which everything else is kept, and all is computed; None for the best of the device: bfloat16 on a GPU that
            has it, float16 on others, float32 on a CPU, where 16 bits are half as fast (measured with AVX512).
    """

    quantization: Quantization = "nf4"
    double: bool = False
    dtype: torch.dtype | None = None

    def on(self, device: torch.device) -> torch.dtype:
        """Return what a device computes in."""
        if self.dtype is not None:
            return self.dtype
        if device.type == "cpu":
            return torch.float32
        return torch.bfloat16 if device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def load(
    model: str,
    *,
    quantization: Quantization | Precision = "nf4",
    revision: str | None = None,
    device: str = "auto",
    most_tiles: int | None = None,
) -> Loaded:
    """Return a checkpoint, loaded: a folder, quantised already or not, or a repository of the hub. Its code is never run.

    What a folder is quantised in already stays, whatever `quantization` says. Only the language model's layers are quantised;
    the vision tower, the projector, the embeddings and the head stay in 16 bits, since text-dense pages lose most there.
    `most_tiles` changes how many tiles a picture is shown on; None for what the checkpoint says.

    Raises:
        BackendUnavailable: A file is missing or damaged, the architecture is not known, weights do not fit the configuration,
            the wrong layers were quantised, or the device is not there or too small.
    """
    words = words_of(model, revision=revision, most_tiles=most_tiles)
    folder, config, tokenizer, family = words.folder, words.config, words.tokenizer, words.family
    files = weights_files(folder)
    if (folder / "adapter_config.json").is_file() and find_spec("peft") is None:  # transformers would leave it out without a word
        raise BackendUnavailable(f"{folder}: holds an adapter, which needs the package peft; run: pip install 'docai[train]'")
    chosen = _device(device)
    precision = quantization if isinstance(quantization, Precision) else Precision(quantization)
    precision = replace(precision, quantization=kept_in(configuration(folder)) or precision.quantization)
    if config.tie_word_embeddings and _has_own_head(files):
        config.tie_word_embeddings = False  # InternVL's default is True; the trained head must win in every version of transformers
    logging.getLogger("bitsandbytes.autograd._functions").addFilter(_is_news)
    network = _network(folder, config, family, precision, chosen)
    check_quantised(network, precision.quantization, family.outside)
    fit_kernels(network)
    ends = _ends(network, tokenizer)
    # Nothing of the checkpoint's own generation settings: a penalty for repetition of 3.5 breaks every table
    network.generation_config = GenerationConfig(eos_token_id=list(ends), pad_token_id=_padding(tokenizer, ends))
    engine = Engine(
        backend="vlm",
        model=model if not Path(model).expanduser().is_dir() else folder.resolve().name,
        revision=words.revision,
        hash=hash_of(files),
        quantization=precision.quantization,
        dialect=family.dialect,
    )
    return Loaded(network, tokenizer, family, words.prompter, engine, ends)


def words_of(model: str, *, revision: str | None = None, most_tiles: int | None = None) -> Words:
    """Return what a checkpoint speaks with, read from its small files; the weights need not be there.

    Raises:
        BackendUnavailable: A file is missing or damaged, or the architecture is not known.
    """
    folder, found = folder_of(model, revision)
    raw = configuration(folder)
    tokenizer_files(folder)
    config, tokenizer = _configuration(folder), _tokenizer(folder)
    family = family_of(config, folder, tokenizer, Wishes(raw.get("docai_dialect"), most_tiles, model))
    config.image_token_id = tokenizer.convert_tokens_to_ids(family.image_token)
    return Words(folder, found, config, tokenizer, family, prompter_of(tokenizer, family, folder))


@contextmanager
def without_bars() -> Iterator[None]:
    """Have transformers draw no progress bars on stderr meanwhile; afterwards it does again if it did before."""
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            transformers_logging.enable_progress_bar()


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a log record is worth passing on: bitsandbytes' note on every single product in 8 bits is not."""
    return not str(record.msg).startswith(_CAST_NOTE)


def kept_in(raw: dict[str, Any]) -> Quantization | None:
    """Return in what a configuration says that its weights are quantised already; None where they are not."""
    settings = raw.get("quantization_config") or {}
    if settings.get("load_in_4bit"):
        return "nf4"
    return "int8" if settings.get("load_in_8bit") else None


def weights_bytes(config: PretrainedConfig, quantization: Quantization, *, double: bool = False) -> int:
    """Return how many bytes the weights of a model take on a GPU, the rest of it in 16 bits; nothing is loaded.

    Source: bitsandbytes' formats: half a byte a weight and a float32 for each 64 (functional.quantize_4bit; nested, a byte for
    each 64 and a float32 for each 16,384), or a byte a weight and a float32 for each row (nn.Int8Params).
    """
    with torch.device("meta"):
        network = (
            CLASSES[config.model_type](config) if config.model_type in CLASSES else AutoModelForImageTextToText.from_config(config)
        )
    inside = {f"{name}.weight" for name, _ in _linears(network, LANGUAGE)} if quantization != "none" else set()
    total = 0
    for name, parameter in network.named_parameters():
        count = parameter.numel()
        if name not in inside:
            total += 2 * count
        elif quantization == "int8":
            total += count + 4 * parameter.shape[0]
        else:
            scales = math.ceil(count / NF4_BLOCK)
            total += math.ceil(count / 2) + (scales + 4 * math.ceil(scales / NESTED_BLOCK) if double else 4 * scales)
    return total


def check_quantised(network: torch.nn.Module, quantization: Quantization, outside: tuple[str, ...]) -> None:
    """Check that all of the language model's layers are quantised, and nothing else is.

    A list of what to skip that misses its modules is ignored silently by the libraries (unsloth issues 4208 and 4209), and a
    quantised vision tower or head costs most where text is dense.

    Raises:
        BackendUnavailable: Another number of layers is; the message tells where.
    """
    held = {name: type(module) for name, module in network.named_modules() if isinstance(module, _HELD)}
    wrong = [name for name in held if not name.startswith(f"{LANGUAGE}.")]
    expected = {"nf4": Linear4bit, "int8": Linear8bitLt, "none": torch.nn.Linear}[quantization]
    missed = [name for name, module in _linears(network, LANGUAGE) if type(module) is not expected]
    absent = [path for path in outside if not _has(network, path)]
    if wrong or missed or absent:
        told = "; ".join(
            f"{what}: {len(names)}, such as {names[0]}"
            for what, names in (("quantised but should not be", wrong), ("not quantised as asked", missed), ("not found", absent))
            if names
        )
        raise BackendUnavailable(
            f"{quantization} weights are not where they belong ({told}); quantise the original weights again, or load with "
            "quantization='none'"
        )


def _linears(network: torch.nn.Module, path: str) -> Iterator[tuple[str, torch.nn.Module]]:
    """Yield the linear layers under a path, quantised or not; not the small ones that stand beside them (LoRA)."""
    for name, module in network.named_modules():
        if name.startswith(f"{path}.") and isinstance(module, torch.nn.Linear) and ".lora_" not in name:
            yield name, module


def _has(network: torch.nn.Module, path: str) -> bool:
    return any(name == path for name, _ in network.named_modules())


def _device(device: str) -> torch.device:
    """Return the device of a name, "auto" for the best there is.

    Raises:
        BackendUnavailable: It is not there.
    """
    if device == "auto":
        best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return torch.device(best)
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise BackendUnavailable(f"device {device!r} is not there ({error}); use 'auto' or 'cpu'") from error
    return chosen


def _configuration(folder: Path) -> PretrainedConfig:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StrictDataclassError) as error:
        raise BackendUnavailable(f"{folder / 'config.json'}: cannot be used ({error}); copy the file again") from error
    assert isinstance(config, PretrainedConfig)
    return config


def _tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendUnavailable(f"{folder}: the tokenizer cannot be read ({error}); copy the tokenizer's files again") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast) or not isinstance(tokenizer.backend_tokenizer.decoder, ByteLevel):
        raise BackendUnavailable(
            f"{folder}: the tokenizer is not made of bytes, as those of the families known here are; use another"
        )
    return tokenizer


def _has_own_head(files: tuple[Path, ...]) -> bool:
    names = tensors(files)
    return any(name.endswith("lm_head.weight") for name in names) and any(name.endswith("embed_tokens.weight") for name in names)


def _network(folder: Path, config: PretrainedConfig, family: Family, precision: Precision, device: torch.device) -> PreTrainedModel:
    """Return the network with its weights.

    Raises:
        BackendUnavailable: Weights are missing or of other shapes, or the device is too small.
    """
    dtype = precision.on(device)
    settings: dict[str, Any] = {}
    if precision.quantization != "none" and getattr(config, "quantization_config", None) is None:
        skip = list(family.outside)  # whole paths: a bare name would match a suffix of any other
        four = precision.quantization == "nf4"
        settings["quantization_config"] = (
            BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=precision.double,
                bnb_4bit_compute_dtype=dtype,
                llm_int8_skip_modules=skip,
            )
            if four
            else BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skip)
        )
    kind = CLASSES.get(config.model_type, AutoModelForImageTextToText)
    try:
        with without_bars():
            network, told = kind.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                device_map={"": device},
                attn_implementation="sdpa",
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                **settings,
            )
    except torch.OutOfMemoryError as error:
        needed = weights_bytes(config, precision.quantization, double=precision.double)
        raise BackendUnavailable(
            f"{folder}: {needed / 1e9:.1f} GB of weights in {precision.quantization} do not fit in {device}; use a smaller model, "
            "quantization='nf4' or device='cpu'"
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise BackendUnavailable(f"{folder}: the weights cannot be loaded ({error}); copy the checkpoint again") from error
    lacking = [*sorted(told["missing_keys"]), *sorted(str(key[0]) for key in told["mismatched_keys"])]
    if lacking:
        raise BackendUnavailable(
            f"{folder}: {len(lacking)} weights are missing or of another shape, such as {lacking[0]}; copy the checkpoint again"
        )
    assert isinstance(network, PreTrainedModel)
    for module in network.modules():  # a folder that is quantised already tells what it was to be computed in elsewhere
        if isinstance(module, Linear4bit):
            module.compute_dtype, module.compute_type_is_set = dtype, True
        elif not isinstance(module, _HELD):
            _cast(module, dtype)
    return network


def _cast(module: torch.nn.Module, dtype: torch.dtype) -> None:
    """Give a module's own parameters the type of all others.

    From a folder that is quantised already, transformers 5.23 loads the weights of what is not in the type they are stored in,
    bfloat16 mostly, and their biases in the type asked for, float32 on a CPU: no layer then takes its own input.
    """
    for parameter in module.parameters(recurse=False):
        if parameter.is_floating_point() and parameter.dtype != dtype:
            parameter.data = parameter.data.to(dtype)


def fit_kernels(network: torch.nn.Module) -> None:
    """Turn off bitsandbytes' packed kernel for 4-bit weights on a CPU whose sides it cannot take.

    On a CPU with AVX512-BF16, the first call repacks 4-bit weights in place, and fails unless there are multiples of 32 outputs
    and of 64 inputs; without, they are unpacked for each call, which is slower for single tokens and right for any outputs.

    Raises:
        BackendUnavailable: Inputs are no multiple of 64: then bitsandbytes 0.50 unpacks wrongly on a CPU, without a word
            (28 % off for 32 x 96 instead of 9 %, measured; rows share no scale there, and do where they are packed).
    """
    for name, module in network.named_modules():
        if not isinstance(module, Linear4bit) or module.weight.device.type != "cpu":
            continue
        if module.in_features % CPU_COLUMNS:
            raise BackendUnavailable(
                f"{name} has {module.in_features} inputs, no multiple of {CPU_COLUMNS}, which bitsandbytes reads wrongly in 4 bits "
                "on a CPU; load with quantization='int8' or 'none'"
            )
        if module.out_features % CPU_ROWS:
            module.support_avx512bf16_for_cpu = False


def _ends(network: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> tuple[int, ...]:
    """Return the tokens that end a turn: the tokenizer's, and those of the generation settings."""
    told = network.generation_config.eos_token_id if network.generation_config is not None else None
    numbers = [tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
    return tuple(dict.fromkeys(int(number) for number in numbers if number is not None))


def _padding(tokenizer: PreTrainedTokenizerFast, ends: tuple[int, ...]) -> int:
    return int(tokenizer.pad_token_id) if tokenizer.pad_token_id is not None else ends[0]
