"""Converted models of InternVL: they say what the raw ones say, whole or not at all; what cannot be converted is named."""

from __future__ import annotations

import errno
import json
import os
import tracemalloc

import pytest

from docai.errors import MissingDependency, Unreadable
from docai.models import ANSWER, examine, visual_tokens
from docai.models_convert import convert
from docai.models_files import read_header, verify

pytest.importorskip("transformers", reason="models are compared with transformers'")

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import (
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoTokenizer,
    InternVLForConditionalGeneration,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tests.tiny_models import raw_tensors, tiny_raw_internvl

HEADS = 2  # of the tiny vision towers


def settings_of(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def change(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def converted(tmp_path, **options):
    raw = tiny_raw_internvl(tmp_path / "raw", **options)
    convert(raw, tmp_path / "native")
    return raw, tmp_path / "native"


# The raw network, written anew from its description: https://github.com/OpenGVLab/InternVL, internvl_chat/internvl/model


def weights_of(folder):
    return {name: tensor.float() for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


def rms(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight


def attend(x, weights, name, *, normalised):
    count, length, width = x.shape
    fused = functional.linear(x, weights[f"{name}.qkv.weight"], weights[f"{name}.qkv.bias"])
    query, key, value = fused.reshape(count, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
    if normalised:
        query, key = (
            rms(part.transpose(1, 2).flatten(-2), weights[f"{name}.{which}_norm.weight"])
            .view(count, length, HEADS, -1)
            .transpose(1, 2)
            for part, which in ((query, "q"), (key, "k"))
        )
    scores = (query @ key.transpose(-2, -1)) * (width // HEADS) ** -0.5
    mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(count, length, width)
    return functional.linear(mixed, weights[f"{name}.proj.weight"], weights[f"{name}.proj.bias"])


def look(pixels, weights, config):
    """Return what the raw network's vision tower and projector make of tiles: (tiles, 256, width)."""
    embeddings, vision = "vision_model.embeddings", config["vision_config"]
    patches = functional.conv2d(
        pixels, weights[f"{embeddings}.patch_embedding.weight"], weights[f"{embeddings}.patch_embedding.bias"], stride=14
    )
    first = weights[f"{embeddings}.class_embedding"].expand(len(pixels), -1, -1)
    x = torch.cat([first, patches.flatten(2).transpose(1, 2)], 1) + weights[f"{embeddings}.position_embedding"]
    states = [x]
    for number in range(vision["num_hidden_layers"]):
        layer = f"vision_model.encoder.layers.{number}"

        def norm(x, which, layer=layer):
            return functional.layer_norm(
                x, x.shape[-1:], weights[f"{layer}.{which}.weight"], weights[f"{layer}.{which}.bias"], vision["layer_norm_eps"]
            )

        def linear(x, which, layer=layer):
            return functional.linear(x, weights[f"{layer}.mlp.{which}.weight"], weights[f"{layer}.mlp.{which}.bias"])

        mixed = attend(norm(x, "norm1"), weights, f"{layer}.attn", normalised=vision["qk_normalization"])
        x = x + mixed * weights[f"{layer}.ls1"]
        x = x + linear(functional.gelu(linear(norm(x, "norm2"), "fc1")), "fc2") * weights[f"{layer}.ls2"]
        states.append(x)
    seen = states[config["select_layer"]][:, 1:]
    count, _, width = seen.shape
    seen = seen.reshape(count, 32, 16, 2 * width).permute(0, 2, 1, 3).reshape(count, 16, 16, 4 * width).permute(0, 2, 1, 3)
    seen = functional.layer_norm(
        seen.reshape(count, 256, 4 * width), (4 * width,), weights["mlp1.0.weight"], weights["mlp1.0.bias"]
    )
    seen = functional.gelu(functional.linear(seen, weights["mlp1.1.weight"], weights["mlp1.1.bias"]))
    return functional.linear(seen, weights["mlp1.3.weight"], weights["mlp1.3.bias"])


def raw_logits(folder, pixels, ids, context):
    config, weights = settings_of(folder), weights_of(folder)
    # Qwen2 of transformers 4.37, which the raw code is made for, knows no `rope_scaling`; it would tell past 32768 tokens only
    unknown = ("architectures", "rope_scaling", "torch_dtype", "top_k")
    named = {name: value for name, value in config["llm_config"].items() if name not in unknown}
    language = Qwen2ForCausalLM(Qwen2Config(**named))
    own = {name.removeprefix("language_model."): value for name, value in weights.items() if name.startswith("language_model.")}
    own.setdefault("lm_head.weight", own["model.embed_tokens.weight"])
    language.load_state_dict(own)
    embedded = own["model.embed_tokens.weight"][ids]
    embedded[ids == context] = look(pixels, weights, config).flatten(0, 1)
    return language(inputs_embeds=embedded).logits


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"template": "internvl2_5", "shards": 3, "most_tiles": 12},
        {"qk_normalization": True},
        {"tie_word_embeddings": True},
        {"seed": 1, "select_layer": -2},
        {"seed": 2, "dtype": torch.bfloat16},
    ],
    ids=str,
)
def test_a_converted_model_says_what_the_raw_one_says(tmp_path, options):
    layer = options.pop("select_layer", -1)
    raw = tiny_raw_internvl(tmp_path / "raw", **options)
    change(raw / "config.json", select_layer=layer)
    convert(raw, tmp_path / "native")
    model, found = InternVLForConditionalGeneration.from_pretrained(
        tmp_path / "native", dtype=torch.float32, output_loading_info=True
    )
    assert not any(found.values())
    context = model.config.image_token_id
    words = AutoTokenizer.from_pretrained(tmp_path / "native")
    prompt = "<|im_start|>user\n<img>" + "<IMG_CONTEXT>" * 512 + "</img>\nĐọc bảng 표를 읽어<|im_end|>"
    ids = words(prompt, return_tensors="pt").input_ids
    pixels = torch.randn(2, 3, 448, 448, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        expected = raw_logits(raw, pixels, ids, context)
        said = model(input_ids=ids, pixel_values=pixels).logits
        blind = model(input_ids=ids, pixel_values=0 * pixels).logits
    assert (said - expected).abs().max() < 1e-4
    assert (said - blind).abs().max() > 0.1  # so that the picture tells in what is compared


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_every_number_is_kept_as_it_is_stored(tmp_path, dtype):
    raw, native = converted(tmp_path, dtype=dtype, seed=4)
    before = load_file(raw / "model.safetensors")
    after = load_file(native / "model.safetensors")
    assert {tensor.dtype for tensor in after.values()} == {dtype}
    assert sum(tensor.numel() for tensor in after.values()) == sum(tensor.numel() for tensor in before.values())
    assert torch.equal(after["language_model.lm_head.weight"], before["language_model.lm_head.weight"])
    fused = before["vision_model.encoder.layers.1.attn.qkv.weight"]
    parts = [after[f"vision_tower.encoder.layer.1.attention.{part}_proj.weight"] for part in "qkv"]
    assert torch.equal(torch.cat(parts), fused)
    assert settings_of(native)["dtype"] == str(dtype).removeprefix("torch.")


def test_the_cache_of_a_model_is_as_large_as_is_told(tmp_path):
    _, native = converted(tmp_path, dtype=torch.bfloat16, most_tiles=1)
    model = AutoModelForImageTextToText.from_pretrained(native)
    tokens = visual_tokens(settings_of(native), 1) + ANSWER
    with torch.no_grad():
        kept = model(input_ids=torch.arange(tokens)[None] % 400, use_cache=True).past_key_values
    held = sum(part.nbytes for layer in kept.layers for part in (layer.keys, layer.values))
    assert dict(examine(native).memory)["none"].cache == held


def test_names_and_shapes_are_those_that_transformers_writes(tmp_path):
    _, native = converted(tmp_path)
    model = AutoModelForImageTextToText.from_pretrained(native)
    model.save_pretrained(tmp_path / "again")
    ours, theirs = (
        {tensor.name: (tensor.dtype, tensor.shape) for tensor in read_header(folder / "model.safetensors")}
        for folder in (native, tmp_path / "again")
    )
    assert ours == theirs


def test_a_stored_head_is_kept_apart_from_the_embeddings(tmp_path):
    _, native = converted(tmp_path)
    model = AutoModelForImageTextToText.from_pretrained(native)
    assert not model.config.tie_word_embeddings
    assert not model.config.text_config.tie_word_embeddings
    assert not torch.equal(model.lm_head.weight, model.get_input_embeddings().weight)


def test_a_model_without_a_stored_head_takes_its_embeddings_for_it(tmp_path):
    _, native = converted(tmp_path, tie_word_embeddings=True)
    model = AutoModelForImageTextToText.from_pretrained(native)
    assert model.lm_head.weight is model.get_input_embeddings().weight


@pytest.mark.parametrize(("template", "context"), [("Hermes-2", 405), ("internvl2_5", 424)])
def test_the_tokens_of_pictures_are_looked_up_by_their_names(tmp_path, template, context):
    _, native = converted(tmp_path, template=template)
    tokenizer = AutoTokenizer.from_pretrained(native)
    assert settings_of(native)["image_token_id"] == context == tokenizer.context_image_token_id
    assert tokenizer.convert_ids_to_tokens(context) == "<IMG_CONTEXT>"
    assert (tokenizer.start_image_token, tokenizer.end_image_token) == ("<img>", "</img>")
    rows = settings_of(native)["text_config"]["vocab_size"]
    assert max(tokenizer.get_vocab().values()) < rows  # each token has its weights, that of videos too
    text = "품목 Tổng cộng <ref>x</ref><box>[[1, 2, 3, 4]]</box>"
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_a_conversation_ends_where_the_raw_one_does(tmp_path):
    _, native = converted(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(native)
    written = json.loads((native / "generation_config.json").read_text(encoding="utf-8"))
    assert tokenizer.convert_ids_to_tokens(written["eos_token_id"]) == ["<|im_end|>", "<|endoftext|>"]
    assert tokenizer.eos_token == "<|im_end|>"
    assert written["do_sample"] is False


SYSTEM = {
    "Hermes-2": "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，"
    "英文名叫InternVL, 是一个有用无害的人工智能助手。<|im_end|>",
    "internvl2_5": "你是书生·万象，英文名是InternVL，"
    "是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。<|im_end|>\n",
}


@pytest.mark.parametrize("template", SYSTEM)
def test_a_model_is_asked_in_the_words_of_its_own_template(tmp_path, template):
    _, native = converted(tmp_path, template=template)
    end = "<|im_end|>" if template == "Hermes-2" else "<|im_end|>\n"
    tokenizer = AutoTokenizer.from_pretrained(native)
    asked = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Read."}]}]
    written = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    turn = f"<|im_start|>user\n<IMG_CONTEXT>\nRead.{end}<|im_start|>assistant\n"
    assert written == f"<|im_start|>system\n{SYSTEM[template]}{turn}"
    own = [{"role": "system", "content": "Be brief."}, *asked, {"role": "assistant", "content": "Yes."}]
    assert tokenizer.apply_chat_template(own, tokenize=False) == (
        f"<|im_start|>system\nBe brief.{end}<|im_start|>user\n<IMG_CONTEXT>\nRead.{end}<|im_start|>assistant\nYes.{end}"
    )


def test_pictures_are_prepared_as_the_raw_configuration_tells(tmp_path):
    _, native = converted(tmp_path, most_tiles=6)
    pictures = AutoImageProcessor.from_pretrained(native)
    assert (pictures.crop_to_patches, pictures.min_patches, pictures.max_patches) == (True, 1, 6)
    assert (list(pictures.image_mean), list(pictures.image_std)) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert (pictures.size["height"], pictures.size["width"], int(pictures.resample)) == (448, 448, 3)


def test_no_code_of_a_model_is_run_or_copied(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    for name in ("configuration_internvl_chat.py", "modeling_internvl_chat.py"):
        (raw / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    convert(raw, tmp_path / "native")
    AutoModelForImageTextToText.from_pretrained(tmp_path / "native")
    AutoTokenizer.from_pretrained(tmp_path / "native")
    assert not (tmp_path / "ran").exists()
    assert not list((tmp_path / "native").glob("*.py"))
    assert all(b"auto_map" not in path.read_bytes() for path in (tmp_path / "native").glob("*.json"))


@pytest.mark.parametrize("shards", [1, 3])
def test_what_is_written_is_whole_and_says_where_it_came_from(tmp_path, shards):
    raw, native = converted(tmp_path, shards=shards)
    verdict = verify(native)
    assert (verdict.against, verdict.damage) == ("manifest", ())
    assert len(list(native.glob("*.safetensors"))) == shards == len(list(raw.glob("*.safetensors")))
    local = examine(native)
    assert (local.name, local.usable, local.parameters) == ("raw", True, examine(raw).parameters)
    for file in native.glob("*.safetensors"):
        assert file.read_bytes()[0] % 8 == 0  # of the header's length, so that numbers begin where they may be read in place
        with safe_open(file, "pt") as opened:
            assert opened.metadata() == {"format": "pt"}


def test_a_single_shard_becomes_a_file_that_is_found_without_an_index(tmp_path):
    _, native = converted(tmp_path, shards=1)
    raw = tiny_raw_internvl(tmp_path / "one")
    (raw / "model.safetensors").rename(raw / "model-00001-of-00001.safetensors")
    convert(raw, tmp_path / "same")
    assert (tmp_path / "same" / "model.safetensors").read_bytes() == (native / "model.safetensors").read_bytes()


def test_a_snapshot_of_the_hub_keeps_its_name(tmp_path):
    snapshot = tmp_path / "models--5CD-AI--Vintern-1B-v2" / "snapshots" / "abc123"
    tiny_raw_internvl(snapshot)
    convert(snapshot, tmp_path / "native")
    local = examine(tmp_path / "native")
    assert (local.name, local.revision, local.licence) == ("5CD-AI/Vintern-1B-v2", "abc123", "MIT")


def test_memory_stays_flat_however_large_a_tensor_is(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    rows = 250_000  # 64 MB in each of the embeddings and the head
    save_file(raw_tensors(rows, 0), raw / "model.safetensors")
    config = settings_of(raw)
    config["llm_config"]["vocab_size"] = rows
    change(raw / "config.json", **config)
    tracemalloc.start()
    convert(raw, tmp_path / "native")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (raw / "model.safetensors").stat().st_size > 128e6
    assert peak < 16e6


# What is refused


REFUSED = [
    ({"architectures": ["InternVLForConditionalGeneration"]}, "is converted already"),
    ({"architectures": ["LlavaOnevisionForConditionalGeneration"]}, "only InternVLChatModel is converted"),
    ({"llm_config": {"architectures": ["InternLM2ForCausalLM"]}}, "its language model is InternLM2ForCausalLM"),
    ({"ps_version": "v1"}, "ps_version is 'v1'"),
    ({"template": "phi3-chat"}, "template is 'phi3-chat'"),
    ({"use_thumbnail": False}, "use_thumbnail is False"),
    ({"pad2square": True}, "pad2square is True"),
    ({"downsample_ratio": None}, "config.json does not tell"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=str)
def test_what_would_say_something_else_once_converted_is_refused(tmp_path, values, message):
    raw = tiny_raw_internvl(tmp_path / "raw")
    change(raw / "config.json", **values)
    with pytest.raises(Unreadable, match=message):
        convert(raw, tmp_path / "native")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_weights_that_are_missing_unknown_or_misshapen_are_named(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    whole = load_file(raw / "model.safetensors")
    scale = "vision_model.encoder.layers.1.ls2"
    lora = "language_model.base_model.model.layers.0.self_attn.q_proj.lora_A.weight"
    for changed, message in (
        ({name: value for name, value in whole.items() if name != scale}, f"missing: {scale}"),
        ({**whole, "vision_model.head.weight": torch.zeros(2)}, "unknown: vision_model.head.weight"),
        ({**whole, lora: torch.zeros(2)}, "merge its LoRA first"),
        ({**whole, scale: torch.zeros(3)}, f"of another shape than its config.json tells: {scale}"),
        ({name: value for name, value in whole.items() if "lm_head" not in name}, r"missing: language_model\.lm_head\.weight"),
    ):
        save_file(changed, raw / "model.safetensors")
        with pytest.raises(Unreadable, match=message):
            convert(raw, tmp_path / "native")
    assert not (tmp_path / "native").exists()


def test_what_old_versions_stored_and_new_ones_work_out_is_left_out(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    kept = load_file(raw / "model.safetensors")
    save_file({**kept, "language_model.model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}, raw / "model.safetensors")
    convert(raw, tmp_path / "native")
    assert not any("inv_freq" in tensor.name for tensor in read_header(tmp_path / "native" / "model.safetensors"))


def test_a_model_with_a_missing_shard_or_tokenizer_is_refused(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw", shards=3)
    (raw / "model-00002-of-00003.safetensors").rename(tmp_path / "away")
    with pytest.raises(Unreadable, match=r"model-00002-of-00003\.safetensors is missing"):
        convert(raw, tmp_path / "native")
    (tmp_path / "away").rename(raw / "model-00002-of-00003.safetensors")
    (raw / "added_tokens.json").unlink()
    change(raw / "tokenizer_config.json", added_tokens_decoder={})
    with pytest.raises(Unreadable, match="does not know <img>, </img>, <IMG_CONTEXT>"):
        convert(raw, tmp_path / "native")


def test_a_token_without_weights_is_refused(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    change(raw / "added_tokens.json", **{"<IMG_CONTEXT>": 151667})
    change(raw / "tokenizer_config.json", added_tokens_decoder={})
    with pytest.raises(Unreadable, match="<IMG_CONTEXT> is 151667, and there are weights for 412 only"):
        convert(raw, tmp_path / "native")


def test_no_model_and_no_safetensors_are_told_apart(tmp_path):
    with pytest.raises(MissingDependency, match="docai models download"):
        convert(tmp_path / "nothing", tmp_path / "native")
    raw = tiny_raw_internvl(tmp_path / "raw")
    (raw / "model.safetensors").rename(raw / "pytorch_model.bin")
    with pytest.raises(Unreadable, match="can run code"):
        convert(raw, tmp_path / "native")


def test_a_folder_that_holds_something_is_never_written_to(tmp_path):
    raw, native = converted(tmp_path)
    before = {path.name: path.read_bytes() for path in native.iterdir()}
    with pytest.raises(FileExistsError, match="choose another folder"):
        convert(raw, native)
    assert {path.name: path.read_bytes() for path in native.iterdir()} == before


@pytest.mark.parametrize("end", [OSError(errno.ENOSPC, "no space left"), KeyboardInterrupt()], ids=repr)
def test_nothing_stays_of_a_conversion_that_breaks_off(tmp_path, monkeypatch, end):
    def full(_):
        raise end

    raw = tiny_raw_internvl(tmp_path / "raw", shards=2)
    monkeypatch.setattr(os, "fsync", full)  # once the first file has been written
    with pytest.raises(type(end)):
        convert(raw, tmp_path / "native")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_model_without_a_tokenizer_is_refused_and_nothing_is_written(tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    (raw / "merges.txt").unlink()
    with pytest.raises(Unreadable, match=r"so is vocab\.json or merges\.txt; copy the tokenizer's files"):
        convert(raw, tmp_path / "native")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
