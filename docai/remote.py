"""Documents that lie elsewhere, listed and fetched through fsspec, which knows S3, the web and many more.

No message holds a URL as it was given, nor what a library says of it, since both may hold a password or a signature.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import fsspec
from fsspec.callbacks import Callback
from fsspec.registry import known_implementations

from docai.errors import InputError, MissingDependency, OverLimit, Unfetched

CONNECT: Final = 30  # seconds to reach a server; a network that answers at all does so in a few
SILENCE: Final = 60  # seconds without a byte; aiohttp's own 300 for the whole would break off large files on slow lines
AGAIN: Final = frozenset({408, 425, 429})  # of HTTP, beside 5xx, what RFC 9110, 8470 and 6585 call worth another attempt
HERE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})  # faults of this machine's disk, not of the network
VERSIONS: Final = ("ETag", "etag", "md5Hash", "content_md5", "Content-MD5", "LastModified", "last_modified", "Last-Modified",
                   "updated", "mtime", "created")  # fmt: skip  # what file systems of fsspec tell, the surest first


class Found(NamedTuple):
    """A file in a listing: its URL, its path below what was listed (empty for that itself), and its signature."""

    url: str
    below: str
    signature: str


def listed(url: str, told: str, *, is_pattern: bool = False) -> list[Found]:
    """Return the files below a URL, or those that match it, sorted; `told` names it in messages.

    All are held in memory, about a kilobyte each while the listing lasts: S3 tells a thousand in one request, where going
    folder by folder takes one for each.

    Raises:
        MissingDependency: What fsspec needs for the URL is not installed.
        Unfetched: It cannot be listed.
    """
    with _told(url, told):
        files, root = _place(url)
        files.invalidate_cache()  # a listing of an hour ago is no listing
        if is_pattern:
            found = files.glob(root, detail=True)
            root = re.split(r"[*?\[]", root, maxsplit=1)[0].rpartition("/")[0]
        else:
            root = root.rstrip("/")
            found = files.find(root, detail=True)
        files.invalidate_cache()  # a million entries that nobody asks for again
        paths = sorted(path for path, info in found.items() if info["type"] == "file")
        return [Found(files.unstrip_protocol(path), path[len(root) :].lstrip("/"), _signature(found[path])) for path in paths]


def signature(url: str) -> str:
    """Return what changes when the bytes of a URL do; empty where nobody can tell."""
    try:
        with _told(url, ""):
            files, path = _place(url)
            return _signature(files.info(path))
    except (InputError, MissingDependency):  # told when it is fetched
        return ""


def fetch(url: str, copy: Path, most_bytes: int | None, told: str) -> None:
    """Write the bytes of a URL to a file; `told` names it in messages.

    Raises:
        MissingDependency: What fsspec needs for the URL is not installed.
        OverLimit: There are more than `most_bytes`; no more than that is fetched.
        Unfetched: They do not come.
        OSError: There is no room for them.
    """
    with _told(url, told):
        files, path = _place(url)
        files.get_file(path, str(copy), callback=_Count(most_bytes, told))


class _Count(Callback):  # type: ignore[misc]  # fsspec tells no types
    """Counts bytes as they come, and breaks off."""

    def __init__(self, most: int | None, told: str) -> None:
        super().__init__()
        self._most, self._told = most, told

    def call(self, hook_name: str | None = None, **kwargs: Any) -> None:
        """Be told that some came, or how many will."""
        if self._most is not None and max(self.size or 0, self.value) > self._most:
            raise OverLimit(f"{self._told}: more than the {self._most} bytes that are fetched at most; raise the limit")


def _place(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path that it has there."""
    options: dict[str, Any] = {}
    if re.match("https?:", url, re.IGNORECASE):
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE)
        encoded = re.fullmatch("[!-~]+", url) is not None  # a signature holds for the letters as they are
        options = {"client_kwargs": {"timeout": timeout}, "encoded": encoded}
    files, path = fsspec.url_to_fs(url, **options)
    return files, path


def _signature(info: Mapping[str, Any]) -> str:
    version = next((info[name] for name in VERSIONS if info.get(name)), None)
    return "" if version is None else f"{info.get('size')}-{version}"


@contextmanager
def _told(url: str, told: str) -> Iterator[None]:
    """Turn what the file systems raise into errors of docai."""
    try:
        yield
    except (InputError, MissingDependency):
        raise
    except ImportError as error:
        raise MissingDependency(_remedy(url, told)) from error
    except Exception as error:  # each file system of fsspec raises what its own client does
        if isinstance(error, OSError) and error.errno in HERE:
            raise
        reason, retryable = _reason(error)
        step = "try again later" if retryable else "check the URL and what may be read with your credentials"
        raise Unfetched(f"{told}: cannot be fetched: {reason}; {step}", retryable=retryable) from None  # its text may tell secrets


def _remedy(url: str, told: str) -> str:
    scheme = url.partition("://")[0].rpartition("::")[2].lower()
    ours = scheme in ("http", "https", "s3", "s3a")
    hint = "pip install 'docai[remote]'" if ours else known_implementations.get(scheme, {}).get("err", "")
    return f"{told}: what reads {scheme}:// is not installed; {'run: ' if ours else ''}{hint or 'install its fsspec plug-in'}"


def _reason(error: Exception) -> tuple[str, bool]:
    """Return in words that tell no secrets what went wrong, and whether it may go well another time."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"the server answered {error.status}", error.status >= 500 or error.status in AGAIN
    if isinstance(error, FileNotFoundError):
        return "there is no such document", False
    if isinstance(error, PermissionError) or "Credentials" in type(error).__name__:
        return "access is denied", False
    if isinstance(error, (IsADirectoryError, ValueError)):  # ValueError: also an unknown kind of URL
        return f"no URL of a file ({type(error).__name__})", False
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection ({error.os_error.strerror or type(error.os_error).__name__})", True
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "the server is silent", True
    return type(error).__name__, True
