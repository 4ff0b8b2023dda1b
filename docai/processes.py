"""Processes that are started clean, end with their parent, and can be killed with all that they started."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Final

import psutil

_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG, prctl(2)
_WATCH_SECONDS: Final = 0.5  # between looks at the parent, where the system does not tell of its death

# Libraries for numbers start a thread a core in each process unless told: with a process a core, that is the square of their number
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")


def die_with_parent() -> None:
    """Have this process, which `multiprocessing` started, killed when the one that started it ends, however that ends.

    On Linux the kernel does it, also while a library holds this process in C; there, the end of the thread that started it
    counts as the end of its process. Elsewhere a thread looks.
    """
    starter = multiprocessing.parent_process()
    if starter is None or starter.pid is None:
        return
    parent = starter.pid
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent if os.name == "posix" else psutil.pid_exists(parent):
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


@contextlib.contextmanager
def clean_start(environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Have processes that are started meanwhile take one thread for numbers, and begin `apart`.

    What of `environment` is set is set for them alone.
    """
    told = {**{name: value for name, value in _ONE_THREAD.items() if name not in os.environ}, **(environment or {})}
    before = {name: os.environ.get(name) for name in told}
    try:
        os.environ.update(told)
        with apart():
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Have processes that are started meanwhile begin with Ctrl-C held back, and without the script that this one runs.

    Ctrl-C then never finds them unprepared. `multiprocessing` has a spawned process import the script that is run here, for what
    it may define; ours need nothing of it, and a script without `if __name__ == "__main__":` would begin its work anew in each.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")  # where `multiprocessing.spawn.get_preparation_data` looks for the script
    try:
        with _without_interrupts():
            yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # starting it would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which a terminal sends to all its processes, to the parent; lead a group, which can be killed whole."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if hasattr(os, "setsid"):
        with contextlib.suppress(PermissionError):  # it leads one already
            os.setsid()


def kill(process: BaseProcess) -> None:
    """Kill a process that called `ignore_interrupts`, with the programs that it runs, and wait until it is gone."""
    if process.pid is None:
        return
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def cores() -> int:
    """Return how many processor cores this process may use, where the system tells; else how many there are."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_of(pids: Iterable[int]) -> dict[int, int]:
    """Return the bytes of memory that processes hold (resident, what they share counted in each); none of those that are gone."""
    held = {}
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            held[pid] = psutil.Process(pid).memory_info().rss
    return held


def memory_limit() -> int:
    """Return how many bytes of memory this machine has, or the control group that this process is in allows."""
    total = int(psutil.virtual_memory().total)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as stream:  # noqa: PTH123  # one line
            total = min(total, int(stream.read()))
    return total
