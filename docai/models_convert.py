"""Models of InternVL as their authors ship them, made into transformers' own class, without running the code that comes with them.

Vintern (v1, v2, v3.5, 3B) and OpenGVLab's InternVL2, 2.5 and 3 come as `InternVLChatModel`, whose code is made for an old
transformers and breaks with later ones. Their weights are those of `InternVLForConditionalGeneration` by other names; only the
queries, keys and values of the vision tower lie in one matrix, of which each is a third of the rows. So bytes are copied as they
are, whatever their type, file by file and piece by piece: memory stays flat, and nothing is rounded.

Source of the names: `convert_internvl_weights_to_hf.py` of transformers and `internvl_chat/tools/internvl_custom2hf.py` of
https://github.com/OpenGVLab/InternVL. Unlike the former, ids of tokens are looked up, not taken to be those of Qwen2.5, and a head
that is stored is kept.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from docai.errors import Unreadable
from docai.models_files import INDEX, WEIGHTS, Tensor, origin, read_header, read_json, weight_files, whole_folder, write_manifest

RENAMED: Final = (  # in order; the first that matches
    (r"mlp1\.0\.", "multi_modal_projector.layer_norm."),
    (r"mlp1\.1\.", "multi_modal_projector.linear_1."),
    (r"mlp1\.3\.", "multi_modal_projector.linear_2."),
    (r"vision_model\.embeddings\.class_embedding$", "vision_tower.embeddings.cls_token"),
    (r"vision_model\.embeddings\.position_embedding$", "vision_tower.embeddings.position_embeddings"),
    (r"vision_model\.embeddings\.patch_embedding\.", "vision_tower.embeddings.patch_embeddings.projection."),
    (r"vision_model\.encoder\.layers\.(\d+)\.attn\.proj\.", r"vision_tower.encoder.layer.\1.attention.projection_layer."),
    (r"vision_model\.encoder\.layers\.(\d+)\.attn\.", r"vision_tower.encoder.layer.\1.attention."),
    (r"vision_model\.encoder\.layers\.(\d+)\.norm1\.", r"vision_tower.encoder.layer.\1.layernorm_before."),
    (r"vision_model\.encoder\.layers\.(\d+)\.norm2\.", r"vision_tower.encoder.layer.\1.layernorm_after."),
    (r"vision_model\.encoder\.layers\.(\d+)\.ls([12])$", r"vision_tower.encoder.layer.\1.lambda_\2"),
    (r"vision_model\.encoder\.layers\.(\d+)\.mlp\.", r"vision_tower.encoder.layer.\1.mlp."),
    (r"language_model\.", "language_model."),
)
FUSED: Final = re.compile(r"\.attention\.qkv\.(weight|bias)$")
DERIVED: Final = re.compile(r"\.rotary_emb\.inv_freq$")  # worked out again when a model is made; old transformers stored it
LANGUAGE: Final = (  # what of the language model's configuration says what it computes
    *"attention_dropout bos_token_id eos_token_id hidden_act hidden_size initializer_range intermediate_size".split(),
    *"max_position_embeddings max_window_layers num_attention_heads num_hidden_layers num_key_value_heads rms_norm_eps".split(),
    *"rope_scaling rope_theta sliding_window use_sliding_window vocab_size".split(),
)
VISION: Final = (
    *"hidden_act hidden_size initializer_range intermediate_size layer_norm_eps norm_type num_attention_heads".split(),
    *"num_channels num_hidden_layers".split(),
)
TEXTS: Final = (  # copied as they are; never code
    *"vocab.json merges.txt added_tokens.json special_tokens_map.json tokenizer.json".split(),
    *"README.md LICENSE LICENSE.txt LICENSE.md NOTICE".split(),
)
TOKENS: Final = {"start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>"}
# By the name of the template: what is said to the model first, and what stands after the end of a turn.
# Source: https://github.com/OpenGVLab/InternVL, internvl_chat/internvl/conversation.py, "Hermes-2" and "internvl2_5"
TEMPLATES: Final = {
    "Hermes-2": (
        "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。",
        "",
    ),
    "internvl2_5": (
        "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
        r"\n",
    ),
}
CHAT: Final = (
    "{{% if messages[0]['role'] != 'system' %}}{{{{ '<|im_start|>system\\n{system}<|im_end|>{after}' }}}}{{% endif %}}"
    "{{% for message in messages %}}{{{{ '<|im_start|>' + message['role'] + '\\n' }}}}{{% if message['content'] is string %}}"
    "{{{{ message['content'] }}}}{{% else %}}{{% for content in message['content'] %}}{{% if content['type'] == 'image' %}}"
    "{{{{ '<IMG_CONTEXT>\\n' }}}}{{% elif content['type'] == 'text' %}}{{{{ content['text'] }}}}{{% endif %}}{{% endfor %}}"
    "{{% endif %}}{{{{ '<|im_end|>{after}' }}}}{{% endfor %}}"
    "{{% if add_generation_prompt %}}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif %}}"
)
IMAGENET: Final = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def convert(source: Path, target: Path) -> None:
    """Write the model in `source` to `target` as transformers' own class loads it.

    `target` appears whole or not at all.

    Raises:
        MissingDependency: There is no model in `source`.
        Unreadable: It is no `InternVLChatModel` with a language model of Qwen2, or a weight is missing, unknown or misshapen.
        FileExistsError: There is something in `target` already.
    """
    config = read_json(source / "config.json")
    _check(source, config)
    files = weight_files(source)
    headers = {file.name: [tensor for tensor in _read(file) if not DERIVED.search(tensor.name)] for file in files}
    stored = [tensor for tensors in headers.values() for tensor in tensors]
    _compare({tensor.name: tensor.shape for tensor in stored}, _expected(config, stored), source)
    ids = _token_ids(source)
    size = int(config["llm_config"]["vocab_size"])
    if beyond := [token for token in TOKENS.values() if ids[token] >= size]:
        raise Unreadable(f"{source}: the token {beyond[0]} is {ids[beyond[0]]}, and there are weights for {size} only")
    with whole_folder(target) as folder:
        placed: dict[str, str] = {}
        for file in files:
            name = file.name if len(files) > 1 else WEIGHTS
            placed |= dict.fromkeys(_copy_weights(file, headers[file.name], folder / name), name)
        if len(files) > 1:
            _write(folder / INDEX, {"metadata": {"total_size": sum(tensor.size for tensor in stored)}, "weight_map": placed})
        tied = "language_model.lm_head.weight" not in placed
        for file_name, value in _configs(config, stored[0].dtype, ids, tied=tied).items():
            _write(folder / file_name, value)
        _copy_tokenizer(source, folder, ids)
        system, after = TEMPLATES[config["template"]]
        (folder / "chat_template.jinja").write_text(CHAT.format(system=system, after=after), encoding="utf-8")
        write_manifest(folder, {**origin(source), "converted_from": "InternVLChatModel"})


# What is refused


def _check(source: Path, config: Mapping[str, Any]) -> None:
    """Raise `Unreadable` where the model is not one that can be converted without changing what it says."""
    kind = (config.get("architectures") or ["unknown"])[0]
    language = ((config.get("llm_config") or {}).get("architectures") or ["unknown"])[0]
    if kind == "InternVLForConditionalGeneration":
        raise Unreadable(f"{source} is converted already; use it as it is")
    if kind != "InternVLChatModel":
        raise Unreadable(f"{source} is a {kind}, and only InternVLChatModel is converted; use it as it is if transformers knows it")
    if language != "Qwen2ForCausalLM":
        raise Unreadable(
            f"{source}: its language model is {language}, and only Qwen2ForCausalLM is converted; "
            "take one with Qwen2, such as 5CD-AI/Vintern-1B-v3_5, or a copy whose name ends in -hf"
        )
    wanted = {
        "ps_version": ("v2",),  # v1 shuffles rows and columns of patches otherwise than transformers does
        "template": tuple(TEMPLATES),
        "use_thumbnail": (True,),  # the image processor always shows one
        "pad2square": (False, None),
    }
    for name, allowed in wanted.items():
        if config.get(name) not in allowed:
            known = " or ".join(map(str, (each for each in allowed if each is not None)))
            raise Unreadable(f"{source}: {name} is {config.get(name)!r} in its config.json, and only {known} can be converted")


def _read(file: Path) -> tuple[Tensor, ...]:
    try:
        return read_header(file)
    except FileNotFoundError as error:
        raise Unreadable(f"{file} is missing, though the index names it; download it again") from error


def _compare(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], source: Path) -> None:
    """Raise `Unreadable` that names the weights which are missing, unknown or of another shape."""
    if not found:
        raise Unreadable(f"{source}: no safetensors files; weights in other files are not read, for loading those can run code")
    for what, names in (
        ("missing", [name for name in expected if name not in found]),
        ("unknown", [name for name in found if name not in expected]),
        (
            "of another shape than its config.json tells",
            [name for name, shape in expected.items() if found.get(name, shape) != shape],
        ),
    ):
        if names:
            some = ", ".join(sorted(names)[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            lora = "; merge its LoRA first" if any("lora" in name or "base_layer" in name for name in names) else ""
            raise Unreadable(f"{source}: these weights are {what}: {some}{more}{lora}")


def _expected(config: Mapping[str, Any], stored: Sequence[Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights that a configuration asks for; the head only where it is stored."""
    try:
        shapes = _vision_shapes(config) | _language_shapes(config["llm_config"])
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise Unreadable(f"config.json does not tell {error}; download it again") from error
    head = "language_model.lm_head.weight"
    if any(tensor.name == head for tensor in stored) or not _says_tied(config):
        shapes[head] = shapes["language_model.model.embed_tokens.weight"]
    return shapes


def _says_tied(config: Mapping[str, Any]) -> bool:
    """Return whether a model without a stored head may take its embeddings for it."""
    return bool(config.get("tie_word_embeddings") or config["llm_config"].get("tie_word_embeddings"))


def _vision_shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    vision = config["vision_config"]
    width, inner, patch = vision["hidden_size"], vision["intermediate_size"], vision["patch_size"]
    wide = round(width / config["downsample_ratio"] ** 2)
    norms = ("weight", "bias") if vision.get("norm_type", "layer_norm") == "layer_norm" else ("weight",)
    out = config["llm_config"]["hidden_size"]
    shapes = {
        "vision_model.embeddings.class_embedding": (1, 1, width),
        "vision_model.embeddings.position_embedding": (1, (_image_size(config) // patch) ** 2 + 1, width),
        "vision_model.embeddings.patch_embedding.weight": (width, vision.get("num_channels", 3), patch, patch),
        "vision_model.embeddings.patch_embedding.bias": (width,),
        **{f"mlp1.0.{part}": (wide,) for part in ("weight", "bias")},
        **_linear("mlp1.1", out, wide),
        **_linear("mlp1.3", out, out),
    }
    for number in range(vision["num_hidden_layers"]):
        layer = f"vision_model.encoder.layers.{number}"
        shapes |= {
            **_linear(f"{layer}.attn.qkv", 3 * width, width, bias=vision.get("qkv_bias", True)),
            **_linear(f"{layer}.attn.proj", width, width),
            **_linear(f"{layer}.mlp.fc1", inner, width),
            **_linear(f"{layer}.mlp.fc2", width, inner),
            **{f"{layer}.{norm}.{part}": (width,) for norm in ("norm1", "norm2") for part in norms},
            **{f"{layer}.{scale}": (width,) for scale in ("ls1", "ls2")},
        }
        if vision.get("qk_normalization", False):
            shapes |= {f"{layer}.attn.{norm}.weight": (width,) for norm in ("q_norm", "k_norm")}
    return shapes


def _language_shapes(language: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    width, inner, heads = language["hidden_size"], language["intermediate_size"], language["num_attention_heads"]
    kept = width // heads * language.get("num_key_value_heads", heads)
    shapes: dict[str, tuple[int, ...]] = {
        "language_model.model.embed_tokens.weight": (language["vocab_size"], width),
        "language_model.model.norm.weight": (width,),
    }
    for number in range(language["num_hidden_layers"]):
        layer = f"language_model.model.layers.{number}"
        shapes |= {
            **_linear(f"{layer}.self_attn.q_proj", width, width),
            **_linear(f"{layer}.self_attn.k_proj", kept, width),
            **_linear(f"{layer}.self_attn.v_proj", kept, width),
            **_linear(f"{layer}.self_attn.o_proj", width, width, bias=False),
            **_linear(f"{layer}.mlp.gate_proj", inner, width, bias=False),
            **_linear(f"{layer}.mlp.up_proj", inner, width, bias=False),
            **_linear(f"{layer}.mlp.down_proj", width, inner, bias=False),
            f"{layer}.input_layernorm.weight": (width,),
            f"{layer}.post_attention_layernorm.weight": (width,),
        }
    return shapes


def _linear(name: str, out: int, into: int, *, bias: bool = True) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into), **({f"{name}.bias": (out,)} if bias else {})}


def _image_size(config: Mapping[str, Any]) -> int:
    """Return the pixels of a tile's side; those that training forced on the tower come first."""
    return int(config.get("force_image_size") or config["vision_config"]["image_size"])


# The weights


def _copy_weights(source: Path, tensors: Sequence[Tensor], target: Path) -> list[str]:
    """Copy weights by their new names, queries, keys and values apart; return these names."""
    pieces = [piece for tensor in tensors for piece in _pieces(tensor)]
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for piece in pieces:
        entries[piece.name] = {"dtype": piece.dtype, "shape": piece.shape, "data_offsets": [place, place + piece.end - piece.start]}
        place += piece.end - piece.start
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # so that numbers begin at a multiple of 8 bytes, as the library writes them
    with source.open("rb") as reader, target.open("wb") as writer:
        writer.write(len(header).to_bytes(8, "little") + header)
        for piece in pieces:
            reader.seek(piece.start)
            _copy_bytes(reader, writer, piece.end - piece.start)
        writer.flush()
        os.fsync(writer.fileno())
    return [piece.name for piece in pieces]


def _copy_bytes(reader: BinaryIO, writer: BinaryIO, count: int) -> None:
    while count:
        chunk = reader.read(min(count, 1 << 22))
        if not chunk:
            raise OSError(f"{reader.name}: it became shorter while it was read")
        writer.write(chunk)
        count -= len(chunk)


def _pieces(tensor: Tensor) -> Iterator[Tensor]:
    """Yield a weight by its new name, or the queries, keys and values in it: thirds of its rows, and so of its bytes."""
    name = next(re.sub(f"^{old}", new, tensor.name) for old, new in RENAMED if re.match(old, tensor.name))
    if not FUSED.search(name):
        yield tensor._replace(name=name)
        return
    rows, third = tensor.shape[0] // 3, (tensor.end - tensor.start) // 3
    for number, part in enumerate(("q_proj", "k_proj", "v_proj")):
        start = tensor.start + number * third
        yield Tensor(name.replace(".qkv.", f".{part}."), tensor.dtype, (rows, *tensor.shape[1:]), start, start + third)


# What is told of it


def _configs(config: Mapping[str, Any], stored: str, ids: Mapping[str, int], *, tied: bool) -> dict[str, dict[str, Any]]:
    """Return the configuration files of the model by their names; `stored` is the type of its numbers."""
    end, pad = ids["<|im_end|>"], ids["<|endoftext|>"]
    tokens = round((_image_size(config) // config["vision_config"]["patch_size"] * config["downsample_ratio"]) ** 2)
    language = {name: config["llm_config"][name] for name in LANGUAGE if name in config["llm_config"]}
    model = {
        "architectures": ["InternVLForConditionalGeneration"],
        "downsample_ratio": config["downsample_ratio"],
        "dtype": {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}.get(stored, "bfloat16"),
        "image_seq_length": tokens,
        "image_token_id": ids["<IMG_CONTEXT>"],
        "model_type": "internvl",
        "projector_hidden_act": "gelu",
        "text_config": {**language, "model_type": "qwen2", "eos_token_id": end, "tie_word_embeddings": tied, "use_cache": True},
        "tie_word_embeddings": tied,
        "vision_config": _vision_config(config),
        "vision_feature_layer": config.get("select_layer", -1),
        "vision_feature_select_strategy": "default",
    }
    side = _image_size(config)
    pictures = {
        "crop_to_patches": bool(config.get("dynamic_image_size", True)),
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_processor_type": "GotOcr2ImageProcessor",
        **IMAGENET,
        "max_patches": config.get("max_dynamic_patch", 6),
        "min_patches": config.get("min_dynamic_patch", 1),
        "processor_class": "InternVLProcessor",
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"height": side, "width": side},
    }
    return {
        "config.json": model,
        "generation_config.json": {"do_sample": False, "eos_token_id": [end, pad], "pad_token_id": pad},
        "preprocessor_config.json": pictures,
        "processor_config.json": {"image_seq_length": tokens, "processor_class": "InternVLProcessor"},
    }


def _vision_config(config: Mapping[str, Any]) -> dict[str, Any]:
    vision = config["vision_config"]
    side, patch = _image_size(config), vision["patch_size"]
    return {
        **{name: vision[name] for name in VISION if name in vision},
        "attention_bias": vision.get("qkv_bias", True),
        "attention_dropout": vision.get("attention_dropout", 0.0),
        "image_size": [side, side],
        "model_type": "internvl_vision",
        "patch_size": [patch, patch],
        "projection_dropout": vision.get("dropout", 0.0),
        "use_absolute_position_embeddings": True,
        "use_mask_token": False,
        "use_mean_pooling": True,  # so that no norm follows the last layer
        "use_qk_norm": vision.get("qk_normalization", False),
    }


# Its words


def _token_ids(source: Path) -> dict[str, int]:
    """Return the ids of the tokens that a conversation is made of, by the files of the tokenizer.

    Raises:
        Unreadable: There is no tokenizer, or one is not among them.
    """
    if not (source / "tokenizer.json").is_file() and not ((source / "vocab.json").is_file() and (source / "merges.txt").is_file()):
        raise Unreadable(f"{source}: tokenizer.json is missing, and so is vocab.json or merges.txt; copy the tokenizer's files")
    ids: dict[str, int] = {}
    for name in ("vocab.json", "added_tokens.json"):
        if (source / name).is_file():
            ids |= read_json(source / name)
    if (source / "tokenizer.json").is_file():
        ids |= {entry["content"]: entry["id"] for entry in read_json(source / "tokenizer.json").get("added_tokens", [])}
    if (source / "tokenizer_config.json").is_file():
        added = read_json(source / "tokenizer_config.json").get("added_tokens_decoder", {})
        ids |= {entry["content"]: int(number) for number, entry in added.items()}
    if missing := [token for token in (*TOKENS.values(), "<|im_start|>", "<|im_end|>", "<|endoftext|>") if token not in ids]:
        raise Unreadable(f"{source}: its tokenizer does not know {', '.join(missing)}; download its tokenizer files again")
    return ids


def _copy_tokenizer(source: Path, folder: Path, ids: Mapping[str, int]) -> None:
    """Copy what is no code, and tell transformers' processor which tokens stand for pictures."""
    for name in TEXTS:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    path = source / "tokenizer_config.json"
    settings = read_json(path) if path.is_file() else {"pad_token": "<|endoftext|>"}
    for code in ("auto_map", "chat_template", "processor_class", "tokenizer_file", "name_or_path"):
        settings.pop(code, None)
    # A video's token has to have weights as well: a new one would have none
    video = "<|video_pad|>" if "<|video_pad|>" in ids else "<IMG_CONTEXT>"
    settings |= {
        "eos_token": "<|im_end|>",
        "extra_special_tokens": {**TOKENS, "video_token": video},
        "processor_class": "InternVLProcessor",
        "tokenizer_class": "Qwen2Tokenizer",
    }
    _write(folder / "tokenizer_config.json", settings)


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
