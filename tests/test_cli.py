"""The `docai` command: exit codes, what goes to stdout and what to stderr, which files appear and which never do."""

from __future__ import annotations

import csv
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pymupdf
import pytest
from PIL import Image
from typer.testing import CliRunner

import docai
from docai.cli import _tell, app
from docai.document import Document, json_schema
from docai.errors import ExitCode
from docai.exporters import to_text
from docai.registry import EXPORTERS

ROOT = Path(docai.__file__).parents[1]
DOCUMENTS = ROOT / "examples" / "documents"
KOREAN = DOCUMENTS / "korean.pdf"
REPORT = DOCUMENTS / "report.pdf"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("DOCAI_PASSWORD", "FORCE_COLOR", "TTY_COMPATIBLE")}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "COLUMNS": "200"}


def shell(*arguments, cwd, environment=(), **options):
    """Return how a process of its own ended; `stdout` and `stderr` are bytes."""
    command = [sys.executable, "-m", "docai", *map(os.fspath, arguments)]
    return subprocess.run(command, cwd=cwd, env={**ENVIRONMENT, **dict(environment)}, capture_output=True, check=False, **options)


def call(*arguments, **environment):
    """Return how the command ends within this process, which is quicker."""
    result = CliRunner(env={"DOCAI_PASSWORD": None, "COLUMNS": "200", **environment}).invoke(app, [os.fspath(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def pdf(*texts, **options):
    with pymupdf.open() as document:
        for text in texts:
            document.new_page(width=300, height=400).insert_text((40, 60), text)
        return document.tobytes(**options)


def pdf_of_many_pages(count):
    """Return a PDF of empty pages, without the table of its objects, which readers make anew."""
    kids = " ".join(f"{number} 0 R" for number in range(3, count + 3))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {count}/Kids[{kids}]>>"]
    objects += ["<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"] * count
    return "".join(["%PDF-1.7\n", *(f"{number} 0 obj\n{body}\nendobj\n" for number, body in enumerate(objects, 1))]).encode()


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """The current folder, with one document of each kind."""
    monkeypatch.chdir(tmp_path)
    Path("good.pdf").write_bytes(pdf("This is a good page", "This is another page"))
    Path("second.pdf").write_bytes(pdf("This is the second document"))
    Path("broken.pdf").write_bytes(b"no document")
    Path("empty.pdf").touch()
    lock = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "open sesame", "owner_pw": "owner"}
    Path("locked.pdf").write_bytes(pdf("This is a secret", **lock))
    Image.new("L", (300, 400), 255).save("scan.png")
    Path("torn.png").write_bytes(Path("scan.png").read_bytes()[:-30])
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0), b"IDAT", b"IEND"]
    parts = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    Path("huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return tmp_path


# ---- exit codes


ENDINGS = [
    (["good.pdf"], ExitCode.OK, "1 of 1 documents written to out"),
    (["good.pdf", "--frobnicate"], ExitCode.USAGE, "No such option"),
    (["torn.png"], ExitCode.SOME_FAILED, "torn.png: page 1: torn.png: the picture of page 1 cannot be decoded"),
    (["nothing*.pdf"], ExitCode.NOTHING_TO_DO, "nothing*.pdf: no documents found here"),
    (["good.pdf", "--backend", "nonsense"], ExitCode.MISSING, "there is no backend 'nonsense'"),
    (["broken.pdf"], ExitCode.UNREADABLE, "broken.pdf: not a PDF, or damaged beyond repair"),
    (["locked.pdf"], ExitCode.ENCRYPTED, "locked.pdf: it is encrypted; pass the right one: --password"),
    (["good.pdf", "--pages", "3"], ExitCode.NO_SUCH_PAGE, "no page 3; the document has pages 1 to 2"),
    (["huge.png"], ExitCode.OVER_LIMIT, "the picture has 100,000 x 100,000 pixels"),
]
MORE_ENDINGS = [
    (["good.pdf", "--to", "docx"], ExitCode.USAGE, "docx is no format; choose from csv, html, json"),
    (["good.pdf", "--to", " , "], ExitCode.USAGE, "nothing is no format"),
    ([], ExitCode.USAGE, "Missing argument"),
    (["good.pdf", "broken.pdf"], ExitCode.SOME_FAILED, "1 of 2 documents written to out"),
    (["empty.pdf"], ExitCode.UNREADABLE, "empty.pdf: the file is empty (0 bytes)"),
    (["missing.pdf"], ExitCode.UNREADABLE, "missing.pdf: cannot be read: No such file or directory"),
    (["x" * 5000], ExitCode.UNREADABLE, "cannot be read: File name too long"),
    (["locked.pdf", "--password", "wrong"], ExitCode.ENCRYPTED, "locked.pdf: the password given is wrong"),
    (["good.pdf", "--pages", "9" * 5000], ExitCode.NO_SUCH_PAGE, "write pages like 1-3,7"),
]


def unwrapped(text):
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize(("arguments", "code", "told"), ENDINGS)
def test_each_ending_has_its_code_and_says_why_on_stderr(inputs, arguments, code, told):
    done = shell("extract", *arguments, "-o", "out", cwd=inputs)
    assert (done.returncode, done.stdout) == (code, b"")
    assert told in unwrapped(done.stderr.decode())
    assert b"Traceback" not in done.stderr
    assert not [name for name in files_in(inputs) if name.endswith(".part")]


@pytest.mark.parametrize(("arguments", "code", "told"), MORE_ENDINGS)
def test_each_mistake_has_its_code_and_says_why_on_stderr(inputs, arguments, code, told):
    result = call("extract", *arguments, "-o", "out")
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in unwrapped(result.stderr)


def test_without_arguments_it_shows_its_help_as_a_usage_error(tmp_path):
    assert shell(cwd=tmp_path).returncode == ExitCode.USAGE


@pytest.mark.parametrize("failing", ["broken.pdf", "locked.pdf", "huge.png", "missing.pdf", "empty.pdf"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_document_that_fails_does_not_stop_the_others(inputs, failing, place):
    paths = ["good.pdf", "second.pdf"]
    paths.insert(place, failing)
    result = call("extract", *paths, "-o", "out")
    assert result.exit_code == ExitCode.SOME_FAILED
    assert files_in("out") == ["good.pdf.json", "second.pdf.json"]
    assert failing in result.stderr


def test_several_documents_that_are_all_well_give_no_code(inputs):
    assert call("extract", "good.pdf", "second.pdf", "-o", "out").exit_code == ExitCode.OK


def test_several_documents_that_all_fail_give_the_code_of_some(inputs):
    assert call("extract", "broken.pdf", "locked.pdf", "-o", "out").exit_code == ExitCode.SOME_FAILED
    assert not Path("out").exists()


def test_a_document_with_a_failed_page_is_written_with_the_problem_in_it(inputs):
    assert call("extract", "torn.png", "-o", "out").exit_code == ExitCode.SOME_FAILED
    document = Document.model_validate_json(Path("out/torn.png.json").read_bytes())
    assert document.status == "failure"
    assert document.pages[0].problems


def wait_for(condition, process):
    for _ in range(2000):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("it took longer than 20 seconds")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_an_interrupt_ends_with_130_and_leaves_what_was_written_whole(inputs):
    Path("long.pdf").write_bytes(pdf_of_many_pages(8_000))
    command = [sys.executable, "-m", "docai", "extract", "good.pdf", "long.pdf", "-o", "out"]
    with subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # a shell's background jobs ignore it
    ) as process:
        wait_for(lambda: any(path.name.startswith("long.pdf") for path in inputs.glob("out/*")), process)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    assert stdout == b""
    assert stderr.decode().strip() == "interrupted; documents already written are whole"
    assert files_in("out") == ["good.pdf.json"]
    assert Document.model_validate_json(Path("out/good.pdf.json").read_bytes()).status == "success"


# ---- stdout


@pytest.mark.parametrize("form", [form for form in EXPORTERS if form not in ("csv", "xlsx", "pdf", "hocr", "alto.xml")])
def test_stdout_carries_the_document_in_each_text_format_and_no_more(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    result = call("extract", KOREAN, "-o", "-", "--to", form)
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert result.stdout_bytes.decode() == to_text(docai.extract(KOREAN), form)
    assert files_in(tmp_path) == []


def test_stdout_of_a_process_carries_the_json_and_no_more(tmp_path):
    done = shell("extract", KOREAN, "-o", "-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (ExitCode.OK, b"")
    assert Document.model_validate_json(done.stdout) == docai.extract(KOREAN)


def test_stdout_carries_tables_as_csv():
    result = call("extract", KOREAN, "-o", "-", "--to", "csv")
    (table,) = docai.extract(KOREAN).tables
    assert result.stderr == ""
    rows = list(csv.reader(result.stdout.splitlines()))
    assert (len(rows), {len(row) for row in rows}) == (table.row_count, {table.column_count})


def test_stdout_carries_a_workbook_as_bytes():
    result = call("extract", KOREAN, "-o", "-", "--to", "xlsx")
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert result.stdout_bytes.startswith(b"PK\x03\x04")


def test_stdout_stays_utf_8_whatever_the_locale(tmp_path):
    done = shell(
        "extract", KOREAN, "-o", "-", "--to", "txt", cwd=tmp_path, environment={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    )
    assert done.stdout.decode() == to_text(docai.extract(KOREAN), "txt")


def test_a_failure_leaves_stdout_empty(inputs):
    for name in ("broken.pdf", "locked.pdf", "missing.pdf"):
        result = call("extract", name, "-o", "-")
        assert (result.stdout, bool(result.stderr)) == ("", True)


@pytest.mark.parametrize("options", [["--to", "json,md"], ["--overlay"]])
def test_stdout_takes_one_format_and_no_overlays(inputs, options):
    result = call("extract", "good.pdf", "-o", "-", *options)
    assert result.exit_code == ExitCode.USAGE
    assert (result.stdout, Path("good.pdf.overlay").exists()) == ("", False)


def test_a_reader_of_stdout_that_has_enough_ends_the_command_without_a_word(tmp_path):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "docai", "extract", str(REPORT), str(KOREAN), "-o", "-"]
    done = subprocess.run(command, env=ENVIRONMENT, cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.stderr == b""
    assert done.returncode != ExitCode.OK


# ---- files


def test_every_format_is_written_beside_the_others(tmp_path):
    result = call("extract", KOREAN, "-o", tmp_path / "out", "--to", ",".join(EXPORTERS).upper())
    assert (result.exit_code, result.stdout) == (ExitCode.OK, "")
    found = [name for name in files_in(tmp_path / "out") if ".figures/" not in name]
    tables = [name for name in found if name.endswith((".csv", ".otsl"))]
    assert len(tables) == 2 * len(docai.extract(KOREAN).tables) == 2
    assert set(found) == {*tables, *(f"korean.pdf.{form}" for form in EXPORTERS if form not in ("csv", "otsl"))}


def test_the_json_written_is_the_document(inputs):
    call("extract", "good.pdf", "-o", "out")
    assert Document.model_validate_json(Path("out/good.pdf.json").read_bytes()) == docai.extract("good.pdf")


def test_outputs_go_to_the_current_folder_by_default(inputs):
    assert call("extract", "good.pdf", "--to", "txt").exit_code == ExitCode.OK
    assert "This is a good page" in Path("good.pdf.txt").read_text(encoding="utf-8")


def test_a_second_run_over_its_own_outputs_reads_the_same_documents(inputs):
    for name in ("broken.pdf", "empty.pdf", "huge.png", "locked.pdf", "torn.png"):
        Path(name).unlink()
    Path("report.pdf").write_bytes(REPORT.read_bytes())
    first = call("extract", ".", "--overlay")
    second = call("extract", ".", "--overlay")
    assert "4 of 4 documents" in first.stderr
    assert first.stderr == second.stderr


def test_figures_are_saved_beside_the_json_that_names_them(tmp_path):
    call("extract", REPORT, "-o", tmp_path)
    document = Document.model_validate_json((tmp_path / "report.pdf.json").read_bytes())
    named = [block.content.file for page in document.pages for block in page.blocks if block.content.kind == "figure"]
    assert named
    assert sorted(named) == [name for name in files_in(tmp_path) if name.endswith(".png")]


@pytest.mark.parametrize("form", ["txt", "csv", "xlsx"])
def test_figures_are_not_saved_for_formats_that_show_none(tmp_path, form):
    call("extract", REPORT, "-o", tmp_path, "--to", form)
    assert not [name for name in files_in(tmp_path) if name.endswith(".png")]


def test_overlays_are_drawn_page_by_page(inputs):
    assert call("extract", "good.pdf", "-o", "out", "--overlay", "--pages", "2").exit_code == ExitCode.OK
    assert files_in("out/good.pdf.overlay") == ["p2.png"]
    with Image.open("out/good.pdf.overlay/p2.png") as picture:
        assert picture.size == (417, 556)  # 300 x 400 points at 100 dpi


def test_a_folder_keeps_its_subfolders_and_names_that_meet_are_told_apart(inputs):
    for folder in ("in/a", "in/b/deep"):
        Path(folder).mkdir(parents=True)
        Path(folder, "x.pdf").write_bytes(pdf(folder))
    Path("in/a/x.png").write_bytes(Path("scan.png").read_bytes())
    call("extract", "in", "-o", "kept")
    call("extract", "in/a/x.pdf", "in/b/deep/x.pdf", "-o", "apart")
    assert [name for name in files_in("kept") if ".figures/" not in name] == ["a/x.pdf.json", "a/x.png.json", "b/deep/x.pdf.json"]
    assert files_in("apart") == ["a/x.pdf.json", "b/deep/x.pdf.json"]
    assert Document.model_validate_json(Path("apart/b/deep/x.pdf.json").read_bytes()).text.strip() == "in/b/deep"


def test_patterns_are_understood_where_the_shell_leaves_them(inputs):
    assert call("extract", "[gs]*.pdf", "-o", "out").exit_code == ExitCode.OK
    assert files_in("out") == ["good.pdf.json", "second.pdf.json"]


@pytest.mark.parametrize(
    "name", ["with space.pdf", "보고서 – 최종.pdf", "đơn hàng [1].pdf", "-o.pdf", "[red]loud[bold].pdf", "100%.pdf"]
)
def test_any_name_is_read_and_written(inputs, name):
    Path(name).write_bytes(pdf("This is a good page"))
    result = call("extract", "--to", "json,md", "-o", f"out of {name}", "--", name)
    assert (result.exit_code, result.stdout) == (ExitCode.OK, "")
    assert files_in(f"out of {name}") == [f"{name}.json", f"{name}.md"]
    assert f"written to out of {name}" in result.stderr


def test_a_name_beyond_the_locale_is_read_and_written(inputs):
    Path("보고서 – 최종.pdf").write_bytes(pdf("This is a good page"))
    done = shell("extract", "보고서 – 최종.pdf", "-o", "출력", cwd=inputs, environment={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stdout) == (ExitCode.OK, b"")
    assert files_in("출력") == ["보고서 – 최종.pdf.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_name_that_is_no_unicode_is_read_and_written(inputs):
    name = b"caf\xe9.pdf"  # "café" in Latin-1, as old archives unpack it
    Path(os.fsdecode(name)).write_bytes(pdf("This is a good page"))
    done = shell("extract", os.fsdecode(name), "-o", "out", cwd=inputs)
    assert done.returncode == ExitCode.OK, done.stderr
    assert [os.fsencode(path.name) for path in Path("out").iterdir()] == [name + b".json"]
    assert Document.model_validate_json((inputs / "out" / os.fsdecode(name + b".json")).read_bytes()).status == "success"


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders forbid nothing there")
def test_a_folder_that_may_not_be_written_to_is_told(inputs):
    Path("out").mkdir(mode=0o500)
    folder = "/proc" if os.geteuid() == 0 else "out"  # to root little else is forbidden
    result = call("extract", "good.pdf", "-o", folder)
    assert result.exit_code == ExitCode.INTERNAL
    assert "check the output folder and its free space" in result.stderr


@pytest.mark.parametrize("output", ["file", "file/below", os.devnull])
def test_an_output_folder_that_is_none_is_told_without_a_traceback(inputs, output):
    Path("file").touch()
    done = shell("extract", "good.pdf", "-o", output, cwd=inputs)
    message = done.stderr.decode()
    assert done.returncode == ExitCode.INTERNAL
    assert "good.pdf: " in message
    assert "check the output folder and its free space" in message
    assert "Traceback" not in message
    assert not [name for name in files_in(inputs) if name.endswith(".part")]


@pytest.mark.parametrize(
    ("name", "form", "limit"), [("report.pdf", "json", 2_000), ("korean.pdf", "txt", 100), ("korean.pdf", "xlsx", 3_000)]
)
def test_a_full_disk_is_told_and_leaves_no_half_of_a_file(inputs, name, form, limit):
    resource = pytest.importorskip("resource", reason="this system limits no file sizes")
    options = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))}  # bytes of one file
    done = shell("extract", DOCUMENTS / name, "-o", "out", "--to", form, cwd=inputs, **options)
    assert done.returncode == ExitCode.INTERNAL
    assert b"check the output folder and its free space" in done.stderr
    assert files_in("out") == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")  # noqa: PTH110
def test_a_stdout_that_is_full_is_told(inputs):
    command = [sys.executable, "-m", "docai", "extract", "good.pdf", "-o", "-"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == ExitCode.INTERNAL
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


# ---- options


def test_pages_are_those_asked_for(inputs):
    result = call("extract", REPORT, "--pages", "4,1-2", "-o", "-")
    assert [page["number"] for page in json.loads(result.stdout)["pages"]] == [1, 2, 4]


def test_a_password_comes_by_option_or_environment_and_the_option_wins(inputs):
    for arguments, password in (
        (["--password", "open sesame"], None),
        ([], "open sesame"),
        (["--password", "open sesame"], "wrong"),
    ):
        result = call("extract", "locked.pdf", "-o", "-", "--to", "txt", *arguments, DOCAI_PASSWORD=password)
        assert (result.exit_code, result.stdout.strip()) == (ExitCode.OK, "This is a secret")
    assert call("extract", "locked.pdf", "-o", "-", DOCAI_PASSWORD="wrong").exit_code == ExitCode.ENCRYPTED


def test_a_password_harms_no_document_without_one(inputs):
    assert call("extract", "good.pdf", "locked.pdf", "--password", "open sesame", "-o", "out").exit_code == ExitCode.OK


def test_a_password_is_not_told(inputs):
    done = shell("--verbose", "extract", "locked.pdf", "--password", "hunter2", "-o", "out", cwd=inputs)
    assert b"hunter2" not in done.stderr + done.stdout


def test_quiet_says_nothing_but_errors(inputs):
    assert call("extract", "good.pdf", "-q", "-o", "out").output == ""
    assert "broken.pdf" in call("extract", "broken.pdf", "-q", "-o", "out").stderr


def test_no_bar_is_drawn_where_stderr_is_no_terminal(inputs):
    done = shell("extract", "good.pdf", "-o", "out", cwd=inputs)
    assert done.stderr.decode().split("\n") == ["1 of 1 documents written to out", ""]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_bar_is_drawn_on_a_terminal_and_not_when_quiet(inputs):
    pty = pytest.importorskip("pty")

    def drawn(*options):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "docai", "extract", str(REPORT), "-o", "out", *options]
        with subprocess.Popen(command, env={**ENVIRONMENT, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs):
            os.close(theirs)
            seen = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:  # the other end is closed
                    break
                if not part:
                    break
                seen += part
        os.close(ours)
        return seen.decode()

    assert "pages" in drawn()
    assert drawn("--quiet") == ""


# ---- the other commands


@pytest.mark.parametrize("arguments", [["--help"], ["extract", "--help"], ["doctor", "--help"], ["schema", "--help"]])
def test_help_is_shown(arguments):
    result = call(*arguments)
    assert result.exit_code == ExitCode.OK
    assert "Usage" in result.stdout


def test_the_help_names_every_exit_code_and_format():
    text = " ".join(call("extract", "--help").stdout.replace("│", " ").split())
    assert all(f"{code} " in text for code in (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 130))
    assert all(form in text for form in EXPORTERS)


def test_the_version_is_printed(tmp_path):
    done = shell("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (0, f"docai {docai.__version__}", b"")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["schema"], ["extract", "--help"], ["extract", "a.pdf", "--to", "docx"]]
)
def test_what_reads_no_document_loads_no_heavy_module(tmp_path, arguments):
    code = (
        "import sys, docai.cli\ntry:\n    docai.cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'cv2', 'pymupdf', 'PIL', 'xlsxwriter', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_schema_is_json_and_describes_what_extract_writes():
    result = call("schema")
    schema = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert schema == json.loads(json_schema())
    assert schema["title"] == "Document"
    written = json.loads(docai.extract(KOREAN).to_json())
    assert set(written) == set(schema["properties"])
    assert set(written["pages"][0]) == set(schema["$defs"]["Page"]["properties"])


def test_every_reference_within_the_schema_leads_somewhere():
    text = call("schema").stdout
    schema = json.loads(text)
    references = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert references <= set(schema["$defs"])
    assert references


def test_the_doctor_reports_as_a_table():
    result = call("doctor")
    assert result.exit_code == ExitCode.OK
    assert all(name in result.stdout for name in ("pymupdf", "numpy", "poppler", "extra vlm"))


def test_the_doctor_reports_as_json():
    result = call("doctor", "--json")
    findings = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert {tuple(finding) for finding in findings} == {("what", "state", "detail", "remedy")}
    assert {finding["state"] for finding in findings} <= {"ok", "optional"}


def test_running_lines_are_kept_in_text_when_asked_for_and_stay_blocks_in_json(inputs):
    for option, kept in (([], False), (["--margins"], True)):
        result = call("extract", str(DOCUMENTS / "report.pdf"), "-o", "out", "--to", "md,json", *option)
        assert result.exit_code == ExitCode.OK
        text = Path("out/report.pdf.md").read_text(encoding="utf-8")
        assert ("Group Reporting, Harwick" in text) == kept
        written = Document.model_validate_json(Path("out/report.pdf.json").read_bytes())
        assert sum(block.content.role == "page_number" for block in written.blocks if block.content.kind == "text") == 4


# ---- questions


@pytest.mark.parametrize("command", ["ask", "ground"])
@pytest.mark.parametrize(
    ("name", "error", "options"),
    [
        ("missing.pdf", docai.Unreadable, []),
        ("broken.pdf", docai.Unreadable, []),
        ("locked.pdf", docai.Encrypted, []),
        ("good.pdf", docai.NoSuchPage, ["--pages", "3"]),
    ],
)
def test_a_document_that_cannot_be_asked_about_is_told_before_a_model_is_looked_for(inputs, command, name, error, options):
    with pytest.raises(error):
        call(command, name, "What?", "--model", "no-such-model", *options)


@pytest.mark.parametrize("command", ["ask", "ground"])
def test_an_empty_question_is_a_usage_error(inputs, command):
    result = call(command, "good.pdf", " ", "--model", "no-such-model")
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")


def test_a_page_without_an_answer_has_no_line_on_stdout_and_its_reason_on_stderr(inputs):
    nowhere = {"DOCAI_ENDPOINT": "http://127.0.0.1:9/v1"}  # the discard port: nobody answers
    failed = call("ask", "good.pdf", "What?", "--pages", "1", "--backend", "endpoint", **nowhere)
    assert (failed.exit_code, failed.stdout) == (ExitCode.SOME_FAILED, "")
    assert "start the server" in failed.stderr
    blank = call("ask", "scan.png", "What?", "--backend", "endpoint", **nowhere)
    assert (blank.exit_code, blank.stdout) == (ExitCode.OK, "")
    assert "page 1: nothing is printed there" in blank.stderr


def test_what_a_model_says_is_printed_without_what_a_terminal_obeys(capsys):
    _tell([docai.Answer(text="the \x1b[31mred\x07 van\n\ttoo", page_number=1)], as_json=False)
    assert capsys.readouterr().out == "the [31mred van\n\ttoo\n"


# ---- only charts, only tables


def test_only_tables_go_to_stdout_as_text_and_nothing_else_does(tmp_path):
    done = shell("extract", REPORT, "--only", "tables", cwd=tmp_path)
    assert (done.returncode, files_in(tmp_path)) == (ExitCode.OK, [])
    assert b"Inland\tNorth\t3\t" in done.stdout
    assert b"Moving More with Less" not in done.stdout
    assert done.stderr == b""


def test_only_tables_are_written_as_csv_into_a_folder_and_in_any_format_that_is_named(tmp_path):
    assert call("extract", REPORT, "--only", "tables", "-o", tmp_path / "out").exit_code == ExitCode.OK
    assert {name.rpartition(".")[2] for name in files_in(tmp_path / "out")} == {"csv"}
    result = call("extract", REPORT, "--only", "tables", "--to", "json")
    told = Document.model_validate_json(result.stdout)
    assert {block.content.kind for block in told.blocks} == {"table", "text"}  # the text: captions
    assert len(told.tables) == 3


def test_that_there_are_no_charts_is_told_on_stderr(inputs):
    result = call("extract", "good.pdf", "--only", "charts")
    assert (result.exit_code, result.stdout, result.stderr) == (ExitCode.OK, "", "good.pdf: 0 charts read\n")


def test_only_knows_charts_and_tables():
    result = call("extract", REPORT, "--only", "figures")
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    assert "charts" in unwrapped(result.stderr)
