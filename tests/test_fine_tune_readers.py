"""Formats of users' data: what each gives, and that what is wrong is told with file and line, and lost to nobody else."""

from __future__ import annotations

import json
import pickle
from types import SimpleNamespace

import pymupdf
import pytest

import docai
from docai import document
from docai.box import WHOLE, Box
from docai.document import Answer, Block, Document, Page, Problem
from docai.errors import NothingToDo, Unreadable
from docai.exporters.json import Exporter
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from fine_tune.readers import by_kind, open_data
from fine_tune.samples import BadSample
from tests.fine_tune_samples import CHART, TABLE, TEXTS, drawn


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    drawn(tmp_path / "images" / "a.png")
    drawn(tmp_path / "b.png", seed=1)
    return tmp_path


def lines(path, *records):
    path.write_text("".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records))
    return path


def talk(question="<image>\nWhat?", answer="This.", **more):
    return {"conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}], **more}


def samples_of(path, *folders):
    """Return all samples of a path, those that are bad as their messages."""
    return [tried(part, number) for part in open_data(path, folders) for number in range(part.count)]


def tried(part, number):
    try:
        return part.sample(number)
    except BadSample as error:
        return str(error)


def only(path, *folders):
    (sample,) = samples_of(path, *folders)
    assert not isinstance(sample, str), sample
    return sample


def name_of(view):
    return view.page.origin.name


# Conversations


def test_a_conversation_of_llava_is_read(folder):
    system = {"from": "system", "value": "Be brief."}
    record = talk("<image>\nWhat is it?", " A page. ", image="a.png")
    record["conversations"] = [
        system,
        *record["conversations"],
        {"from": "human", "value": "Why?"},
        {"from": "gpt", "value": "So."},
    ]
    sample = only(lines(folder / "own.jsonl", record))
    assert [name_of(view) for view in sample.views] == ["a.png"]
    assert sample.origin == f"{folder / 'own.jsonl'}:1"
    assert sample.system == "Be brief."
    asked = [(turn.task, turn.answer) for turn in sample.turns]
    assert asked == [(Ask("What is it?"), Answer(text="A page.")), (Ask("Why?"), Answer(text="So."))]


def test_several_pictures_stand_first_and_leave_no_placeholder(folder):
    record = talk("Image-1: <image>\nImage-2: <image>\nWhich <one>?", "Both.", image=["a.png", "b.png"])
    sample = only(lines(folder / "own.jsonl", record))
    assert [name_of(view) for view in sample.views] == ["a.png", "b.png"]
    assert sample.turns[0].task == Ask("Image-1: \nImage-2: \nWhich <one>?")
    assert only(lines(folder / "one.jsonl", talk("Which?", image="a.png"))).views  # as InternVL shows a single one


@pytest.mark.parametrize(
    ("text", "phrase", "box"),
    [
        ("It is <ref>the total</ref><box>[[100, 200, 300, 400]]</box>.", "the total", Box(0.1, 0.2, 0.3, 0.4)),
        ("It is <obj>the total</obj><bbox>0.1, 0.2, 0.3, 0.4</bbox>.", "the total", Box(0.1, 0.2, 0.3, 0.4)),
    ],
)
def test_boxes_of_either_family_are_understood_for_all(folder, text, phrase, box):
    sample = only(lines(folder / "own.jsonl", talk(answer=text, image="a.png")))
    answer = sample.turns[0].answer
    assert answer.text == "It is the total."
    assert [(mention.phrase, mention.boxes) for mention in answer.mentions] == [(phrase, (box,))]


def test_answers_with_tags_that_nobody_understands_stand_as_they_are(folder):
    broken = "<ref>it</ref><box>[[1, 2"
    answers = [
        sample.turns[0].answer for sample in samples_of(lines(folder / "t.jsonl", talk("?", broken), talk("?", "<char>x</char>")))
    ]
    assert answers == [broken, "<char>x</char>"]
    assert only(lines(folder / "u.jsonl", talk("?", "The document does not say."))).turns[0].answer == Answer(text="")


def test_chat_without_pictures_and_preferences_are_told_apart(folder):
    chat = {"messages": [{"role": "user", "content": 'an "image": "x.png"'}, {"role": "assistant", "content": "Hello."}]}
    pair = {"image": "a.png", "question": "What?", "chosen": "This.", "rejected": "That."}
    lines(folder / "mixed.jsonl", chat, talk(image="a.png"), pair, talk("Hi", "Ho", image=None), talk("Hi", "Ho", image=[]))
    kinds = by_kind(open_data(folder))
    assert {name: source.count for name, source in kinds.items()} == {"own": 1, "text": 3, "pairs": 1}
    assert kinds["text"].sample(0).turns[0].task == Ask('an "image": "x.png"')
    (turn,) = kinds["pairs"].sample(0).turns
    assert (turn.answer, turn.rejected) == (Answer(text="This."), Answer(text="That."))
    assert kinds["pairs"].sample(0).views
    assert kinds["own"].sample(0).origin.endswith("mixed.jsonl:2")


MESSAGES = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}]
SAID = {name: [{"role": "assistant", "content": text}] for name, text in (("yes", "This."), ("no", "That."))}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": MESSAGES, "chosen": SAID["yes"], "rejected": SAID["no"]},
        {"chosen": MESSAGES + SAID["yes"], "rejected": MESSAGES + SAID["no"]},
        {"prompt": MESSAGES, "chosen": MESSAGES + SAID["yes"], "rejected": MESSAGES + SAID["no"]},
        {"prompt": "What?", "chosen": "This.", "rejected": "That."},
    ],
)
def test_preferences_are_read_in_each_form_of_trl(folder, record):
    (turn,) = only(lines(folder / "pairs.jsonl", {"images": ["a.png"], **record})).turns
    assert (turn.task, turn.answer, turn.rejected) == (Ask("What?"), Answer(text="This."), Answer(text="That."))


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "What?", "completion": "This."},
        {"prompt": MESSAGES, "completion": SAID["yes"]},
        {"question": "What?", "answer": "This."},
        {"query": "What?", "answers": ["This.", "this"]},
        {"messages": MESSAGES + SAID["yes"]},
    ],
)
def test_questions_with_answers_are_read_in_each_form(folder, record):
    (turn,) = only(lines(folder / "own.jsonl", {"image": "a.png", **record})).turns
    assert (turn.task, turn.answer) == (Ask("What?"), Answer(text="This."))


BAD = {
    "no JSON (": '{"conversations": [',
    "a JSON list, where an object is wanted": "[1, 2]",
    "no such picture: lost.png (looked for in ": talk(image="lost.png"),
    "the picture's header is damaged": talk(image="broken.png"),
    "it is cut off": talk(image="cut.png"),
    "0 times <image>, but 2 pictures": talk("What?", image=["a.png", "b.png"]),
    "2 times <image>, but 1 pictures": talk("<image><image>What?", image="a.png"),
    "1 times <image>, but 0 pictures": talk("<image>What?"),
    "<image> in a later question": {"conversations": talk("?")["conversations"] + talk()["conversations"], "image": "a.png"},
    "the last question has no answer": {"conversations": talk("?")["conversations"][:1]},
    "an answer is empty": talk("?", " \n"),
    "turn 1 is of the assistant": {"conversations": talk("?")["conversations"][::-1]},
    "nothing is said": {"conversations": []},
    "a message of 'tool'": {"messages": [{"role": "tool", "content": "x"}]},
    "without a text": {"messages": [{"role": "user", "content": None}]},
    "neither a text nor a picture": {"messages": [{"role": "user", "content": [{"type": "audio"}]}]},
    "a message that is a str": {"messages": ["Hello"]},
    "it has answer, id; want conversations, messages": {"id": 4, "answer": "x"},
    "films are not learnt from": talk("<image>", video="a.mp4"),
    "neither a path nor a list of paths": talk(image={"path": "a.png"}),
    "do not follow the same": {"chosen": MESSAGES + SAID["yes"], "rejected": SAID["no"]},
    "does not end with an answer": {"prompt": "What?", "chosen": MESSAGES, "rejected": MESSAGES},
}


def test_what_is_wrong_is_told_with_file_and_line_and_costs_no_other_sample(folder):
    whole = (folder / "b.png").read_bytes()
    (folder / "broken.png").write_bytes(whole[:20])
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    path = folder / "own.jsonl"
    good = talk(image="a.png")
    lines(path, good, "", *BAD.values(), good)
    told = {sample if isinstance(sample, str) else sample.origin for sample in samples_of(path)}
    for line, reason in enumerate(BAD, 3):
        found = [one for one in told if one.startswith(f"{path}:{line}: ")]
        assert len(found) == 1, reason
        assert reason in found[0] or (reason == "it is cut off" and "cannot be decoded" in found[0]), found[0]
    assert {f"{path}:1", f"{path}:{len(BAD) + 3}"} <= told
    assert len(told) == len(BAD) + 2


def test_a_list_is_read_by_place_whatever_its_layout(folder):
    records = [talk(f'{place} 둘 \\ "]"', f"Tổng {place}") for place in range(5)]
    whole, spread = json.dumps(records), json.dumps(records, indent=2, ensure_ascii=False)
    for place, text in enumerate([whole, spread, f"\ufeff{whole}", spread.replace("\n", "\r\n")]):
        path = folder / f"list{place}.json"
        path.write_bytes(text.encode())
        samples = samples_of(path)
        assert [sample.turns[0].answer.text for sample in samples] == [f"Tổng {place}" for place in range(5)]
        for sample in samples:
            line = int(sample.origin.rpartition(":")[2])
            assert text.splitlines()[line - 1].lstrip("\ufeff [").startswith("{")
    (folder / "torn.json").write_text(json.dumps(records)[:-30])
    with pytest.raises(Unreadable, match=r"torn.json: .*must be whole"):
        open_data(folder / "torn.json")


def test_lists_of_files_are_followed_with_their_repeats_and_nothing_is_read_twice(folder):
    lines(folder / "one.jsonl", *[talk(f"<image>{place}", "so", image="a.png") for place in range(4)])
    lines(folder / "two.jsonl", *[talk(f"{place}", "so") for place in range(4)])
    listed = {
        "invoices": {"root": "images", "annotation": "one.jsonl", "repeat_time": 2, "data_augment": False, "length": 4},
        "chat": {"root": "", "annotation": "two.jsonl", "repeat_time": 0.5},
    }
    (folder / "meta.json").write_text(json.dumps(listed))
    for path in (folder, folder / "meta.json"):
        kinds = by_kind(open_data(path))
        assert {name: source.count for name, source in kinds.items()} == {"own": 8, "text": 2}
        assert [kinds["text"].sample(number).turns[0].task.question for number in range(2)] == ["0", "1"]
    for changes, reason in (
        ({"repeat_time": 0}, "repeat_time is 0"),
        ({"annotation": "three.jsonl"}, "three.jsonl is neither beside"),
    ):
        (folder / "meta.json").write_text(json.dumps({"invoices": {**listed["invoices"], **changes}}))
        with pytest.raises(Unreadable, match=reason):
            open_data(folder / "meta.json")


def test_pictures_are_looked_for_where_one_says_first(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    drawn(other / "a.png", seed=5)
    path = lines(folder / "own.jsonl", talk(image="a.png"))
    assert only(path, other).views[0].page.origin.path == str(other / "a.png")
    assert only(path).views[0].page.origin.path == str(folder / "images" / "a.png")


# Tables


def test_parquet_and_saved_datasets_give_their_rows(folder, monkeypatch, tmp_path_factory):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    picture = {"bytes": (folder / "b.png").read_bytes(), "path": None}
    columns = {
        "images": [[picture], [picture, picture], []],
        "question": ["What?", "Which?", "Hm?"],
        "answer": ["This.", "Both.", ""],
    }
    features = datasets.Features(
        {"images": datasets.List(datasets.Image()), "question": datasets.Value("string"), "answer": datasets.Value("string")}
    )
    table = datasets.Dataset.from_dict(columns, features=features)
    table.to_parquet(folder / "own.parquet")
    table.save_to_disk(folder / "saved")
    datasets.DatasetDict(train=table, test=table).save_to_disk(folder / "splits")
    for path in (folder / "own.parquet", folder / "saved", folder / "splits"):
        (part,) = open_data(path)
        assert (part.kind, part.count) == ("own", 3)
        assert [len(part.sample(number).views) for number in range(2)] == [1, 2]
        assert part.sample(1).turns[0].answer == Answer(text="Both.")
        with pytest.raises(BadSample, match=r":3: an answer is empty"):
            part.sample(2)
        with pytest.raises(IndexError):
            part.source.sample(3)
        assert pickle.loads(pickle.dumps(part)).sample(0).turns == part.sample(0).turns
    assert by_kind(open_data(folder))["own"].count == 9
    datasets.DatasetDict(test=table).save_to_disk(folder / "judged")
    with pytest.raises(Unreadable, match="no 'train'"):
        open_data(folder / "judged")
    (folder / "torn.parquet").write_bytes((folder / "own.parquet").read_bytes()[:200])
    with pytest.raises(Unreadable, match=r"torn.parquet: cannot be read as parquet"):
        open_data(folder / "torn.parquet")


def test_pictures_that_a_table_only_names_are_looked_for_and_damage_is_told(folder):
    datasets = pytest.importorskip("datasets")
    columns = {"image": ["a.png", "lost.png"], "question": ["What?"] * 2, "answer": ["This."] * 2}
    datasets.Dataset.from_dict(columns).save_to_disk(folder / "images" / "saved")
    (part,) = open_data(folder / "images" / "saved")
    assert [name_of(view) for view in part.sample(0).views] == ["a.png"]
    with pytest.raises(BadSample, match=r":2: no such picture: lost.png"):
        part.sample(1)
    datasets.Dataset.from_dict({**columns, "image": [1, 2]}).save_to_disk(folder / "numbers")
    with pytest.raises(BadSample, match="neither bytes nor a path"):
        open_data(folder / "numbers")[0].sample(0)
    (folder / "numbers" / "state.json").write_text("{")
    with pytest.raises(Unreadable, match="cannot be read as a dataset on disc"):
        open_data(folder / "numbers")


# Documents


def of_blocks(*contents, **page):
    blocks = tuple(Block(id=f"p1/{number}", content=content) for number, content in enumerate(contents, 1))
    return Document(name="b.png", pages=(Page(number=1, width_points=151.2, height_points=108, blocks=blocks, **page),))


def test_a_corrected_document_gives_its_page_its_tables_and_its_charts(folder):
    path = folder / "b.png.json"
    path.write_text(of_blocks(*TEXTS, TABLE, CHART).to_json())
    page, table, chart = samples_of(path)
    assert [one.turns[0].task for one in (page, table, chart)] == [ReadPage(), ReadTable(), ReadChart()]
    assert page.turns[0].answer == (*TEXTS, TABLE, CHART)
    assert (table.turns[0].answer, chart.turns[0].answer) == (TABLE, CHART)
    assert (page.views[0].box, table.views[0].box) == (WHOLE, TABLE.box)
    assert [one.origin.rpartition(":")[2] for one in (page, table, chart)] == ["p1", "p1/2", "p1/3"]
    path.write_text(of_blocks(*TEXTS).to_json(indent=1))
    assert [one.turns[0].task for one in samples_of(path)] == [ReadPage(), ReadText()]
    with path.open("wb") as stream:  # as `docai extract` writes it, a page a line
        pages = Exporter(SimpleNamespace(open=lambda: stream))
        pages.add(of_blocks(*TEXTS).pages[0])
        pages.close(of_blocks(*TEXTS))
    assert [one.turns[0].task for one in samples_of(path)] == [ReadPage(), ReadText()]


def test_words_that_were_not_put_right_with_their_text_are_not_learnt(folder):
    hyphens = document.replace(TEXTS[0], text="Tổng합계")
    wrong = document.replace(TEXTS[0], text="Tổng cộng")
    (folder / "b.png.json").write_text(of_blocks(hyphens, wrong).to_json())
    _, reading = samples_of(folder / "b.png.json")
    assert [one.words for one in reading.turns[0].answer] == [TEXTS[0].words, ()]


def test_what_is_not_whole_is_not_learnt(folder):
    gone = Problem(code="answer_truncated", message="rows are missing", severity="error", page_number=1, block="p1/2")
    (folder / "b.png.json").write_text(of_blocks(*TEXTS, TABLE, CHART, problems=(gone,)).to_json())
    page, table, chart = samples_of(folder / "b.png.json")
    assert page == f"{folder / 'b.png.json'}:p1: it is not whole: rows are missing; put it right, and take the problem out"
    assert table.startswith(f"{folder / 'b.png.json'}:p1/2: it is not whole")
    assert chart.turns[0].answer == CHART


def test_what_docai_wrote_beside_a_pdf_is_read_back(folder):
    with pymupdf.open() as pdf:
        page = pdf.new_page(width=300, height=400)
        page.insert_text((30, 50), "The total of the invoice", fontsize=12)
        page.insert_text((30, 90), "is 1,234.50 and was paid.", fontsize=12)
        pdf.save(folder / "c.pdf")
    read = docai.extract(folder / "c.pdf", backend="classical")
    (folder / "c.pdf.json").write_text(read.to_json())
    page, reading = samples_of(folder / "c.pdf.json")
    assert [word.text for word in page.views[0].words][:3] == ["The", "total", "of"]
    assert reading.turns[0].answer == tuple(block.content for block in read.blocks)
    missing = document.replace(read, pages=(document.replace(read.pages[0], number=7),))
    (folder / "c.pdf.json").write_text(missing.to_json())
    assert all("has no page 7" in sample for sample in samples_of(folder / "c.pdf.json"))
    (folder / "c.pdf.json").write_text(read.to_json())
    (folder / "c.pdf").rename(folder / "images" / "c.pdf")
    with pytest.raises(Unreadable, match=r"the file that it was read from, c.pdf, is not beside it"):
        open_data(folder / "c.pdf.json")
    assert len(samples_of(folder / "c.pdf.json", folder / "images")) == 2


# Folders


def test_a_folder_gives_all_that_is_in_it(folder):
    (folder / "b.png.json").write_text(of_blocks(*TEXTS).to_json())
    (folder / "deeper").mkdir()
    lines(folder / "deeper" / "chat.jsonl", talk("Hi", "Ho"))
    lines(folder / "own.jsonl", talk(image="a.png"))
    kinds = by_kind(open_data(folder))
    assert {name: source.count for name, source in kinds.items()} == {"own": 3, "text": 1}
    assert pickle.loads(pickle.dumps(kinds["own"])).sample(0).origin == f"{folder / 'b.png.json'}:p1"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "", "the file is empty"),
        ("a.json", "hello", "begins with b'hello'; want conversations"),
        ("a.json", '{"version": 1, "settings": {}}', "is no list of conversations, none of files"),
        ("a.json", '{"schema_version": "1.0", "pages": 4}', "the file that it was read from, a"),
        ("b.png.json", '{"schema_version": "1.0", "pages": 4}', "is no document as docai writes it"),
        ("a.jsonl", "[]", "holds no samples"),
    ],
)
def test_what_is_no_data_is_refused_with_what_is_expected(folder, name, text, reason):
    (folder / name).write_text(text)
    with pytest.raises(Unreadable, match=reason):
        open_data(folder / name)


def test_nothing_there_is_told(folder):
    for path in (folder / "images", folder / "nowhere"):
        with pytest.raises(NothingToDo, match="want conversations"):
            open_data(path)
