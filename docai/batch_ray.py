"""A batch on a Ray cluster: the same reading and the same files as on one machine, by actors of Ray Data on many.

Documents travel as references, a stem and a path on a file system that all nodes share; no page ever goes through Ray's object
store. An actor reads by a worker process of its own (`docai.workers`), which is killed at the limits of a page, as the local engine
does it: what hangs, crashes or swells costs one attempt of one document, and no actor.

What is done is written down where it is done. Each actor appends a line to a file of its own, `OUT/.docai/manifest/*.jsonl`, and
syncs it, after the outputs of a document have their final names and before its row goes to the driver. So:

* an actor or node dies: Ray Data starts the actor anew, elsewhere if need be, and repeats its task without end (`max_restarts` and
  `max_task_retries` are -1 for its actors unless told otherwise). The few documents of the task are read again, to the same bytes;
  each row comes to the driver once.
* the driver dies: the next run finds the lines, and reads again only what was being read.

The driver's own ledger has one writer, the driver; one that nodes share would need locks that network file systems do not keep.
"""

from __future__ import annotations

import json
import logging
import math
import os
import pickle
import shutil
import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any, Final

import ray  # before what comes with it: where the extra is not installed, this is what is said to be missing

# isort: split
import pyarrow
import ray.data
import ray.exceptions

from docai.document import Problem, problem_of
from docai.errors import BackendUnavailable, DocaiError, MissingDependency, OutputUnwritable
from docai.giving_up import give_up
from docai.inputs import PRIVATE, find_jobs
from docai.processes import memory_limit
from docai.retries import Retries
from docai.work import Outcome, Recipe, Settings, Setup, Work
from docai.workers import LEAST_MEMORY, MEMORY_SHARE, Bounds, Broken, DocumentDone, Pool

MANIFEST: Final = Path(PRIVATE, "manifest")  # below the output folder
TASK: Final = 8  # documents of a task at most: the most that an actor's death has read again; fewer would load the driver more
TASKS_AN_ACTOR: Final = 8  # that a small batch is cut into at least, so that all actors end at about the same time
SLICE: Final = 100_000  # documents that Ray knows of at a time; some 30 MB of references, and a model is loaded once for them
SHARES: Final = 8  # the most processes that share a GPU: each holds CUDA's context, half a gigabyte, and waits for the others
GPU_USED: Final = 0.9  # of a GPU's memory at most, as vLLM's `gpu_memory_utilization` has it; the rest is for fragments
TOLD: Final = ("DOCAI_ENDPOINT", "OPENAI_BASE_URL")  # of the driver's environment that actors are told; nodes have keys themselves
UNABLE: Final = {each.__name__: each for each in (BackendUnavailable, MissingDependency, OutputUnwritable)}
WAIT_SECONDS: Final = 1.0  # for news of the worker process

OUTCOMES: Final = pyarrow.schema(
    [
        ("stem", pyarrow.string()),
        ("path", pyarrow.string()),
        ("status", pyarrow.string()),
        ("error", pyarrow.string()),  # JSON: a problem
        ("pages", pyarrow.int64()),
        ("failed_pages", pyarrow.int64()),
        ("confidence", pyarrow.float64()),
        ("content_hash", pyarrow.string()),
        ("engines", pyarrow.string()),  # JSON: a list
        ("outputs", pyarrow.list_(pyarrow.string())),
        ("seconds", pyarrow.float64()),
        ("peak_memory", pyarrow.int64()),
        ("transient", pyarrow.bool_()),
        ("unchanged", pyarrow.bool_()),
        ("attempts", pyarrow.int64()),
        ("node", pyarrow.string()),
        ("recipe", pyarrow.string()),  # its digest
        ("size", pyarrow.int64()),  # of the input, in bytes; null where it is not there
        ("modified", pyarrow.int64()),  # of the input, in nanoseconds since 1970; null where it is not there
        ("unable", pyarrow.string()),  # the class of the error for which no document at all can be read there; null otherwise
    ]
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """How a cluster is used.

    Attributes:
        address: Of the cluster; None for that in RAY_ADDRESS, or else one on this machine alone.
        cpus: Of one actor.
        gpus: Of one actor, a fraction where several share a GPU (see `share_of_gpu`); None for 1 where the recipe has a model that
            is held where pages are read, else 0.
    """

    address: str | None = None
    cpus: float = 1.0
    gpus: float | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A document that is done.

    Attributes:
        stem: As its `Work` has it.
        outcome: What came of it.
        attempts: It took; those that a lost node took with it are not counted.
        node: The name of the host that read it.
    """

    stem: str
    outcome: Outcome
    attempts: int
    node: str


def share_of_gpu(needed: int, memory: int) -> float:
    """Return the share of a GPU that a process which needs so many bytes takes: 1, 1/2 ... 1/8, so that shares fill it evenly.

    Args:
        needed: Bytes, as `docai models list` plans them for a model (`docai.models.Memory.total`).
        memory: Bytes of the GPU.

    Raises:
        BackendUnavailable: It does not fit.
    """
    fitting = int(GPU_USED * memory // needed)
    if fitting < 1:
        raise BackendUnavailable(
            f"the model needs {needed / 1e9:.1f} GB and the GPU has {memory / 1e9:.1f}; take a smaller model, or --quantization nf4"
        )
    return 1 / min(fitting, SHARES)


def ray_run(  # what decides outputs, how they are made, and where
    works: Iterable[Work],
    output: Path,
    recipe: Recipe,
    settings: Settings | None = None,
    cluster: Cluster | None = None,
    *,
    resume: bool = True,
) -> Iterator[Delivered]:
    """Read documents on a Ray cluster and yield each as it is done, in no order; each once.

    What an earlier run finished without its driver having been told comes first and is not read again. When all have come, the
    manifest is deleted: what the caller made of them is the record.

    Args:
        works: The documents, taken as they are needed.
        output: The folder for the outputs, an absolute path by which every node has it.
        recipe: What is made of them.
        settings: How they are read: `workers` is the most actors, None for as many as there is room for when the run begins;
            `max_memory` is that of one actor's process.
        cluster: How the cluster is used.
        resume: Whether what earlier runs left in the manifest counts; otherwise it is dropped.

    Raises:
        BackendUnavailable: There is no such cluster, its nodes do not share the output folder, have another docai, or cannot read.
        OutputUnwritable: Nothing can be written to the output folder.
    """
    settings, cluster = settings or Settings(), cluster or Cluster()
    manifest = output / MANIFEST
    if not resume:
        shutil.rmtree(manifest, ignore_errors=True)
    manifest.mkdir(parents=True, exist_ok=True)
    told = read_manifest(output)
    waiting = iter(works)
    with _connected(cluster.address):
        while taken := list(islice(waiting, SLICE)):
            due: list[Work] = []
            for work in taken:
                row = told.get(work.stem)
                if row is not None and _holds(row, work.path, output, recipe):
                    yield _delivered(row)
                else:
                    due.append(work)
            if due:
                yield from _read(due, output, recipe, settings, cluster)
    shutil.rmtree(manifest)


def ray_dataset(
    inputs: Iterable[str | Path],
    output: str | Path,
    recipe: Recipe | None = None,
    settings: Settings | None = None,
    cluster: Cluster | None = None,
) -> ray.data.Dataset:
    """Return a dataset of outcomes, a row for each document, which reads them when it is consumed; outputs are written as it does.

    The columns are those of `OUTCOMES`. Where a node cannot read at all, or the output folder is full, documents that were not read
    have a row whose `unable` tells it, and no line in the manifest. What the manifest tells to be done is not read again; it stays.
    Ray is used as it has been set up, or else started on this machine.

    Args:
        inputs: Files, folders and patterns; every node has them by these names.
        output: The folder for the outputs, which every node has by this name.
        recipe: What is made of them; JSON by rules and geometry where it is None.
        settings: How they are read; see `ray_run`.
        cluster: How the cluster is used.

    Raises:
        NothingToDo: An input has no documents in it.
        BackendUnavailable: Ray cannot be started, or has no room for an actor.
    """
    recipe, settings, cluster = recipe or Recipe(), settings or Settings(), cluster or Cluster()
    folder = Path(os.path.abspath(output))  # noqa: PTH100  # resolve() would follow links, which other nodes may not have
    (folder / MANIFEST).mkdir(parents=True, exist_ok=True)
    told = read_manifest(folder)
    due, done = [], []
    for job in find_jobs(map(str, inputs)):
        row, path = told.get(job.stem.as_posix()), os.path.abspath(job.path)  # noqa: PTH100  # as above
        if row is not None and _holds(row, path, folder, recipe):
            done.append(row)
        else:
            due.append(Work(job.stem.as_posix(), path, settings.password))
    if not ray.is_initialized():
        _connect(cluster.address)
    known = ray.data.from_arrow(pyarrow.Table.from_pylist(done, schema=OUTCOMES))
    if not due:
        return known
    read = _dataset(due, folder, recipe, settings, cluster)
    return known.union(read) if done else read


def read_manifest(output: Path) -> dict[str, dict[str, Any]]:
    """Return what the actors wrote down below `output`: by stem, a row each as `OUTCOMES` has it.

    A line that its actor did not live to finish counts for nothing; its document is read again.
    """
    rows: dict[str, dict[str, Any]] = {}
    for part in sorted((output / MANIFEST).glob("*.jsonl")):
        with part.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                rows[row["stem"]] = row
    return rows


def _holds(row: Mapping[str, Any], path: str, output: Path, recipe: Recipe) -> bool:
    """Return whether a row still tells of an input and its outputs: well read, by the same recipe, none changed or gone."""
    if row["status"] == "failure" or row["recipe"] != recipe.digest:
        return False
    same = (row["size"], row["modified"]) == _stamp(path)
    return same and row["size"] is not None and all((output / name).is_file() for name in row["outputs"])


def _stamp(path: str) -> tuple[int, int] | tuple[None, None]:
    """Return the size and the time by which a change of an input is known; nothing of what is no file here, as of a URL."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None, None
    return found.st_size, found.st_mtime_ns


def _delivered(row: Mapping[str, Any]) -> Delivered:
    outcome = Outcome(
        status=row["status"],
        error=None if row["error"] is None else Problem.model_validate_json(row["error"]),
        pages=row["pages"],
        failed_pages=row["failed_pages"],
        confidence=row["confidence"],
        content_hash=row["content_hash"],
        engines=tuple(json.loads(row["engines"])),
        outputs=tuple(row["outputs"]),
        seconds=row["seconds"],
        peak_memory=row["peak_memory"],
        transient=row["transient"],
        unchanged=row["unchanged"],
    )
    return Delivered(row["stem"], outcome, row["attempts"], row["node"])


def _row(work: Work, outcome: Outcome, attempts: int) -> dict[str, Any]:
    return {
        **asdict(outcome),
        "stem": work.stem,
        "path": work.path,
        "error": None if outcome.error is None else outcome.error.model_dump_json(),
        "engines": json.dumps([dict(engine) for engine in outcome.engines]),
        "outputs": list(outcome.outputs),
        "attempts": attempts,
        "node": socket.gethostname(),
    }


# Of the driver


@contextmanager
def _connected(address: str | None) -> Iterator[None]:
    """Be connected to a cluster: the one that the caller has set up, or else one that is left at the end."""
    if ray.is_initialized():
        yield
        return
    _connect(address)
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address: str | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports to its makers, and asks a network that is not there
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else it writes on the terminal; its own log files tell all
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        where = f"at {address}" if address else "on this machine"
        raise BackendUnavailable(f"no Ray cluster {where}: {error}; start one: ray start --head, and give its --address") from error


def _read(works: list[Work], output: Path, recipe: Recipe, settings: Settings, cluster: Cluster) -> Iterator[Delivered]:
    """Yield the documents of a slice as they are done, each once."""
    waiting = {work.stem for work in works}
    dataset = _dataset(works, output, recipe, settings, cluster)
    dataset.context.enable_progress_bars = False  # the batch has its own
    dataset.context.print_on_execution_start = False
    tables: Iterable[Any] = dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
    try:
        for table in tables:
            for row in table.to_pylist():
                if row["unable"] is not None:
                    raise UNABLE.get(row["unable"], BackendUnavailable)(json.loads(row["error"])["message"])
                if row["stem"] in waiting:
                    waiting.remove(row["stem"])
                    yield _delivered(row)
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines()
        told = said[-1] if said else type(error).__name__
        raise BackendUnavailable(f"Ray gave up: {told}; mend that and run it again, what is done stays done") from error
    if waiting:
        raise BackendUnavailable(f"Ray ended without {len(waiting)} documents, such as {min(waiting)}; run it again")


def _dataset(works: list[Work], output: Path, recipe: Recipe, settings: Settings, cluster: Cluster) -> ray.data.Dataset:
    """Return the outcomes of documents as a dataset that reads them when it is consumed."""
    gpus = cluster.gpus
    if gpus is None:
        gpus = 1.0 if recipe.backend == "vlm" or (recipe.backend == "auto" and recipe.model is not None) else 0.0
    has = ray.cluster_resources()
    room = has.get("CPU", 0) / cluster.cpus if cluster.cpus else len(works)
    room = min(room, has.get("GPU", 0) / gpus) if gpus else room
    if room < 1 and settings.workers is None:
        wants = f"{cluster.cpus:g} CPUs and {gpus:g} GPUs"
        raise BackendUnavailable(
            f"no room for an actor of {wants} in a cluster of {has.get('CPU', 0):g} and {has.get('GPU', 0):g}; "
            "ask for less, or where the cluster grows by itself, say to how many actors (--workers)"
        )
    most = settings.workers or int(room)
    size = max(1, min(TASK, len(works) // (most * TASKS_AN_ACTOR)))
    rows = [{"stem": work.stem, "work": pickle.dumps(work)} for work in works]
    mark = output / MANIFEST / f"{uuid.uuid4().hex}.mark"
    mark.touch()
    environment = {name: os.environ[name] for name in TOLD if name in os.environ}
    blocks = ray.data.from_items(rows, override_num_blocks=math.ceil(len(rows) / size))  # made here, where from_arrow asks nodes
    return blocks.map_batches(
        Readers,
        fn_constructor_args=(recipe, output, settings, cluster, mark, metadata.version("docai"), environment),
        batch_size=None,  # a task is a block
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=max(1, min(most, int(room)))),
        num_cpus=cluster.cpus,
        num_gpus=gpus,
    )


# Of an actor


class Readers:
    """An actor of a dataset: takes tables of works, has them read by a process that it may kill, returns tables of `OUTCOMES`."""

    def __init__(  # noqa: PLR0913, PLR0917  # what Ray hands over
        self,
        recipe: Recipe,
        output: Path,
        settings: Settings,
        cluster: Cluster,
        mark: Path,
        version: str,
        environment: Mapping[str, str],
    ) -> None:
        """Take what is told; nothing is begun before the first task, since Ray repeats without end what fails here."""
        os.environ.update(environment)
        self._recipe, self._output, self._settings, self._cluster = recipe, output, settings, cluster
        self._mark, self._version = mark, version
        self._part = output / MANIFEST / f"{uuid.uuid4().hex}.jsonl"  # an own one: on network drives, two that append lose lines
        self._pool: Pool | None = None
        # Linux ends a worker with the thread that started it, and Ray calls from one thread or another
        self._thread = ThreadPoolExecutor(1, "docai")

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        """Read the documents of a task, one after the other, and write each down."""
        works = [pickle.loads(told) for told in batch.column("work").to_pylist()]  # noqa: S301  # the driver's
        return self._thread.submit(self._table, works).result()

    def close(self) -> None:
        """End the process that reads; it ends with the actor if this is not called."""
        if self._pool is not None:
            self._thread.submit(self._pool.__exit__, None, None, None).result()
        self._thread.shutdown()

    def _table(self, works: list[Work]) -> pyarrow.Table:
        rows = []
        for work in works:
            size, modified = _stamp(work.path)  # before it is read: a change meanwhile then counts as one
            try:
                outcome, attempts = self._read(self._begun(), work)
                unable = None
            except DocaiError as error:  # of this node, or of the output folder: not the document's, so it is not written down
                outcome, attempts, unable = Outcome("failure", problem_of(error)), 1, type(error).__name__
            more = {"recipe": self._recipe.digest, "size": size, "modified": modified, "unable": unable}
            rows.append({**_row(work, outcome, attempts), **more})
            if unable is None:
                with self._part.open("a", encoding="utf-8") as part:
                    part.write(f"{json.dumps(rows[-1])}\n")
                    part.flush()
                    os.fsync(part.fileno())
        return pyarrow.Table.from_pylist(rows, schema=OUTCOMES)

    def _begun(self) -> Pool:
        """Return what reads.

        Raises:
            BackendUnavailable: This node has another output folder than the driver, or another docai.
        """
        if self._pool is not None:
            return self._pool
        node, version = socket.gethostname(), metadata.version("docai")
        if version != self._version:
            raise BackendUnavailable(f"{node} has docai {version}, the driver {self._version}; install the same on all nodes")
        if not self._mark.exists():
            raise BackendUnavailable(f"{self._output} on {node} is not the driver's; give a folder that all nodes share")
        share = int(MEMORY_SHARE * memory_limit() * min(1.0, self._cluster.cpus / (os.cpu_count() or 1)))
        memory = self._settings.max_memory or max(LEAST_MEMORY, share)
        bounds = Bounds(self._settings.page_seconds, self._settings.document_seconds, memory, self._settings.recycle)
        self._pool = Pool(lambda _: Setup(self._recipe, self._output), 1, bounds)
        return self._pool

    def _read(self, pool: Pool, work: Work) -> tuple[Outcome, int]:
        """Return what came of a document, and in how many attempts; the rules are those of `docai.batch`.

        Raises:
            DocaiError: Nothing can be read here, or written.
        """
        retries, stem = Retries(self._settings.retries), work.stem
        while True:
            news = _attempt(pool, work)
            if isinstance(news, Broken):
                again, problem = retries.after(news)
                if again is None:
                    given_up = give_up(work, problem, self._recipe, self._output)
                    return replace(given_up, seconds=round(news.seconds, 3)), retries.used(stem) + 1
                work = again
                continue
            delay = retries.delay(stem) if news.outcome.transient else None
            if delay is None:
                return news.outcome, retries.used(stem) + 1
            time.sleep(delay)


def _attempt(pool: Pool, work: Work) -> DocumentDone | Broken:
    """Return how one attempt at a document ended."""
    while not pool.free:
        pool.wait(WAIT_SECONDS)
    pool.give(work)
    while True:
        for news in pool.wait(WAIT_SECONDS):
            if isinstance(news, DocumentDone | Broken):
                return news
