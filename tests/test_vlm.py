"""A page through a model's real loading, cutting, asking and reading; the model is tiny, its weights are chance."""

from __future__ import annotations

import json

import jsonschema
import pytest
from typer.testing import CliRunner

import docai
from docai.backends import speech
from docai.cli import app
from docai.document import json_schema
from tests.drawn_pages import Sheet, filled
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl

FEW = 16  # tokens; what chance says is not worth more


@pytest.fixture(autouse=True)
def _short_answers(monkeypatch):
    monkeypatch.setattr(speech, "PAGE_TOKENS", FEW)
    monkeypatch.setattr(speech, "MOST_TOKENS", {})


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return the folders of a tiny model of each family, by its dialect."""
    folder = tmp_path_factory.mktemp("models")
    return {"internvl": tiny_internvl(folder / "internvl"), "varco": tiny_onevision(folder / "varco")}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return a page of text, a table without rules, and a chart."""
    sheet = Sheet(width=300, height=300)
    sheet.column(20, 40, 260, filled(20), size=8)
    for y, row in enumerate((("Depot", "Vans"), ("Harwick", "12"), ("Penfold", "9"), ("Marlow", "7"))):
        sheet.text(20, 120 + 12 * y, row[0], 8).text(120, 120 + 12 * y, row[1], 8)
    path = tmp_path_factory.mktemp("pages") / "report.pdf"
    path.write_bytes(sheet.data())
    return path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.parametrize("dialect", ["internvl", "varco"])
@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_a_page_is_extracted_through_a_model_as_a_valid_document(models, report, tmp_path, dialect, quantization):
    model = models[dialect]
    done = run("extract", report, "--backend", "vlm", "--model", model, "--quantization", quantization, "-o", tmp_path, "-q")
    assert done.exit_code in (0, 3)  # what chance says cannot be read, and the document says so
    written = json.loads((tmp_path / "report.pdf.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(json_schema())).validate(written)
    document = docai.Document.model_validate(written)
    (engine,) = [engine for engine in document.engines if engine.model]
    assert (engine.dialect, engine.quantization) == (dialect, quantization)
    assert engine.hash
    asked = [block.usage for block in document.blocks if block.usage is not None]
    assert asked
    assert all(usage.tiles > 0 and usage.tokens >= FEW for usage in asked)
    assert "Harwick" in document.to_markdown()  # nothing of the page is lost, whatever the model says


def test_the_text_layer_is_not_asked_for(models, report):
    document = docai.extract(report, model=str(models["internvl"]), quantization="none")
    assert {block.engine for block in document.blocks if block.content.kind == "text"} == {"classical"}
    assert document.tables[0].cells[0].text == "Depot"


def test_what_authors_ship_is_converted_and_answers_questions(report, tmp_path):
    raw = tiny_raw_internvl(tmp_path / "raw")
    with pytest.raises(docai.BackendUnavailable, match="docai models convert"):
        docai.Extractor(backend="vlm", model=str(raw))
    assert run("models", "convert", raw, tmp_path / "converted").exit_code == 0
    done = run("ask", report, "How many vans?", "--model", tmp_path / "converted", "--quantization", "none", "--json")
    answer = docai.Answer.model_validate_json(done.stdout)
    assert answer.page_number == 1
    assert answer.engine.endswith("converted")


def test_phrases_are_looked_for_on_the_pages_that_are_named(models, report):
    done = run("ground", report, "the vans", "--model", models["varco"], "--quantization", "none", "--pages", "1", "--json")
    mention = docai.Mention.model_validate_json(done.stdout)
    assert (mention.phrase, mention.page_number) == ("the vans", 1)


def test_a_folder_without_a_model_is_told_with_the_next_step(report, tmp_path):
    with pytest.raises(docai.BackendUnavailable, match=r"config\.json: missing; download or copy"):
        docai.extract(report, backend="vlm", model=str(tmp_path))
