"""What is to be done with a document among many, and what came of it: values that cross processes and stand in the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docai.document import Problem, Status
from docai.limits import Limits
from docai.registry import LANGUAGES

if TYPE_CHECKING:
    from docai.extraction import Quantization
    from docai.pictures import Ocr


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what outputs hold: the same recipe and the same bytes give the same outputs."""

    formats: tuple[str, ...] = ("json",)
    pages: str | None = None
    languages: tuple[str, ...] = LANGUAGES
    backend: str = "auto"
    model: str | None = None
    quantization: Quantization = "nf4"
    revision: str | None = None
    most_tiles: int | None = None
    ocr: Ocr = "auto"
    margins: bool = False
    overlay: bool = False
    limits: Limits = Limits()

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON values, from which `Recipe.of` makes an equal one."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Recipe:
        """Return what `told` tells.

        Raises:
            TypeError: It has other names than a recipe.
        """
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        values["limits"] = Limits(**told.get("limits", {}))
        return cls(**values)

    @property
    def digest(self) -> str:
        """The SHA-256 of it, by which a document whose options changed is known, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.told(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Settings:
    """How documents are read, which changes nothing of what comes out.

    Attributes:
        workers: How many processes; None for one a core, as far as memory lasts.
        retries: How often a document is read again that ended its process, or that may pass.
        page_seconds: How long a page may take before its process is killed.
        document_seconds: How long a document may take before no more of its pages are begun; None for any time. One of which no
            page was read by then may take half as long again.
        max_memory: Bytes of all processes that read, together with this one; None for 80 % of the machine's.
        recycle: After how many documents a process is replaced.
        stop_on_error: Whether no document is begun after one failed.
        devices: Where a local model is held, a process each; None for one process on the best device there is.
        password: Of encrypted PDFs; kept nowhere.
    """

    workers: int | None = None
    retries: int = 2
    page_seconds: float = 300.0
    document_seconds: float | None = None
    max_memory: int | None = None
    recycle: int = 1000
    stop_on_error: bool = False
    devices: tuple[str, ...] | None = None
    password: str | None = field(default=None, repr=False)

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the password."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "password"}


@dataclass(frozen=True, slots=True)
class Setup:
    """What a process that reads needs to begin.

    Attributes:
        recipe: What to do.
        output: Where to.
        model: What opens the model that is asked, where another process holds it: the place of a function in the registry's words,
            and its arguments.
    """

    recipe: Recipe
    output: Path
    model: tuple[str, tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A document to be read once more.

    Attributes:
        stem: Where its outputs go below the output folder, without the suffix of a format; "/" parts folders.
        path: Where it lies: a path, or a URL that fsspec knows.
        password: Of an encrypted PDF.
        blamed: Pages that are not read, and what is told of them in place of that.
        rest: What is told of all pages that no earlier attempt has read, if they are not to be read any more.
        spare: For how many seconds pages are read in spite of `rest`, each without a look at the others, if no earlier attempt
            has read any.
        alone: Whether its pages are read one after the other, so that what goes wrong is blamed on the right one.
        unless: `sha256:…` of bytes whose outputs are there already; if they are still these, it is not read.
    """

    stem: str
    path: str
    password: str | None = field(default=None, repr=False)
    blamed: Mapping[int, Problem] = field(default_factory=dict)
    rest: Problem | None = None
    spare: float = 0.0
    alone: bool = False
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a document.

    Attributes:
        status: That of the document.
        error: The first problem of severity `error` of it; None where there is none.
        pages: How many pages were read, those that failed counted.
        failed_pages: How many of them have a problem of severity `error`.
        confidence: The mean of its blocks' confidences, 0..1; None where it has none.
        content_hash: `sha256:…` of its bytes; empty where they could not be read.
        engines: Who took part, as plain JSON values.
        outputs: The files written, below the output folder, "/" between folders.
        seconds: How long it took, by the wall.
        peak_memory: The most that the process held in memory meanwhile, in bytes; 0 where nobody knows.
        transient: Whether it may go well another time: a server was busy, a download broke off.
        unchanged: Whether it was not read, since its outputs are those of its bytes.
    """

    status: Status
    error: Problem | None = None
    pages: int = 0
    failed_pages: int = 0
    confidence: float | None = None
    content_hash: str = ""
    engines: tuple[Mapping[str, Any], ...] = ()
    outputs: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_memory: int = 0
    transient: bool = False
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What happened in a batch, and how far it is.

    Attributes:
        kind: `begun` and `ended` are the batch's; of `page` and `document`, one was read; `retry`: a document is read once more;
            `note`: something worth knowing.
        stem: Of the document; None where it is about the batch.
        page: Its number, from 1.
        status: Of a document that was read.
        problem: What went wrong, if something did.
        message: What there is to be told, in words; empty where the rest says all. Of `ended`, where the report is.
        done: Documents done in this run, those that failed counted.
        failed: How many of them failed.
        known: Documents to be done in this run that are known so far, those done counted.
        more: Whether inputs are still being found.
        before: Documents that were done before this run, which are in none of the other numbers.
        pages: Pages read in this run.
        seconds: Since the run began.
        memory: What all processes hold together, in bytes.
        workers: Processes at work.
    """

    kind: Literal["begun", "page", "document", "retry", "note", "ended"]
    stem: str | None
    page: int | None
    status: Status | None
    problem: Problem | None
    message: str
    done: int
    failed: int
    known: int
    more: bool
    before: int
    pages: int
    seconds: float
    memory: int
    workers: int

    @property
    def pages_per_second(self) -> float | None:
        """How fast pages were read, over the whole run; None before the first."""
        return self.pages / self.seconds if self.pages and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes if documents go on as they went so far; None before the first and while inputs are found."""
        return None if self.more or not self.done else self.seconds / self.done * max(0, self.known - self.done)
