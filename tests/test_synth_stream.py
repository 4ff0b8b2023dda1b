"""Samples of drawn pages by their number, here and in other processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import pytest

from docai.dialects.internvl import Dialect as Internvl
from docai.dialects.varco import Dialect as Varco
from docai.errors import BackendError
from fine_tune.samples import BadSample, Listed, Sample
from fine_tune.synth.questions import KINDS
from fine_tune.synth.stream import SynthSource, stream, synth_source

SMALL = SynthSource("captions", seed=3, dpi=50)


class Faulty:
    """A source whose second sample is bad, and whose fifth ends its process."""

    name, count = "faulty", None

    def sample(self, number):
        if number == 1:
            raise BadSample("faulty:1", "it is bad")
        if number == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return Sample((), (), f"faulty:{number}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_a_pure_function_of_its_number(kind):
    source = synth_source(f"synth/{kind}", seed=2)
    one = source.sample(11)
    source.sample(12)
    assert source.sample(11) == one
    assert synth_source(f"synth/{kind}", seed=2).sample(11) == one
    assert one.origin == f"synth/{kind}:11"
    assert synth_source(f"synth/{kind}", seed=3).sample(11) != one
    assert source.count is None


def test_pages_are_of_the_languages_that_are_asked_for():
    source = synth_source("synth/pages", seed=1, languages=("ko",), scanned=0.0)
    assert {source.sample(number).turns[0].task.languages for number in range(4)} == {("ko",)}


def test_some_pages_are_empty_where_that_has_an_answer():
    source = synth_source("synth/pages", seed=3, dpi=50, scanned=0.0)  # a seed with one of 3 in 100 among its first
    assert [source.sample(number).turns[0].answer == () for number in range(12)].count(True) == 1


def test_held_out_samples_are_others():
    assert replace(SMALL, held_out=True).sample(1) != SMALL.sample(1)


def test_readings_are_told_as_the_dialect_tells_them():
    words = synth_source("synth/reading", seed=1, dialect=Varco()).sample(0).turns[0].answer
    lines = synth_source("synth/reading", seed=1, dialect=Internvl()).sample(0).turns[0].answer
    assert " ".join(word.text for text in words for word in text.words).split() == lines.split()


@pytest.mark.parametrize("name", ["synth/poems", "reading", ""])
def test_an_unknown_name_tells_the_known_ones(name):
    with pytest.raises(ValueError, match="synth/reading, synth/captions"):
        synth_source(name)


# Streams


def test_a_stream_gives_what_the_source_gives_in_order():
    samples = list(stream(SMALL, 2, start=5, count=5))
    assert samples == [SMALL.sample(number) for number in range(5, 10)]
    assert multiprocessing.active_children() == []


def test_a_stream_that_is_closed_ends_its_processes():
    endless = stream(SMALL, 1)
    next(endless)
    assert len(multiprocessing.active_children()) == 1
    began = time.monotonic()
    endless.close()
    assert multiprocessing.active_children() == []
    assert time.monotonic() - began < 5


def test_bad_samples_are_told_and_a_process_that_dies_is_too():
    samples = stream(Faulty(), 1)
    first = [next(samples) for _ in range(4)]
    assert [one.origin for one in first] == [f"faulty:{number}" for number in range(4)]
    assert isinstance(first[1], BadSample)
    assert str(first[1]) == "faulty:1: it is bad"
    with pytest.raises(BackendError, match="faulty:4 has ended"):
        next(samples)


def test_a_stream_of_nobody_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        next(stream(Listed("x", []), 0))
