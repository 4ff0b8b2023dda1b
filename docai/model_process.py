"""A model in a process of its own, one on each device, that many worker processes ask.

Workers draw, cut, prompt and decode by themselves; they only ask the model to *say* (`Speaker.say`). What all of them ask is
gathered, and batches are filled across workers and documents. A worker may be killed at any moment, and so may a model's
process: it is started again, and what it was asked is asked again, once. What was being said when it died is then said alone,
so that a question that kills the model costs its own page and no other.

How it is spoken, by pickles over a socket that only this user can reach, between processes that share a secret:

* a worker sends `_Ask` and what it asks, and nothing more until all of it is answered;
* the model's process sends `_Begun` before it says something, and `_Told` for each answer;
* whoever sends `_Tell` is told how it goes, as `Stats`.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError, get_context
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from docai.backends.opening import ModelCard, ModelOptions, backend_of, local_speaker
from docai.backends.speaker import Asked, Speaker
from docai.backends.speech import SpeakingBackend
from docai.dialects import Said
from docai.document import Problem
from docai.errors import BackendUnavailable, DocaiError
from docai.processes import apart, die_with_parent, ignore_interrupts

# A batch lasts as long as its longest answer, and whoever comes too late waits for all of it: a little patience with workers
# that are about to ask pays (Clipper, NSDI 2017, section 4.3.2: delayed batching), as long as it costs next to nothing.
PATIENCE_SHARE: Final = 0.02  # of the seconds that the last batch took, that the next one waits to become full
MOST_PATIENCE: Final = 0.25  # seconds; a worker that cuts pictures at that moment needs about a tenth
ABANDONED: Final = 120.0  # seconds after which a batch is given up that nobody waits for any more; 4,096 tokens take as long
FAILED_IN_ROW: Final = 3  # batches of which nothing was said; a GPU's errors stay until its process ends
MOST_DEATHS: Final = 3  # of a model's process without an answer in between; then it is not started again
MOST_ASKED: Final = 2  # times that a question may be there when the model's process dies
RECONNECTING: Final = 300.0  # seconds; as long as the largest models take to load from a slow disk
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds between two attempts to connect, doubled each time
LEAST_LOADING: Final = 60.0  # seconds that a model may take to load again, and three times as long as at first
BEGUN_WITHIN: Final = 1.0  # seconds in which workers take note that their questions' turn has come; stopped ones do not
BACKLOG: Final = 128  # workers that connect at once, after a new start
LONGEST_ADDRESS: Final = 100  # bytes of a socket's path; macOS allows 103, Linux 107 (sun_path in sys/un.h)
GAVE_UP: Final = 75  # exit status of a process that ends to be started again; EX_TEMPFAIL in sysexits.h

Opening = Callable[[ModelOptions, str], tuple[Speaker, ModelCard]]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What a model's process is told: which model, where it is loaded, and where it is asked.

    Attributes:
        options: How the model is loaded.
        device: As `open_local` knows it.
        address: Of a Unix socket, or a named pipe of Windows.
        authkey: The secret without which nobody is answered.
        opening: Loads the model; a function of a module, so that it pickles.
        bound: Whether the system ends the process with the thread that started it, which must be its process's main thread.
    """

    options: ModelOptions
    device: str
    address: str
    authkey: bytes = field(repr=False)
    opening: Opening = local_speaker
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Stats:
    """How it goes for a model's process, since it was started.

    Attributes:
        batches: Batches said.
        said: Answers in them.
        seconds: That they took.
        running: Questions that are being answered.
        waiting: Questions that wait.
        workers: That have asked and are still there.
    """

    batches: int
    said: int
    seconds: float
    running: int
    waiting: int
    workers: int


# What is sent


@dataclass(frozen=True, slots=True)
class _Ask:
    """What comes before so many `Asked`; one message each: 8 of 7 MB go over in half the time of one of 58 MB."""

    count: int
    alone: bool


@dataclass(frozen=True, slots=True)
class _Tell:
    pass


@dataclass(frozen=True, slots=True)
class _Begun:
    places: tuple[int, ...]  # of an `_Ask`, counted from 0


@dataclass(frozen=True, slots=True)
class _Told:
    place: int
    said: Said


@dataclass(frozen=True, slots=True)
class _Answered:
    """To the parent, once: something was said."""


# The model's process


@dataclass(slots=True, eq=False)
class _Asker:
    """Whoever is connected: what is to be sent, with what is set once it is; how many questions are not answered yet."""

    outbox: SimpleQueue[tuple[object, threading.Event | None] | None] = field(default_factory=SimpleQueue)
    open: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    asker: _Asker
    place: int
    asked: Asked


class _Desk:
    """Where questions wait for their turn: taken in order, a batch at a time, and those that must be said alone one by one."""

    def __init__(self) -> None:
        """Begin with none."""
        self.batch = 1
        self._changed = threading.Condition()
        self._together: deque[_Question] = deque()
        self._alone: deque[_Question] = deque()
        self._askers: set[_Asker] = set()
        self._running: list[_Question] = []
        self._begun = self._last = self._seconds = 0.0
        self._batches = self._said = 0
        self._was_alone = True

    def put(self, asker: _Asker, asked: Sequence[Asked], *, alone: bool) -> None:
        """Add what somebody asks."""
        with self._changed:
            queue = self._alone if alone else self._together
            queue.extend(_Question(asker, place, one) for place, one in enumerate(asked))
            asker.open += len(asked)
            self._askers.add(asker)
            self._changed.notify_all()

    def leave(self, asker: _Asker) -> None:
        """Forget what somebody asked who is not there any more."""
        with self._changed:
            asker.gone = True
            self._askers.discard(asker)
            self._together = deque(one for one in self._together if one.asker is not asker)
            self._alone = deque(one for one in self._alone if one.asker is not asker)
            self._changed.notify_all()

    def take(self) -> list[_Question]:
        """Return the next batch, as soon as there is one, once those who asked have been told.

        The GPU is idle meanwhile. Where a batch is not full and workers that asked before have nothing here, it waits for them,
        but never so long that it would show.
        """
        with self._changed:
            while not self._running:
                self._changed.wait_for(lambda: self._together or self._alone)
                if self._alone and not (self._together and self._was_alone):  # in turns, so that neither keeps the other waiting
                    self._running, self._was_alone = [self._alone.popleft()], True
                    continue
                self._changed.wait_for(self._settled, min(MOST_PATIENCE, PATIENCE_SHARE * self._last))
                self._running = [self._together.popleft() for _ in range(min(self.batch, len(self._together)))]
                self._was_alone = False
            taken, self._begun = self._running, time.monotonic()
        self._tell_begun(taken)
        return taken

    def _settled(self) -> bool:
        """Return whether waiting brings nothing: the batch is full, empty again, or nobody is about to ask."""
        return not 0 < len(self._together) < self.batch or all(asker.open for asker in self._askers)

    def _tell_begun(self, questions: Sequence[_Question]) -> None:
        """Tell whose questions' turn has come, before anything can happen to this process."""
        places: dict[_Asker, list[int]] = {}
        for question in questions:
            places.setdefault(question.asker, []).append(question.place)
        sent = [threading.Event() for _ in places]
        for (asker, theirs), event in zip(places.items(), sent, strict=True):
            asker.outbox.put((_Begun(tuple(theirs)), event))
        until = time.monotonic() + BEGUN_WITHIN
        for event in sent:
            event.wait(max(0.0, until - time.monotonic()))

    def done(self, said: Sequence[Said]) -> None:
        """Answer the batch that was taken."""
        with self._changed:
            for question, one in zip(self._running, said, strict=True):
                question.asker.open -= 1
                question.asker.outbox.put((_Told(question.place, one), None))
            self._running, self._last = [], time.monotonic() - self._begun
            self._batches += 1
            self._said += len(said)
            self._seconds += self._last
        _logger.debug("a batch of %d of %d took %.2f s", len(said), self.batch, self._last)

    def abandoned(self) -> bool:
        """Return whether something is being said for a long time that nobody waits for any more: a GPU that hangs."""
        with self._changed:
            nobody = bool(self._running) and all(question.asker.gone for question in self._running)
            return nobody and time.monotonic() - self._begun > ABANDONED

    def stats(self) -> Stats:
        """Return how it goes."""
        with self._changed:
            waiting = len(self._together) + len(self._alone)
            return Stats(self._batches, self._said, self._seconds, len(self._running), waiting, len(self._askers))


def serve_model(service: Service, parent: Connection[Any, Any]) -> None:
    """Load a model and answer whoever asks, until the parent is gone: what a model's process does.

    `parent` is sent the `ModelCard` once workers may ask, or the error that kept the model from being loaded.
    """
    ignore_interrupts()
    if service.bound:
        die_with_parent()
    desk = _Desk()
    threading.Thread(target=_stand_by, args=(parent, desk), daemon=True).start()
    try:
        speaker, card = service.opening(service.options, service.device)
    except DocaiError as error:
        parent.send(error)
        return
    desk.batch = card.batch
    if not service.address.startswith("\\\\"):  # a socket that a killed process left; the folder is ours alone
        Path(service.address).unlink(missing_ok=True)
    with Listener(service.address, backlog=BACKLOG) as listener:
        threading.Thread(target=_receive, args=(listener, service.authkey, desk), daemon=True).start()
        parent.send(card)
        _speak(desk, speaker, parent)


def _stand_by(parent: Connection[Any, Any], desk: _Desk) -> None:
    """End the process when its parent does, or when what it says is of use to nobody."""
    with suppress(EOFError, OSError):
        while True:
            if parent.poll(1.0):
                parent.recv()  # which raises EOFError: nothing is ever sent
            if desk.abandoned():
                _logger.warning("a batch went on for %.0f s after all who waited for it were gone; starting again", ABANDONED)
                os._exit(GAVE_UP)
    os._exit(0)


def _receive(listener: Listener, authkey: bytes, desk: _Desk) -> None:
    """Let workers in, each on a thread of its own, so that none keeps the others waiting."""
    while True:
        try:
            connection = listener.accept()
        except OSError as error:  # too many open files; or it was gone at once
            _logger.warning("a worker could not be let in (%s)", error)
            time.sleep(FIRST_PAUSE)
            continue
        threading.Thread(target=_attend, args=(connection, authkey, desk), daemon=True).start()


def _attend(connection: Connection[Any, Any], authkey: bytes, desk: _Desk) -> None:
    """Take what a worker asks, until it is gone."""
    with connection:
        try:
            deliver_challenge(connection, authkey)
            answer_challenge(connection, authkey)
        except (AuthenticationError, AssertionError, EOFError, OSError) as error:
            _logger.warning("somebody was refused (%s)", error or type(error).__name__)
            return
        asker = _Asker()
        writer = threading.Thread(target=_write, args=(connection, asker), daemon=True)
        writer.start()
        with suppress(EOFError, OSError):
            while True:
                message = connection.recv()
                if isinstance(message, _Tell):
                    asker.outbox.put((desk.stats(), None))
                elif asker.open:  # memory holds one call of each
                    _logger.warning("a worker asked before it was answered; it is sent away")
                    break
                else:
                    desk.put(asker, [connection.recv() for _ in range(message.count)], alone=message.alone)
        desk.leave(asker)
        asker.outbox.put(None)
        writer.join()


def _write(connection: Connection[Any, Any], asker: _Asker) -> None:
    """Send what a worker is to be told, so that a slow one does not keep the model waiting."""
    while (entry := asker.outbox.get()) is not None:
        message, sent = entry
        with suppress(OSError):  # it is gone, which is noticed where it is heard
            connection.send(message)
        if sent is not None:
            sent.set()


def _speak(desk: _Desk, speaker: Speaker, parent: Connection[Any, Any]) -> None:
    """Say what is asked, batch by batch, until nothing can be said any more."""
    answered, failures = False, 0
    while failures < FAILED_IN_ROW:
        said = _said(speaker, [question.asked for question in desk.take()])
        broken = all(any(problem.code == "model_failed" for problem in one.problems) for one in said)
        failures = failures + 1 if broken else 0
        desk.done(said)
        if not answered and not broken:
            parent.send(_Answered())
            answered = True
    _logger.warning("nothing was said in %d batches one after the other; starting again", failures)
    time.sleep(BEGUN_WITHIN)  # until workers have their answers
    os._exit(GAVE_UP)


def _said(speaker: Speaker, asked: Sequence[Asked]) -> list[Said]:
    """Return what is said to each, or for each why nothing was."""
    try:
        said = list(speaker.say(asked))
    except Exception as error:  # whatever a library raises must not cost more than what was asked
        _logger.exception("a batch of %d failed", len(asked))
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [_failed("model_failed", f"the model failed ({told}); the log tells where")] * len(asked)
    if len(said) != len(asked):
        return [_failed("model_failed", f"{len(said)} answers to {len(asked)} questions; tell the model's maker")] * len(asked)
    return said


def _failed(code: str, message: str) -> Said:
    """Return that nothing was said, and why."""
    return Said("", finish="failed", problems=(Problem(code=code, message=message, severity="error"),))


# Workers


class RemoteSpeaker:
    """A model in another process; connects when it is first asked. For one thread.

    Law: it says what the model itself would, and never raises because a model's process dies.
    """

    def __init__(self, card: ModelCard, address: str, authkey: bytes, *, patience: float = RECONNECTING) -> None:
        """Begin; `patience` is how many seconds a model's process may be away, since it is started again when it dies."""
        self.batch, self.engine = card.batch, card.engine
        self._address, self._authkey, self._patience = address, authkey, patience
        self._connection: Connection[Any, Any] | None = None

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what is said to each, in order; more than a batch in parts.

        What was being said when the model's process died is asked once more, alone; if it dies again, the problem is
        `model_died`. `model_unreachable` tells that it did not come back in time.

        Raises:
            BackendUnavailable: The key is not that of the model's process.
        """
        said: list[Said | None] = [None] * len(asked)
        deaths = [0] * len(asked)
        while left := [place for place, one in enumerate(said) if one is None]:
            unharmed = [place for place in left if not deaths[place]]
            connection = self._connected()
            if connection is None:
                message = f"the model's process was away for more than {self._patience:.0f} s; see its log, and ask again"
                for place in left:
                    said[place] = _failed("model_unreachable", message)
                break
            places = (unharmed or left)[: self.batch]
            for place in self._ask(connection, {place: asked[place] for place in places}, said, alone=not unharmed):
                deaths[place] += 1
                if deaths[place] >= MOST_ASKED:
                    message = f"the model's process died {MOST_ASKED} times over this; ask with fewer tiles, or look at the page"
                    said[place] = _failed("model_died", message)
        return [one for one in said if one is not None]

    def close(self) -> None:
        """Hang up; asking connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection[Any, Any] | None:
        """Return the connection, or None where nobody answers for too long."""
        until, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while self._connection is None:
            self._connection = self._called()
            if self._connection is None:
                if time.monotonic() + pause > until:
                    return None
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return self._connection

    def _called(self) -> Connection[Any, Any] | None:
        """Return a connection, or None where nobody answers just now."""
        try:
            return Client(self._address, authkey=self._authkey)
        except AuthenticationError as error:
            message = f"the model's process refuses this worker's key ({error}); start workers from where it was started"
            raise BackendUnavailable(message) from error
        except (OSError, EOFError) as error:  # it is being started again
            _logger.debug("nobody answers at %s (%s)", self._address, error or type(error).__name__)
            return None

    def _ask(
        self, connection: Connection[Any, Any], asked: Mapping[int, Asked], said: list[Said | None], *, alone: bool
    ) -> list[int]:
        """Put what is said in its place; return the places of what was being said when the model's process died."""
        places, begun = list(asked), set[int]()
        whole = False
        try:
            connection.send(_Ask(len(asked), alone))
            for one in asked.values():
                connection.send(one)
            while any(said[place] is None for place in places):
                message = connection.recv()
                if isinstance(message, _Begun):
                    begun.update(places[place] for place in message.places)
                else:
                    said[places[message.place]] = message.said
            whole = True
        except (OSError, EOFError) as error:
            _logger.warning("the model's process was lost (%s)", error or type(error).__name__)
        finally:
            if not whole:  # also when this worker is interrupted: what is still to come must not answer the next question
                self.close()
        return [place for place in sorted(begun) if said[place] is None]


def open_remote(card: ModelCard, address: str, authkey: bytes, *, patience: float = RECONNECTING) -> SpeakingBackend:
    """Return a model in another process as a backend; the libraries for local models need not be there."""
    return backend_of(RemoteSpeaker(card, address, authkey, patience=patience), card)


def stats_of(address: str, authkey: bytes) -> Stats:
    """Return how it goes for a model's process.

    Raises:
        OSError: It is not there.
    """
    with Client(address, authkey=authkey) as connection:
        connection.send(_Tell())
        stats: Stats = connection.recv()
    return stats


# Whoever starts them


@dataclass(slots=True, eq=False)
class _Server:
    """A model's process, and what is known of it; `began` and `loading` are seconds of `time.monotonic()`."""

    service: Service
    process: SpawnProcess
    pipe: Connection[Any, Any]
    began: float
    card: ModelCard | None = None
    loading: float = 0.0
    ready: bool = False
    deaths: int = 0

    def hear(self) -> None:
        """Take what the process has told.

        Raises:
            BackendUnavailable: The model cannot be loaded, or is another one than before.
            MissingDependency: Packages for it are not installed.
        """
        with suppress(EOFError, OSError):
            while self.pipe.poll():
                told = self.pipe.recv()
                if isinstance(told, DocaiError):
                    raise told
                if isinstance(told, _Answered):
                    self.deaths = 0
                elif self.card is not None and self.card != told:
                    raise BackendUnavailable(
                        f"{self.service.options.model}: its files changed while it was in use; start again with a new output"
                    )
                else:
                    self.card, self.ready = told, True

    @property
    def end(self) -> str:
        """How the process ended, in words."""
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit status {code}"

    def close(self) -> None:
        """End the process at once; it holds nothing that could be lost."""
        with suppress(ValueError):  # closed already
            self.process.kill()
            self.process.join()
            self.process.close()
        self.pipe.close()


class ModelServers(AbstractContextManager["ModelServers"]):
    """Processes that hold a model, one on each device; entering it loads the model, leaving it ends them.

    They end with the process that started them, however that ends.
    """

    def __init__(self, options: ModelOptions, devices: Sequence[str] = ("auto",), *, opening: Opening = local_speaker) -> None:
        """Begin; `devices` are such as `cuda:0` and `cpu`.

        Raises:
            ValueError: There are no devices.
        """
        if not devices:
            raise ValueError("no devices; name at least one, such as auto")
        self._options, self._devices, self._opening = options, tuple(devices), opening
        self._authkey = secrets.token_bytes(32)
        self._servers: list[_Server] = []
        self._closing = ExitStack()

    def __enter__(self) -> ModelServers:
        """Start the processes, and return once all have loaded the model.

        Raises:
            BackendUnavailable: It cannot be loaded, or a process died over it.
            MissingDependency: Packages for it are not installed.
        """
        with ExitStack() as stack:
            stack.callback(self.close)
            folder = self._folder() if sys.platform != "win32" else None
            for number, device in enumerate(self._devices):
                name = f"docai-{secrets.token_hex(16)}"
                address = rf"\\.\pipe\{name}" if folder is None else str(folder / f"{number}.sock")
                bound = threading.current_thread() is threading.main_thread()
                service = Service(self._options, device, address, self._authkey, self._opening, bound)
                self._servers.append(_Server(service, *_started(service), time.monotonic()))
            self._await()
            stack.pop_all()
        return self

    def _folder(self) -> Path:
        """Return a folder that only this user can look into, removed at the end."""
        folder = tempfile.mkdtemp(prefix="docai-")
        if len(os.fsencode(folder)) + len("/000.sock") > LONGEST_ADDRESS:
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix="docai-", dir="/tmp")  # made for this user alone, by mkdtemp
        self._closing.callback(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def _await(self) -> None:
        waiting: dict[object, _Server] = {server.pipe: server for server in self._servers}
        while waiting:
            for pipe in wait([server.pipe for server in waiting.values()]):
                server = waiting.pop(pipe)
                server.hear()
                if not server.ready:
                    server.process.join()
                    message = f"the model's process on {server.service.device} {server.end} while it loaded the model"
                    raise BackendUnavailable(f"{message}; see what it wrote, and whether memory is large enough")
                server.loading = time.monotonic() - server.began

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes; a second time does nothing."""
        while self._servers:
            self._servers.pop().close()
        self._closing.close()

    @property
    def cards(self) -> list[ModelCard]:
        """What workers must know of the models, one for each device."""
        return [server.card for server in self._servers if server.card is not None]

    @property
    def addresses(self) -> list[str]:
        """Where they are asked."""
        return [server.service.address for server in self._servers]

    @property
    def sentinels(self) -> list[int]:
        """What `multiprocessing.connection.wait` tells the end of one by; others after `watch`."""
        return [server.process.sentinel for server in self._servers]

    def of(self, worker: int) -> tuple[ModelCard, str, bytes]:
        """Return what a worker, counted from 0, asks: the arguments of `open_remote`."""
        server = self._servers[worker % len(self._servers)]
        assert server.card is not None
        return server.card, server.service.address, self._authkey

    def watch(self, now: float) -> None:
        """Start again what has died; to be called often, with the seconds of `time.monotonic()`.

        Raises:
            BackendUnavailable: One died again and again without an answer in between, or its model cannot be loaded any more.
            MissingDependency: Packages for it are not installed any more.
        """
        for server in self._servers:
            server.hear()
            if server.process.is_alive():
                if not server.ready and now - server.began > LEAST_LOADING + 3 * server.loading:
                    server.process.kill()  # the next call starts it again
                continue
            server.hear()  # what it told between the two
            server.deaths += 1
            if server.deaths >= MOST_DEATHS:
                message = f"the model's process on {server.service.device} died {server.deaths} times without an answer"
                raise BackendUnavailable(f"{message}, and {server.end}; see whether memory is large enough, or use a smaller batch")
            _logger.warning("the model's process on %s %s; it is started again", server.service.device, server.end)
            server.close()
            server.process, server.pipe = _started(server.service)
            server.began, server.ready = now, False


def _started(service: Service) -> tuple[SpawnProcess, Connection[Any, Any]]:
    """Return a process that has begun to load a model, and our end of its pipe."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_model, args=(service, theirs), daemon=True, name=f"docai model on {service.device}")
    with theirs, apart():
        process.start()
    return process, ours
