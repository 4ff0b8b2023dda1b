"""What holds for the package as a whole: floors, light imports, public names, and the laws of its values."""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import docai
from docai import document, registry
from docai.box import Box
from docai.corrections import Correction
from docai.document import (
    Answer,
    Attachment,
    Axis,
    Block,
    Cell,
    Chart,
    Document,
    Engine,
    Figure,
    FormField,
    Likelihood,
    Link,
    Mention,
    OutlineEntry,
    Page,
    Point,
    Problem,
    Proof,
    Reading,
    Series,
    Table,
    Text,
    Usage,
    Word,
    json_schema,
    replace,
)
from docai.errors import MissingDependency
from docai.exchange import Reply, Request
from docai.sources import Font, Origin, PageReference, Recognised, Rule, SourceWord
from docai.tasks.chart import ReadChart
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import Lens, View

ROOT = Path(docai.__file__).parents[1]

# Imports go only to an earlier floor; what shares a floor does not know of each other. A folder is one floor.
FLOORS = (
    ("errors",),
    ("registry", "box", "durable", "interrupts", "marks", "numbers", "output_names", "presenting", "processes"),
    ("document", "limits"),
    ("charting",),
    ("chart_marks", "ticks"),
    ("sources",),
    ("panels",),
    ("preparation",),
    ("lines",),
    ("alignment", "captions", "ordering", "rulings", "table_parts", "textlayer", "turning"),
    ("chart_regions",),
    ("figures",),
    ("tabular",),
    ("borderless", "tables", "turned_headings"),
    ("layout",),
    ("roles",),
    ("lenses",),
    ("grids",),
    ("seams",),
    ("tiling", "matching", "chart_evidence"),
    ("splitting",),
    ("tasks",),
    ("exchange",),
    ("dialects",),
    ("guards",),
    ("backends",),
    ("verify",),
    ("continuation", "corrections", "long_tables", "pictures"),
    ("reading",),
    ("extraction", "exporters"),
    ("journal", "remote"),
    ("inputs",),
    ("delivery", "labelled", "ledger_file", "work"),
    ("batch_progress", "giving_up", "ledger_view", "model_process"),
    ("batch_tally", "ledger", "worker"),
    ("workers",),
    ("retries",),
    ("batch_ray",),
    ("batch", "batch_page"),
    ("batch_report",),
    ("evaluation",),
    ("evaluation_report", "evaluation_run"),
    ("docai",),  # the public names, in docai/__init__.py
    ("doctor", "models_files"),
    ("models",),
    ("models_convert", "models_download", "models_quantize"),
    ("cli_models", "cli_options"),
    ("cli_batch", "cli_evaluate"),
    ("cli",),
    ("__main__",),
    ("fine_tune",),
)
UPWARD = {("document", "exporters"), ("document", "continuation")}  # `to_markdown()` and `tables`, by registry strings

HEAVY = frozenset("cv2 fitz numpy onnxruntime pandas pdf2image PIL pymupdf ray torch transformers xlsxwriter".split())
WATCHED = """
import sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        print(name)

sys.meta_path.insert(0, Watch())
import {}
"""


# The syntax trees


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    name_of(path): ast.parse(path.read_text(encoding="utf-8"), str(path))
    for folder in ("docai", "fine_tune")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PLACE = re.compile(r"(docai(?:\.\w+)*):(\w*)")  # "module:attribute", as the registry writes it


def floor_of(module):
    package, _, below = module.partition(".")
    return below.partition(".")[0] or package if package == "docai" else package


def nodes(tree, *kinds):
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def imported(tree, module, known):
    """Return the modules that a tree imports, those of functions and of `if TYPE_CHECKING` included."""
    found = {alias.name for node in nodes(tree, ast.Import) for alias in node.names}
    for node in nodes(tree, ast.ImportFrom):
        start = "." * node.level + (node.module or "")
        base = importlib.util.resolve_name(start, module) if node.level else start
        found.update(f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names)
    return found


def upward(edges):
    """Return the edges between floors that do not go down."""
    height = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    pairs = {(floor_of(here), floor_of(there)) for here, there in edges}
    return {(here, there) for here, there in pairs if here != there and height.get(there, len(FLOORS)) >= height.get(here, -1)}


IMPORTS = {module: {name for name in imported(tree, module, TREES) if name in TREES} for module, tree in TREES.items()}
PLACES = {
    module: {match.groups() for node in nodes(tree, ast.Constant) for match in PLACE.finditer(str(node.value))}
    for module, tree in TREES.items()
}


def test_every_module_stands_on_one_floor():
    names = [name for floor in FLOORS for name in floor]
    assert sorted(names) == sorted({floor_of(module) for module in TREES})


def test_imports_only_go_down():
    assert upward({(here, there) for here, found in IMPORTS.items() for there in found}) == set()


def test_registry_strings_only_go_down_but_for_those_of_the_document():
    edges = {(here, there) for here, found in PLACES.items() if here != "docai.registry" for there, _ in found}
    assert upward(edges) == UPWARD


@pytest.mark.parametrize(
    "source",
    [
        "import docai.cli",
        "from docai import cli",
        "from docai.cli import main",
        "from .cli import main",
        "def act():\n    from docai.cli import main",
        "if TYPE_CHECKING:\n    from docai.cli import main",
    ],
)
def test_an_upward_import_is_seen_however_it_is_written(source):
    found = imported(ast.parse(source), "docai.document" if "from ." not in source else "docai", TREES)
    assert found == {"docai.cli"}
    assert upward({("docai.document", name) for name in found}) == {("document", "cli")}


def test_no_module_imports_itself_by_way_of_others():
    assert set(graphlib.TopologicalSorter(IMPORTS).static_order()) >= set(IMPORTS)  # raises CycleError where one does


def test_no_import_stands_inside_a_function():
    inside = [
        f"{module}:{statement.lineno}"
        for module, tree in TREES.items()
        for function in nodes(tree, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        for statement in nodes(function, ast.Import, ast.ImportFrom)
    ]
    assert inside == []


def test_only_the_registry_imports_by_name():
    dynamic = {"import_module", "__import__", "exec", "eval"}
    users = {
        module
        for module, tree in TREES.items()
        for node in nodes(tree, ast.Name, ast.Attribute)
        if (node.id if isinstance(node, ast.Name) else node.attr) in dynamic
    }
    assert users == {"docai.registry"}


@pytest.mark.parametrize(
    ("package", "users"),
    [
        ("pymupdf", {"docai.sources.pdf", "docai.sources.weights", "docai.exporters.pdf", "fine_tune.synth.charts.placing"}),
        ("fitz", set()),
        ("pdf2image", {"docai.sources.poppler"}),
        ("xlsxwriter", {"docai.exporters.xlsx", "fine_tune.synth.charts.libreoffice_print"}),
    ],
)
def test_a_library_that_could_be_replaced_is_imported_in_one_place(package, users):
    everywhere = {module: imported(tree, module, TREES) for module, tree in TREES.items()}
    found = {module for module, names in everywhere.items() if package in {name.partition(".")[0] for name in names}}
    assert found == users


def test_values_are_made_only_by_ways_that_check_them():
    shortcuts = {"model_copy", "model_construct", "construct", "_make", "__setattr__", "__dict__"}
    used = [
        f"{module}:{node.lineno} {node.attr}"
        for module, tree in TREES.items()
        for node in nodes(tree, ast.Attribute)
        if node.attr in shortcuts
    ]
    assert used == []


def test_only_a_page_a_batch_the_command_and_the_drive_catch_everything():
    broad = {"Exception", "BaseException"}
    catching = {
        f"{module}.{function.name}"
        for module, tree in TREES.items()
        for function in nodes(tree, ast.FunctionDef)
        for handler in nodes(function, ast.ExceptHandler)
        if handler.type is None or broad & {name.id for name in nodes(handler.type, ast.Name)}
    }
    handed_on = {  # raised again: in the conversation that asked, and in the call that a thread works for
        "docai.exchange._ask",
        "docai.backends.endpoint.speaking._work",
    }
    told = {  # as a typed error, an outcome or an answer: of a library for other machines, a document, a batch of questions
        "docai.remote._told",
        "docai.worker._answer",
        "docai.model_process._said",
    }
    assert catching == {"docai.reading.safe_page", "docai.cli.main", *handed_on, *told}


def test_the_environment_is_read_only_by_the_commands_for_servers_and_where_tesseract_looks_for_its_models():
    names = {"environ", "getenv"}
    readers = {module for module, tree in TREES.items() if names & {node.attr for node in nodes(tree, ast.Attribute)}}
    inner = {"docai.backends.classical.engines.tessdata", "docai.backends.endpoint.address"}
    threads = {"docai.backends.classical.scanned", "docai.processes", "docai.batch_ray"}  # how many, and what processes are told
    assert readers == {"docai.cli", "docai.cli_batch", "docai.cli_models", "fine_tune.cli", *inner, *threads}


# Light imports


def asked_for(module):
    """Return the top-level packages that importing `module` in a fresh interpreter looks for, installed or not."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WATCHED.format(module)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("module", ["docai", "docai.cli", "docai.batch"])
def test_importing_loads_nothing_heavy(module):
    assert asked_for(module) & HEAVY == set()


def test_a_heavy_import_is_seen_where_there_is_one():
    assert {"cv2", "numpy"} <= asked_for("docai.extraction")


# Public names


def test_the_public_names_are_sorted_and_all_there():
    assert docai.__all__ == sorted(set(docai.__all__))
    assert dir(docai) == docai.__all__
    assert all(getattr(docai, name) is not None for name in docai.__all__)


def test_the_public_names_are_those_that_the_package_imports():
    statements = [node for node in nodes(TREES["docai"], ast.ImportFrom) if (node.module or "").startswith("docai.")]
    assert {"__version__", *(alias.name for node in statements for alias in node.names)} == set(docai.__all__)


def test_every_kind_of_value_is_public():
    values = {name for name, value in vars(document).items() if isinstance(value, type) and value.__module__ == document.__name__}
    assert {name for name in values if not name.startswith("_")} <= set(docai.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'read_minds'"):
        _ = docai.read_minds


@pytest.mark.parametrize("package", sorted(name for name in TREES if any(other.startswith(f"{name}.") for other in TREES)))
def test_no_submodule_bears_the_name_of_something_its_package_defines(package):
    submodules = {name.removeprefix(f"{package}.").partition(".")[0] for name in TREES if name.startswith(f"{package}.")}
    defined = {node.name for node in TREES[package].body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for statement in nodes(TREES[package], ast.ImportFrom):
        defined |= {alias.asname or alias.name for alias in statement.names if f"{statement.module}.{alias.name}" not in TREES}
    assert submodules & defined == set()


REGISTERED = {
    place
    for table in vars(registry).values()
    if isinstance(table, dict) and all(isinstance(place, str) and PLACE.fullmatch(place) for place in table.values())
    for place in table.values()
} | {f"{there}:{name}" for found in PLACES.values() for there, name in found if name}


@pytest.mark.parametrize("place", sorted(REGISTERED))
def test_every_registry_string_leads_to_something(place):
    try:
        assert callable(registry.load(place))
    except MissingDependency as missing:
        if "'docai[" not in str(missing):
            raise
        pytest.skip(str(missing))  # what an extra brings is loaded where the extra is installed


def test_the_registry_strings_are_found():
    assert {
        *registry.SOURCES.values(),
        *registry.BACKENDS.values(),
        *registry.EXPORTERS.values(),
        *registry.DIALECTS.values(),
        *registry.MODELS.values(),
    } < REGISTERED


# Whole documents


def several(values, most=2):
    return st.lists(values, max_size=most).map(tuple)


SHARES = st.floats(0, 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(1, 10**6)
TEXTS = st.text(max_size=6)
BOXES = st.tuples(SHARES, SHARES, SHARES, SHARES).map(lambda sides: Box.clipped(*sides))
BASES = st.sampled_from(["text_layer", "ocr", "printed", "vector", "measured", "model"])
IDS = st.builds("p{}/{}".format, COUNTS, COUNTS)
PROBLEMS = st.builds(
    Problem,
    code=TEXTS,
    message=TEXTS,
    severity=st.sampled_from(["note", "warning", "error"]),
    page_number=st.none() | COUNTS,
    block=st.none() | IDS,
)
READINGS = st.builds(Reading, source=TEXTS, text=TEXTS, confidence=SHARES)
WORDS = st.builds(Word, text=TEXTS, box=BOXES, confidence=SHARES)
CELLS = st.builds(
    Cell,
    row=st.integers(0, 99),
    column=st.integers(0, 99),
    row_span=st.integers(1, 9),
    column_span=st.integers(1, 9),
    text=TEXTS,
    number=st.none() | NUMBERS,
    header=st.sampled_from(["none", "column", "row", "both"]),
    box=BOXES,
    confidence=SHARES,
    basis=BASES,
    readings=several(READINGS),
    page_number=st.none() | COUNTS,
)
PLACED = {"page_number": COUNTS, "box": BOXES, "words": several(WORDS)}
ROLES = "title heading paragraph list_item caption formula footnote header footer page_number code".split()
RUNNING = st.builds(Text, **PLACED, role=st.sampled_from(ROLES), level=st.none() | st.integers(1, 6), text=TEXTS)


def in_a_row(cells):
    """Cells beside each other, each as high as the table; what a table holds is drawn elsewhere (`test_tasks`)."""
    columns = [0]
    for cell in cells:
        columns.append(columns[-1] + cell.column_span)
    return tuple(replace(cell, row=0, row_span=2, column=column) for cell, column in zip(cells, columns, strict=False)), columns[-1]


def table_of(cells, placed):
    row, width = in_a_row(cells)
    return Table(**placed, row_count=2, column_count=width, cells=row)


TABLES = st.builds(table_of, st.lists(CELLS, min_size=1, max_size=3), st.fixed_dictionaries(PLACED))
AXES = st.builds(
    Axis,
    title=TEXTS,
    unit=TEXTS,
    scale=st.sampled_from(["linear", "log", "date", "category"]),
    low=st.none() | NUMBERS,
    high=st.none() | NUMBERS,
)
POINTS = st.builds(
    Point,
    x=NUMBERS | TEXTS | st.sampled_from(["1", "2020", "nan", "true"]),
    y=st.none() | NUMBERS,
    box=BOXES,
    confidence=SHARES,
    basis=BASES,
    error=st.none() | NUMBERS,
    low=st.none() | NUMBERS,
    high=st.none() | NUMBERS,
    size=st.none() | NUMBERS,
)
CHARTS = st.builds(
    Chart,
    **PLACED,
    chart_type=st.sampled_from(["bar", "line", "area", "scatter", "pie", "box", "heatmap", "mixed"]),
    orientation=st.sampled_from(["vertical", "horizontal"]),
    stacking=st.sampled_from(["none", "stacked", "percent"]),
    title=TEXTS,
    x_axis=AXES,
    y_axis=AXES,
    second_axis=st.none() | AXES,
    series=several(
        st.builds(
            Series,
            name=TEXTS,
            colour=st.sampled_from(["", "#0a0b0c"]),
            mark=st.sampled_from([None, "bar", "line", "area", "point"]),
            axis=st.sampled_from(["first", "second"]),
            points=several(POINTS),
        )
    ),
)
FIGURES = st.builds(Figure, **PLACED, looks_like=st.sampled_from(["picture", "drawing", "chart", "scan"]), file=st.none() | TEXTS)
CONTENTS = st.one_of(RUNNING, TABLES, CHARTS, FIGURES)
BLOCKS = st.builds(
    Block,
    id=IDS,
    content=CONTENTS,
    parent=st.none() | IDS,
    captions=several(IDS),
    continues=st.none() | IDS,
    source=st.sampled_from(["text_layer", "ocr", "vector", "model", "picture"]),
    confidence=SHARES,
    engine=TEXTS,
)
LENGTHS = st.floats(0, exclude_min=True, allow_infinity=False)
PAGES = st.builds(
    Page,
    number=COUNTS,
    width_points=LENGTHS,
    height_points=LENGTHS,
    label=TEXTS,
    quarter=st.sampled_from([0, 90, 180, 270]),
    skew=NUMBERS,
    blocks=several(BLOCKS),
    links=several(st.builds(Link, box=BOXES, uri=st.none() | TEXTS, page_number=st.none() | COUNTS)),
    problems=several(PROBLEMS),
)
FIELDS = st.builds(
    FormField,
    name=TEXTS,
    kind=st.sampled_from(["text", "choice", "checkbox", "radio", "signature", "button"]),
    value=st.none() | TEXTS | st.booleans() | several(TEXTS) | st.sampled_from(["true", "0"]),
    label=TEXTS,
    options=several(TEXTS),
    read_only=st.booleans(),
    required=st.booleans(),
    page_number=COUNTS,
    box=BOXES,
)
ENGINES = st.builds(Engine, backend=TEXTS, model=TEXTS, revision=TEXTS, hash=TEXTS, quantization=TEXTS, dialect=TEXTS)
DOCUMENTS = st.builds(
    Document,
    name=TEXTS,
    content_hash=TEXTS,
    status=st.sampled_from(["success", "partial_success", "failure"]),
    page_count=st.integers(0, 10**6),
    pages=several(PAGES),
    form_fields=several(FIELDS),
    outline=several(st.builds(OutlineEntry, level=COUNTS, title=TEXTS, page_number=st.none() | COUNTS)),
    attachments=several(st.builds(Attachment, name=TEXTS, size_bytes=st.none() | COUNTS, description=TEXTS)),
    problems=several(PROBLEMS),
    engines=several(ENGINES),
)
SCHEMA = json.loads(json_schema())
SCHEMA_CHECK = jsonschema.Draft202012Validator(SCHEMA)
LARGE = settings(max_examples=60, deadline=None)

BOX = Box(0.1, 0.2, 0.3, 0.4)
CHART = Chart(page_number=1, box=BOX, chart_type="bar", series=(Series(points=(Point(x=1.0, y=2.0, box=BOX),)),))
TABLE = Table(page_number=1, box=BOX, row_count=1, column_count=1, cells=(Cell(row=0, column=0, box=BOX),))
BLOCK = Block(id="p1/1", content=Text(page_number=1, box=BOX, text="a", words=(Word(text="a", box=BOX),)))
PAGE = Page(number=1, width_points=595, height_points=842, blocks=(BLOCK,), links=(Link(box=BOX),))
FIELD = FormField(name="a", kind="text", page_number=1, box=BOX)
PROOF = Proof(page_number=1, box=BOX, confidence=1.0, status="grounded")
WHOLE_DOCUMENT = Document(name="a.pdf", page_count=1, pages=(PAGE,), form_fields=(FIELD,))
SAMPLES = (
    Reading(source="a", text="b", confidence=0.5),
    Problem(code="a", message="b"),
    Engine(backend="a"),
    Likelihood(mean=-0.1, least=-0.5),
    Usage(tiles=7, prompt_tokens=1832, tokens=40),
    Mention(phrase="a", boxes=(BOX,)),
    Answer(text="a"),
    Attachment(name="a"),
    OutlineEntry(level=1, title="a"),
    Axis(),
    Figure(page_number=1, box=BOX),
    PAGE.links[0],
    BLOCK.content.words[0],
    BLOCK.content,
    TABLE.cells[0],
    TABLE,
    CHART.series[0].points[0],
    CHART.series[0],
    CHART,
    BLOCK,
    PAGE,
    FIELD,
    PROOF,
    Correction(document=f"sha256:{'0a' * 32}", pointer="/a", before=1, after=2, box=BOX, who="b", when="2026-03-04T12:00:00Z"),
    WHOLE_DOCUMENT,
)


def fields_of(kind):
    """Return the (value, field) pairs of the samples whose field's type names `kind`."""
    named = re.compile(rf"\b{kind}\b")
    return [
        (value, name)
        for value in SAMPLES
        for name, field in type(value).model_fields.items()
        if named.search(str(field.annotation))
    ]


def label(value):
    return value if isinstance(value, str) else type(value).__name__


def test_the_samples_are_of_every_kind():
    kinds = {value for value in (getattr(docai, name) for name in docai.__all__) if isinstance(value, type)}
    assert {kind for kind in kinds if issubclass(kind, pydantic.BaseModel)} == {type(value) for value in SAMPLES}


@LARGE
@given(DOCUMENTS)
def test_json_gives_back_an_equal_document_that_the_schema_admits(whole):
    written = whole.to_json()
    again = Document.model_validate_json(written)
    assert again == whole
    assert again.to_json() == written
    SCHEMA_CHECK.validate(json.loads(written))


@LARGE
@given(DOCUMENTS)
def test_a_document_crosses_processes_and_dictionaries_unchanged(whole):
    assert pickle.loads(pickle.dumps(whole)) == whole
    assert Document.model_validate(whole.model_dump()) == whole
    assert hash(Document.model_validate_json(whole.to_json(indent=2))) == hash(whole)


@LARGE
@given(DOCUMENTS, PAGES, TEXTS)
def test_replace_changes_what_it_names_and_nothing_else(whole, page, name):
    before = whole.to_json()
    changed = replace(whole, pages=(page,), name=name)
    assert (changed.pages, changed.name) == ((page,), name)
    assert replace(changed, pages=whole.pages, name=whole.name) == whole == replace(whole)
    assert Document.model_validate_json(changed.to_json()) == changed
    assert whole.to_json() == before


@pytest.mark.parametrize("value", SAMPLES, ids=label)
def test_a_value_takes_no_unknown_field_and_cannot_be_changed(value):
    name = next(iter(type(value).model_fields))
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(value, name, getattr(value, name))
    with pytest.raises(pydantic.ValidationError, match="surprise"):
        replace(value, surprise=1)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("value", "field"), fields_of("float"), ids=label)
def test_what_is_not_a_finite_number_is_rejected(value, field, number):
    with pytest.raises(pydantic.ValidationError):
        replace(value, **{field: number})
    with pytest.raises(pydantic.ValidationError):
        type(value).model_validate({**value.model_dump(), field: number})
    written = {**json.loads(value.model_dump_json()), field: number}
    with pytest.raises(pydantic.ValidationError):
        type(value).model_validate_json(json.dumps(written))


OFF_PAGE = [
    (float("nan"), 0.1, 0.2, 0.3),
    (0.1, 0.1, float("inf"), 0.3),
    (-0.01, 0.1, 0.2, 0.3),
    (0.1, 0.1, 0.2, 1.01),
    (0.3, 0.1, 0.2, 0.3),
    (0.1, 0.3, 0.2, 0.2),
    (0.1, 0.2, 0.3),
    (0.1, 0.2, 0.3, 0.4, 0.5),
    (None, 0.1, 0.2, 0.3),
    ([], 0.1, 0.2, 0.3),
    (10**400, 0.1, 0.2, 0.3),
]


@pytest.mark.parametrize("sides", OFF_PAGE, ids=lambda sides: str(sides)[:20])
@pytest.mark.parametrize(("value", "field"), fields_of("Box"), ids=label)
def test_a_box_that_is_not_on_its_page_is_rejected(value, field, sides):
    for given_sides in (sides, list(sides)):
        with pytest.raises(pydantic.ValidationError):
            replace(value, **{field: given_sides})
    written = {**json.loads(value.model_dump_json()), field: sides}
    with pytest.raises(pydantic.ValidationError):
        type(value).model_validate_json(json.dumps(written))


# The JSON Schema


def test_the_schema_is_one_and_refuses_what_the_types_refuse():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = json.loads(WHOLE_DOCUMENT.to_json())
    assert SCHEMA_CHECK.is_valid(good)
    assert SCHEMA["title"] == "Document"


def changed(path, value):
    """Return the whole document's JSON with the value at `path` replaced."""
    written = json.loads(WHOLE_DOCUMENT.to_json())
    place = written
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return written


CONTENT = ("pages", 0, "blocks", 0, "content")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("surprise",), 1),
        (("name",), None),
        (("schema_version",), "0.9"),
        (("status",), "fine"),
        (("pages", 0, "number"), 0),
        (("pages", 0, "width_points"), 0),
        (("pages", 0, "quarter"), 45),
        (("pages", 0, "blocks", 0, "id"), "7"),
        (("pages", 0, "blocks", 0, "confidence"), 1.5),
        ((*CONTENT, "kind"), "video"),
        ((*CONTENT, "level"), 7),
        ((*CONTENT, "box"), [0, 0, 1]),
        ((*CONTENT, "box"), [0, 0, 1, 1.5]),
        ((*CONTENT, "box"), {"left": 0, "top": 0, "right": 1, "bottom": 1}),
    ],
)
def test_what_the_schema_refuses_the_types_refuse(path, value):
    written = changed(path, value)
    assert not SCHEMA_CHECK.is_valid(written)
    with pytest.raises(pydantic.ValidationError):
        Document.model_validate(written)


# What crosses to another process


FONTS = st.builds(Font, TEXTS, st.booleans(), st.booleans(), st.booleans(), st.booleans())
RECOGNISED = st.builds(Recognised, TEXTS, SHARES, several(READINGS))
SOURCE_WORDS = st.builds(
    SourceWord, text=TEXTS, box=BOXES, size=SHARES, font=FONTS, baseline=SHARES, recognised=st.none() | RECOGNISED
)
RULES = st.builds(Rule, st.booleans(), SHARES, SHARES, SHARES, SHARES)
ORIGINS = st.builds(Origin, TEXTS) | st.builds(Origin, st.none(), st.binary(max_size=9), st.none() | TEXTS)
VIEWS = st.builds(
    View,
    page=st.builds(PageReference, ORIGINS, COUNTS),
    width_points=NUMBERS,
    height_points=NUMBERS,
    box=BOXES,
    words=several(SOURCE_WORDS),
    rules=several(RULES),
    quarter=st.sampled_from([0, 90, 180, 270]),
    zoom=SHARES,
)
TASKS = st.just(ReadTable()) | st.just(ReadChart()) | st.builds(ReadText, several(TEXTS))
REQUESTS = st.builds(Request, TASKS, several(VIEWS), TEXTS)
REPLIES = st.builds(
    Reply,
    answer=st.none() | TABLES | CHARTS | several(RUNNING),
    problems=several(PROBLEMS),
    text=TEXTS,
    confidence=SHARES,
    usage=st.builds(Usage, tiles=COUNTS, prompt_tokens=COUNTS, tokens=COUNTS),
    engine=st.none() | ENGINES,
)
LENSES = st.builds(Lens, SHARES, st.none() | COUNTS, st.none() | COUNTS)


@LARGE
@given(st.one_of(VIEWS, REQUESTS, REPLIES, LENSES))
def test_what_is_exchanged_pickles_and_hashes(value):
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert hash(again) == hash(value)
