"""A backend that reads scans and ends, stops or fills the process it is in, wherever it is told to."""

import ctypes
import mmap
import os
import signal
import time
from pathlib import Path

import numpy as np

from docai.document import Text
from docai.exchange import Reply
from docai.tiling import Lens

HELD = []


def opened(deeds, folder):
    """Return one that does `deeds`, by "name:page": the words of `_do`, or one of them and "once" for the first time alone.

    What it was asked is written into `folder`.
    """
    return Unruly(dict(deeds), Path(folder))


class Unruly:
    """Says of each page what its name and number is."""

    batch = 1
    lens = Lens(dpi=72)

    def __init__(self, deeds, folder):
        self.deeds, self.folder = deeds, folder

    def answer(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        view = request.views[0]
        place = f"{view.page.origin.name}:{view.page.number}"
        with (self.folder / "asked").open("a") as stream:
            stream.write(f"{place}\n")
        deed, _, once = self.deeds.get(place, "").partition(" ")
        done = self.folder / f"{place.replace(':', '-')}.done"
        if deed and not (once and done.exists()):
            done.touch()
            self._do(deed)
        text = Text(page_number=view.page.number, box=view.box, text=place)
        return Reply((text,), confidence=0.9)

    def _do(self, deed):
        if deed == "hang":
            ctypes.PyDLL(None).sleep(1000)  # holds the interpreter's lock, as a library in C does
        elif deed == "sleep":
            time.sleep(0.3)
        elif deed in ("segv", "kill"):
            os.kill(os.getpid(), signal.SIGSEGV if deed == "segv" else signal.SIGKILL)
        elif deed == "eat":
            while True:
                HELD.append(mmap.mmap(-1, 4_000_000))  # shared, which the system counts as nobody's and does not refuse
                HELD[-1].write(bytes(4_000_000))
                time.sleep(0.005)
        elif deed == "gulp":
            HELD.append(np.ones(20_000_000_000, np.uint8))
        elif deed == "busy":
            raise OSError(5, "Input/output error")
