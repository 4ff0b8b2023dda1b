"""The speaker that asks a server: what it sends, what it makes of answers, and how it stands servers that fail."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from itertools import pairwise
from threading import Thread, Timer
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.backends.endpoint import EndpointSpeaker, Patience, Pictures
from docai.backends.endpoint.asking import refused_wish
from docai.backends.endpoint.failures import retry_after
from docai.backends.endpoint.listening import lines, place_tokens, without_turn_end
from docai.backends.speaker import Asked, Speaker
from docai.dialects import Grammar, Prompt, Said
from docai.errors import BackendUnavailable
from docai.tiling import Seen
from tests.served import Served, Turn, echoes, fails, piece, refuses, says, streams, waited

RGB = np.zeros((4, 6, 3), np.uint8)
RGB[:, :2], RGB[:, 2:4], RGB[:, 4:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
KEY = "sk-very-secret-0123456789"
QUICK = Patience(connect=1, read=0.4, whole=3, tries=3, budget=5, pause=0.01, longest_pause=0.02)
SCHEMA = Grammar("json_schema", '{"type": "object", "properties": {"total": {"type": "number"}}}')


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("DOCAI_ENDPOINT", "OPENAI_BASE_URL", "DOCAI_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def seen(count: int = 1) -> Seen:
    return Seen(np.stack([RGB] * count), count, 1, 6, 4)


def asked(text: str = "What is the total?", **more: Any) -> Asked:
    return Asked((seen(),), Prompt(text), **more)


def ask(turns: Turn | list[Turn], *questions: Asked, patience: Patience = QUICK, **more: Any) -> tuple[list[Said], Served]:
    """Ask a server with such turns; return what it said, and the server as it was left."""
    with (
        Served(turns if isinstance(turns, list) else [turns]) as served,
        EndpointSpeaker(served.url, "tiny", patience=patience, **more) as speaker,
    ):
        return speaker.say(questions or [asked()]), served


def one(turns: Turn | list[Turn], *, patience: Patience = QUICK, **more: Any) -> Said:
    (said,), _ = ask(turns, patience=patience, **more)
    return said


def failure(said: Said, code: str = "endpoint_failed") -> str:
    assert said.finish == "failed"
    assert [(problem.code, problem.severity) for problem in said.problems] == [(code, "error")]
    return said.problems[0].message


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


# What is sent


def test_pictures_are_sent_without_loss_and_before_the_text():
    question = Asked((seen(2), seen()), Prompt("Read.", system="You read."), temperature=0.5, seed=7, most_tokens=99)
    (said,), served = ask(says("ok"), question)
    body = served.requests[0]
    assert body["messages"][0] == {"role": "system", "content": "You read."}
    *pictures, text = body["messages"][1]["content"]
    assert text == {"type": "text", "text": "Read."}
    assert len(pictures) == 3
    for picture in pictures:
        head, _, data = picture["image_url"]["url"].partition(",")
        assert head == "data:image/png;base64"
        pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert (pixels[..., ::-1] == RGB).all()
    assert (body["model"], body["temperature"], body["seed"], body["max_tokens"]) == ("tiny", 0.5, 7, 99)
    assert (said.text, said.finish, said.usage.tiles) == ("ok", "stop", 3)


def test_jpeg_pictures_are_jpeg_and_smaller_at_a_lower_quality():
    noise = Seen(np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8), 1, 1, 64, 64)
    sizes = []
    for quality in (95, 20):
        _, served = ask(says("ok"), Asked((noise,), Prompt("?")), pictures=Pictures("jpeg", quality))
        url = served.requests[0]["messages"][0]["content"][0]["image_url"]["url"]
        assert url.startswith("data:image/jpeg;base64,/9j/")
        sizes.append(len(url))
    assert sizes[1] < sizes[0] / 2


def test_special_tokens_are_asked_for_where_they_are_wanted_and_the_end_of_the_turn_is_taken_off():
    (said,), served = ask(says("<char>백</char><bbox>0.1, 0.2, 0.3, 0.4</bbox><|im_end|>\n"), special_tokens=True)
    assert served.requests[0]["skip_special_tokens"] is False
    assert said.text == "<char>백</char><bbox>0.1, 0.2, 0.3, 0.4</bbox>"
    (said,), served = ask(says("a <|im_end|>"))
    assert "skip_special_tokens" not in served.requests[0]
    assert said.text == "a <|im_end|>"


def test_a_json_schema_is_sent_as_response_format_and_a_lark_grammar_is_not():
    _, served = ask(says("{}"), asked(grammar=SCHEMA), asked(grammar=Grammar("lark", "start: /a/")), batch=1)
    form = served.requests[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == json.loads(SCHEMA.text)
    assert "response_format" not in served.requests[1]


def test_what_cannot_be_asked_fails_alone():
    bad_schema, bad_picture = (
        asked(grammar=Grammar("json_schema", "{")),
        replace(asked(), seen=(Seen(np.zeros((1, 0, 0, 3)), 1, 1, 0, 0),)),
    )
    said, served = ask(says("ok"), bad_schema, asked(), bad_picture)
    assert "cannot be asked" in failure(said[0])
    assert "cannot be asked" in failure(said[2])
    assert said[1].text == "ok"
    assert len(served.requests) == 1


# The address and the key


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@localhost:8000/v1",
        "https://hunter2@host/v1",
        "http://host/v1?key=hunter2",
        "ftp://host/v1",
        "host:8000",
        "http://host:port/v1",
        "http://",
        "http://user:12/hunter2@host/v1",
        "http://[::1/v1",
        "http://two words/v1",
        "sk-hunter2",
        "http://ho\u200bst/v1",
    ],
)
def test_a_base_url_with_secrets_or_of_no_server_is_refused_without_repeating_the_secret(url):
    with pytest.raises(BackendUnavailable, match="base URL") as refused:
        EndpointSpeaker(url)
    assert "hunter2" not in str(refused.value)


def test_the_base_url_is_the_one_given_else_that_of_the_environment_else_vllms(monkeypatch):
    assert "http://localhost:8000/v1" in repr(EndpointSpeaker())
    monkeypatch.setenv("OPENAI_BASE_URL", "http://b/v1")
    assert "'http://b/v1'" in repr(EndpointSpeaker())
    monkeypatch.setenv("DOCAI_ENDPOINT", "http://a/v1/")
    assert "'http://a/v1'" in repr(EndpointSpeaker())
    assert "'http://c/v1'" in repr(EndpointSpeaker("http://c/v1/chat/completions"))


def test_the_key_comes_from_the_environment_and_shows_nowhere_even_if_a_server_repeats_it(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key")
    monkeypatch.setenv("DOCAI_API_KEY", f" {KEY}\n")
    with Served([says("ok")], key=KEY) as served, EndpointSpeaker(served.url, patience=QUICK) as speaker:
        assert speaker.say([asked()])[0].text == "ok"
        assert served.headers[0]["Authorization"] == f"Bearer {KEY}"
        served.key = "something else"
        (refused,) = speaker.say([asked()])
        message = failure(refused)
        assert "status 401: Incorrect API key provided: ***." in message
        assert "set DOCAI_API_KEY" in message
        for place in (message, repr(speaker), str(speaker.engine), repr(speaker._address), caplog.text):
            assert KEY not in place


def test_without_a_key_none_is_sent_and_a_server_that_wants_one_is_asked_once_for_all_requests():
    with Served([says("ok")], key=KEY) as served, EndpointSpeaker(served.url, "tiny", patience=QUICK, batch=1) as speaker:
        said = speaker.say([asked()] * 5)
    assert all("set DOCAI_API_KEY to a key of this server" in failure(one) for one in said)
    assert "Authorization" not in served.headers[0]
    assert len(served.requests) == 1


@pytest.mark.parametrize("key", ["two words", "clé-secrète", "line\nbreak"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_repeated(monkeypatch, key):
    monkeypatch.setenv("DOCAI_API_KEY", key)
    with pytest.raises(BackendUnavailable, match="DOCAI_API_KEY") as refused:
        EndpointSpeaker()
    assert key not in str(refused.value)


# The model


def test_an_only_model_is_found_once_and_its_name_is_in_the_engine():
    with Served([says("ok")], models=["qwen"]) as served, EndpointSpeaker(served.url, patience=QUICK) as speaker:
        assert speaker.engine.model == ""
        said = speaker.say([asked()] * 4)
        assert [one.text for one in said] == ["ok"] * 4
        assert speaker.engine.name == "endpoint:qwen"
    assert served.gets == ["/v1/models"]
    assert {body["model"] for body in served.requests} == {"qwen"}


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], "has no model"),
        (["a", "b"], "has 2 models: a, b; name one"),
        ([f"m{n}" for n in range(11)], "m7 and 3 more"),
        (None, "it does not list its models, so name one"),
        (b"<html>", "list of models cannot be read; name the model"),
        (b'{"data": [{"name": "a"}]}', "list of models cannot be read; name the model"),
    ],
)
def test_a_model_that_must_be_named_is_asked_for_once_and_nothing_is_sent(models, message):
    with Served([says("ok")], models=models) as served, EndpointSpeaker(served.url, patience=QUICK) as speaker:
        said = speaker.say([asked()] * 3)
    assert all(message in failure(one) for one in said)
    assert served.requests == []
    assert len(served.gets) == 1


def test_where_the_model_is_unknown_those_that_the_server_has_are_named():
    turn = fails(404, {"error": {"message": "The model `tiny` does not exist.", "code": 404}})
    assert (
        "does not exist.; check the base URL, which mostly ends in /v1, and the name of the model; the server has tiny"
        in failure(one(turn))
    )


# What is heard


def test_usage_is_the_servers_else_counted():
    assert one(says("twenty letters here.", usage=(321, 12))).usage.model_dump() == {"tiles": 1, "prompt_tokens": 321, "tokens": 12}
    assert one(says("twenty letters here.", usage=None)).usage.model_dump() == {"tiles": 1, "prompt_tokens": 0, "tokens": 2}


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("eos", "stop"), ("content_filter", "failed")]
)
def test_the_reason_to_end_is_told(reason, finish):
    assert one(says("text", finish=reason)).finish == finish


def test_probabilities_of_tokens_stand_at_their_characters_also_where_a_token_is_a_part_of_one():
    raw = "값".encode()
    tokens = [
        ("Total", -0.1, None),
        (" ", -0.2, [32]),
        ("�", -0.5, list(raw[:2])),
        ("�", -1.5, list(raw[2:])),
        ("<|im_end|>", -0.01, None),
    ]
    entries = [{"token": token, "logprob": log, "bytes": coded} for token, log, coded in tokens]
    events = [
        piece("Total ", entries[:2]),
        piece("", entries[2:3]),
        piece("값", entries[3:4]),
        piece(None, entries[4:], finish="stop"),
    ]
    said = one(streams(*events))
    assert said.text == "Total 값"
    assert said.tokens == ((0, 5, -0.1), (5, 6, -0.2), (6, 7, -0.5), (6, 7, -1.5))
    assert said.likelihood(6, 7).least == -1.5


def test_probabilities_of_another_text_are_not_believed():
    entries = [{"token": f"token_id:{n}", "logprob": -0.1, "bytes": None} for n in range(5)]
    assert one(streams(piece("some text", entries, finish="stop"))).tokens == ()


@pytest.mark.parametrize("entry", [None, 3, {}, {"token": "a", "logprob": None}, {"token": None, "logprob": -1, "bytes": [300]}])
def test_a_probability_that_is_none_is_passed_over(entry):
    good = {"token": "ab", "logprob": float("-inf"), "bytes": [97, 98]}
    assert one(streams(piece("ab", [entry, good], finish="stop"))).tokens == ((0, 2, -9999.0),)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60), st.data())
def test_tokens_that_make_up_a_text_cover_each_of_its_characters_in_order(text, data):
    coded = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(coded)), max_size=20)) | {0, len(coded)})
    tokens = [(coded[start:end], -1.0) for start, end in pairwise(cuts)]
    placed = place_tokens(text, tokens)
    assert len(placed) == len(tokens)
    assert {place for token in placed for place in range(token.start, token.end)} == set(range(len(text)))
    assert all(before.end - 1 <= after.start <= before.end for before, after in pairwise(placed))
    for token, (raw, _) in zip(placed, tokens, strict=True):
        assert raw in text[token.start : token.end].encode()


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"])), max_size=8), st.integers(1, 9))
def test_lines_are_the_same_however_the_stream_is_cut(texts, size):
    coded = "".join(f"{text}\r\n" for text in texts).encode()
    assert [line.decode() for line in lines(coded[start : start + size] for start in range(0, len(coded), size))] == texts


def test_a_text_with_other_line_ends_in_it_is_one_event():
    text = "a\u2028b\x85c\u2029d"
    assert one(streams(json.dumps(piece(text, finish="stop"), ensure_ascii=False).encode())).text == text


def test_halves_of_a_character_in_two_pieces_are_joined_and_lone_ones_replaced():
    assert one(streams(piece("a\ud83d"), piece("\ude00b\ud83d", finish="stop"))).text == "a😀b�"


def test_comments_names_of_events_and_missing_blanks_do_no_harm():
    def turn(handler, body):
        handler.begin()
        handler.chunk(b": still thinking\n\nevent: message\r\ndata:" + json.dumps(piece("ok")).encode() + b"\r\n\r\n")
        handler.chunk(b"id: 3\ndata: " + json.dumps(piece(None, finish="stop")).encode() + b"\n\ndata: [DONE]\n\n")
        handler.end()

    assert one(turn).text == "ok"


def test_a_server_that_does_not_stream_is_understood():
    def turn(handler, body):
        choice = {"message": {"content": "all at once"}, "finish_reason": "stop", "logprobs": None}
        handler.json(200, {"choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 3}})

    said = one(turn)
    assert (said.text, said.finish, said.usage.tokens) == ("all at once", "stop", 3)


def test_an_answer_without_content_is_empty_and_says_so():
    said = one(
        streams(piece(None), {"choices": [{"delta": {"content": None, "reasoning_content": "hm"}, "finish_reason": "length"}]})
    )
    assert (said.text, said.finish, [problem.code for problem in said.problems]) == ("", "length", ["endpoint_empty"])


def test_a_refusal_of_the_model_is_told():
    said = one(streams({"choices": [{"delta": {"refusal": "I cannot."}, "finish_reason": "stop"}]}))
    assert "the model refuses to answer: I cannot." in failure(said, "endpoint_refused")


def test_bytes_that_are_no_utf_8_are_replaced_and_told():
    said = one(streams(b'{"choices": [{"delta": {"content": "caf\xe9 au lait"}, "finish_reason": "stop"}]}'))
    assert said.text == "caf� au lait"
    assert [problem.code for problem in said.problems] == ["endpoint_garbled"]


# Loops and floods


def test_a_loop_is_ended_while_the_server_still_talks():
    began = time.monotonic()
    endless = ("The quick brown fox jumps over the lazy dog again.\n" for _ in range(2000))
    (said,), served = ask(says(endless, between=0.005))
    assert said.finish == "loop"
    assert 400 <= len(said.text) < 5000
    assert waited(began) < 3
    assert said.usage.tokens > 0
    deadline = time.monotonic() + 2
    while not served.left_early and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served.left_early[0] < 500, "the server was hung up on"


def test_the_loop_stop_is_the_one_given():
    def stops_at_x(text):
        return "x" in text

    said = one(says("abc " * 100 + "x" + " def" * 500), patience=replace(QUICK, loops=stops_at_x))
    assert said.finish == "loop"
    assert len(said.text) < 1000


def test_a_fault_in_the_loop_stop_that_was_given_is_raised_where_it_was_asked():
    with pytest.raises(ZeroDivisionError):
        ask(says("abc " * 100), patience=replace(QUICK, loops=lambda text: bool(1 / 0)))


def test_a_loop_that_reached_the_most_tokens_is_a_loop():
    def turn(handler, body):
        handler.json(
            200, {"choices": [{"message": {"content": "again and again, the very same words\n" * 40}, "finish_reason": "length"}]}
        )

    assert one(turn).finish == "loop"


def test_an_answer_far_beyond_the_most_tokens_is_cut():
    flood = (f"{number:09d} " for number in range(10**9))
    said = ask(says(flood), asked(most_tokens=100))[0][0]
    assert said.finish == "length"
    assert len(said.text) <= 32 * 101


def test_a_line_without_end_fails_and_does_not_fill_memory(monkeypatch):
    monkeypatch.setattr("docai.backends.endpoint.listening.LONGEST_BODY", 100_000)

    def turn(handler, body):
        handler.begin()
        for _ in range(1000):
            handler.chunk(b"x" * 10_000)

    (said,), served = ask(turn)
    assert "a line of more than 100,000 bytes" in failure(said)
    assert len(served.requests) == 1


# Faults that pass


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_a_server_that_fails_twice_is_asked_a_third_time(status):
    (said,), served = ask([fails(status), fails(status), says("well")])
    assert (said.text, said.problems) == ("well", ())
    assert len(served.requests) == 3


@pytest.mark.parametrize(
    "fault",
    [
        streams(piece("half of"), done=False, cut=True),
        streams(piece("half of"), done=False),
        streams(piece("half of"), b'{"choices": [{"del', done=False),
        streams(b"[1, 2]"),
        streams({"choices": []}),
        streams({"error": {"message": "engine died", "code": 500}}),
        lambda handler, body: handler.cut(),
        lambda handler, body: handler.whole(200, b"not JSON", "application/json"),
        lambda handler, body: handler.whole(200, b"not gzip", "application/json", Content_Encoding="gzip"),
        lambda handler, body: handler.wait(0.6),
        lambda handler, body: (handler.begin(), handler.event(piece("slow")), handler.wait(0.6)),
    ],
    ids=[
        "cut",
        "ended early",
        "half a line",
        "no object",
        "no choices",
        "error inside",
        "hung up",
        "no JSON",
        "no gzip",
        "slow",
        "stalled",
    ],
)
def test_an_answer_that_breaks_is_asked_for_again_and_nothing_of_it_is_kept(fault):
    (said,), served = ask([fault, says("well")])
    assert (said.text, said.finish, said.problems) == ("well", "stop", ())
    assert len(served.requests) == 2


@pytest.mark.parametrize("cut", [False, True])
def test_a_stream_that_ends_or_breaks_after_its_reason_to_end_is_whole(cut):
    said, served = ask(streams(piece("whole", finish="length"), done=False, cut=cut))
    assert (said[0].text, said[0].finish) == ("whole", "length")
    assert len(served.requests) == 1


@pytest.mark.parametrize("date", [False, True])
def test_the_wait_that_a_server_asks_for_is_kept(date):
    wait = formatdate(time.time() + 2, usegmt=True) if date else "1"  # a date has whole seconds: at least one of these two
    began = time.monotonic()
    (said,), _ = ask([fails(429, Retry_After=wait), says("well")])
    assert said.text == "well"
    assert 0.9 < waited(began) < 3


def test_a_wait_longer_than_there_is_time_for_is_told_and_not_waited():
    began = time.monotonic()
    (said,), served = ask(fails(429, Retry_After="3600"))
    assert "it asks to wait 3600 s" in failure(said)
    assert waited(began) < 1
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 1.5 ", 1.5),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 20),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
        ("soon", None),
        ("", None),
        ("-3", None),
    ],
)
def test_both_forms_of_retry_after_are_read(text, seconds):
    assert retry_after(text, now=10) == seconds


# Faults that stay


def test_who_fails_each_time_is_given_up_after_all_tries_and_what_came_is_kept():
    (said,), served = ask(streams(piece("half of it"), done=False, cut=True))
    message = failure(said)
    assert said.text == "half of it"
    assert len(served.requests) == 3
    assert served.url in message
    assert "the connection broke" in message
    assert "tried 3 times" in message


def test_tries_end_where_the_budget_does():
    began = time.monotonic()
    (said,), served = ask(fails(503), patience=replace(QUICK, tries=100, budget=0.5, pause=0.1, longest_pause=0.2))
    assert "status 503: a scripted 503" in failure(said)
    assert waited(began) < 1.5
    assert 3 <= len(served.requests) < 12


def test_an_answer_that_drips_on_for_ever_is_ended():
    began = time.monotonic()
    drops = [f"{number} " for number in range(1000)]
    (said,), _ = ask(says(drops, between=0.02), patience=replace(QUICK, whole=0.4, tries=2))
    assert "was not whole after" in failure(said)
    assert said.text.startswith("0 1 2")
    assert waited(began) < 3


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (
            fails(400, {"error": {"message": "This model's maximum context length is 4096 tokens."}}),
            "longer context (vLLM: --max-model-len)",
        ),
        (fails(400, {"message": "At most 1 image(s) may be provided in one prompt."}), "a model that takes pictures"),
        (fails(422, {"detail": "nonsense"}), "status 422: nonsense"),
        (
            fails(403, "<html><head><title>Forbidden &amp; closed</title></head><body>" + "x" * 999),
            "status 403: Forbidden & closed; set DOCAI_API_KEY",
        ),
        (fails(413, {"error": "too big"}), "status 413: too big; send smaller pictures"),
        (fails(307, "", Location="https://elsewhere/v1?key=hunter2"), "it leads to https://elsewhere/v1; give the base URL"),
        (fails(429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}), "add credit"),
        (
            fails(200, "<html><title>Welcome to nginx!</title></html>"),
            "a web page, no answer: Welcome to nginx!; check the base URL",
        ),
        (streams({"error": {"message": "prompt too long", "code": 400}}), "status 400: prompt too long"),
    ],
)
def test_what_no_further_try_mends_is_asked_once_and_says_what_to_do(turn, message):
    (said,), served = ask(turn)
    assert message in failure(said)
    assert len(served.requests) == 1


def test_a_long_message_is_shortened_and_has_no_pictures_in_it():
    echo = "bad: data:image/png;base64," + "iVBO" * 500 + " " + "and so on " * 500
    message = failure(one(fails(400, {"error": {"message": echo}})))
    assert "bad: (a picture) and so on" in message
    assert len(message) < 600


def test_where_nobody_listens_all_fail_at_once_and_a_server_that_comes_later_is_found():
    port = closed_port()
    began = time.monotonic()
    with EndpointSpeaker(f"http://127.0.0.1:{port}/v1", "tiny", patience=replace(QUICK, pause=1, longest_pause=1)) as speaker:
        for answer in speaker.say([asked()] * 20):
            message = failure(answer, "endpoint_unreachable")
            assert "start the server" in message
            assert "tried" not in message
        assert waited(began) < 0.5, "nobody waited for a further try"
        with Served([says("here now")], port=port):
            assert speaker.say([asked()])[0].text == "here now"


def test_a_server_whose_name_cannot_be_fails_and_does_not_raise():
    with EndpointSpeaker("http://a..b/v1", "tiny", patience=QUICK) as speaker:
        said = speaker.say([asked()] * 2)
    assert [answer.finish for answer in said] == ["failed"] * 2


def test_a_server_that_is_gone_for_a_while_is_tried_again():
    port = closed_port()
    with EndpointSpeaker(f"http://127.0.0.1:{port}/v1", "tiny", patience=QUICK) as speaker:
        with Served([says("one")], port=port):
            assert speaker.say([asked()])[0].text == "one"
        assert "tried 3 times" in failure(speaker.say([asked()])[0], "endpoint_unreachable")


def test_a_server_on_this_machine_is_asked_without_a_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert one(says("directly")).text == "directly"


# What servers refuse


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("logprobs", "logprobs is not supported by this model"),
        ("stream_options", "Unrecognized request argument supplied: stream_options"),
        ("seed", "unknown field `seed`"),
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ("skip_special_tokens", "Unrecognized request arguments supplied: skip_special_tokens, spaces_between_special_tokens"),
        (
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ),
    ],
)
def test_what_a_server_refuses_is_done_without_and_remembered(field, message):
    def refused(body):
        return message if field in body else None

    said, served = ask(refuses(refused, says("well")), *[asked()] * 3, batch=1, special_tokens=True)
    assert [answer.text for answer in said] == ["well"] * 3
    assert [field in body for body in served.requests] == [True, False, False, False]
    told = {problem.code for answer in said for problem in answer.problems}
    assert told == ({"endpoint_special_tokens"} if field == "skip_special_tokens" else set())
    if field == "max_tokens":
        assert served.requests[1]["max_completion_tokens"] == 4096


def test_a_response_format_steps_down_to_any_json_and_to_none_for_each_schema_apart():
    def nothing(body):
        form = body.get("response_format", {}).get("type")
        return f"response_format.type {form} is not supported" if form else None

    other = Grammar("json_schema", '{"type": "array"}')
    questions = [asked(grammar=SCHEMA), asked(grammar=SCHEMA), asked(grammar=other)]
    said, served = ask(refuses(nothing, says("{}")), *questions, batch=1)
    forms = [body.get("response_format", {}).get("type") for body in served.requests]
    assert forms == ["json_schema", "json_object", None, None, "json_schema", "json_object", None]
    assert [answer.finish for answer in said] == ["stop"] * 3


def test_a_server_that_refuses_everything_is_asked_for_the_plain_answer_in_the_end():
    names = ("response_format", "logprobs", "stream_options", "seed", "temperature", "skip_special_tokens")

    def strict(body):
        return next((f"Extra inputs are not permitted: {name}" for name in names if name in body), None)

    (said,), served = ask(refuses(strict, says("plain"), status=422), asked(grammar=SCHEMA), special_tokens=True)
    assert said.text == "plain"
    assert len(served.requests) == 8


def test_a_request_that_is_bad_for_another_reason_teaches_nothing():
    calls = iter(["'logprobs' and so on are bad", "the prompt is bad"])
    with (
        Served([refuses(lambda body: next(calls, None), says("well"))]) as served,
        EndpointSpeaker(served.url, "tiny", patience=QUICK, batch=1) as speaker,
    ):
        assert "the prompt is bad" in failure(speaker.say([asked()])[0])
        assert speaker.say([asked()])[0].text == "well"
    assert ["logprobs" in body for body in served.requests] == [True, False, True]


def test_too_many_tokens_are_no_refusal_of_the_parameter():
    message = "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens"
    assert refused_wish(message, {}, {"max_tokens": 4096, "seed": 0}) is None
    assert (
        refused_wish("bad value", {"param": "stream_options.include_usage"}, {"stream_options": {}, "seed": 0}) == "stream_options"
    )


# Many at once


def test_a_connection_is_used_again():
    _, served = ask(says("ok"), *[asked()] * 4, batch=1)
    assert len(set(served.callers)) == 1


def test_a_stream_that_stays_open_after_its_end_is_whole():
    def turn(handler, body):
        streams(piece("whole"), cut=True)(handler, body)
        handler.close_connection = False
        handler.wait(1)
        handler.cut()

    began = time.monotonic()
    assert one(turn).text == "whole"
    assert waited(began) < 1


def test_answers_are_in_order_whatever_the_delays_and_no_more_than_the_batch_are_asked_at_once():
    def delay(text):
        return (int(text) * 7919 % 13) / 200

    said, served = ask(echoes(delay), *[asked(str(number)) for number in range(40)], batch=5)
    assert [answer.text for answer in said] == [str(number) for number in range(40)]
    assert 2 <= served.most_at_once <= 5


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(0, 30), max_size=9), st.integers(1, 4))
def test_any_delays_and_any_batch_give_the_same_answers(delays, batch):
    texts = [f"{place}/{delay}" for place, delay in enumerate(delays)]
    with (
        Served([echoes(lambda text: int(text.partition("/")[2]) / 1000)]) as served,
        EndpointSpeaker(served.url, "tiny", patience=QUICK, batch=batch) as speaker,
    ):
        assert [answer.text for answer in speaker.say([asked(text) for text in texts])] == texts


def test_one_that_fails_leaves_the_others_well():
    def turn(handler, body):
        (fails(400) if body["messages"][-1]["content"][-1]["text"] == "3" else echoes())(handler, body)

    said, _ = ask(turn, *[asked(str(number)) for number in range(6)], batch=2)
    assert [answer.text for answer in said] == ["0", "1", "2", "", "4", "5"]
    failure(said[3])


def test_a_speaker_serves_several_threads_and_keeps_to_its_batch():
    heard: dict[int, list[str]] = {}
    with Served([echoes(lambda text: 0.02)]) as served, EndpointSpeaker(served.url, "tiny", patience=QUICK, batch=3) as speaker:

        def talk(number: int) -> None:
            heard[number] = [answer.text for answer in speaker.say([asked(f"{number}.{place}") for place in range(5)])]

        threads = [Thread(target=talk, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == {number: [f"{number}.{place}" for place in range(5)] for number in range(4)}
    assert served.most_at_once <= 3


def test_a_closed_speaker_fails_and_what_waits_for_a_further_try_ends():
    with Served([fails(503, Retry_After="30")]) as served:
        speaker: Speaker = EndpointSpeaker(served.url, "tiny", patience=replace(QUICK, budget=60))
        said: list[Said] = []
        began = time.monotonic()
        thread = Thread(target=lambda: said.extend(speaker.say([asked()])))
        thread.start()
        while not served.requests:
            time.sleep(0.01)
        speaker.close()
        thread.join()
        assert "closed" in failure(said[0])
        assert "closed" in failure(speaker.say([asked()])[0])
        assert waited(began) < 2


@pytest.fixture
def _in_the_foreground():
    """SIGINT as a shell's foreground job has it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals there do not wake a thread that waits")
@pytest.mark.usefixtures("_in_the_foreground")
def test_who_is_interrupted_need_not_wait_for_the_server():
    patience = replace(QUICK, read=30, whole=30, budget=30)
    with (
        Served([lambda handler, body: handler.wait(30)]) as served,
        EndpointSpeaker(served.url, "tiny", patience=patience) as speaker,
    ):
        Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            speaker.say([asked()] * 3)
        assert waited(began) < 2


def test_nothing_is_asked_for_nothing_and_a_batch_of_none_is_refused():
    assert ask(says("ok"), patience=QUICK)[0][0].text == "ok"
    with EndpointSpeaker() as speaker:
        assert speaker.say([]) == []
    with pytest.raises(ValueError, match="at least 1"):
        EndpointSpeaker(batch=0)


def test_several_ends_of_a_turn_are_taken_off():
    assert without_turn_end("a </s><|im_end|>\n<|endoftext|>") == "a "
    assert without_turn_end("a\n") == "a\n"
