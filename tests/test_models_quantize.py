"""Models stored in 4 and 8 bits: as they would be when quantized on loading, and only where they may be."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from docai.cli import app
from docai.errors import Unreadable
from docai.models import examine, stored_quantization
from docai.models_files import verify

pytest.importorskip("bitsandbytes", reason="it quantizes")

import torch
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig

from docai.models_quantize import KEPT, check, quantize, settings
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl

MATRICES = 2 * 7  # of two blocks: queries, keys, values, output, gate, up, down


def loaded(folder, **options):
    return AutoModelForImageTextToText.from_pretrained(folder, device_map="cpu", **options)


def logits(model):
    with torch.no_grad():
        return model(input_ids=torch.arange(3, 43)[None]).logits.float()


@pytest.mark.parametrize("quantization", ["nf4", "int8"])
@pytest.mark.parametrize(
    ("make", "dtype"), [(tiny_internvl, torch.bfloat16), (tiny_onevision, torch.float16)], ids=["internvl", "onevision"]
)
def test_a_stored_model_says_what_one_quantized_on_loading_says(tmp_path, make, dtype, quantization):
    source, target = make(tmp_path / "source", dtype=dtype), tmp_path / "small"
    assert quantize(source, target, quantization) == MATRICES
    on_loading = loaded(source, quantization_config=settings(quantization, dtype), dtype=dtype)
    stored, found = AutoModelForImageTextToText.from_pretrained(target, device_map="cpu", output_loading_info=True)
    assert not any(found.values())
    assert check(stored, quantization) == MATRICES
    assert torch.equal(logits(stored), logits(on_loading))
    whole = logits(loaded(source, dtype=dtype))
    assert 0 < (logits(stored) - whole).norm() / whole.norm() < (0.25 if quantization == "nf4" else 0.05)
    kept = dict(stored.named_parameters())
    for name, weight in loaded(source, dtype=dtype).named_parameters():
        if not (".layers." in name and "language_model" in name and name.endswith("_proj.weight")):
            assert torch.equal(kept[name], weight), name
            assert kept[name].dtype == dtype, name


@pytest.mark.parametrize("quantization", ["nf4", "int8"])
def test_a_stored_model_tells_what_it_is(tmp_path, quantization):
    source = tiny_internvl(tmp_path / "source", dtype=torch.bfloat16)
    quantize(source, tmp_path / "small", quantization)
    config = json.loads((tmp_path / "small" / "config.json").read_text(encoding="utf-8"))
    assert config["quantization_config"]["llm_int8_skip_modules"] == list(KEPT)
    assert stored_quantization(config) == quantization
    before, after = examine(source), examine(tmp_path / "small")
    assert (after.name, after.quantization, after.usable) == ("source", quantization, True)
    assert after.parameters == before.parameters
    estimate = dict(before.memory)[quantization].weights
    assert estimate == pytest.approx(after.size, rel=0.01)
    assert dict(after.memory)[quantization].weights == after.size
    assert len({path.stat().st_mode for path in (tmp_path / "small").iterdir()}) == 1  # who may read one may read all
    assert verify(tmp_path / "small").damage == ()
    assert {"tokenizer.json", "preprocessor_config.json", "chat_template.jinja"} <= {
        path.name for path in (tmp_path / "small").iterdir()
    }


def test_a_tower_that_became_smaller_is_noticed(tmp_path):
    source = tiny_internvl(tmp_path / "source", dtype=torch.bfloat16)
    careless = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=["vision_model", "lm_head"])
    with pytest.raises(Unreadable, match=r"not quantized as it should be \(model\.multi_modal_projector\.linear_1"):
        check(loaded(source, quantization_config=careless, dtype=torch.bfloat16), "nf4")
    with pytest.raises(Unreadable, match="load it in 16 bits"):
        check(loaded(source, dtype=torch.bfloat16), "nf4")


def test_what_is_small_already_or_raw_is_refused(tmp_path):
    source = tiny_internvl(tmp_path / "source")
    quantize(source, tmp_path / "small", "int8")
    with pytest.raises(Unreadable, match="is stored as int8 already"):
        quantize(tmp_path / "small", tmp_path / "smaller", "nf4")
    with pytest.raises(Unreadable, match="docai models convert"):
        quantize(tiny_raw_internvl(tmp_path / "raw"), tmp_path / "smaller", "nf4")
    with pytest.raises(FileExistsError, match="choose another folder"):
        quantize(source, tmp_path / "small", "nf4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "small", "source"]


def test_a_model_without_a_tokenizer_is_refused_and_nothing_is_written(tmp_path):
    source = tiny_internvl(tmp_path / "source")
    for name in ("tokenizer.json", "vocab.json"):
        (source / name).unlink()
    with pytest.raises(Unreadable, match=r"tokenizer\.json: there is no tokenizer"):
        quantize(source, tmp_path / "small", "nf4")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_no_progress_bars_are_drawn(tmp_path, capfd):
    source = tiny_internvl(tmp_path / "source")
    capfd.readouterr()
    quantize(source, tmp_path / "small", "nf4")
    assert capfd.readouterr() == ("", "")


def test_the_command_makes_a_raw_model_loadable_and_small(tmp_path):
    tiny_raw_internvl(tmp_path / "raw")

    def call(*arguments):
        return CliRunner(env={"COLUMNS": "300"}).invoke(app, ["models", *map(str, arguments)])

    made = call("convert", tmp_path / "raw", tmp_path / "native")
    assert (made.exit_code, made.stdout) == (0, f"{tmp_path / 'native'}: 1.3 MB, F32\n")
    small = call("quantize", tmp_path / "native", tmp_path / "small", "--quantization", "int8")
    assert small.exit_code == 0
    assert small.stdout.startswith(f"{tmp_path / 'small'}: 0.6 MB, BF16, I8")
    assert check(loaded(tmp_path / "small"), "int8") == MATRICES
    again = call("quantize", tmp_path / "native", tmp_path / "small")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is there already" in again.stderr
    assert call("quantize", tmp_path / "native", tmp_path / "other", "--quantization", "int3").exit_code == 2
