"""What `docai extract` makes of hostile files, names and output folders: a document or a typed error, in a process with limits."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from docai.errors import ExitCode
from tests.faults import files
from tests.faults.harness import Ending, command, ending, endings, environment, fault_of, run, temporaries

SLOWEST = 12  # documents a kind that are cut, of a hundred, in the everyday tests; `make faults` cuts at each per cent


def written(folder, documents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in documents.items():
        (folder / name).write_bytes(data)
    return folder


def read_together(folder, documents, *options):
    """Return how each of many documents ended that one command read."""
    names = list(written(folder / "in", documents) and documents)
    ran = run("extract", folder / "in", "--output", folder / "out", *options)
    left = temporaries(folder / "out")
    assert not left, left
    return endings(ran, names, folder / "out")


def judged(ended, found, what):
    """Hold all endings to be well, and tell them to the report as one line."""
    bad = {name: ending for name, ending in found.items() if not ending.well}
    for name, one in bad.items():
        ended(one, name)
    kinds = sorted({one.how.split(":")[0].split()[0] for one in found.values()})
    ended(Ending(f"{len(found)} {what}: {', '.join(kinds)}", well=not bad))


def refused(ran, *words):
    """Return the ending of a command whose output folder cannot be written: a word with the next step, and no internal fault."""
    plain = " ".join(ran.errors.split())
    well = ran.code == ExitCode.INTERNAL and "internal fault" not in plain and "Traceback" not in plain
    well = well and any(word in plain for word in words)
    return Ending(f"typed: {plain[-160:]}" if well else f"{fault_of(ran)}: {plain[-300:]}", well, ran.code, ran.seconds)


# ---- many at once


def test_documents_cut_anywhere(tmp_path, ended):
    cut = {}
    for suffix, data in files.sound_documents().items():
        whole = list(files.truncations(data, suffix).items())
        cut.update(whole if suffix == ".pdf" else whole[:: 100 // SLOWEST])
    found = read_together(tmp_path, cut)
    assert {one.how for one in found.values()} - {"document: success"}, "cutting took nothing away"
    judged(ended, found, "documents")


@pytest.mark.faults
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
def test_pictures_cut_at_every_per_cent(tmp_path, ended, suffix):
    judged(ended, read_together(tmp_path, files.truncations(files.sound_documents()[suffix], suffix)), "pictures")


def test_wrong_suffixes_change_nothing(tmp_path, ended):
    found = read_together(tmp_path, files.wrong_suffixes())
    assert all(one.how == "document: success" for name, one in found.items() if name.split("_")[0] in ("pdf", "png", "tif"))
    judged(ended, found, "documents")


def test_names_in_every_script(tmp_path, ended):
    """A name that leaves no room for a suffix is told; all others have their document."""
    documents = {}
    for told, name in files.names().items():
        try:
            written(tmp_path / "in", {name: files.one_sentence()})
        except OSError:  # this system has no such names
            continue
        documents[told] = name
    ran = run("extract", tmp_path / "in", "--output", tmp_path / "out")
    for told, name in documents.items():
        if told.startswith("255"):
            assert not (tmp_path / "out" / f"{name}.json").exists() if len(os.fsencode(name)) < 251 else True
            continue
        assert (tmp_path / "out" / f"{name}.json").is_file(), (told, ran.errors)
    told = f"{len(documents)} names, of which {ran.errors.count('error:')} are too long"
    ended(Ending(f"document: {told}", fault_of(ran) == "", ran.code, ran.seconds))


# ---- paths


@pytest.mark.skipif(sys.platform == "win32", reason="paths end elsewhere")
@pytest.mark.parametrize("length", [4_090, *(pytest.param(length, marks=pytest.mark.faults) for length in (3_000, 4_080, 4_500))])
def test_a_document_deep_in_folders(tmp_path, ended, length):
    """Beside it lies another, which is read whatever becomes of it."""
    top = written(tmp_path / "in", {"beside.pdf": files.one_sentence()})
    folder = files.deep_folder(top, length)
    try:
        files.write_below(top, folder, "deep.pdf", files.one_sentence())
        ran = run("extract", top, "--output", tmp_path / "out")
        assert (tmp_path / "out" / "beside.pdf.json").is_file(), ran.errors
        ended(ending(ran, tmp_path / "out"))
    finally:
        subprocess.run(["rm", "-rf", str(top)], check=False)  # which goes step by step, as shutil does not


# ---- output folders


@pytest.mark.faults
def test_a_file_in_the_place_of_the_output_folder(tmp_path, ended):
    source = written(tmp_path / "in", {"a.pdf": files.one_sentence()}) / "a.pdf"
    (tmp_path / "out").write_text("in the way")
    ended(refused(run("extract", source, "--output", tmp_path / "out"), "check the output folder"))
    assert (tmp_path / "out").read_text() == "in the way"


def test_a_folder_in_the_place_of_an_output(tmp_path, ended):
    source = written(tmp_path / "in", {"a.pdf": files.one_sentence()}) / "a.pdf"
    (tmp_path / "out" / "a.pdf.json").mkdir(parents=True)
    ended(refused(run("extract", source, "--output", tmp_path / "out"), "check the output folder"))
    assert not temporaries(tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_disk_that_is_full(tmp_path, ended):
    """The limit of a file's size stands for it: writing fails in the same way and at the same place."""
    source = written(tmp_path / "in", {"a.pdf": files.one_sentence()}) / "a.pdf"
    ran = run("extract", source, "--output", tmp_path / "out", file_size=300, PYTHONDONTWRITEBYTECODE="1")
    ended(refused(ran, "check the output folder"))
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_stdout_that_is_full(tmp_path, ended):
    source = written(tmp_path / "in", {"a.pdf": files.one_sentence()}) / "a.pdf"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("extract", source, "--output", "-"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    well = done.returncode == ExitCode.INTERNAL and "No space left" in done.stderr and "Traceback" not in done.stderr
    ended(Ending(f"typed: {done.stderr.strip()[-160:]}", well and "internal fault" not in done.stderr, done.returncode))


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders")
@pytest.mark.faults
def test_an_output_folder_that_is_read_only(tmp_path, ended):
    source = written(tmp_path / "in", {"a.pdf": files.one_sentence()}) / "a.pdf"
    (tmp_path / "out").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    if os.access(tmp_path / "out", os.W_OK):  # the superuser may write everywhere but where nothing can be
        if not Path("/proc/self").exists():
            pytest.skip("nowhere is read-only for this user")
        ended(refused(run("extract", source, "--output", "/proc/self/docai"), "check the output folder"))
        return
    ended(refused(run("extract", source, "--output", tmp_path / "out"), "check the output folder"))


@pytest.mark.faults
def test_an_output_folder_that_vanishes(tmp_path, ended):
    source = (
        written(tmp_path / "in", {"a.pdf": files.slow_pages(60, patches=150)}) / "a.pdf"
    )  # read for seconds after the first look
    out = tmp_path / "out"
    child = subprocess.Popen(
        command("extract", source, "--output", out), stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True
    )
    began = time.monotonic()
    while child.poll() is None and not (out.exists() and any(out.iterdir())):
        time.sleep(0.01)
    shutil.rmtree(out)
    _, errors = child.communicate(timeout=120)
    well = child.returncode == ExitCode.INTERNAL and "check the output folder" in errors and "Traceback" not in errors
    ended(Ending(f"typed: {errors.strip()[-160:]}", well, child.returncode, time.monotonic() - began))


# ---- large ones, alone


LARGE = (
    files.ancestors_for_children,
    files.bomb_in_a_bomb,
    files.page_of_100_000_points,
    files.picture_bomb,
    files.scan_bomb,
    files.strip_of_100_000_pixels,
)


@pytest.mark.faults
@pytest.mark.parametrize("make", LARGE, ids=lambda make: make.__name__)
def test_a_large_one(tmp_path, ended, make):
    source = written(tmp_path / "in", {f"{make.__name__}.pdf": make()}) / f"{make.__name__}.pdf"
    ended(ending(run("extract", source, "--output", tmp_path / "out"), tmp_path / "out"))


@pytest.mark.faults
def test_fifty_thousand_pages(tmp_path, ended):
    """They are opened, and the last of them is read, within what one page may take."""
    source = written(tmp_path / "in", {"many.pdf": files.fifty_thousand_pages()}) / "many.pdf"
    ended(ending(run("extract", source, "--output", tmp_path / "out", "--pages", "1,49999-50000"), tmp_path / "out"))
