"""What a dialect encodes is what its grammar allows, and what a grammar allows is read without a problem."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from docai.box import WHOLE
from docai.dialects import Said
from docai.dialects.markup import STEPS, WORDS
from docai.dialects.markup import Dialect as Markup
from docai.document import Cell, Table
from docai.tasks.otsl import to_otsl
from tests.drawn_answers import CLEAN, DIALECTS, SIGHT, TASKS, WILD, cases, task_of

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("dialect", ["pixels", "thousandths"])
@pytest.mark.parametrize("name", TASKS)
def test_json_that_is_encoded_keeps_to_its_schema(dialect, name):
    grammar = DIALECTS[dialect].grammar(task_of(name))
    schema = json.loads(grammar.text)
    jsonschema.Draft202012Validator.check_schema(schema)

    @FEW
    @given(cases(dialect, name, CLEAN))
    def law(case):
        task, answer = case
        jsonschema.validate(json.loads(DIALECTS[dialect].encode(task, answer, SIGHT)), schema)

    law()
    assert grammar.kind == "json_schema"


def test_prose_has_no_grammar():
    assert all(DIALECTS[name].grammar(task_of(task)) is None for name in ("varco", "internvl") for task in TASKS)
    assert all(DIALECTS["markup"].grammar(task_of(task)) is None for task in ("ask", "referring", "grounding"))


def byte_matcher(llguidance, text):
    """Return a matcher of a grammar whose tokens are the bytes of texts."""
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_lark(text))
    assert not matcher.get_error()
    return matcher


@pytest.mark.parametrize("name", ["table", "chart", "reading", "page"])
def test_markup_that_is_encoded_keeps_to_its_grammar(name):
    llguidance = pytest.importorskip("llguidance")
    coder = DIALECTS["markup"]
    matcher = byte_matcher(llguidance, coder.grammar(task_of(name)).text)

    @FEW
    @given(cases("markup", name, WILD))
    def law(case):
        task, answer = case
        try:
            text = coder.encode(task, answer, SIGHT)
        except ValueError:
            return
        matcher.reset()
        tokens = list(text.encode())
        assert matcher.try_consume_tokens(tokens) == len(tokens), text
        assert matcher.is_accepting()

    law()


@pytest.mark.parametrize(
    "text",
    [
        "<otsl><lcel><nl></otsl>",
        "<otsl><fcel>a<nl><xcel><nl></otsl>",
        "<otsl><fcel>a<ucel><nl></otsl>",
        "<otsl></otsl>",
        "<otsl><fcel>a<fcel>b",
    ],
)
def test_the_grammar_of_tables_refuses_what_is_no_otsl(text):
    llguidance = pytest.importorskip("llguidance")
    matcher = byte_matcher(llguidance, DIALECTS["markup"].grammar(task_of("table")).text)
    tokens = list(text.encode())
    assert matcher.try_consume_tokens(tokens) < len(tokens) or not matcher.is_accepting()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("table", "<otsl><loc_1><loc_1><loc_7><loc_999><ched>가 a<lcel><nl><ecel><fcel>b<nl></otsl>"),
        ("reading", "<title>x</title><paragraph>a <word><loc_1><loc_1><loc_7><loc_80>b</paragraph>"),
        ("chart", "<chart><bar><y_high>0<grid><c><c>a<nl><c>x<c>1<nl></chart>"),
        ("page", "<heading><level_2>x</heading><otsl><fcel>a<nl></otsl><figure><looks_scan></figure>"),
    ],
)
def test_grammars_with_special_tokens_are_those_of_a_tokenizer_that_has_them(name, text):
    llguidance, tokenizers = pytest.importorskip("llguidance"), pytest.importorskip("tokenizers")
    letters = {letter: place for place, letter in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=letters, merges=[]))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    words = [f"<{slash}{word}>" for word in WORDS for slash in ("", "/")] + [f"<loc_{step}>" for step in range(STEPS + 1)]
    tokenizer.add_special_tokens([*words, "<eos>"])
    known = llguidance.LLTokenizer(tokenizer.to_str(), eos_token=tokenizer.token_to_id("<eos>"))
    matcher = llguidance.LLMatcher(known, llguidance.LLMatcher.grammar_from_lark(Markup(special=True).grammar(task_of(name)).text))
    assert not matcher.get_error()
    ids = tokenizer.encode(text).ids
    assert matcher.try_consume_tokens(ids) == len(ids)
    assert matcher.is_accepting()


def test_grammars_with_special_tokens_name_each_without_quotes():
    text = Markup(special=True).grammar(task_of("table")).text
    assert '"<' not in text
    assert "<fcel>" in text
    assert "<loc_999>" in text


def test_a_table_without_boxes_is_otsl():
    cells = (
        Cell(row=0, column=0, column_span=2, text="a & c", header="column", box=WHOLE),
        Cell(row=1, column=0, text="d", header="row", box=WHOLE),
        Cell(row=1, column=1, box=WHOLE),
    )
    table = Table(page_number=1, box=WHOLE, row_count=2, column_count=2, cells=cells)
    written = DIALECTS["markup"].encode(task_of("table"), table, SIGHT)
    assert written == f"<otsl>{to_otsl(table)}</otsl>"
    assert DIALECTS["markup"].decode(task_of("table"), Said(to_otsl(table)), SIGHT).answer is not None
