"""Which documents come in: files, folders, patterns, lists and URLs, and where the outputs of each go.

`find_jobs` serves a few documents that are read at once, `jobs_of` a million that come one by one, also from other machines.
"""

from __future__ import annotations

import glob
import io
import os
import re
import stat
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b, sha256
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from urllib.request import url2pathname

from docai.errors import InputError, NothingToDo, Unreadable
from docai.output_names import DEVICES
from docai.registry import load

if TYPE_CHECKING:
    from docai.remote import Found

SUFFIXES: Final = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"})
OUR_FOLDERS: Final = frozenset({".charts", ".figures", ".overlay"})  # what docai wrote is no document to read on the next run
PRIVATE: Final = ".docai"  # the folder in an output folder that is a batch's own: its ledger, and what is not whole yet
MOST_FOLDER: Final = 255  # bytes of a name that Linux, macOS and Windows take (NAME_MAX of limits.h)
MOST_NAME: Final = 200  # bytes of an output's name before ".p1234-123-12.spans.json.4194304.part" and the like come after it
MOST_STEM: Final = 3000  # bytes of a whole stem, so that it fits below an output folder into the 4096 of PATH_MAX
MOST_SUFFIX: Final = 16  # bytes; a longer end of a name is no suffix that tells a kind of file
SECRETS: Final = re.compile(  # what clouds sign a URL with, other each time: AWS, Google, CloudFront, Azure
    r"x-(amz|goog|oss|obs|cos)-.*|.*signature|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid|ossaccesskeyid"
    r"|s[vepritk]|sig|sip|spr|srt|ske|sks|skt|skv|skoid|sktid|saoid|suoid|scid|sdd",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+(?:::[A-Za-z][A-Za-z0-9+.\-]*)*://")  # two letters at least: "C:" is a drive
_ACCOUNTS: Final = frozenset({"abfs", "abfss", "az", "wasb", "wasbs"})  # of Azure: what stands before @ is a container, no user
_FOLDS_NAMES: Final = sys.platform in ("win32", "darwin")  # where "A" and "a" are one file, and both spellings of "é"
_NO_NAME: Final = re.compile(r'[\x00-\x1f"*/:<>?\\|]' if os.name == "nt" else r"[\x00/]")
_LONE: Final = re.compile(r"[\ud800-\udfff]")  # bytes of a name that are no UTF-8, as Python holds them


@dataclass(frozen=True, slots=True)
class Job:
    """A document to read, and where its outputs go below the output folder.

    Attributes:
        path: Where it lies: a path, or, as a str, a URL that fsspec knows, with all secrets in it.
        stem: Where its outputs go, without the suffix of a format.
        listed: Its signature, where a listing told it already; empty where it is to be asked.
    """

    path: Path | str
    stem: PurePath
    listed: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The last part of its path, as people may see it."""
        return shown(str(self.path).rstrip("/").rpartition("/")[2] if is_url(self.path) else Path(self.path).name)

    @property
    def display(self) -> str:
        """Its path as terminals and lists may show it, in one line and without secrets."""
        return shown(self.path)

    @property
    def identity(self) -> str:
        """Which document it is, wherever the caller stands: its absolute path, links not followed, or its URL without secrets.

        This is what a ledger may keep. A URL whose user, password or signature was taken out cannot be read from it
        again: who wants that names the URL again.
        """
        return without_secrets(self.path) if isinstance(self.path, str) and is_url(self.path) else _identity(self.path)

    @property
    def signature(self) -> str:
        """What changes when its bytes do: size, times of change and inode of a file, size and ETag of a URL.

        Empty where nobody can tell. Asked anew each time: a file costs one `stat`, a URL that no listing told of one request.
        """
        if self.listed:
            return self.listed
        if isinstance(self.path, str) and is_url(self.path):
            told: str = load("docai.remote:signature")(self.path)
            return told
        try:
            state = os.stat(self.path)  # noqa: PTH116  # of a million files, which need no Path
        except (OSError, ValueError):  # ValueError: a path with a zero byte
            return ""
        return f"{state.st_size}-{state.st_mtime_ns}-{state.st_ctime_ns}-{state.st_ino}"


# ---- a few, for a command that reads them at once


def find_jobs(paths: Iterable[str]) -> list[Job]:
    """Return the documents that paths mean: files, folders with all below them, and patterns, in order and each once.

    A folder's subfolders are kept in the outputs; files that share a name are told apart by their folders. What docai
    itself wrote into a folder is not read again unless it is named: `a.pdf.pdf` beside `a.pdf`, and folders of figures.

    Law: no two jobs share a stem.

    Raises:
        NothingToDo: A folder or pattern has no documents in it.
    """
    jobs: dict[str, Job] = {}  # by where they really are, since one file has many paths
    for text in paths:
        found = list(_meant(text))
        if not found:
            raise _nothing(text)
        for path, stem in found:
            jobs.setdefault(_identity(path), Job(path, stem))
    taken = _Taken(text=False)
    return [replace(job, stem=taken.stem(job.stem.parts, job.identity)) for job in _told_apart(list(jobs.values()))]


def _nothing(text: str) -> NothingToDo:
    kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
    return NothingToDo(f"{shown(text)}: no documents found here; docai looks for {kinds}")


def _told_apart(jobs: list[Job]) -> list[Job]:
    names = Counter(job.stem for job in jobs)
    apart = [job if names[job.stem] == 1 else replace(job, stem=stem) for job, stem in zip(jobs, _below_all(jobs), strict=True)]
    if len({job.stem for job in apart}) == len(jobs):
        return apart
    return [replace(job, stem=stem) for job, stem in zip(jobs, _below_all(jobs), strict=True)]  # a/x told apart met another a/x


def _below_all(jobs: list[Job]) -> list[PurePath]:
    """Return where each job's document is below the folder that all share."""
    paths = [_plain(job.path) for job in jobs]
    if len({path.anchor for path in paths}) > 1:  # several drives share no folder
        return [PurePath(*_all_parts(path)) for path in paths]
    common = os.path.commonpath([path.parent for path in paths]) if paths else ""
    return [path.relative_to(common) for path in paths]


def _plain(path: Path | str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links, which keep their own names


def _identity(path: Path | str) -> str:
    return os.path.normcase(os.path.abspath(path))  # noqa: PTH100  # a million times, and with links kept


def _all_parts(path: PurePath) -> tuple[str, ...]:
    """Return the parts of an absolute path, as names below another folder: without the root, of a drive its letter."""
    drive = path.drive.strip("\\/").replace(":", "").replace("\\", "-")
    return (drive, *path.parts[1:]) if drive else path.parts[1:]


def _meant(text: str) -> Iterator[tuple[Path, PurePath]]:
    path = Path(_named(text))
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError:  # a name that is too long is told, like that of a missing file, when it is opened
        is_folder, exists = False, True
    if is_folder:
        yield from ((path / below, PurePath(below)) for below in _below(str(path)))
    elif exists or not glob.has_magic(text):
        yield path, PurePath(path.name)
    else:  # cmd and PowerShell leave patterns to the program
        matches = (Path(match) for match in sorted(glob.glob(text, recursive=True)))  # noqa: PTH207  # absolute patterns too
        yield from ((match, PurePath(match.name)) for match in matches if match.is_file())


def _named(text: str) -> str:
    if not text:  # an unset variable of a shell, which a path takes for the current folder
        raise NothingToDo("an empty path; name a file, a folder or a pattern")
    return text


# ---- folders


def _below(folder: str, *, left_out: str = "", whole: bool = False) -> Iterator[str]:
    """Yield the documents below a folder, in the order of their names, as paths relative to it.

    Links to files are followed, links to folders are not, so that none is read twice or without end; pipes and devices are
    no documents. `left_out` is the absolute path of a folder that is not looked into; with `whole`, a folder that cannot be
    listed is yielded itself.
    """
    begin = os.path.abspath(folder)  # noqa: PTH100  # a link that was named is followed
    levels = [iter(_entries(folder, "", whole=whole))]
    while levels:  # no recursion: folders may be nested deeper than Python's stack
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
            continue
        below, is_folder = entry
        if not is_folder:
            yield below
        elif not (left_out and os.path.join(begin, below) == left_out):  # noqa: PTH118  # a million strings
            levels.append(iter(_entries(os.path.join(folder, below), below, whole=whole)))  # noqa: PTH118


def _entries(folder: str, below: str, *, whole: bool) -> list[tuple[str, bool]]:
    """Return the documents and folders of a folder, sorted by name: each relative to the top, and whether it is a folder."""
    files: set[str] = set()
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not _is_ours(entry.name):
                        folders.append(entry.name)
                elif _suffix(entry.name) in SUFFIXES and _is_file(entry):
                    files.add(entry.name)
    except OSError:  # no permission, or a path longer than the system takes; whoever reads it is told why
        return [(below or ".", False)] if whole else []
    names = [(name, True) for name in folders] + [(name, False) for name in files if not _is_searchable_copy(name, files)]
    names.sort()
    prefix = f"{below}{os.sep}" if below else ""
    return [(prefix + name, is_folder) for name, is_folder in names]


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a million names


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _is_ours(folder: str) -> bool:
    document, kind = os.path.splitext(folder)  # noqa: PTH122  # a million names
    return folder == PRIVATE or (kind in OUR_FOLDERS and _suffix(document) in SUFFIXES)


def _is_searchable_copy(name: str, beside: set[str]) -> bool:
    """Return whether a file is named as docai's PDF of the document that lies beside it: `scan.png.pdf` of `scan.png`."""
    return name.endswith(".pdf") and name[:-4] in beside


# ---- very many


def jobs_of(
    inputs: Iterable[str] = (),
    *,
    lists: Iterable[str | os.PathLike[str] | IO[bytes]] = (),
    null: bool = False,
    output: str | os.PathLike[str] | None = None,
    owner: Callable[[str], str | None] | None = None,
) -> Iterator[Job]:
    """Yield the documents that inputs and then lists mean, one by one as they are found, in order and each once.

    An input is a file, a folder with all below it, a pattern (`**` for any folders), or a URL of these: `s3://bucket/in`,
    `s3://bucket/in/**/*.pdf`, `https://host/a.pdf`, `file:///in`; a URL of a folder ends in "/" or has no suffix of a
    document, but at http only what ends in "/" is one. A line of a list is a file, a folder or a URL, never a pattern, for
    programs write lists and names may hold stars; relative ones start from the current folder. Links to folders are not
    followed unless they are named. What docai wrote is not read again, nor anything below `output` unless that is named.

    Stems, told for each document by itself: below a folder or the fixed part of a pattern, the path from there on; of a file or
    URL that is named, its last part; of a line of a list, the whole path, as tar keeps it: without the root, drive letters
    as folders, and absolute where it leads out of the current folder, so that it does not hang on other lines. Names that
    an output could not have are shortened and marked with "~" and 8 digits of the SHA-256 of the whole.

    Law: no two jobs share a stem. Where two would, the first keeps it, and the other gets "~" and 8 digits of the SHA-256 of
    its `identity` before its suffix. So inputs that are added after the others rename none of them. For those that
    are added before or between, give `owner`.

    What goes wrong with an input does not hold up the others: it is raised when all have come. A file that is missing and a
    folder that cannot be listed are jobs, which fail when they are read.

    Args:
        inputs: Files, folders, patterns and URLs.
        lists: Files of lines, or binary streams; "-" is the standard input. UTF-8, with other bytes kept; UTF-16 with its
            mark, as PowerShell writes it. Empty lines, and those that begin with "#", are skipped.
        null: Whether zero bytes part the names of lists, not line ends, so that they may hold anything.
        output: The folder that outputs go to.
        owner: Asked for the `identity` of the document that had a stem in earlier runs, None where none had; if that is another
            one, which is still there, it keeps the stem.

    Raises:
        MissingDependency: A URL needs the extra `remote`; told before anything is read, if it is an input.
        NothingToDo: Nothing was named, or a folder, pattern or list has no documents.
        Unfetched: A URL could not be listed.
        Unreadable: A list cannot be opened; told before anything is read.
    """
    texts, opened = list(inputs), [_opened(one) for one in lists]
    if not texts and not opened:
        raise NothingToDo("no inputs; name files, folders, patterns or URLs, or a list of them with --list")
    if any(_is_remote(text) for text in texts):
        load("docai.remote:listed")
    left_out = os.path.abspath(output) if output is not None else ""  # noqa: PTH100  # links kept, as in what is found
    return _all(texts, opened, b"\0" if null else b"\n", left_out, _Taken(owner))


def _all(texts: list[str], lists: list[tuple[str, IO[bytes]]], end: bytes, left_out: str, taken: _Taken) -> Iterator[Job]:
    wrong: list[InputError] = []
    for told, finding in _sought(texts, lists, end, left_out):
        count = 0
        try:
            for path, parts, signature in finding:
                count += 1
                identity = Job(path, PurePath()).identity
                if taken.is_new(identity):
                    yield Job(path, taken.stem(parts, identity), signature)
            if not count:
                wrong.append(_nothing(told))
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        same = type(wrong[0]) if len({type(error) for error in wrong}) == 1 else InputError
        raise same("\n".join(map(str, wrong)))


_Sought = tuple[str, tuple[str, ...], str]  # where a document lies, the parts of its stem, its signature if a listing told it


def _sought(
    texts: list[str], lists: list[tuple[str, IO[bytes]]], end: bytes, left_out: str
) -> Iterator[tuple[str, Iterator[_Sought]]]:
    for text in texts:
        yield text, _of_input(text, left_out)
    for name, stream in lists:
        yield name, _of_list(stream, end, left_out)


def _of_input(text: str, left_out: str) -> Iterator[_Sought]:
    text = local_path(_named(text))
    if is_url(text):
        yield from _of_url(text, _url_parts(text)[-1:], patterns=True)
    elif _is_folder(text):
        yield from _of_folder(text, (), left_out)
    elif not glob.has_magic(text) or os.path.lexists(text):
        yield text, (Path(text).name,), ""
    else:
        yield from _of_pattern(text, left_out)


def _of_list(stream: IO[bytes], end: bytes, left_out: str) -> Iterator[_Sought]:
    with stream:
        for line in _lines(stream, end):
            text = local_path(line)
            if is_url(text):
                yield from _of_url(text, _url_parts(text), patterns=False)
                continue
            relative = PurePath(os.path.normpath(text))
            leads_out = relative.is_absolute() or bool(relative.anchor) or ".." in relative.parts
            parts = _all_parts(_plain(text)) if leads_out else relative.parts
            if _is_folder(text):
                yield from _of_folder(text, parts, left_out)
            else:
                yield text, parts, ""


def _of_folder(folder: str, parts: tuple[str, ...], left_out: str) -> Iterator[_Sought]:
    for below in _below(folder, left_out=left_out, whole=True):
        stem = (*parts, *PurePath(below).parts) if below != "." else (*parts, _plain(folder).name)
        yield os.path.normpath(os.path.join(folder, below)), stem, ""  # noqa: PTH118  # a million strings


def _of_pattern(text: str, left_out: str) -> Iterator[_Sought]:
    """Yield the files that match; `**` does not follow links, in which it could turn round for ever."""
    parts = Path(text).parts
    first = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    root = Path(*parts[:first])
    rest = [part if part == "**" else re.sub(r"\*\*+", "*", part) for part in parts[first:]]
    pattern = "/".join([*rest, "*"] if rest[-1] == "**" else rest)
    for below in sorted({match.relative_to(root).parts for match in root.glob(pattern) if match.is_file()}):
        path = root.joinpath(*below)
        ours = any(map(_is_ours, below[:-1])) or _is_searchable_copy(
            path.name, {path.stem} if _is_document(path.with_suffix("")) else set()
        )
        written = bool(left_out) and not _plain(root).is_relative_to(left_out) and _plain(path).is_relative_to(left_out)
        if not ours and not written:
            yield str(path), below, ""


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _of_url(url: str, parts: tuple[str, ...], *, patterns: bool) -> Iterator[_Sought]:
    """Yield what a URL means; one that can only be a file costs no request."""
    http = urlsplit(url).scheme.lower() in ("http", "https")
    is_pattern = patterns and not http and glob.has_magic(url)
    is_folder = is_pattern or url.endswith("/") or (patterns and not http and _suffix(url) not in SUFFIXES)
    if not is_folder:
        yield url, parts, ""
        return
    found: list[Found] = load("docai.remote:listed")(url, shown(url), is_pattern=is_pattern)
    keys = {below for _, below, _ in found if _suffix(below) in SUFFIXES}
    for where, below, signature in found:
        inner = tuple(below.split("/"))
        ours = any(map(_is_ours, inner[:-1])) or _is_searchable_copy(below, keys)
        if not below:  # the URL is that of a file
            yield where, parts, signature
        elif not ours and (is_pattern or _suffix(below) in SUFFIXES):
            yield where, (*(() if patterns else parts), *inner), signature


def _is_folder(text: str) -> bool:
    try:
        return os.path.isdir(text)  # noqa: PTH112  # Path.is_dir raises where a name is too long
    except (OSError, ValueError):
        return False


# ---- lists


def _opened(one: str | os.PathLike[str] | IO[bytes]) -> tuple[str, IO[bytes]]:
    if not isinstance(one, (str, os.PathLike)):
        return "the list", one
    if one == "-":
        return "standard input", io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    try:
        return os.fspath(one), Path(one).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"{shown(one)}: the list cannot be read: {reason}; check the path and its permissions") from error


def _lines(stream: IO[bytes], end: bytes) -> Iterator[str]:
    """Yield what a list names."""
    rest, text_end, encoding = b"", end, sys.getfilesystemencoding()
    first = True
    while True:
        chunk = stream.read1(1 << 16) if isinstance(stream, (io.BufferedReader, io.BytesIO)) else stream.read(1 << 16)
        if first and chunk:
            first = False
            chunk += stream.read(2) if len(chunk) < 2 else b""  # a mark may come in two pieces
            if chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                encoding = "utf-16-le" if chunk[:1] == b"\xff" else "utf-16-be"
                text_end, chunk = end.decode().encode(encoding), chunk[2:] + stream.read()  # lists of PowerShell are not endless
            chunk = chunk.removeprefix(b"\xef\xbb\xbf")
        pieces = _split(rest + chunk, text_end)
        rest = pieces.pop() if chunk else b""
        for raw in pieces:
            name = raw.decode(encoding, "surrogateescape" if encoding[:6] != "utf-16" else "replace")
            if end != b"\0":
                name = name.removesuffix("\r")
                if name.startswith("#"):
                    continue
            if name:
                yield name
        if not chunk:
            return


def _split(raw: bytes, end: bytes) -> list[bytes]:
    if len(end) == 1:
        return raw.split(end)
    units = memoryview(raw)
    cuts = [n for n in range(0, len(raw) - 1, 2) if units[n : n + 2] == end]
    return [bytes(units[begin:stop]) for begin, stop in zip([0, *(n + 2 for n in cuts)], [*cuts, len(raw)], strict=True)]


# ---- URLs


def is_url(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a URL that is not of this machine; a drive, `C:`, is none."""
    return isinstance(path, str) and _URL.match(path) is not None and path[:5].lower() != "file:"


def _is_remote(text: str) -> bool:
    return is_url(text)


def local_path(text: str) -> str:
    """Return a `file:` URL as a path (RFC 8089), and anything else as it is."""
    if text[:7].lower() != "file://":
        return text
    parts = urlsplit(text)
    host = "" if parts.netloc.lower() in ("", "localhost") else f"//{parts.netloc}"
    rest = text.partition("://")[2].removeprefix(parts.netloc)  # "?" and "#" may be in names
    return url2pathname(host + rest)


def without_secrets(url: str) -> str:
    """Return a URL without user and password, and with what follows "?" as 8 digits of its SHA-256, signatures left out.

    Two documents that differ only behind the "?" keep differing; one that is signed anew stays the same.
    """
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    if scheme.lower() not in _ACCOUNTS:
        place = place.rpartition("@")[2]
    if scheme.lower() not in ("http", "https"):
        return f"{scheme}://{place}{slash}{path}"  # "?" is a letter of names there
    parts = urlsplit(f"{scheme}://{place}{slash}{path}")
    bare = parts._replace(query="", fragment="").geturl()
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not SECRETS.fullmatch(name)]
    return f"{bare}?~{_digits(urlencode(kept))}" if kept else bare


def _url_parts(url: str) -> tuple[str, ...]:
    """Return host and path of a URL as names of folders and a file, those of the web spelt out."""
    bare = without_secrets(url)
    rest, _, query = bare.partition("://")[2].partition("?~") if url[:4].lower() == "http" else (bare.partition("://")[2], "", "")
    parts = [part for part in rest.split("/") if part]
    if url[:4].lower() == "http":
        parts = [unquote(part) for part in parts]
    if query:
        parts[-1] = _marked(parts[-1], query, MOST_NAME)
    return tuple(parts)


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path or URL as people may see it: in one line, nothing in it that a terminal obeys or that hides, no secrets."""
    text = os.fspath(path)
    if is_url(text):
        text = without_secrets(text)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


# ---- names of outputs


class _Taken:
    """What was given out: documents and stems, as digests of 16 bytes, since there may be millions."""

    def __init__(self, owner: Callable[[str], str | None] | None = None, *, text: bool = True) -> None:
        self._owner, self._text = owner, text
        self._documents: set[bytes] = set()
        self._stems: set[bytes] = set()

    def is_new(self, identity: str) -> bool:
        """Return whether a document did not come before."""
        return _added(self._documents, identity)

    def stem(self, parts: Sequence[str], identity: str) -> PurePath:
        """Return a stem that no other document has, and give it out: the one wanted, made safe, if that is free."""
        wanted = _safe(parts, text=self._text)
        stem, attempt = wanted, 0
        while not self._is_free(stem, identity) or not _added(self._stems, _folded(stem)):
            mark = _digits(f"{identity}\0{attempt}" if attempt else identity)
            stem = wanted.with_name(_marked(wanted.name, mark, MOST_NAME))
            attempt += 1
        return stem

    def _is_free(self, stem: PurePath, identity: str) -> bool:
        """Return whether no other document that is still there had the stem in an earlier run."""
        had = self._owner(stem.as_posix()) if self._owner is not None else None
        return had is None or had == identity or not (is_url(had) or os.path.lexists(had))


def _added(digests: set[bytes], text: str) -> bool:
    before = len(digests)
    digests.add(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    return len(digests) > before


def _folded(stem: PurePath) -> str:
    text = stem.as_posix()
    return unicodedata.normalize("NFC", text).casefold() if _FOLDS_NAMES else text


def _safe(parts: Sequence[str], *, text: bool = True) -> PurePath:
    """Return names as a path below a folder, whose every part the file system takes and which leads nowhere else.

    With `text`, all parts are UTF-8, as ledgers and reports hold them; otherwise they keep the bytes of their names.
    """
    names = [part for part in parts if part not in ("", ".", "..")] or ["document"]
    folders = [_name(name, MOST_FOLDER, text=text) for name in names[:-1]]
    if folders and folders[0].casefold() == PRIVATE:
        folders[0] = _marked(folders[0], _digits(folders[0]), MOST_FOLDER)
    name = _name(names[-1], MOST_NAME, text=text)
    if sum(len(os.fsencode(folder)) + 1 for folder in folders) + MOST_NAME > MOST_STEM:
        folders = [f"~{_digits('/'.join(names[:-1]))}"]
    return PurePath(*folders, name)


def _name(name: str, most: int, *, text: bool = True) -> str:
    """Return a name that the file system takes, in UTF-8 too with `text`: as it is, or changed and marked."""
    taken = _NO_NAME.sub("_", _LONE.sub("\ufffd", name) if text else name)
    if os.name == "nt":
        taken = taken.rstrip(". ") or "_"
        taken = f"_{taken}" if DEVICES.fullmatch(taken) else taken
    if taken == name and len(taken.encode("utf-8", "surrogatepass" if os.name == "nt" else "surrogateescape")) <= most:
        return name
    return _marked(_LONE.sub("\ufffd", taken), _digits(name), most)


def _marked(name: str, mark: str, most: int) -> str:
    """Return a name with "~" and a mark before its suffix, cut so that all has at most `most` bytes in UTF-8."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122  # a name, not a path
    if len(suffix.encode()) > MOST_SUFFIX:
        stem, suffix = name, ""
    end = f"~{mark}{suffix}"
    return stem.encode()[: most - len(end.encode())].decode("utf-8", "ignore") + end


def _digits(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


# ---- bytes


@contextmanager
def fetched(
    path: str | os.PathLike[str], *, most_bytes: int | None = None, below: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """Give the path of a document on this machine for a `with` block: of a URL, a copy that only this user can read.

    The copy has the document's own name, in a folder of its own, and both are gone in the end. Where the process may be killed
    meanwhile, give as `below` a folder that is emptied later; else it is that of the system for temporary files.

    Raises:
        OverLimit: The URL has more than `most_bytes`; no more than that is fetched.
        Unfetched: It could not be fetched; `retryable` tells whether another attempt may.
        Unreadable: The path is a pipe or device, which may keep its reader waiting for ever.
        MissingDependency: The extra `remote`, or what fsspec needs for the URL, is not installed.
        OSError: There is no room for the copy.
    """
    if not (isinstance(path, str) and is_url(path)):
        yield _regular(Path(local_path(os.fspath(path))))
        return
    with tempfile.TemporaryDirectory(prefix="docai-", dir=below, ignore_cleanup_errors=True) as folder:  # made with mode 0700
        copy = Path(folder, _name((_url_parts(path) or ("document",))[-1], MOST_NAME))
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        load("docai.remote:fetch")(path, copy, most_bytes, shown(path))
        yield copy


def _regular(path: Path) -> Path:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # told by whoever opens it
        return path
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise Unreadable(f"{shown(path)}: a pipe or device, not a file; copy what comes out of it into a file first")
    return path
