"""The model made from nothing: it opens as every checkpoint does, speaks our dialect, and spells every text."""

from __future__ import annotations

import unicodedata

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.opening import open_local
from docai.backends.transformers import load, words_of
from docai.dialects import Prompt
from docai.dialects.markup import STEPS, Dialect, used_words
from docai.exchange import Request
from docai.tasks.reading import ReadText
from docai.tiling import GridLens
from fine_tune.nano import SHAPES, character_tokenizer, characters, make_nano, places_of_patches, special_tokens
from fine_tune.synth.strips import draw_strip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_nano(tmp_path_factory.mktemp("nano") / "demo", "demo")


@pytest.fixture(scope="module")
def tokenizer():
    return character_tokenizer()


def test_a_made_model_opens_as_any_checkpoint_and_speaks_the_markup(folder):
    words = words_of(str(folder))
    assert words.family.dialect == "markup"
    assert words.family.lens == GridLens(tile=112, least=1, most=4)
    assert words.family.tokens_each == 16
    assert not words.prompter.has_system


def test_a_prompt_costs_four_tokens_beside_its_words(folder):
    words = words_of(str(folder))
    ids = words.prompter.ids(Prompt("<task_reading>"), [])
    told = ["<|im_start|>", "u", "<task_reading>", "<|im_end|>", "<|im_start|>", "a"]
    assert words.tokenizer.convert_ids_to_tokens(ids) == told
    ids = words.prompter.ids(Prompt("x", "y"), [])
    assert words.tokenizer.decode(ids) == "<|im_start|>sy<|im_end|><|im_start|>ux<|im_end|><|im_start|>a"


def test_a_made_model_answers_through_the_backend(folder):
    backend = open_local(str(folder), quantization="none")
    (reply,) = backend.answer([Request(ReadText(), (draw_strip(3).view(),), "vlm")])
    assert reply.usage.tiles == 1
    assert reply.usage.prompt_tokens == 6 + 16 + 2
    assert not [problem for problem in reply.problems if problem.code in {"model_failed", "unfit_grammar", "unfit_picture"}]
    assert reply.engine.dialect == "markup"


def test_the_same_seed_makes_the_same_weights_and_leaves_the_dice_alone(tmp_path, folder):
    before = torch.random.get_rng_state()
    again = make_nano(tmp_path / "again", "demo")
    assert torch.equal(torch.random.get_rng_state(), before)
    other = make_nano(tmp_path / "other", "demo", seed=1)
    first, second, third = ((path / "model.safetensors").read_bytes() for path in (folder, again, other))
    assert first == second != third


def test_a_folder_that_holds_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="choose another folder"):
        make_nano(tmp_path, "demo")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_larger_model_is_as_large_as_told(tmp_path):
    model = load(str(make_nano(tmp_path / "nano", "nano")), quantization="none", device="cpu").model
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(21.5e6, rel=0.01)
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert model.config.vision_config.image_size == [SHAPES["nano"].tile] * 2


@given(st.text())
def test_every_text_is_spelt_and_read_back(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["Total: 1,234.50", "합계 금액", "Đơn giá thành tiền", "ㄱㅏ ① €"])
def test_characters_of_three_languages_are_a_token_each(tokenizer, text):
    assert len(tokenizer.encode(text).ids) == len(text)
    assert len(tokenizer.encode(unicodedata.normalize("NFD", text)).ids) == len(text)


def test_what_is_rare_is_spelt_in_bytes(tokenizer):
    assert len(tokenizer.encode("뷁漢😀").ids) == 3 + 3 + 4


def test_all_of_the_dialects_words_are_tokens(tokenizer):
    tokens = special_tokens()
    dialect = Dialect(special=True)
    assert {f"<task_{task}>" for task in dialect.tasks} <= set(tokens)
    assert f"<loc_{STEPS}>" in tokens
    assert f"<loc_{STEPS + 1}>" not in tokens
    said = "<otsl><loc_0><loc_1><loc_2><loc_999><ched>a<nl></otsl><list_item>b</list_item><obj>c</obj><place><loc_5></place>"
    assert used_words([said]) <= set(tokens)
    assert [token for token in tokenizer.encode(said).tokens if token not in tokens] == ["a", "b", "c"]


def test_the_characters_are_those_told():
    assert sum(0xAC00 <= ord(one) <= 0xD7A3 for one in characters()) == 2350
    assert len(set(characters())) == len(characters())
    assert set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ") <= set(characters())


def test_near_places_begin_alike_and_no_two_the_same(folder):
    places = places_of_patches(8, 128)
    distances = torch.cdist(places, places) + 100 * torch.eye(64)
    assert distances.min() > 1
    assert distances[0].argmin() in (1, 8)
    model = load(str(folder), quantization="none", device="cpu").model
    words = model.get_input_embeddings().weight.detach()
    first = words_of(str(folder)).tokenizer.convert_tokens_to_ids("<loc_0>")
    steps = words[first : first + STEPS + 1]
    apart = torch.nn.functional.cosine_similarity(steps[300].expand_as(steps), steps)
    assert apart[301] > 0.99
    assert apart[301] > apart[310] > apart[400]
