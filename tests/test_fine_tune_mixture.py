"""Which sample comes when follows from its position and the seed alone, and honours weights, epochs and faults."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.errors import NothingToDo, Unreadable
from docai.tasks.asking import Ask
from fine_tune.mixture import ATTEMPTS, BLOCK, Mixture, _apportioned, read_faults
from fine_tune.samples import BadSample, Chosen, Joined, Listed, Sample, Turn


def listed(name, count):
    return Listed(name, [Sample((), (Turn(Ask(f"{name} {number}"), "so"),), f"{name}:{number}") for number in range(count)])


class Endless:
    """Samples that are made as they are asked for; some of them bad."""

    count = None

    def __init__(self, name, bad=lambda number: False):
        self.name, self.bad = name, bad

    def sample(self, number):
        if self.bad(number):
            raise BadSample(f"{self.name}:{number}", "no such picture")
        return Sample((), (Turn(Ask(f"{number}"), "so"),), f"{self.name}:{number}")


def told(mixture, count):
    return [(source.name, number) for source, number in map(mixture.pick, range(count))]


def test_weights_are_honoured_in_every_block():
    mixture = Mixture({"own": listed("own", 7), "text": listed("text", 11)}, {"own": 3, "text": 1, "synth/tables": 2}, seed=4)
    assert mixture.shares == {"own": 750, "text": 250}
    assert mixture.missing == ("synth/tables",)
    drawn = told(mixture, 3 * BLOCK)
    for block in range(3):
        names = Counter(name for name, _ in drawn[block * BLOCK : (block + 1) * BLOCK])
        assert names == mixture.shares
    halves = [Counter(name for name, _ in drawn[start : start + BLOCK // 2])["own"] for start in range(0, 3 * BLOCK, BLOCK // 2)]
    assert all(300 < half < 450 for half in halves)  # shuffled, not one source behind the other


def test_it_is_told_how_often_each_source_is_due():
    mixture = Mixture({"a": listed("a", 7), "b": listed("b", 3)}, {"a": 2, "b": 1}, 5)
    for positions in (0, 1, 10, BLOCK, BLOCK + 10):
        counted = Counter(mixture.pick(position)[0].name for position in range(positions))
        assert mixture.counts(positions) == {"a": counted["a"], "b": counted["b"]}


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(1e-6, 1e6), min_size=1, max_size=12))
def test_shares_fill_a_block_and_forget_nobody(weights):
    shares = _apportioned(weights)
    assert sum(shares.values()) == BLOCK
    assert min(shares.values()) >= 1
    for name, share in shares.items():
        assert abs(share - weights[name] / sum(weights.values()) * BLOCK) <= len(weights)


def test_no_sample_comes_twice_in_an_epoch_and_epochs_differ_in_order():
    mixture = Mixture({"own": listed("own", 700), "text": Endless("text")}, {"own": 1, "text": 1})
    own = [number for name, number in told(mixture, 4 * BLOCK) if name == "own"]
    epochs = [own[start : start + 700] for start in range(0, 1400, 700)]
    assert all(sorted(epoch) == list(range(700)) for epoch in epochs)
    assert epochs[0] != epochs[1] != sorted(epochs[1])
    assert [number for name, number in told(mixture, 4 * BLOCK) if name == "text"] == list(range(2 * BLOCK))


def test_a_position_gives_the_same_sample_in_any_order_and_process(tmp_path):
    sources, weights = {"own": listed("own", 50), "text": listed("text", 9)}, {"own": 2, "text": 1}
    mixture = Mixture(sources, weights, seed=1)
    forward = told(mixture, 300)
    backward = [(source.name, number) for source, number in map(mixture.pick, reversed(range(300)))]
    assert backward[::-1] == forward
    assert told(Mixture(sources, weights, seed=2), 300) != forward
    (tmp_path / "mixture").write_bytes(pickle.dumps(mixture))
    code = "import pickle, sys; m = pickle.load(open(sys.argv[1], 'rb')); print([m.pick(p)[1] for p in range(300)])"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "mixture"], capture_output=True, text=True, check=False)
    assert done.stdout == f"{[number for _, number in forward]}\n", done.stderr


@pytest.mark.parametrize("epochs", [0.5, 1, 2.25])
def test_positions_of_epochs_are_the_fewest_that_hold_them(epochs):
    mixture = Mixture({"own": listed("own", 640), "synth": Endless("synth")}, {"own": 1, "synth": 2}, seed=3)
    positions = mixture.positions(epochs)
    draws = Counter(name for name, _ in told(mixture, positions))["own"]
    assert draws == round(640 * epochs)
    assert mixture.pick(positions - 1)[0].name == "own"
    assert mixture.positions(1, ("synth", "text")) == 0


def test_a_bad_sample_is_noted_and_the_next_of_its_source_stands_in(tmp_path):
    path = tmp_path / "faults.jsonl"
    mixture = Mixture({"own": Endless("own", bad=lambda number: number in (3, 4))}, {"own": 1}, faults=path)
    origins = [mixture.sample(position, lambda sample: sample.origin) for position in range(6)]
    assert origins == ["own:0", "own:1", "own:2", "own:5", "own:5", "own:5"]
    faults = read_faults(path)
    assert [(fault.position, fault.origin, fault.reason) for fault in faults] == [
        (3, "own:3", "no such picture"),
        (3, "own:4", "no such picture"),
        (4, "own:4", "no such picture"),
    ]
    mixture.sample(3, lambda sample: sample)  # as after a resumption
    assert read_faults(path) == faults
    assert len(path.read_text().splitlines()) == 5
    assert json.loads(path.read_text().splitlines()[0])["origin"] == "own:3"


def test_what_the_encoder_refuses_is_a_fault_as_well(tmp_path):
    mixture = Mixture({"own": listed("own", 40)}, {"own": 1}, faults=tmp_path / "faults.jsonl")

    def encode(sample):
        if sample.origin.endswith(("1", "2")):
            raise BadSample(sample.origin, "too long")
        return sample.origin

    origins = [mixture.sample(position, encode) for position in range(40)]
    assert not [origin for origin in origins if origin.endswith(("1", "2"))]
    assert {fault.origin for fault in read_faults(tmp_path / "faults.jsonl")} == {
        f"own:{number}" for number in range(40) if number % 10 in (1, 2)
    }


def test_only_bad_samples_in_a_row_end_the_training(tmp_path):
    mixture = Mixture({"own": Endless("own", bad=lambda number: number >= 2)}, {"own": 1}, faults=tmp_path / "faults.jsonl")
    with pytest.raises(Unreadable, match=f"own: {ATTEMPTS} samples in a row cannot be used, such as own:2: no such picture"):
        mixture.sample(2, lambda sample: sample)
    assert len(read_faults(tmp_path / "faults.jsonl")) == ATTEMPTS


def test_nothing_to_learn_from_is_told(tmp_path):
    assert read_faults(tmp_path / "faults.jsonl") == []
    with pytest.raises(NothingToDo, match="none of own, text is there"):
        Mixture({"own": listed("own", 0)}, {"own": 1, "text": 1, "pairs": 0})
    with pytest.raises(IndexError):
        Mixture({"own": listed("own", 1)}, {"own": 1}).pick(-1)


def test_sources_are_joined_and_chosen_from_by_number():
    joined = Joined("own", [listed("a", 2), listed("b", 0), listed("c", 3)])
    assert [joined.sample(number).origin for number in range(joined.count)] == ["a:0", "a:1", "c:0", "c:1", "c:2"]
    for number in (-1, 5):
        with pytest.raises(IndexError):
            joined.sample(number)
    chosen = Chosen(joined, [4, 1])
    assert [chosen.sample(number).origin for number in range(chosen.count)] == ["c:2", "a:1"]
    with pytest.raises(ValueError, match="synth never ends"):
        Joined("own", [Endless("synth")])
