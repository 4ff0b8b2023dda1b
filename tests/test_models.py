"""Models on this machine: what their headers alone tell, and each damage by its name. No library of models is needed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from docai.cli import app
from docai.errors import MissingDependency, Unreadable
from docai.models import (
    KNOWN,
    examine,
    find_folder,
    find_models,
    known_model,
    memory,
    quantizable,
    stored_quantization,
    visual_tokens,
    weight_bytes,
)
from docai.models_files import MANIFEST, Tensor, read_header, verify, weight_files, write_manifest
from tests.stored_models import CONFIG, SHAPES, safetensors, write_model

INDEX = "model.safetensors.index.json"
SHARD = "model-00002-of-00003.safetensors"


def call(*arguments, cache="/nowhere"):
    environment = {"HF_HUB_CACHE": os.fspath(cache), "COLUMNS": "160", "HF_HUB_OFFLINE": "1"}
    result = CliRunner(env=environment).invoke(app, ["models", *map(os.fspath, arguments)])
    if result.exception is not None and not isinstance(result.exception, (SystemExit, MissingDependency, Unreadable)):
        raise result.exception
    return result


def in_cache(cache, name, commit, *, main=True, **options):
    """Put a model into a cache as huggingface_hub does: files under their hashes, and links to them."""
    place = cache / f"models--{name.replace('/', '--')}"
    write_model(place / "written", **options)
    (place / "blobs").mkdir(exist_ok=True)
    folder = place / "snapshots" / commit
    folder.mkdir(parents=True)
    for path in (place / "written").iterdir():
        data = path.read_bytes()
        large = path.suffix == ".safetensors"
        kept = hashlib.sha256(data).hexdigest() if large else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        shutil.copyfile(path, place / "blobs" / kept)
        (folder / path.name).symlink_to(Path("..", "..", "blobs", kept))
    shutil.rmtree(place / "written")
    if main:
        (place / "refs").mkdir(exist_ok=True)
        (place / "refs" / "main").write_text(commit, encoding="utf-8")
    return folder


# Headers


def test_a_header_tells_names_shapes_and_places(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors({"a": (2, 3), "b": (4,)}))
    first, second = read_header(path)
    assert (first.name, first.dtype, first.shape, first.end - first.start) == ("a", "BF16", (2, 3), 12)
    assert (second.start, second.end) == (first.end, path.stat().st_size)


def tampered(data, place, byte):
    changed = bytearray(data)
    changed[place] = byte
    return bytes(changed)


WHOLE = safetensors({"a": (2, 3), "b": (4,)})
ODD = [
    (b"", "cut short"),
    (WHOLE[:5], "cut short"),
    (WHOLE[:60], "cut short"),
    (WHOLE[:-1], "bytes instead of"),
    (WHOLE + b"\0", "bytes instead of"),
    (tampered(WHOLE, 8, 0x20), "no JSON of tensors"),
    ((2).to_bytes(8, "little") + b"[]", "no JSON of tensors"),
    ((1 << 60).to_bytes(8, "little") + WHOLE[8:], "cut short"),
    (WHOLE.replace(b'"shape": [2, 3]', b'"shape": [2, 4]'), "the bytes of a"),
    (WHOLE.replace(b"[12, 20]", b"[11, 20]"), "the bytes of b"),
]


@pytest.mark.parametrize(("data", "message"), ODD, ids=[f"{number}" for number in range(len(ODD))])
def test_a_file_that_is_not_what_its_header_says_is_unreadable(tmp_path, data, message):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=message):
        read_header(path)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_whatever_byte_is_changed_nothing_else_is_raised(tmp_path_factory, place, byte):
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    path.write_bytes(tampered(WHOLE, place, byte))
    with suppress(Unreadable):
        assert sum(tensor.end - tensor.start for tensor in read_header(path)) == 20


def test_weights_are_those_that_transformers_would_load(tmp_path):
    folder = write_model(tmp_path / "model", shards=3)
    assert [path.name for path in weight_files(folder)] == [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    (folder / "consolidated.safetensors").write_bytes(WHOLE)
    assert len(weight_files(folder)) == 3
    (folder / "model.safetensors").write_bytes(WHOLE)
    assert [path.name for path in weight_files(folder)] == ["model.safetensors"]


# What it needs


def tensors_of(shapes):
    return [Tensor(name, "BF16", shape, 0, 2 * math.prod(shape)) for name, shape in shapes.items()]


def blocks(layers, width, inner, kept):
    """Return the shapes of a Qwen2 language model's blocks."""
    shapes = {}
    for number in range(layers):
        layer = f"language_model.model.layers.{number}"
        shapes |= {f"{layer}.self_attn.{name}_proj.weight": (out, width) for name, out in (("q", width), ("k", kept), ("v", kept))}
        shapes |= {f"{layer}.self_attn.o_proj.weight": (width, width), f"{layer}.mlp.down_proj.weight": (width, inner)}
        shapes |= {f"{layer}.mlp.{name}_proj.weight": (inner, width) for name in ("gate", "up")}
    return shapes


VARCO = {
    "model_type": "llava_onevision",
    "image_grid_pinpoints": [[384 * a, 384 * b] for a in range(1, 7) for b in range(1, 7)],
    "vision_aspect_ratio": "anyres_max_9",
    "text_config": {
        "hidden_size": 5120,
        "intermediate_size": 13824,
        "num_attention_heads": 40,
        "num_hidden_layers": 48,
        "num_key_value_heads": 8,
    },
    "vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "image_size": 384, "patch_size": 14},
}
VARCO_SHAPES = {
    **blocks(48, 5120, 13824, 1024),
    "language_model.model.embed_tokens.weight": (151680, 5120),
    "language_model.lm_head.weight": (151680, 5120),
    "vision_tower.all": (397_700_000,),  # as one, for its count is known from a model of its configuration
    "multi_modal_projector.all": (32_100_000,),
}


def test_the_weights_of_varco_14b_are_those_of_its_files_and_of_its_card():
    tensors = tensors_of(VARCO_SHAPES)
    assert sum(tensor.numbers for tensor in tensors if quantizable(tensor)) == pytest.approx(13.2129e9, rel=1e-3)
    assert weight_bytes(tensors, "none") == pytest.approx(30.37e9, rel=2e-3)  # its seven files together
    assert weight_bytes(tensors, "nf4") == pytest.approx(11.4e9, rel=5e-3)
    assert weight_bytes(tensors, "int8") == pytest.approx(17.2e9, rel=5e-3)


def test_the_cache_takes_192_kib_a_token_of_varco_14b():
    tokens = visual_tokens(VARCO) + 2048
    assert memory(VARCO, [], "none").cache == tokens * 196_608
    needed = memory(VARCO, tensors_of(VARCO_SHAPES), "nf4")
    assert needed.total == pytest.approx(needed.weights + needed.cache + needed.activations, rel=0.04)
    assert 13e9 < needed.total < 20e9


@pytest.mark.parametrize(("tiles", "tokens"), [(1, 256), (6, 7 * 256), (12, 13 * 256)])
def test_a_page_of_internvl_takes_256_tokens_a_tile_and_for_the_thumbnail(tiles, tokens):
    assert visual_tokens(CONFIG, tiles) == tokens


def test_no_picture_takes_more_tokens_of_onevision_than_is_told():
    most = 0
    for height, width in VARCO["image_grid_pinpoints"]:
        rows, columns = height // 384 * 27, width // 384 * 27
        ratio = math.sqrt(rows * columns / (9 * 27**2))
        if ratio > 1.1:
            rows, columns = int(rows / ratio), int(columns / ratio)
        most = max(most, 729 + rows * (columns + 1))
    assert most <= visual_tokens(VARCO) <= 1.1 * most


def test_only_the_matrices_of_the_language_model_are_made_smaller():
    names = {tensor.name for tensor in tensors_of(SHAPES) if quantizable(tensor)}
    assert names == {"language_model.model.layers.0.mlp.down_proj.weight", "language_model.model.layers.0.self_attn.q_proj.weight"}
    tower = Tensor("model.vision_tower.vision_tower.layers.3.self_attn.q_proj.weight", "F16", (4, 4), 0, 32)
    assert not quantizable(tower)


def test_other_ways_to_be_small_are_named():
    assert stored_quantization({}) == "none"
    with pytest.raises(Unreadable, match="quantized by awq"):
        stored_quantization({"quantization_config": {"quant_method": "awq"}})


# What lies here


def test_what_is_known_of_a_model_is_found_by_either_name():
    assert known_model("vintern-1b-V2") is known_model("5CD-AI/Vintern-1B-v2") is not None
    assert known_model("nothing") is None
    assert len({known.id for known in KNOWN}) == len(KNOWN)
    assert all(known.commercial is False for known in KNOWN if "VARCO" in known.id)


def test_a_folder_is_told_by_its_headers(tmp_path):
    local = examine(write_model(tmp_path / "mine", shards=3))
    assert (local.name, local.model_type, local.dtypes, local.usable) == ("mine", "internvl", ("BF16",), True)
    assert local.parameters == sum(map(math.prod, SHAPES.values())) == local.size // 2
    assert [name for name, _ in local.memory] == ["none", "int8", "nf4"]
    assert dict(local.memory)["none"].cache == 2 * 1 * 1 * 4 * 2 * (7 * 256 + 2048)


@pytest.mark.parametrize(
    "odd",
    [
        {"model_type": "llava_onevision", "vision_aspect_ratio": "anyres"},
        {"model_type": "llava_qwen", "image_grid_pinpoints": "(1x1),(6x6)"},
        {"vision_config": {"patch_size": 0}},
        {"vision_config": "clip"},
        {"text_config": ["qwen2"]},
        {"text_config": {"num_attention_heads": 0, "hidden_size": None}, "downsample_ratio": "half"},
    ],
    ids=str,
)
def test_a_model_is_told_even_where_its_configuration_is_odd(tmp_path, odd):
    local = examine(write_model(tmp_path / "odd", **odd))
    assert (local.memory, local.problem, local.size > 0) == ((), "", True)


def test_models_are_found_in_folders_and_in_the_cache(tmp_path):
    write_model(tmp_path / "mine" / "one")
    write_model(tmp_path / "mine" / ".half")
    write_model(tmp_path / "two", shards=3)
    in_cache(tmp_path / "cache", "5CD-AI/Vintern-1B-v2", "abc", model_type="internvl_chat")
    in_cache(tmp_path / "cache", "bert/base", "def", model_type="bert")
    found = list(find_models([tmp_path / "mine", tmp_path / "two", tmp_path / "none"], tmp_path / "cache"))
    assert [local.name for local in found] == ["one", "two", "5CD-AI/Vintern-1B-v2"]
    assert [(local.revision, local.licence, local.usable) for local in found[2:]] == [("abc", "MIT", False)]


def test_a_model_that_cannot_be_read_is_listed_with_what_is_wrong(tmp_path):
    write_model(tmp_path / "mine" / "good")
    bad = write_model(tmp_path / "mine" / "bad")
    (bad / "model.safetensors").write_bytes(b"x")
    write_model(tmp_path / "mine" / "odd", quantization_config={"quant_method": "awq"})
    (write_model(tmp_path / "mine" / "empty") / "model.safetensors").unlink()
    problems = {local.name: local.problem for local in find_models([tmp_path / "mine"])}
    assert problems["good"] == ""
    assert "cut short" in problems["bad"]
    assert "awq" in problems["odd"]
    assert "no safetensors files" in problems["empty"]


def test_a_model_is_found_by_folder_name_or_commit(tmp_path):
    cache = tmp_path / "cache"
    old = in_cache(cache, "5CD-AI/Vintern-1B-v2", "abc1")
    new = in_cache(cache, "5CD-AI/Vintern-1B-v2", "def2")
    in_cache(cache, "5CD-AI/Vintern-1B-v2", "eee3", main=False)
    assert find_folder(str(old)) == old
    assert find_folder("vintern-1b-v2", cache=cache) == new
    assert find_folder("5CD-AI/Vintern-1B-v2", cache=cache, revision="abc") == old
    with pytest.raises(MissingDependency, match=r"docai models download other/model --revision v9"):
        find_folder("other/model", cache=cache, revision="v9")


# Whether it is whole


@pytest.fixture
def written(tmp_path):
    folder = write_model(tmp_path / "model", shards=3)
    write_manifest(folder, {"id": "me/mine"})
    return folder


def flip(path, place=-1):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "a changed byte": (lambda folder: flip(folder / SHARD), SHARD, "not those that were written"),
    "a file cut short": (
        lambda folder: (folder / SHARD).write_bytes((folder / SHARD).read_bytes()[:-3]),
        SHARD,
        "bytes instead of",
    ),
    "a missing shard": (lambda folder: (folder / SHARD).unlink(), SHARD, "missing, though the index names it"),
    "a missing text": (lambda folder: (folder / "preprocessor_config.json").unlink(), "preprocessor_config.json", "missing"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json", "there is no tokenizer"),
    "a broken tokenizer": (lambda folder: (folder / "tokenizer.json").write_text('{"a"'), "tokenizer.json", "Expecting ':'"),
    "a broken configuration": (lambda folder: (folder / "config.json").write_text("{"), "config.json", "Expecting property name"),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "config.json", "is not there"),
    "an index of elsewhere": (
        lambda folder: (folder / INDEX).write_text(json.dumps({"weight_map": {"a": "../a"}})),
        INDEX,
        "no map of weights",
    ),
    "an index of other weights": (
        lambda folder: (folder / INDEX).write_text(json.dumps({"weight_map": {"a": SHARD}})),
        SHARD,
        "the tensor a is not in it",
    ),
    "a broken manifest": (lambda folder: (folder / MANIFEST).write_text('{"files": [1]}'), MANIFEST, "cannot be read"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_and_named(written, name):
    act, file, message = DAMAGES[name]
    act(written)
    verdict = verify(written)
    assert verdict.against == "manifest"
    assert any(damage.file == file and message in damage.what for damage in verdict.damage), verdict.damage


def test_a_whole_model_has_no_damage(written):
    verdict = verify(written)
    assert (verdict.damage, verdict.against, verdict.dtypes) == ((), "manifest", ("BF16",))
    assert verdict.files == len(list(written.iterdir()))


def test_a_quick_look_reads_no_bytes_but_sees_sizes(written):
    flip(written / SHARD)
    assert verify(written, quick=True).damage == ()
    (written / "tokenizer.json").write_text("{ }", encoding="utf-8")
    assert [damage.file for damage in verify(written, quick=True).damage] == ["tokenizer.json"]


def test_without_a_manifest_the_structure_is_looked_at(tmp_path):
    folder = write_model(tmp_path / "model", shards=3)
    assert (verify(folder).against, verify(folder).damage) == ("structure", ())
    (folder / weight_files(folder)[0].name).write_bytes(b"12345678")
    assert len(verify(folder).damage) == 1
    assert {damage.what for damage in verify(write_model(tmp_path / "bare", shards=1)).damage} == set()


def test_what_the_cache_keeps_is_held_against_the_names_it_is_kept_under(tmp_path):
    folder = in_cache(tmp_path, "5CD-AI/Vintern-1B-v2", "abc")
    assert (verify(folder).against, verify(folder).damage) == ("hub", ())
    flip((folder / "tokenizer.json").resolve(), 0)
    flip((folder / "model.safetensors").resolve())
    assert {damage.file for damage in verify(folder).damage} == {"tokenizer.json", "model.safetensors"}
    (folder / "preprocessor_config.json").resolve().unlink()
    assert any("gone from the cache" in damage.what for damage in verify(folder).damage)


# The command


def test_the_list_tells_what_is_here_and_what_is_known(tmp_path):
    write_model(tmp_path / "mine")
    in_cache(tmp_path / "cache", "5CD-AI/Vintern-1B-v2", "abc", model_type="internvl_chat")
    result = call("list", tmp_path / "mine", "--json", cache=tmp_path / "cache")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [local["name"] for local in told["here"]] == ["mine", "5CD-AI/Vintern-1B-v2"]
    assert told["here"][0]["memory"]["nf4"]["total"] > told["here"][0]["memory"]["nf4"]["weights"] > 0
    assert {known["id"] for known in told["known"]} == {known.id for known in KNOWN} - {"5CD-AI/Vintern-1B-v2"}
    shown = call("list", tmp_path / "mine", cache=tmp_path / "cache")
    assert shown.exit_code == 0
    for part in ("to convert", "ready", "MIT", "CC BY-NC 4.0", "NCSOFT/VARCO-VISION-14B-HF", "not measured"):
        assert part in shown.stdout


def test_the_list_of_a_narrow_terminal_tells_what_state_each_model_is_in(tmp_path):
    write_model(tmp_path / "mine")
    write_model(tmp_path / "other", model_type="internvl_chat")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "config.json").write_text("{")
    shown = CliRunner(env={"HF_HUB_CACHE": "/nowhere", "COLUMNS": "80"}).invoke(app, ["models", "list", str(tmp_path)])
    assert [shown.stdout.count(f"{state}; licence") for state in ("ready", "to convert", "damaged")] == [1, 1, 1]
    assert f"damaged: {tmp_path / 'damaged'}" in shown.stderr.replace("\n", "")


def test_a_folder_that_is_not_there_is_told_and_not_taken_for_a_name(tmp_path):
    listed = call("list", tmp_path / "none")
    assert listed.exit_code == 0
    assert "none is no folder" in listed.stderr
    for act in ("verify", "convert", "quantize"):
        missing = call(act, "vintern-raw", *([] if act == "verify" else [tmp_path / "made"]))
        assert isinstance(missing.exception, MissingDependency)
        assert str(missing.exception).startswith("vintern-raw: no such folder")


def test_verify_ends_with_7_where_something_is_damaged_and_6_where_nothing_is_here(written):
    assert call("verify", written).exit_code == 0
    assert "whole" in call("verify", written).stdout
    flip(written / SHARD)
    damaged = call("verify", written)
    assert damaged.exit_code == 7
    assert SHARD in damaged.stderr
    as_json = call("verify", written, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["damage"][0]["file"]) == (7, SHARD)
    missing = call("verify", "some/model")
    assert isinstance(missing.exception, MissingDependency)
    assert missing.exception.exit_code == 6


def test_convert_names_what_it_refuses_and_writes_nothing(tmp_path):
    raw = write_model(tmp_path / "raw", architectures=["InternVLChatModel"])
    refused = call("convert", raw, tmp_path / "native")
    assert isinstance(refused.exception, Unreadable)
    assert "its language model is unknown" in str(refused.exception)
    assert not (tmp_path / "native").exists()
