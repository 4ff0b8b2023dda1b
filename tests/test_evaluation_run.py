"""Backends over tiny data sets: what is asked, what is kept, and that nothing that fails is dropped."""

from __future__ import annotations

import json

import pytest

import docai
from docai.document import Document, Mention, replace
from docai.errors import BackendUnavailable, MalformedReply, NothingToDo, Unreadable
from docai.evaluation import read_results
from docai.evaluation_report import write_results
from docai.evaluation_run import Journal, Run, all_items, evaluate, open_layout
from tests.drawn_pages import Sheet, filled
from tests.labelled_pages import Answering, dtcbench, write_json, write_lines, write_png


def evaluated(run, backend, path=None, *, resume=False, on_item=None):
    reader = docai.Extractor(backend=backend) if isinstance(backend, str) else docai.Extractor(backend=backend, languages=("en",))
    return evaluate(run, reader, Journal(path, run, resume=resume), on_item)


def right(task):
    """Answer a question of `dtcbench` as it should be."""
    return "ABCD"[int(task.question.split("?")[0].removeprefix("질문 ")) % 4]


@pytest.fixture
def questions(tmp_path):
    return Run(layout="k-dtcbench", dataset=dtcbench(tmp_path / "data"), backend="told")


def test_questions_are_asked_in_batches_and_scored_by_group(questions):
    backend = Answering(right)
    found = evaluated(questions, backend)
    assert {one.group: one.value for one in found.estimates} == {"": 1.0, "document": 1.0, "table": 1.0, "chart": 1.0}
    assert found.engines == (Answering.engine,)
    assert max(backend.batches) == backend.batch
    assert [item.name for item in found.items] == [item.name for item in open_layout("k-dtcbench", questions.dataset).items()]
    assert [item.prediction for item in found.items] == list("ABCDAB")


def test_what_fails_counts_as_wrong_and_is_told(questions):
    found = evaluated(questions, Answering(lambda task: None if "질문 0" in task.question else right(task)))
    assert found.estimates[0].value == pytest.approx(5 / 6)
    assert [(item.name, item.problem) for item in found.failed] == [("document_0", "it did not say")]


def test_a_picture_that_is_missing_or_broken_is_an_item_that_failed(tmp_path):
    write_png(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG not really")
    rows = [
        {"questionId": name, "question": "?", "answers": ["x"], "image": f"{name}.png"} for name in ("good", "broken", "missing")
    ]
    write_json(tmp_path / "val.json", {"data": rows})
    found = evaluated(Run(layout="docvqa", dataset=tmp_path, backend="told"), Answering(lambda _: "x"))
    assert [item.scores[0].value for item in found.items] == [1.0, 0.0, 0.0]
    assert [item.name for item in found.failed] == ["broken", "missing"]
    assert "missing.png" in found.failed[1].problem


def test_a_backend_that_breaks_in_the_midst_fails_its_items_alone(questions):
    class Breaking(Answering):
        def answer(self, requests):
            if any("질문 4" in request.task.question for request in requests):
                raise MalformedReply("not what was asked")
            return super().answer(requests)

    found = evaluated(questions, Breaking(right))
    assert [item.scores[0].value for item in found.items] == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]  # of one batch
    assert found.failed[0].problem == "not what was asked"


def test_rules_and_geometry_answer_no_questions(questions):
    with pytest.raises(BackendUnavailable, match="name a model"):
        evaluated(questions, "classical")


def test_a_limit_takes_the_first_items(questions):
    found = evaluated(replace(questions, limit=2), Answering(right))
    assert [item.name for item in found.items] == ["document_0", "table_1"]


def test_items_that_a_data_set_calls_alike_keep_names_of_their_own(tmp_path):
    write_png(tmp_path / "a.png")
    row = {"questionId": 1, "question": "?", "answers": ["x"], "image": "a.png"}
    write_json(tmp_path / "val.json", {"data": [row, row]})
    assert [item.name for item in all_items(open_layout("docvqa", tmp_path))] == ["1", "1 (2)"]


def test_phrases_are_found_by_their_first_box(tmp_path):
    write_png(tmp_path / "a.png")
    row = {"image": "a.png", "sent": "the man", "bbox": [20, 12, 100, 60], "width": 200, "height": 120}
    write_lines(tmp_path / "refcoco_val.jsonl", [row, {**row, "sent": "the dog"}])
    run = Run(layout="refcoco", dataset=tmp_path, backend="told")
    truth = next(all_items(open_layout("refcoco", tmp_path))).truth

    def find(task):
        return Mention(phrase=task.phrase, boxes=(truth,) if task.phrase == "the man" else ())

    found = evaluated(run, Answering(find))
    assert [item.scores[0].value for item in found.items] == [1.0, 0.0]
    assert found.items[0].found == found.items[0].expected == (truth,)
    assert found.failed == ()  # that it is not there is an answer, though a wrong one


# What is kept


def test_a_run_that_breaks_off_keeps_what_was_scored_and_is_gone_on_with(questions, tmp_path):
    path = tmp_path / "run" / "items.jsonl"

    def stop(_, done):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluated(questions, Answering(right), path, on_item=stop)
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"item": {"name": "cut sho')  # killed while it wrote
    backend = Answering(right)
    found = evaluated(questions, backend, path, resume=True)
    assert len(backend.requests) == 2
    assert found.estimates == evaluated(questions, Answering(right)).estimates
    assert found.engines == (Answering.engine,)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1 + 1 + 6  # the run, the engine, the items


def test_the_items_of_another_run_are_not_gone_on_with(questions, tmp_path):
    path = tmp_path / "items.jsonl"
    evaluated(questions, Answering(right), path)
    with pytest.raises(Unreadable, match="another run; leave out --resume"):
        evaluated(replace(questions, model="other"), Answering(right), path, resume=True)
    path.write_text("[]\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="not the items of a run"):
        evaluated(questions, Answering(right), path, resume=True)
    assert len(evaluated(questions, Answering(right), path).items) == 6  # begun anew


def test_a_data_set_without_items_is_nothing_to_do(tmp_path):
    write_lines(tmp_path / "a.jsonl", [])
    with pytest.raises(NothingToDo, match="no items"):
        evaluated(Run(layout="docvqa", dataset=tmp_path, backend="told"), Answering(right))


# Pages, by rules and geometry


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A folder with a PDF of text and a ruled table beside its document as docai reads it."""
    folder = tmp_path_factory.mktemp("labelled")
    sheet = Sheet(width=300, height=300)
    sheet.column(20, 40, 260, filled(20), size=8)
    sheet.table([20, 120, 220], [120, 140, 160], [["Depot", "Vans"], ["Harwick", "12"]])
    (folder / "report.pdf").write_bytes(sheet.data())
    (folder / "report.pdf.json").write_text(docai.extract(folder / "report.pdf").to_json(), encoding="utf-8")
    return folder


def test_a_page_beside_its_own_reading_is_read_without_a_fault(report):
    found = evaluated(Run(layout="pages", dataset=report, backend="classical"), "classical")
    assert {one.metric: one.value for one in found.estimates} == {
        "cer": 0.0,
        "wer": 0.0,
        "teds": 1.0,
        "teds_struct": 1.0,
        "adjacency_f1": 1.0,
        "box_iou": 1.0,
        "word_f1": 1.0,
    }
    assert (found.items[0].page, found.items[0].name) == (1, "report.pdf#1")


def test_a_truth_that_was_corrected_shows_what_was_read_wrong(report, tmp_path):
    truth = json.loads((report / "report.pdf.json").read_text(encoding="utf-8"))
    (tmp_path / "report.pdf").write_bytes((report / "report.pdf").read_bytes())
    (table,) = [block["content"] for block in truth["pages"][0]["blocks"] if block["content"]["kind"] == "table"]
    table["cells"][3]["text"] = "21"
    whole = Document.model_validate(truth)
    (tmp_path / "report.pdf.json").write_text(whole.to_json(), encoding="utf-8")
    found = evaluated(Run(layout="pages", dataset=tmp_path, backend="classical"), "classical")
    figures = {one.metric: one.value for one in found.estimates}
    assert figures["teds_struct"] == 1.0
    assert figures["teds"] == 1 - 1 / 8  # both digits of one of 4 cells, beside 2 rows, a head and a body
    assert figures["cer"] == pytest.approx(2 / len(" ".join(whole.to_text(margins=True).split())))


def test_a_document_that_cannot_be_read_is_wrong_and_told(report, tmp_path):
    (tmp_path / "gone.png.json").write_text((report / "report.pdf.json").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "gone.png").write_bytes(b"\x89PNG")
    found = evaluated(Run(layout="pages", dataset=tmp_path, backend="classical"), "classical")
    assert found.failed[0].score("cer").value == 1.0
    assert found.failed[0].score("teds").value == 0.0
    assert found.failed[0].prediction == ""


def test_the_pages_of_a_document_are_items_each_held_against_its_own(tmp_path):
    sheet = Sheet(width=300, height=200, pages=2)
    sheet.turn_to(1).column(20, 40, 260, filled(12), size=8)
    sheet.turn_to(2).column(20, 40, 260, filled(20), size=8)
    (tmp_path / "a.pdf").write_bytes(sheet.data())
    (tmp_path / "a.pdf.json").write_text(docai.extract(tmp_path / "a.pdf").to_json(), encoding="utf-8")
    found = evaluated(Run(layout="pages", dataset=tmp_path, backend="classical"), "classical")
    assert [(item.name, item.page, item.score("cer").value) for item in found.items] == [("a.pdf#1", 1, 0.0), ("a.pdf#2", 2, 0.0)]
    assert len(found.items[0].prediction) < len(found.items[1].prediction)


def test_a_table_asked_for_alone_is_read_on_its_page_by_rules_and_as_asked_by_a_model(tmp_path):
    tokens = ["<tbody>", "<tr>", "<td>", "</td>", "</tr>", "</tbody>"]
    row = {"filename": "t.png", "split": "val", "html": {"structure": {"tokens": tokens}, "cells": [{"tokens": ["x"]}]}}
    write_png(tmp_path / "val" / "t.png")
    write_lines(tmp_path / "PubTabNet.jsonl", [row])
    run = Run(layout="pubtabnet", dataset=tmp_path, backend="told")
    truth = next(all_items(open_layout("pubtabnet", tmp_path))).truth
    backend = Answering(lambda _: truth)
    assert evaluated(run, backend).estimates[0].value == 1.0
    assert [request.task.name for request in backend.requests] == ["table"]
    assert evaluated(run, "classical").items[0].prediction == ""  # no table stands in the picture of a word


def test_results_are_written_whole_and_read_back(questions, tmp_path):
    found = evaluated(questions, Answering(right))
    write_results(found, all_items(open_layout("k-dtcbench", questions.dataset)), tmp_path / "out")
    assert read_results(tmp_path / "out") == found
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html", "results.json"]
