"""Prints what is filled in in an interactive form: `python examples/form_fields.py [file]`."""

from __future__ import annotations

import sys
from pathlib import Path

import docai

DOCUMENTS = Path(__file__).parent / "documents"


def main() -> None:
    """Print each field's name, kind and value, and whether something that is required is missing."""
    path = sys.argv[1] if len(sys.argv) > 1 else DOCUMENTS / "form.pdf"
    document = docai.extract(path)
    for field in document.form_fields:
        note = " (read only)" if field.read_only else " (required)" if field.required else ""
        print(f"{field.name} [{field.kind}] = {field.value!r}{note}")
    missing = [field.name for field in document.form_fields if field.required and not field.value]
    print(f"{len(document.form_fields)} fields, missing: {', '.join(missing) or 'none'}")


if __name__ == "__main__":
    main()
