"""Each layout on a tiny data set of its form: what is asked, and how answers are scored."""

from __future__ import annotations

import sys

import pytest

from docai import document
from docai.box import Box
from docai.document import Answer, Block, Cell, Chart, Document, Mention, Page, Point, Series, Table, Text, Word
from docai.errors import MissingDependency, NothingToDo, Unreadable
from docai.evaluation_run import open_layout
from docai.labelled import METRICS
from docai.registry import LAYOUTS, load
from docai.tasks.grounding import Find
from docai.tasks.table import ReadTable
from tests.labelled_pages import dtcbench, png, write_json, write_lines, write_parquet, write_png

BOX = Box(0.1, 0.1, 0.9, 0.5)


def items(name, path):
    return list(open_layout(name, path).items())


def values(name, path, answer, place=0):
    layout = open_layout(name, path)
    return {score.metric: score.value for score in layout.judge(list(layout.items())[place], answer).scores}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_names_known_metrics_and_says_where_it_found_nothing(name, tmp_path):
    assert set(load(LAYOUTS[name]).metrics) <= set(METRICS)
    with pytest.raises(NothingToDo):
        items(name, tmp_path)


def test_k_dtcbench_is_asked_as_published_and_scored_by_the_first_character(tmp_path):
    first, *rest = items("k-dtcbench", dtcbench(tmp_path))
    assert len(rest) == 5
    assert first.task.question == "질문 0?\nOptions: A: a0, B: b0, C: c0, D: d0\n주어진 선택지 중 해당 옵션의 문자로 바로 답하세요."
    assert (first.name, first.group, first.source[:4]) == ("document_0", "document", b"\x89PNG")
    assert values("k-dtcbench", tmp_path, Answer(text="a: a0")) == {"accuracy": 1.0}
    assert values("k-dtcbench", tmp_path, Answer(text="정답은 A")) == {"accuracy": 0.0}
    assert values("k-dtcbench", tmp_path, None) == {"accuracy": 0.0}


def test_docvqa_is_read_from_its_json_and_from_parquet(tmp_path):
    row = {"questionId": 7, "question": "Who?", "answers": ["ITC", "itc limited"], "question_types": ["form", "layout"]}
    write_png(tmp_path / "json" / "documents" / "a.png")
    write_json(tmp_path / "json" / "val_v1.0_withQT.json", {"dataset_split": "val", "data": [{**row, "image": "documents/a.png"}]})
    (item,) = items("docvqa", tmp_path / "json")
    assert item.task.question == "Who?\nAnswer the question using a single word or phrase."
    assert (item.name, item.group) == ("7", "form + layout")
    assert item.source == tmp_path / "json" / "documents" / "a.png"
    assert values("docvqa", tmp_path / "json", Answer(text="ITC Limitid")) == {"anls": pytest.approx(10 / 11)}
    hub = tmp_path / "hub" / "DocVQA"
    write_parquet(hub / "validation-00000-of-00002.parquet", [{**row, "image": {"bytes": png(), "path": "a.png"}}])
    write_parquet(hub / "validation-00001-of-00002.parquet", [{**row, "questionId": 8, "image": {"bytes": png(), "path": "a"}}])
    write_parquet(hub / "test-00000-of-00001.parquet", [{**row, "answers": None, "image": {"bytes": png(), "path": "a"}}])
    assert [item.name for item in items("docvqa", hub)] == ["7", "8"]
    with pytest.raises(Unreadable, match="no field answers"):
        items("docvqa", hub / "test-00000-of-00001.parquet")


def test_infographics_are_grouped_by_where_the_answer_stands(tmp_path):
    row = {"questionId": 1, "question": "?", "answers": ["4"], "image_local_name": "1.jpeg", "answer_type": ["single span"]}
    write_json(tmp_path / "infographicsVQA_val_v1.0_withQT.json", {"data": [row]})
    (item,) = items("infovqa", tmp_path)
    assert (item.group, item.source) == ("single span", tmp_path / "1.jpeg")  # told when it is read: it is not there


def test_chartqa_takes_both_files_of_its_test_split(tmp_path):
    test = tmp_path / "test"
    write_png(test / "png" / "1.png")
    write_json(test / "test_augmented.json", [{"imgname": "1.png", "query": "How much?", "label": "100"}])
    write_json(test / "test_human.json", [{"imgname": "1.png", "query": "Which?", "label": "Yes"}])
    human, augmented = items("chartqa", tmp_path)
    assert (human.group, augmented.group) == ("human", "augmented")
    assert human.source == augmented.source == test / "png" / "1.png"
    assert values("chartqa", tmp_path, Answer(text="104"), 1) == {"relaxed": 1.0}
    hub = write_parquet(
        tmp_path / "hub" / "test-0-of-1.parquet",
        [{"type": "human_test", "question": "?", "answer": "1", "image": {"bytes": png(), "path": None}}],
    )
    assert items("chartqa", hub.parent)[0].group == "human"


def test_ocrbench_has_five_groups_and_formulas_without_spaces(tmp_path):
    rows = [
        {
            "dataset_name": "IIIT5K",
            "id": 0,
            "type": "Regular Text Recognition",
            "question": "what is written?",
            "answers": ["EXIT"],
        },
        {"dataset_name": "ct80", "id": 1, "type": "Irregular Text Recognition", "question": "?", "answers": "OPEN"},
        {
            "dataset_name": "HME100k",
            "id": 2,
            "type": "Handwritten Mathematical Expression Recognition",
            "question": "?",
            "answers": ["x ^ 2"],
        },
    ]
    for row in rows:
        row["image_path"] = f"{row['dataset_name']}/1.jpg"
        write_png(tmp_path / "OCRBench_Images" / row["image_path"])
    write_json(tmp_path / "OCRBench.json", rows)
    found = items("ocrbench", tmp_path)
    assert [item.group for item in found[:2]] == ["Text Recognition"] * 2
    assert found[1].source == tmp_path / "OCRBench_Images" / "ct80" / "1.jpg"
    assert values("ocrbench", tmp_path, Answer(text="It says exit")) == {"accuracy": 1.0}
    assert values("ocrbench", tmp_path, Answer(text="$x^2$"), 2) == {"accuracy": 1.0}
    assert values("ocrbench", tmp_path, Answer(text="$X^2$"), 2) == {"accuracy": 0.0}


def test_vitextvqa_joins_questions_and_pictures(tmp_path):
    held = {
        "images": [{"id": 5, "filename": "5.jpg"}],
        "annotations": [{"id": 1, "image_id": 5, "question": "Tên quán?", "answers": ["quán hải sản"]}],
    }
    write_png(tmp_path / "images" / "5.jpg")
    write_json(tmp_path / "ViTextVQA_test.json", held)
    assert items("vitextvqa", tmp_path)[0].source == tmp_path / "images" / "5.jpg"
    scores = values("vitextvqa", tmp_path, Answer(text="Quán hải sản"))
    assert scores == {"exact": 1.0, "words_f1": 1.0, "anls": 1.0}
    held["annotations"][0]["image_id"] = 6
    write_json(tmp_path / "ViTextVQA_test.json", held)
    with pytest.raises(Unreadable, match="there is no image 6"):
        items("vitextvqa", tmp_path)


def test_refcoco_boxes_are_corners_in_lines_and_sizes_in_parquet(tmp_path):
    write_png(tmp_path / "train2014" / "a.jpg", size=(200, 100))
    row = {"image": "data/refcoco/train2014/a.jpg", "sent": "the left man", "bbox": [20, 10, 100, 60], "width": 200, "height": 100}
    path = write_lines(tmp_path / "refcoco_val.jsonl", [row])
    (item,) = items("refcoco", path)
    assert item.task == Find("the left man")
    assert item.truth == Box(0.1, 0.1, 0.5, 0.6)
    assert item.source == tmp_path / "train2014" / "a.jpg"
    near = Mention(phrase="x", boxes=(Box(0.1, 0.1, 0.5, 0.5), Box(0, 0, 1, 1)))
    assert values("refcoco", path, near) == {"iou_50": 1.0, "iou": pytest.approx(0.8)}
    assert values("refcoco", path, Mention(phrase="x")) == {"iou_50": 0.0, "iou": 0.0}
    row = {"image": {"bytes": png(size=(200, 100)), "path": "a.jpg"}, "answer": ["left man", "man"], "bbox": [20.0, 10, 80, 50]}
    write_parquet(tmp_path / "hub" / "val-00000-of-00001.parquet", [row])
    found = items("refcoco", tmp_path / "hub")
    assert [item.truth for item in found] == [Box(0.1, 0.1, 0.5, 0.6)] * 2
    assert found[0].name != found[1].name


def test_pubtabnet_tables_have_their_spans_and_heads(tmp_path):
    head = '<thead>|<tr>|<td>|</td>|<td| colspan="2"|>|</td>|</tr>|</thead>'
    tokens = f"{head}|<tbody>|<tr>|<td>|</td>|<td>|</td>|<td>|</td>|</tr>|</tbody>"
    cells = [{"tokens": list("a")}, {"tokens": ["<b>", "b", "c", "</b>"]}, {"tokens": []}, {"tokens": ["1"]}, {"tokens": ["2"]}]
    row = {"filename": "t.png", "split": "val", "html": {"structure": {"tokens": tokens.split("|")}, "cells": cells}}
    write_png(tmp_path / "val" / "t.png")
    path = write_lines(tmp_path / "PubTabNet_2.0.0.jsonl", [{**row, "split": "train", "filename": "u.png"}, row])
    (item,) = items("pubtabnet", path)
    assert (item.name, item.group, item.task) == ("t.png", "complex", ReadTable())
    assert item.source == tmp_path / "val" / "t.png"
    assert [(cell.text, cell.column_span, cell.header) for cell in item.truth.cells] == [
        ("a", 1, "column"),
        ("bc", 2, "column"),
        ("", 1, "none"),
        ("1", 1, "none"),
        ("2", 1, "none"),
    ]
    assert values("pubtabnet", path, item.truth) == {"teds": 1.0, "teds_struct": 1.0}
    other = document.replace(item.truth, cells=(document.replace(item.truth.cells[0], text="x"), *item.truth.cells[1:]))
    assert values("pubtabnet", path, other) == {"teds": pytest.approx(1 - 1 / 9), "teds_struct": 1.0}  # one of nine elements
    assert values("pubtabnet", path, None) == {"teds": 0.0, "teds_struct": 0.0}


def test_icdar_regions_make_up_a_table_with_holes_filled(tmp_path):
    cell = '<cell id="1" start-row="{}" start-col="{}"{}><content>{}</content></cell>'
    first = cell.format(0, 0, ' end-col="1"', "head") + cell.format(1, 0, "", "a")
    second = cell.format(0, 1, "", "b")
    (tmp_path / "eu-001-str.xml").write_text(
        f'<document><table id="1"><region id="1" page="1" col-increment="0" row-increment="0">{first}</region>'
        f'<region id="2" page="2" col-increment="0" row-increment="2">{second}</region></table></document>'
    )
    layout = open_layout("icdar2013", tmp_path)
    (item,) = layout.items()
    (table,) = item.truth
    assert (table.row_count, table.column_count, len(table.cells), item.group) == (3, 2, 5, "eu")
    judged = layout.judge(item, None)
    weights = {score.metric: (score.value, score.weight) for score in judged.scores}
    # a below head, b below head: the nearest cell with text, over the hole
    assert weights == {"adjacency_f1": (0.0, 2), "adjacency_precision": (1.0, 0), "adjacency_recall": (0.0, 2)}
    assert judged.truth == "head | <\na | \n | b"


def test_texts_beside_pages_are_their_truth(tmp_path):
    write_png(tmp_path / "ko" / "a.png")
    (tmp_path / "ko" / "a.gt.txt").write_text("\ufeffone two\n", encoding="utf-8")
    (item,) = items("text", tmp_path)
    assert (item.name, item.group) == ("ko/a.png", "ko")
    text = Text(page_number=1, box=BOX, text="one too")
    page = Page(number=1, width_points=100, height_points=100, blocks=(Block(id="p1/1", content=text),))
    assert values("text", tmp_path, Document(name="a", pages=(page,))) == {"cer": pytest.approx(1 / 7), "wer": 0.5}
    assert values("text", tmp_path, None) == {"cer": 1.0, "wer": 1.0}


# Labelled pages of one's own


def cell(row, column, text):
    return Cell(row=row, column=column, text=text, box=BOX)


TEXT = Text(page_number=1, box=Box(0.1, 0.6, 0.9, 0.7), text="Total due", words=(Word(text="Total", box=Box(0.1, 0.6, 0.3, 0.7)),))
TABLE = Table(page_number=1, box=BOX, row_count=1, column_count=2, cells=(cell(0, 0, "a"), cell(0, 1, "b")))
CHART = Chart(
    page_number=1,
    box=Box(0.1, 0.75, 0.9, 0.95),
    chart_type="bar",
    series=(Series(points=(Point(x="a", y=2.0, box=BOX), Point(x="b", y=4.0, box=BOX))),),
)


def labelled(*contents, number=1):
    contents = [document.replace(content, page_number=number) for content in contents]
    blocks = tuple(Block(id=f"p{number}/{place}", content=content) for place, content in enumerate(contents, 1))
    return Page(number=number, width_points=100, height_points=100, blocks=blocks)


def truth_in(folder, *pages):
    write_png(folder / "a.png")
    whole = Document(name="a.png", pages=pages, page_count=len(pages))
    (folder / "a.png.json").write_text(whole.to_json(), encoding="utf-8")
    return folder


def test_each_page_of_a_true_document_is_an_item(tmp_path):
    found = items("pages", truth_in(tmp_path, labelled(TEXT), labelled(TEXT, number=3)))
    assert [(item.name, item.pages) for item in found] == [("a.png#1", (1,)), ("a.png#3", (3,))]


def test_a_page_read_as_its_truth_is_right_by_every_metric(tmp_path):
    page = labelled(TABLE, TEXT, CHART)
    scores = values("pages", truth_in(tmp_path, page), Document(name="a", pages=(page,)))
    assert set(scores) == set(load(LAYOUTS["pages"]).metrics)
    assert {metric for metric, value in scores.items() if value != (0.0 if metric in ("cer", "wer") else 1.0)} == set()


def test_a_page_that_was_not_read_is_wrong_by_every_metric(tmp_path):
    scores = values("pages", truth_in(tmp_path, labelled(TABLE, TEXT, CHART)), None)
    assert {metric for metric, value in scores.items() if value != (1.0 if metric in ("cer", "wer") else 0.0)} == set()


def test_only_what_the_truth_has_is_scored(tmp_path):
    whole = Box(0, 0, 1, 1)
    page = labelled(document.replace(TEXT, box=whole, words=()))
    assert set(values("pages", truth_in(tmp_path, page), Document(name="a", pages=(labelled(TABLE, TEXT),)))) == {"cer", "wer"}
    assert set(values("pages", truth_in(tmp_path, labelled(CHART)), None)) == {"rms_f1", "box_iou"}


def test_a_table_too_many_on_a_page_of_tables_counts_as_wrong(tmp_path):
    spurious = document.replace(TABLE, box=Box(0.1, 0.6, 0.9, 0.9))
    scores = values("pages", truth_in(tmp_path, labelled(TABLE)), Document(name="a", pages=(labelled(TABLE, spurious),)))
    assert scores["teds"] == scores["teds_struct"] == 0.5
    assert scores["box_iou"] == 1.0


# What is wrong with files


def test_rows_that_are_of_another_layout_are_told_with_their_place(tmp_path):
    write_lines(tmp_path / "a.jsonl", [{"question": "?"}])
    with pytest.raises(Unreadable, match=r"a\.jsonl:1: no field choice_a \(there are: question\); is this the right --layout"):
        items("k-dtcbench", tmp_path)


@pytest.mark.parametrize(("name", "content"), [("a.json", b"{"), ("a.jsonl", b"{}\n{"), ("a.parquet", b"PAR1")])
def test_a_file_that_is_cut_short_is_unreadable(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        items("docvqa" if name != "a.jsonl" else "ocrbench", path)


def test_several_files_that_could_be_meant_are_named(tmp_path):
    write_json(tmp_path / "one.json", [])
    write_json(tmp_path / "two.json", [])
    with pytest.raises(Unreadable, match=r"several files could be meant \(one\.json, two\.json\)"):
        items("docvqa", tmp_path)


def test_an_unknown_layout_and_a_missing_folder_are_told(tmp_path):
    with pytest.raises(NothingToDo, match="choose pages, text"):
        open_layout("imagenet", tmp_path)
    with pytest.raises(NothingToDo, match="no such file"):
        open_layout("pages", tmp_path / "nowhere")


def test_parquet_without_pyarrow_says_what_brings_it(tmp_path, monkeypatch):
    folder = dtcbench(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # an import of it fails as that of a package that is not there
    monkeypatch.delitem(sys.modules, "docai.labelled.parquet", raising=False)
    with pytest.raises(MissingDependency, match=r"docai\[train\]"):
        items("k-dtcbench", folder)
