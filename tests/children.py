"""Processes that another one has started: any of them may end while somebody looks."""

from __future__ import annotations

from contextlib import suppress

import psutil

READERS = "spawn_main"  # in the command line of what multiprocessing has spawned


def children(of: int | None = None, word: str = READERS, *, recursive: bool = False) -> list[psutil.Process]:
    """Return the processes alive with `word` in their command lines that `of`, or else this process, has started."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(of).children(recursive=recursive):
            with suppress(psutil.NoSuchProcess):  # or its subclass for one that has ended and waits to be asked how
                if word in " ".join(child.cmdline()):
                    found.append(child)
    return found


def alive(pid: int) -> bool:
    """Return whether there is a process `pid` that has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
