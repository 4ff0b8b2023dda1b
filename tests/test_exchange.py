"""Conversations: driven together they end as they do one by one, in full batches, with few open and none left open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.backends.replay import Backend as ReplayBackend
from docai.errors import MalformedReply
from docai.exchange import Reply, Request, drive, drive_many, together
from docai.tiling import Lens

NO_DEADLINE = settings(deadline=None)


@dataclass(frozen=True)
class Count:
    """A task: what follows `number`?"""

    number: int
    name: str = "count"


@dataclass
class Collatz:
    """A backend that answers with the next number of the Collatz sequence, and keeps the batches it was asked."""

    batch: int
    batches: list[list[int]] = field(default_factory=list)
    lens: Lens = field(default_factory=Lens)

    def answer(self, requests):
        self.batches.append([request.task.number for request in requests])
        return [Reply(answer=n // 2 if n % 2 == 0 else 3 * n + 1) for n in self.batches[-1]]


@dataclass
class Halving(Collatz):
    def answer(self, requests):
        self.batches.append([request.task.number for request in requests])
        return [Reply(answer=n // 2) for n in self.batches[-1]]


@dataclass
class Failing(Collatz):
    calls: int = 0

    def answer(self, requests):
        if len(self.batches) == self.calls:
            raise MalformedReply("no answer any more")
        return super().answer(requests)


class Register:
    """Counts which conversations are begun, open and taken."""

    def __init__(self):
        self.begun = self.ended = self.taken = 0
        self.most_open = self.most_untaken = 0
        self.kept = []  # what is kept is not closed by the garbage collector

    def watched(self, talk):
        self.kept.append(self._watched(talk))
        return self.kept[-1]

    def _watched(self, talk):
        self.begun += 1
        self.most_open = max(self.most_open, self.begun - self.ended)
        self.most_untaken = max(self.most_untaken, self.begun - self.taken)
        try:
            return (yield from talk)
        finally:
            self.ended += 1

    def taken_from(self, results):
        for result in results:
            self.taken += 1
            yield result


def asked(number, to="collatz"):
    return Request(Count(number), (), to)


def rounds(plan):
    """Ask what each round of `plan` tells, all at once, and return what was heard; a round may be empty."""
    heard = []
    for questions in plan:
        replies = yield [asked(number, to) for to, number in questions]
        heard.append([reply.answer for reply in replies])
    return heard


def until_one(number):
    """Ask until the sequence comes to 1; how often, only the answers tell."""
    path = [number]
    while path[-1] != 1:
        (reply,) = yield [asked(path[-1])]
        path.append(reply.answer)
    return path


def both(plan, number):
    return (yield from rounds(plan)), (yield from until_one(number))


NAMES = ("collatz", "halving")
PLANS = st.lists(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 99)), max_size=4), max_size=3)
TALKS = st.lists(st.tuples(PLANS, st.integers(1, 7)), max_size=12)
BATCHES = st.integers(1, 9)
WINDOWS = st.integers(1, 15)


def backends(*batches):
    return dict(zip(NAMES, (Collatz(batches[0]), Halving(batches[-1])), strict=True))


def questions_of(answering):
    return {name: Counter(number for batch in backend.batches for number in batch) for name, backend in answering.items()}


@NO_DEADLINE
@given(TALKS, BATCHES, BATCHES, WINDOWS)
def test_together_conversations_end_as_they_do_one_by_one(plans, first, second, window):
    alone, together = backends(first, second), backends(first, second)
    expected = [drive(both(*plan), alone) for plan in plans]
    assert list(drive_many((both(*plan) for plan in plans), together, window=window)) == expected
    assert questions_of(together) == questions_of(alone)
    assert all(len(batch) <= backend.batch for backend in together.values() for batch in backend.batches)


@NO_DEADLINE
@given(TALKS)
def test_conversations_run_as_one_end_as_they_do_one_by_one(plans):
    alone, joined = backends(100), backends(100)
    expected = [drive(both(*plan), alone) for plan in plans]
    assert drive(together([both(*plan) for plan in plans]), joined) == expected
    assert questions_of(joined) == questions_of(alone)


def test_of_conversations_that_run_as_one_all_are_closed_even_if_one_fails_to():
    closed = []

    def stubborn():
        try:
            yield [Request(Count(1), (), "collatz")]
        finally:
            closed.append("stubborn")
            raise ValueError("not now")

    def meek():
        try:
            yield [Request(Count(1), (), "collatz")]
        finally:
            closed.append("meek")

    both_run = together([stubborn(), meek()])
    next(both_run)
    with pytest.raises(ValueError, match="not now"):
        both_run.close()
    assert sorted(closed) == ["meek", "stubborn"]


def test_conversations_run_as_one_ask_together_round_by_round():
    backend = Collatz(100)
    drive(together([until_one(2), until_one(8), until_one(1)]), {"collatz": backend})
    assert backend.batches == [[2, 8], [4], [2]]


def test_conversations_run_as_one_are_all_closed_when_a_backend_fails():
    register = Register()
    talks = [register.watched(until_one(number)) for number in (5, 8)]
    with pytest.raises(MalformedReply):
        drive(together(talks), {"collatz": Failing(100, calls=1)})
    assert register.ended == 2


@NO_DEADLINE
@given(TALKS, BATCHES, WINDOWS)
def test_a_window_bounds_what_is_open_and_what_is_held(plans, batch, window):
    register = Register()
    talks = (register.watched(both(*plan)) for plan in plans)
    results = list(register.taken_from(drive_many(talks, backends(batch), window=window)))
    assert len(results) == register.begun == register.ended == len(plans)
    assert register.most_open <= window
    assert register.most_untaken <= window


def test_a_conversation_that_waits_does_not_let_those_behind_it_pile_up():
    register = Register()
    plans = [[[("collatz", 7)]], *[[] for _ in range(1000)]]
    results = drive_many((register.watched(rounds(plan)) for plan in plans), backends(8), window=16)
    assert next(results) == [[22]]
    assert register.begun <= 16
    assert sum(1 for _ in results) == 1000


def test_nothing_is_begun_before_it_is_wanted_and_little_before_the_first_result():
    register = Register()
    endless = (register.watched(until_one(3)) for _ in iter(int, 1))
    results = drive_many(endless, backends(4), window=8)
    assert register.begun == 0
    assert next(results) == [3, 10, 5, 16, 8, 4, 2, 1]
    assert register.begun <= 8
    results.close()
    assert register.begun == register.ended


@NO_DEADLINE
@given(TALKS, BATCHES, WINDOWS, st.integers(0, 5))
def test_all_are_closed_when_the_caller_stops_early(plans, batch, window, taken):
    register = Register()
    results = drive_many((register.watched(both(*plan)) for plan in plans), backends(batch), window=window)
    assert len(list(islice(results, taken))) == min(taken, len(plans))
    results.close()
    assert register.begun == register.ended


@NO_DEADLINE
@given(TALKS, BATCHES, WINDOWS, st.integers(0, 6))
def test_all_are_closed_when_a_backend_fails(plans, batch, window, calls):
    register = Register()
    failing = {"collatz": Failing(batch, calls=calls), "halving": Halving(batch)}
    talks = (register.watched(both(*plan)) for plan in plans)
    try:
        results = list(drive_many(talks, failing, window=window))
    except MalformedReply:
        assert len(failing["collatz"].batches) == calls
    else:
        assert len(results) == len(plans)
    assert register.begun == register.ended


@pytest.mark.parametrize("window", [1, 3, 20])
@pytest.mark.parametrize("failing", [0, 1, 7, 12])
def test_all_are_closed_when_a_conversation_fails(failing, window):
    def breaking(place):
        yield [asked(place)]
        if place == failing:
            raise LookupError(place)
        yield [asked(place)]

    register = Register()
    results = drive_many((register.watched(breaking(place)) for place in range(13)), backends(4), window=window)
    with pytest.raises(LookupError, match=str(failing)):
        list(results)
    assert register.begun == register.ended


def test_all_are_closed_when_no_more_conversations_can_be_had():
    def talks(register):
        for number in range(5):
            yield register.watched(until_one(number + 3))
        raise OSError("the disk is gone")

    register = Register()
    with pytest.raises(OSError, match="the disk is gone"):
        list(drive_many(talks(register), backends(8), window=8))
    assert register.begun == register.ended == 5


def test_one_that_fails_to_close_keeps_no_other_open():
    def clinging():
        try:
            yield [asked(1)]
            yield [asked(1)]
        finally:
            raise LookupError("cannot let go")

    register = Register()
    talks = [rounds([]), rounds([[("collatz", 2)]]), *[register.watched(clinging()) for _ in range(3)]]
    results = drive_many(talks, backends(4), window=9)
    assert list(islice(results, 2)) == [[], [[1]]]
    assert register.begun == 3
    with pytest.raises(LookupError, match="cannot let go"):
        results.close()
    assert register.begun == register.ended


def test_a_backend_that_gives_too_few_replies_is_found_out():
    class Silent(Collatz):
        def answer(self, requests):
            return []

    register = Register()
    for run in (drive, lambda talk, to: list(drive_many([talk], to))):
        with pytest.raises(MalformedReply, match="1 requests got 0 replies"):
            run(register.watched(until_one(3)), {"collatz": Silent(1)})
    assert register.begun == register.ended == 2


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_without_room_is_an_error_and_not_an_endless_wait(window):
    with pytest.raises(ValueError, match="at least 1"):
        list(drive_many([until_one(3)], backends(1), window=window))


def test_who_asks_nothing_needs_no_backend():
    assert drive(rounds([[], []]), {}) == [[], []]
    assert list(drive_many([rounds([[]]), rounds([])], {})) == [[[]], []]


def test_an_unknown_backend_is_an_error():
    with pytest.raises(KeyError, match="halving"):
        drive(rounds([[("halving", 1)]]), {"collatz": Collatz(1)})
    with pytest.raises(KeyError, match="halving"):
        list(drive_many([rounds([[("halving", 1)]])], {"collatz": Collatz(1)}))


def test_replies_come_back_in_the_places_of_their_requests():
    plan = [[("collatz", 2), ("halving", 11), ("collatz", 3), ("halving", 21), ("collatz", 4)]]
    assert drive(rounds(plan), backends(2)) == [[1, 5, 10, 10, 2]]
    assert list(drive_many([rounds(plan)], backends(2))) == [[[1, 5, 10, 10, 2]]]


# Batches


def sizes(backend):
    return [len(batch) for batch in backend.batches]


@given(st.integers(0, 60), BATCHES, st.integers(0, 20))
def test_batches_are_full_across_documents(count, batch, more_room):
    answering = backends(batch)
    assert len(list(drive_many((rounds([[("collatz", n)]]) for n in range(count)), answering, window=batch + more_room))) == count
    full, rest = divmod(count, batch)
    assert sizes(answering["collatz"]) == [batch] * full + [rest] * bool(rest)


def test_a_second_question_joins_the_next_full_batch():
    answering = backends(8)
    plans = [[[("collatz", n)]] * (2 if n % 8 == 0 else 1) for n in range(64)]
    list(drive_many(map(rounds, plans), answering, window=32))
    assert sizes(answering["collatz"]) == [8] * 9


def test_each_backend_has_its_own_full_batches():
    answering = backends(6, 4)
    plans = [[[("collatz", n), ("halving", n), ("halving", n)]] for n in range(24)]
    list(drive_many(map(rounds, plans), answering, window=24))
    assert sizes(answering["collatz"]) == [6] * 4
    assert sizes(answering["halving"]) == [4] * 12


@NO_DEADLINE
@given(TALKS, BATCHES, BATCHES)
def test_a_batch_is_short_only_when_all_conversations_have_begun(plans, first, second):
    register = Register()
    begun_at_short = []

    class Noting(Collatz):
        def answer(self, requests):
            if len(requests) < self.batch:
                begun_at_short.append(register.begun)
            return super().answer(requests)

    answering = {"collatz": Noting(first), "halving": Noting(second)}
    list(drive_many((register.watched(both(*plan)) for plan in plans), answering, window=len(plans) + 1))
    assert set(begun_at_short) <= {len(plans)}


# Replay


def test_replay_gives_what_was_recorded_and_keeps_what_it_was_asked():
    recorded = [Reply(answer=number) for number in (10, 5, 16, 8, 4, 2, 1)]
    replay = ReplayBackend(recorded, batch=3)
    assert drive(until_one(3), {"collatz": replay}) == [3, 10, 5, 16, 8, 4, 2, 1]
    assert [request.task.number for request in replay.requests] == [3, 10, 5, 16, 8, 4, 2]
    assert all(request.to == "collatz" for request in replay.requests)


def test_replay_says_when_more_is_asked_than_was_recorded():
    replay = ReplayBackend([Reply(answer=1)])
    with pytest.raises(MalformedReply, match="2 requests, but only 1 replies were recorded; record the run again"):
        replay.answer([asked(1), asked(2)])


@NO_DEADLINE
@given(st.lists(st.integers(1, 9), max_size=8), BATCHES, WINDOWS)
def test_a_run_that_was_recorded_is_replayed_to_the_same_results(numbers, batch, window):
    class Recording(Collatz):
        replies = ()

        def answer(self, requests):
            replies = super().answer(requests)
            self.replies += tuple(replies)
            return replies

    recording = Recording(batch)
    results = list(drive_many(map(until_one, numbers), {"collatz": recording}, window=window))
    replay = ReplayBackend(recording.replies, batch=batch)
    assert list(drive_many(map(until_one, numbers), {"collatz": replay}, window=window)) == results
    assert [request.task.number for request in replay.requests] == [n for batch in recording.batches for n in batch]
