"""Tiny models with random weights, in the files in which the real checkpoints come; the same seed gives the same bytes.

`tiny_internvl` is transformers' own class (`InternVLForConditionalGeneration`, as OpenGVLab/InternVL3-1B-hf), `tiny_raw_internvl`
the same network as its authors ship it (`InternVLChatModel`, as Vintern-1B-v2, Vintern-1B-v3_5, OpenGVLab/InternVL2_5-1B) but
without their code, and `tiny_onevision` is VARCO-VISION-14B-HF. Pictures are as large as for the real ones (448 or 384 pixels,
patches of 14); layers are as narrow as the kernels for 4 bits on a CPU allow (in by 64, out by 32).
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    Qwen2Config,
    SiglipVisionConfig,
)

WIDTH = 64  # of every layer
LAYERS = 2
IMAGE_MEAN, IMAGE_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of ImageNet, InternVL's
CHAT = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN25 = (  # what Qwen2.5 added to Qwen2's tokens; the last eight are not special
    *"<|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> <|quad_start|> <|quad_end|> <|vision_start|>".split(),
    *"<|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> <tool_call> </tool_call> <|fim_prefix|> <|fim_middle|>".split(),
    *"<|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>".split(),
)
NOT_SPECIAL = frozenset(QWEN25[11:])
PICTURE = ("<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>")
GROUNDED = ("<gro>", "<ocr>", "<char>", "</char>", "<obj>", "</obj>", "<bbox>", "</bbox>", "<delim>")
SCALES = re.compile(r"(norm\w*|mlp1\.0)\.weight$|\.(ls|lambda_)[12]$")  # weights that multiply what passes, one by one
PLACES = re.compile(r"(embed_tokens\.weight|position_embeddings?(\.weight)?|class_embedding|cls_token)$")
PINPOINTS = [[384 * rows, 384 * columns] for rows in range(1, 7) for columns in range(1, 7)]

INTERNVL_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}{% if message['content'] is string %}"
    "{{ message['content'] }}{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' %}"
    "{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'video' %}{{ '<video>\n' }}{% elif content['type'] == 'text' %}"
    "{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{{'<|im_end|>\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\n' }}{% endif %}"
)
ONEVISION_TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% else %}"
    "{{ '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}{% endif %}{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
    "{{ '<image>\n' }}{% endfor %}{% if message['role'] != 'assistant' %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}{% endfor %}{% else %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{% generation %}{{ content['text'] }}{% endgeneration %}{% endfor %}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# The pieces that Qwen2 cuts text in before it looks for tokens (transformers, models/qwen2/tokenization_qwen2.py)
PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CORPUS = (
    "The total amount of the invoice is 1,234.50 and the table has three columns and five rows.",
    "Read the text of the page. What does the chart show? Answer in the words of the document.",
    '{"rows": [{"cells": ["2023", "45.1%"]}, {"cells": ["2024", "48.9%"]}], "title": "Revenue", "box": [0, 12, 999, 1000]}',
    "<nl>품목 수량 단가 금액 합계 사과 배 서울특별시 대한민국 매출 표와 그림을 읽어 주세요",
    "Tổng cộng thành tiền đơn giá số lượng hóa đơn Việt Nam Hà Nội hãy đọc bảng và biểu đồ",
    "x1, y1, x2, y2 0.039, 0.138, 0.283, 0.257 [[12, 34, 560, 780]] | --- | fcel ecel",
)


def tiny_internvl(folder, seed=0, *, vocabulary=400, dtype=torch.float32, saved=False):
    """Write a model of transformers' own class for InternVL and return its folder.

    Its processor's files are as checkpoints on the hub have them (`preprocessor_config.json` beside a short
    `processor_config.json`), or, if `saved`, as transformers 5 writes them (all in `processor_config.json`).
    """
    folder = _made(folder)
    tokens = (*CHAT, *QWEN25, *PICTURE, "<video>")
    tokenizer = _tokenizer(vocabulary, tokens)
    _write_tokenizer(
        folder,
        tokenizer,
        tokens,
        eos_token="<|im_end|>",
        additional_special_tokens=[*QWEN25[:11], *PICTURE],
        extra_special_tokens={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        },
        processor_class="InternVLProcessor",
    )
    ids = _ids(tokenizer)
    config = InternVLConfig(
        vision_config=InternVLVisionConfig(
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            attention_bias=True,
            image_size=[448, 448],
            patch_size=[14, 14],
        ),
        text_config=_language(len(ids), ids),
        image_token_id=ids["<IMG_CONTEXT>"],
        tie_word_embeddings=False,
    )
    _save(InternVLForConditionalGeneration(config), folder, seed, dtype, ids)
    pictures = {
        "crop_to_patches": True,
        "data_format": "channels_first",
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": IMAGE_MEAN,
        "image_processor_type": "GotOcr2ImageProcessor" if saved else "GotOcr2ImageProcessorFast",
        "image_std": IMAGE_STD,
        "max_patches": 12,
        "min_patches": 1,
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"height": 448, "width": 448},
    }
    _write_processor(folder, pictures, {"image_seq_length": 256, "processor_class": "InternVLProcessor"}, saved=saved)
    (folder / "chat_template.jinja").write_text(INTERNVL_TEMPLATE, encoding="utf-8")
    return folder


def tiny_onevision(folder, seed=0, *, vocabulary=400, dtype=torch.float32, saved=False):
    """Write a LLaVA-OneVision model with VARCO-VISION's tokens and return its folder; `saved` as in `tiny_internvl`."""
    folder = _made(folder)
    tokens = (*CHAT, *QWEN25, "[UNK]", *GROUNDED, "<image>")
    tokenizer = _tokenizer(vocabulary, tokens)
    _write_tokenizer(
        folder,
        tokenizer,
        tokens,
        eos_token="<|im_end|>",
        unk_token="[UNK]",
        additional_special_tokens=list(GROUNDED),
        processor_class="LlavaOnevisionProcessor",
    )
    ids = _ids(tokenizer)
    config = LlavaOnevisionConfig(
        vision_config=SiglipVisionConfig(
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            image_size=384,
            patch_size=14,
            vision_use_head=False,
        ),
        text_config=_language(4 + 4 * math.ceil(len(ids) / 4), ids),  # wider than its tokens are many, as the real one's 151680
        image_token_index=ids["<image>"],
        video_token_index=ids["<|object_ref_end|>"],
        vision_feature_layer=-1,
        image_grid_pinpoints=PINPOINTS,
        tie_word_embeddings=False,
    )
    _save(LlavaOnevisionForConditionalGeneration(config), folder, seed, dtype, ids)
    pictures = {
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_pad": True,
        "do_rescale": True,
        "do_resize": True,
        "image_grid_pinpoints": PINPOINTS,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "LlavaOnevisionImageProcessor",
        "image_std": [0.5, 0.5, 0.5],
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"height": 384, "width": 384},
    }
    words = {
        "image_token": "<image>",
        "num_image_tokens": 729,
        "processor_class": "LlavaOnevisionProcessor",
        "video_token": "<video>",
        "vision_feature_select_strategy": "full",
    }
    _write_processor(folder, pictures, words, saved=saved)
    if saved:
        (folder / "chat_template.jinja").write_text(ONEVISION_TEMPLATE, encoding="utf-8")
    else:
        _write(folder / "chat_template.json", {"chat_template": ONEVISION_TEMPLATE})
    return folder


def tiny_raw_internvl(
    folder,
    seed=0,
    *,
    vocabulary=400,
    dtype=torch.float32,
    template="Hermes-2",
    shards=1,
    qk_normalization=False,
    tie_word_embeddings=False,
    most_tiles=6,
):
    """Write an `InternVLChatModel` without its code and return its folder.

    The template "Hermes-2" brings the tokens of Qwen2 (InternVL2, Vintern v1 and v2), "internvl2_5" those of Qwen2.5.
    """
    folder = _made(folder)
    tokens = (*CHAT, *PICTURE) if template == "Hermes-2" else (*CHAT, *QWEN25, *PICTURE)
    tokenizer = _tokenizer(vocabulary, tokens)
    eos = "<|im_end|>"
    additional = ["<|im_start|>", "<|im_end|>"] if template == "Hermes-2" else list(QWEN25[:11])
    _write_tokenizer(folder, tokenizer, tokens, eos_token=eos, additional_special_tokens=[*additional, *PICTURE], fast=False)
    ids = _ids(tokenizer)
    tensors = raw_tensors(len(ids), seed, dtype, qk_normalization=qk_normalization, tied=tie_word_embeddings)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        _write_shards(folder, tensors, shards)
    config = _raw_config(ids, dtype, template, most_tiles, qk_normalization=qk_normalization, tied=tie_word_embeddings)
    _write(folder / "config.json", config)
    _write(folder / "generation_config.json", {"_from_model_config": True, "transformers_version": "4.37.2"})
    return folder


def raw_tensors(vocabulary, seed, dtype=torch.float32, *, qk_normalization=False, tied=False):
    """Return random weights by the names and shapes of `InternVLChatModel`."""
    embeddings, block = "vision_model.embeddings", "vision_model.encoder.layers"
    shapes = {
        f"{embeddings}.class_embedding": (1, 1, WIDTH),
        f"{embeddings}.patch_embedding.weight": (WIDTH, 3, 14, 14),
        f"{embeddings}.patch_embedding.bias": (WIDTH,),
        f"{embeddings}.position_embedding": (1, 1025, WIDTH),
        **_linear("mlp1.1", WIDTH, 4 * WIDTH),
        **_linear("mlp1.3", WIDTH, WIDTH),
        "mlp1.0.weight": (4 * WIDTH,),
        "mlp1.0.bias": (4 * WIDTH,),
        "language_model.model.embed_tokens.weight": (vocabulary, WIDTH),
        "language_model.model.norm.weight": (WIDTH,),
        **({} if tied else {"language_model.lm_head.weight": (vocabulary, WIDTH)}),
    }
    for number in range(LAYERS):
        layer = f"{block}.{number}"
        shapes |= {
            **_linear(f"{layer}.attn.qkv", 3 * WIDTH, WIDTH),
            **_linear(f"{layer}.attn.proj", WIDTH, WIDTH),
            **_linear(f"{layer}.mlp.fc1", 2 * WIDTH, WIDTH),
            **_linear(f"{layer}.mlp.fc2", WIDTH, 2 * WIDTH),
            **{f"{layer}.{norm}.{part}": (WIDTH,) for norm in ("norm1", "norm2") for part in ("weight", "bias")},
            **{f"{layer}.{scale}": (WIDTH,) for scale in ("ls1", "ls2")},
        }
        if qk_normalization:
            shapes |= {f"{layer}.attn.{norm}.weight": (WIDTH,) for norm in ("q_norm", "k_norm")}
        layer = f"language_model.model.layers.{number}"
        shapes |= {
            **_linear(f"{layer}.self_attn.q_proj", WIDTH, WIDTH),
            **_linear(f"{layer}.self_attn.k_proj", WIDTH // 2, WIDTH),
            **_linear(f"{layer}.self_attn.v_proj", WIDTH // 2, WIDTH),
            f"{layer}.self_attn.o_proj.weight": (WIDTH, WIDTH),
            f"{layer}.mlp.gate_proj.weight": (2 * WIDTH, WIDTH),
            f"{layer}.mlp.up_proj.weight": (2 * WIDTH, WIDTH),
            f"{layer}.mlp.down_proj.weight": (WIDTH, 2 * WIDTH),
            f"{layer}.input_layernorm.weight": (WIDTH,),
            f"{layer}.post_attention_layernorm.weight": (WIDTH,),
        }
    random = torch.Generator().manual_seed(seed)
    return {name: _drawn(name, shape, random).to(dtype) for name, shape in shapes.items()}


def _linear(name, out, into):
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _drawn(name, shape, random):
    """Return weights that pass signals on about as strong as they come, so that what is seen tells in what is said."""
    drawn = torch.randn(shape, generator=random)
    if SCALES.search(name):
        return 1 + drawn / 10
    if len(shape) == 1:
        return drawn / 10
    return drawn if PLACES.search(name) else drawn / math.sqrt(math.prod(shape[1:]))


def _raw_config(ids, dtype, template, most_tiles, *, qk_normalization, tied):
    code = {"AutoConfig": "configuration_internvl_chat.InternVLChatConfig", "AutoModel": "modeling_internvl_chat.InternVLChatModel"}
    name = str(dtype).removeprefix("torch.")
    return {
        "_commit_hash": None,
        "architectures": ["InternVLChatModel"],
        "auto_map": {**code, "AutoModelForCausalLM": code["AutoModel"]},
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": 448,
        "llm_config": {
            "_name_or_path": "Qwen/Qwen2-0.5B-Instruct",
            "architectures": ["Qwen2ForCausalLM"],
            "attention_dropout": 0.0,
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "hidden_act": "silu",
            "hidden_size": WIDTH,
            "initializer_range": 0.02,
            "intermediate_size": 2 * WIDTH,
            "max_position_embeddings": 32768,
            "max_window_layers": 24,
            "model_type": "qwen2",
            "num_attention_heads": 4,
            "num_hidden_layers": LAYERS,
            "num_key_value_heads": 2,
            "rms_norm_eps": 1e-06,
            "rope_scaling": None if template == "Hermes-2" else {"factor": 2.0, "rope_type": "dynamic", "type": "dynamic"},
            "rope_theta": 1000000.0,
            "sliding_window": 32768,
            "tie_word_embeddings": tied,
            "top_k": 50,
            "torch_dtype": name,
            "use_cache": False,
            "use_sliding_window": False,
            "vocab_size": len(ids),
        },
        "max_dynamic_patch": most_tiles,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "template": template,
        "tie_word_embeddings": tied,
        "torch_dtype": name,
        "transformers_version": None,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": True,
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "attention_dropout": 0.0,
            "drop_path_rate": 0.1,
            "dropout": 0.0,
            "hidden_act": "gelu",
            "hidden_size": WIDTH,
            "image_size": 448,
            "initializer_factor": 1.0,
            "initializer_range": 0.02,
            "intermediate_size": 2 * WIDTH,
            "layer_norm_eps": 1e-06,
            "model_type": "intern_vit_6b",
            "norm_type": "layer_norm",
            "num_attention_heads": 2,
            "num_channels": 3,
            "num_hidden_layers": LAYERS,
            "patch_size": 14,
            "qk_normalization": qk_normalization,
            "qkv_bias": True,
            "torch_dtype": name,
            "use_flash_attn": True,
        },
    }


@cache
def _trained(size):
    """Return a vocabulary of bytes and merged bytes, and its merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _pieces()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False, special_tokens=[])
    )
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def _pieces():
    bytewise = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PIECES), behavior="isolated"), bytewise])


def _tokenizer(size, tokens):
    vocabulary, merges = _trained(size)
    tokenizer = Tokenizer(models.BPE(vocab=dict(vocabulary), merges=list(merges), fuse_unk=False, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _pieces()
    tokenizer.decoder = decoders.ByteLevel()
    for token in tokens:  # in order, so that each gets the next id
        (tokenizer.add_tokens if token in NOT_SPECIAL else tokenizer.add_special_tokens)([token])
    return tokenizer


def _ids(tokenizer):
    return tokenizer.get_vocab(with_added_tokens=True)


def _write_tokenizer(folder, tokenizer, tokens, *, fast=True, **settings):
    ids = _ids(tokenizer)
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    added = {str(ids[token]): {"content": token, **plain, "special": token not in NOT_SPECIAL} for token in tokens}
    settings = {"pad_token": "<|endoftext|>", "bos_token": None, **settings}
    vocabulary = {token: number for token, number in ids.items() if token not in tokens}
    _write(folder / "vocab.json", dict(sorted(vocabulary.items(), key=lambda item: item[1])))
    _, merges = _trained(len(vocabulary))
    lines = "\n".join(" ".join(merge) for merge in merges)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{lines}\n", encoding="utf-8")
    _write(folder / "added_tokens.json", {token: ids[token] for token in tokens})
    _write(
        folder / "tokenizer_config.json",
        {
            "add_prefix_space": False,
            "added_tokens_decoder": added,
            "clean_up_tokenization_spaces": False,
            "errors": "replace",
            "model_max_length": 8192,
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            **settings,
        },
    )
    names = ("eos_token", "pad_token", "unk_token", "additional_special_tokens")
    _write(folder / "special_tokens_map.json", {name: settings[name] for name in names if name in settings})
    if fast:
        tokenizer.save(str(folder / "tokenizer.json"))


def _language(size, ids):
    return Qwen2Config(
        vocab_size=size,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        rope_theta=1000000.0,
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|im_end|>"],
        tie_word_embeddings=False,
    )


def _save(model, folder, seed, dtype, ids):
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(_drawn(name, parameter.shape, random))
    model.generation_config = GenerationConfig(
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]], pad_token_id=ids["<|endoftext|>"], do_sample=False
    )
    model.to(dtype).save_pretrained(folder)


def _write_processor(folder, pictures, words, *, saved):
    if saved:
        _write(folder / "processor_config.json", {"image_processor": pictures, **words})
    else:
        _write(folder / "preprocessor_config.json", {**pictures, "processor_class": words["processor_class"]})
        _write(folder / "processor_config.json", words)


def _write_shards(folder, tensors, shards):
    names = sorted(tensors)
    weight_map = {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {name: tensors[name] for name in names[number::shards]}
        save_file(part, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    _write(folder / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": weight_map})


def _made(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
