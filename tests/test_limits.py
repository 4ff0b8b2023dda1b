"""Files made to fill memory, to run for ever or to reach outside end in a document or a typed error, within bounds.

Each is read in a process of its own that may have 4 GB, so that what ends a process is seen.
"""

from __future__ import annotations

import io
import json
import logging
import os
import pickle
import re
import socket
import stat
import struct
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath

import pymupdf
import pytest
from PIL import Image
from typer.testing import CliRunner

import docai
from docai.cli import app
from docai.cli_options import chosen_limits
from docai.errors import InputError, OverLimit, Unreadable
from docai.limits import NAMES, Limits, parsed
from docai.output_names import below
from docai.sources import Origin, PageReference, opened, origin_of, poppler, render
from docai.sources.jpeg import has_more_scans
from tests import hostile_files
from tests.hostile_files import jpeg_of_scans, one_page, stream

ROOT = Path(docai.__file__).parents[1]

READ = """
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import docai
from docai.errors import DocaiError
from docai.sources import opened, origin_of
told = {}
for path in sys.argv[1:]:
    name = path.rpartition("/")[2][:-4]
    try:
        with opened(origin_of(path, limits=docai.Limits(decompressed_bytes=60_000_000))) as source:
            page = source.page(1)
            more = len(source.outline()), len(source.attachments()), len(source.form_fields())
            codes = [problem.code for problem in (*page.problems, *source.problems())]
            try:
                drawn = source.render(1, 50, 50)[0].shape == (50, 50, 3)
            except DocaiError as error:
                drawn = type(error).__name__
            told[name] = [[word.text for word in page.words], sorted(set(codes) - {"repaired"}), *more, drawn]
    except DocaiError as error:
        told[name] = type(error).__name__
    print(json.dumps({name: told[name]}), flush=True)
status = open("/proc/self/status").read()  # `ru_maxrss` would be that of the process that started this one, if it was larger
print(json.dumps({"memory": int(re.search("VmHWM: *\t* *([0-9]+)", status)[1])}))
"""
HELLO, NONE = ["Hello"], []
OVER = [NONE, ["page_over_limit"], 0, 0, 0, "OverLimit"]
PICTURE = [HELLO, ["picture_over_limit"], 0, 0, 0, "OverLimit"]
WHOLE = [HELLO, [], 0, 0, 0, True]
BOMBS = {
    "content_bomb": OVER,
    "nested_content_bomb": OVER,
    "operators_bomb": OVER,
    "many_streams_bomb": OVER,
    "mesh_bomb": OVER,
    "laughs": OVER,
    "laughing_patterns": OVER,
    "picture_bomb": PICTURE,
    "jpeg_bomb": PICTURE,
    "scans_bomb": PICTURE,
    "scans_of_a_mask_bomb": PICTURE,
    "jpx_bomb": PICTURE,
    "jbig2_bomb": PICTURE,
    "fax_bomb": PICTURE,
    "form_in_itself": WHOLE,
    "huge_page": WHOLE,
    "page_tree_in_a_circle": WHOLE,
    "pages_that_are_one": "Unreadable",
    "millions_of_objects": "OverLimit",
    "deep_outline": [HELLO, ["document_over_limit"], 0, 0, 0, True],
    "outline_in_a_circle": WHOLE,
    "many_links": WHOLE,
    "many_fields": [HELLO, [], 0, 0, 10_000, True],
    "many_attachments": [HELLO, ["document_over_limit"], 0, 1_000, 0, True],
}


def seen(folder, names):
    """Return what a process of its own tells of hostile files, and the most memory that it took, in bytes."""
    paths = []
    for name in names:
        paths.append(folder / f"{name}.pdf")
        paths[-1].write_bytes(getattr(hostile_files, name)())
    command = [sys.executable, "-c", READ, *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT, check=False)
    told = {}
    for line in run.stdout.splitlines():
        told |= json.loads(line)
    assert run.returncode == 0, f"ended with {run.returncode} after {list(told)}: {run.stderr[-500:]}"
    return told, told.pop("memory") * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is limited and measured by Linux")
def test_hostile_files_end_in_bounded_time_and_memory(tmp_path):
    told, memory = seen(tmp_path, BOMBS)
    assert told == BOMBS
    assert memory < 800_000_000


# ---- whole documents


def pdf_of(count):
    return hostile_files.many_pages(count)


@pytest.mark.parametrize(
    ("data", "limits", "found"),
    [
        (one_page(), Limits(file_bytes=100), r"bytes, and docai takes 100;.*--limit file_bytes=N"),
        (pdf_of(7), Limits(pages=6), r"document: the PDF has 7 pages, and docai takes 6;.*--limit pages=N.*Limits\(pages=N\)"),
        (pdf_of(7), Limits(objects=9), r"17 objects, and docai takes 9;.*--limit objects=N"),
    ],
)
def test_a_document_over_a_limit_is_refused_with_what_was_found_and_how_to_raise_it(data, limits, found):
    with pytest.raises(OverLimit, match=found) as caught:
        docai.extract(data, limits=limits)
    assert caught.value.exit_code == 10


def test_a_document_just_within_its_limits_is_read():
    data = pdf_of(3)
    document = docai.extract(data, limits=Limits(file_bytes=len(data), pages=3, objects=13))
    assert (document.status, document.page_count) == ("success", 3)


def jpeg(mode, **how):
    packed = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert(mode).save(packed, "JPEG", **how)
    return packed.getvalue()


@pytest.mark.parametrize(("mode", "progressive", "scans"), [("RGB", True, 10), ("L", True, 6), ("RGB", False, 1)])
def test_the_scans_of_a_jpeg_are_those_that_were_written(mode, progressive, scans):
    data = jpeg(mode, progressive=progressive)
    assert has_more_scans(data, scans - 1)
    assert not has_more_scans(data, scans)
    assert docai.extract(data, limits=Limits(jpeg_scans=scans)).page_count == 1


def test_a_jpeg_that_goes_over_its_picture_without_end_is_a_page_that_is_not_read():
    document = docai.extract(jpeg_of_scans(100_000))
    (problem,) = document.pages[0].problems
    assert (document.status, problem.code, problem.severity) == ("failure", "page_unreadable", "error")
    assert re.search(r"JPEG has more than 100 scans, and docai takes 100;.*--limit jpeg_scans=N", problem.message)


def test_what_only_looks_like_scans_does_not_count_and_none_is_hidden():
    data, seeming = jpeg("RGB", comment=b"\xff\xda" * 200, restart_marker_blocks=1), b"\xff\xda" * 200
    assert not has_more_scans(data[:2] + b"\xff\xe1\x01\x92" + seeming + data[2:] + seeming, 1)
    end, hidden = data.rindex(b"\xff\xd9"), b"\xff\xda\x00\x02"
    assert has_more_scans(data[:end] + b"\xff\x05\xff\xff" + hidden + b"\xff\xff\xff" + hidden + data[end:], 2)
    assert has_more_scans(data[:end] + hidden, 1)  # cut off


def test_a_file_object_is_not_read_further_than_its_limit():
    class Endless:
        taken = 0

        def read(self, count):
            self.taken += count
            return b"x" * count

    endless = Endless()
    with pytest.raises(OverLimit):
        docai.extract(endless, limits=Limits(file_bytes=1000))
    assert endless.taken == 1001


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices")
def test_devices_and_pipes_are_refused_before_they_are_opened(tmp_path):
    pipe = tmp_path / "a.pdf"
    os.mkfifo(pipe)
    for path in ("/dev/zero", pipe):
        with pytest.raises(Unreadable, match="device or pipe"):
            docai.extract(path)


def test_limits_of_a_page_are_told_and_raised():
    words = one_page("BT /F1 5 Tf 9 100 Td (" + "a " * 50 + ") Tj ET " + "0 0 m 9 99 l S " * 40)
    few = docai.extract(words, limits=Limits(words=20, paths=10)).pages[0]
    assert len(few.words) == 20
    messages = " ".join(problem.message for problem in few.problems)
    assert "it has 46, and docai takes 20" in messages
    assert "it has 40, and docai takes 10" in messages
    assert "page_too_complex" not in {problem.code for problem in docai.extract(words).all_problems}


def test_forms_are_counted_as_often_as_they_are_drawn_however_they_are_called():
    form = stream("0 0 m 9 9 l S\n" * 100, "/Type/XObject/Subtype/Form/BBox[0 0 200 200]")
    for call in ("/X Do ", "/X%here\nDo ", "/#58 Do "):
        data = one_page("BT /F1 20 Tf 20 100 Td (Hello) Tj ET " + call * 50, {6: form}, resources="/XObject<</X 6 0 R>>")
        for most, codes in ((60_000, ["page_over_limit"]), (90_000, [])):
            with opened(origin_of(data, limits=Limits(decompressed_bytes=most))) as source:
                assert [problem.code for problem in source.page(1).problems] == codes, (call, most)


def test_a_raised_limit_lets_pillow_take_a_larger_picture():
    with opened(origin_of(large_tiff(), limits=Limits(pixels=400_000_000))) as source:
        assert source.page_count == 1
    with pytest.raises(OverLimit, match="--limit pixels=N"), opened(origin_of(large_tiff())):
        pass


# ---- the limits as a value


def test_limits_are_plain_checked_numbers_that_travel_with_every_reference():
    reference = PageReference(origin_of(b"x", "secret", Limits(pages=3)), 1)
    assert pickle.loads(pickle.dumps(reference)) == reference
    assert hash(reference.origin) != hash(origin_of(b"x", "secret"))
    assert parsed(["pages=5000", "pixels = 1_000", "words=1,000", "pages=7"]) == Limits(pages=7, pixels=1000, words=1000)
    for wrong, kind in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("9", TypeError)):
        with pytest.raises(kind, match="the limit pages"):
            Limits(pages=wrong)
    for text in ("pages", "pages=", "pages=x", "pages=-1", "pages=0", "leaves=9", "=", "pages=" + "9" * 5000):
        with pytest.raises(ValueError, match=", ".join(NAMES[:3])):
            parsed([text])


def test_the_command_takes_limits(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(2))
    assert chosen_limits(None) == Limits()
    over = CliRunner().invoke(app, ["extract", str(path), "-o", str(tmp_path / "out"), "--limit", "pages=1"])
    assert (over.exit_code, "docai takes 1;" in over.output) == (10, True)
    wrong = CliRunner().invoke(app, ["extract", str(path), "--limit", "leaves=1"])
    assert wrong.exit_code == 2


def test_security_md_tells_each_limit_and_its_default():
    told = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"| `{name}` | {getattr(Limits(), name):,} |" in told


# ---- nothing outside is reached

OUTSIDE = r"""
import json, os, sys
seen = []
def hook(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "webbrowser.", "urllib.")):
        seen.append([event, repr(arguments)[:200]])
    elif event == "open" and watching and isinstance(arguments[0], (str, bytes)):
        seen.append(["open", os.fsdecode(arguments[0])])
watching = False
import docai
docai.extract(sys.argv[1], backend="classical")  # what is loaded on first use is loaded now
sys.addaudithook(hook)
watching = True
document = docai.extract(sys.argv[2], backend="classical")
document.to_json(), document.to_html(), document.to_markdown()
watching = False
print(json.dumps([seen, document.text]))
"""


def reaching_out(target):
    """Return a PDF that asks in each way that PDF knows for a file or a server: `target`, a port that listens, is behind them."""
    address, file = f"http://127.0.0.1:{target.port}", target.file
    script = f"app.launchURL('{address}/js'); this.submitForm('{address}/form')"
    actions = [
        f"<</S/URI/URI({address}/uri)>>",
        f"<</S/Launch/F({file})/Win<</F(cmd.exe)/P(/c echo)>>>>",
        f"<</S/GoToR/F({file})/D[0/Fit]>>",
        f"<</S/GoToE/F({file})/T<</R/C/N(a)>>>>",
        f"<</S/SubmitForm/F<</FS/URL/F({address}/submit)>>>>",
        f"<</S/ImportData/F({file})>>",
        f"<</S/JavaScript/JS({script.replace('(', chr(92) + '(').replace(')', chr(92) + ')')})>>",
        f"<</S/Rendition/OP 0/R<</S/MR/C<</S/MCD/D<</FS/URL/F({address}/film)>>>>>>>>",
    ]
    links = "".join(f"<</Type/Annot/Subtype/Link/Rect[{9 * n} 9 {9 * n + 8} 20]/A {a}>>" for n, a in enumerate(actions))
    external = f"/F({file})/FFilter/FlateDecode"
    more = {
        6: stream("", f"/Type/XObject/Subtype/Image/Width 9/Height 9/BitsPerComponent 8/ColorSpace[/ICCBased 7 0 R]{external}"),
        7: stream("", f"/N 3/F<</FS/URL/F({address}/profile)>>"),
        8: stream(
            "0 0 9 9 re f",
            f"/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Ref<</F({file})/Page 0>>/OPI<</2.0<</Type/OPI/Version 2.0/F({file})>>>>",
        ),
        9: stream(f'<xdp><template><script>{address}</script><image href="{address}/xfa"/></template></xdp>'),
    }
    return one_page(
        "BT /F1 20 Tf 20 100 Td (Hello) Tj ET q 50 0 0 50 0 120 cm /I Do Q /R Do",
        more,
        page=f"/Annots[{links}]/AA<</O {actions[6]}/C {actions[0]}>>",
        resources="/XObject<</I 6 0 R/R 8 0 R>>",
        catalogue=f"/OpenAction {actions[6]}/AA<</WC {actions[4]}>>/AcroForm<</XFA 9 0 R/Fields[]>>"
        f"/Names<</JavaScript<</Names[(a) {actions[6]}]>>>>",
    )


class Target:
    def __init__(self, port, file):
        self.port, self.file = port, file


@pytest.fixture
def target(tmp_path):
    """A server that would see a connection, and a file that holds a word that no output may hold."""
    file = tmp_path / "elsewhere.txt"
    file.write_bytes(b"BT /F1 20 Tf 20 50 Td (Stolen) Tj ET")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        told = Target(server.getsockname()[1], file)
        told.server = server
        yield told


def asked(target):
    try:
        target.server.accept()
    except TimeoutError:
        return False
    return True


def test_nothing_that_a_document_names_is_opened_started_or_connected_to(tmp_path, target):
    plain, hostile = tmp_path / "plain.pdf", tmp_path / "hostile.pdf"
    plain.write_bytes(one_page())
    hostile.write_bytes(reaching_out(target))
    run = subprocess.run(
        [sys.executable, "-c", OUTSIDE, str(plain), str(hostile)], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    seen_events, text = json.loads(run.stdout)
    outside = [what for event, what in seen_events if event != "open" or Path(what).is_relative_to(tmp_path)]
    assert set(outside) == {str(hostile)}
    assert "Hello" in text
    assert "Stolen" not in text
    assert not asked(target)


def test_poppler_opens_nothing_either(target):
    assert poppler.render(origin_of(reaching_out(target)), 1, 100, 100).shape == (100, 100, 3)
    assert not asked(target)


# ---- temporary files


def test_a_temporary_copy_is_private_and_removed_whatever_happens(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = []

    def look(event, arguments):
        if event == "subprocess.Popen" and watching:
            found.extend((stat.S_IMODE(path.stat().st_mode), path.name) for path in tmp_path.iterdir())

    watching = True
    sys.addaudithook(look)
    poppler.render(Origin(None, one_page()), 1, 10, 10)
    with pytest.raises(InputError):
        poppler.render(Origin(None, b"no document"), 1, 10, 10)
    watching = False
    assert len(found) >= 3
    assert os.name == "nt" or {mode for mode, _ in found} == {0o700}
    assert list(tmp_path.iterdir()) == []


# ---- names of outputs


@pytest.mark.parametrize("stem", ["../a", "a/../../b", "/etc/passwd", "", ".", "a\0b"])
def test_an_output_never_lies_outside_its_folder(stem, tmp_path):
    for windows in (False, True):
        with pytest.raises(InputError, match="rename the document"):
            below(tmp_path, stem, windows=windows)


@pytest.mark.parametrize(
    "stem", ["C:a", "C:\\a", "\\\\host\\share\\a", "..\\a", "a\\..\\b", "con", "a/NUL.pdf", "COM1.x", "a:b", "a.", "a "]
)
def test_windows_is_spared_what_it_would_misunderstand(stem, tmp_path):
    with pytest.raises(InputError):
        below(tmp_path, stem, windows=True)
    if ".." not in PurePosixPath(stem).parts:
        assert below(tmp_path, stem, windows=False).is_relative_to(tmp_path)


@pytest.mark.parametrize("stem", ["a.pdf", "sub/b.pdf", "...pdf", "console.pdf", "보고서.pdf"])
def test_ordinary_names_are_as_they_are(stem, tmp_path):
    assert below(tmp_path, stem, windows=True) == below(tmp_path, stem, windows=False) == tmp_path / stem


# ---- secrets


def test_a_password_shows_nowhere(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "locked.pdf"
    path.write_bytes(locked("hunter2"))
    with pytest.raises(docai.Encrypted) as caught:
        docai.extract(path, password="hunter3")
    document = docai.extract(path, password="hunter2")
    origin = origin_of(path, "hunter2")
    render(PageReference(origin, 1), 9, 9)
    run = CliRunner().invoke(app, ["-v", "extract", str(path), "-o", str(tmp_path), "--password", "hunter2"])
    written = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.json"))
    out, err = capfd.readouterr()
    told = [str(caught.value), repr(caught.value.__cause__), repr(origin), repr(PageReference(origin, 1)), document.to_json()]
    assert run.exit_code == 0
    assert "hunter" not in "".join([*told, caplog.text, out, err, run.output, written])


def locked(password):
    with pymupdf.open(stream=one_page(), filetype="pdf") as file:
        return file.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=password, owner_pw=password)


def large_tiff():
    tags = [(256, 4, 19_000), (257, 4, 19_000), (258, 3, 1), (259, 3, 4), (262, 3, 0), (273, 4, 8), (278, 4, 19_000), (279, 4, 100)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHI", b"II", 42, 108) + b"\xff" * 100 + struct.pack("<H", len(tags)) + entries + b"\0" * 4
