"""Pairs of answers are a model's own words against the truth, are kept as they come, and come back as samples."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from docai.backends.opening import open_local
from docai.backends.replay import Speaker
from docai.backends.speech import SpeakingBackend
from docai.backends.transformers import words_of
from docai.box import WHOLE, Box
from docai.corrections import Correction, between
from docai.dialects import Said, Sight
from docai.dialects.varco import Dialect
from docai.document import Block, Cell, Document, Figure, Mention, Page, Problem, Table, Text, Word, replace
from docai.errors import Unreadable
from docai.sources import Origin, PageReference
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import Lens, View, look
from fine_tune.preferences.corrected import documents_in, pairs_from_corrections
from fine_tune.preferences.diagnosis import kinds_of, likeness
from fine_tune.preferences.making import Options, main_kind, pairs_from_mistakes, pairs_from_model
from fine_tune.preferences.mistakes import MADE
from fine_tune.preferences.pairs import Drawn, Pair, PairSource, Passed, read_line, task_json, task_of
from fine_tune.samples import BadSample, Cut, Listed, Sample, Turn
from tests.drawn_pages import Sheet
from tests.fine_tune_samples import encoder_of
from tests.tiny_models import tiny_internvl

LENS = Lens(dpi=60)
ROWS = [["Depot", "Parcels"], ["Harwick", "1,204"], ["Ely", "317"], ["Ipswich", "2,650"]]
PLACE = Box(0.1, 0.1, 0.3, 0.12)


def html(rows):
    lines = ("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>\n" for row in rows)
    return f"<table>\n{''.join(lines)}</table>"


def table(rows=ROWS):
    cells = tuple(Cell(row=r, column=c, text=text, box=WHOLE) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Table(page_number=1, box=WHOLE, row_count=len(rows), column_count=len(rows[0]), cells=cells)


SHEET = Sheet()
for place, row in enumerate(ROWS):
    SHEET.text(60, 100 + 20 * place, row[0]).text(160, 100 + 20 * place, row[1])
DATA = SHEET.data()
VIEW = View(PageReference(Origin(None, DATA), 1), 595, 842, resolution=72)
BLANK = View(PageReference(Origin(None, Sheet().data()), 1), 595, 842, resolution=72)


def sample(*turns, view=VIEW, origin="drawn"):
    return Sample((view,), turns, origin)


TABLES = Listed("drawn/tables", [sample(Turn(ReadTable(), table()))] * 4)


def opened(place):
    assert (place.source, place.seed) == (TABLES.name, 0)
    return TABLES


def model(*said, batch=8):
    speaker = Speaker([Said(one) if isinstance(one, str) else one for one in said], batch=batch)
    return SpeakingBackend(speaker, Dialect(), LENS)


def lines_of(path):
    return [read_line(line) for line in path.read_bytes().splitlines()]


def pairs_of(path):
    return [line for line in lines_of(path) if isinstance(line, Pair)]


def once(**more):
    return Options(attempts=(0,), **more)


# Tasks as JSON


@pytest.mark.parametrize(
    "task",
    [
        ReadTable(("ko", "en")),
        ReadChart(),
        ReadPage(),
        ReadText(("vi",)),
        Find("the total"),
        Name(Box(0.1, 0.2, 0.3, 0.4)),
        Ask("Why?"),
    ],
)
def test_every_task_comes_back_from_json(task):
    assert task_of(json.loads(json.dumps(task_json(task)))) == task


@pytest.mark.parametrize("told", [{"name": "guess"}, {"name": "table", "colour": "red"}, {"name": "referring", "box": [1]}, {}])
def test_what_is_no_task_is_refused(told):
    with pytest.raises(ValueError, match="no task"):
        task_of(told)


# From a model


def test_the_worst_of_what_a_model_said_is_rejected_as_it_said_it(tmp_path):
    slightly = f"Here it is:\n{html([*ROWS[:2], ['Ely', '371'], ROWS[3]])}"
    badly = html([ROWS[0], ["Hartwich", "1"], ["Ely", "3"]])
    backend = model(slightly, badly, html(ROWS))
    outcome = pairs_from_model(backend, TABLES, [2], tmp_path / "pairs.jsonl")
    assert outcome == {"pairs": 1}
    (pair,) = pairs_of(tmp_path / "pairs.jsonl")
    assert (pair.chosen, pair.rejected, pair.how, pair.dialect) == (html(ROWS), badly, "model", "varco")
    assert pair.kinds["dropped_row"] == 1
    assert pair.scores[0] == 1.0 > pair.scores[1]
    assert (pair.place.source, pair.place.number) == ("drawn/tables", 2)
    asked = backend.speaker.asked
    assert [(one.temperature, one.seed) for one in asked] == [(0.0, 0), (0.4, 2), (0.8, 3)]
    assert {one.prompt.text for one in asked} == {Dialect().prompt(ReadTable(), Sight()).text}


def test_where_the_model_is_right_there_is_no_pair(tmp_path):
    assert pairs_from_model(model(html(ROWS)), TABLES, [0], tmp_path / "a", once()) == {"right": 1}
    assert pairs_of(tmp_path / "a") == []
    assert pairs_from_model(model("  "), TABLES, [1], tmp_path / "a", once()) == {"nothing said": 1}


def test_numbers_that_were_asked_are_not_asked_again_and_failures_are(tmp_path):
    path = tmp_path / "pairs.jsonl"
    failed = Said("", finish="failed", problems=(Problem(code="out_of_memory", message="…"),))
    first = model(html(ROWS[:2]), html(ROWS), failed, batch=2)
    assert pairs_from_model(first, TABLES, range(3), path, once()) == {"pairs": 1, "right": 1, "failed": 1}
    second = model(html(ROWS[:3]), html(ROWS[1:]))
    assert pairs_from_model(second, TABLES, range(4), path, once()) == {"pairs": 2}
    assert [pair.place.number for pair in pairs_of(path)] == [0, 2, 3]
    assert pairs_from_model(model(), TABLES, range(4), path, once()) == {}


def test_lines_are_written_as_they_come_so_that_an_interruption_loses_only_what_was_under_way(tmp_path):
    path = tmp_path / "pairs.jsonl"
    with pytest.raises(Exception, match="recorded"):  # the third question finds nobody to answer it
        pairs_from_model(model(html(ROWS[:2]), html(ROWS[:3]), batch=1), TABLES, range(4), path, once())
    assert len(pairs_of(path)) == 2
    path.write_bytes(path.read_bytes()[:-20])  # and the last line broke off
    assert pairs_from_model(model(html(ROWS[:3]), html(ROWS[1:]), html(ROWS)), TABLES, range(4), path, once()) == {
        "pairs": 2,
        "right": 1,
    }
    source = PairSource(path, opened, "varco")
    assert source.count == 4
    with pytest.raises(BadSample, match=r"pairs\.jsonl:2: no pair"):
        source.sample(1)
    assert source.sample(2).turns[0].rejected == html(ROWS[:3])


def test_kinds_have_quotas_and_the_same_words_stand_once(tmp_path):
    said = [html(ROWS[:3]), html([ROWS[0], *ROWS[2:]]), html(ROWS[:3]), html([*ROWS[:2], ["Ely", "371"], ROWS[3]])]
    outcome = pairs_from_model(model(*said), TABLES, range(4), tmp_path / "a", once(quota=1))
    assert outcome == {"pairs": 2, "enough of dropped_row": 2}
    outcome = pairs_from_model(model(*said), TABLES, range(4), tmp_path / "b", once())
    assert outcome == {"pairs": 3, "known already": 1}


def test_only_answers_with_the_mistakes_that_are_wanted_are_taken(tmp_path):
    dropped, swapped = html(ROWS[:3]), html([*ROWS[:2], ["Ely", "371"], ROWS[3]])
    wanted = once(kinds=frozenset({"dropped_row", "repeated"}))
    assert pairs_from_model(model(dropped, swapped), TABLES, range(2), tmp_path / "a", wanted) == {"pairs": 1, "right": 1}
    assert [pair.kind for pair in pairs_of(tmp_path / "a")] == ["dropped_row"]


def test_loops_are_cut_and_told(tmp_path):
    row = "<tr><td>Ely</td><td>317</td></tr>"
    runs_on = Said(f"<table>{row * 500}", finish="loop")
    pairs_from_model(model(runs_on), TABLES, [0], tmp_path / "a", once())
    (pair,) = pairs_of(tmp_path / "a")
    assert (pair.kind, pair.finish) == ("repeated", "length")
    assert runs_on.text.startswith(pair.rejected)
    assert len(pair.rejected) <= 2 * len(pair.chosen) + 400


def test_text_invented_on_a_blank_page_is_rejected_for_saying_nothing(tmp_path):
    blank = Listed("drawn/tables", [sample(Turn(ReadText(), ()), view=BLANK)])
    pairs_from_model(model("Thank you for your business."), blank, [0], tmp_path / "a", once())
    (pair,) = pairs_of(tmp_path / "a")
    assert (pair.kind, pair.chosen) == ("invented", "")
    source = PairSource(tmp_path / "a", lambda place: blank, "varco")
    (turn,) = source.sample(0).turns
    assert (turn.answer, turn.rejected) == ((), "Thank you for your business.")


def test_the_better_answer_may_be_the_models_own(tmp_path):
    good, bad = html([*ROWS[:3], ["Ipswitch", "2,650"]]), html(ROWS[:2])
    options = Options(attempts=(0, 2), own_from=0.8)
    pairs_from_model(model(bad, good), TABLES, [0], tmp_path / "a", options)
    (pair,) = pairs_of(tmp_path / "a")
    assert (pair.chosen, pair.own, pair.rejected) == (good, True, bad)
    (turn,) = PairSource(tmp_path / "a", opened, "varco").sample(0).turns
    assert (turn.answer, turn.rejected) == (good, bad)
    pairs_from_model(model(bad, good), TABLES, [0], tmp_path / "b", Options(attempts=(0, 2), own_from=0.999))
    assert pairs_of(tmp_path / "b")[0].own is False


def test_boxes_are_judged_where_the_model_sees_them(tmp_path):
    part = View(PageReference(Origin(None, DATA), 1), 595, 842, Box(0.0, 0.0, 0.5, 0.5), resolution=72)
    asked = sample(Turn(Find("Depot"), Mention(phrase="Depot", boxes=(Box(0.1, 0.1, 0.2, 0.12),))), view=part)
    source = Listed("drawn/tables", [asked] * 2)
    right, wrong = "<obj>Depot</obj><bbox>0.2, 0.2, 0.4, 0.24</bbox>", "<obj>Depot</obj><bbox>0.1, 0.1, 0.2, 0.12</bbox>"
    assert pairs_from_model(model(right, wrong), source, range(2), tmp_path / "a", once()) == {"right": 1, "pairs": 1}
    (pair,) = pairs_of(tmp_path / "a")
    assert (pair.kind, pair.chosen) == ("shifted_box", right)


def test_samples_that_cannot_be_asked_are_passed_over_with_their_reason(tmp_path):
    lost = View(PageReference(Origin(None, b"%PDF-1.4 nothing"), 1), 595, 842)

    class Broken(Listed):
        def sample(self, number):
            if number == 2:
                raise BadSample("a.jsonl:3", "no such picture")
            return super().sample(number)

    words = Sample((), (Turn(Ask("Why?"), "So."),), "words")
    tagged = sample(Turn(Find("<obj>"), Mention(phrase="<obj>", boxes=(PLACE,))))
    source = Broken("drawn/tables", [sample(Turn(ReadTable(), table()), view=lost), words, words, tagged])
    outcome = pairs_from_model(model(), source, range(4), tmp_path / "a")
    assert outcome.total() == 4
    reasons = [line.reason for line in lines_of(tmp_path / "a") if isinstance(line, Passed)]
    assert "nothing is shown" in reasons[1]
    assert reasons[2] == "bad sample: no such picture"
    assert all(reason.startswith("cannot be asked") for reason in (reasons[0], reasons[1], reasons[3]))


def test_each_turn_is_asked_alone_and_answers_in_words_are_held_against_words(tmp_path):
    turns = (Turn(Ask("How many?"), "1,204"), Turn(Ask("And why?"), "Because."), Turn(ReadTable(), table()))
    backend = model("1,240", html(ROWS))
    outcome = pairs_from_model(backend, Listed("drawn/tables", [sample(*turns)]), [0], tmp_path / "a", once())
    assert outcome == {"pairs": 1, "right": 1}
    (pair,) = pairs_of(tmp_path / "a")
    assert (pair.chosen, pair.rejected, pair.kind) == ("1,204", "1,240", "swapped_digits")
    assert [one.prompt.text[:7] for one in backend.speaker.asked] == ["How man", "Write t"]


def test_a_real_model_is_asked_in_its_own_dialect_and_its_words_are_kept(tmp_path):
    backend = open_local(str(tiny_internvl(tmp_path / "model")), quantization="none", most_tiles=1)
    asked = sample(Turn(Find("Depot"), Mention(phrase="Depot", boxes=(PLACE,))))
    source = Listed("drawn/tables", [asked])
    outcome = pairs_from_model(backend, source, [0], tmp_path / "a", Options(attempts=(0,)))
    (pair,) = pairs_of(tmp_path / "a")
    assert outcome == {"pairs": 1}
    assert pair.dialect == "internvl"
    (box,) = backend.dialect.decode(Find("Depot"), Said(pair.chosen), Sight()).answer.boxes
    assert max(abs(a - b) for a, b in zip(look(VIEW, backend.lens).to_view(box), PLACE, strict=True)) < 0.002
    assert 0 < len(pair.rejected) <= 400
    (turn,) = PairSource(tmp_path / "a", lambda place: source, "internvl").sample(0).turns
    assert pair.finish != "stop"
    assert (turn.answer, turn.rejected) == (asked.turns[0].answer, Cut(pair.rejected))


def test_of_an_answer_that_was_cut_no_end_is_unlearnt(tmp_path):
    words = words_of(str(tiny_internvl(tmp_path / "model")), most_tiles=1)
    encoder = encoder_of(words)
    asked = sample(Turn(Ask("What stands there?"), "Depot"))
    for finish, rejected in (("stop", "Depots"), ("length", "Depots"), ("loop", "Depot Depot")):
        pair = Pair(
            place=Drawn(source="drawn", number=0),
            how="model",
            task=task_json(asked.turns[0].task),
            chosen="Depot",
            rejected=rejected,
            finish=finish,
            kind="misread",
            kinds={"misread": 1},
            scores=(1, 0),
            dialect="internvl",
        )
        path = tmp_path / finish
        path.write_text(pair.model_dump_json() + "\n")
        pairs = PairSource(path, lambda place: Listed("drawn", [asked]), "internvl")
        right, wrong = ([label for label in one.labels if label != -100] for one in encoder.encode_pair(pairs.sample(0)))
        assert words.tokenizer.decode(right) == "Depot<|im_end|>"
        assert words.tokenizer.decode(wrong) == rejected + ("<|im_end|>" if finish == "stop" else "")
    same = sample(Turn(Ask("What stands there?"), "Depot", Cut("Dep")))
    with pytest.raises(BadSample, match="the same words"):
        encoder.encode_pair(same)


# Made on purpose


def test_mistakes_made_on_purpose_are_pairs_that_are_marked_as_made(tmp_path):
    source = Listed("drawn/tables", [sample(Turn(ReadTable(), table()))] * 30)
    outcome = pairs_from_mistakes(Dialect(), LENS, source, range(30), tmp_path / "a", Options(quota=4))
    pairs = pairs_of(tmp_path / "a")
    assert outcome["pairs"] == len(pairs) > 15
    assert max(Counter(pair.kind for pair in pairs).values()) <= 4
    assert {pair.how for pair in pairs} == {"made"}
    assert {pair.kind for pair in pairs} <= set(MADE)
    for pair in pairs:
        told = Dialect().decode(ReadTable(), Said(pair.rejected), None).answer
        assert kinds_of(told, table())[pair.kind] > 0
        assert pair.rejected != pair.chosen == html(ROWS)
    assert pairs_from_mistakes(Dialect(), LENS, source, range(30), tmp_path / "a", Options(quota=4)) == {}


# Read back


def test_pairs_come_back_with_the_sample_that_they_were_made_of(tmp_path):
    pairs_from_model(model(html(ROWS[:2]), html(ROWS), html(ROWS[1:])), TABLES, range(3), tmp_path / "a", once())
    source = PairSource(tmp_path / "a", opened, "varco")
    assert (source.name, source.count) == ("pairs", 2)
    read = source.sample(1)
    assert read == Sample((VIEW,), (Turn(ReadTable(), table(), html(ROWS[1:])),), f"{tmp_path / 'a'}:3")
    with pytest.raises(IndexError):
        source.sample(2)


def test_pairs_of_another_dialect_and_of_sources_that_changed_are_bad_samples(tmp_path):
    pairs_from_model(model(html(ROWS[:2])), TABLES, [0], tmp_path / "a", once())
    with pytest.raises(BadSample, match="the words of varco"):
        PairSource(tmp_path / "a", opened, "internvl").sample(0)
    changed = Listed("drawn/tables", [sample(Turn(ReadChart(), "…"))])
    with pytest.raises(BadSample, match="asks something else"):
        PairSource(tmp_path / "a", lambda place: changed, "varco").sample(0)
    with pytest.raises(Unreadable, match="make pairs first"):
        PairSource(tmp_path / "none", opened, "varco")


# From corrections


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a document's file and its JSON beside it."""
    (tmp_path / "documents").mkdir()
    file = tmp_path / "documents" / "a.pdf"
    file.write_bytes(DATA)
    words = (Word(text="Depot", box=Box(0.1, 0.1, 0.16, 0.12)), Word(text="Parcles", box=Box(0.27, 0.1, 0.35, 0.12)))
    line = Text(page_number=1, box=Box(0.1, 0.1, 0.35, 0.12), text="Depot Parcles", words=words)
    rows = replace(table([["Harwick", "1,240"], *ROWS[2:]]), box=Box(0.05, 0.12, 0.6, 0.25))
    page = Page(
        number=1,
        width_points=595,
        height_points=842,
        blocks=(
            Block(id="p1/1", content=line),
            Block(id="p1/2", content=rows),
            Block(id="p1/3", content=Figure(page_number=1, box=WHOLE)),
        ),
    )
    document = Document(name="a.pdf", content_hash=Origin(str(file)).sha256(), page_count=1, pages=(page,))
    (tmp_path / "documents" / "a.pdf.json").write_text(document.to_json(), encoding="utf-8")
    (tmp_path / "documents" / "other.json").write_text("{}", encoding="utf-8")
    return tmp_path


def corrected(document, place, content):
    blocks = list(document.pages[0].blocks)
    blocks[place] = replace(blocks[place], content=content)
    return replace(document, pages=(replace(document.pages[0], blocks=tuple(blocks)),))


def told(folder, after):
    ((document, file),) = documents_in(folder / "documents")
    corrections = between(document, after(document), who="anna")
    path = folder / "pairs.jsonl"
    return pairs_from_corrections([(document, file)], corrections, Dialect(), LENS, path), path


def cell_corrected(document):
    content = document.pages[0].blocks[1].content
    cells = (content.cells[0], replace(content.cells[1], text="1,204"), *content.cells[2:])
    return corrected(document, 1, replace(content, cells=cells))


def test_a_corrected_cell_prefers_its_table_to_the_one_that_was_read(folder):
    (outcome, faults), path = told(folder, cell_corrected)
    assert (outcome, faults) == ({"pairs": 1}, ())
    (pair,) = pairs_of(path)
    assert (pair.how, pair.kind, pair.place.file) == ("correction", "swapped_digits", "documents/a.pdf")
    assert "1,204" in pair.chosen
    assert pair.rejected == pair.chosen.replace("1,204", "1,240")
    read = PairSource(path, opened, "varco").sample(0)
    assert read.turns == (Turn(ReadTable(), pair.chosen, pair.rejected),)
    assert read.views[0].box == Box(0.05, 0.12, 0.6, 0.25)
    assert "Harwick" in {word.text for word in read.views[0].words}
    assert told(folder, cell_corrected)[0][0] == {}


def test_a_corrected_text_is_told_with_the_boxes_of_its_words(folder):
    def after(document):
        return corrected(document, 0, replace(document.pages[0].blocks[0].content, text="Depot Parcels"))

    (outcome, _), path = told(folder, after)
    (pair,) = pairs_of(path)
    assert outcome == {"pairs": 1}
    assert pair.chosen.replace("Parcels", "Parcles") == pair.rejected
    assert pair.chosen.count("<bbox>") == 2


def test_a_block_taken_away_prefers_the_page_without_it(folder):
    def after(document):
        return replace(document, pages=(replace(document.pages[0], blocks=document.pages[0].blocks[1:]),))

    (outcome, _), path = told(folder, after)
    (pair,) = pairs_of(path)
    assert outcome == {"pairs": 1}
    assert (pair.task["name"], pair.place.box, pair.kind) == ("page", WHOLE, "invented")


def test_what_a_dialect_does_not_tell_and_what_is_of_no_block_give_no_pair(folder):
    def after(document):
        content = document.pages[0].blocks[1].content
        return corrected(document, 1, replace(content, cells=(replace(content.cells[0], box=PLACE), *content.cells[1:])))

    (outcome, _), path = told(folder, after)
    assert outcome == {"says the same": 1}
    ((document, file),) = documents_in(folder / "documents")
    name = Correction(
        document=document.content_hash, pointer="/name", before="a.pdf", after="b.pdf", who="anna", when="2026-01-01T00:00Z"
    )
    wrong = Correction(document=document.content_hash, pointer="/pages/5", before=1, after=2, who="anna", when="2026-01-01T00:00Z")
    outcome, faults = pairs_from_corrections([(document, file)], [name, wrong], Dialect(), LENS, path)
    assert outcome == {"of no block": 1}
    assert [fault.code for fault in faults] == ["correction_astray"]


def test_a_file_that_changed_since_is_no_document_and_no_sample(folder):
    told(folder, cell_corrected)
    (folder / "documents" / "a.pdf").write_bytes(DATA + b"\n")
    assert list(documents_in(folder / "documents")) == []
    with pytest.raises(BadSample, match="another file than it was"):
        PairSource(folder / "pairs.jsonl", opened, "varco").sample(0)


# Scores


def test_answers_are_worth_what_the_scores_of_their_tasks_give():
    assert likeness(table(), table()) == 1.0
    assert 0.5 < likeness(table(ROWS[:3]), table()) < 1.0
    assert likeness(None, table()) == likeness(Mention(phrase="a"), table()) == 0.0
    found = Mention(phrase="a", boxes=(Box(0.0, 0.0, 0.5, 0.5),))
    assert likeness(found, replace(found, boxes=(Box(0.0, 0.0, 0.5, 0.25),))) == pytest.approx(0.5)
    assert likeness(Mention(phrase="a"), found) == 0.0
    assert likeness(Mention(phrase="a"), Mention(phrase="a")) == 1.0
    large = table([["a", "b"]] * 150)
    assert likeness(table([["a", "b"]] * 100), large) == pytest.approx(2 / 3, abs=0.01)


def test_the_main_kind_is_the_most_frequent_and_then_the_first():
    assert main_kind(Counter({"misread": 1, "dropped_row": 1})) == "dropped_row"
    assert main_kind(Counter({"misread": 2, "dropped_row": 1})) == "misread"
