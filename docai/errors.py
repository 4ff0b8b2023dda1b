"""What can go wrong, as one tree; each leaf knows its exit code and the next step.

* DocaiError                  1
  + InputError                7
    - NothingToDo             5    no file matches, an empty folder
    - Unreadable              7    not a document, zero bytes, damaged beyond repair
    - Encrypted               8    a password is missing or wrong
    - NoSuchPage              9    a page range that the document does not have
    - OverLimit              10    a picture or page too large to hold in memory
  + MissingDependency         6    a package, program or language that is not installed
  + BackendError              1
    - BackendUnavailable      6    the backend asked for is not there
    - MalformedReply          1    an answer that no dialect can read

Programmer errors (a wrong type, an unknown keyword) stay built-ins. A page that fails is no
exception but a `Problem` in the document, so that the other pages are not lost.
"""

from __future__ import annotations

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
