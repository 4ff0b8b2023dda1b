"""What of a model learns in which stage, at which rates, and how it is written as a model folder again."""

from __future__ import annotations

import copy
import json

import pytest

pytest.importorskip("trl")

import torch

from docai.backends.transformers import load
from docai.models_files import verify
from docai.models_quantize import quantize
from fine_tune.model import Untrainable, computed_in, learnt, open_to_learn, part_of, write_model
from fine_tune.optimizers import MuonAndAdamW, groups_of, optimizer_of
from tests.tiny_models import tiny_internvl, tiny_onevision
from tests.trained_models import FULL, LORA, a_stage

CPU = torch.device("cpu")
FAMILIES = {"internvl": tiny_internvl, "onevision": tiny_onevision}


@pytest.fixture(scope="module", params=list(FAMILIES))
def folder(request, tmp_path_factory):
    return FAMILIES[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def internvl(tmp_path_factory):
    return tiny_internvl(tmp_path_factory.mktemp("internvl"))


def roots(network):
    return {".".join(name.split(".")[:2]) for name, _ in learnt(network)}


def test_a_part_that_is_told_learns_and_no_other(folder):
    whole = {"model.vision_tower", "model.language_model", "lm_head.weight", "model.multi_modal_projector"}
    newline = {"model.image_newline"} if "onevision" in str(folder) else set()
    projector = {"model.multi_modal_projector"} | newline
    assert roots(open_to_learn(folder, a_stage(trains={"projector": FULL}), CPU).network) == projector
    assert roots(open_to_learn(folder, a_stage(trains={"language": FULL}), CPU).network) == {
        "model.language_model",
        "lm_head.weight",
    }
    all_parts = {"vision": FULL, "projector": FULL, "language": FULL}
    assert roots(open_to_learn(folder, a_stage(trains=all_parts), CPU).network) == whole | newline


def test_small_matrices_stand_beside_all_linear_layers_of_their_part_but_the_head(internvl):
    stage = a_stage(trains={"language": LORA, "vision": LORA, "projector": FULL}, adapter={"rank": 4})
    names = [name for name, _ in learnt(open_to_learn(internvl, stage, CPU).network)]
    assert sum("language_model" in name and "lora_A" in name for name in names) == 2 * 7
    assert sum("vision_tower" in name and "lora_B" in name for name in names) == 2 * 6
    assert not any("lm_head" in name or "embed" in name for name in names)
    assert sum("multi_modal_projector" in name and "lora" not in name for name in names) == 6


def test_only_the_matrices_of_the_language_model_are_quantised_and_what_learns_is_in_float32(internvl):
    stage = a_stage(trains={"language": LORA, "projector": FULL}, adapter={"base": "nf4"}, saving={"precision": "bf16"})
    network = open_to_learn(internvl, stage, CPU).network
    assert {parameter.dtype for _, parameter in learnt(network)} == {torch.float32}
    small = {name for name, parameter in network.named_parameters() if parameter.dtype == torch.uint8}
    assert len(small) == 14
    assert all("language_model.layers" in name for name in small)
    assert network.get_base_model().model.vision_tower.encoder.layer[0].attention.q_proj.weight.dtype == torch.bfloat16


def test_a_language_model_that_does_not_learn_is_kept_in_four_bits_where_that_is_told(internvl):
    network = open_to_learn(internvl, a_stage(1, adapter={"base": "nf4"}, saving={"precision": "bf16"}), CPU).network
    assert sum(parameter.dtype == torch.uint8 for parameter in network.parameters()) == 14
    assert roots(network) == {"model.multi_modal_projector"}
    assert {parameter.dtype for _, parameter in learnt(network)} == {torch.float32}


def test_what_cannot_learn_is_refused_with_what_could(internvl, tmp_path):
    stage = a_stage(trains={"projector": LORA, "language": FULL}, adapter={"base": "nf4"})
    with pytest.raises(Untrainable, match=r"trains\.language\.how=lora or adapter\.base=none"):
        open_to_learn(internvl, stage, CPU)
    quantize(internvl, tmp_path / "small", "nf4")
    with pytest.raises(Untrainable, match="train the model that it was made from"):
        open_to_learn(tmp_path / "small", a_stage(), CPU)
    with pytest.raises(Untrainable, match="no part known"):
        part_of("model.audio_tower.weight")


def test_precision_is_that_of_the_stage_and_by_itself_that_of_the_device():
    assert computed_in(a_stage(saving={"precision": "fp16"}), CPU) == torch.float16
    assert computed_in(a_stage(saving={"precision": "auto"}), CPU) == torch.float32


def test_rates_of_parts_arrive_in_the_groups_and_norms_and_biases_do_not_decay(folder):
    rates = {"vision": {"learning_rate": 2e-6}, "projector": {"learning_rate": 1e-3}, "language": {"learning_rate": 1e-5}}
    stage = a_stage(trains=rates, schedule={"weight_decay": 0.1})
    network = open_to_learn(folder, stage, CPU).network
    groups = {group["name"]: group for group in groups_of(network, stage)}
    assert {name: group["lr"] for name, group in groups.items()} == {
        f"{part}{undecayed}": told["learning_rate"] for part, told in rates.items() for undecayed in ("", "/undecayed")
    }
    assert {name: group["weight_decay"] for name, group in groups.items() if "undecayed" in name} == dict.fromkeys(
        ("vision/undecayed", "projector/undecayed", "language/undecayed"), 0.0
    )
    placed = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(placed) == sorted(id(parameter) for _, parameter in learnt(network))
    named = {id(parameter): name for name, parameter in network.named_parameters()}
    assert all(
        "norm" in named[one] or "bias" in named[one] or network.get_parameter(named[one]).ndim == 1
        for name, group in groups.items()
        if "undecayed" in name
        for one in map(id, group["params"])
    )


def test_muon_takes_hidden_matrices_and_adamw_the_rest_and_their_state_is_one(internvl):
    stage = a_stage(trains={"language": FULL, "vision": FULL}, schedule={"optimizer": "muon"})
    network = open_to_learn(internvl, stage, CPU).network
    named = {id(parameter): name for name, parameter in network.named_parameters()}
    optimizer = optimizer_of(network, stage)
    assert isinstance(optimizer, MuonAndAdamW)
    by_muon = {named[id(one)] for group in optimizer.param_groups if group["muon"] for one in group["params"]}
    assert "model.language_model.layers.0.mlp.up_proj.weight" in by_muon
    assert not any(word in name for name in by_muon for word in ("embed", "lm_head", "norm", "bias"))

    def steps(given, count):
        for step in range(count):
            for name, parameter in learnt(network):
                parameter.grad = torch.full_like(parameter, 0.01 * (step + 1) * (1 + len(name) % 3))
            given.step()

    steps(optimizer, 2)
    kept, weights = copy.deepcopy(optimizer.state_dict()), {name: one.detach().clone() for name, one in learnt(network)}
    steps(optimizer, 2)
    straight = {name: one.detach().clone() for name, one in learnt(network)}
    with torch.no_grad():
        for name, one in learnt(network):
            one.copy_(weights[name])
    again = optimizer_of(network, stage)
    again.load_state_dict(kept)
    steps(again, 2)
    assert all(torch.equal(one, straight[name]) for name, one in learnt(network))
    assert not torch.equal(straight["lm_head.weight"], weights["lm_head.weight"])


def test_a_folder_with_the_matrices_merged_and_one_with_them_beside_say_the_same(folder, tmp_path):
    stage = a_stage(trains={"language": LORA, "projector": FULL}, adapter={"rank": 4, "base": "nf4"})
    opened = open_to_learn(folder, stage, CPU)
    random = torch.Generator().manual_seed(0)
    learned = {name: one + torch.randn(one.shape, generator=random) / 10 for name, one in learnt(opened.network)}
    write_model(opened, learned, tmp_path / "merged")
    write_model(opened, learned, tmp_path / "beside", merged=False)
    ids = torch.arange(10, 30)[None]

    def said(path):
        with torch.no_grad():
            return load(str(path), quantization="none").model(input_ids=ids).logits

    assert (tmp_path / "beside" / "adapter_model.safetensors").is_file()
    torch.testing.assert_close(said(tmp_path / "merged"), said(tmp_path / "beside"), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(said(tmp_path / "merged"), said(folder), atol=0.1)
    load(str(tmp_path / "beside"), quantization="nf4")
    assert not verify(tmp_path / "merged").damage
    assert quantize(tmp_path / "merged", tmp_path / "small", "nf4") == 14


def test_what_did_not_learn_stays_to_the_bit_and_in_the_type_it_was_stored_in(tmp_path):
    folder = tiny_internvl(tmp_path / "start", dtype=torch.bfloat16)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "docai_dialect": "markup"}))
    opened = open_to_learn(folder, a_stage(), CPU)
    before = {name: one.clone() for name, one in load(str(folder), quantization="none").model.state_dict().items()}
    name = "model.multi_modal_projector.linear_1.weight"
    write_model(opened, {name: before[name] + 1}, tmp_path / "made")
    loaded = load(str(tmp_path / "made"), quantization="none")
    after = loaded.model.state_dict()
    assert {key for key in before if not torch.equal(before[key], after[key])} == {name}
    assert loaded.family.dialect == "markup"
    assert loaded.prompter.template == load(str(folder), quantization="none").prompter.template
    with pytest.raises(ValueError, match="none of the model's"):
        write_model(opened, {"surprise": before[name]}, tmp_path / "other")


def test_a_folder_trained_on_more_tiles_says_so_and_one_trained_on_fewer_does_not(folder, tmp_path):
    before = load(str(folder), quantization="none").family.lens
    for tiles in (1, 40):
        opened = open_to_learn(folder, a_stage(sight={"tiles": tiles}), CPU)
        write_model(opened, {}, tmp_path / str(tiles))
    few, many = (load(str(tmp_path / str(tiles)), quantization="none").family.lens for tiles in (1, 40))
    assert few == before
    assert len(getattr(many, "pinpoints", ())) > len(getattr(before, "pinpoints", ())) or many.most == 40
