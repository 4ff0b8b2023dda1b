"""What a registry string names is loaded on first use; what is not installed is told with the command that brings it."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from docai import doctor
from docai.backends import classical
from docai.box import Box
from docai.document import Cell, Document, Table
from docai.errors import MissingDependency
from docai.exporters import Exporter, Memory
from docai.registry import BACKENDS, EXPORTERS, SOURCES, load
from docai.tiling import Lens


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes an importable module of some lines."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name, text):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, name, raising=False)

    return make


def test_a_place_is_what_the_module_holds():
    assert load("docai.backends.classical:Backend") is classical.Backend


def test_a_missing_package_is_named_with_who_needs_it(module):
    module("wanting", "import no_such_package.part\nthing = 1\n")
    with pytest.raises(
        MissingDependency, match=r"no_such_package is not installed, and wanting needs it; run: pip install"
    ) as caught:
        load("wanting:thing")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_missing_package_of_an_extra_is_brought_by_that_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.delitem(sys.modules, "docai.exporters.dataframe", raising=False)
    cells = (Cell(row=0, column=0, box=Box(0, 0, 1, 1)),)
    table = Table(page_number=1, box=Box(0, 0, 1, 1), row_count=1, column_count=1, cells=cells)
    with pytest.raises(MissingDependency, match=r"pandas is not installed.*run: pip install 'docai\[tables\]'"):
        table.to_dataframe()
    assert "pandas" in doctor.EXTRAS["tables"]


def test_a_missing_module_of_docai_itself_is_a_fault_and_no_missing_package():
    with pytest.raises(ModuleNotFoundError, match=r"docai\.no_such_module"):
        load("docai.no_such_module:Backend")


def test_a_module_that_lacks_the_name_is_a_fault():
    with pytest.raises(AttributeError, match="NoSuchThing"):
        load("docai.errors:NoSuchThing")


def test_a_module_that_fails_for_another_reason_says_which(module):
    module("failing", "raise ImportError('libGL.so.1 is missing')\n")
    with pytest.raises(ImportError, match="libGL") as caught:
        load("failing:thing")
    assert not isinstance(caught.value, MissingDependency)


def test_the_siblings_are_loaded_only_when_asked_for():
    script = (
        "import sys, docai.registry; print([name for name in sys.modules if name.count('.') > 1 and name.startswith('docai.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_every_exporter_takes_an_empty_document(name):
    place = Memory()
    exporter = load(EXPORTERS[name])(place)
    assert isinstance(exporter, Exporter)
    exporter.close(Document(name="empty.pdf"))


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_every_backend_has_a_batch_and_a_lens_and_answers_nothing_with_nothing(name):
    kind = load(BACKENDS[name])
    backend = kind(()) if name == "replay" else kind()
    assert backend.batch >= 1
    assert isinstance(backend.lens, Lens)
    assert backend.answer([]) == []


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_has_what_a_source_has(name):
    parts = "page render form_fields outline attachments problems close".split()
    assert all(callable(getattr(load(SOURCES[name]), part)) for part in parts)
