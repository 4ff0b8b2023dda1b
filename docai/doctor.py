"""What is installed, what can be read, what is missing, and the command that brings it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

State = Literal["ok", "missing", "optional"]

BASE: Final = ("pymupdf", "pdf2image", "opencv-python-headless", "numpy", "pillow", "pydantic", "typer", "rich", "xlsxwriter")
EXTRAS: Final = {
    "tables": ("pandas",),
    "vlm": ("torch", "transformers", "accelerate", "bitsandbytes", "safetensors"),
    "train": ("peft", "trl", "datasets"),
    "serve": ("fastapi", "uvicorn", "python-multipart"),
    "ray": ("ray",),
    "rpa": ("robotframework",),
}


class Finding(BaseModel):
    """Something that was looked for: whether it is there, and how to bring it where it is not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Return what was found, the base install first; any finding in state `missing` keeps docai from its main job."""
    return [*_base(), _poppler(), *_languages(), *_extras()]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _base() -> Iterator[Finding]:
    yield Finding(what="python", state="ok", detail=f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in BASE:
        version = _version(package)
        state: State = "ok" if version else "missing"
        yield Finding(
            what=package, state=state, detail=version or "not installed", remedy="" if version else f"pip install {package}"
        )


def _poppler() -> Finding:
    path = shutil.which("pdftoppm")
    if path:
        return Finding(what="poppler", state="ok", detail=f"{path}; draws pages that MuPDF cannot")
    remedies = {"Darwin": "brew install poppler", "Windows": "choco install poppler"}
    remedy = remedies.get(platform.system(), "apt-get install poppler-utils")
    return Finding(what="poppler", state="optional", detail="not installed; would draw pages that MuPDF cannot", remedy=remedy)


def _languages() -> Iterator[Finding]:
    yield Finding(what="text layers", state="ok", detail="every language that the file stores as text")
    yield Finding(what="scans", state="optional", detail="not read in this version: kept as pictures, and said so")


def _extras() -> Iterator[Finding]:
    for extra, packages in EXTRAS.items():
        versions = {package: _version(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        if missing:
            detail = f"not installed: {', '.join(missing)}"
            yield Finding(what=f"extra {extra}", state="optional", detail=detail, remedy=f"pip install 'docai[{extra}]'")
        else:
            yield Finding(what=f"extra {extra}", state="ok", detail=", ".join(f"{p} {v}" for p, v in versions.items()))
