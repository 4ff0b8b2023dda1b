"""The files of a model's folder: what the headers of its weights tell, and whether each file is as it was written."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from docai.errors import MissingDependency, Unreadable

MANIFEST: Final = "docai-manifest.json"
WEIGHTS: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
CHUNK: Final = 1 << 22  # bytes read at once where all of a file is read
MAX_HEADER: Final = 100_000_000  # bytes; the limit of the safetensors library (README, "Format")
SIZES: Final = {  # bytes of a number, by the names of safetensors
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"), 1),
}

TEXTS: Final = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "processor_config.json", "preprocessor_config.json")
TOKENIZERS: Final = ("tokenizer.json", "vocab.json", "tokenizer.model")


class Tensor(NamedTuple):
    """A tensor of a safetensors file: `start` and `end` are bytes of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def numbers(self) -> int:
        """Return how many numbers it has."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Return the bytes that its numbers take; those it has where its type is not known here."""
        return self.numbers * SIZES[self.dtype] if self.dtype in SIZES else self.end - self.start


def read_header(path: Path) -> tuple[Tensor, ...]:
    """Return the tensors of a safetensors file in the order of their bytes; only its header is read.

    Raises:
        Unreadable: It is cut short, or no safetensors file.

    Source: https://github.com/huggingface/safetensors, README, "Format": eight bytes that tell the length of the header, the
    header as JSON, then the numbers without holes.
    """
    again = "it is damaged; download it again"
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        whole = path.stat().st_size
        if len(start) < 8 or not 2 <= length <= min(MAX_HEADER, whole - 8):
            raise Unreadable(f"{path}: no safetensors file, or its header is cut short; {again}")
        try:
            entries = json.loads(file.read(length))
            tensors = sorted(_tensors(entries, 8 + length), key=lambda tensor: (tensor.start, tensor.end))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable(f"{path}: its header is no JSON of tensors; {again}") from error
    place = 8 + length
    for tensor in tensors:
        if tensor.start != place or tensor.end - tensor.start != tensor.size:
            raise Unreadable(f"{path}: the bytes of {tensor.name} ({tensor.dtype}) are not where the header tells; {again}")
        place = tensor.end
    if place != whole:
        raise Unreadable(f"{path}: {whole:,} bytes instead of {place:,}; {again}")
    return tuple(tensors)


def _tensors(entries: Mapping[str, Any], base: int) -> Iterator[Tensor]:
    for name, entry in entries.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            yield Tensor(name, str(entry["dtype"]), tuple(map(int, entry["shape"])), base + start, base + end)


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the safetensors files that make up a model, in order, as transformers looks for them.

    `model.safetensors` if it is there, or all that the index names, there or not; else whatever safetensors files there are.
    """
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if (folder / INDEX).is_file():
        return tuple(folder / name for name in sorted(set(_index(folder).values())))
    return tuple(sorted(folder.glob("*.safetensors")))


def read_json(path: Path) -> dict[str, Any]:
    """Return what a JSON file of a model folder says.

    Raises:
        MissingDependency: It is not there.
        Unreadable: It is no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingDependency(
            f"{path} is not there; give the folder of a model, or bring one with: docai models download"
        ) from error
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}; download it again") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{path}: not a JSON object; download it again")
    return value


def _index(folder: Path) -> dict[str, str]:
    placed = read_json(folder / INDEX).get("weight_map")
    if not isinstance(placed, dict) or not all(isinstance(name, str) and Path(name).name == name for name in placed.values()):
        raise Unreadable(f"{folder / INDEX}: no map of weights to files beside it; download it again")
    return placed


def dtypes_of(tensors: Iterable[Tensor]) -> tuple[str, ...]:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.end - tensor.start
    return tuple(sorted(sizes, key=lambda dtype: -sizes[dtype]))


class Damage(NamedTuple):
    """What is wrong with a file of a model."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model is whole.

    Attributes:
        folder: Where it lies.
        files: How many files were looked at.
        size: Their bytes.
        dtypes: Of the weights, the most common first.
        against: What the contents were compared with: the manifest that docai wrote, the names under which the cache of
            huggingface.co keeps them, or nothing but the structure of the files themselves.
        damage: What is wrong; nothing where it is whole.
    """

    folder: str
    files: int
    size: int
    dtypes: tuple[str, ...]
    against: Literal["manifest", "hub", "structure"]
    damage: tuple[Damage, ...]


def verify(folder: Path, *, quick: bool = False) -> Verdict:
    """Return whether each file of a model is there and as it was written.

    Args:
        folder: The model's.
        quick: Compare sizes and structure only; the bytes are not read.

    Raises:
        MissingDependency: There is no such folder.
    """
    if not folder.is_dir():
        raise MissingDependency(f"{folder} is no folder; give the folder of a model, or bring one with: docai models download")
    damage, tensors = _structure(folder)
    against: Literal["manifest", "hub", "structure"] = "structure"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if (folder / MANIFEST).is_file():
        against = "manifest"
        damage += _against_manifest(folder, quick=quick)
    elif any(path.is_symlink() and path.resolve().parent.name == "blobs" for path in files):
        against = "hub"
        damage += [] if quick else [found for path in files for found in _against_hub(folder, path)]
    lost = [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()]
    damage += [Damage(path.relative_to(folder).as_posix(), "points to a file that is gone from the cache") for path in lost]
    size = sum(path.stat().st_size for path in files)
    unique = tuple(dict.fromkeys(damage))
    return Verdict(str(folder), len(files), size, dtypes_of(tensors), against, unique)


def _structure(folder: Path) -> tuple[list[Damage], list[Tensor]]:
    """Return what is wrong with a model's own account of itself, and the tensors found."""
    placed, damage = _accounts(folder)
    held = {file.name: _held(file) for file in ([] if damage else weight_files(folder))}
    damage += [found for found in held.values() if isinstance(found, Damage)]
    tensors = {name: found for name, found in held.items() if not isinstance(found, Damage)}
    if not held and not damage:
        damage.append(Damage(WEIGHTS, "there are no weights"))
    names = {file: {tensor.name for tensor in found} for file, found in tensors.items()}
    lost = [(name, file) for name, file in placed.items() if name not in names.get(file, {name})]
    damage += [Damage(file, f"the tensor {name} is not in it, though the index says so") for name, file in lost]
    if not any((folder / name).is_file() for name in TOKENIZERS):
        damage.append(Damage("tokenizer.json", "there is no tokenizer"))
    damage += [found for name in TEXTS if (found := _unread(folder, name))]
    return damage, [tensor for found in tensors.values() for tensor in found]


def _accounts(folder: Path) -> tuple[dict[str, str], list[Damage]]:
    """Return which file each weight is in by the index, and what is wrong with the files that tell of the others."""
    placed: dict[str, str] = {}
    name = "config.json"
    try:
        read_json(folder / name)
        name = INDEX
        placed = _index(folder) if (folder / INDEX).is_file() else {}
    except (Unreadable, MissingDependency) as error:
        return placed, [_damage(folder / name, error)]
    return placed, []


def _unread(folder: Path, name: str) -> Damage | None:
    """Return what is wrong with a file of JSON; None where it can be read, or is not there."""
    try:
        read_json(folder / name)
    except MissingDependency:
        return None
    except Unreadable as error:
        return _damage(folder / name, error)
    return None


def _held(file: Path) -> tuple[Tensor, ...] | Damage:
    try:
        return read_header(file)
    except FileNotFoundError:
        return Damage(file.name, "missing, though the index names it")
    except (Unreadable, OSError) as error:
        return _damage(file, error)


def _damage(path: Path, error: Exception) -> Damage:
    """Return what an error tells of a file, its path told once."""
    return Damage(path.name, str(error).removeprefix(f"{path}").removeprefix(":").strip())


def _against_manifest(folder: Path, *, quick: bool) -> list[Damage]:
    try:
        entries = read_json(folder / MANIFEST)["files"]
        listed = {str(name): (int(entry["size"]), str(entry["sha256"])) for name, entry in entries.items()}
    except (Unreadable, KeyError, TypeError, ValueError, AttributeError) as error:
        return [Damage(MANIFEST, f"the manifest cannot be read: {error}")]
    damage = []
    for name, (size, digest) in listed.items():
        path = folder / name
        if not path.is_file():
            damage.append(Damage(name, "missing"))
        elif path.stat().st_size != size:
            damage.append(Damage(name, f"{path.stat().st_size:,} bytes instead of {size:,}"))
        elif not quick and sha256(path) != digest:
            damage.append(Damage(name, "its bytes are not those that were written"))
    return damage


def _against_hub(folder: Path, path: Path) -> Iterator[Damage]:
    """Yield the damage of a file in the cache, kept under its SHA-256, or as git names it where it is small."""
    kept = path.resolve().name
    if not path.is_symlink() or len(kept) not in (40, 64):
        return
    digest = sha256(path) if len(kept) == 64 else _git_name(path)
    if digest != kept:
        yield Damage(path.relative_to(folder).as_posix(), "its bytes are not those of huggingface.co")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    return _digest(path, hashlib.sha256())


def _git_name(path: Path) -> str:
    return _digest(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False))


def _digest(path: Path, into: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            into.update(chunk)
    return into.hexdigest()


def write_manifest(folder: Path, source: Mapping[str, str]) -> None:
    """Write down the sizes and hashes of the files in a model's folder, and where it came from."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST and ".cache" not in path.parts)
    entries = {path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": sha256(path)} for path in files}
    value = {"manifest_version": 1, "source": dict(source), "files": entries}
    (folder / MANIFEST).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def origin(folder: Path) -> dict[str, str]:
    """Return the name (`id`) of a model, and its commit (`revision`) where it is known.

    By its manifest, by its place in the cache of huggingface.co, or else by its folder's name.
    """
    with suppress(MissingDependency, Unreadable):
        told = read_json(folder / MANIFEST).get("source")
        if isinstance(told, dict) and told.get("id"):
            return {str(name): str(value) for name, value in told.items()}
    place = folder.resolve()
    if place.parent.name == "snapshots" and place.parents[1].name.startswith("models--"):
        return {"id": place.parents[1].name.removeprefix("models--").replace("--", "/"), "revision": place.name}
    return {"id": place.name}


def check_free(target: Path) -> None:
    """Check that a model may be written to `target`: that it is not there, or an empty folder.

    Raises:
        FileExistsError: There is something in it already.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is there already; choose another folder or remove it")


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write to that becomes `target` when all is written, and is removed when something goes wrong.

    Raises:
        FileExistsError: There is something in `target` already.
    """
    check_free(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    around = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))  # which only its owner may read
    folder = around / target.name
    try:
        folder.mkdir()
        yield folder
        if target.exists():
            target.rmdir()
        folder.rename(target)
    finally:
        shutil.rmtree(around, ignore_errors=True)
