"""What a local model says: each of a batch as if it were alone, measured, ended in time, and never at another's cost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from docai.backends.speaker import Asked
from docai.backends.transformers import LocalSpeaker, load
from docai.backends.transformers.generate import Chance
from docai.backends.transformers.spelling import Speller
from docai.dialects import Grammar, Prompt
from docai.grids import cut_anyres, cut_reference
from docai.tiling import Seen
from tests.tiny_models import tiny_internvl, tiny_onevision

LINE = "The total amount of the invoice is 1,234.50 and the table has three columns and five rows.\\n"
FOREVER = Grammar("lark", f'start: ("{LINE}"){{60}}\n')


@pytest.fixture(scope="module")
def internvl(tmp_path_factory):
    return load(str(tiny_internvl(tmp_path_factory.mktemp("internvl"))), quantization="none", device="cpu")


@pytest.fixture(scope="module")
def onevision(tmp_path_factory):
    return load(str(tiny_onevision(tmp_path_factory.mktemp("onevision"))), quantization="none", device="cpu")


def asked_of(loaded, **changes):
    """Return several questions about pictures of several numbers of tiles."""
    cut = cut_reference if loaded.engine.dialect == "internvl" else cut_anyres
    lens = replace(loaded.family.lens, most=2) if loaded.engine.dialect == "internvl" else loaded.family.lens
    asked = []
    for place, (text, size) in enumerate({"hello": (300, 500), "<ocr>": (384, 384), "표와 그림": (900, 300)}.items()):
        pixels = np.random.default_rng(place).integers(0, 256, (*size, 3), dtype=np.uint8)
        asked.append(replace(Asked((cut(pixels, lens),), Prompt(text), most_tokens=12 + place), **changes))
    return asked


@pytest.mark.parametrize("family", ["internvl", "onevision"])
def test_each_is_told_the_same_in_any_batch(family, request):
    loaded = request.getfixturevalue(family)
    asked = asked_of(loaded)
    together = LocalSpeaker(loaded, batch=3).say(asked)
    for alone, said in zip(asked, together, strict=True):
        (single,) = LocalSpeaker(loaded, batch=1).say([alone])
        assert (single.text, single.finish, single.usage) == (said.text, said.finish, said.usage)
        for one, other in zip(single.tokens, said.tokens, strict=True):
            assert one[:2] == other[:2]
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-4)


def test_what_is_said_is_what_transformers_itself_would_say(internvl):
    (asked,) = asked_of(internvl)[:1]
    (said,) = LocalSpeaker(internvl).say([asked])
    ids = torch.tensor([internvl.prompter.ids(asked.prompt, asked.seen)])
    whole = internvl.model.generate(
        input_ids=ids, **internvl.family.inputs([asked.seen]), max_new_tokens=asked.most_tokens, do_sample=False,
        output_logits=True, return_dict_in_generate=True,
    )  # fmt: skip
    new = whole.sequences[0, ids.shape[1] :].tolist()
    assert said.text == internvl.tokenizer.decode(new, skip_special_tokens=False)
    logs = [float(step[0].log_softmax(-1)[token]) for step, token in zip(whole.logits, new, strict=True)]
    assert [token.log_probability for token in said.tokens] == pytest.approx(logs, abs=1e-4)


def test_tokens_cover_the_text_exactly(internvl, onevision):
    for loaded in (internvl, onevision):
        for said in LocalSpeaker(loaded).say(asked_of(loaded)):
            assert said.tokens[0].start == 0
            assert said.tokens[-1].end == len(said.text)
            assert all(after.start in {before.end, before.end - 1} for before, after in pairwise(said.tokens))
            assert all(token.log_probability <= 0 for token in said.tokens)


def test_usage_counts_tiles_and_tokens(onevision):
    asked = asked_of(onevision)[1]
    (said,) = LocalSpeaker(onevision).say([asked])
    assert said.usage.tiles == len(asked.seen[0].tiles)
    assert said.usage.prompt_tokens == len(onevision.prompter.ids(asked.prompt, asked.seen))
    assert said.usage.tokens == len(said.tokens) == 13
    assert said.finish == "length"


def test_a_loop_ends_early(onevision):
    (said,) = LocalSpeaker(onevision).say([Asked((), Prompt("x"), FOREVER, most_tokens=3000)])
    assert said.finish == "loop"
    assert said.text.startswith(LINE.replace("\\n", "\n") * 8)
    assert said.usage.tokens < 1000


def test_one_that_loops_or_ends_does_not_end_the_others(onevision):
    asked = [
        Asked((), Prompt("x"), Grammar("lark", 'start: "a"\n')),
        Asked((), Prompt("x"), Grammar("lark", "start: /[0-9]{60}/\n")),
        Asked((), Prompt("xyz"), most_tokens=3),
    ]
    short, long, free = LocalSpeaker(onevision, batch=3).say(asked)
    assert (short.text, short.finish) == ("a", "stop")
    assert (len(long.text), long.finish) == (60, "stop")
    assert (len(free.tokens), free.finish) == (3, "length")


def test_a_temperature_varies_by_the_seed_alone(internvl):
    asked = [replace(one, temperature=1.5, seed=seed) for seed, one in enumerate([asked_of(internvl)[1]] * 3)]
    first = LocalSpeaker(internvl, batch=3).say(asked)
    assert len({said.text for said in first}) == 3
    assert [said.text for said in LocalSpeaker(internvl, batch=1).say(asked)] == [said.text for said in first]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_temperature_draws_as_often_as_is_likely(temperature):
    odds, draws = torch.tensor([0.7, 0.2, 0.1]), 4000
    asked = [Asked((), Prompt("x"), temperature=temperature, seed=seed) for seed in range(draws)]
    drawn = Chance(asked, torch.device("cpu"))(torch.zeros(draws, 1), odds.log().expand(draws, 3)).argmax(1)
    expected = odds ** (1 / temperature) / (odds ** (1 / temperature)).sum()
    shares = torch.bincount(drawn, minlength=3) / draws
    assert shares.tolist() == pytest.approx(expected.tolist(), abs=0.024)  # three standard deviations of a share of a half


def test_without_a_temperature_scores_stay_as_they_are():
    scores = torch.randn(2, 5)
    assert Chance([Asked((), Prompt("x"))] * 2, torch.device("cpu"))(torch.zeros(2, 1), scores) is scores


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory: 9 GB")])
def test_a_batch_that_memory_does_not_hold_is_halved(internvl, monkeypatch, error):
    asked, whole = asked_of(internvl), internvl.model.generate
    expected = LocalSpeaker(internvl, batch=1).say(asked)
    sizes = []

    def small(input_ids, **inputs):
        sizes.append(len(input_ids))
        if len(input_ids) > 1:
            raise error
        return whole(input_ids=input_ids, **inputs)

    monkeypatch.setattr(internvl.model, "generate", small)
    said = LocalSpeaker(internvl, batch=3).say(asked)
    assert [one.text for one in said] == [one.text for one in expected]
    assert sizes == [3, 2, 1, 1, 1]


def test_one_that_memory_does_not_hold_alone_says_so_and_the_others_are_told(internvl, monkeypatch):
    asked, whole = asked_of(internvl), internvl.model.generate

    def small(input_ids, **inputs):
        if input_ids.shape[1] > 600:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(input_ids=input_ids, **inputs)

    monkeypatch.setattr(internvl.model, "generate", small)
    said = LocalSpeaker(internvl, batch=3).say(asked)
    assert [one.finish for one in said].count("failed") == 2
    problem = next(one.problems[0] for one in said if one.finish == "failed")
    assert problem.code == "out_of_memory"
    assert "3 tiles and" in problem.message
    assert "fewer tiles" in problem.message


def test_a_network_that_fails_on_one_fails_on_it_alone(internvl, monkeypatch):
    asked, whole = asked_of(internvl), internvl.model.generate

    def touchy(input_ids, **inputs):
        if len(input_ids) > 1 or inputs["max_new_tokens"] == asked[1].most_tokens:
            raise RuntimeError("the kernel gave up")
        return whole(input_ids=input_ids, **inputs)

    monkeypatch.setattr(internvl.model, "generate", touchy)
    first, second, third = LocalSpeaker(internvl, batch=3).say(asked)
    assert (first.finish, third.finish) == ("length", "length")
    assert (second.finish, second.problems[0].code) == ("failed", "model_failed")
    assert "the kernel gave up" in second.problems[0].message


def test_a_picture_cut_wrongly_fails_alone(internvl):
    good = asked_of(internvl)[0]
    bad = replace(good, seen=(Seen(np.zeros((2, 384, 384, 3), np.uint8), 2, 1, 768, 384),))
    said = LocalSpeaker(internvl).say([bad, good])
    assert [one.finish for one in said] == ["failed", "length"]
    assert said[0].problems[0].code == "unfit_picture"


def test_a_prompt_longer_than_the_model_holds_says_so(internvl):
    (said,) = LocalSpeaker(internvl).say([Asked((), Prompt("long " * 40_000))])
    assert (said.finish, said.problems[0].code) == ("failed", "too_long")


def test_nothing_asked_is_nothing_said(internvl):
    assert LocalSpeaker(internvl).say([]) == []


def test_every_token_is_spelt_as_the_tokenizer_spells_it(internvl):
    speller, tokenizer = Speller(internvl.tokenizer), internvl.tokenizer
    for number in range(len(tokenizer)):
        spelt = speller.spelt(number)
        assert spelt.decode(errors="replace") == tokenizer.decode([number], skip_special_tokens=False)
    assert speller.spelt(10**6) == b""


def test_what_memory_does_not_hold_is_not_tried_again_and_again(internvl, monkeypatch):
    whole, sizes = internvl.model.generate, []

    def small(input_ids, **inputs):
        sizes.append(len(input_ids))
        if len(input_ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(input_ids=input_ids, **inputs)

    monkeypatch.setattr(internvl.model, "generate", small)
    speaker = LocalSpeaker(internvl, batch=4)
    assert len(speaker.say([Asked((), Prompt("x"), most_tokens=2)] * 8)) == 8
    assert sizes == [4, 2, 2, 2, 2]
    assert len(speaker.say([Asked((), Prompt("x"), most_tokens=2)] * 4)) == 4
    assert sizes[5:] == [2, 2]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("quantization", ["nf4", "int8", "none"])
def test_a_gpu_says_things_in_every_precision(tmp_path, quantization):
    loaded = load(str(tiny_internvl(tmp_path)), quantization=quantization, device="cuda")
    line = Grammar("lark", 'start: "<ref>a</ref><box>[[1, 2, 3, 4]]</box>"\n')
    said = LocalSpeaker(loaded, batch=3).say([replace(one, grammar=line, most_tokens=60) for one in asked_of(loaded)])
    assert [one.text for one in said] == ["<ref>a</ref><box>[[1, 2, 3, 4]]</box>"] * 3
