"""What can go wrong, as one tree; each leaf knows its exit code and the next step.

* DocaiError                  1
  + InputError                7
    - NothingToDo             5    no file matches, an empty folder
    - Unreadable              7    not a document, zero bytes, damaged beyond repair
    - Encrypted               8    a password is missing or wrong
    - NoSuchPage              9    a page range that the document does not have
    - OverLimit              10    a file, its pages, its objects or a picture beyond docai.Limits
      ~ MemoryLimit          10    a document that wants more memory than a process may hold
    - TimeLimit             124    a document that takes longer than it may
    - Crashed                 7    a document that ends the process that reads it
    - Unfetched               7    a document elsewhere, which the network does not bring
  + MissingDependency         6    a package, program or language that is not installed
  + BackendError              1
    - BackendUnavailable      6    the backend asked for is not there
    - MalformedReply          1    an answer that no dialect can read
  + OutputInUse               1    another run is at work in the output folder
  + OutputUnwritable          1    the disk is full, the folder is read-only or gone
  + LedgerDamaged             1    what is known of a batch cannot be read, or is of a newer docai

Programmer errors (a wrong type, an unknown keyword) stay built-ins. A page that fails is no
exception but a `Problem` in the document, so that the other pages are not lost.
"""

from __future__ import annotations

import re
from enum import IntEnum


class ExitCode(IntEnum):
    """What the `docai` command returns to its caller."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOME_FAILED = 3
    NEEDS_REVIEW = 4
    NOTHING_TO_DO = 5
    MISSING = 6
    UNREADABLE = 7
    ENCRYPTED = 8
    NO_SUCH_PAGE = 9
    OVER_LIMIT = 10
    TIME_LIMIT = 124
    INTERRUPTED = 130


class DocaiError(Exception):
    """Everything that docai raises on purpose; the message ends with the next step."""

    exit_code: ExitCode = ExitCode.INTERNAL


class InputError(DocaiError):
    """The document given cannot be used."""

    exit_code = ExitCode.UNREADABLE


class NothingToDo(InputError):
    """No input was found where the caller pointed."""

    exit_code = ExitCode.NOTHING_TO_DO


class Unreadable(InputError):
    """The bytes are no document that docai knows, or are damaged beyond repair."""


class Encrypted(InputError):
    """The document wants a password, or another one than it was given."""

    exit_code = ExitCode.ENCRYPTED


class NoSuchPage(InputError):
    """The pages asked for are not in the document."""

    exit_code = ExitCode.NO_SUCH_PAGE


class OverLimit(InputError):
    """The document is larger than docai reads, so that memory stays bounded."""

    exit_code = ExitCode.OVER_LIMIT


class MemoryLimit(OverLimit):
    """The document wants more memory than a process that reads documents may hold."""


class TimeLimit(InputError):
    """The document takes longer than it may."""

    exit_code = ExitCode.TIME_LIMIT


class Crashed(InputError):
    """The document ends the process that reads it, again and again."""


class Unfetched(InputError):
    """The bytes of a document that lies elsewhere did not come.

    Attributes:
        retryable: Whether they may come another time.
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class MissingDependency(DocaiError):
    """A package, program or language is not installed; the message names the command that brings it."""

    exit_code = ExitCode.MISSING


class BackendError(DocaiError):
    """A backend could not answer at all.

    Attributes:
        retryable: Whether the same request may succeed later.
    """

    retryable = False


class BackendUnavailable(BackendError):
    """The backend asked for does not exist here."""

    exit_code = ExitCode.MISSING


class MalformedReply(BackendError):
    """A backend answered in a form that its dialect cannot read."""

    retryable = True


class OutputInUse(DocaiError):
    """Another run is at work in the output folder."""


class OutputUnwritable(DocaiError):
    """Nothing can be written into the output folder: the disk is full, it is read-only, or it is gone."""


class LedgerDamaged(DocaiError):
    """The ledger of an output folder is damaged, no ledger at all, or one of a newer docai."""


def exit_code_of(code: str) -> ExitCode:
    """Return the exit code of an error by the code of the problem that tells of it, `no_such_page` for `NoSuchPage`."""
    kinds = [DocaiError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return next((kind.exit_code for kind in kinds if code_of(kind) == code), ExitCode.SOME_FAILED)


def code_of(kind: type[DocaiError]) -> str:
    """Return the code of a problem that tells of an error: `no_such_page` for `NoSuchPage`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
