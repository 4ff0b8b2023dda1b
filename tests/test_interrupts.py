"""Ctrl-C is not lost, even where PyMuPDF's C++ code drops what is raised beneath it."""

from __future__ import annotations

import signal
import sys
import threading

import pymupdf
import pytest

from docai.interrupts import Interrupts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")


@pytest.fixture(autouse=True)
def ours():
    """SIGINT as a shell's foreground job has it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class InterruptedMatrix(pymupdf.Matrix):
    """A matrix during whose reading Ctrl-C is pressed."""

    def __getitem__(self, place):
        signal.raise_signal(signal.SIGINT)
        return super().__getitem__(place)


def get_text_interrupted():
    with pymupdf.open() as document:
        document.new_page().get_textpage(matrix=InterruptedMatrix(1, 1))


def test_an_interrupt_that_pymupdf_drops_is_remembered():
    with Interrupts() as interrupts:
        interrupts.check()
        get_text_interrupted()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()


def test_any_other_interrupt_comes_at_once():
    with pytest.raises(KeyboardInterrupt), Interrupts():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_ignores_interrupts_goes_on_doing_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_threads_other_than_the_main_one_may_enter_it():
    entered = []

    def enter():
        with Interrupts() as interrupts:
            interrupts.check()
            entered.append(interrupts)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered
