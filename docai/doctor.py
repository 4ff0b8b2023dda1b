"""What is installed, what can be read, what is missing, and the command that brings it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from docai.errors import MissingDependency
from docai.registry import load

State = Literal["ok", "missing", "optional"]

BASE: Final = tuple(
    "pymupdf pdf2image opencv-python-headless numpy pillow tesserocr rapidocr onnxruntime rapidfuzz pydantic typer rich "
    "xlsxwriter filelock psutil".split()
)
EXTRAS: Final = {
    "synth": ("fonttools", "matplotlib", "reportlab", "vl-convert-python", "weasyprint"),
    "tables": ("pandas",),
    "vlm": ("torch", "transformers", "accelerate", "bitsandbytes", "safetensors", "llguidance"),
    "endpoint": ("httpx",),
    "train": ("peft", "trl", "datasets", "pyyaml", "tensorboard"),
    "serve": ("fastapi", "uvicorn", "python-multipart"),
    "ray": ("ray",),
    "remote": ("aiohttp", "fsspec", "s3fs"),
    "rpa": ("robotframework",),
}
MODELS: Final = {"English": "eng", "Korean": "kor", "Vietnamese": "vie"}  # of Tesseract, for what is read unless told otherwise
NO_LANGUAGE: Final = frozenset({"equ", "osd"})  # models of Tesseract that find formulas, and which way is up


class Finding(BaseModel):
    """Something that was looked for: whether it is there, and how to bring it where it is not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Return what was found, the base install first; any finding in state `missing` keeps docai from what it does by default."""
    return [*_base(), _poppler(), *_languages(), *_extras()]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _base() -> Iterator[Finding]:
    yield Finding(what="python", state="ok", detail=f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in BASE:
        yield _package(package)


def _package(package: str) -> Finding:
    version, command, remedy = _version(package), shutil.which("tesseract"), f"pip install {package}"
    if version:
        return Finding(what=package, state="ok", detail=version)
    if package == "tesserocr" and command:
        detail = f"not installed; {command} is run for each line instead, which is slower"
        return Finding(what=package, state="optional", detail=detail, remedy=remedy)
    return Finding(what=package, state="missing", detail="not installed", remedy=remedy)


def _poppler() -> Finding:
    path = shutil.which("pdftoppm")
    if path:
        return Finding(what="poppler", state="ok", detail=f"{path}; draws pages that MuPDF cannot")
    remedies = {"Darwin": "brew install poppler", "Windows": "choco install poppler"}
    remedy = remedies.get(platform.system(), "apt-get install poppler-utils")
    return Finding(what="poppler", state="optional", detail="not installed; would draw pages that MuPDF cannot", remedy=remedy)


def _languages() -> Iterator[Finding]:
    yield Finding(what="text layers", state="ok", detail="every language that the file stores as text")
    try:
        folders = load("docai.backends.classical.engines.tessdata:folders")
    except (MissingDependency, ImportError) as error:
        yield Finding(what="scans", state="missing", detail=str(error), remedy="pip install --upgrade docai")
        return
    for language, model in MODELS.items():
        yield _scans(language, model)
    others = {path.stem for folder in folders() for path in folder.glob("*.traineddata")} - {*MODELS.values(), *NO_LANGUAGE}
    if others:
        yield Finding(what="other models of Tesseract", state="ok", detail=", ".join(sorted(others)))


def _scans(language: str, model: str) -> Finding:
    """Return whether scans in a language can be read, and who reads them."""
    what = f"scans in {language}"
    program = _version("tesserocr") or shutil.which("tesseract")
    try:
        folder = load("docai.backends.classical.engines.tessdata:find_tessdata")(model)
    except MissingDependency:
        folder = None
    if program and folder:
        return Finding(what=what, state="ok", detail=f"by Tesseract, whose model is in {folder}")
    lacking = "Tesseract is not installed" if folder else f"Tesseract's model {model!r} is not installed"
    if model == "eng" and _version("rapidocr") and _version("onnxruntime"):
        return Finding(what=what, state="ok", detail=f"by RapidOCR alone: {lacking}")
    remedies = [] if program else ["pip install tesserocr"]
    if not folder:
        remedies.append(load("docai.backends.classical.engines.tessdata:remedy")(model).removeprefix("run: "))
    return Finding(what=what, state="missing", detail=f"not read: {lacking}", remedy="; ".join(remedies))


def _extras() -> Iterator[Finding]:
    for extra, packages in EXTRAS.items():
        versions = {package: _version(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        if missing:
            detail = f"not installed: {', '.join(missing)}"
            yield Finding(what=f"extra {extra}", state="optional", detail=detail, remedy=f"pip install 'docai[{extra}]'")
        else:
            yield Finding(what=f"extra {extra}", state="ok", detail=", ".join(f"{p} {v}" for p, v in versions.items()))
