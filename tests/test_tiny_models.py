"""The tiny models of the tests are what they stand for: the files, tokens and sizes of the real ones."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers", reason="it makes the models")

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

from tests.tiny_models import GROUNDED, PINPOINTS, tiny_internvl, tiny_onevision, tiny_raw_internvl

MAKERS = [tiny_internvl, tiny_onevision, tiny_raw_internvl]
PAGE = Image.fromarray(np.arange(200 * 300 * 3, dtype=np.uint8).reshape(200, 300, 3))


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seed_gives_the_same_bytes_and_another_seed_other_weights(tmp_path, make):
    first, again, other = (files_of(make(tmp_path / name, seed)) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert first == again
    assert {name for name in first if first[name] != other[name]} == {"model.safetensors"}


@pytest.mark.parametrize("saved", [False, True])
def test_internvl_cuts_pictures_in_tiles_and_answers_by_them(tmp_path, saved):
    folder = tiny_internvl(tmp_path, saved=saved)
    tokenizer, pictures = AutoTokenizer.from_pretrained(folder), AutoImageProcessor.from_pretrained(folder)
    seen = pictures(PAGE, return_tensors="pt")
    assert seen["pixel_values"].shape == (7, 3, 448, 448)  # 3 x 2 and the thumbnail
    asked = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Read."}]}]
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    shown = prompt.replace("<IMG_CONTEXT>", f"<img>{'<IMG_CONTEXT>' * 256 * 7}</img>")
    ids = tokenizer(shown, return_tensors="pt").input_ids
    model = AutoModelForImageTextToText.from_pretrained(folder)
    said = model.generate(input_ids=ids, pixel_values=seen["pixel_values"], max_new_tokens=4)
    assert said.shape[1] - ids.shape[1] in range(1, 5)
    with torch.no_grad():
        one, other = (model(input_ids=ids, pixel_values=sign * seen["pixel_values"]).logits[0, -1] for sign in (1, -1))
    assert (one - other).abs().max() > 0.01


@pytest.mark.parametrize("saved", [False, True])
def test_onevision_speaks_the_tokens_of_varco(tmp_path, saved):
    folder = tiny_onevision(tmp_path, saved=saved)
    tokenizer, pictures = AutoTokenizer.from_pretrained(folder), AutoImageProcessor.from_pretrained(folder)
    text = "<ocr><char>백범로</char><bbox>0.172, 0.266, 0.328, 0.341<delim>0.5, 0.5, 1, 1</bbox>"
    ids = tokenizer(text).input_ids
    assert tokenizer.decode(ids) == text
    assert "<bbox>" not in tokenizer.decode(ids, skip_special_tokens=True)  # as the real one loses its boxes
    assert len({tokenizer.convert_tokens_to_ids(token) for token in GROUNDED}) == len(GROUNDED) == 9
    seen = pictures(PAGE, return_tensors="pt")
    assert seen["pixel_values"].shape[2:] == (3, 384, 384)
    assert [list(size) for size in pictures.image_grid_pinpoints] == PINPOINTS
    config = AutoModelForImageTextToText.from_pretrained(folder).config
    assert config.image_token_id == tokenizer.convert_tokens_to_ids("<image>")
    assert config.text_config.vocab_size > max(tokenizer.get_vocab().values())
