"""The doctor names all that docai can use, and the command that brings what is missing."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from docai.doctor import BASE, EXTRAS, Finding, examine

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


@pytest.fixture(scope="module")
def declared():
    """What the package declares to need, by extra."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def names(requirements):
    return {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements} - {"docai"}


def found():
    return {finding.what: finding for finding in examine()}


def test_the_base_is_what_the_package_needs(declared):
    assert set(BASE) == names(declared[""])


def test_the_extras_are_those_of_the_package(declared):
    assert {extra: set(packages) for extra, packages in EXTRAS.items()} == {
        extra: names(requirements) for extra, requirements in declared.items() if extra not in ("", "dev")
    }


def test_an_install_that_runs_these_tests_is_complete():
    states = {finding.state for finding in examine() if finding.what in BASE or finding.what == "python"}
    assert states == {"ok"}


def test_versions_are_those_installed():
    assert found()["pymupdf"].detail == importlib.metadata.version("pymupdf")


def test_whatever_is_not_there_has_a_command_that_brings_it():
    for finding in examine():
        if finding.what != "scans":  # nothing brings them yet
            assert bool(finding.remedy) == (finding.state != "ok")
        assert finding.detail


def test_without_poppler_the_doctor_says_how_to_bring_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    poppler = found()["poppler"]
    assert (poppler.state, bool(poppler.remedy)) == ("optional", True)


def test_a_poppler_on_the_path_is_found(monkeypatch, tmp_path):
    for name in ("pdftoppm", "pdftoppm.exe"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found()["poppler"].state == "ok"
    assert str(tmp_path) in found()["poppler"].detail


def test_each_thing_is_told_once():
    told = [finding.what for finding in examine()]
    assert len(told) == len(set(told))


def test_findings_are_values():
    finding = Finding(what="a", state="ok", detail="b")
    assert Finding.model_validate_json(finding.model_dump_json()) == finding
    with pytest.raises(ValidationError):
        finding.what = "c"
    with pytest.raises(ValidationError):
        Finding(what="a", state="perhaps", detail="b")
