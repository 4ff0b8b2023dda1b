"""A checkpoint's files: where they are, whether they are all there, and what tells one from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from docai.backends.transformers.families import read_json
from docai.errors import BackendUnavailable

WANTED: Final = ("*.json", "*.jinja", "*.safetensors", "*.txt")  # of a repository; never code, never pickles
MAX_HEADER: Final = 100_000_000  # bytes of a safetensors header; the limit of the format's own reader
SAMPLES: Final = 64  # stretches of a weights file that its hash covers, evenly spaced
SAMPLE: Final = 4096  # bytes of each
KNOWN: Final = ("internvl", "llava_onevision", "qwen2_vl", "qwen2_5_vl", "qwen3_vl")
INDEX: Final = "model.safetensors.index.json"


def folder_of(model: str, revision: str | None = None) -> tuple[Path, str]:
    """Return the folder of a checkpoint, and its revision where it came from the hub.

    `model` is a folder, or a repository of the Hugging Face hub, of which what is missing is downloaded; with HF_HUB_OFFLINE
    set, only what is there is used.

    Raises:
        BackendUnavailable: There is no such folder or repository, or it cannot be reached.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path, revision or ""
    if path.is_absolute() or model.startswith((".", "~")) or model.count("/") != 1:
        raise BackendUnavailable(f"{model}: no such folder; give a model's folder, or the name of a repository such as owner/name")
    try:
        folder = Path(snapshot_download(model, revision=revision, allow_patterns=list(WANTED)))
    except GatedRepoError as error:
        raise BackendUnavailable(
            f"{model}: its authors grant access one by one; ask on its page, then run: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise BackendUnavailable(f"{model}: has no revision {revision!r}; see its page for those it has") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BackendUnavailable(
            f"{model}: neither a folder nor a repository of the hub; check the name, or run: hf auth login"
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise BackendUnavailable(
            f"{model}: no such folder, not downloaded from the hub either, and it cannot be reached (is HF_HUB_OFFLINE set?); "
            f"give a model's folder, or run while online: docai models download {model}"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise BackendUnavailable(f"{model}: the hub cannot be reached ({error}); try again, or give a folder") from error
    return folder, folder.name


def configuration(folder: Path) -> dict[str, Any]:
    """Return a checkpoint's `config.json`, of an architecture that is known here.

    Raises:
        BackendUnavailable: It is missing or damaged, or of another architecture; the message tells what to do.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise BackendUnavailable(f"{path}: missing; download or copy the whole checkpoint")
    config = read_json(path)
    architecture = ", ".join(config.get("architectures") or ()) or "no architecture"
    kind = config.get("model_type", "")
    if kind == "internvl_chat" or architecture == "InternVLChatModel":
        raise BackendUnavailable(
            f"{path}: InternVLChatModel needs its own code, which docai never runs; run: docai models convert {folder} CONVERTED"
        )
    if architecture == "LlavaQwenForCausalLM":
        raise BackendUnavailable(
            f"{path}: LlavaQwenForCausalLM is not of transformers; use its other form, such as VARCO-VISION-14B-HF"
        )
    if kind not in KNOWN:
        raise BackendUnavailable(f"{path}: {architecture} (model_type {kind!r}) is not known; use one of {', '.join(KNOWN)}")
    method = (config.get("quantization_config") or {}).get("quant_method", "bitsandbytes")
    if method != "bitsandbytes":
        raise BackendUnavailable(
            f"{path}: weights quantised by {method} are not read here; use the original or bitsandbytes weights"
        )
    return config


def weights_files(folder: Path) -> tuple[Path, ...]:
    """Return the weights files of a checkpoint in order, after checking that each is there and whole.

    Raises:
        BackendUnavailable: One is missing, cut short or damaged; the message names it.
    """
    index = folder / INDEX
    if index.is_file():
        named = read_json(index).get("weight_map")
        if not isinstance(named, dict) or not named:
            raise BackendUnavailable(f"{index}: names no weights; download or copy the file again")
        files = tuple(folder / name for name in sorted(set(named.values())))
    else:
        files = (folder / "model.safetensors",)
    missing = [path.name for path in files if not path.is_file()]
    if missing and any(folder.glob("pytorch_model*.bin")):
        raise BackendUnavailable(f"{folder}: only pickled weights (pytorch_model.bin), which can run code; use safetensors weights")
    if missing:
        raise BackendUnavailable(
            f"{folder / missing[0]}: missing ({len(missing)} of {len(files)} weights files); download or copy it again"
        )
    for path in files:
        _header(path)
    return files


def tokenizer_files(folder: Path) -> None:
    """Check that a tokenizer is there.

    Raises:
        BackendUnavailable: It is not.
    """
    if not (folder / "tokenizer.json").is_file() and not ((folder / "vocab.json").is_file() and (folder / "merges.txt").is_file()):
        raise BackendUnavailable(
            f"{folder / 'tokenizer.json'}: missing, and so are vocab.json and merges.txt; copy the tokenizer's files"
        )


def tensors(files: tuple[Path, ...]) -> dict[str, dict[str, Any]]:
    """Return what the headers of weights files say: the `dtype` and `shape` of each tensor by its name."""
    return {name: told for path in files for name, told in _header(path)[0].items() if name != "__metadata__"}


def hash_of(files: tuple[Path, ...]) -> str:
    """Return what tells these weights from others, as "sampled-sha256:" and 64 hexadecimal digits.

    It is the SHA-256 of each file's size, its header and 64 stretches of 4,096 bytes evenly spaced over its data: a few
    milliseconds a file whatever its size. Any training changes it, and so does another precision; a single altered weight may
    not, so it is no proof against tampering.
    """
    digest = hashlib.sha256()
    for path in files:
        size, (header, start) = path.stat().st_size, _header(path)
        digest.update(f"{size} {json.dumps(header, sort_keys=True)}".encode())
        with path.open("rb") as file:
            for place in _places(start, size):
                file.seek(place)
                digest.update(file.read(SAMPLE))
    return f"sampled-sha256:{digest.hexdigest()}"


def _places(start: int, size: int) -> Iterator[int]:
    """Yield where the stretches begin that a hash covers, from `start` to the end of a file of `size` bytes."""
    room = size - start
    if room <= SAMPLES * SAMPLE:
        yield from range(start, size, SAMPLE)
    else:
        yield from (start + number * (room - SAMPLE) // (SAMPLES - 1) for number in range(SAMPLES))


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file and where its data begins, after checking that the file is whole.

    Raises:
        BackendUnavailable: It is not.

    Source: the format, 8 bytes of length, then JSON, then data; README of huggingface/safetensors.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise BackendUnavailable(f"{path}: no safetensors file, or cut short ({size} bytes); download or copy it again")
        try:
            header = json.loads(file.read(length))
            end = max((told["data_offsets"][1] for name, told in header.items() if name != "__metadata__"), default=0)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackendUnavailable(f"{path}: its header is damaged; download or copy it again") from error
    if size != 8 + length + end:
        raise BackendUnavailable(f"{path}: {size} bytes, and its header tells of {8 + length + end}; download or copy it again")
    return header, 8 + length
