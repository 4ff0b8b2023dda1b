"""Qwen2.5-VL and Qwen3-VL speak by the same way as the other families, of pictures of any size."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from transformers import (
    GenerationConfig,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from docai.backends.speaker import Asked
from docai.backends.transformers import LocalSpeaker, load
from docai.dialects import Grammar, Prompt
from docai.tiling import Seen
from tests.tiny_models import tiny_internvl

LANGUAGE = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
}


def write(folder, kind):
    """Write a tiny model of a kind beside the tokenizer of another family, which has all of Qwen2.5's tokens."""
    tiny_internvl(folder)
    for name in ("chat_template.jinja", "processor_config.json", "model.safetensors"):
        (folder / name).unlink()
    ids = {token: number for number, token in enumerate(json.loads((folder / "vocab.json").read_text()))}
    ids |= json.loads((folder / "added_tokens.json").read_text())
    places = {
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
    }
    torch.manual_seed(0)
    if kind == "qwen2_5_vl":
        vision = {
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
            "fullatt_block_indexes": [1],
        }
        rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e6}
        text = {**LANGUAGE, "vocab_size": len(ids), "rope_parameters": rope, **places}
        model = Qwen2_5_VLForConditionalGeneration(
            Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **places)
        )
        patch = 14
    else:
        vision = {
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
            "deepstack_visual_indexes": [0],
        }
        rope = {"rope_type": "default", "mrope_section": [3, 3, 2], "rope_theta": 1e6, "mrope_interleaved": True}
        text = {**LANGUAGE, "vocab_size": len(ids), "head_dim": 16, "rope_parameters": rope}
        model = Qwen3VLForConditionalGeneration(
            Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **places)
        )
        patch = 16
    model.generation_config = GenerationConfig(eos_token_id=ids["<|im_end|>"], pad_token_id=ids["<|endoftext|>"])
    model.save_pretrained(folder)
    pictures = {"min_pixels": 56 * 56, "max_pixels": 28 * 28 * 64, "patch_size": patch, "merge_size": 2, "temporal_patch_size": 2}
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return str(folder)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_qwen_says_the_same_in_any_batch(tmp_path, kind):
    loaded = load(write(tmp_path, kind), quantization="none", device="cpu")
    assert loaded.engine.dialect == "instruct"
    asked = []
    for place, size in enumerate([(200, 300), (120, 90), (60, 400)]):
        pixels = np.random.default_rng(place).integers(0, 256, (1, *size, 3), dtype=np.uint8)
        asked.append(Asked((Seen(pixels, 1, 1, size[1], size[0]),), Prompt("Read it. " * (place + 1)), most_tokens=8))
    together = LocalSpeaker(loaded, batch=3).say(asked)
    alone = [said for one in asked for said in LocalSpeaker(loaded, batch=1).say([one])]
    assert [said.text for said in together] == [said.text for said in alone]
    assert all(said.finish == "length" and not said.problems for said in together)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_qwen_keeps_to_a_grammar_in_four_bits(tmp_path, kind):
    loaded = load(write(tmp_path, kind), device="cpu")
    (said,) = LocalSpeaker(loaded).say([Asked((), Prompt("x"), Grammar("lark", 'start: "[1, 2]"\n'))])
    assert (said.text, said.finish) == ("[1, 2]", "stop")
