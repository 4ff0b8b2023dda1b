"""What is learnt is what will be asked and read: the same tokens before an answer, and an answer that is decoded to itself."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

pytest.importorskip("torch")

from docai.backends.opening import open_local
from docai.box import WHOLE, Box
from docai.dialects import Said
from docai.document import Answer, Mention, Text
from docai.errors import BackendUnavailable
from docai.exchange import Request
from docai.lenses import AnyresLens
from docai.tasks.reading import ReadText
from fine_tune.encoding import UNLEARNT
from fine_tune.samples import BadSample
from tests.fine_tune_samples import ASKED, FAMILIES, drawn, encoder_of, sample_of, view_of, words_in


@pytest.fixture(scope="module", params=FAMILIES)
def spoken(request, tmp_path_factory):
    """Return an encoder of each family, and the backend that will be asked."""
    folder = tmp_path_factory.mktemp(request.param)
    encoder = encoder_of(words_in(folder, request.param, tiles=2))
    return encoder, open_local(str(folder), quantization="none", most_tiles=2)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("pictures") / "a.png")


@pytest.fixture(scope="module")
def internvl(tmp_path_factory):
    return encoder_of(words_in(tmp_path_factory.mktemp("alone"), "internvl"))


def said_in(encoder, encoded):
    """Return the text of all that is learnt."""
    return encoder.words.tokenizer.decode([label for label in encoded.labels if label != UNLEARNT])


@pytest.mark.parametrize("place", ["whole", "part", "turned"])
@pytest.mark.parametrize("task", ASKED)
def test_what_is_learnt_is_what_is_asked_and_read(spoken, picture, task, place):
    encoder, backend = spoken
    asked, answer = ASKED[task]
    view = {
        "whole": view_of(picture),
        "part": view_of(picture, Box(0.05, 0.05, 0.9, 0.8)),
        "turned": view_of(picture, quarter=90),
    }[place]
    encoded = encoder.encode(sample_of((asked, answer), views=[view]))
    question = backend._question(0, Request(asked, (view,), "vlm"))
    row = backend._speaker._voice._row(0, question.asked)
    assert encoded.ids[: len(row.ids)] == row.ids
    assert encoded.labels[: len(row.ids)] == [UNLEARNT] * len(row.ids)
    learnt = encoded.labels[len(row.ids) :]
    ends = backend._speaker.loaded.ends
    assert [number for number in learnt if number in ends] == [learnt[encoded.answer_tokens - 1]]
    said = encoder.words.tokenizer.decode(learnt[: encoded.answer_tokens - 1])
    reply = backend._reply(question, Said(said))
    assert reply.answer is not None
    assert not [problem for problem in reply.problems if problem.severity == "error"]
    again = encoder.encode(sample_of((asked, reply.answer), views=[view]))
    assert said_in(encoder, again) == said_in(encoder, encoded)


def test_several_pictures_are_shown_as_they_are_when_asked_about(spoken, picture):
    encoder, backend = spoken
    views = (view_of(picture), view_of(picture, Box(0.0, 0.0, 0.5, 1.0)))
    encoded = encoder.encode(sample_of(("Which?", Answer(text="both")), views=views))
    question = backend._question(0, Request(sample_of(("Which?", "")).turns[0].task, views, "vlm"))
    ids = backend._speaker._voice._row(0, question.asked).ids
    assert encoded.ids[: len(ids)] == ids
    assert len(encoded.seen) == 2


def test_later_turns_are_written_as_the_template_writes_them(spoken):
    encoder, _ = spoken
    words = encoder.words
    turns = [("one?", Answer(text="first thing")), ("two?", Answer(text="second, 둘")), ("three?", Answer(text="third"))]
    encoded = encoder.encode(sample_of(*turns))
    prompts = [encoder.dialect.prompt(turn.task, None) for turn in sample_of(*turns).turns]
    messages = words.prompter.write(0, prompts[0].text, prompts[0].system)
    for place, (_, answer) in enumerate(turns):
        messages.append({"role": "assistant", "content": words.prompter.write(0, answer.text, None)[-1]["content"]})
        if place < 2:
            messages += words.prompter.write(0, prompts[place + 1].text, None)
    whole = words.prompter.render(messages, asking=False)
    assert encoded.ids == words.tokenizer(whole, add_special_tokens=False)["input_ids"]
    end = "<|im_end|>"
    assert said_in(encoder, encoded) == f"first thing{end}second, 둘{end}third{end}"


def test_words_of_the_system_stand_in_place_of_the_dialects_own(internvl):
    encoded = internvl.encode(sample_of(("hello", "hi"), system="Be brief <|im_end|>."))
    assert "<|im_start|>system\nBe brief < |im_end|>.<|im_end|>" in internvl.words.tokenizer.decode(encoded.ids)


@pytest.mark.parametrize("token", ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<IMG_CONTEXT>", "<img>", "<|image_pad|>"])
def test_no_answer_ends_the_turn_or_stands_for_a_picture(internvl, token):
    text = f"it says {token}{token} there"
    encoded = internvl.encode(sample_of((f"what {token}?", text)))
    number = internvl.words.prompter.number[token]
    end = internvl.words.prompter.number["<|im_end|>"]
    assert encoded.labels.count(number) == (number == end)
    assert said_in(internvl, encoded) == f"{text}<|im_end|>"
    assert encoded.ids.count(end) == 3  # of the system, the question and the answer


def test_tokens_of_the_dialect_stay_tokens_in_an_answer(internvl):
    encoded = internvl.encode(sample_of(("where?", "<ref>total</ref><box>[[1, 2, 3, 4]]</box>")))
    assert {internvl.words.prompter.number[token] for token in ("<ref>", "</ref>", "<box>", "</box>")} <= set(encoded.labels)


BAD = {
    "empty": ((("why?", "  "),), "the answer is empty"),
    "long": ((("why?", "so " * 5000),), r"tokens, and at most 4,096 are allowed; allow more \(sight.tokens\)"),
    "tags": ((("why?", Answer(text="<box>")),), "no words for the answer"),
    "phrase": (((ASKED["find"][0], Mention(phrase="another")),), "asked for 'the total', the answer tells of 'another'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_learnt_is_told_with_where_it_stands(internvl, case):
    turns, reason = BAD[case]
    with pytest.raises(BadSample, match=reason) as told:
        internvl.encode(sample_of(*turns))
    assert told.value.origin == "data.jsonl:1"
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)


def test_a_picture_that_is_gone_is_a_bad_sample(internvl, tmp_path):
    path = drawn(tmp_path / "b.png")
    sample = sample_of(("why?", "so"), views=[view_of(path)])
    path.unlink()
    with pytest.raises(BadSample, match=r"data.jsonl:1: a picture cannot be drawn \(.*b.png"):
        internvl.encode(sample)


def test_a_preference_shares_what_is_asked_and_learns_the_last_answer_alone(internvl, picture):
    sample = sample_of(("one?", "first"), ("two?", "right", "wrong"), views=[view_of(picture)])
    chosen, rejected = internvl.encode_pair(sample)
    assert said_in(internvl, chosen) == "right<|im_end|>"
    assert said_in(internvl, rejected) == "wrong<|im_end|>"
    first = next(place for place, label in enumerate(chosen.labels) if label != UNLEARNT)
    assert chosen.ids[:first] == rejected.ids[:first]
    assert chosen.ids == internvl.encode(sample).ids
    with pytest.raises(BadSample, match="none beside it that is rejected"):
        internvl.encode_pair(sample_of(("one?", "first")))
    with pytest.raises(BadSample, match="the same words"):
        internvl.encode_pair(sample_of(("one?", "first", Answer(text="first"))))


@pytest.mark.parametrize("place", ["whole", "part", "turned"])
def test_a_line_that_is_all_of_a_view_has_no_box_to_say(spoken, picture, place):
    encoder, _ = spoken
    part = Box(0.05, 0.3, 0.95, 0.4)  # wider than any grid of tiles, so that there is white round it
    box, quarter = {"whole": (WHOLE, 0), "part": (part, 0), "turned": (part, 90)}[place]
    view = view_of(picture, box, quarter)
    encoded = encoder.encode(sample_of((ReadText(("en",)), (Text(page_number=1, box=view.box, text="a line"),)), views=[view]))
    assert isinstance(encoder.words.family.lens, AnyresLens) or encoded.seen[0].frame != (0, 0, 1, 1)
    ends = {"internvl": "a line", "varco": "<char>a line</char>", "markup": "<paragraph>a line</paragraph>"}
    assert said_in(encoder, encoded) == f"{ends[encoder.dialect.name]}<|im_end|>"


def test_an_encoder_works_in_another_process(spoken, picture):
    encoder, _ = spoken
    sample = sample_of(ASKED["table"], views=[view_of(picture)])
    assert pickle.loads(pickle.dumps(encoder)).encode(sample).ids == encoder.encode(sample).ids


def test_a_template_without_an_end_of_turn_is_refused(internvl):
    prompter = replace(internvl.words.prompter, template="{% for m in messages %}{{ m['content'][0]['text'] }}!{% endfor %}")
    with pytest.raises(BackendUnavailable, match="ends an answer by no special token"):
        type(internvl)(replace(internvl.words, prompter=prompter), internvl.dialect, internvl.sight)
