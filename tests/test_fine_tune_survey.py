"""A look at all samples before the first step counts what can be used, and tells what cannot."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from fine_tune.readers import by_kind, open_data
from fine_tune.samples import BadSample
from fine_tune.survey import survey
from tests.fine_tune_samples import drawn, encoder_of, words_in


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    """Return a source of ten samples, of which four are bad, and who encodes them."""
    folder = tmp_path_factory.mktemp("data")
    drawn(folder / "a.png")
    texts = ["so"] * 10
    texts[3], texts[5] = "so " * 2000, "<box>"
    records = [
        {"image": "lost.png" if place == 7 else "a.png", "question": "What?", "answer": text} for place, text in enumerate(texts)
    ]
    written = [json.dumps(record) for record in records]
    written[1] = '{"image": "a.png",'
    (folder / "own.jsonl").write_text("\n".join(written))
    return by_kind(open_data(folder))["own"], encoder_of(words_in(tmp_path_factory.mktemp("model"), "markup"), tokens=1000)


def test_bad_samples_are_counted_and_told_and_the_others_used(surveyed):
    source, encoder = surveyed
    progress = []
    found = survey(source, encoder.encode, on_progress=lambda done, count: progress.append((done, count)))
    assert found.usable == (0, 2, 4, 5, 6, 8, 9)
    assert [fault.origin.rpartition(":")[2] for fault in found.faults] == ["2", "4", "8"]
    reasons = ["no JSON", "tokens, and at most 1,000 are allowed", "no such picture: lost.png"]
    assert all(reason in fault.reason for reason, fault in zip(reasons, found.faults, strict=True))
    good = found.good(source)
    encoded = [encoder.encode(good.sample(number)) for number in range(good.count)]
    assert found.tokens == tuple(len(one.ids) for one in encoded)
    assert found.answer_tokens == tuple(one.answer_tokens for one in encoded)
    assert progress == [(done, 10) for done in range(1, 11)]
    report = found.report(most=1).splitlines()
    assert report[0] == "7 samples can be used, 3 cannot"
    assert f"the longest sample has {max(found.tokens):,}" in report[1]
    assert report[2:] == [str(found.faults[0]), "… and 2 more"]


@pytest.mark.slow  # a process of its own loads all that training needs
def test_several_processes_find_the_same(surveyed):
    source, encoder = surveyed
    alone, together = survey(source, encoder.encode), survey(source, encoder.encode, processes=1)
    assert (alone.usable, alone.tokens, alone.answer_tokens) == (together.usable, together.tokens, together.answer_tokens)
    assert [str(fault) for fault in alone.faults] == [str(fault) for fault in together.faults]
    assert all(isinstance(fault, BadSample) for fault in together.faults)


def test_samples_whose_text_is_shown_too_small_are_counted(surveyed, tmp_path):
    _, encoder = surveyed
    drawn(tmp_path / "poster.png", size=(1200, 1200))  # 432 points at 200 dpi, on a tile of 448 pixels: 10 an em
    drawn(tmp_path / "stamp.png", size=(400, 400))
    record = '{"image": "%s.png", "question": "What?", "%s": "so"%s}\n'
    (tmp_path / "own.jsonl").write_text(record % ("poster", "answer", "") + record % ("stamp", "answer", ""))
    (tmp_path / "pairs.jsonl").write_text(record % ("poster", "chosen", ', "rejected": "no"'))
    kinds = by_kind(open_data(tmp_path))
    found = survey(kinds["own"], encoder.encode)
    assert (len(found.usable), found.small) == (2, 1)
    assert "1 show their text too small to be read well" in found.report()
    pair = survey(kinds["pairs"], encoder.encode_pair)
    parts = encoder.encode_pair(kinds["pairs"].sample(0))
    assert (pair.tokens, pair.answer_tokens, pair.small) == ((sum(len(part.ids) for part in parts),), (6,), 1)


def test_what_never_ends_is_not_surveyed(surveyed):
    source, encoder = surveyed
    endless = type("Endless", (), {"name": "synth", "count": None, "sample": source.sample})()
    with pytest.raises(ValueError, match="synth never ends"):
        survey(endless, encoder.encode)
