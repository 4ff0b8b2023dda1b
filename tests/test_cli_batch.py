"""`docai batch`, `status`, `retry` and `report` as a shell sees them: words, streams and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pymupdf
import pytest
from typer.testing import CliRunner

from docai.cli import app
from docai.errors import ExitCode
from tests.drawn_pages import pages_of_text

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for name in ("a", "b"):
        Path("in", f"{name}.pdf").write_bytes(pages_of_text(2))
    return tmp_path


def shell(*words, given=None):
    command, environment = [sys.executable, "-m", "docai", *words], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, input=given, check=False, env=environment)


def outputs():
    return sorted(path.as_posix() for path in Path("out").rglob("*.json") if ".docai" not in path.parts)


def test_a_batch_is_read_told_and_reported(folder):
    Path("in", "bad.pdf").write_bytes(b"no pdf")
    done = shell("batch", "in", "-o", "out", "--workers", "2", "--progress", "json")
    assert done.returncode == ExitCode.SOME_FAILED, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["kind"] for event in events if event["kind"] != "page"] == ["begun", *["document"] * 3, "ended"]
    assert outputs() == ["out/a.pdf.json", "out/b.pdf.json", "out/bad.pdf.json"]

    told = json.loads(shell("status", "out", "--json").stdout)
    assert (told["counts"]["done"], told["counts"]["failed"], told["code"], told["running"]) == (2, 1, 3, False)
    assert "unreadable" in shell("status", "out").stdout

    written = shell("report", "out", "--to", "csv,html").stdout.split()
    assert [Path(path).name for path in written] == ["docai-report.csv", "docai-report.html"]
    assert "bad.pdf" in Path("out", "docai-report.csv").read_text("utf-8-sig")

    Path("in", "bad.pdf").write_bytes(pages_of_text(1))
    again = shell("retry", "out", "--failed", "--workers", "1", "--progress", "none")
    assert (again.returncode, again.stdout, again.stderr) == (ExitCode.OK, "", "")


def test_names_come_from_the_standard_input_and_from_lists(folder):
    Path("in", "two\nlines.pdf").write_bytes(pages_of_text(1))
    done = shell("batch", "-", "--null", "-o", "out", "--workers", "1", "--progress", "none", given="in/a.pdf\0in/two\nlines.pdf")
    assert done.returncode == ExitCode.OK, done.stderr
    assert outputs() == ["out/in/a.pdf.json", "out/in/two\nlines.pdf.json"]
    Path("names.txt").write_text("# chosen\nin/b.pdf\n")
    assert shell("batch", "--list", "names.txt", "-o", "out", "--workers", "1", "--progress", "none").returncode == ExitCode.OK
    assert "out/in/b.pdf.json" in outputs()


def test_one_document_fails_with_its_own_code_and_stderr_says_why(folder):
    with pymupdf.open() as document:
        document.new_page()
        document.save("locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret")
    done = shell("batch", "locked.pdf", "-o", "out", "--workers", "1")
    assert done.returncode == ExitCode.ENCRYPTED
    assert "locked.pdf" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["batch", "in"], "--output"),
        (["batch", "in", "-o", "out", "--workers", "0"], "--workers"),
        (["batch", "in", "-o", "out", "--workers", "many"], "--workers"),
        (["batch", "in", "-o", "out", "--max-memory", "a lot"], "--max-memory"),
        (["batch", "in", "-o", "out", "--workers", "4", "--max-memory", "1G"], "fewer workers"),
        (["batch", "in", "-o", "out", "--to", "docx"], "docx"),
        (["batch", "in", "-o", "out", "--limit", "pages=none"], "pages"),
        (["batch", "in", "-o", "out", "--on-error", "cry"], "--on-error"),
        (["retry", "out"], "--failed"),
        (["report", "out", "--to", "pdf"], "html, csv, json"),
    ],
)
def test_wrong_words_are_usage_errors_before_anything_is_done(folder, words, told):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == ExitCode.USAGE
    assert told in result.output
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "words", [["batch", "nowhere/*.pdf", "-o", "out"], ["status", "in"], ["report", "in"], ["retry", "in", "--failed"]]
)
def test_nothing_to_do_has_its_code(folder, words):
    done = shell(*words)
    assert (done.returncode, done.stdout) == (ExitCode.NOTHING_TO_DO, "")
    assert "error:" in done.stderr
