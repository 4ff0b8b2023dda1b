"""What became of a batch as one page of HTML, with nothing from elsewhere: to be read, printed and sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from html import escape
from typing import Any, Final, NamedTuple

from docai.batch_tally import ENDED, SHOWN, Failures, Tally, Troubles
from docai.ledger_view import Entry, Run
from docai.presenting import FOOT, duration, facts, head, one_line
from docai.work import Recipe

BLUE, GREY = "#3b82d6", "#768390"  # of drawings, to be seen on white and on black
PAGE_STYLE: Final = """
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --pale: #9198a1; --line: #3d444d;
  --field: #161b22; --bad: #ff7b72; --blue: #79c0ff; --good: #56d364; --poor: #e3b341; } }
@page { size: A4; margin: 16mm 14mm; @bottom-right { content: counter(page) " / " counter(pages);
  font-size: 8pt; color: #59636e; } }
@media print { body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; } h2 { margin-top: 1.4rem; } }
table { width: 100%; } td { overflow-wrap: anywhere; vertical-align: top; } tr { break-inside: avoid; }
td.short { white-space: nowrap; }
thead { display: table-header-group; } svg { max-width: 100%; height: auto; display: block; }
.drawings { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
.drawings figure { margin: .5rem 0; flex: 1 1 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .3rem; } .failure { color: var(--bad); } .partial { color: var(--poor); }
ul { margin: .2rem 0; padding-left: 1.2rem; } li { overflow-wrap: anywhere; }
section.item { padding: .7rem 1rem; break-inside: auto; }
"""


class Column(NamedTuple):
    """A column of a table: its heading, and whether its values are short words or numbers."""

    heading: str
    kind: str = ""


NAME, NUMBER = Column("document"), "number"


def page_of(name: str, tally: Tally, runs: Sequence[Run], troubles: Troubles, *, made: str, going: bool) -> Iterator[str]:
    """Yield the page of a batch, in pieces.

    Args:
        name: Of the output folder.
        tally: Of its ledger.
        runs: All runs, the first one first.
        troubles: The attempts that ended badly.
        made: By which program and when.
        going: Whether a run is at work.
    """
    yield from head(f"Batch: {name}", PAGE_STYLE)
    yield _about(runs, made, going=going)
    yield _facts(tally)
    yield from _drawings(tally)
    yield from _failures(tally)
    yield from _documents(
        "Least sure",
        "documents whose text, tables and charts were read with the least confidence: look at these first",
        [(entry, f"{entry.confidence:.3f}") for *_, entry in sorted(tally.unsure, key=_place, reverse=True)],
        sum(tally.confidences),
        "confidence",
    )
    yield from _documents(
        "Slowest",
        "documents that took longest",
        [(entry, duration(entry.seconds)) for *_, entry in sorted(tally.slowest, key=_place, reverse=True)],
        tally.states["done"] + tally.states["failed"],
        "time",
    )
    yield from _troubles(troubles)
    yield from _engines(tally)
    yield from _runs(runs)
    yield FOOT


def _place(item: tuple[float, int, Entry]) -> tuple[float, int]:
    return item[:2]


def when(moment: datetime | None) -> str:
    """Return a moment as ISO 8601 tells it, in UTC, to the second; "" for None."""
    return "" if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# The parts of the page


def _shown(text: str | None) -> str:
    """Return any text as HTML, in one line."""
    return escape(one_line(text or ""))


def _about(runs: Sequence[Run], made: str, *, going: bool) -> str:
    told = [f"{len(runs)} run{'' if len(runs) == 1 else 's'}"]
    if runs:
        last = runs[-1]
        ended = f"ended {when(last.ended_at)}" if last.ended_at is not None else "has not ended" if going else "was broken off"
        told += [f"the last began {when(last.started_at)}", ended]
    return f'<p class="about">{_shown(" · ".join((*told, made)))}</p>'


def _facts(tally: Tally) -> str:
    whole = tally.states["done"] - tally.partial
    rest = tally.states["waiting"] + tally.states["running"]
    return facts(
        [
            (f"{tally.count:,}", "documents"),
            (f"{whole:,}", "read whole"),
            (f"{tally.partial:,}", "read in part"),
            (f"{tally.states['failed']:,}", "failed"),
            (f"{rest:,}" if rest else "", "not done yet"),
            (f"{tally.pages:,}", f"pages, {tally.failed_pages:,} failed" if tally.failed_pages else "pages"),
            (duration(tally.seconds), "of work, all processes together"),
            (f"{tally.peak_memory / 1e9:,.2f} GB" if tally.peak_memory else "", "memory at most, of one process"),
        ]
    )


def _table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table; the cells of `rows` are HTML."""
    kinds = [f' class="{column.kind}"' if column.kind else "" for column in columns]
    heads = "".join(f"<th{kind}>{escape(column.heading)}</th>" for column, kind in zip(columns, kinds, strict=True))
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td{kind}>{cell}</td>' for cell, kind in zip(row, kinds, strict=True))}</tr>"
    yield "</tbody></table>"


def _more(left: int) -> str:
    return f'<p class="note">and {left:,} more, all in the CSV</p>' if left > 0 else ""


def _failures(tally: Tally) -> Iterator[str]:
    """Yield what went wrong, by its code, what is most frequent first."""
    yield "<h2>What went wrong</h2>" if tally.failures else "<h2>Nothing went wrong</h2>"
    for code, failures in sorted(tally.failures.items(), key=lambda item: (-item[1].failed, -item[1].partial, item[0])):
        yield from _failure(code, failures)


def _failure(code: str, failures: Failures) -> Iterator[str]:
    counts = [
        f'<span class="{kind}">{_counted(count)} {what}</span>'
        for count, kind, what in ((failures.failed, "failure", "failed"), (failures.partial, "partial", "in part"))
        if count
    ]
    yield f'<section class="item"><h3>{_shown(code.replace("_", " "))}: {", ".join(counts)}</h3>'
    if failures.steps:
        yield f"<p>Next: {' / '.join(map(_shown, failures.steps))}</p>"
    columns = (NAME, Column("page", NUMBER), Column("attempts", NUMBER), Column("what happened"))
    yield from _table(
        columns,
        (
            (_shown(entry.stem), str(error.page_number or ""), str(entry.attempts), _shown(error.message))
            for entry, error in failures.examples
        ),
    )
    yield f"{_more(failures.failed + failures.partial - len(failures.examples))}</section>"


def _counted(count: int) -> str:
    return f"{count:,} document{'' if count == 1 else 's'}"


def _documents(heading: str, about: str, told: Sequence[tuple[Entry, str]], count: int, what: str) -> Iterator[str]:
    if not told:
        return
    yield f'<h2>{heading}</h2><p class="note">{about}</p>'
    columns = (NAME, Column(what, NUMBER), Column("pages", NUMBER), Column("memory", NUMBER), Column("status", "short"))
    yield from _table(
        columns,
        (
            (_shown(entry.stem), value, f"{entry.pages:,}", _memory(entry.peak_memory), _status(entry.status))
            for entry, value in told
        ),
    )
    yield _more(count - len(told))


def _memory(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size else ""


def _status(status: str | None) -> str:
    kind = {"partial_success": "partial", "failure": "failure"}.get(status or "", "")
    words = {"partial_success": "in part", "failure": "failed", "success": "whole"}.get(status or "", "")
    return f'<span class="{kind}">{words}</span>' if kind else words


def _troubles(troubles: Troubles) -> Iterator[str]:
    if not troubles.first:
        return
    counts = ", ".join(f"{count:,} {ENDED.get(ended, ended)}" for ended, count in sorted(troubles.counts.items()))
    yield f'<h2>Attempts that ended badly</h2><p class="note">{_shown(counts)}</p>'
    columns = (NAME, Column("page", NUMBER), Column("time", NUMBER), Column("how", "short"))
    yield from _table(
        columns,
        (
            (_shown(one.stem), str(one.page or ""), duration(one.seconds), _shown(ENDED.get(one.ended, one.ended)))
            for one in troubles.first
        ),
    )
    yield _more(sum(troubles.counts.values()) - len(troubles.first))


def _engines(tally: Tally) -> Iterator[str]:
    if not tally.engines:
        return
    yield "<h2>Read by</h2>"
    rows = sorted(tally.engines.items(), key=lambda item: (-item[1], item[0]))
    yield from _table(
        (Column("engine"), Column("documents", NUMBER)),
        ((_shown(_in_words(json.loads(engine))), f"{count:,}") for engine, count in rows[:SHOWN]),
    )
    yield _more(len(rows) - SHOWN)


def _in_words(told: Any) -> str:
    """Return plain JSON values as people read them; what is not set is left out."""
    if isinstance(told, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_in_words(value)}" for name, value in told.items() if value not in (None, ""))
    if isinstance(told, list):
        return " + ".join(map(_in_words, told))
    return {True: "yes", False: "no"}[told] if isinstance(told, bool) else str(told)


def _runs(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the runs, the latest first, with their options."""
    if not runs:
        return
    yield "<h2>Runs</h2>"
    columns = (Column("began", "short"), Column("took", NUMBER), Column("exit code", NUMBER), Column("options"))
    shown = list(reversed(runs))[:SHOWN]
    yield from _table(columns, (_run(run) for run in shown))
    yield _more(len(runs) - len(shown))


def _run(run: Run) -> tuple[str, str, str, str]:
    usual = Recipe().told()
    recipe = {name: value for name, value in run.recipe.told().items() if name == "formats" or value != usual[name]}
    code = "" if run.code is None else str(run.code)
    took = "" if run.seconds is None else duration(run.seconds)
    return when(run.started_at), took, code, _shown(_in_words({**recipe, **run.settings}))


# Drawings


def _drawings(tally: Tally) -> Iterator[str]:
    drawn = []
    if any(tally.confidences):
        drawn.append(("Documents by confidence", _histogram(tally.confidences)))
    if any(tally.flow):
        drawn.append(("Pages a second, over the last run", _curve(tally.flow, tally.span)))
    if drawn:
        figures = (f"<figure><figcaption>{title}</figcaption>{svg}</figure>" for title, svg in drawn)
        yield f'<div class="drawings">{"".join(figures)}</div>'


WIDTH, HEIGHT = 480, 180  # pixels of a drawing: two stand beside each other
LEFT, TOP, BOTTOM = 56, 16, 22  # of them for labels


def _svg(label: str, parts: Iterable[str]) -> str:
    box = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg {box} role="img" aria-label="{escape(label)}" font-size="11" font-family="sans-serif">{"".join(parts)}</svg>'


def _label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{GREY}">{escape(text)}</text>'


def _histogram(counts: Sequence[int]) -> str:
    """Return how many documents stand in each tenth of confidence."""
    floor, most, step = HEIGHT - BOTTOM, max(counts), WIDTH / len(counts)
    parts = [f'<line x1="0" y1="{floor}" x2="{WIDTH}" y2="{floor}" stroke="{GREY}"/>']
    for number, count in enumerate(counts):
        height = count / most * (floor - TOP)
        if count:
            box = f'x="{number * step + 3:.1f}" y="{floor - height:.1f}" width="{step - 6:.1f}" height="{height:.1f}"'
            parts.append(f'<rect {box} fill="{BLUE}"/>')
            parts.append(_label((number + 0.5) * step, floor - height - 4, f"{count:,}"))
        parts.append(_label((number + 0.5) * step, HEIGHT - 6, f"{number / 10:.1f}–{(number + 1) / 10:.1f}"))
    return _svg("documents by tenths of confidence: " + ", ".join(map(str, counts)), parts)


def _curve(flow: Sequence[float], seconds: float) -> str:
    """Return the rate over time, of pages in equal parts of a time."""
    width = seconds / len(flow)
    rates = [pages / width for pages in flow]
    most, floor = max(rates), HEIGHT - BOTTOM
    step = (WIDTH - LEFT - 8) / len(rates)
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = floor - share * (floor - TOP)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 8}" y2="{y:.1f}" stroke="{GREY}" stroke-opacity="0.4"/>')
        parts.append(_label(LEFT - 6, y + 4, f"{share * most:.3g}", "end"))
    places = [f"{LEFT + (number + 0.5) * step:.1f},{floor - rate / most * (floor - TOP):.1f}" for number, rate in enumerate(rates)]
    ends = f"{LEFT + 0.5 * step:.1f},{floor} ", f" {WIDTH - 8 - 0.5 * step:.1f},{floor}"
    parts.append(f'<polygon points="{ends[0]}{" ".join(places)}{ends[1]}" fill="{BLUE}" fill-opacity="0.25"/>')
    parts.append(f'<polyline points="{" ".join(places)}" fill="none" stroke="{BLUE}" stroke-width="1.5"/>')
    parts.append(_label(LEFT, HEIGHT - 6, "0", "start"))
    parts.append(_label(WIDTH - 8, HEIGHT - 6, duration(seconds), "end"))
    return _svg(f"pages a second over {duration(seconds)}, at most {most:.3g}", parts)
