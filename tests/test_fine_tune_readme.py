"""fine_tune/README.md says nothing that is not so: its commands are taken, its settings are settings, its files are there."""

import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("trl")

from typer.main import get_command

import docai.cli
import fine_tune.cli
from fine_tune.cli_options import base_of
from fine_tune.cli_settings import stages_of
from fine_tune.synth.questions import KINDS

FOLDER = Path(fine_tune.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def commands():
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if not line.startswith("cp ")]


def taken(command):
    """Return the name of a command and its options, as it takes them; what it does not know ends the test."""
    words = shlex.split(command)
    if words[0] == "docai":
        known, words = get_command(docai.cli.app), words[1:]
    else:
        place = words.index("fine_tune")
        assert words[place - 1] == "-m"
        known, words = get_command(fine_tune.cli.app), words[place + 1 :]
    while hasattr(known, "commands"):
        name = words.pop(0)
        known = known.commands[name]
    return name, known.make_context(command, words).params


@pytest.mark.parametrize("command", commands())
def test_each_command_is_one_that_is_understood_and_its_settings_are_settings(command):
    name, options = taken(command)
    if name in ("run", "plan") and "qlora" in options:
        family = next(
            family for part, family in (("varco", "varco"), ("nano", "nano"), ("", "vintern")) if part in options["model"]
        )
        base = base_of(lora=options["lora"], qlora=options["qlora"])
        stages = stages_of(options["stages"], [], family, options["changes"] or [], base)
        assert all(stage.sight.tokens >= 2048 for stage in stages)


def test_the_walks_are_there():
    names = [taken(command)[0] for command in commands()]
    assert {"run", "plan", "synth", "pairs", "nano", "extract", "evaluate", "quantize", "convert", "download"} <= set(names)


def test_each_file_and_source_that_is_named_is_there():
    table = README.split("## Where things are")[1]
    named = re.findall(r"`([\w/*.]+)`", table)
    assert named
    assert all(list(FOLDER.glob(name.rstrip("/"))) for name in named)
    sources = set(re.findall(r"`synth/([a-z]+)`", README.split("## Drawn pages")[1].split("\n\n```python")[0]))
    assert sources == set(KINDS)
