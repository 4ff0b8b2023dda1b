"""Checkpoints of both families load in 4, 8 and 16 bits; what is missing, damaged or quantised wrongly is told by name."""

from __future__ import annotations

import json
import shutil

import pytest

torch = pytest.importorskip("torch")

from bitsandbytes.nn.modules import Linear4bit, Linear8bitLt, Params4bit
from safetensors.torch import load_file, save_file
from transformers import (
    BitsAndBytesConfig,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlavaOnevisionConfig,
    Qwen2Config,
    SiglipVisionConfig,
)

from docai.backends.transformers import LocalSpeaker, Precision, load, weights_bytes
from docai.backends.transformers.checkpoints import hash_of, weights_files
from docai.backends.transformers.loading import fit_kernels
from docai.errors import BackendUnavailable
from docai.models_quantize import quantize
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl

GB = 1e9


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {
        "internvl": tiny_internvl(tmp_path_factory.mktemp("internvl")),
        "onevision": tiny_onevision(tmp_path_factory.mktemp("onevision"), saved=True),
    }


@pytest.fixture
def folder(folders, tmp_path):
    return shutil.copytree(folders["internvl"], tmp_path / "copy")


def kinds(loaded, kind):
    """Return the modules of a kind by the part of the model they are in."""
    names = [name for name, module in loaded.model.named_modules() if isinstance(module, kind)]
    return {name.split(".layers.")[0] for name in names}, len(names)


def head(weights):
    """Return the name of the head, which files have kept through several layouts of the class."""
    return next(name for name in weights if name.endswith("lm_head.weight"))


@pytest.mark.parametrize("family", ["internvl", "onevision"])
def test_four_bits_are_for_all_layers_of_the_language_model_and_no_others(folders, family):
    loaded = load(str(folders[family]), device="cpu")
    assert kinds(loaded, Linear4bit) == ({"model.language_model"}, 2 * 7)  # two layers of q, k, v, o, gate, up and down
    assert loaded.engine.quantization == "nf4"
    assert loaded.model.lm_head.weight.dtype == torch.float32


@pytest.mark.parametrize("family", ["internvl", "onevision"])
def test_eight_bits_are_for_all_layers_of_the_language_model_and_no_others(folders, family):
    loaded = load(str(folders[family]), quantization="int8", device="cpu")
    assert kinds(loaded, Linear8bitLt) == ({"model.language_model"}, 2 * 7)


@pytest.mark.parametrize("skip", [["lm_head"], ["vision_tower", "multi_modal_projector", "lm_head", "language_model.layers.1"]])
def test_weights_quantised_in_the_wrong_places_are_refused(folders, tmp_path, skip):
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=skip)
    wrong = shutil.copytree(folders["internvl"], tmp_path / "wrong")
    InternVLForConditionalGeneration.from_pretrained(wrong, quantization_config=settings, device_map="cpu").save_pretrained(wrong)
    with pytest.raises(BackendUnavailable, match=r"not where they belong \((quantised but should not be|not quantised as asked)"):
        load(str(wrong), device="cpu")


def test_a_folder_that_is_quantised_already_loads_as_it_is(folder, tmp_path):
    first = load(str(folder), quantization=Precision("nf4", dtype=torch.bfloat16), device="cpu")
    kept = shutil.copytree(folder, tmp_path / "kept")
    first.model.save_pretrained(kept)
    again = load(str(kept), quantization="none", device="cpu")
    assert again.engine.quantization == "nf4"
    assert {module.compute_dtype for module in again.model.modules() if isinstance(module, Linear4bit)} == {torch.float32}
    assert kinds(again, Linear4bit) == kinds(first, Linear4bit)


def test_the_scales_can_be_quantised_in_turn(folders):
    loaded = load(str(folders["internvl"]), quantization=Precision("nf4", double=True), device="cpu")
    states = [module.weight.quant_state for module in loaded.model.modules() if isinstance(module, Linear4bit)]
    assert all(state.nested for state in states)


def test_inputs_that_four_bits_on_a_cpu_read_wrongly_are_refused():
    with pytest.raises(BackendUnavailable, match="0 has 96 inputs, no multiple of 64"):
        fit_kernels(torch.nn.Sequential(Linear4bit(96, 32, quant_type="nf4")))


@pytest.mark.parametrize(("outputs", "inputs"), [(40, 64), (8, 128)])
def test_shapes_that_the_packed_kernel_cannot_take_go_another_way(outputs, inputs):
    weight = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(0))
    layer = Linear4bit(inputs, outputs, bias=False, compute_dtype=torch.float32, quant_type="nf4")
    layer.weight = Params4bit(weight, requires_grad=False, quant_type="nf4")
    network = torch.nn.Sequential(layer.to("cpu")).eval()
    fit_kernels(network)
    assert not layer.support_avx512bf16_for_cpu
    with torch.inference_mode():
        made = network(torch.eye(inputs)).T
    assert float((made - weight).norm() / weight.norm()) < 0.12  # 0.09 for Gaussian weights in NF4


def test_shapes_that_the_packed_kernel_takes_keep_it():
    layer = Linear4bit(64, 32, quant_type="nf4")
    layer.support_avx512bf16_for_cpu = True
    fit_kernels(torch.nn.Sequential(layer))
    assert layer.support_avx512bf16_for_cpu


def test_a_cpu_computes_in_32_bits_unless_told_otherwise(folders):
    assert load(str(folders["internvl"]), quantization="none", device="cpu").model.dtype == torch.float32
    chosen = Precision("none", dtype=torch.bfloat16)
    assert load(str(folders["internvl"]), quantization=chosen, device="cpu").model.dtype == torch.bfloat16


def test_nothing_of_a_checkpoints_own_generation_settings_is_taken_but_the_end_of_a_turn(folder):
    path = folder / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "repetition_penalty": 3.5, "num_beams": 3, "top_k": 2}))
    loaded = load(str(folder), quantization="none", device="cpu")
    assert loaded.model.generation_config.repetition_penalty in {None, 1.0}
    assert [loaded.tokenizer.convert_ids_to_tokens(end) for end in loaded.ends] == ["<|im_end|>", "<|endoftext|>"]


def test_a_head_of_its_own_is_kept_though_the_configuration_says_that_it_is_tied(folder):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "tie_word_embeddings": True}))
    model = load(str(folder), quantization="none", device="cpu").model
    weights = load_file(folder / "model.safetensors")
    assert torch.equal(model.lm_head.weight, weights[head(weights)])


def test_the_token_of_a_picture_is_looked_up_by_its_text(folder):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "image_token_id": 151667}))
    loaded = load(str(folder), quantization="none", device="cpu")
    assert loaded.tokenizer.convert_ids_to_tokens(loaded.model.config.image_token_id) == "<IMG_CONTEXT>"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("config.json", r"config\.json: missing"),
        ("model.safetensors", r"model\.safetensors: missing"),
        ("tokenizer.json", r"tokenizer\.json: missing"),
    ],
)
def test_a_missing_file_is_named(folder, name, told):
    (folder / name).unlink()
    (folder / "vocab.json").unlink()
    with pytest.raises(BackendUnavailable, match=told):
        load(str(folder), device="cpu")


def test_a_missing_shard_is_named(folder):
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BackendUnavailable, match=r"model-00002-of-00002\.safetensors: missing \(1 of 2"):
        load(str(folder), device="cpu")


@pytest.mark.parametrize("length", [0, 5, 1000, 200_000])
def test_weights_that_are_cut_short_are_named(folder, length):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BackendUnavailable, match=r"model\.safetensors: .*again"):
        load(str(folder), device="cpu")


def test_weights_that_are_lacking_are_named(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights.pop(head(weights))
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(BackendUnavailable, match=r"1 weights are missing or of another shape, such as lm_head\.weight"):
        load(str(folder), device="cpu")


def test_pickled_weights_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BackendUnavailable, match="can run code"):
        load(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"architectures": ["BertModel"], "model_type": "bert"}, "BertModel"),
        ({"architectures": ["LlavaQwenForCausalLM"], "model_type": "llava"}, "VARCO-VISION-14B-HF"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantised by awq"),
    ],
)
def test_what_is_not_known_is_refused_with_what_to_do(folder, change, told):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BackendUnavailable, match=told):
        load(str(folder), device="cpu")


def test_a_model_that_brings_its_own_code_is_told_how_to_be_converted(tmp_path):
    with pytest.raises(BackendUnavailable, match="docai models convert"):
        load(str(tiny_raw_internvl(tmp_path)), device="cpu")


@pytest.mark.parametrize("damage", [{"text_config": 7}, {"vision_config": {"hidden_size": "wide"}}])
def test_a_configuration_that_makes_no_sense_is_named(folder, damage):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    with pytest.raises(BackendUnavailable, match=r"config\.json"):
        load(str(folder), device="cpu")


def test_a_folder_or_device_that_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(BackendUnavailable, match="no such folder"):
        load(str(tmp_path / "nowhere"), device="cpu")
    with pytest.raises(BackendUnavailable, match="'abacus' is not there"):
        load(str(folder), device="abacus")


@pytest.mark.parametrize("quantization", ["nf4", "int8"])
def test_what_is_stored_in_few_bits_is_computed_in_one_type_as_what_is_made_so_on_loading(folder, tmp_path, quantization):
    quantize(folder, tmp_path / "small", quantization)
    stored = dict(load(str(tmp_path / "small"), device="cpu").model.named_parameters())
    made = dict(load(str(folder), quantization=quantization, device="cpu").model.named_parameters())
    assert {name: parameter.dtype for name, parameter in stored.items()} == {name: kept.dtype for name, kept in made.items()}
    assert {kept.dtype for kept in made.values()} == {torch.float32, torch.uint8 if quantization == "nf4" else torch.int8}


def test_a_repository_that_was_not_downloaded_is_named_when_offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        BackendUnavailable, match=r"owner/no-such-model: no such folder, .* docai models download owner/no-such-model"
    ):
        load("owner/no-such-model", device="cpu")


def test_the_hash_tells_weights_apart_and_not_copies(folder, tmp_path):
    first = hash_of(weights_files(folder))
    assert hash_of(weights_files(shutil.copytree(folder, tmp_path / "same"))) == first
    weights = {name: tensor + 1e-3 for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert hash_of(weights_files(folder)) != first
    assert first.startswith("sampled-sha256:")


def test_a_speaker_tells_who_speaks(folder):
    speaker = LocalSpeaker(load(str(folder), revision="v1", device="cpu"))
    engine = speaker.engine
    assert (engine.backend, engine.model, engine.revision, engine.dialect) == ("vlm", "copy", "v1", "internvl")
    assert {"<ref>", "<IMG_CONTEXT>", "<|im_end|>"} <= speaker.special
    assert speaker.lens == speaker.loaded.family.lens
    with pytest.raises(ValueError, match="a batch of 0"):
        LocalSpeaker(speaker.loaded, batch=0)


def test_fourteen_billion_weights_take_less_than_12_gb_in_four_bits():
    vision = SiglipVisionConfig(
        hidden_size=1152, intermediate_size=4304, num_hidden_layers=26, num_attention_heads=16, image_size=384, patch_size=14,
        vision_use_head=False,
    )  # fmt: skip
    language = Qwen2Config(
        hidden_size=5120, intermediate_size=13824, num_hidden_layers=48, num_attention_heads=40, num_key_value_heads=8,
        vocab_size=151680, tie_word_embeddings=False,
    )  # fmt: skip
    config = LlavaOnevisionConfig(vision_config=vision, text_config=language, tie_word_embeddings=False)
    assert weights_bytes(config, "none") == pytest.approx(30.39 * GB, rel=1e-3)  # seven shards of 30.37 GB together
    assert weights_bytes(config, "nf4") <= 11.5 * GB
    assert weights_bytes(config, "nf4", double=True) <= 10.9 * GB
    assert weights_bytes(config, "int8") <= 17.3 * GB


def test_one_billion_weights_take_less_than_1_4_gb_in_four_bits():
    vision = InternVLVisionConfig(attention_bias=True, image_size=[448, 448], patch_size=[14, 14])
    language = Qwen2Config(
        hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2,
        vocab_size=151655, tie_word_embeddings=False,
    )  # fmt: skip
    config = InternVLConfig(vision_config=vision, text_config=language, tie_word_embeddings=False)
    assert weights_bytes(config, "none") == pytest.approx(1.876 * GB, rel=1e-3)  # the file on the hub
    assert weights_bytes(config, "nf4") <= 1.4 * GB
