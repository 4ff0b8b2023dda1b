"""What training takes: the formulas against what autograd keeps and a step allocates, and the plans that come of them."""

from __future__ import annotations

import io
import json
import weakref
from functools import cache

import pytest
import torch
from peft import LoraConfig, get_peft_model
from rich.console import Console
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import (
    AutoConfig,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    Qwen2Config,
    SiglipVisionConfig,
)

from docai.backends.transformers.loading import weights_bytes
from docai.errors import ExitCode, MissingDependency, NothingToDo, Unreadable
from fine_tune.plan import ANSWERED, DataFacts, DoesNotFit, Plan, facts_of, plan, seen_samples
from fine_tune.plan.durations import GPUS, Device, device_of, matmul_speed, speed, step_flops
from fine_tune.plan.needs import Row, hows, learning, memory
from fine_tune.plan.printing import print_plan, show_plan
from fine_tune.plan.shapes import CONFIGS, pictured, read_shapes
from fine_tune.samples import BadSample, Listed
from fine_tune.stage import read_stage, stage_files
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl

VARCO, VINTERN = "NCSOFT/VARCO-VISION-14B-HF", "5CD-AI/Vintern-1B-v3_5"
QLORA = {
    "trains": {"vision": None, "projector": None, "language": {"learning_rate": 1e-4, "how": "lora"}},
    "adapter": {"base": "nf4"},
}
RATE = {"learning_rate": 1e-3}
PICTURE = 999  # the number of the picture's token
ADAPTED = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"


def stage(number=2, family="vintern", **changes):
    return read_stage(stage_files()[number], family, changes)


@cache
def known(name):
    return read_shapes(name)


def language():
    return Qwen2Config(
        vocab_size=1000,
        hidden_size=96,
        intermediate_size=288,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        tie_word_embeddings=False,
    )


def internvl():
    vision = InternVLVisionConfig(
        hidden_size=96,
        intermediate_size=384,
        num_hidden_layers=3,
        num_attention_heads=4,
        attention_bias=True,
        image_size=[448, 448],
        patch_size=[14, 14],
    )
    config = InternVLConfig(vision_config=vision, text_config=language(), image_token_id=PICTURE, tie_word_embeddings=False)
    ids = torch.cat([torch.full((1, 512), PICTURE), torch.randint(0, 900, (1, 200))], 1)
    return InternVLForConditionalGeneration(config), {"input_ids": ids, "pixel_values": torch.randn(2, 3, 448, 448)}, 2


def onevision():
    vision = SiglipVisionConfig(
        hidden_size=96,
        intermediate_size=384,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=384,
        patch_size=14,
        vision_use_head=False,
    )
    config = LlavaOnevisionConfig(
        vision_config=vision,
        text_config=language(),
        image_token_index=PICTURE,
        vision_feature_layer=-1,
        image_grid_pinpoints=[[384, 384], [768, 384]],
        tie_word_embeddings=False,
    )
    ids = torch.cat([torch.full((1, 729 + 54 * 28), PICTURE), torch.randint(0, 900, (1, 100))], 1)
    pictures = {"pixel_values": torch.randn(1, 3, 3, 384, 384), "image_sizes": torch.tensor([[768, 384]])}
    return LlavaOnevisionForConditionalGeneration(config), {"input_ids": ids, **pictures}, 3


def shapes_of(network, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(network.config.to_dict()))
    return read_shapes(str(tmp_path))


def let_learn(network, trains):
    network.requires_grad_(requires_grad=False)
    for part, path in (("vision", "vision_tower"), ("projector", "multi_modal_projector"), ("language", "language_model")):
        if part in trains:
            getattr(network.model, path).requires_grad_(requires_grad=True)
    network.lm_head.requires_grad_(requires_grad="language" in trains)


def kept_bytes(network, inputs):
    """Return the bytes that autograd keeps of a forward pass, weights apart, each storage once."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    held = {}

    def keep(tensor):
        if tensor.untyped_storage().data_ptr() not in weights:
            held[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network.model(**inputs, use_cache=False)
    return sum(tensor.untyped_storage().nbytes() for tensor in held.values())


class Peak(TorchDispatchMode):
    """Adds up the bytes of the storages that operations make while they live, weights apart, and remembers the most."""

    def __init__(self, network):
        super().__init__()
        self.now = self.most = 0
        weights = [parameter.untyped_storage() for parameter in network.parameters()]
        self.known = weakref.WeakSet([*weights, *(parameter.grad.untyped_storage() for parameter in network.parameters())])

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        made = function(*arguments, **(keywords or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage() not in self.known:
                storage = tensor.untyped_storage()
                self.known.add(storage)
                self.now += storage.nbytes()
                weakref.finalize(storage, self.gone, storage.nbytes())
        self.most = max(self.most, self.now)
        return made

    def gone(self, size):
        self.now -= size


@pytest.mark.parametrize("make", [internvl, onevision])
@pytest.mark.parametrize("trains", [("vision", "projector", "language"), ("projector",), ("language",)])
def test_the_formulas_tell_what_autograd_keeps(make, trains, tmp_path):
    network, inputs, tiles = make()
    let_learn(network.train(), trains)
    asked = stage(
        trains=dict.fromkeys(("vision", "projector", "language")) | dict.fromkeys(trains, RATE), saving={"checkpointing": False}
    )
    tokens = inputs["input_ids"].shape[1]
    told = memory(asked, shapes_of(network, tmp_path), Row(tokens=tokens, answers=tokens, tiles=tiles, masked=False), computed=4)
    assert told.vision + told.language == pytest.approx(kept_bytes(network, inputs), rel=0.03)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft 0.21 asks for it
@pytest.mark.parametrize("make", [internvl, onevision])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_formulas_tell_what_autograd_keeps_for_lora(make, dropout, tmp_path):
    network, inputs, tiles = make()
    shapes = shapes_of(network, tmp_path)
    adapted = get_peft_model(network, LoraConfig(r=8, lora_dropout=dropout, target_modules=ADAPTED)).train()
    asked = stage(**QLORA | {"adapter": {"rank": 8, "dropout": dropout}}, saving={"checkpointing": False})
    assert sum(learning(asked, shapes).values()) == sum(one.numel() for one in adapted.parameters() if one.requires_grad)
    tokens = inputs["input_ids"].shape[1]
    told = memory(asked, shapes, Row(tokens=tokens, answers=tokens, tiles=tiles, masked=False), computed=4)
    assert told.vision + told.language == pytest.approx(kept_bytes(network, inputs), rel=0.05)


@pytest.mark.parametrize("make", [internvl, onevision])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_step_takes_at_its_peak_what_is_planned(make, checkpointing, tmp_path):
    network, inputs, tiles = make()
    shapes = shapes_of(network, tmp_path)
    network.train()
    if checkpointing:
        network.activation_checkpointing_enable()
    for parameter in network.parameters():  # as they are there from the second micro batch on
        parameter.grad = torch.zeros_like(parameter)
    with Peak(network) as peak:
        network.model(**inputs).last_hidden_state.sum().backward()
    row = Row(tokens=inputs["input_ids"].shape[1], answers=1, tiles=tiles, masked=False)
    told = memory(stage(saving={"checkpointing": checkpointing}), shapes, row, computed=4)
    pixels = inputs["pixel_values"].nbytes  # were there before
    assert told.vision + told.language + told.working == pytest.approx(peak.most + pixels, rel=0.15)


def test_parameters_are_counted_from_headers_and_without_them_alike(tmp_path):
    for make, name in ((tiny_internvl, "a"), (tiny_raw_internvl, "b"), (tiny_onevision, "c")):
        folder = make(tmp_path / name)
        stored = read_shapes(str(folder))
        assert stored.total == sum(counts.total for counts in stored.parameters.values())
        assert all(counts.total for counts in stored.parameters.values())
        if make is not tiny_raw_internvl:
            next(folder.glob("*.safetensors")).unlink()
            assert read_shapes(str(folder)) == stored


def test_the_known_models_have_as_many_parameters_as_their_files_tell():
    assert {name: round(known(name).total / 1e6, 1) for name in (VARCO, VINTERN)} == {VARCO: 15196.0, VINTERN: 938.2}
    parts = known(VARCO).parameters
    assert [round(parts[part].total / 1e6, 1) for part in ("vision", "projector", "language", "words")] == [
        397.7,
        32.1,
        13212.9,
        1553.2,
    ]


def test_weights_in_four_bits_take_what_the_loader_says_that_they_take():
    for name in (VARCO, VINTERN):
        config = AutoConfig.for_model(**CONFIGS[name])
        for double in (False, True):
            row = Row(tokens=1, answers=1, tiles=1, masked=False)
            told = memory(stage(**QLORA | {"adapter": {"base": "nf4", "rank": 1}}), known(name), row, computed=2, double=double)
            beside = 4 * known(name).parameters["language"].sides
            assert told.weights - beside == pytest.approx(weights_bytes(config, "nf4", double=double), rel=1e-4)


def test_qlora_of_varco_14b_fits_24_gigabytes_and_of_vintern_1b_8():
    for name, family, tiles, bar in ((VARCO, "varco", 4, "24GB"), (VINTERN, "vintern", 6, "8GB")):
        for pack in (True, False):
            asked = stage(family=family, **QLORA, sight={"tiles": tiles, "tokens": 4096, "pack": pack})
            planned = plan([asked], known(name), family, device_of(bar))
            planned.check()
            assert planned.stages[0].row_tokens == 4096


@pytest.mark.parametrize(("name", "family"), [(VARCO, "varco"), (VINTERN, "vintern")])
def test_the_dearest_picture_of_each_stage_leaves_room_for_an_answer(name, family):
    every = [stage(number, family) for number in stage_files()]
    for told, planned in zip(every, plan(every, known(name), family, device_of("80GB")).stages, strict=True):
        assert pictured(known(name), told.sight.tiles).tokens + ANSWERED <= told.sight.tokens
        assert not [warning for warning in planned.warnings if "pictures on" in warning]


def test_pictures_that_a_row_has_no_room_for_are_told_of_and_not_proposed():
    asked = stage(3, "varco", sight={"tiles": 12, "tokens": 8192}, **QLORA)
    (planned,) = plan([asked], known(VARCO), "varco", device_of("18GB")).stages
    assert any("pictures on 12 tiles take up to 11,421 tokens" in warning for warning in planned.warnings)
    assert not planned.fits
    assert not [remedy for remedy in planned.remedies if "sight.tiles 6 and sight.tokens 4096" in remedy]


def test_stage_1_of_varco_14b_fits_24_gigabytes_with_the_language_model_in_4_bits():
    device = device_of("24GB")
    (plain,) = plan([stage(1, "varco")], known(VARCO), "varco", device).stages
    assert not plain.fits
    assert plain.remedies[0].startswith("the language model in 4 bits (--qlora)")
    (told,) = plan([stage(1, "varco", adapter={"base": "nf4"})], known(VARCO), "varco", device).stages
    assert told.fits
    assert [part.how for part in told.parts] == ["frozen", "full", "passed", "passed"]


def test_what_cannot_fit_is_refused_and_what_is_proposed_does_fit():
    shapes, device = known(VARCO), device_of("24GB")
    planned = plan([stage(family="varco", sight={"tiles": 4, "tokens": 4096})], shapes, "varco", device)
    with pytest.raises(DoesNotFit, match=r"stage 2 .* what would fit: QLoRA") as refused:
        planned.check()
    assert refused.value.exit_code == ExitCode.OVER_LIMIT
    assert "such GPUs by FSDP" in planned.stages[0].remedies[-1]
    devices = int(planned.stages[0].remedies[-1].split()[0])
    again = stage(family="varco", sight={"tiles": 4, "tokens": 4096})
    assert plan([again], shapes, "varco", device_of(f"{devices} x 24GB")).stages[0].fits
    assert not plan([again], shapes, "varco", device_of(f"{devices - 1}x24GB")).stages[0].fits


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"saving": {"checkpointing": False}}, "saving.checkpointing true"),
        ({"schedule": {"micro_batch": 16}}, "schedule.micro_batch 1"),
    ],
)
def test_the_smallest_change_is_proposed_first(changes, remedy):
    asked = stage(**QLORA, **changes)
    (planned,) = plan([asked], known(VINTERN), "vintern", Device(name="small", memory=4 * 10**9)).stages
    assert not planned.fits
    assert planned.remedies[0].startswith(remedy)


def test_each_saving_saves():
    shapes = known(VINTERN)
    row = Row(tokens=4096, answers=400, tiles=14, masked=False)

    def total(**changes):
        return memory(stage(**changes), shapes, row, computed=2).total

    assert total() < total(saving={"checkpointing": False})
    assert total(schedule={"optimizer": "adamw_8bit"}) < total(schedule={"optimizer": "muon"}) < total()
    assert (
        total(**QLORA) < total(**QLORA | {"adapter": {"base": "int8"}}) < total(**QLORA | {"adapter": {"base": "none"}}) < total()
    )
    dpo = {"loss": {"kind": "dpo"}, "trains": {"vision": None, "projector": None}}
    copied = total(**dpo) - total(trains=dpo["trains"])  # the model as it was, what learns in 32 bits
    assert copied == sum((4 if part in ("language", "words") else 2) * one.total for part, one in shapes.parameters.items())


def test_gradients_pass_through_what_stands_behind_what_learns():
    assert hows(stage(1)) == {"vision": "frozen", "projector": "full", "language": "passed", "words": "passed"}
    assert hows(stage(2)) == dict.fromkeys(("vision", "projector", "language", "words"), "full")
    assert hows(stage(4)) == {"vision": "frozen", "projector": "frozen", "language": "full", "words": "full"}
    assert hows(stage(**QLORA))["language"] == "lora"


def test_a_step_that_trains_all_is_six_products_of_each_weight_and_token():
    shapes = known(VINTERN)
    asked = stage(saving={"checkpointing": False})
    row = Row(tokens=1000, answers=1000, tiles=0, masked=False)
    inner, head = shapes.parameters["language"].matrices, shapes.vocabulary * shapes.language.hidden
    attended = 3 * 1000 * 1000 / 2 * 4 * shapes.language.attended * shapes.language.layers
    assert step_flops(asked, shapes, row) == 6 * 1000 * inner + 8 * 1000 * head + attended
    assert step_flops(stage(), shapes, row) > step_flops(asked, shapes, row)  # computed twice


def test_pictures_take_the_tokens_that_the_families_give_them():
    assert pictured(known(VINTERN), 6).model_dump() == {"tiles": 7, "tokens": 7 * 256 + 2}
    assert pictured(known(VINTERN), 1).tiles == 1
    assert pictured(known(VARCO), 4).model_dump() == {"tiles": 5, "tokens": 729 + 54 * 55}


def test_steps_follow_the_user_s_own_samples():
    asked = stage(mixture={"own": 1, "synth/reading": 3}, schedule={"epochs": 2, "batch": 16})
    assert seen_samples(asked, {"own": 100}) == 800
    assert plan([asked], known(VINTERN), "vintern", GPUS["h100"], facts=DataFacts(samples={"own": 100})).stages[0].steps == 50
    assert seen_samples(stage(schedule={"steps": 7, "batch": 4}), {}) == 28
    assert seen_samples(stage(4), {"own": 100}) is None
    assert seen_samples(stage(4), {"own": 100, "pairs": 30}) == 30


def test_facts_are_those_of_the_samples_that_are_good():
    class Spoilt(Listed):
        def sample(self, number):
            if number == 1:
                raise BadSample("a.jsonl:2", "no such picture")
            return number

    facts = facts_of({"own": Spoilt("own", [0] * 3), "drawn": Listed("drawn", [])}, lambda number: (1, 100 + number, 10))
    assert facts == DataFacts(samples={"own": 3, "drawn": 0}, tiles=1.0, tokens=101.0, answers=10.0)
    assert facts_of({}, lambda _: (1, 1, 1)) == DataFacts()


def test_devices_are_known_by_size_and_by_name():
    assert device_of("24GB").memory == device_of("NVIDIA RTX 4090").memory == 24 * 10**9
    assert (device_of("8 x a100").count, device_of("8 x a100").name) == (8, "A100 80GB")
    assert device_of("80 GiB").memory == 80 * 2**30
    assert device_of("A100-40GB").flops == 312e12
    assert speed(device_of("24GB"), stage()) == 0
    with pytest.raises(NothingToDo, match="no such device; give its memory, such as 24GB"):
        device_of("a very large one")


def test_a_processor_is_tried_before_its_time_is_told():
    assert 1e8 < matmul_speed() < 1e14
    planned = plan([stage(schedule={"steps": 2})], known(VINTERN), "vintern", device_of("cpu"))
    assert planned.stages[0].seconds > 0
    assert planned.stages[0].memory.context == 0


def test_a_plan_is_printed_and_is_json():
    stages = [stage(number) for number in (1, 2, 3, 4)]
    planned = plan(stages, known(VINTERN), "vintern", device_of("8GB"), facts=DataFacts(samples={"own": 1000}))
    assert Plan.model_validate_json(planned.model_dump_json()) == planned
    screen = Console(width=160, record=True, quiet=False, file=io.StringIO())
    print_plan(planned, screen)
    shown = screen.export_text()
    for words in ("3 advanced_sft", "full 4.5 M of 4.5 M", "does not fit; what would: ", "Stage 4: steps are not known"):
        assert words in shown


def test_the_command_prints_json_and_then_refuses(capsys):
    show_plan([stage(**QLORA)], VINTERN, "vintern", "8GB", as_json=True)
    assert Plan.model_validate_json(capsys.readouterr().out).stages[0].fits
    with pytest.raises(DoesNotFit):
        show_plan([stage()], VINTERN, "vintern", "4GB")
    assert "does not fit" in capsys.readouterr().out


def test_pictures_that_no_row_can_hold_are_told():
    planned = plan([stage(family="varco", sight={"tiles": 6, "tokens": 4096})], known(VARCO), "varco", GPUS["h200"])
    assert "up to 5,184 tokens" in planned.stages[0].warnings[0]


def test_models_that_are_not_here_or_of_another_kind_are_refused(tmp_path):
    with pytest.raises(MissingDependency, match="docai models download"):
        read_shapes("5CD-AI/Vintern-3B-beta")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(Unreadable, match="convert"):
        read_shapes(str(tmp_path))
