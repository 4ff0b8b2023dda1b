"""Models brought from huggingface.co, or from a mirror of it: their weights and texts, never their code."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, cast

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from docai.errors import MissingDependency, OverLimit, Unreadable
from docai.models import find_folder, known_model
from docai.models_files import origin, sha256, verify, write_manifest

WANTED: Final = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "README.md", "LICENSE*", "License*", "NOTICE*")
SPARE: Final = 1_000_000_000  # bytes that stay free on the disk
NoAnswer: Final = cast("type[Exception]", HfHubHTTPError.__bases__[0])  # HTTPError of the httpx that the hub's client uses


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that was brought, or was there already.

    Attributes:
        folder: Where it lies.
        revision: Its commit; empty where nothing tells.
        size: Bytes of its files; 0 where nobody could be asked.
        new: Whether the hub was asked and its files compared.
    """

    folder: Path
    revision: str
    size: int
    new: bool


def download(
    name: str, *, revision: str | None = None, folder: Path | None = None, cache: Path | None = None, endpoint: str | None = None
) -> Fetched:
    """Bring a model and compare its files with the hashes that the hub tells.

    Args:
        name: On huggingface.co; of known models the part after the slash will do.
        revision: A commit, tag or branch; `main` unless told.
        folder: Where to put it, as files of its own with a manifest; in the hub's cache unless told.
        cache: The hub's cache; where huggingface_hub keeps it unless told.
        endpoint: The address of a mirror.

    Raises:
        MissingDependency: The hub cannot be reached and the model is not here, or the hub does not have it or does not give it.
        OverLimit: The disk is too full.
        Unreadable: The model has no safetensors files, or what came is not what the hub says it is.
    """
    known = known_model(name)
    name = known.id if known else name
    try:
        info: Any = HfApi(endpoint=endpoint).model_info(name, revision=revision, files_metadata=True)
    except HFValidationError as error:
        raise MissingDependency(f"{name!r} is no name of a model; give one such as 5CD-AI/Vintern-1B-v3_5") from error
    except GatedRepoError as error:
        page = f"https://huggingface.co/{name}"
        raise MissingDependency(
            f"{name} is given to those who accept its terms: do so at {page}, then run: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise MissingDependency(f"{name} has no revision {revision}; leave out --revision for the newest") from error
    except RepositoryNotFoundError as error:
        raise MissingDependency(
            f"huggingface.co has no model {name}, or keeps it private: check the name, or run: hf auth login"
        ) from error
    except (NoAnswer, OSError) as error:  # no network, HF_HUB_OFFLINE, a fault of the hub
        return _kept(name, revision, folder, cache, error)
    files = {file.rfilename: file for file in info.siblings if any(fnmatch(file.rfilename, pattern) for pattern in WANTED)}
    if not any(file.endswith(".safetensors") for file in files):
        raise Unreadable(f"{name} has no safetensors files; weights in other files are not read, for loading those can run code")
    size = sum(file.size or 0 for file in files.values())
    place = _fetch(name, info.sha, size, folder, cache, endpoint)
    for file, told in files.items():
        _compare(place / file, told)
    if folder is not None:
        write_manifest(place, {"id": name, "revision": info.sha})
    return Fetched(place, info.sha, size, new=True)


def _kept(name: str, revision: str | None, folder: Path | None, cache: Path | None, error: Exception) -> Fetched:
    """Return the model where it is here already, and whole, though the hub cannot be asked."""
    try:
        place = find_folder(name, cache, revision or "") if folder is None else folder
        whole = not verify(place, quick=True).damage
    except MissingDependency:
        whole = False
    told = origin(place) if whole else {}
    if not whole or (folder is not None and (told["id"] != name or not told.get("revision", "").startswith(revision or ""))):
        raise MissingDependency(
            f"{name} is not on this machine, or not all of it, and huggingface.co cannot be reached ({_reason(error)}); connect to "
            "the network and unset HF_HUB_OFFLINE, set HF_ENDPOINT to a mirror, or copy the model's folder here and give its path"
        ) from error
    return Fetched(place, told.get("revision", ""), 0, new=False)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip() or type(error).__name__


def _fetch(name: str, revision: str, size: int, folder: Path | None, cache: Path | None, endpoint: str | None) -> Path:
    """Bring the files; those that are here already are not brought again, and what was broken off goes on."""
    base = folder or cache
    if base is not None:
        base.mkdir(parents=True, exist_ok=True)
        here = sum(path.stat().st_size for path in base.rglob("*.safetensors")) if folder else 0
        free = shutil.disk_usage(base).free
        if size - here + SPARE > free:
            needed = (size - here + SPARE) / 1e9
            raise OverLimit(
                f"{base}: {name} needs {needed:.1f} GB and {free / 1e9:.1f} GB are free; make room or choose another disk"
            )
    try:
        placed: Any = snapshot_download(
            name, revision=revision, allow_patterns=list(WANTED), local_dir=folder, cache_dir=cache, endpoint=endpoint
        )
    except (NoAnswer, OSError) as error:
        raise MissingDependency(f"{name} came only in part ({_reason(error)}); run the same again, and it goes on there") from error
    return Path(placed)


def _compare(path: Path, told: Any) -> None:
    """Raise `Unreadable` where a file is not what the hub says of it; small ones have no SHA-256 there, only a size."""
    if not path.is_file() or (told.size is not None and path.stat().st_size != told.size):
        raise Unreadable(f"{path}: it did not come whole; run the same again")
    if told.lfs is not None and sha256(path) != told.lfs.sha256:
        raise Unreadable(f"{path}: its bytes are not those of huggingface.co; remove it and run the same again")
