"""The doctor names all that docai can use, and the command that brings what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from docai.backends.classical.engines import tessdata
from docai.doctor import BASE, EXTRAS, MODELS, Finding, examine
from docai.extraction import LANGUAGES

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
SCANS = ["scans in English", "scans in Korean", "scans in Vietnamese"]


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


@pytest.fixture
def models(monkeypatch, tmp_path):
    """The one folder that models are looked for in, with all that are needed, and with a `tesseract` on the path."""
    monkeypatch.setattr(tessdata, "PLACES", ())
    for name in ("eng", "kor", "vie", "osd"):
        (tmp_path / f"{name}.traineddata").touch()
    for name in ("tesseract", "tesseract.exe"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    tessdata.find_tessdata.cache_clear()
    yield tmp_path
    tessdata.find_tessdata.cache_clear()


def without(monkeypatch, *packages):
    """Let packages look as if they were not installed."""
    version = importlib.metadata.version

    def told(package):
        if package in packages:
            raise importlib.metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(importlib.metadata, "version", told)


def test_the_base_is_what_the_package_needs(declared):
    assert set(BASE) == names(declared[""])


def test_the_extras_are_those_of_the_package(declared):
    assert {extra: set(packages) for extra, packages in EXTRAS.items()} == {
        extra: names(requirements) for extra, requirements in declared.items() if extra not in ("", "dev")
    }


def test_an_install_that_runs_these_tests_is_complete():
    not_ok = {finding.what for finding in examine() if finding.what in {*BASE, "python"} and finding.state != "ok"}
    assert not_ok <= {"tesserocr"}  # which has no wheels for some Macs


def test_versions_are_those_installed():
    assert found()["pymupdf"].detail == importlib.metadata.version("pymupdf")


def test_whatever_is_not_there_has_a_command_that_brings_it():
    for finding in examine():
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


def test_the_languages_are_those_that_are_read_by_default():
    assert len(MODELS) == len(LANGUAGES)
    assert [what for what in found() if what.startswith("scans")] == SCANS == [f"scans in {language}" for language in MODELS]


def test_with_tesseract_and_its_models_scans_are_read_by_it(models):
    for what in SCANS:
        assert (found()[what].state, found()[what].detail) == ("ok", f"by Tesseract, whose model is in {models}")
    assert "other models of Tesseract" not in found()


def test_without_a_model_the_package_that_brings_it_is_named(models):
    (models / "kor.traineddata").unlink()
    korean = found()["scans in Korean"]
    assert (korean.state, korean.detail) == ("missing", "not read: Tesseract's model 'kor' is not installed")
    assert korean.remedy == tessdata.remedy("kor").removeprefix("run: ")
    assert found()["scans in Vietnamese"].state == "ok"


def test_without_its_model_english_is_read_by_the_other_engine(models, monkeypatch):
    (models / "eng.traineddata").unlink()
    assert (found()["scans in English"].state, found()["scans in English"].detail) == (
        "ok",
        "by RapidOCR alone: Tesseract's model 'eng' is not installed",
    )
    without(monkeypatch, "rapidocr")
    assert found()["scans in English"].state == "missing"


def test_the_tesseract_command_stands_in_for_tesserocr(models, monkeypatch):
    without(monkeypatch, "tesserocr")
    package = found()["tesserocr"]
    assert (package.state, package.remedy) == ("optional", "pip install tesserocr")
    assert str(models / "tesseract") in package.detail
    assert all(found()[what].state == "ok" for what in SCANS)


def test_without_both_korean_cannot_be_read(models, monkeypatch):
    without(monkeypatch, "tesserocr")
    for name in ("tesseract", "tesseract.exe"):
        (models / name).unlink()
    assert (found()["tesserocr"].state, found()["tesserocr"].detail) == ("missing", "not installed")
    assert (found()["scans in Korean"].state, found()["scans in Korean"].remedy) == ("missing", "pip install tesserocr")
    assert found()["scans in English"].detail == "by RapidOCR alone: Tesseract is not installed"
    (models / "kor.traineddata").unlink()
    tessdata.find_tessdata.cache_clear()
    assert found()["scans in Korean"].remedy.startswith("pip install tesserocr; ")


def test_models_of_further_languages_are_listed_in_one_line(models):
    for name in ("frk", "deu"):
        (models / f"{name}.traineddata").touch()
    assert (found()["other models of Tesseract"].state, found()["other models of Tesseract"].detail) == ("ok", "deu, frk")


def printed(code):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_no_engine_is_loaded_to_tell_whether_it_is_there():
    engines = "{'tesserocr', 'rapidocr', 'onnxruntime'}"
    assert printed(f"import sys; from docai.doctor import examine; examine(); print({engines} & {{*sys.modules}})") == "set()"


def test_an_install_that_lacks_a_package_is_still_examined():
    told = "[finding.what for finding in examine() if 'cv2' in finding.detail]"
    assert printed(f"import sys; sys.modules['cv2'] = None; from docai.doctor import examine; print({told})") == "['scans']"


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
