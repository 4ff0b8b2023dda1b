"""Turn PDFs and page images into structured, grounded JSON: every value with the box that proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docai import registry
from docai.box import Box
from docai.document import (
    Answer,
    Attachment,
    Axis,
    Block,
    Cell,
    Chart,
    Document,
    Engine,
    Figure,
    FormField,
    Likelihood,
    Link,
    Mention,
    OutlineEntry,
    Page,
    Point,
    Problem,
    Proof,
    Reading,
    Series,
    Table,
    Text,
    Usage,
    Word,
    replace,
)
from docai.errors import (
    BackendError,
    BackendUnavailable,
    Crashed,
    DocaiError,
    Encrypted,
    ExitCode,
    InputError,
    LedgerDamaged,
    MalformedReply,
    MemoryLimit,
    MissingDependency,
    NoSuchPage,
    NothingToDo,
    OutputInUse,
    OutputUnwritable,
    OverLimit,
    TimeLimit,
    Unfetched,
    Unreadable,
)
from docai.limits import Limits

if TYPE_CHECKING:
    from docai.corrections import Correction
    from docai.extraction import Extractor, Progress, extract

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Attachment",
    "Axis",
    "BackendError",
    "BackendUnavailable",
    "Block",
    "Box",
    "Cell",
    "Chart",
    "Correction",
    "Crashed",
    "DocaiError",
    "Document",
    "Encrypted",
    "Engine",
    "ExitCode",
    "Extractor",
    "Figure",
    "FormField",
    "InputError",
    "LedgerDamaged",
    "Likelihood",
    "Limits",
    "Link",
    "MalformedReply",
    "MemoryLimit",
    "Mention",
    "MissingDependency",
    "NoSuchPage",
    "NothingToDo",
    "OutlineEntry",
    "OutputInUse",
    "OutputUnwritable",
    "OverLimit",
    "Page",
    "Point",
    "Problem",
    "Progress",
    "Proof",
    "Reading",
    "Series",
    "Table",
    "Text",
    "TimeLimit",
    "Unfetched",
    "Unreadable",
    "Usage",
    "Word",
    "__version__",
    "extract",
    "replace",
]

_LOADED_ON_FIRST_USE = {
    "Correction": "docai.corrections:Correction",
    **{name: f"docai.extraction:{name}" for name in ("Extractor", "Progress", "extract")},
}


def __getattr__(name: str) -> Any:
    """Load what few programs need, or what needs numpy, OpenCV and a PDF reader, only when it is used."""
    if name not in _LOADED_ON_FIRST_USE:
        raise AttributeError(f"module 'docai' has no attribute {name!r}")
    value = registry.load(_LOADED_ON_FIRST_USE[name])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those not loaded yet."""
    return __all__
