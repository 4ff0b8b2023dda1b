"""Many documents, read by processes side by side; what was done stands in a ledger, so that nothing is lost or done twice.

    from docai.batch import run_batch
    from docai.work import Recipe, Settings

    summary = run_batch(["in"], "out", Recipe(formats=("json", "md")), Settings(workers=4))
    print(summary.done, summary.failed)

The same call again goes on where an earlier one ended, however that ended.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from types import FrameType
from typing import IO, Any, Final, Literal

from docai import document
from docai.document import Problem
from docai.errors import DocaiError, ExitCode, InputError, NothingToDo, exit_code_of
from docai.inputs import PRIVATE, Job, is_url, jobs_of
from docai.ledger import Ledger
from docai.ledger_view import LedgerView
from docai.registry import load
from docai.retries import Retries
from docai.work import Event, Outcome, Recipe, Settings, Setup, Work
from docai.workers import Bounds, Broken, DocumentDone, Ended, PageDone, Pool, share_of

OnProgress = Callable[[Event], None]
Engine = Literal["local", "ray"]

WAIT_SECONDS: Final = 0.5  # for news, before progress is told anew


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch ended.

    Attributes:
        done: Documents done in this run.
        failed: How many of them failed.
        before: Documents that were done before.
        left: Documents that are still to be done.
        all_failed: Documents that failed, of this run and before.
        partial: Documents, of this run and before, some of whose pages failed.
        interrupted: Whether somebody ended it.
        code: What the command returns.
    """

    done: int
    failed: int
    before: int
    left: int
    all_failed: int
    partial: int
    interrupted: bool
    code: ExitCode


def run_batch(  # noqa: PLR0913  # the options of a call
    inputs: Iterable[str],
    output: str | Path,
    recipe: Recipe = Recipe(),
    settings: Settings = Settings(),
    on_progress: OnProgress = lambda _: None,
    *,
    lists: Iterable[str | os.PathLike[str] | IO[bytes]] = (),
    null: bool = False,
    engine: Engine = "local",
    address: str | None = None,
) -> Summary:
    """Read documents and write their outputs below a folder, by processes side by side; what is done already is left.

    Ctrl-C, or SIGTERM, lets what is in hand be finished; twice, it is broken off, and read again by the next run.

    Args:
        inputs: Files, folders, patterns and URLs; see `docai.inputs.jobs_of`, also for `lists` and `null`.
        output: The folder.
        recipe: What is wanted of the documents.
        settings: How they are read.
        on_progress: Called with what happens.
        lists: Files of names.
        null: Whether zero bytes part the names.
        engine: `local`: processes of this machine; `ray`: actors of a Ray cluster, whose nodes share inputs and outputs.
        address: Of the cluster; None for that in RAY_ADDRESS, or else one on this machine alone.

    Raises:
        NothingToDo: There are no documents.
        OutputInUse, OutputUnwritable, LedgerDamaged: The output folder cannot be worked in.
        BackendUnavailable, MissingDependency: What reads them is not there.
        ValueError: The settings do not fit together.
    """
    with Ledger.open(Path(output)) as ledger:
        ledger.begin(recipe, settings.told())
        found = jobs_of(inputs, lists=lists, null=null, output=output, owner=ledger.owner)
        return _run(ledger, found, Path(output), recipe, settings, on_progress, _On(engine, address))


def retry(  # the options of a call
    output: str | Path,
    settings: Settings = Settings(),
    on_progress: OnProgress = lambda _: None,
    *,
    statuses: Iterable[document.Status] = ("failure",),
    engine: Engine = "local",
    address: str | None = None,
) -> Summary:
    """Read again documents of an earlier batch, by the recipe of its last run: those that came out with one of the statuses.

    Raises:
        NothingToDo: No batch was written there, or none came out so.
        DocaiError: As `run_batch`.
    """
    folder, statuses = Path(output), frozenset(statuses)
    with LedgerView.open(folder) as view:
        recipe = view.runs()[-1].recipe
        entries = view.entries({"done", "failed"})
        jobs = [Job(_place(entry.path), PurePath(entry.stem)) for entry in entries if entry.status in statuses]
    if not jobs:
        raise NothingToDo(f"{output}: no document came out as {' or '.join(sorted(statuses))}; nothing is read again")
    with Ledger.open(folder) as ledger:
        ledger.begin(recipe, settings.told())
        ledger.forgive(statuses)
        return _run(ledger, jobs, folder, recipe, settings, on_progress, _On(engine, address, resume=False))


def _place(path: str) -> Path | str:
    return path if is_url(path) else Path(path)


@dataclass(frozen=True, slots=True)
class _On:
    """Who runs the processes; with `resume`, what a cluster did without our hearing of it counts."""

    engine: Engine
    address: str | None
    resume: bool = True


def _run(  # noqa: PLR0913, PLR0917  # what two functions share
    ledger: Ledger, jobs: Iterable[Job], output: Path, recipe: Recipe, settings: Settings, on_progress: OnProgress, on: _On
) -> Summary:
    works, before, missed = _due(ledger, jobs, settings.password)
    with _Stopping() as stopping:
        run = _Run(ledger, output, recipe, settings, on_progress, works, before, stopping)
        run.tell("begun")
        if missed is not None:
            run.tell("note", message=str(missed))
        try:
            if works and on.engine == "ray":
                run.read_on_cluster(on)
            elif works:
                run.read(*share_of(settings))
        except KeyboardInterrupt:
            stopping.twice = True
        finally:
            run.put_back()
        with LedgerView.open(output) as view:
            summary = run.summary(view.counts())
        if missed is not None and summary.code == ExitCode.OK:
            summary = replace(summary, code=ExitCode.SOME_FAILED)
        ledger.end(summary.code)
        run.tell("ended", message=f"docai report {output}")
    return summary


def ray_dataset(
    inputs: Iterable[str], output: str | Path, recipe: Recipe = Recipe(), settings: Settings = Settings(), **options: Any
) -> Any:
    """Return a Ray dataset of what came of documents, which are read when it is consumed; see `docai.batch_ray.ray_dataset`.

    Raises:
        MissingDependency: Ray is not installed.
    """
    return load("docai.batch_ray:ray_dataset")(inputs, output, recipe, settings, **options)


def _due(ledger: Ledger, jobs: Iterable[Job], password: str | None) -> tuple[deque[Work], int, InputError | None]:
    """Return what is to be read, how many documents are done already, and why an input brought none, if one did not.

    Raises:
        InputError: No input brought any.
    """
    works: deque[Work] = deque()
    before, missed = 0, None
    try:
        for job in jobs:
            work = ledger.due(job)
            if work is None:
                before += 1
            else:
                works.append(replace(work, password=password, unless=ledger.known_hash(work.stem) if is_url(work.path) else ""))
    except InputError as error:  # an empty folder, a server that does not list: they come after what the others brought
        missed = error
    if not works and not before:
        raise missed or NothingToDo("no documents; name files, folders or patterns")
    return works, before, missed


class _Stopping(contextlib.AbstractContextManager["_Stopping"]):
    """While it is entered, the first Ctrl-C or SIGTERM is remembered, and the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.once = self.twice = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Stopping:
        if threading.current_thread() is threading.main_thread():  # only it may set handlers
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self.once:
            raise KeyboardInterrupt
        self.once = True


class _Setups(contextlib.AbstractContextManager["_Setups"]):
    """How workers read; a local model is held by processes of its own, which all of them ask."""

    def __init__(self, recipe: Recipe, output: Path, devices: tuple[str, ...] | None) -> None:
        self._recipe, self._output, self._servers = recipe, output, None
        if recipe.backend == "vlm" or (recipe.backend == "auto" and recipe.model is not None):
            options = load("docai.backends.opening:ModelOptions")(
                recipe.model, quantization=recipe.quantization, revision=recipe.revision, most_tiles=recipe.most_tiles
            )
            self._servers = load("docai.model_process:ModelServers")(options, devices or ("auto",))

    def __enter__(self) -> _Setups:
        if self._servers is not None:
            self._servers.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._servers is not None:
            self._servers.close()

    def of(self, number: int) -> Setup:
        """Return how the worker of a number reads."""
        if self._servers is None:
            return Setup(self._recipe, self._output)
        return Setup(self._recipe, self._output, ("docai.model_process:open_remote", self._servers.of(number)))

    def watch(self) -> None:
        """Start again what has died."""
        if self._servers is not None:
            self._servers.watch(time.monotonic())


class _Run:
    """A batch under way."""

    def __init__(  # noqa: PLR0913, PLR0917  # made in one place
        self,
        ledger: Ledger,
        output: Path,
        recipe: Recipe,
        settings: Settings,
        on_progress: OnProgress,
        works: deque[Work],
        before: int,
        stopping: _Stopping,
    ) -> None:
        self._ledger, self._output, self._recipe, self._settings, self._on_progress = ledger, output, recipe, settings, on_progress
        self._works, self._known, self._before, self._stopping = works, len(works), before, stopping
        self._late: list[tuple[float, int, Work]] = []  # to be tried again, by when
        self._began = time.monotonic()
        self._done: Counter[str] = Counter()
        self._pages = 0
        self._retries, self._order = Retries(settings.retries), 0
        self._hands: dict[str, Work] = {}
        self._memory = self._workers = 0
        self._last: ExitCode | None = None

    def read(self, count: int, bounds: Bounds) -> None:
        """Read all that is to be read, until somebody stops it."""
        self._sweep()
        with ExitStack() as stack:
            stack.callback(self._sweep)
            setups = stack.enter_context(_Setups(self._recipe, self._output, self._settings.devices))
            pool = stack.enter_context(Pool(setups.of, min(count, len(self._works)), bounds))
            while True:
                self._give(pool)
                if not pool.busy and (self._closing or not (self._works or self._late)):
                    return
                for news in pool.wait(WAIT_SECONDS):
                    self._hear(news)
                setups.watch()
                self._memory, self._workers = pool.memory, len(pool.processes)

    def read_on_cluster(self, on: _On) -> None:
        """Read all that is to be read by a Ray cluster, until somebody stops it."""
        cluster = load("docai.batch_ray:Cluster")(address=on.address)
        output = Path(os.path.abspath(self._output))  # noqa: PTH100  # resolve() would follow links, which other nodes may not have
        works = [replace(work, path=work.path if is_url(work.path) else os.path.abspath(work.path)) for work in self._works]  # noqa: PTH100
        known = {work.stem: work for work in works}
        with ExitStack() as stack:
            stack.callback(self._sweep)
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))  # Ray prints what becomes of nodes; the output is for data
            run = load("docai.batch_ray:ray_run")(works, output, self._recipe, self._settings, cluster, resume=on.resume)
            for one in stack.enter_context(contextlib.closing(run)):
                self._ledger.started(one.stem)
                self._pages += one.outcome.pages
                self._finish(known[one.stem], one.outcome, attempts=one.attempts)
                if self._closing:
                    return

    def _sweep(self) -> None:
        """Remove what processes that were killed left."""
        for kind in ("parts", "temporary"):
            shutil.rmtree(self._output / PRIVATE / kind, ignore_errors=True)
        for log in (self._output / PRIVATE).glob("*.log"):
            log.unlink(missing_ok=True)

    @property
    def _closing(self) -> bool:
        return self._stopping.once or (self._settings.stop_on_error and bool(self._done["failure"]))

    def _give(self, pool: Pool) -> None:
        """Give out what is to be read now."""
        while pool.free and not self._closing:
            if self._late and self._late[0][0] <= time.monotonic():
                work = heapq.heappop(self._late)[2]
            elif self._works:
                work = self._works.popleft()
            else:
                return
            self._ledger.started(work.stem)
            self._hands[work.stem] = work
            pool.give(work)

    def _hear(self, news: PageDone | DocumentDone | Broken) -> None:
        work, stem = news.work, news.work.stem
        if isinstance(news, PageDone):
            self._pages += 1
            self.tell("page", stem, page=news.page)
            return
        del self._hands[stem]
        if isinstance(news, Broken):
            again, problem = self._retries.after(news)
            if again is not None:
                self._again(again, news.ended, news.page, news.seconds, problem)
                return
            outcome = load("docai.giving_up:give_up")(work, problem, self._recipe, self._output)
            self._finish(work, replace(outcome, seconds=round(news.seconds, 3)))
            return
        delay = self._retries.delay(stem) if news.outcome.transient else None
        if delay is not None:
            self._again(work, "transient", None, news.outcome.seconds, news.outcome.error, delay)
        else:
            self._finish(work, news.outcome)

    def _finish(self, work: Work, outcome: Outcome, *, attempts: int | None = None) -> None:
        if outcome.unchanged:
            self._ledger.unchanged(work.stem)
        else:
            self._ledger.finished(work.stem, outcome, attempts=attempts)
        self._retries.forget(work.stem)
        self._done[outcome.status] += 1
        self._last = _code(outcome)
        self.tell("document", work.stem, status=outcome.status, problem=outcome.error)

    def _again(  # what is told of an attempt
        self,
        work: Work,
        ended: Ended | Literal["transient"],
        page: int | None,
        seconds: float,
        problem: Problem | None,
        delay: float = 0.0,
    ) -> None:
        """Have a document read once more."""
        told = "time_limit" if ended == "document_time_limit" else ended
        self._ledger.broken_off(work.stem, told, page=page, seconds=round(seconds, 3), blamed=work.blamed)
        self._order += 1
        heapq.heappush(self._late, (time.monotonic() + delay, self._order, work))
        self.tell("retry", work.stem, page=page, problem=problem)

    def put_back(self) -> None:
        """Have what is in hand read by the next run."""
        for stem in self._hands:
            with contextlib.suppress(DocaiError):
                self._ledger.put_back(stem)

    def tell(
        self,
        kind: Literal["begun", "page", "document", "retry", "note", "ended"],
        stem: str | None = None,
        *,
        page: int | None = None,
        status: document.Status | None = None,
        problem: Problem | None = None,
        message: str = "",
    ) -> None:
        """Tell what happened, and how far all is."""
        self._on_progress(
            Event(
                kind=kind,
                stem=stem,
                page=page,
                status=status,
                problem=problem,
                message=message,
                done=self._done.total(),
                failed=self._done["failure"],
                known=self._known,
                more=False,
                before=self._before,
                pages=self._pages,
                seconds=time.monotonic() - self._began,
                memory=self._memory,
                workers=self._workers,
            )
        )

    def summary(self, counts: Any) -> Summary:
        """Return how it ended; `counts` are the ledger's."""
        interrupted = self._stopping.once or self._stopping.twice
        code = ExitCode.OK
        if counts.failed or counts.partial:
            code = ExitCode.SOME_FAILED
        if self._known + self._before == 1 and self._last is not None:
            code = self._last
        if interrupted:
            code = ExitCode.INTERRUPTED
        return Summary(
            done=self._done.total(),
            failed=self._done["failure"],
            before=self._before,
            left=self._known - self._done.total(),
            all_failed=counts.failed,
            partial=counts.partial,
            interrupted=interrupted,
            code=code,
        )


def _code(outcome: Outcome) -> ExitCode:
    """Return what the command returns for a single document."""
    if outcome.status == "success":
        return ExitCode.OK
    if outcome.status == "failure" and outcome.error is not None:
        return exit_code_of(outcome.error.code)
    return ExitCode.SOME_FAILED
