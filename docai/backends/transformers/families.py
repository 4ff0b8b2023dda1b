"""What differs between families of models: what they see, where pictures stand in a prompt, and which tensors they take.

Everything is read from a checkpoint's own files; tokens are looked up by their text, never by number: 151667 is `<ocr>` for
VARCO-VISION and `<IMG_CONTEXT>` for InternVL 2.5.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from transformers import PretrainedConfig, PreTrainedTokenizerFast, Qwen2VLImageProcessorPil

from docai.errors import BackendUnavailable
from docai.grids import IMAGENET_MEAN, IMAGENET_STD, SIGLIP_MEAN, SIGLIP_STD, best_resolution, normalised
from docai.lenses import pinpoints_within
from docai.tiling import AnyresLens, GridLens, Lens, Seen

POOLED_FROM: Final = 1.1  # times the side of the most patches; above, LLaVA-OneVision's features are drawn together
QWEN_DPI: Final = 150.0  # A4 gives 1240 x 1754 pixels, about 2,800 tokens of 28 x 28 pixels
ENLARGED: Final = 2304  # pixels; to which the card of VARCO-VISION-2.0-1.7B-OCR enlarges the longer side of smaller pictures
ENLARGED_FOR: Final = re.compile(r"varco-vision.*-ocr", re.IGNORECASE)  # names of models
SPECIAL: Final = {"varco": ("<char>", "<bbox>", "<ocr>")}  # tokens by which a dialect is known

Inputs = dict[str, torch.Tensor]


class Family(Protocol):
    """What the speaker must know of a family of models.

    Attributes:
        dialect: The name of the dialect that is spoken.
        lens: How pictures must be cut.
        marker: The text by which a chat template marks the place of a picture.
        image_token: The token that stands for one feature of a picture; `config.image_token_id` is its number.
        outside: Paths of the parts that always stay in 16 bits.
    """

    @property
    def dialect(self) -> str: ...
    @property
    def lens(self) -> Lens | GridLens | AnyresLens: ...
    @property
    def marker(self) -> str: ...
    @property
    def image_token(self) -> str: ...
    @property
    def outside(self) -> tuple[str, ...]: ...

    def placed(self, seen: Sequence[Seen]) -> list[list[str]]:
        """Return for each picture of a prompt the tokens that stand in its place.

        Raises:
            ValueError: The tiles are not such as the lens gives.
        """

    def inputs(self, prompts: Sequence[Sequence[Seen]]) -> Inputs:
        """Return the tensors, float32 or integers, of the pictures of several prompts; no key where there are none."""


@dataclass(frozen=True, slots=True)
class InternVL:
    """InternVL, Vintern: square tiles, each as many tokens, between `<img>` and `</img>`.

    Source: `chat` in modeling_internvl_chat.py of InternVL; transformers' `InternVLProcessor`.
    """

    lens: GridLens
    dialect: str = "internvl"
    tokens_each: int = 256
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    marker: str = "<IMG_CONTEXT>"
    image_token: str = "<IMG_CONTEXT>"  # noqa: S105  # of a vocabulary
    outside: tuple[str, ...] = ("model.vision_tower", "model.multi_modal_projector", "lm_head")

    def placed(self, seen: Sequence[Seen]) -> list[list[str]]:
        for one in seen:
            _check_tiles(one, self.lens.tile, {one.columns * one.rows, one.columns * one.rows + 1})
        return [["<img>", *[self.image_token] * (self.tokens_each * len(one.tiles)), "</img>"] for one in seen]

    def inputs(self, prompts: Sequence[Sequence[Seen]]) -> Inputs:
        pictures = [normalised(one.tiles, self.mean, self.std) for seen in prompts for one in seen]
        return {"pixel_values": torch.from_numpy(np.concatenate(pictures))} if pictures else {}


@dataclass(frozen=True, slots=True)
class OneVision:
    """LLaVA-OneVision, VARCO-VISION: the whole, then the tiles with padding cut off and a token at the end of each row.

    Of several pictures in one prompt, only the whole of each is shown, as in training.

    Source: `LlavaOnevisionProcessor` and `LlavaOnevisionModel.pack_image_features` in transformers.
    """

    lens: AnyresLens
    dialect: str = "varco"
    side: int = 27  # features of a tile's side
    most_tiles: int = 9  # as many as whose features are kept without drawing them together
    mean: tuple[float, ...] = SIGLIP_MEAN
    std: tuple[float, ...] = SIGLIP_STD
    marker: str = "<image>"
    image_token: str = "<image>"  # noqa: S105  # of a vocabulary
    outside: tuple[str, ...] = ("model.vision_tower", "model.multi_modal_projector", "lm_head")

    def features(self, width: int, height: int) -> int:
        """Return how many tokens a picture of `width` x `height` pixels becomes when it is alone in its prompt."""
        down, across = best_resolution(width, height, self.lens.pinpoints)
        rows, columns = down // self.lens.tile * self.side, across // self.lens.tile * self.side
        # Rounded to 7 digits before the fraction is cut off, as the model does it: 26.9999999 rows are 27
        if width / height > columns / rows:
            rows -= (rows - int(round(height * (columns / width), 7))) // 2 * 2
        else:
            columns -= (columns - int(round(width * (rows / height), 7))) // 2 * 2
        ratio = math.sqrt(rows * columns / (self.most_tiles * self.side**2))
        if ratio > POOLED_FROM:
            rows, columns = int(rows // ratio), int(columns // ratio)
        return self.side**2 + rows * (columns + 1)

    def placed(self, seen: Sequence[Seen]) -> list[list[str]]:
        for one in seen:
            _check_tiles(one, self.lens.tile, {one.columns * one.rows + 1})
            resolution = (one.rows * self.lens.tile, one.columns * self.lens.tile)
            if best_resolution(one.width, one.height, self.lens.pinpoints) != resolution:
                raise ValueError(
                    f"{one.columns} x {one.rows} tiles for {one.width} x {one.height} pixels; the model expects another grid"
                )
        if len(seen) > 1:
            return [[self.image_token] * (self.side**2 + 1) for _ in seen]
        return [[self.image_token] * self.features(one.width, one.height) for one in seen]

    def inputs(self, prompts: Sequence[Sequence[Seen]]) -> Inputs:
        shown = [one.tiles[:1] if len(seen) > 1 else one.tiles for seen in prompts for one in seen]
        if not shown:
            return {}
        return {
            "pixel_values": torch.from_numpy(np.concatenate([normalised(tiles, self.mean, self.std) for tiles in shown])),
            "image_sizes": torch.tensor([(one.height, one.width) for seen in prompts for one in seen]),
            "batch_num_images": torch.tensor([len(seen) for seen in prompts]),
        }


@dataclass(frozen=True, slots=True)
class Qwen:
    """Qwen2-VL, Qwen2.5-VL and Qwen3-VL: pictures of any size in multiples of 28 or 32 pixels; cut by transformers itself."""

    processor: Qwen2VLImageProcessorPil = field(repr=False)
    lens: Lens = field(default_factory=lambda: Lens(dpi=QWEN_DPI))
    dialect: str = "instruct"
    marker: str = "<|vision_start|><|image_pad|><|vision_end|>"
    image_token: str = "<|image_pad|>"  # noqa: S105  # of a vocabulary
    outside: tuple[str, ...] = ("model.visual", "lm_head")

    def placed(self, seen: Sequence[Seen]) -> list[list[str]]:
        tokens = []
        for one in seen:
            _check_tiles(one, None, {1})
            patches = self.processor.get_number_of_image_patches(*one.tiles.shape[1:3])
            tokens.append(["<|vision_start|>", *[self.image_token] * (patches // self.processor.merge_size**2), "<|vision_end|>"])
        return tokens

    def inputs(self, prompts: Sequence[Sequence[Seen]]) -> Inputs:
        pictures = [one.tiles[0] for seen in prompts for one in seen]
        return dict(self.processor(images=pictures, return_tensors="pt")) if pictures else {}


def _check_tiles(seen: Seen, tile: int | None, counts: set[int]) -> None:
    """Check that tiles are such as a lens gives, before a model answers for pictures that it was not shown."""
    count, height, width, _ = seen.tiles.shape
    if count not in counts or (tile is not None and (height, width) != (tile, tile)):
        expected = " or ".join(str(wanted) for wanted in sorted(counts))
        raise ValueError(
            f"{count} tiles of {width} x {height} pixels; want {expected} of {tile or 'any'} pixels, by the model's lens"
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of a checkpoint beyond what its files say.

    Attributes:
        dialect: What it speaks; None to tell it by the tokens: a LLaVA-OneVision that knows VARCO-VISION's speaks as that.
        most_tiles: How many tiles a picture is shown on at most; None for what the files say.
        name: What it is called, by which those are known that want small pictures enlarged.
    """

    dialect: str | None = None
    most_tiles: int | None = None
    name: str = ""


def family_of(config: PretrainedConfig, folder: Path, tokenizer: PreTrainedTokenizerFast, wishes: Wishes) -> Family:
    """Return the family of a checkpoint, with what its files say of pictures; `config` is brought to what is wished.

    Raises:
        BackendUnavailable: The family is not known here, or the files do not fit together.
    """
    pictures = picture_settings(folder)
    if config.model_type == "internvl":
        family: Family = _internvl(config, pictures, wishes)
    elif config.model_type == "llava_onevision":
        knows = set(tokenizer.get_vocab()).issuperset(SPECIAL["varco"])
        family = _onevision(config, pictures, wishes if wishes.dialect or not knows else replace(wishes, dialect="varco"))
    else:
        family = _qwen(pictures, wishes.dialect or "instruct")
    vocabulary = tokenizer.get_vocab()
    wanted = {"internvl": ("<img>", "</img>"), "llava_onevision": ()}.get(config.model_type, ("<|vision_start|>", "<|vision_end|>"))
    missing = [token for token in (family.image_token, *wanted) if token not in vocabulary]
    if missing:
        raise BackendUnavailable(
            f"{folder}: the tokenizer lacks {', '.join(missing)}; copy the tokenizer's files of the original checkpoint"
        )
    return family


def picture_settings(folder: Path) -> dict[str, Any]:
    """Return how a checkpoint says that pictures are prepared: `preprocessor_config.json`, or what a newer file holds of it."""
    whole = read_json(folder / "processor_config.json")
    return {**whole, **read_json(folder / "preprocessor_config.json"), **(whole.get("image_processor") or {})}


def read_json(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing where there is no such file.

    Raises:
        BackendUnavailable: It is damaged.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BackendUnavailable(f"{path}: not JSON ({error}); download or copy the file again") from error
    if not isinstance(value, dict):
        raise BackendUnavailable(f"{path}: holds a {type(value).__name__}, no object; download or copy the file again")
    return value


def _internvl(config: PretrainedConfig, pictures: Mapping[str, Any], wishes: Wishes) -> InternVL:
    tile, patch = _side(config.vision_config.image_size), _side(config.vision_config.patch_size)
    most = wishes.most_tiles or int(pictures.get("max_patches", 12))
    lens = GridLens(tile=tile, least=min(most, int(pictures.get("min_patches", 1))), most=most)
    mean, std = _colours(pictures, IMAGENET_MEAN, IMAGENET_STD)
    tokens = int((tile // patch * config.downsample_ratio) ** 2)
    return InternVL(lens, wishes.dialect or "internvl", tokens, mean, std)


def _onevision(config: PretrainedConfig, pictures: Mapping[str, Any], wishes: Wishes) -> OneVision:
    if config.vision_feature_select_strategy != "full":
        raise BackendUnavailable(
            f"vision_feature_select_strategy is {config.vision_feature_select_strategy!r} in config.json; only 'full' is known here"
        )
    tile = _side(config.vision_config.image_size)
    if wishes.most_tiles:
        config.image_grid_pinpoints = [list(pinpoint) for pinpoint in pinpoints_within(wishes.most_tiles, tile)]
        config.vision_aspect_ratio = f"anyres_max_{wishes.most_tiles}"
    pinpoints = tuple((int(down), int(across)) for down, across in config.image_grid_pinpoints)
    mean, std = _colours(pictures, SIGLIP_MEAN, SIGLIP_STD)
    most = int(config.vision_aspect_ratio.removeprefix("anyres_max_"))
    lens = AnyresLens(tile, pinpoints, ENLARGED if ENLARGED_FOR.search(wishes.name) else 0)
    return OneVision(lens, wishes.dialect or "instruct", tile // _side(config.vision_config.patch_size), most, mean, std)


def _qwen(pictures: Mapping[str, Any], dialect: str) -> Qwen:
    names = ("min_pixels", "max_pixels", "size", "patch_size", "temporal_patch_size", "merge_size", "image_mean", "image_std")
    processor = Qwen2VLImageProcessorPil(**{name: pictures[name] for name in names if pictures.get(name) is not None})
    # Sides that the processor leaves as they are, so that boxes in pixels are those of the picture as it was cut
    return Qwen(processor, Lens(dpi=QWEN_DPI, multiple=processor.patch_size * processor.merge_size), dialect)


def _side(size: int | Sequence[int]) -> int:
    """Return the side of a square that a configuration gives as one number or two."""
    return size if isinstance(size, int) else int(size[0])


def _colours(
    pictures: Mapping[str, Any], mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return by which mean and deviation colours are normalised, the family's where a checkpoint does not say."""
    return tuple(pictures.get("image_mean") or mean), tuple(pictures.get("image_std") or std)
