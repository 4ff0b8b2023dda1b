"""What others wrote, shown so that no terminal, spreadsheet or browser obeys it; and what the pages of our reports share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final

# What a terminal obeys (C0, C1), what ends a line, and what turns the direction of writing, by which a name could look like another
_OBEYED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
# OWASP, "CSV Injection": cells that begin so are formulas, also in full width; tabs and line ends are never left in by `one_line`
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")

STYLE: Final = """
:root { --ink: #1f2328; --paper: #fff; --pale: #59636e; --line: #d1d9e0; --field: #f6f8fa; --bad: #cf222e; --blue: #0969da;
  --good: #1a7f37; --poor: #9a6700; }
body { font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK KR", sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; break-after: avoid; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p.about, .note { color: var(--pale); margin: .2rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; } th { text-align: left; color: var(--pale); font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.group td:first-child { padding-left: 1.2rem; color: var(--pale); }
section.item { border: 1px solid var(--line); border-radius: 6px; padding: 1rem; margin: 1rem 0; break-inside: avoid; }
pre { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0;
  background: var(--field); padding: .6rem; border-radius: 4px; }
.facts { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.facts div { flex: 1 1 8rem; border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; break-inside: avoid; }
.facts b { display: block; font-size: 1.2rem; font-variant-numeric: tabular-nums; } .facts span { color: var(--pale); }
.problem { color: var(--bad); } b { font-weight: 600; }
"""


def one_line(text: str, longest: int | None = None) -> str:
    r"""Return a text as one line that only shows: what a terminal would obey is told by its number (`\x1b`).

    Line ends, marks that turn the direction of writing and halves of characters are told so too. Longer than `longest`
    characters, it is cut and ends in "…".
    """
    told = _OBEYED.sub(_number, text if longest is None else text[: longest + 1])
    return told if longest is None or len(told) <= longest else told[: longest - 1] + "…"


def _number(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def spreadsheet_text(text: str) -> str:
    """Return a text for a cell of a CSV that no spreadsheet takes for a formula: a "'" stands before what would be one."""
    told = one_line(text)
    return f"'{told}" if _FORMULA.match(told) else told


def duration(seconds: float) -> str:
    """Return a time as people tell it."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    return f"{whole // 60} min {whole % 60:02} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02} min"


def head(title: str, more_style: str = "") -> list[str]:
    """Return how a page of ours begins, up to its heading; `title` is any text. The page ends with `FOOT`."""
    shown = escape(one_line(title))
    return [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{shown}</title><style>{STYLE}{more_style}</style></head><body>",
        f"<h1>{shown}</h1>",
    ]


def facts(told: Iterable[tuple[str, str]]) -> str:
    """Return figures as cards beside each other: each a value and what it is, of which any without a value is left out."""
    boxes = (f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in told if value)
    return f'<div class="facts">{"".join(boxes)}</div>'


FOOT: Final = "</body></html>"
