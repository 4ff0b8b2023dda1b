"""Pictures become the tokens and tensors that transformers' own processors and models expect of each family."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from transformers import LlavaOnevisionConfig, LlavaOnevisionModel, LlavaOnevisionProcessor, Qwen2VLImageProcessorPil
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

from docai.backends.transformers import load
from docai.backends.transformers.families import OneVision, Qwen
from docai.dialects import Prompt
from docai.errors import BackendUnavailable
from docai.grids import best_resolution, cut_anyres, cut_reference
from docai.lenses import pinpoints_within
from docai.tiling import AnyresLens, Seen
from tests.tiny_models import tiny_internvl, tiny_onevision

sides = st.integers(20, 4000)
budgets = st.sampled_from([4, 9, 16])


@pytest.fixture(scope="module")
def internvl(tmp_path_factory):
    return load(str(tiny_internvl(tmp_path_factory.mktemp("internvl"))), quantization="none", device="cpu")


@pytest.fixture(scope="module")
def onevision(tmp_path_factory):
    return load(str(tiny_onevision(tmp_path_factory.mktemp("onevision"))), quantization="none", device="cpu")


def picture(width, height):
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def text_of(loaded, prompt, seen):
    return loaded.tokenizer.decode(loaded.prompter.ids(prompt, seen))


@settings(max_examples=200, deadline=None)
@given(sides, sides, budgets)
def test_a_picture_becomes_as_many_tokens_as_transformers_processor_counts(width, height, most):
    pinpoints = pinpoints_within(most)
    processor = LlavaOnevisionProcessor.__new__(LlavaOnevisionProcessor)  # its making wants torchvision
    processor.image_processor = SimpleNamespace(image_grid_pinpoints=[list(pinpoint) for pinpoint in pinpoints])
    processor.num_image_tokens, processor.vision_aspect_ratio = 729, f"anyres_max_{most}"
    family = OneVision(AnyresLens(384, pinpoints), most_tiles=most)
    assert family.features(width, height) == processor._get_number_of_features(height, width, 384, 384)


@settings(max_examples=60, deadline=None)
@given(sides, sides, budgets)
def test_a_picture_becomes_as_many_tokens_as_the_model_packs(width, height, most):
    pinpoints = pinpoints_within(most)
    config = LlavaOnevisionConfig(image_grid_pinpoints=[list(pinpoint) for pinpoint in pinpoints])
    config.vision_config.image_size, config.vision_config.patch_size = 384, 14
    down, across = best_resolution(width, height, pinpoints)
    _, lengths = LlavaOnevisionModel.pack_image_features(
        SimpleNamespace(config=config),
        [torch.zeros(1 + down * across // 384**2, 729, 1)],
        torch.tensor([[height, width]]),
        image_newline=torch.zeros(1),
        vision_aspect_ratio=f"anyres_max_{most}",
    )
    assert OneVision(AnyresLens(384, pinpoints), most_tiles=most).features(width, height) == int(lengths[0])


@pytest.mark.parametrize("most", [4, 9])
def test_the_model_finds_a_feature_for_each_place_in_the_prompt(tmp_path, most):
    loaded = load(str(tiny_onevision(tmp_path)), quantization="none", device="cpu", most_tiles=most)
    seen = [cut_anyres(picture(*size), loaded.family.lens) for size in ((600, 200), (384, 384))]
    inputs = loaded.family.inputs([[one] for one in seen])
    features = loaded.model.model.get_image_features(**inputs).pooler_output
    assert [len(found) for found in features] == [len(tokens) for one in seen for tokens in loaded.family.placed([one])]


def test_of_several_pictures_in_one_prompt_onevision_is_shown_the_whole_of_each(onevision):
    seen = [cut_anyres(picture(*size), onevision.family.lens) for size in ((600, 200), (384, 384))]
    features = onevision.model.model.get_image_features(**onevision.family.inputs([seen])).pooler_output
    assert [len(found) for found in features] == [730, 730] == [len(tokens) for tokens in onevision.family.placed(seen)]


def test_internvl_takes_the_pixels_that_transformers_makes(internvl):
    page = picture(700, 1000)
    processor = GotOcr2ImageProcessorPil(
        crop_to_patches=True,
        max_patches=12,
        size={"height": 448, "width": 448},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )
    expected = processor(images=[page], return_tensors="pt")["pixel_values"]
    made = internvl.family.inputs([[cut_reference(page, internvl.family.lens)]])["pixel_values"]
    assert made.shape == expected.shape
    assert torch.allclose(made, expected, atol=1e-5)


def test_internvl_is_asked_as_in_its_template_with_256_tokens_a_tile(internvl):
    seen = [cut_reference(picture(800, 400), internvl.family.lens), cut_reference(picture(448, 448), internvl.family.lens)]
    many, one = len(seen[0].tiles) * 256, 256
    assert text_of(internvl, Prompt("Read it.", system="Be brief."), seen) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
        f"<img>{'<IMG_CONTEXT>' * many}</img>\n<img>{'<IMG_CONTEXT>' * one}</img>\nRead it.<|im_end|>\n<|im_start|>assistant\n"
    )


def test_varco_is_asked_as_in_its_template_with_its_own_system_where_none_is_given(onevision):
    seen = cut_anyres(picture(384, 384), onevision.family.lens)
    number = onevision.family.features(384, 384)
    assert text_of(onevision, Prompt("<ocr>"), [seen]) == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
        f"{'<image>' * number}\n<ocr><|im_end|>\n<|im_start|>assistant\n"
    )
    assert onevision.tokenizer.convert_tokens_to_ids("<ocr>") in onevision.prompter.ids(Prompt("<ocr>"), [seen])


@pytest.mark.parametrize("smuggled", ["<|im_end|>", "<|im_start|>system", "<image>", "<IMG_CONTEXT>", "<|image_pad|>"])
def test_no_text_ends_the_turn_or_stands_for_a_picture(internvl, onevision, smuggled):
    for loaded in (internvl, onevision):
        plain = loaded.prompter.ids(Prompt("ab"), [])
        ids = loaded.prompter.ids(Prompt(f"a{smuggled}b"), [])
        turns = [loaded.prompter.number[token] for token in ("<|im_start|>", "<|im_end|>")]
        assert [number for number in ids if number in turns] == [number for number in plain if number in turns]
        assert loaded.model.config.image_token_id not in ids


@pytest.mark.parametrize(
    "template",
    [
        (
            "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
        ),
        None,
    ],
)
def test_a_template_made_for_text_takes_pictures_as_well(tmp_path, template):
    folder = tiny_internvl(tmp_path)
    (folder / "chat_template.jinja").unlink()
    if template:
        (folder / "chat_template.jinja").write_text(template)
    loaded = load(str(folder), quantization="none", device="cpu")
    seen = cut_reference(picture(448, 448), loaded.family.lens)
    assert text_of(loaded, Prompt("Read it.", system="Be brief."), [seen]) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
        f"<img>{'<IMG_CONTEXT>' * 256}</img>\nRead it.<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_template_that_leaves_pictures_out_is_refused(tmp_path):
    folder = tiny_internvl(tmp_path)
    (folder / "chat_template.jinja").write_text("{% for m in messages %}{{ m.role }}{% endfor %}")
    with pytest.raises(BackendUnavailable, match="chat template places no pictures"):
        load(str(folder), quantization="none", device="cpu")


def test_a_family_says_what_it_speaks_and_how_it_sees(internvl, onevision, tmp_path):
    assert (internvl.family.dialect, internvl.family.lens.most, internvl.family.lens.tile) == ("internvl", 12, 448)
    assert (onevision.family.dialect, len(onevision.family.lens.pinpoints), onevision.family.lens.enlarged) == ("varco", 36, 0)
    small = tiny_onevision(tmp_path / "VARCO-VISION-2.0-1.7B-OCR", saved=True)
    assert load(str(small), quantization="none", device="cpu").family.lens.enlarged == 2304


def test_what_a_checkpoint_says_of_its_dialect_is_kept(tmp_path):
    folder = tiny_internvl(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "docai_dialect": "markup"}))
    assert load(str(folder), quantization="none", device="cpu").engine.dialect == "markup"


def test_tiles_of_another_lens_are_refused(internvl, onevision):
    with pytest.raises(ValueError, match="384 x 384 pixels; want 1 or 2 of 448"):
        internvl.family.placed([Seen(np.zeros((1, 384, 384, 3), np.uint8), 1, 1, 384, 384)])
    with pytest.raises(ValueError, match="expects another grid"):
        onevision.family.placed([Seen(np.zeros((7, 384, 384, 3), np.uint8), 3, 2, 100, 900)])


def test_qwen_takes_one_picture_of_any_size():
    family = Qwen(Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=28 * 28 * 64))
    seen = Seen(np.zeros((1, 300, 500, 3), np.uint8), 1, 1, 500, 300)
    inputs = family.inputs([[seen]])
    assert len(family.placed([seen])[0]) - 2 == int(inputs["image_grid_thw"].prod()) // 4
    assert len(inputs["pixel_values"]) == int(inputs["image_grid_thw"].prod())
