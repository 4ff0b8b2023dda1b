"""The tree of errors is as its docstring draws it, and each leaf knows its exit code."""

from __future__ import annotations

import pickle
import re

import pytest

import docai
from docai import errors
from docai.errors import BackendError, DocaiError, ExitCode, InputError, MalformedReply

DRAWN = re.findall(r"^( *)[*+~-] (\w+) +(\d+)", errors.__doc__, re.MULTILINE)
CLASSES = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, DocaiError)}


def test_the_tree_is_as_it_is_drawn():
    parents = [Exception]
    for indent, name, code in DRAWN:
        depth = len(indent) // 2
        assert CLASSES[name].__bases__ == (parents[depth],)
        assert CLASSES[name].exit_code == int(code)
        parents[depth + 1 :] = [CLASSES[name]]
    assert {name for _, name, _ in DRAWN} == set(CLASSES)


def test_every_error_is_public():
    assert set(CLASSES) | {"ExitCode"} <= set(docai.__all__)


@pytest.mark.parametrize("kind", CLASSES.values())
def test_an_error_keeps_its_message_across_processes(kind):
    again = pickle.loads(pickle.dumps(kind("a.pdf: no such file; check the path")))
    assert type(again) is kind
    assert str(again) == "a.pdf: no such file; check the path"


def test_exit_codes_differ_and_fit_a_process():
    codes = [code.value for code in ExitCode.__members__.values()]
    assert len(set(codes)) == len(codes)
    assert all(0 <= code <= 255 for code in codes)
    assert {kind.exit_code for kind in CLASSES.values()} <= set(ExitCode)


def test_no_error_ends_as_if_all_were_well():
    assert all(kind.exit_code != ExitCode.OK for kind in CLASSES.values())


def test_only_what_may_succeed_later_is_to_be_tried_again():
    retryable = {kind for kind in CLASSES.values() if issubclass(kind, BackendError) and kind.retryable}
    assert retryable == {MalformedReply}
    assert not hasattr(InputError, "retryable")
