"""Print how fast a local vision language model speaks, how much memory it takes, and what docai adds to bare `model.generate`.

The shapes are those of Vintern-1B (InternVL) and VARCO-VISION-14B (LLaVA-OneVision), or of a small one for machines without a
GPU; the weights are random, so nothing is downloaded and nothing is told about accuracy. Each question is a picture of some
tiles and a fixed number of tokens.

first_s: seconds until each of a batch has its first token. tokens_per_s: of the whole batch, after that. Both are the best of
several runs. added_percent: how much longer `LocalSpeaker.say` takes than `model.generate` alone on tensors that are ready, in
one process and in turns; the median of the ratios. On a CPU, seconds are those of the processor: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bitsandbytes.nn.modules import Int8Params, Linear4bit, Linear8bitLt, Params4bit
from transformers import (
    GenerationConfig,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    Qwen2Config,
    SiglipVisionConfig,
)

sys.path.insert(0, str(Path(__file__).parent.parent))  # for tests.tiny_models, whose tokenizers serve here

from docai.backends.speaker import Asked
from docai.backends.transformers import LocalSpeaker, Precision, Quantization, load, weights_bytes
from docai.backends.transformers.generate import Row
from docai.backends.transformers.loading import LANGUAGE
from docai.dialects import Prompt
from docai.grids import cut_anyres, cut_reference
from tests.tiny_models import tiny_internvl, tiny_onevision

SHAPES = {  # hidden, intermediate, layers, heads, key-value heads, vocabulary of the language model
    "small": (512, 1536, 8, 8, 2, 151655),
    "vintern-1b": (896, 4864, 24, 14, 2, 151655),
    "varco-14b": (5120, 13824, 48, 40, 8, 151680),
}


def configuration(shape: str) -> InternVLConfig | LlavaOnevisionConfig:
    """Return the configuration of a shape."""
    hidden, inner, layers, heads, pairs, words = SHAPES[shape]
    language = Qwen2Config(
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=pairs,
        vocab_size=words,
        max_position_embeddings=32768,
        tie_word_embeddings=False,
    )
    if shape == "varco-14b":
        vision = SiglipVisionConfig(
            hidden_size=1152,
            intermediate_size=4304,
            num_hidden_layers=26,
            num_attention_heads=16,
            image_size=384,
            patch_size=14,
            vision_use_head=False,
        )
        return LlavaOnevisionConfig(vision_config=vision, text_config=language, tie_word_embeddings=False)
    small = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 4}
    vision = InternVLVisionConfig(
        attention_bias=True, image_size=[448, 448], patch_size=[14, 14], **(small if shape == "small" else {})
    )
    return InternVLConfig(vision_config=vision, text_config=language, tie_word_embeddings=False)


def drawn(config: InternVLConfig | LlavaOnevisionConfig, precision: Precision, device: torch.device) -> torch.nn.Module:
    """Return a model of random weights; layer by layer, so that no more memory is taken than it needs in the end."""
    kind = InternVLForConditionalGeneration if config.model_type == "internvl" else LlavaOnevisionForConditionalGeneration
    with torch.device("meta"):
        model = kind(config)
    dtype = precision.on(device)
    for name, module in list(model.named_modules()):
        if isinstance(module, torch.nn.Linear) and name.startswith(f"{LANGUAGE}.") and precision.quantization != "none":
            model.set_submodule(name, quantised(module, precision, device, dtype))
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter.is_meta:
                scale = parameter.shape[-1] ** -0.5
                values = torch.randn(parameter.shape, device=device, dtype=dtype) * scale
                module.register_parameter(name, torch.nn.Parameter(values, requires_grad=False))
    language = model.model.language_model
    language.rotary_emb = type(language.rotary_emb)(config.text_config).to(device)
    for module in model.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            if buffer.is_meta:  # position ids of the vision tower
                module.register_buffer(name, torch.arange(buffer.numel(), device=device).reshape(buffer.shape), persistent=False)
    return model.eval()


def quantised(layer: torch.nn.Linear, precision: Precision, device: torch.device, dtype: torch.dtype) -> torch.nn.Module:
    """Return a layer of the same shape with random weights in 4 or 8 bits."""
    values = torch.randn(layer.out_features, layer.in_features, dtype=dtype) * layer.in_features**-0.5
    bias = layer.bias is not None
    if precision.quantization == "nf4":
        made = Linear4bit(layer.in_features, layer.out_features, bias, dtype, precision.double, "nf4")
        made.weight = Params4bit(values, requires_grad=False, quant_type="nf4", compress_statistics=precision.double)
    else:
        made = Linear8bitLt(layer.in_features, layer.out_features, bias, has_fp16_weights=False)
        made.weight = Int8Params(values, requires_grad=False, has_fp16_weights=False)
    if bias:
        made.bias = torch.nn.Parameter(torch.zeros(layer.out_features, dtype=dtype), requires_grad=False)
    return made.to(device)


def speaker_of(shape: str, precision: Precision, device: torch.device, folder: Path) -> LocalSpeaker:
    """Return a speaker with a random model of a shape, and the tokenizer of a tiny one."""
    tiny = tiny_onevision if shape == "varco-14b" else tiny_internvl
    loaded = load(str(tiny(folder / shape)), quantization="none", device="cpu")
    config = configuration(shape)
    config.image_token_id = loaded.model.config.image_token_id
    model = drawn(config, precision, device)
    model.generation_config = GenerationConfig(eos_token_id=list(loaded.ends), pad_token_id=loaded.ends[-1])
    return LocalSpeaker(replace(loaded, model=model))


def asked_of(speaker: LocalSpeaker, tiles: int, tokens: int, batch: int) -> list[Asked]:
    """Return a batch of questions about pictures of so many tiles."""
    cut, tile = (cut_reference, 448) if speaker.engine.dialect == "internvl" else (cut_anyres, 384)
    pixels = [np.random.default_rng(seed).integers(0, 256, (tile, tile * tiles, 3), dtype=np.uint8) for seed in range(batch)]
    return [Asked((cut(one, speaker.lens),), Prompt("Read it."), most_tokens=tokens) for one in pixels]


def timed(call: Callable[[], Any], device: torch.device) -> tuple[float, Any]:
    """Return how many seconds a call takes, and what it returns: on the wall for a GPU, of the processor for a CPU."""
    if device.type != "cuda":  # other programs on the machine do not count so; with OMP_NUM_THREADS=1 it is the wall's time
        begun = time.process_time()
        result = call()
        return time.process_time() - begun, result
    torch.cuda.synchronize()
    begun = time.perf_counter()
    result = call()
    torch.cuda.synchronize()
    return time.perf_counter() - begun, result


def bare(speaker: LocalSpeaker, asked: list[Asked], tokens: int) -> Callable[[], Any]:
    """Return a call of `model.generate` alone, on tensors that are ready."""
    voice = speaker._voice  # noqa: SLF001  # what is timed is its inside
    rows = [voice._row(place, one) for place, one in enumerate(asked)]  # noqa: SLF001
    inputs = voice._inputs([row for row in rows if isinstance(row, Row)])  # noqa: SLF001

    def generate() -> Any:
        with torch.inference_mode():
            return speaker.loaded.model.generate(**inputs, max_new_tokens=tokens, do_sample=False)

    return generate


def measured(speaker: LocalSpeaker, asked: list[Asked], tokens: int, runs: int) -> dict[str, float]:
    """Return seconds to the first token, tokens a second after it, and what `say` adds to bare `generate`."""
    device = speaker.loaded.model.device
    generate, once = bare(speaker, asked, tokens), [replace(one, most_tokens=1) for one in asked]
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    speaker.say([replace(one, most_tokens=4) for one in asked])  # kernels are made ready
    first, whole, alone = [], [], []
    for _ in range(runs):
        first.append(timed(lambda: speaker.say(once), device)[0])
        seconds, said = timed(lambda: speaker.say(asked), device)
        whole.append(seconds)
        alone.append(timed(generate, device)[0])
        if any(one.usage.tokens != tokens for one in said):
            raise SystemExit(f"said {[one.usage.tokens for one in said]} tokens, not {tokens}: {said[0].problems}")
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "first_s": round(min(first), 3),
        "tokens_per_s": round(len(asked) * (tokens - 1) / max(1e-9, min(whole) - min(first)), 1),
        "added_percent": round(100 * (statistics.median(said / bare for said, bare in zip(whole, alone, strict=True)) - 1), 1),
        "peak_gb": round(peak / 1e9, 2),
    }


def main() -> None:
    """Measure and print, one line of JSON for each shape, precision and batch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, help="those that fit the device unless told")
    parser.add_argument("--quantization", nargs="+", choices=["nf4", "nf4-double", "int8", "none"], default=["nf4", "int8", "none"])
    parser.add_argument("--batches", nargs="+", type=int, default=None)
    parser.add_argument("--tiles", type=int, default=None, help="of each picture; 6 on a GPU, 1 on a CPU unless told")
    parser.add_argument("--tokens", type=int, default=None, help="to say; 128 on a GPU, 48 on a CPU unless told")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    name = (
        torch.cuda.get_device_name()
        if on_gpu
        else f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
    )
    print(json.dumps({"device": name, "torch": torch.__version__}), flush=True)
    tokens, tiles = arguments.tokens or (128 if on_gpu else 48), arguments.tiles or (6 if on_gpu else 1)
    with tempfile.TemporaryDirectory() as folder:
        for shape in arguments.shapes or (["vintern-1b", "varco-14b"] if on_gpu else ["small"]):
            for choice in arguments.quantization:
                kind: Quantization = "nf4" if choice == "nf4-double" else choice
                precision = Precision(kind, double=choice == "nf4-double")
                speaker = speaker_of(shape, precision, device, Path(folder))
                weights = round(weights_bytes(speaker.loaded.model.config, kind, double=precision.double) / 1e9, 2)
                for batch in arguments.batches or ([1, 8, 32] if on_gpu else [1, 4]):
                    speaker = LocalSpeaker(speaker.loaded, batch=batch)
                    told = {"shape": shape, "precision": choice, "dtype": str(speaker.loaded.model.dtype), "batch": batch}
                    figures = measured(speaker, asked_of(speaker, tiles, tokens, batch), tokens, arguments.runs)
                    print(json.dumps({**told, "tiles": tiles, "tokens": tokens, "weights_gb": weights, **figures}), flush=True)
                del speaker
                gc.collect()
                if on_gpu:
                    torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
