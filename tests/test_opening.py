"""Models are opened in the dialect of their family, with the system prompt that they were trained with."""

from __future__ import annotations

import pytest

import docai
from docai.backends.opening import open_endpoint, open_local
from docai.dialects import Prompt, Sight
from docai.models_convert import convert
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find
from docai.tiling import AnyresLens, GridLens, Lens
from tests.tiny_models import tiny_internvl, tiny_onevision, tiny_raw_internvl


def prompt_of(backend, task=None) -> Prompt:
    return backend._dialect.prompt(task or Ask("Why?"), Sight())


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("NCSOFT/VARCO-VISION-14B-HF", "varco"),
        ("5CD-AI/Vintern-1B-v3_5", "internvl"),
        ("OpenGVLab/InternVL3-1B-hf", "internvl"),
        ("Qwen/Qwen3-VL-8B-Instruct", "instruct"),
        (None, "instruct"),
    ],
)
def test_a_server_is_asked_in_the_dialect_that_its_models_name_tells(name, dialect):
    backend = open_endpoint(name)
    assert backend._dialect.name == dialect
    assert isinstance(backend.lens, Lens)


def test_vintern_2_has_the_system_prompt_of_internvl_2_and_vintern_3_5_that_of_2_5():
    assert "书生·万象" not in prompt_of(open_endpoint("5CD-AI/Vintern-1B-v2")).system
    assert "书生·万象" in prompt_of(open_endpoint("5CD-AI/Vintern-1B-v3_5")).system


def test_boxes_are_told_in_pixels_by_qwen_2_5_and_in_thousandths_by_the_others():
    told = {name: prompt_of(open_endpoint(name), Find("a van")).text for name in ("qwen2.5vl:7b", "qwen3-vl:8b")}
    assert "1000" in told["qwen3-vl:8b"]
    assert told["qwen2.5vl:7b"] != told["qwen3-vl:8b"]


def test_a_server_whose_address_cannot_be_used_is_told_at_once(monkeypatch):
    monkeypatch.setenv("DOCAI_ENDPOINT", "ftp://somewhere")
    with pytest.raises(docai.BackendUnavailable):
        open_endpoint("qwen3-vl")


def test_local_families_speak_their_dialects_and_see_through_their_lenses(tmp_path):
    onevision = open_local(str(tiny_onevision(tmp_path / "a")), quantization="none")
    assert (onevision._dialect.name, type(onevision.lens)) == ("varco", AnyresLens)
    internvl = open_local(str(tiny_internvl(tmp_path / "b")), quantization="none")
    assert (internvl._dialect.name, type(internvl.lens)) == ("internvl", GridLens)


def test_fewer_tiles_are_shown_where_fewer_are_asked_for(tmp_path):
    onevision = open_local(str(tiny_onevision(tmp_path / "a")), quantization="none", most_tiles=4)
    internvl = open_local(str(tiny_internvl(tmp_path / "b")), quantization="none", most_tiles=2)
    assert all(height * width <= 4 * 384 * 384 for height, width in onevision.lens.pinpoints)
    assert internvl.lens.most == 2


@pytest.mark.parametrize("template", ["Hermes-2", "internvl2_5"])
def test_a_converted_model_keeps_the_system_prompt_of_its_own_template(tmp_path, template):
    raw = tiny_raw_internvl(tmp_path / "raw", template=template)
    convert(raw, tmp_path / "converted")
    backend = open_local(str(tmp_path / "converted"), quantization="none")
    assert prompt_of(backend).system is None
    (ids,) = [backend._speaker.loaded.prompter.ids(prompt_of(backend), [])]
    written = backend._speaker.loaded.tokenizer.decode(ids)
    assert ("书生·万象" in written) == (template == "internvl2_5")
    assert written.count("<|im_start|>system") == 1
