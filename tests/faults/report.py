"""A pytest plugin: a line for each fault, what happened and whether that is well, on the terminal and in build/faults.json.

`make faults` loads it by `-p tests.faults.report`.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.harness import as_json, as_table

FILE = Path("build/faults.json")


def _name(node):
    """Return the id of a test as words."""
    name = node.rpartition("::")[2].removeprefix("test_")
    case = re.search(r"\[(.*)\]$", name)
    return name.partition("[")[0].replace("_", " ") + (f": {case[1].replace('_', ' ')}" if case else "")


def _rows(report):
    own = [value for key, value in report.user_properties if key == "fault"]
    passed = report.outcome == "passed"
    if not own:
        how = "as it must be" if passed else str(getattr(report.longrepr, "reprcrash", None) or report.longrepr).splitlines()[-1]
        return [{"fault": _name(report.nodeid), "how": how, "well": passed, "code": None, "seconds": round(report.duration, 2)}]
    rows = [{**row, "fault": ": ".join(filter(None, (_name(report.nodeid), row["fault"])))} for row in own]
    if not passed and all(row["well"] for row in rows):
        rows[-1] = {**rows[-1], "well": False, "how": f"{rows[-1]['how']}, but {report.longreprtext.splitlines()[-1]}"}
    return [{**row, "seconds": round(row["seconds"] or report.duration, 2)} for row in rows]


def pytest_terminal_summary(terminalreporter):
    """Print the table, and write it."""
    stats = terminalreporter.stats
    ended = [report for kind in ("passed", "failed", "error") for report in stats.get(kind, ())]
    rows = [row for report in ended if report.when == "call" or report.failed for row in _rows(report)]
    rows.sort(key=lambda row: (row["well"], row["fault"]))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(as_json(rows), encoding="utf-8")
    terminalreporter.section("faults")
    terminalreporter.write_line(as_table(rows))
    bad = sum(not row["well"] for row in rows)
    terminalreporter.write_line(f"{len(rows)} faults, {len(rows) - bad} ended well, {bad} badly; {FILE}")
