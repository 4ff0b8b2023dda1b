"""ALTO is read back as XML and held against what the schema of version 4.4 asks of the elements used."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import Block, Cell, Chart, Document, Figure, Page, Table, Text, Word, replace
from docai.exporters import Memory, feed, to_text
from docai.exporters.alto import Exporter
from docai.sources import Origin
from docai.turning import turned_box

NAMESPACE = "{http://www.loc.gov/standards/alto/ns-v4#}"
PLACE = {"HPOS", "VPOS", "WIDTH", "HEIGHT"}
# From alto-4-4.xsd: an element's children in the order that they may stand in ("*": any number, mixed), and its attributes,
# those of the first set required by the schema or by every reader
SCHEMA = {
    "alto": (("Description", "Layout"), {"SCHEMAVERSION"}, set()),
    "Description": (("MeasurementUnit", "sourceImageInformation", "OCRProcessing"), set(), set()),
    "MeasurementUnit": ((), set(), set()),
    "sourceImageInformation": (("fileName",), set(), set()),
    "fileName": ((), set(), set()),
    "OCRProcessing": (("ocrProcessingStep",), {"ID"}, set()),
    "ocrProcessingStep": (("processingSoftware",), set(), set()),
    "processingSoftware": (("softwareName", "softwareVersion"), set(), set()),
    "softwareName": ((), set(), set()),
    "softwareVersion": ((), set(), set()),
    "Layout": (("*", "Page"), set(), set()),
    "Page": (("PrintSpace",), {"ID", "PHYSICAL_IMG_NR", "WIDTH", "HEIGHT"}, {"PRINTED_IMG_NR"}),
    "PrintSpace": (("*", "TextBlock", "Illustration", "ComposedBlock"), PLACE, set()),
    "ComposedBlock": (("*", "TextBlock", "Illustration"), {"ID", *PLACE}, {"TYPE"}),
    "TextBlock": (("*", "TextLine"), {"ID", *PLACE}, {"ROTATION"}),
    "Illustration": ((), {"ID", *PLACE}, {"TYPE"}),
    "TextLine": (("*", "String", "SP"), {"ID", *PLACE}, set()),
    "String": ((), {"ID", "CONTENT", "WC", *PLACE}, set()),
    "SP": ((), set(), set()),
}
WORDS = tuple(
    Word(text=text, box=Box(0.1 + 0.1 * n, 0.1, 0.18 + 0.1 * n, 0.12), confidence=0.5) for n, text in enumerate(["One", "둘", "ba"])
)
CELL = Cell(row=0, column=0, text="cell", box=Box(0.1, 0.1, 0.2, 0.2))
CONTENTS = (
    Text(page_number=1, box=Box(0.1, 0.1, 0.6, 0.3), words=WORDS, text="One 둘 ba"),
    Text(page_number=1, box=Box(0.1, 0.1, 0.6, 0.3), text=""),
    Table(page_number=1, box=Box(0.1, 0.1, 0.2, 0.2), row_count=1, column_count=1, cells=(CELL,)),
    Figure(page_number=1, box=Box(0, 0, 1, 1), looks_like="drawing"),
    Figure(page_number=1, box=Box(0, 0, 1, 1), words=WORDS),
    Chart(page_number=1, box=Box(0, 0, 1, 1), chart_type="bar", words=WORDS),
)


def page_of(*contents, number=1, **more):
    blocks = tuple(Block(id=f"p{number}/{n}", content=content) for n, content in enumerate(contents, 1))
    return Page(number=number, width_points=360, height_points=720, blocks=blocks, **more)


def told(*pages, source=None):
    place = Memory(source)
    feed(Exporter(place), Document(name="a", pages=pages))
    return ElementTree.fromstring(place.stream.getvalue())


def every(root, name):
    return list(root.iter(NAMESPACE + name))


def faults(element):
    """Return what of an element and all in it the schema does not allow."""
    name = element.tag.removeprefix(NAMESPACE)
    children, required, optional = SCHEMA[name]
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    attributes = {key for key in element.keys() if not key.startswith("{")}  # noqa: SIM118  # elements iterate over children
    found = [f"{name} lacks {key}" for key in required - attributes]
    found += [f"{name} has {key}" for key in attributes - required - optional]
    if children[:1] == ("*",):
        found += [f"{other} in {name}" for other in names if other not in children]
    elif [other for other in children if other in names] != names:
        found.append(f"{names} in {name}")
    if name == "TextLine" and (not names or names[0] != "String" or ("SP", "SP") in pairwise(names)):
        found.append(f"{names} in a line")
    return found + [fault for child in element for fault in faults(child)]


@pytest.mark.parametrize("source", [None, Origin("in/a & b.pdf")])
def test_it_is_built_as_the_schema_asks(source):
    root = told(page_of(*CONTENTS, label="iv", quarter=90), page_of(*CONTENTS, number=2), source=source)
    assert faults(root) == []
    assert [element.text for element in every(root, "fileName")] == (["a & b.pdf"] if source else [])
    assert every(root, "MeasurementUnit")[0].text == "pixel"
    assert every(root, "softwareName")[0].text == "docai"


def test_words_have_their_text_confidence_and_place_with_spaces_between():
    root = told(page_of(CONTENTS[0]))
    (line,) = every(root, "TextLine")
    assert [child.tag.removeprefix(NAMESPACE) for child in line] == ["String", "SP", "String", "SP", "String"]
    assert dict(every(root, "String")[1].items()) == {
        "ID": "p1-1-w2",
        "CONTENT": "둘",
        "WC": "0.5",
        "HPOS": "300",
        "VPOS": "300",
        "WIDTH": "120",
        "HEIGHT": "60",
    }


def test_pages_tell_their_size_number_and_label():
    (page,) = every(told(page_of(number=3, label="iv")), "Page")
    assert dict(page.items()) == {"ID": "p3", "PHYSICAL_IMG_NR": "3", "PRINTED_IMG_NR": "iv", "WIDTH": "1500", "HEIGHT": "3000"}


def test_pictures_are_illustrations_and_their_words_stand_beside_them():
    root = told(page_of(*CONTENTS))
    assert [element.get("TYPE") for element in every(root, "Illustration")] == ["drawing", "picture", "chart"]
    assert [[word.get("CONTENT") for word in every(block, "String")] for block in every(root, "ComposedBlock")] == [
        ["One", "둘", "ba"]
    ] * 2


def test_lines_of_a_page_that_was_scanned_sideways_tell_their_turn():
    words = tuple(replace(word, box=turned_box(word.box, 270)) for word in WORDS)
    root = told(page_of(replace(CONTENTS[0], words=words), quarter=90, skew=1.5))
    assert [block.get("ROTATION") for block in every(root, "TextBlock")] == ["268.5"]
    assert len(every(root, "TextLine")) == 1


def test_ids_are_there_once():
    root = told(page_of(*CONTENTS), page_of(*CONTENTS, number=2))
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(ids) == len(set(ids))


def test_chinese_and_japanese_have_no_spaces_between_words():
    words = tuple(replace(word, text=text) for word, text in zip(WORDS, ("吾輩は", "猫である", "end"), strict=True))
    (line,) = every(told(page_of(replace(CONTENTS[0], words=words))), "TextLine")
    assert [child.tag.removeprefix(NAMESPACE) for child in line] == ["String", "String", "SP", "String"]


@given(st.lists(st.text(min_size=1), max_size=5), st.text())
def test_it_is_well_formed_whatever_the_words(texts, label):
    words = tuple(Word(text=each, box=Box(0.1, 0.1, 0.2, 0.2)) for each in texts)
    assert faults(told(page_of(replace(CONTENTS[0], words=words), label=label))) == []


def test_each_page_is_written_as_it_comes():
    place = Memory()
    exporter = Exporter(place)
    for number in (1, 2):
        exporter.add(page_of(CONTENTS[0], number=number))
        assert f'ID="p{number}-1-w3"' in place.stream.getvalue().decode()


def test_of_no_pages_it_is_empty():
    assert every(ElementTree.fromstring(to_text(Document(name="a"), "alto.xml")), "Page") == []
