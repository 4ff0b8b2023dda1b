"""What became of a batch, told from a ledger that a run wrote: the same in each format, and obeyed by no reader."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from rich.console import Console

from docai.batch_report import report, status_of
from docai.batch_tally import BINS, EXAMPLES, Tally
from docai.document import Problem
from docai.errors import NothingToDo
from docai.ledger import Ledger
from docai.ledger_view import Attempt
from docai.work import Outcome, Recipe

EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>\x1b[31m&.pdf'
SHOWN = '=HYPERLINK("http://x")<script>alert(1)</script>\\x1b[31m&.pdf'


@dataclass(frozen=True)
class Job:
    path: str
    stem: str


def failed(name, code="encrypted"):
    return Outcome("failure", Problem(code=code, message=f"{name} is <{code}>; give its password", severity="error"), seconds=0.5)


def read(confidence, pages=2, **more):
    engines = ({"name": "classical", "parts": ["a", "b"]},)
    return Outcome("success", pages=pages, confidence=confidence, seconds=pages / 2, engines=engines, peak_memory=10**9, **more)


def tell(ledger, stem, outcome):
    ledger.due(Job(f"/data/{stem}", stem))
    if outcome is not None:
        ledger.started(stem)
        ledger.finished(stem, outcome)


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "out"
    page = Problem(code="time_limit", message="page 7 took over 60 s; raise the limit", severity="error", page_number=7)
    with Ledger.open(out) as ledger:
        ledger.begin(Recipe(languages=("ko",)), {"workers": 3})
        tell(ledger, EVIL, failed("evil"))
        for number in range(EXAMPLES + 2):
            tell(ledger, f"z/bad {number:02}.pdf", failed("bad"))
        ledger.due(Job("/data/part.pdf", "part.pdf"))
        ledger.started("part.pdf")
        ledger.broken_off("part.pdf", "time_limit", page=7, seconds=60.0, blamed={7: page})
        tell(ledger, "part.pdf", Outcome("partial_success", page, pages=9, failed_pages=1, confidence=0.5, seconds=30.0))
        tell(ledger, "스캔.pdf", read(1.0))
        tell(ledger, "a.pdf", read(0.25, pages=4))
        tell(ledger, "later.pdf", None)
        ledger.end(3)
    return out


def written(folder, name):
    (path,) = report(folder).write([name])
    return path.read_bytes()


class Page(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


def test_the_status_counts_documents_and_what_went_wrong(folder):
    status = status_of(folder)
    told = status.told()
    assert told["counts"] | {"pages": 15} == told["counts"]
    assert [told["counts"][name] for name in ("known", "waiting", "running", "done", "failed", "partial")] == [17, 1, 0, 3, 13, 1]
    assert (told["failures"], told["running"], told["code"]) == ({"encrypted": 13}, False, 3)
    assert json.loads(json.dumps(told)) == told
    console = Console(file=io.StringIO(), width=400)
    console.print(status.printed())
    assert f"docai retry {folder} --failed --partial" in console.file.getvalue()
    assert "ended with exit code 3" in console.file.getvalue()
    assert re.search(r"encrypted +13\b", console.file.getvalue())


def test_a_run_under_way_is_seen_with_its_rate_and_the_rest(folder):
    with Ledger.open(folder) as ledger:
        ledger.begin(Recipe(languages=("ko",)), {})
        tell(ledger, "later.pdf", read(0.9, pages=5))
        tell(ledger, "last.pdf", None)
        ledger.started("last.pdf")  # what is only found is written a little later
        status = status_of(folder)
        assert status.process is not None
        assert status.pages_per_second > 0
        assert status.seconds_left == pytest.approx(20 / 17 / status.pages_per_second)
        assert report(folder).write(["html"])
    assert status_of(folder).told()["code"] is None  # it never told its end
    assert "was broken off" in written(folder, "html").decode()


def test_json_holds_every_document_sorted_and_is_the_same_again(folder):
    told = json.loads(written(folder, "json"))
    names = [row["document"] for row in told["documents"]]
    assert names == sorted(names)
    assert len(names) == told["counts"]["known"] == 17
    assert names[0] == EVIL
    assert told["failures"] == {"encrypted": {"failed": 13, "partial": 0}, "time_limit": {"failed": 0, "partial": 1}}
    (attempt,) = told["attempts"]
    assert (attempt["document"], attempt["ended"], attempt["page"]) == ("part.pdf", "time_limit", 7)
    (part,) = (row for row in told["documents"] if row["document"] == "part.pdf")
    assert (part["attempts"], part["error"]["page"], part["blamed_pages"]) == (2, 7, [7])
    assert {**json.loads(written(folder, "json")), "made_at": ""} == {**told, "made_at": ""}


def test_csv_is_one_row_a_document_and_no_formula(folder):
    data = written(folder, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == 17
    assert rows[0]["document"] == "'" + SHOWN
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    (part,) = (row for row in rows if row["document"] == "part.pdf")
    assert (part["error_code"], part["error_page"], part["confidence"]) == ("time_limit", "7", "0.5")


def test_the_page_is_whole_alone_and_obeys_no_name(folder):
    text = written(folder, "html").decode()
    page = Page(text)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not [value for name, value in page.attributes if name in ("src", "href") or name.startswith("on")]
    assert any(SHOWN in found for found in page.texts)
    joined = " ".join(page.texts)
    for part in [
        "Next: give its password",
        "13 documents failed",
        "and 3 more, all in the CSV",
        "over the time limit",
    ]:
        assert part in joined, part
    assert "formats json, languages ko, workers 3" in joined
    assert joined.index("Least sure") < joined.index("a.pdf") < joined.index("0.250")


def test_all_formats_go_where_they_are_told_and_nothing_is_left_beside(folder, tmp_path):
    files = report(folder).write(target=tmp_path / "elsewhere")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == sorted(path.name for path in files)
    assert {path.name for path in files} == {"docai-report.json", "docai-report.csv", "docai-report.html"}


def test_pages_over_time_are_none_lost(folder):
    tally = Tally(span=600.0)
    for elapsed, seconds in [(10.0, 30.0), (600.0, 0.0), (300.0, 299.0), (605.0, 20.0), (0.0, 0.0)]:
        tally.spread(Attempt("a", 1, "success", None, 12, seconds, None, elapsed))
    assert sum(tally.flow) == pytest.approx(60)
    assert tally.flow[BINS // 4] == pytest.approx(12 * 10 / 299)


def test_a_folder_without_a_batch_is_told_so(tmp_path):
    for ask in (status_of, report):
        with pytest.raises(NothingToDo, match="no batch"):
            ask(tmp_path)
