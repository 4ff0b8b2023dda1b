"""Ctrl-C that is not lost.

PyMuPDF's C++ code calls back into Python, and drops whatever is raised there; a KeyboardInterrupt that comes at that
moment would let the command run on as if nobody had asked it to stop.
"""

from __future__ import annotations

import signal
import threading
from contextlib import AbstractContextManager
from types import FrameType


class Interrupts(AbstractContextManager["Interrupts"]):
    """While it is entered, remembers that SIGINT came; where the process ignores SIGINT, it goes on ignoring it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._came = self._ours = False

    def __enter__(self) -> Interrupts:
        """Begin to remember."""
        in_main = threading.current_thread() is threading.main_thread()  # only it may set handlers
        self._ours = in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signal back."""
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if one came and was dropped on its way."""
        if self._came:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        signal.default_int_handler(number, frame)
