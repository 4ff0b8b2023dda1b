"""Models as files, written without any library: headers, weights of zeros, and what stands beside them."""

from __future__ import annotations

import json
import math
from pathlib import Path

from docai.models_files import SIZES

CONFIG = {
    "architectures": ["InternVLForConditionalGeneration"],
    "model_type": "internvl",
    "downsample_ratio": 0.5,
    "text_config": {
        "hidden_size": 8,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
    },
    "vision_config": {"hidden_size": 8, "intermediate_size": 16, "image_size": [448, 448], "patch_size": [14, 14]},
}
SHAPES = {
    "language_model.lm_head.weight": (6, 8),
    "language_model.model.embed_tokens.weight": (6, 8),
    "language_model.model.layers.0.mlp.down_proj.weight": (8, 16),
    "language_model.model.layers.0.self_attn.q_proj.bias": (8,),
    "language_model.model.layers.0.self_attn.q_proj.weight": (8, 8),
    "vision_tower.encoder.layer.0.attention.q_proj.weight": (8, 8),
}


def safetensors(shapes, dtype="BF16"):
    """Return the bytes of a safetensors file of ones and twos."""
    header, place = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        end = place + math.prod(shape) * SIZES[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [place, end]}
        place = end
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + bytes(range(1, 3)) * (place // 2)


def write_model(folder, *, shards=1, dtype="BF16", **config):
    """Write a model of a few numbers and return its folder."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps({"max_patches": 6}), encoding="utf-8")
    if shards == 1:
        (folder / "model.safetensors").write_bytes(safetensors(SHAPES, dtype))
        return folder
    names, placed = list(SHAPES), {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {name: SHAPES[name] for name in names[number::shards]}
        (folder / file).write_bytes(safetensors(part, dtype))
        placed |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": placed}), encoding="utf-8")
    return folder
