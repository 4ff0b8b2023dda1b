"""Makes a small model from nothing: the stock classes of InternVL with random weights, and a tokenizer of characters.

`docai extract --backend vlm --model FOLDER` opens what is written here; what it says means nothing until it is trained.

What departs from the classes' defaults, since those are made for weights that are trained already: layer scales begin at 1 (at
0.1 a layer adds next to nothing, and learns as slowly), the places of patches begin as sines (at nought all patches look alike),
and queries and keys are normalised, which keeps large learning rates stable (Dehghani et al. 2023, arXiv 2302.05442).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import GenerationConfig, InternVLConfig, InternVLForConditionalGeneration, InternVLVisionConfig, Qwen3Config

from docai.backends.transformers.spelling import byte_of
from docai.dialects.markup import ROLES, STEPS, WORDS, Dialect
from docai.grids import IMAGENET_MEAN, IMAGENET_STD
from docai.models_files import check_free

TURNS: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")  # ChatML's: padding, the beginning and the end of a turn
PICTURES: Final = ("<img>", "</img>", "<IMG_CONTEXT>", "<video>")  # InternVL's
CLOSED: Final = ("otsl", "chart", "figure", "obj", "place", *ROLES)  # words of the dialect that have a closing one
LOCATIONS: Final = tuple(f"<loc_{step}>" for step in range(STEPS + 1))
SIGNS: Final = (
    "‐‑–—―‘’“”„†‡•…‰′″‹›€₩₫№℃℉™Ω→←↑↓⇒−√∞≈≠≤≥■□▲△▼▽◆◇○◎●★☆※"
    "①②③④⑤⑥⑦⑧⑨⑩、。「」『』〈〉《》【】·ㆍ\u3000㎏㎜㎝㎞㎡㎥％（），．／：；＋－～"
)
MULTIPLE: Final = 64  # of which the size of a vocabulary is one: what matrix kernels, and 4 bits on a CPU, like

# ChatML with roles of one letter and no line ends: a turn costs two tokens to begin where "assistant" in letters costs ten
TEMPLATE: Final = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'][0] }}{% if message['content'] is string %}"
    "{{ message['content'] }}{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' %}"
    "{{ '<IMG_CONTEXT>' }}{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>a' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a model is.

    Attributes:
        tile: Pixels of a tile's side; a multiple of 28, the square of patches that becomes one token.
        most_tiles: That a picture is shown on.
        vision: Width, layers and heads of the tower; its inner width is four times its width.
        language: The same of the language model, and its heads of keys; its inner width is 8/3 of its width, in 64ths.
        context: Tokens that it holds.
    """

    tile: int
    most_tiles: int
    vision: tuple[int, int, int]
    language: tuple[int, int, int, int]
    context: int


Size = Literal["nano", "demo"]
# "nano" is 43 MB in 16 bits; "demo", of 2.1 million weights, learns to read `fine_tune.synth.strips` in minutes on two cores, and
# holds little, so that one that has learnt nothing yet is soon at the end of its answers
SHAPES: Final[dict[Size, Shape]] = {
    "nano": Shape(tile=448, most_tiles=12, vision=(384, 6, 6), language=(384, 5, 6, 2), context=16_384),
    "demo": Shape(tile=112, most_tiles=4, vision=(128, 4, 4), language=(128, 3, 4, 2), context=256),
}
PATCH: Final = 14  # pixels of a patch's side, InternViT's
DOWNSAMPLE: Final = 0.5  # InternVL's: four patches become one token
PLACES_SCALE: Final = 0.5  # of the sines of places; what patches bring has a deviation of 0.5 to 1 at the beginning


def make_nano(folder: Path, size: Size = "nano", seed: int = 0) -> Path:
    """Write a model from nothing and return its folder: weights in float32, tokenizer, template and settings.

    The same seed gives the same weights. The dialect is our own markup, whose words are tokens of the model.

    Raises:
        FileExistsError: There is something in the folder already.
    """
    check_free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = character_tokenizer()
    shape, ids = SHAPES[size], tokenizer.get_vocab()
    torch_state = torch.random.get_rng_state()
    try:
        torch.manual_seed(seed)
        network = InternVLForConditionalGeneration(_config(shape, ids))
        _begin(network, [ids[token] for token in LOCATIONS])
    finally:
        torch.random.set_rng_state(torch_state)
    network.generation_config = GenerationConfig(eos_token_id=ids["<|im_end|>"], pad_token_id=ids["<|endoftext|>"])
    network.save_pretrained(folder)
    _change(folder / "config.json", {"docai_dialect": Dialect.name})
    _write_tokenizer(folder, tokenizer)
    pictures = {
        "image_processor_type": "GotOcr2ImageProcessorFast",
        "crop_to_patches": True,
        "min_patches": 1,
        "max_patches": shape.most_tiles,
        "size": {"height": shape.tile, "width": shape.tile},
        "image_mean": IMAGENET_MEAN,
        "image_std": IMAGENET_STD,
    }
    _change(folder / "preprocessor_config.json", pictures)
    tokens = int((shape.tile // PATCH * DOWNSAMPLE) ** 2)
    _change(folder / "processor_config.json", {"processor_class": "InternVLProcessor", "image_seq_length": tokens})
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return folder


# The tokenizer


def special_tokens() -> tuple[str, ...]:
    """Return the tokens that are no text: of turns, of pictures, and all words of the dialect."""
    words = [f"<{word}>" for word in WORDS]
    closing = [f"</{word}>" for word in CLOSED]
    opening = [f"<{word}>" for word in CLOSED if word not in WORDS]
    tasks = [f"<task_{task}>" for task in sorted(Dialect.tasks)]
    tokens = (*TURNS, *PICTURES, *tasks, *words, *opening, *closing, *LOCATIONS)
    if len(set(tokens)) != len(tokens):
        raise ValueError(f"{len(tokens) - len(set(tokens))} special tokens are told twice")
    return tokens


def characters() -> str:
    """Return the characters beyond ASCII that are one token each; all others are spelt in bytes.

    They are the letters and signs of Latin-1, all letters of Vietnamese in both cases, the signs of documents, and the 2,350
    syllables and 51 letters of Hangul in KS X 1001.
    """
    latin = [chr(code) for code in range(0xA1, 0x100) if code != 0xAD]  # no soft hyphen: it is not seen
    vietnamese = [chr(code) for code in (*range(0x1EA0, 0x1EFA), *map(ord, "ĂăĐđĨĩŨũƠơƯư"))]
    letters = [chr(code) for code in range(0x3131, 0x3164)]
    syllables = [chr(code) for code in range(0xAC00, 0xD7A4) if len(chr(code).encode("euc_kr")) == 2]  # longer: composed of letters
    found = dict.fromkeys([*latin, *vietnamese, *SIGNS, *letters, *syllables])
    return "".join(one for one in found if unicodedata.normalize("NFC", one) == one)


def character_tokenizer() -> Tokenizer:
    """Return a tokenizer in which every known character is a token, and every other as many as it has bytes in UTF-8.

    Texts are brought to NFC first: `decode(encode(text)) == NFC(text)` for every text that spells no special token. It is a
    byte-level BPE of words of one character, without merges: the loader knows such, and grammars walk through its bytes.
    """
    special = special_tokens()
    spelt = [_letters(one) for one in (*map(chr, range(0x80)), *characters())]
    bytes_alone = [letter for letter, byte in sorted(byte_of().items(), key=lambda pair: pair[1]) if byte >= 0x80]
    vocabulary = {token: number for number, token in enumerate((*special, *spelt, *bytes_alone))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(special))
    return tokenizer


def _letters(character: str) -> str:
    """Return a character as a byte-level vocabulary spells it."""
    letters = {byte: letter for letter, byte in byte_of().items()}
    return "".join(letters[byte] for byte in character.encode())


def _write_tokenizer(folder: Path, tokenizer: Tokenizer) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "processor_class": "InternVLProcessor",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "clean_up_tokenization_spaces": False,
        "extra_special_tokens": {
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        },
    }
    _change(folder / "tokenizer_config.json", told)


# The network


def _config(shape: Shape, ids: dict[str, int]) -> InternVLConfig:
    width, layers, heads = shape.vision
    vision = InternVLVisionConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        image_size=[shape.tile, shape.tile],
        patch_size=[PATCH, PATCH],
        norm_type="rms_norm",
        use_qk_norm=True,
        layer_scale_init_value=1.0,
        hidden_dropout_prob=0.0,
        attention_dropout=0.0,
    )
    width, layers, heads, keys = shape.language
    text = Qwen3Config(
        vocab_size=-(-len(ids) // MULTIPLE) * MULTIPLE,
        hidden_size=width,
        intermediate_size=-(-8 * width // 3 // 64) * 64,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=keys,
        head_dim=width // heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=ids["<|im_end|>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    return InternVLConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=ids["<IMG_CONTEXT>"],
        downsample_ratio=DOWNSAMPLE,
        tie_word_embeddings=True,
    )


def _begin(network: InternVLForConditionalGeneration, locations: Sequence[int]) -> None:
    """Give places, of patches and of location tokens, weights to begin with that tell near from far."""
    places = network.model.vision_tower.embeddings.position_embeddings
    words = network.get_parameter("model.language_model.embed_tokens.weight")
    assert isinstance(places, torch.Tensor)
    with torch.no_grad():
        side = int((places.shape[1] - 1) ** 0.5)
        places[0, 1:] = PLACES_SCALE * places_of_patches(side, places.shape[2])
        # Neighbouring steps begin alike, so that what is learnt of one holds for those beside it, which may never be met
        waves = _waves(torch.linspace(0, 1, len(locations)), words.shape[1], longest=2.0, shortest=0.02)
        words[list(locations)] = waves * (2**0.5 * network.config.get_text_config().initializer_range)


def places_of_patches(side: int, width: int) -> torch.Tensor:
    """Return (side², width) sines and cosines of each patch's row and column, between -1 and 1, row by row.

    Source: Chen, Xie, He 2021, "An Empirical Study of Training Self-Supervised Vision Transformers", arXiv 2104.02057.
    """
    along = _waves(torch.arange(side, dtype=torch.float32) / side, width // 2, longest=2.0, shortest=4.0 / side)
    rows = along.repeat_interleave(side, dim=0)
    columns = along.repeat(side, 1)
    return torch.cat([rows, columns], dim=1)


def _waves(places: torch.Tensor, width: int, *, longest: float, shortest: float) -> torch.Tensor:
    """Return (places, width) sines and cosines of wavelengths between two, evenly in their logarithms."""
    lengths = longest * (shortest / longest) ** torch.linspace(0, 1, width // 2)
    angles = 2 * torch.pi * places[:, None] / lengths[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _change(path: Path, told: dict[str, Any]) -> None:
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**held, **told}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
