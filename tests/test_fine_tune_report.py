"""What is told of a stage: scores of answers by task, curves, and a report that stands on its own."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageDraw

from docai.box import Box
from docai.document import Answer, Axis, Cell, Chart, Mention, Point, Problem, Series, Table, Text, replace
from docai.evaluation import Evaluation, compare, estimates
from docai.exchange import Reply
from docai.sources import PageReference, opened, origin_of
from docai.tasks.asking import Ask
from docai.tasks.grounding import Find, Name
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import View
from fine_tune.report import duration, html_of, shown_samples, write_report
from fine_tune.report.plots import Curve, number, plot, smoothed
from fine_tune.report.values import Cost, StageResult, numbers_of, peak_memory, versions
from fine_tune.samples import BadSample, Listed, Sample, Turn
from fine_tune.scoring import LAYOUT, answered, evaluate_model, judge, outcome, text_of
from fine_tune.stage import read_stage, stage_files
from tests.tiny_models import tiny_internvl

WORDS = ("Invoice 4711", "Total 1,234.50")
HERE, THERE = Box(0.1, 0.1, 0.4, 0.2), Box(0.5, 0.5, 0.9, 0.6)
TABLE = Table(
    page_number=1,
    box=HERE,
    row_count=2,
    column_count=2,
    cells=tuple(Cell(row=row, column=column, text=f"{row}{column}", box=HERE) for row in range(2) for column in range(2)),
)
CHART = Chart(
    page_number=1,
    box=HERE,
    chart_type="bar",
    title="Sales",
    x_axis=Axis(scale="category"),
    y_axis=Axis(),
    series=(Series(name="a", points=(Point(x="May", y=3.0, box=HERE), Point(x="June", y=4.0, box=HERE))),),
)


def view():
    picture = Image.new("RGB", (480, 320), "white")
    pen = ImageDraw.Draw(picture)
    for line, words in enumerate(WORDS):
        pen.text((60, 60 + 90 * line), words, fill="black", font_size=36)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    origin = origin_of(stream.getvalue())
    with opened(origin) as source:
        page = source.page(1)
    return View(PageReference(origin, 1), page.width_points, page.height_points)


def samples():
    turns = [
        Turn(ReadText(), (Text(text=" ".join(WORDS), page_number=1, box=HERE),)),
        Turn(ReadTable(), TABLE),
        Turn(Find("the total"), Mention(phrase="the total", boxes=(THERE,))),
        Turn(Ask("Which number?"), Answer(text="4711")),
    ]
    return [Sample((view(),), (turn,), f"drawn:{number}") for number, turn in enumerate(turns)]


class Speaking:
    """Answers what it is told to, two at a time."""

    batch = 2
    lens = None

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def answer(self, requests):
        self.asked.append(len(requests))
        return [self.replies.pop(0) for _ in requests]


def evaluation(replies):
    outcomes = tuple(answered(Speaking(*replies), {"drawn": Listed("drawn", samples())}))
    return Evaluation(layout=LAYOUT, dataset="drawn", backend="vlm", model="m", estimates=estimates(outcomes), items=outcomes)


BEFORE = (
    Reply((Text(text="Invoice 4771", page_number=1, box=HERE),), text="Invoice 4771"),
    Reply(None, (Problem(code="answer_unreadable", message="nothing can be read", severity="error"),)),
    Reply(Mention(phrase="the total", boxes=(HERE,))),
    Reply(Answer(text="4771")),
)
AFTER = (
    Reply((Text(text="Invoice 4711 Total 1,234.50", page_number=1, box=HERE),)),
    Reply(TABLE),
    Reply(Mention(phrase="the total", boxes=(Box(0.52, 0.5, 0.9, 0.6),))),
    Reply(Answer(text="4711")),
)


def result(before=BEFORE, after=AFTER, **more):
    history = [{"step": step, "loss": 3 / (1 + step), "learning_rate": 1e-5 * step, "grad_norm": 1.0} for step in range(1, 40)]
    return StageResult(
        stage=read_stage(stage_files()[2], "vintern"),
        family="vintern",
        model="Vintern-1B-v3_5",
        cost=Cost(seconds=754.0, steps=39, samples=624, tokens=1_200_000, peak_memory=7_100_000_000, flops=3.1e16, device="L4"),
        history=(*history, {"step": 39, "eval_loss": 0.5}),
        mixture={"own": 300, "synth/reading": 324},
        faults=("invoices.jsonl:17: no such picture <a&b>",),
        fault_count=3,
        versions=versions(),
        before=evaluation(before) if before else None,
        after=evaluation(after) if after else None,
        **more,
    )


class Checked(HTMLParser):
    """Raises where elements are not closed in order, and collects what is loaded from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded = [], []

    def handle_starttag(self, tag, attributes):
        self.loaded += [value for name, value in attributes if name in ("src", "href") and not value.startswith("data:")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def values(judged):
    return {score.metric: round(score.value, 3) for score in judged.scores}


def test_each_kind_of_truth_is_scored_by_its_own_metrics():
    assert values(judge("reading", "abcd", Reply(None, text="abxd"))) == {"cer": 0.25, "wer": 1.0}
    assert values(
        judge("reading", (Text(text="ab cd", page_number=1, box=HERE),), Reply((Text(text="ab", page_number=1, box=HERE),)))
    ) == {
        "cer": 0.6,
        "wer": 0.5,
    }
    assert values(judge("table", TABLE, Reply(TABLE))) == {"teds_struct": 1.0, "teds": 1.0}
    assert values(judge("chart", CHART, Reply(CHART))) == {"rms_f1": 1.0}
    assert values(judge("ask", Answer(text="Seoul"), Reply(Answer(text="seoul")))) == {"anls": 1.0, "exact": 1.0}
    found = judge("grounding", Mention(phrase="x", boxes=(HERE, THERE)), Reply(Mention(phrase="x", boxes=(HERE,))))
    assert values(found) == {"iou_50": 0.5, "iou": 0.5}
    assert values(judge("referring", Mention(phrase="a cat", boxes=(HERE,)), Reply(Mention(phrase="a cat"))))["exact"] == 1.0
    page = (Text(text="a", page_number=1, box=HERE), TABLE)
    assert values(judge("page", page, Reply(page))) == {"cer": 0.0, "wer": 0.0, "teds_struct": 1.0}


def test_no_answer_is_wrong_by_every_metric():
    for task, truth in (
        ("table", TABLE),
        ("chart", CHART),
        ("ask", Answer(text="a")),
        ("grounding", Mention(phrase="x", boxes=(HERE,))),
    ):
        assert set(values(judge(task, truth, Reply())).values()) == {0.0}
    assert values(judge("reading", (Text(text="ab", page_number=1, box=HERE),), Reply())) == {"cer": 1.0, "wer": 1.0}


def test_what_is_not_there_is_right_only_where_no_box_is_made_up():
    truth = Mention(phrase="a stamp")
    assert values(judge("grounding", truth, Reply(Mention(phrase="a stamp"))))["iou_50"] == 1.0
    assert values(judge("grounding", truth, Reply(Mention(phrase="a stamp", boxes=(HERE,)))))["iou_50"] == 0.0
    assert values(judge("grounding", truth, Reply()))["iou_50"] == 0.0


def test_samples_are_asked_in_batches_and_bad_ones_left_out():
    class Spoilt(Listed):
        def sample(self, number):
            if number == 0:
                raise BadSample("a.jsonl:1", "no such picture")
            return super().sample(number)

    told = []
    chat = Sample((), (Turn(Ask("Hello?"), Answer(text="Hello")),), "chat:0")
    backend = Speaking(*AFTER[1:])
    outcomes = list(answered(backend, {"own": Spoilt("own", [*samples(), chat])}, on_answer=told.append))
    assert [one.name for one in outcomes] == ["own: drawn:1", "own: drawn:2", "own: drawn:3"]
    assert (backend.asked, told) == ([2, 1], [2, 3])
    assert len(list(answered(Speaking(*AFTER), {"own": Listed("own", samples())}, most=2))) == 2


def test_a_model_folder_answers_held_out_samples_by_itself(tmp_path):
    folder = tiny_internvl(tmp_path / "tiny")
    sample = Sample((view(),), (Turn(Name(HERE), Mention(phrase="a number", boxes=(HERE,))),), "drawn:0")
    found = evaluate_model(folder, {"drawn": Listed("drawn", [sample])}, most_tiles=1)
    assert (found.model, len(found.items), found.items[0].truth) == ("tiny", 1, "a number")
    assert {one.metric for one in found.estimates} == {"anls", "exact"}


def test_a_better_model_is_told_to_be_better_beyond_chance():
    many = [Sample((view(),), (Turn(Ask(f"{number}?"), Answer(text="yes")),), f"drawn:{number}") for number in range(2)]
    tallies = []
    for text in ("no", "yes"):
        replies = [Reply(Answer(text=text))] * 12
        chosen = [Sample(many[0].views, many[0].turns, f"drawn:{number}") for number in range(12)]
        outcomes = tuple(
            replace(outcome("own", sample, reply), picture=str(place))
            for place, (sample, reply) in enumerate(zip(chosen, replies, strict=True))
        )
        tallies.append(
            Evaluation(layout=LAYOUT, dataset="own", backend="vlm", model=text, estimates=estimates(outcomes), items=outcomes)
        )
    told = replace(result(before=None, after=None), before=tallies[0], after=tallies[1])
    assert {one.metric: one.verdict for one in told.differences} == {"anls": "better", "exact": "better"}


def test_a_report_stands_on_its_own_and_is_whole(tmp_path):
    told = result()
    page = write_report(tmp_path / "2_basic_sft", told, {f"drawn: {one.origin}": one for one in samples()})
    text = page.read_text(encoding="utf-8")
    checked = Checked()
    checked.feed(text)
    assert (checked.open, checked.loaded) == ([], [])
    assert "<script" not in text
    assert "http" not in re.sub(r"data:[^\"]*", "", text)
    assert text.count("data:image/jpeg;base64,") == 4
    for words in ("Before and after", "While it learnt", "Samples side by side", "&lt;a&amp;b&gt;", "… and 2 more", "12 min 34 s"):
        assert words in text
    assert "<del>7</del>" in text
    stored = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))
    assert StageResult.model_validate({name: value for name, value in stored.items() if name != "differences"}) == told
    assert {one["metric"] for one in stored["differences"]} >= {"cer", "teds_struct", "iou_50", "anls"}
    assert sorted(file.name for file in page.parent.iterdir()) == ["report.html", "report.json"]


def test_a_report_without_answers_or_pictures_says_so():
    assert "No held-out samples were asked about." in html_of(result(before=None, after=None), {})
    assert "<h2>After</h2>" in html_of(result(before=None), {})
    assert "the sample is not at hand" in html_of(result(), {})


def test_the_samples_shown_are_those_that_changed_most():
    told = result()
    before, after = told.before, told.after
    names = [one.name for one in shown_samples(compare(before, after), after)]
    assert len(names) == len(set(names)) == 4


def test_curves_are_drawn_with_round_numbers_and_no_missing_values():
    drawn = plot(
        "Loss", [Curve("training", [(step, 3 / step) for step in range(1, 50)]), Curve("held out", [(10, 1.0), (20, float("nan"))])]
    )
    tree = ElementTree.fromstring(drawn)
    words = ["".join(element.itertext()) for element in tree.iter("text")]
    assert {"Loss", "0", "1", "2", "3"} <= set(words)
    assert "nan" not in drawn
    assert len(list(tree.iter("polyline"))) == 2
    assert plot("Nothing", [Curve("training", [(1, float("inf"))])]) == ""
    assert len(list(ElementTree.fromstring(plot("One", [Curve("a", [(5, 2.0)])])).iter("circle"))) == 1
    assert (number(2e-6), number(0.25), number(12000), number(0)) == ("2e-6", "0.25", "12,000", "0")


def test_a_smoothed_curve_of_one_value_is_that_value():
    assert smoothed([2.0] * 50) == pytest.approx([2.0] * 50)
    assert smoothed([1.0, 2.0, 3.0] * 30)[45] == pytest.approx(2.0, abs=0.2)
    rising = [float(step) for step in range(200)]
    assert smoothed(rising)[100] == pytest.approx(100, abs=1)  # does not lag behind


def test_what_a_trainer_logs_is_kept_as_numbers():
    logged = [{"step": 1, "loss": 2, "name": "x"}, {"train_runtime": 3.0}]
    assert numbers_of(logged) == ({"step": 1.0, "loss": 2.0},)
    assert peak_memory() > 10_000_000
    assert {"python", "torch", "transformers"} <= versions().keys()


def test_answers_are_told_in_lines():
    assert text_of(TABLE) == "00 | 01\n10 | 11"
    assert text_of(CHART).splitlines() == ["bar | Sales", "a | May | 3.0", "a | June | 4.0"]
    assert text_of(None) == ""
    assert [duration(seconds) for seconds in (5.25, 754, 7260)] == ["5.2 s", "12 min 34 s", "2 h 01 min"]
