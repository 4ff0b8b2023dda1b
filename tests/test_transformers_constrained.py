"""Under a grammar a model of random weights says what the grammar allows, and nothing else."""

from __future__ import annotations

import json

import jsonschema
import pytest

torch = pytest.importorskip("torch")

from llguidance import LLTokenizer

from docai.backends.speaker import Asked
from docai.backends.transformers import LocalSpeaker, load
from docai.backends.transformers.constrained import Constraint, Grammars, allowed, with_special_tokens
from docai.dialects import Grammar, Prompt
from tests.tiny_models import tiny_onevision

LINE = Grammar("lark", 'start: item\nitem: "<char>a</char><bbox>0.1, 0.2, 0.3, 0.4</bbox>"\n')
NUMBER = Grammar("lark", "start: /[0-9]{3}/\n")
SCHEMA = {
    "type": "object",
    "properties": {"paid": {"type": "boolean"}, "kind": {"enum": ["영수증", "hóa đơn"]}},
    "required": ["paid", "kind"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    return LocalSpeaker(load(str(tiny_onevision(tmp_path_factory.mktemp("onevision"))), device="cpu"), batch=4)


@pytest.fixture(scope="module")
def grammars(speaker):
    return Grammars(speaker.loaded.tokenizer, speaker.loaded.model.config.text_config.vocab_size, speaker.loaded.ends)


def test_an_answer_is_forced_with_its_special_tokens_and_ends_by_itself(speaker):
    (said,) = speaker.say([Asked((), Prompt("<ocr>"), LINE)])
    assert said.text == "<char>a</char><bbox>0.1, 0.2, 0.3, 0.4</bbox>"
    assert said.finish == "stop"
    spans = {said.text[token.start : token.end] for token in said.tokens}
    assert {"<char>", "</char>", "<bbox>", "</bbox>"} <= spans


def test_each_of_a_batch_keeps_to_its_own_grammar(speaker):
    asked = [
        Asked((), Prompt("a"), LINE),
        Asked((), Prompt("which number"), NUMBER),
        Asked((), Prompt("anything"), most_tokens=5),
        Asked((), Prompt("fields"), Grammar("json_schema", json.dumps(SCHEMA))),
    ]
    line, number, free, fields = speaker.say(asked)
    assert line.text.startswith("<char>a</char>")
    assert number.text.isdecimal()
    assert len(number.text) == 3
    assert free.usage.tokens == 5
    jsonschema.validate(json.loads(fields.text), SCHEMA)
    assert [one.finish for one in (line, number, free, fields)] == ["stop", "stop", "length", "stop"]


def test_probabilities_are_the_models_own_not_those_of_the_grammar(speaker):
    (said,) = speaker.say([Asked((), Prompt("<ocr>"), LINE)])
    assert max(token.log_probability for token in said.tokens) < -0.5  # forced, so certain, were it the grammar's


def test_a_grammar_that_cannot_be_read_fails_alone(speaker):
    bad, good = speaker.say([Asked((), Prompt("a"), Grammar("lark", "start: nowhere\n")), Asked((), Prompt("a"), NUMBER)])
    assert (bad.finish, bad.problems[0].code) == ("failed", "unfit_grammar")
    assert good.finish == "stop"


def test_special_tokens_are_named_in_rules_and_left_in_patterns_and_terminals():
    special = ("<char>", "</char>")
    assert with_special_tokens('start: "<char>a" "b"', special) == 'start: (<char> "a") "b"'
    assert with_special_tokens('start: /"<char>"/ WORD\nWORD: "<char>"', special) == 'start: /"<char>"/ WORD\nWORD: "<char>"'
    assert with_special_tokens('start: "a" // "<char>"\n', special) == 'start: "a" // "<char>"\n'


def test_a_draft_that_was_rejected_does_not_count(speaker, grammars):
    tokenizer, width = speaker.loaded.tokenizer, speaker.loaded.model.config.text_config.vocab_size
    constraint = Constraint([grammars.matcher(NUMBER)], 1, width, speaker.loaded.ends)

    def left(text):
        ids = torch.tensor([[0, *tokenizer(text)["input_ids"]]])
        scores = constraint(ids, torch.zeros(1, width))
        return {tokenizer.decode([number]) for number in torch.isfinite(scores[0]).nonzero()[:, 0].tolist()}

    digits = left("")
    assert digits == set("0123456789")
    assert left("12") == digits
    assert left("123") == {"<|im_end|>", "<|endoftext|>"}
    assert left("12") == digits
    assert left("456") == {"<|im_end|>", "<|endoftext|>"}
    assert left("4") == digits


def test_a_mask_is_read_bit_by_bit():
    mask = torch.tensor([[0b101, -1], [-(2**31), 0]], dtype=torch.int32)
    assert allowed(mask, 35)[0].tolist() == [True, False, True, *[False] * 29, True, True, True]
    assert allowed(mask, 35)[1].nonzero().flatten().tolist() == [31]


def test_the_tokenizer_of_grammars_is_as_wide_as_the_models_answers(grammars, speaker):
    assert isinstance(grammars.tokenizer, LLTokenizer)
    assert grammars.tokenizer.vocab_size == speaker.loaded.model.config.text_config.vocab_size
