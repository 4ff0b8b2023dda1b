"""The README says nothing that is not so: its commands and code are run, its tree is the tree."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from docai.cli import app
from docai.doctor import examine
from docai.errors import ExitCode

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands():
    return [line for block in fenced("sh") for line in block.splitlines() if line.startswith("docai ")]


@pytest.fixture
def project(tmp_path):
    """A folder that looks like the repository to a command, so that outputs fall beside the real one."""
    shutil.copytree(ROOT / "examples" / "documents", tmp_path / "examples" / "documents")
    return tmp_path


@pytest.mark.parametrize("code", fenced("python"))
def test_each_python_block_runs_and_prints(code, project):
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


@pytest.mark.parametrize("command", commands())
def test_each_docai_command_runs(command, project):
    run = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=project, capture_output=True, text=True, check=False)
    is_complete = all(finding.state != "missing" for finding in examine())  # all of Tesseract's models included
    assert run.returncode == (ExitCode.OK if is_complete or command != "docai doctor" else ExitCode.MISSING), run.stderr


@pytest.mark.parametrize("command", [line for block in fenced("console") for line in block.splitlines()])
def test_each_command_for_models_is_one_that_docai_understands(command):
    """The models are not here to run it with; words and options are held against those that the command takes."""
    name, *words = shlex.split(command)
    assert name == "docai"
    taken = get_command(app)
    while hasattr(taken, "commands"):
        taken = taken.commands[words.pop(0)]
    taken.make_context(command, words)  # ends the run as a usage error does where one is too many, missing or not known


def test_the_windows_commands_name_options_and_folders_that_exist():
    (block,) = fenced("bat")
    line = next(line for line in block.splitlines() if "docai extract" in line)
    words = shlex.split(line.replace("\\", "/"))[2:]
    assert (ROOT / words[0]).is_dir()
    shown = subprocess.run([sys.executable, "-m", "docai", "extract", "--help"], capture_output=True, text=True, check=True).stdout
    assert all(word in shown for word in words if word.startswith("--"))
    assert "constraints.txt" in block
    assert (ROOT / "constraints.txt").exists()


def test_the_make_targets_exist():
    targets = set(re.findall(r"make (\w+)", "\n".join(fenced("sh"))) + re.findall(r"`make (\w+)`", README))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets >= {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".venv" / "installed").exists(), reason="make has not set up this checkout")
def test_make_demo_shows_what_it_wrote():
    run = subprocess.run(["make", "demo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for kind in ("report.pdf.json", "report.pdf.md", "report.pdf.xlsx", "report.pdf.overlay/p1.png"):
        assert kind in run.stdout


def test_the_picture_exists():
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000


def test_the_tree_names_each_module_and_nothing_else():
    (tree,) = (block for block in fenced("text") if block.startswith("docai/"))
    named = set(re.findall(r"\b(\w+\.py)\b", tree.split("fine_tune/")[0]))
    real = {path.name for path in (ROOT / "docai").glob("*.py")} - {"__main__.py"}
    assert named == real


def test_the_formats_are_those_of_the_registry():
    from docai.registry import EXPORTERS  # noqa: PLC0415  # read where it is compared

    table = README.split("| `--to` | what |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z.]+)`", table)) - {"data-box"} >= set(EXPORTERS)
