"""Documents are found once each wherever they lie, outputs are named so that none meets another, and copies are gone in the end."""

from __future__ import annotations

import http.server
import io
import os
import stat
import subprocess
import sys
import threading
import urllib.parse
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.errors import MissingDependency, NothingToDo, OverLimit, Unfetched, Unreadable
from docai.extraction import Extractor
from docai.inputs import MOST_NAME, Job, fetched, find_jobs, is_url, jobs_of, local_path, shown, without_secrets

fsspec = pytest.importorskip("fsspec", reason="docai[remote] is not installed")
aiohttp = pytest.importorskip("aiohttp", reason="docai[remote] is not installed")

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.builds(lambda folders, name: "/".join([*folders, f"{name}.pdf"]), st.lists(NAMES, max_size=3), NAMES)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """An empty current folder, and a way to lay empty files in it."""
    monkeypatch.chdir(tmp_path)

    def lay(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return lay


def stems(*paths):
    return [job.stem.as_posix() for job in find_jobs(paths)]


# ---- what comes in


def test_files_come_in_the_order_given(tree):
    tree("b.pdf", "a.pdf")
    assert find_jobs(["b.pdf", "a.pdf"]) == [Job(Path("b.pdf"), PurePath("b.pdf")), Job(Path("a.pdf"), PurePath("a.pdf"))]


def test_a_folder_means_all_documents_below_it_and_keeps_its_subfolders(tree):
    tree("in/b.pdf", "in/deep/er/a.PNG", "in/notes.txt", "in/no_suffix", "in/c.tiff", "in/folder.pdf/inner.jpg")
    assert stems("in") == ["b.pdf", "c.tiff", "deep/er/a.PNG", "folder.pdf/inner.jpg"]


def test_a_pattern_means_the_files_that_match_it(tree):
    tree("in/b.pdf", "in/a.pdf", "in/c.txt", "in/deep/a.pdf", "in/sub.pdf/x.png")
    assert stems("in/*.pdf") == ["a.pdf", "b.pdf"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tree):
    tree("scan[1].pdf", "scan1.pdf")
    assert stems("scan[1].pdf") == ["scan[1].pdf"]


def test_a_missing_file_is_left_to_be_told_when_it_is_opened(tree):
    assert stems("missing.pdf") == ["missing.pdf"]


def test_a_name_that_no_file_can_have_is_left_to_be_told_when_it_is_opened():
    (job,) = find_jobs(["x" * 5000 + ".pdf"])
    with pytest.raises(Unreadable, match="cannot be read"):
        Extractor().pages(job.path)


@pytest.mark.parametrize("path", ["empty", "*.pdf", "only_texts", "no/such/**/*.png"])
def test_where_nothing_is_found_there_is_nothing_to_do(tree, path):
    tree("empty/.keep", "only_texts/a.txt", "a.png")
    with pytest.raises(NothingToDo, match="no documents found here; docai looks for bmp, jpeg, jpg, pdf"):
        find_jobs(["a.png", path])


def test_a_file_is_read_once_however_often_and_by_whatever_path_it_is_given(tree, tmp_path):
    tree("in/a.pdf", "in/b.pdf")
    assert stems("in/a.pdf", "in", str(tmp_path / "in" / "a.pdf"), "in/../in/a.pdf", "in/*.pdf") == ["a.pdf", "b.pdf"]


def test_what_docai_wrote_before_is_not_read_again(tree):
    tree("a.pdf", "a.pdf.json", "a.pdf.figures/p1-2.png", "deep/b.PDF.overlay/p1.png", "my.figures/drawing.png")
    assert stems(".") == ["a.pdf", "my.figures/drawing.png"]


# ---- where it goes


def test_files_that_share_a_name_are_told_apart_by_their_folders(tree):
    tree("a/x.pdf", "b/x.pdf", "b/y.pdf")
    assert stems("a/x.pdf", "b/x.pdf", "b/y.pdf") == ["a/x.pdf", "b/x.pdf", "y.pdf"]
    assert stems("a", "b") == ["a/x.pdf", "b/x.pdf", "y.pdf"]


def test_a_file_told_apart_does_not_meet_a_third(tree):
    tree("a/x.pdf", "b/x.pdf", "c/a/x.pdf")
    assert stems("a/x.pdf", "b/x.pdf", "c") == ["a/x.pdf", "b/x.pdf", "c/a/x.pdf"]


def test_names_that_differ_in_their_suffix_do_not_meet(tree):
    tree("x.pdf", "x.png")
    assert stems("x.pdf", "x.png") == ["x.pdf", "x.png"]


@given(st.lists(PATHS, min_size=1, max_size=6))
def test_no_two_documents_share_an_output(paths):
    jobs = find_jobs(paths)
    places = {job.stem for job in jobs}
    assert len(places) == len(jobs) == len(set(paths))
    assert not any(place.is_absolute() or ".." in place.parts for place in places)


def test_redraws_are_no_documents_to_read_on_the_next_run(tree):
    tree("a.pdf", "a.pdf.charts/p1-2.png", "charts/b.png")
    assert [job.path for job in find_jobs(["."])] == [Path("a.pdf"), Path("charts/b.png")]


# ---- very many: what comes in


def found(*inputs, **options):
    return {job.stem.as_posix(): job for job in jobs_of(inputs, **options)}


def mark(text):
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


SCRIPTS = [
    "보고서 1분기.pdf",
    "Báo cáo tài chính.PDF",
    "报告.png",
    "отчёт.tiff",
    "تقرير.pdf",
    "รายงาน.jpg",
    "📄.pdf",
    "รูป.แบบ.webp",
]


def test_folders_files_and_patterns_come_in_order_and_each_once(tree, tmp_path):
    tree("in/b.pdf", "in/a/z.pdf", *(f"in/{name}" for name in SCRIPTS), "in/c.txt", "other/x.pdf")
    jobs = list(jobs_of(["other/x.pdf", "in", "in/**/*.pdf", str(tmp_path / "in/b.pdf"), "./other"]))
    assert [job.stem.as_posix() for job in jobs] == ["x.pdf", *sorted(["a/z.pdf", "b.pdf", *SCRIPTS])]
    assert all(Path(job.path).is_file() for job in jobs)
    assert {job.identity for job in jobs[1:]} == {str(tmp_path / "in" / job.stem) for job in jobs[1:]}


def test_a_pattern_keeps_the_folders_below_its_fixed_part(tree):
    tree("in/2024/01/a.pdf", "in/2024/02/a.pdf", "in/2024/02/b.png", "in/2023/a.pdf", "scan[1].pdf", "scan1.pdf")
    assert set(found("in/**/*.pdf")) == {"2023/a.pdf", "2024/01/a.pdf", "2024/02/a.pdf"}
    assert set(found("in/2024/*/a.pdf")) == {"01/a.pdf", "02/a.pdf"}
    assert set(found("in/2024/**")) == {"01/a.pdf", "02/a.pdf", "02/b.png"}
    assert set(found("scan[1].pdf")) == {"scan[1].pdf"}


def test_what_is_no_file_neither_hangs_nor_loops_nor_doubles(tree, tmp_path):
    tree("in/a.pdf", "in/deep/b.pdf", "elsewhere/c.pdf")
    here = tmp_path / "in"
    (here / "loop").symlink_to(here)
    (here / "deep" / "up").symlink_to(here)
    (here / "linked").symlink_to(tmp_path / "elsewhere")
    (here / "file link.pdf").symlink_to(tmp_path / "elsewhere" / "c.pdf")
    (here / "itself.pdf").symlink_to("itself.pdf")
    if hasattr(os, "mkfifo"):
        os.mkfifo(here / "pipe.pdf")
    assert list(found("in")) == ["a.pdf", "deep/b.pdf", "file link.pdf"]
    assert list(found("in/**/*.pdf")) == ["a.pdf", "deep/b.pdf", "file link.pdf"]
    assert list(found("in/linked")) == ["c.pdf"]  # a link that is named is followed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_a_pipe_that_is_named_is_told_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    with pytest.raises(Unreadable, match="a pipe or device, not a file"), fetched(tmp_path / "pipe.pdf"):
        pass


@posix
def test_a_folder_that_cannot_be_listed_is_a_job_that_fails(tree, tmp_path, monkeypatch):
    tree("in/a.pdf", "in/z.pdf")
    monkeypatch.chdir(tmp_path / "in")
    for _ in range(20):  # 5000 bytes deep: no path leads to the lowest, whoever asks
        Path("f" * 250).mkdir()
        os.chdir("f" * 250)
    Path("lost.pdf").touch()
    os.chdir(tmp_path)
    jobs = list(jobs_of(["in"]))
    assert [job.stem.as_posix() for job in (jobs[0], jobs[2])] == ["a.pdf", "z.pdf"]
    assert len(os.fsencode(jobs[1].stem)) < 300  # so that what is told of it can be written
    with pytest.raises(Unreadable, match="cannot be read"), fetched(jobs[1].path) as path:
        Extractor().pages(path)


def test_what_docai_wrote_and_what_lies_in_the_output_folder_is_not_read_again(tree):
    tree("a.pdf", "a.pdf.pdf", "b.pdf.pdf", "a.pdf.figures/p1.png", ".docai/x.pdf", "out/a.pdf.pdf", "out/sub/b.png")
    assert list(found("**/*.pdf", output="out")) == ["a.pdf", "b.pdf.pdf"]
    assert list(found("out/*.pdf", output="out")) == ["a.pdf.pdf"]
    assert list(found(".", output="out")) == ["a.pdf", "b.pdf.pdf"]
    assert list(found("out", output="out")) == ["a.pdf.pdf", "sub/b.png"]
    assert list(found(".", output=".")) == ["a.pdf", "b.pdf.pdf", "out/a.pdf.pdf", "out/sub/b.png"]


def test_what_is_wrong_with_an_input_is_told_when_the_others_have_come(tree):
    tree("in/a.pdf", "empty/.keep")
    coming = jobs_of(["empty", "in", "no*.pdf", "missing.pdf"])
    assert [next(coming).stem.as_posix() for _ in range(2)] == ["a.pdf", "missing.pdf"]
    with pytest.raises(NothingToDo, match=r"^empty: no documents.*\nno\*\.pdf: no documents"):
        next(coming)
    for nothing in ([], [""]):
        with pytest.raises(NothingToDo):
            list(jobs_of(nothing))


# ---- lists


def test_a_list_names_files_folders_and_urls_and_no_patterns(tree, tmp_path):
    tree("in/[1]*.pdf", "in/sub/b.pdf", "in/sub/c.png", "in/ d .pdf", "in/보고.pdf")
    text = f"# a note\nin/[1]*.pdf\r\n\nin/sub\nin/ d .pdf\n{tmp_path / 'in' / '보고.pdf'}\nin/gone?.pdf\nfile://{tmp_path}/in/x%20y.pdf"
    Path("list").write_bytes(b"\xef\xbb\xbf" + text.encode())
    absolute = "/".join((tmp_path / "in").parts[1:])
    stems = [
        "in/[1]*.pdf",
        "in/sub/b.pdf",
        "in/sub/c.png",
        "in/ d .pdf",
        f"{absolute}/보고.pdf",
        "in/gone?.pdf",
        f"{absolute}/x y.pdf",
    ]
    assert list(found(lists=["list"])) == stems
    assert list(found(lists=[io.BytesIO(text.encode("utf-16"))])) == stems
    assert list(found("in/sub", lists=["list"]))[:3] == ["b.pdf", "c.png", "in/[1]*.pdf"]  # each once, by the name it got first


def test_a_line_that_leads_out_of_the_folder_does_not_lead_out_of_the_output_folder(tree, tmp_path, monkeypatch):
    tree("here/.keep", "x/a.pdf")
    monkeypatch.chdir(tmp_path / "here")
    (job,) = jobs_of(lists=[io.BytesIO(b"../x/./a.pdf\nsub/../../x/a.pdf\n")])
    assert job.stem.parts == (*tmp_path.parts[1:], "x", "a.pdf")
    assert Path(job.path).samefile(tmp_path / "x" / "a.pdf")


@posix
def test_names_that_are_no_text_come_through_lists_of_the_standard_input(tree, tmp_path):
    names = [b"in/two\nlines.pdf", b"in/caf\xe9.pdf", b"in/#1\r", "in/끝.pdf".encode()]
    (tmp_path / "in").mkdir()
    for name in names:
        Path(os.fsdecode(name)).write_bytes(name)
    script = """
import os, sys
from docai.inputs import jobs_of
for job in jobs_of(lists=["-"], null=sys.argv[1] == "null"):
    job.stem.as_posix().encode()
    print(ascii(os.fsencode(job.path)), bool(job.signature))
"""
    for end, word in ((b"\0", "null"), (b"\n", "lines")):
        given_names = names if word == "null" else [names[1], names[3]]
        told = subprocess.run([sys.executable, "-c", script, word], input=end.join(given_names), capture_output=True, check=True)
        lines = told.stdout.decode().splitlines()
        assert [line.partition("'")[2].partition("'")[0].encode().decode("unicode_escape") for line in lines] == [
            name.decode("latin-1") for name in given_names
        ]
        assert all(line.endswith(" True") for line in lines)
    by_name = {os.fsencode(job.path): job for job in jobs_of(["in"])}
    assert by_name[names[1]].stem == PurePath(f"caf\ufffd~{mark(os.fsdecode(names[1][3:]))}.pdf")
    assert by_name[names[0]].stem == PurePath("two\nlines.pdf")
    assert (by_name[names[0]].display, by_name[names[1]].display) == (r"in/two\nlines.pdf", r"in/caf\xe9.pdf")
    assert all(Path(job.path).read_bytes() == name for name, job in by_name.items())


def test_a_list_that_is_not_there_is_told_before_anything_is_read(tree):
    with pytest.raises(Unreadable, match=r"no\\nlist: the list cannot be read: .*; check the path"):
        jobs_of(["in"], lists=["no\nlist"])


# ---- very many: where it goes


def test_a_name_that_is_taken_gets_a_mark_and_an_input_more_renames_none(tree, tmp_path):
    tree("a/x.pdf", "b/x.pdf", "c/x.pdf", "b/y.pdf")
    marked = {name: f"x~{mark(str(tmp_path / name / 'x.pdf'))}.pdf" for name in "abc"}
    assert list(found("a", "b")) == ["x.pdf", marked["b"], "y.pdf"]
    assert list(found("a", "b", "c")) == ["x.pdf", marked["b"], "y.pdf", marked["c"]]
    before = {stem: job.identity for stem, job in found("a", "b").items()}
    again = {job.identity: stem for stem, job in found("c", "b", "a", owner=before.get).items()}
    assert again == {identity: stem for stem, identity in before.items()} | {str(tmp_path / "c" / "x.pdf"): marked["c"]}
    (tmp_path / "a").rename(tmp_path / "moved")  # nobody has its name now
    assert list(found("moved", owner=before.get)) == ["x.pdf"]


@posix
def test_the_longest_names_leave_room_for_what_comes_behind(tree, tmp_path):
    names = ["가" * 82 + "나.pdf", "가" * 82 + "다.pdf", "z" * 251 + ".pdf", "x." + "y" * 249 + ".pdf"]
    tree("in/" + "ㅎ" * 85 + "/" + names[0], *(f"in/{name}" for name in names))
    stems = list(found("in"))
    assert len(set(stems)) == 5
    for stem in stems:
        path = tmp_path / "out" / f"{stem}.p1234-123-12.spans.json.4194304.part"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert len(PurePath(stem).name.encode()) <= MOST_NAME
    assert stems[1] == "z" * (200 - 13) + f"~{mark(names[2])}.pdf"
    assert stems == [job.stem.as_posix() for job in find_jobs(["in"])]


PARTS = st.sampled_from(["..", ".", "a", "A", "b.pdf", "", "c:", "\\", "é", "CON", "x" * 300, ".docai", "%2e%2e", "%2F"])
BEGINNINGS = st.sampled_from(["", "/", "../", "http://h", "http://h:80/", "s3://b/"])
LINES = st.builds("{}{}/q.pdf".format, BEGINNINGS, st.lists(PARTS, min_size=1, max_size=4).map("/".join))


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=8))
def test_whatever_a_list_names_outputs_stay_below_their_folder_and_apart(lines):
    jobs = list(jobs_of(lists=[io.BytesIO("\0".join([*lines, "z"]).encode())], null=True))
    stems = [job.stem for job in jobs]
    assert len(set(stems)) == len(stems) == len({job.identity for job in jobs})
    for stem in stems:
        assert not stem.is_absolute()
        assert ".." not in stem.parts
        assert stem.parts[0] != ".docai" or len(stem.parts) == 1
        assert Path("out", stem).resolve().is_relative_to(Path("out").resolve())


def test_a_signature_changes_with_the_file_and_is_empty_without_one(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"1")
    job = Job(path, PurePath("a.pdf"))
    first = job.signature
    assert first == job.signature != ""
    path.write_bytes(b"12")
    assert job.signature != first
    path.unlink()
    assert job.signature == Job("\0", PurePath("a")).signature == ""


def test_what_is_shown_hides_nothing_and_no_secret():
    assert shown("a\x1b[31m\u202efdp.exe\udcff한글 b.pdf") == r"a\x1b[31m\u202efdp.exe\xff한글 b.pdf"
    secret = "https://me:hush@host:8/a%20b.pdf?X-Amz-Signature=hush&sig=hush&token=hush"
    assert "hush" not in shown(secret)
    assert "hush" not in repr(without_secrets("s3://key:hush@bucket/a.pdf"))
    signed = without_secrets("https://host/a.pdf?id=1&X-Amz-Signature=one&X-Amz-Date=1")
    assert signed == without_secrets("https://host/a.pdf?id=1&X-Amz-Signature=two") != without_secrets("https://host/a.pdf?id=2")
    assert without_secrets("https://host/a.pdf?sv=1&se=2&sr=b&sp=r&sig=x%3D") == "https://host/a.pdf"
    assert without_secrets("abfs://container@account/a.pdf") == "abfs://container@account/a.pdf"


def test_a_drive_is_no_url_and_a_file_url_is_a_path():
    assert [is_url(text) for text in ("C:\\a.pdf", "C://a.pdf", "a.pdf", "s3://b/a", "HTTP://h/a", "file:///a")] == [
        0,
        0,
        0,
        1,
        1,
        0,
    ]
    path = Path("a b#1?.pdf").absolute()
    assert Path(local_path(path.as_uri())) == path
    assert local_path("a%20b.pdf") == "a%20b.pdf"


# ---- URLs


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and what goes wrong: /401, /404, /503; /short breaks off, /endless never ends."""

    sent = 0

    def log_message(self, *args):
        pass

    def do_GET(self):
        name = urllib.parse.urlsplit(self.path).path.strip("/")
        if name in ("401", "404", "503"):
            self.send_error(int(name))
        elif name in ("short", "endless"):
            self.send_response(200)
            if name == "short":
                self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                for _ in range(1 if name == "short" else 1_000_000):
                    self.wfile.write(bytes(1 << 16))
                    Handler.sent += 1 << 16
            except OSError:  # the reader has enough
                pass
        else:
            super().do_GET()


@pytest.fixture
def web(tmp_path):
    """The address of a server of the folder `web`."""
    (tmp_path / "web").mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "web"))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_document_of_the_web_is_a_private_copy_that_is_gone_in_the_end(web, tmp_path):
    (tmp_path / "web" / "보고 서.pdf").write_bytes(b"%PDF-" + bytes(100_000))
    address = f"http://{web}/{urllib.parse.quote('보고 서.pdf')}"
    (job,) = jobs_of([address + "?id=7"])
    assert job.stem == PurePath(f"보고 서~{mark('id=7')}.pdf")
    assert [one.stem.as_posix() for one in jobs_of([address], lists=[io.BytesIO(f"{address}\n".encode())])] == ["보고 서.pdf"]
    assert job.signature == Job(address, PurePath("a")).signature != ""
    below = tmp_path / "copies"
    below.mkdir()
    with pytest.raises(RuntimeError), fetched(job.path, most_bytes=100_005, below=below) as copy:  # noqa: PT012
        assert copy.name == f"보고 서~{mark('id=7')}.pdf"
        assert copy.read_bytes() == (tmp_path / "web" / "보고 서.pdf").read_bytes()
        if os.name != "nt":
            assert [stat.S_IMODE(path.stat().st_mode) for path in (copy, copy.parent)] == [0o600, 0o700]
        raise RuntimeError
    assert list(below.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told", "retryable"),
    [
        ("401", "answered 401", False),
        ("404", "no such document", False),
        ("503", "answered 503", True),
        ("short", "ClientPayloadError", True),
    ],
)
def test_what_the_web_does_not_bring_is_typed_and_tells_no_secret(web, tmp_path, name, told, retryable):
    with pytest.raises(Unfetched, match=told) as caught, fetched(f"http://me:hush@{web}/{name}?sig=hush&t=hush", below=tmp_path):
        pass
    assert (caught.value.retryable, caught.value.exit_code) == (retryable, 7)
    assert "hush" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert [path.name for path in tmp_path.iterdir()] == ["web"]


def test_nobody_at_home_and_no_such_kind_of_url_are_told(tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
    with pytest.raises(Unfetched, match="no connection") as caught, fetched(f"http://127.0.0.1:{port}/a.pdf"):
        pass
    assert caught.value.retryable
    with pytest.raises(Unfetched, match="ValueError") as caught, fetched("nonsense://a/b.pdf"):
        pass
    assert not caught.value.retryable
    with pytest.raises(MissingDependency, match="adlfs"), fetched("abfs://container/b.pdf"):
        pass


def test_no_more_than_the_limit_is_fetched(web):
    with pytest.raises(OverLimit, match="more than the 1000000 bytes"), fetched(f"http://{web}/endless", most_bytes=1_000_000):
        pass
    assert Handler.sent < 100_000_000  # what lay on the way
    with pytest.raises(OverLimit), fetched(f"http://{web}/short", most_bytes=999_999):
        pass


def test_folders_and_patterns_of_memory(tmp_path):
    files = fsspec.filesystem("memory")
    for name in ("/in/a.pdf", "/in/a.pdf.pdf", "/in/a.pdf.figures/p1.png", "/in/sub/b.png", "/in/c.txt"):
        files.pipe(name, name.encode())
    try:
        assert list(found("memory://in")) == ["a.pdf", "sub/b.png"]
        assert list(found("memory://in/**/*.p*")) == ["a.pdf", "sub/b.png"]
        assert list(found("memory://in/a.pdf")) == ["a.pdf"]
        assert list(found(lists=[io.BytesIO(b"memory:///in/\nmemory:///in/sub/b.png")])) == ["in/a.pdf", "in/sub/b.png"]
        with fetched(found("memory://in")["sub/b.png"].path) as copy:
            assert copy.read_bytes() == b"/in/sub/b.png"
        with pytest.raises(NothingToDo, match="memory://in/sub/deep: no documents"):
            list(jobs_of(["memory://in/sub/deep"]))
    finally:
        files.rm("/in", recursive=True)


@pytest.fixture(scope="module")
def bucket():
    """A bucket of S3 on this machine."""
    moto = pytest.importorskip("moto.server", reason="moto[s3] is not installed")
    s3fs = pytest.importorskip("s3fs", reason="docai[remote] is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{address}:{port}")
        files = s3fs.S3FileSystem()
        files.mkdir("bucket")
        yield files
        server.stop()


def test_folders_patterns_and_documents_of_s3(bucket, tmp_path):
    bodies = {"in/a.pdf": b"1", "in/깊은/b c?.pdf": b"2" * 3_000_000, "in/d.txt": b"3", "in/e.pdf/f.png": b"4"}
    for key, body in bodies.items():
        bucket.pipe(f"bucket/{key}", body)
    jobs = found("s3://bucket/in")
    assert list(jobs) == ["a.pdf", "e.pdf/f.png", "깊은/b c?.pdf"]
    for stem, job in jobs.items():
        with fetched(job.path, most_bytes=3_000_000) as copy:
            assert copy.read_bytes() == bodies[f"in/{stem}"]
    assert list(found("s3://bucket/in/*.pdf")) == ["a.pdf"]
    assert list(found("s3://bucket/in/**/*.pdf")) == ["a.pdf", "깊은/b c?.pdf"]
    assert list(found(lists=[io.BytesIO("s3://bucket/in/깊은/b c?.pdf".encode())])) == ["bucket/in/깊은/b c?.pdf"]
    listed = jobs["a.pdf"].signature
    assert listed == Job("s3://bucket/in/a.pdf", PurePath("a")).signature != ""
    bucket.pipe("bucket/in/a.pdf", b"5")
    assert found("s3://bucket/in")["a.pdf"].signature != listed
    with pytest.raises(OverLimit), fetched("s3://bucket/in/깊은/b c?.pdf", most_bytes=2_999_999):
        pass
    with pytest.raises(Unfetched, match="no such document"), fetched("s3://bucket/gone.pdf"):
        pass
    with pytest.raises(Unfetched, match="s3://nowhere/in: cannot be fetched"):
        list(jobs_of(["s3://nowhere/in"]))
