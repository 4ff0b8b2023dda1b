"""A model in a process of its own: asked by many workers at once, killed and started again, and nothing lost but a poison."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, active_children, get_context
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from docai.backends import speech
from docai.backends.opening import ModelOptions, open_local
from docai.errors import BackendUnavailable, ExitCode, MissingDependency
from docai.extraction import Extractor
from docai.model_process import ModelServers, RemoteSpeaker, stats_of
from tests.drawn_pages import Sheet, filled
from tests.model_speakers import BATCH, FEW, answer_of, ask, asked_of, dying, lacking, obedient, read

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def servers(folder):
    """One model for all who leave it alive, or see it started again."""
    with ModelServers(ModelOptions(str(folder)), ["cpu"], opening=obedient) as servers:
        yield servers


@pytest.fixture
def gate(folder, servers):
    gate = folder / "gate"
    yield gate
    gate.touch()
    until(servers, lambda stats: stats.running == 0)
    gate.unlink()


@contextmanager
def worker(servers, *words, target=ask):
    """Start a worker process, and have it and the pipe on which it tells what it was told."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(theirs, servers.of(0), *words), daemon=True)
    with theirs:
        process.start()
    with ours:
        try:
            yield process, ours
        finally:
            process.kill()
            process.join()


@contextmanager
def asking(servers, *commands):
    """Ask from a thread, as a worker does that nobody kills, and have the pipe."""
    ours, theirs = Pipe(duplex=False)
    with ours, theirs:
        thread = threading.Thread(target=ask, args=(theirs, servers.of(0), *commands), daemon=True)
        thread.start()
        yield ours
        thread.join(10)


def until(servers, true):
    """Wait until what the model's process tells is as it should be."""
    limit = time.monotonic() + 20
    while not true(told := stats_of(*servers.of(0)[1:])):
        assert time.monotonic() < limit, told
        time.sleep(0.005)
    return told


def watched(servers, *pipes):
    """Return what workers tell, while whoever started the model's process keeps an eye on it."""
    limit, told = time.monotonic() + 30, {}
    while len(told) < len(pipes):
        assert time.monotonic() < limit
        for pipe in wait([*servers.sentinels, *(pipe for pipe in pipes if pipe not in told)], 0.2):
            if pipe in pipes:
                told[pipe] = pipe.recv()
        servers.watch(time.monotonic())
    return [told[pipe] for pipe in pipes]


def watched_to_the_end(servers):
    """Start the model's process again whenever it dies."""
    while wait(servers.sentinels, 20):
        servers.watch(time.monotonic())


def answers(*commands):
    return [answer_of(asked) for asked in asked_of(*commands)]


def told(said):
    """Return texts, or the codes of problems in their place."""
    return [one.problems[0].code if one.finish == "failed" else one.text for one in said]


def pid_of(servers):
    return servers._servers[0].process.pid


def test_documents_are_those_of_the_same_model_in_process_and_workers_need_no_libraries(tmp_path, monkeypatch):
    tiny_models = pytest.importorskip("tests.tiny_models", exc_type=ImportError)
    monkeypatch.setattr(speech, "PAGE_TOKENS", FEW)
    monkeypatch.setattr(speech, "MOST_TOKENS", {})
    sheet = Sheet(width=300, height=300)
    sheet.column(20, 40, 260, filled(20), size=8)
    for y, row in enumerate((("Depot", "Vans"), ("Harwick", "12"), ("Penfold", "9"), ("Marlow", "7"))):
        sheet.text(20, 120 + 12 * y, row[0], 8).text(120, 120 + 12 * y, row[1], 8)
    page = tmp_path / "report.pdf"
    page.write_bytes(sheet.data())
    options = ModelOptions(str(tiny_models.tiny_internvl(tmp_path / "model")), "none", most_tiles=2)
    with ModelServers(options, ["cpu"]) as servers, worker(servers, str(page), target=read) as (_, pipe):
        alone = open_local(options.model, quantization="none", most_tiles=2, device="cpu")
        here = Extractor(backend=alone).extract(page)
        ((there, heavy),) = watched(servers, pipe)
        assert stats_of(*servers.of(0)[1:]).said > 0
        (card,) = servers.cards
    assert here.model_dump_json() == there
    assert heavy == set()
    assert (card.engine, card.batch, card.lens) == (alone.speaker.engine, alone.batch, alone.lens)


def test_what_several_workers_ask_is_said_in_one_batch(servers, gate):
    before = stats_of(*servers.of(0)[1:])
    with asking(servers, "gate") as first:
        until(servers, lambda stats: stats.running == 1)
        with asking(servers, "a") as second, asking(servers, "b", "c") as third:
            until(servers, lambda stats: stats.waiting == 3)
            gate.touch()
            assert [told(said) for said in watched(servers, first, second)] == [answers("gate"), answers("a")]
            assert told(*watched(servers, third)) == answers("b", "c")
    stats = stats_of(*servers.of(0)[1:])
    assert (stats.batches - before.batches, stats.said - before.said) == (2, 4)


def test_more_than_a_batch_is_answered_in_parts_and_in_order(servers):
    before = stats_of(*servers.of(0)[1:])
    commands = [f"{number}" for number in range(2 * BATCH + 1)]
    assert told(RemoteSpeaker(*servers.of(0)).say(asked_of(*commands))) == answers(*commands)
    assert stats_of(*servers.of(0)[1:]).batches - before.batches == 3


def test_what_a_killed_worker_asked_is_withdrawn_and_the_others_are_answered(servers, gate):
    with asking(servers, "gate") as first:
        until(servers, lambda stats: stats.running == 1)
        with worker(servers, "a", "b") as (killed, _), asking(servers, "c") as third:
            until(servers, lambda stats: stats.waiting == 3)
            killed.kill()
            until(servers, lambda stats: (stats.waiting, stats.workers) == (1, 2))
            gate.touch()
            assert [told(said) for said in watched(servers, first, third)] == [answers("gate"), answers("c")]


def test_a_worker_killed_while_its_question_is_answered_harms_nobody(servers, gate):
    with worker(servers, "gate") as (killed, _):
        until(servers, lambda stats: stats.running == 1)
        with asking(servers, "a") as other:
            until(servers, lambda stats: stats.waiting == 1)
            killed.kill()
            until(servers, lambda stats: stats.workers == 1)
            gate.touch()
            assert told(*watched(servers, other)) == answers("a")


def test_a_model_that_raises_costs_what_was_asked_and_goes_on(servers):
    speaker = RemoteSpeaker(*servers.of(0))
    before = pid_of(servers)
    (said,) = speaker.say(asked_of("raise"))
    assert (said.finish, said.problems[0].code) == ("failed", "model_failed")
    assert "illegal memory access" in said.problems[0].message
    assert told(speaker.say(asked_of("a"))) == answers("a")
    servers.watch(time.monotonic())
    assert pid_of(servers) == before


def test_a_model_that_says_nothing_any_more_is_started_again(servers):
    before = pid_of(servers)
    with asking(servers, *["raise"] * (2 * BATCH + 1)) as pipe:
        assert told(*watched(servers, pipe)) == ["model_failed"] * (2 * BATCH + 1)
    wait(servers.sentinels, 10)
    with asking(servers, "a") as pipe:
        assert told(*watched(servers, pipe)) == answers("a")
    assert pid_of(servers) != before


def test_a_model_killed_while_it_speaks_is_started_again_and_says_the_same(servers, gate):
    before = pid_of(servers)
    with asking(servers, "a", "gate", "b") as first, asking(servers, "c") as second:
        until(servers, lambda stats: stats.running + stats.waiting >= 3)
        os.kill(before, signal.SIGKILL)
        gate.touch()
        assert [told(said) for said in watched(servers, first, second)] == [answers("a", "gate", "b"), answers("c")]
    assert pid_of(servers) != before


def test_a_question_that_kills_the_model_costs_itself_alone(servers, gate):
    with asking(servers, "gate") as first:
        until(servers, lambda stats: stats.running == 1)
        with asking(servers, "a", "kill", "b") as second, asking(servers, "c") as third:
            until(servers, lambda stats: stats.waiting == BATCH)  # so that the poison shares its batch with what others ask
            gate.touch()
            opened, poisoned, other = watched(servers, first, second, third)
    assert told(opened) == answers("gate")
    assert told(poisoned) == [answers("a", "", "")[0], "model_died", answers("", "", "b")[2]]
    assert told(other) == answers("c")


def test_a_model_that_only_dies_is_given_up(folder):
    with ModelServers(ModelOptions(str(folder)), ["cpu"], opening=obedient) as servers, asking(servers, "kill", "kill") as pipe:
        with pytest.raises(BackendUnavailable, match=r"died 3 times .* SIGKILL"):
            watched_to_the_end(servers)
        assert pipe.poll(20)
        assert told(pipe.recv()) == ["model_died"] * 2


def test_a_model_that_does_not_come_back_is_told_in_time(servers):
    card, address, authkey = servers.of(0)
    (said,) = RemoteSpeaker(card, f"{address}.gone", authkey, patience=0.1).say(asked_of("a"))
    assert said.problems[0].code == "model_unreachable"


def test_who_does_not_know_the_key_is_refused(servers):
    card, address, authkey = servers.of(0)
    assert len(authkey) >= 32
    with pytest.raises(BackendUnavailable, match="refuses"):
        RemoteSpeaker(card, address, b"docai").say(asked_of("a"))
    assert told(RemoteSpeaker(*servers.of(0)).say(asked_of("a"))) == answers("a")


def test_nobody_else_can_reach_the_socket_and_nothing_is_left_of_it(folder):
    with ModelServers(ModelOptions(str(folder)), ["cpu", "cpu"], opening=obedient) as servers:
        (folder,) = {Path(address).parent for address in servers.addresses}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [servers.of(number)[1] for number in range(3)] == [*servers.addresses, servers.addresses[0]]
        assert len(set(servers.addresses)) == 2
        processes = [psutil.Process(server.process.pid) for server in servers._servers]
    assert not folder.exists()
    assert not any(process.is_running() for process in processes)


def test_what_keeps_a_model_from_being_loaded_is_raised_as_it_is(tmp_path):
    with pytest.raises(MissingDependency, match=r"run: pip install 'docai\[vlm\]'") as raised:
        ModelServers(ModelOptions("m"), ["cpu"], opening=lacking).__enter__()
    assert raised.value.exit_code is ExitCode.MISSING
    with pytest.raises(BackendUnavailable, match="on cpu was killed by SIGKILL while it loaded"):
        ModelServers(ModelOptions("m"), ["cpu"], opening=dying).__enter__()


def test_ctrl_c_is_left_to_the_parent_from_the_first_moment(tmp_path):
    others, sent = set(active_children()), []

    def interrupt():
        while not (begun := set(active_children()) - others):
            pass
        (process,) = begun
        for _ in range(100):
            os.kill(process.pid, signal.SIGINT)
            sent.append(process.pid)
            time.sleep(0.005)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with ModelServers(ModelOptions(str(tmp_path)), ["cpu"], opening=obedient) as servers:
        thread.join()
        assert set(sent) == {pid_of(servers)}
        assert told(RemoteSpeaker(*servers.of(0)).say(asked_of("a"))) == answers("a")


@pytest.mark.parametrize("main", [True, False])
def test_a_model_ends_with_whoever_started_it(tmp_path, main):
    act = "act()" if main else "threading.Thread(target=act).start()"
    script = f"""
import sys, threading, time
from docai.backends.opening import ModelOptions
from docai.model_process import ModelServers
from tests.model_speakers import obedient

def act():
    with ModelServers(ModelOptions({str(tmp_path)!r}), ["cpu"], opening=obedient) as servers:
        print(servers._servers[0].process.pid, flush=True)
        time.sleep(60)

if __name__ == "__main__":
    {act}
"""
    (tmp_path / "parent.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, env=environment) as parent:
        model = psutil.Process(int(parent.stdout.readline()))
        assert model.is_running()
        parent.kill()
        began = time.monotonic()
        with suppress(psutil.NoSuchProcess):  # nobody may have asked yet how it ended
            while model.status() != psutil.STATUS_ZOMBIE:
                assert time.monotonic() - began < 2
                time.sleep(0.005)
