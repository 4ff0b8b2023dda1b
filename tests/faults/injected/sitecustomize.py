"""Faults from within, for processes that have this folder on their PYTHONPATH: death at a certain step, a clock that goes back.

A document whose name begins with a step and a way to die, such as `reading-SIGSEGV.pdf`, ends the process that reads it there,
once; as `reading-SIGSEGV-always.pdf`, each time. DOCAI_FAULTS is a folder that remembers who has died.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

STEPS = {  # by the function that is being called, and the end of its file's path
    "hashing": ("sha256", "docai/sources/__init__.py"),
    "opening": ("open_source", "docai/sources/__init__.py"),
    "reading": ("words", "docai/sources/pdf.py"),
    "drawing": ("_render", "docai/sources/pdf.py"),
    "writing": ("add", "docai/exporters/json.py"),
    "closing": ("close", "docai/exporters/json.py"),
    "renaming": ("settle", "docai/durable.py"),
    "telling": ("drop", "docai/journal.py"),
}


def _die(way, look):
    if way == "MEMORY":
        held = []
        # what raises here is asked no longer (see sys.setprofile), and the process may live on: it is put back a moment later
        signal.signal(signal.SIGALRM, lambda *_: sys.setprofile(look))
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        while True:  # until the limit of this process refuses more, or its parent ends it
            held.append(bytearray(64 << 20))
    os.kill(os.getpid(), getattr(signal, way))
    time.sleep(60)


def _watched(folder):
    places = {place: step for step, place in STEPS.items()}
    names = {name for name, _ in STEPS.values()}
    at = {}

    def look(frame, event, argument):
        if event != "call":
            return
        name, file = frame.f_code.co_name, frame.f_code.co_filename.replace(os.sep, "/")
        if name == "read" and "work" in frame.f_locals and file.endswith("docai/worker.py"):
            at["stem"] = str(frame.f_locals["work"].stem)
        elif name in names and at.get("stem"):
            step = next((step for (function, end), step in places.items() if function == name and file.endswith(end)), None)
            told = Path(at["stem"]).name.split(".")[0].split("-")
            if step is None or told[0] != step or len(told) < 2:
                return
            mark = Path(folder, "-".join(told))
            if len(told) == 2 and mark.exists():
                return
            mark.touch()
            _die(told[1], look)

    threading.setprofile(look)
    sys.setprofile(look)


if os.environ.get("DOCAI_FAULTS"):
    _watched(os.environ["DOCAI_FAULTS"])
if os.environ.get("DOCAI_CLOCK_BACK"):  # how many seconds the wall clock loses in each
    _lost, _began, _start = float(os.environ["DOCAI_CLOCK_BACK"]), time.monotonic(), time.time()
    time.time = lambda: _start - _lost * (time.monotonic() - _began)
    time.time_ns = lambda: int(time.time() * 1e9)
