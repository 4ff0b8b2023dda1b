"""Draws an interactive form: labels on the page, and fields that can be filled in."""

from __future__ import annotations

from typing import Any

import pymupdf

from drawing.flowing import DATE, HEIGHT, LEFT, WIDTH
from drawing.typesetting import ACCENT, FACES, GREY, Pen, Style

FIELDS_LEFT = 210.0  # points
ROW = 34.0  # points from field to field
FACE = FACES["fira"]
TITLE, LABEL = Style(FACE.bold, 22, 27, ACCENT), Style(FACE.regular, 10, 14)
NOTE = Style(FACE.italic, 9, 13, GREY)
REQUIRED, READ_ONLY = 2, 1  # bits of a field's flags; ISO 32000-1, table 221
COMBO = 1 << 17  # a choice that drops down; ISO 32000-1, table 230


def draw_form(texts: dict[str, Any]) -> tuple[pymupdf.Document, dict[str, Any]]:
    """Return a form of one page, and its truth."""
    document = pymupdf.open()
    pen = Pen(document.new_page(width=WIDTH, height=HEIGHT))
    pen.write(LEFT, 96, texts["title"], TITLE)
    pen.write(LEFT, 116, texts["subtitle"], NOTE)
    y = 160.0
    for field in texts["fields"]:
        if field["kind"] == "radio":
            _put_radio(pen, field, y)
        else:
            _put_field(pen, field, y)
        y += ROW * (1.9 if field.get("list") else 1)
    pen.finish()
    document.set_metadata({"title": texts["title"], "creator": "docai examples", "creationDate": DATE, "modDate": DATE})
    return document, {"page_count": 1, "title": texts["title"], "form_fields": [_truth(field) for field in texts["fields"]]}


def _put_field(pen: Pen, field: dict[str, Any], y: float) -> None:
    checkbox = field["kind"] == "checkbox"
    width, height = (13, 13) if checkbox else (220, 46) if field.get("list") else (220, 20)
    widget = _widget(field["name"], pymupdf.Rect(FIELDS_LEFT, y, FIELDS_LEFT + width, y + height))
    if checkbox:
        widget.field_type = pymupdf.PDF_WIDGET_TYPE_CHECKBOX
        pen.write(FIELDS_LEFT + 22, y + 10.5, field["label"], LABEL)
    else:
        pen.write(LEFT, y + 14, field["label"] + (" *" if field.get("required") else ""), LABEL)
        widget.field_type = pymupdf.PDF_WIDGET_TYPE_TEXT
    if field["kind"] == "choice":
        widget.field_type = pymupdf.PDF_WIDGET_TYPE_LISTBOX if field.get("list") else pymupdf.PDF_WIDGET_TYPE_COMBOBOX
        widget.choice_values = field["options"]
        widget.field_flags = 0 if field.get("list") else COMBO
    widget.field_value = field["value"]
    widget.field_label = field["label"]
    widget.field_flags |= REQUIRED * field.get("required", False) | READ_ONLY * field.get("read_only", False)
    if field.get("read_only"):
        widget.fill_color = (0.93, 0.93, 0.93)
    pen.page.add_widget(widget)


def _put_radio(pen: Pen, field: dict[str, Any], y: float) -> None:
    """Put a group of radio buttons, one for each option, side by side."""
    pen.write(LEFT, y + 10.5, field["label"], LABEL)
    document, buttons = pen.page.parent, []
    for rank, option in enumerate(field["options"]):
        x = FIELDS_LEFT + 100 * rank
        widget = _widget(field["name"], pymupdf.Rect(x, y, x + 13, y + 13))
        widget.field_type = pymupdf.PDF_WIDGET_TYPE_RADIOBUTTON
        widget.field_value = option == field["value"]
        pen.page.add_widget(widget)
        pen.write(x + 20, y + 10.5, option, LABEL)
        buttons.append((widget.xref, option))
    # pymupdf calls each button's state True or False, so that one could not be told from another: name them by their options
    for xref, option in buttons:
        states = {name: document.xref_get_key(xref, f"AP/N/{name}")[1] for name in ("Off", "True", "False")}
        on = states["True"] if states["True"] != "null" else states["False"]
        document.xref_set_key(xref, "AP/N", f"<</Off {states['Off']} /{option} {on}>>")
        document.xref_set_key(xref, "AS", f"/{option}" if option == field["value"] else "/Off")
    parent = int(document.xref_get_key(buttons[0][0], "Parent")[1].split()[0])
    document.xref_set_key(parent, "V", f"/{field['value']}")
    document.xref_set_key(parent, "TU", pymupdf.get_pdf_str(field["label"]))


def _widget(name: str, box: pymupdf.Rect) -> pymupdf.Widget:
    widget = pymupdf.Widget()
    widget.field_name, widget.rect = name, box
    widget.border_color, widget.border_width, widget.text_fontsize = GREY, 1, 10
    return widget


def _truth(field: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in field.items() if name != "list"}
    return {"options": [], "required": False, "read_only": False, **given}
