"""Print how much memory a step of training takes, measured, beside what `fine_tune.plan` says of it.

The shapes are those of VARCO-VISION-14B and Vintern-1B, or of a tiny one for machines without a GPU; the weights are random, so
nothing is downloaded. Each step is of one row: a picture on all of its tiles, and text up to the number of tokens. The language
model learns by LoRA beside matrices of 4 bits (QLoRA), or of 16 with `--base none`, or as a whole with `--base full`.

measured_gb: the most that tensors took at once (torch.cuda.max_memory_allocated) with CUDA's own, as far as it is known;
reserved_gb: what PyTorch held for them, holes included. Without a GPU it is the most that the process took, its libraries too, and
tells only that the script runs. It needs the packages of `pip install 'docai[train]'`: peft, trl, and for 4 bits bitsandbytes with
the CUDA of the machine's PyTorch. A 14B model is drawn in some minutes.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import torch
from peft import LoraConfig, get_peft_model
from transformers import InternVLConfig, InternVLVisionConfig, Qwen2Config
from trl.trainer.utils import add_fused_lm_head

sys.path.insert(0, str(Path(__file__).parent.parent))  # for fine_tune, where it is not installed

from benchmark_vlm import configuration, drawn

from docai.backends.transformers import Precision
from docai.lenses import pinpoints_within
from docai.models import CUDA_CONTEXT
from fine_tune.plan.needs import Memory, Row, memory
from fine_tune.plan.shapes import Shapes, pictured, read_shapes
from fine_tune.report.values import peak_memory
from fine_tune.stage import Family, Stage, read_stage, stage_files

FAMILY: Final[dict[str, Family]] = {"varco-14b": "varco", "vintern-1b": "vintern", "tiny": "vintern"}
ROWS: Final = {"varco-14b": (4, 4096), "vintern-1b": (6, 4096), "tiny": (1, 512)}  # tiles and tokens of the bars to meet
ADAPTED: Final = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"
STEPS: Final = 3  # the optimiser has its state after the first


def config_of(shape: str, tiles: int) -> Any:
    """Return the configuration of a shape whose last word stands for a picture."""
    if shape == "tiny":
        small = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
        vision = InternVLVisionConfig(attention_bias=True, image_size=[448, 448], patch_size=[14, 14], **small)
        language = Qwen2Config(vocab_size=1000, num_key_value_heads=1, tie_word_embeddings=False, **small)
        config = InternVLConfig(vision_config=vision, text_config=language, tie_word_embeddings=False)
    else:
        config = configuration(shape)
    config.image_token_id = config.text_config.vocab_size - 1
    if config.model_type == "llava_onevision":
        config.image_grid_pinpoints = [list(pinpoint) for pinpoint in pinpoints_within(tiles)]
        config.vision_aspect_ratio = f"anyres_max_{tiles}"
    return config


def shapes_of(config: Any) -> Shapes:
    """Return what a configuration makes, as a plan reads it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
        return read_shapes(folder)


def stage_of(shape: str, base: str, *, checkpointing: bool, dropout: float) -> Stage:
    """Return the second stage with what is asked for."""
    part = {"learning_rate": 1e-4, "how": "full" if base == "full" else "lora"}
    changes: dict[str, Any] = {
        "trains": {"vision": None, "projector": None, "language": part},
        "saving": {"checkpointing": checkpointing},
    }
    if base != "full":
        changes["adapter"] = {"base": base, "dropout": dropout}
    return read_stage(stage_files()[2], FAMILY[shape], changes)


def inputs_of(config: Any, shapes: Shapes, tiles: int, tokens: int, device: torch.device) -> tuple[dict[str, torch.Tensor], Row]:
    """Return a row with a picture on all of its tiles and text after it, and what a plan calls it."""
    shown = pictured(shapes, tiles).tiles
    side = shapes.tile
    if config.model_type == "llava_onevision":
        across = max(count for count in range(1, shown) if (shown - 1) % count == 0 and count * count <= shown - 1)
        down = (shown - 1) // across
        places = shapes.tokens + down * shapes.side * (across * shapes.side + 1)
        pictures = {
            "pixel_values": torch.randn(1, shown, 3, side, side, device=device),
            "image_sizes": torch.tensor([[down * side, across * side]], device=device),
        }
    else:
        places = shown * shapes.tokens
        pictures = {"pixel_values": torch.randn(shown, 3, side, side, device=device)}
    text = tokens - places
    if text < 1:
        raise SystemExit(f"a picture on {tiles} tiles takes {places} tokens; give --tokens more than that")
    words = torch.randint(0, shapes.vocabulary - 1, (1, text), device=device)
    ids = torch.cat([torch.full((1, places), config.image_token_id, device=device), words], 1)
    labels = ids.masked_fill(ids == config.image_token_id, -100)
    return {"input_ids": ids, "labels": labels, **pictures}, Row(tokens=tokens, answers=text, tiles=shown, masked=False)


def network_of(config: Any, stage: Stage, device: torch.device) -> Any:
    """Return a model of random weights that learns as a stage says."""
    base = stage.adapter.base if stage.adapter else "none"
    precision = Precision("nf4" if base == "nf4" else "int8" if base == "int8" else "none")
    network: Any = drawn(config, precision, device)
    if stage.adapter is not None:
        shape = LoraConfig(
            r=stage.adapter.rank, lora_alpha=stage.adapter.alpha, lora_dropout=stage.adapter.dropout, target_modules=ADAPTED
        )
        adapted = get_peft_model(network, shape)
    else:
        adapted = network
        for part in (network.model.language_model, network.lm_head):
            part.float().requires_grad_()
    if stage.saving.checkpointing:
        enable = getattr(network, "activation_checkpointing_enable", None) or network.gradient_checkpointing_enable
        enable()
        network.disable_input_require_grads()  # else the vision tower, where nothing learns, is gone back through as well
    add_fused_lm_head(network, outputs=("log_probs", "is_top1"))
    return adapted.train()


def measured(network: Any, inputs: dict[str, torch.Tensor], device: torch.device) -> dict[str, float]:
    """Return the memory of some steps, in GB."""
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learnt, fused=device.type == "cuda")
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    for _ in range(STEPS):
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = network(**inputs, fused_lm_head=True).loss
        loss.backward()
        optimizer.step()
    told = {"loss": round(float(loss.detach()), 3)}
    if device.type != "cuda":
        return {**told, "process_gb": round(peak_memory() / 1e9, 2)}
    free, whole = torch.cuda.mem_get_info()
    context = max(whole - free - torch.cuda.memory_reserved(), 0)
    allocated, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    return {
        **told,
        "measured_gb": round((allocated + context) / 1e9, 2),
        "allocated_gb": round(allocated / 1e9, 2),
        "reserved_gb": round(reserved / 1e9, 2),
        "context_gb": round(context / 1e9, 2),
    }


def told_of(planned: Memory) -> dict[str, float]:
    """Return a plan in GB; `planned_tensors_gb` is to be compared with `allocated_gb`."""
    tensors = planned.total - planned.context - planned.fragments
    parts = {f"planned_{name}_gb": round(size / 1e9, 3) for name, size in planned.model_dump().items()}
    return {"planned_gb": round(planned.total / 1e9, 2), "planned_tensors_gb": round(tensors / 1e9, 2), **parts}


def main() -> None:
    """Measure and print, one line of JSON for each shape."""
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=FAMILY, default=["vintern-1b", "varco-14b"] if on_gpu else ["tiny"])
    parser.add_argument("--base", choices=["nf4", "int8", "none", "full"], default="nf4" if on_gpu else "none")
    parser.add_argument("--tiles", type=int, default=None, help="of the picture; 4, 6 or 1 by the shape unless told")
    parser.add_argument("--tokens", type=int, default=None, help="of the row; 4,096 unless told, 512 of the tiny shape")
    parser.add_argument("--dropout", type=float, default=0.05, help="of LoRA")
    parser.add_argument("--no-checkpointing", action="store_true", help="keep all activations")
    arguments = parser.parse_args()
    device = torch.device("cuda" if on_gpu else "cpu")
    name = torch.cuda.get_device_name() if on_gpu else "cpu"
    print(json.dumps({"device": name, "torch": torch.__version__, "context_assumed_gb": CUDA_CONTEXT / 1e9}), flush=True)
    for shape in arguments.shapes:
        tiles, tokens = arguments.tiles or ROWS[shape][0], arguments.tokens or ROWS[shape][1]
        config = config_of(shape, tiles)
        shapes = shapes_of(config)
        stage = stage_of(shape, arguments.base, checkpointing=not arguments.no_checkpointing, dropout=arguments.dropout)
        inputs, row = inputs_of(config, shapes, tiles, tokens, device)
        planned = memory(stage, shapes, row, computed=2 if on_gpu else 4)
        network = network_of(config, stage, device)
        found = measured(network, inputs, device)
        told = {"shape": shape, "base": arguments.base, "tiles": tiles, "tokens": tokens, "parameters": shapes.total}
        print(json.dumps({**told, **found, **told_of(planned)}), flush=True)
        del network, inputs
        gc.collect()
        if on_gpu:
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
