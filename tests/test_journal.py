import pytest

from docai.extraction import Extractor
from docai.journal import BEGIN_SECONDS, Journal
from docai.reading import PageRead, unread_page
from tests.drawn_pages import pages_of_text
from tests.watching import Kept


class Clock:
    """A clock that is set."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def reads():
    kept = Kept()
    for _ in Extractor().pages(pages_of_text(3), watch=kept):
        pass
    return kept.reads


def late(path, key="k"):
    clock = Clock()
    journal = Journal(path, key, clock)
    clock.now = BEGIN_SECONDS
    return journal


def written(path, reads, key="k"):
    with late(path, key) as journal:
        for read in reads:
            journal.keep(read)


def test_pages_come_back_equal(tmp_path, reads):
    written(tmp_path / "j", reads)
    with Journal(tmp_path / "j", "k") as journal:
        assert [journal.get(number) for number in (1, 2, 3, 4)] == [*reads, None]
        assert len(journal) == 3


def test_what_was_read_in_the_first_seconds_is_written_with_what_comes_after_them(tmp_path, reads):
    clock = Clock()
    with Journal(tmp_path / "j", "k", clock) as journal:
        journal.keep(reads[0])
        assert journal.get(1) is None
        assert not (tmp_path / "j").exists()
        clock.now += BEGIN_SECONDS
        journal.keep(reads[1])
    with Journal(tmp_path / "j", "k") as journal:
        assert [journal.get(number) for number in (1, 2, 3)] == [*reads[:2], None]


def test_of_another_file_or_other_options_nothing_is_known(tmp_path, reads):
    written(tmp_path / "j", reads)
    with Journal(tmp_path / "j", "other") as journal:
        assert len(journal) == 0
    assert not (tmp_path / "j").exists()


@pytest.mark.parametrize("share", [n / 40 for n in range(41)])
def test_cut_off_anywhere_it_keeps_whole_pages_and_goes_on(tmp_path, reads, share):
    path = tmp_path / "j"
    written(path, reads)
    whole = path.read_bytes()
    path.write_bytes(whole[: round(share * len(whole))])
    with late(path) as journal:
        known = [number for number in (1, 2, 3) if journal.get(number) is not None]
        assert known == list(range(1, len(known) + 1))
        assert all(journal.get(number) == reads[number - 1] for number in known)
        for read in reads[len(known) :]:
            journal.keep(read)
    assert path.read_bytes() == whole


def test_a_page_of_another_version_is_read_again(tmp_path, reads):
    written(tmp_path / "j", reads)
    (tmp_path / "j").write_bytes((tmp_path / "j").read_bytes().replace(b'"blocks"', b'"pieces"'))
    with Journal(tmp_path / "j", "k") as journal:
        assert journal.get(1) is None


def test_when_the_document_is_done_nothing_is_left(tmp_path, reads):
    with late(tmp_path / "j") as journal:
        journal.keep(reads[0])
        journal.drop()
        assert journal.get(1) is None
    assert not (tmp_path / "j").exists()


def test_an_unread_page_is_a_page(tmp_path):
    written(tmp_path / "j", [unread_page(7)])
    with Journal(tmp_path / "j", "k") as journal:
        assert journal.get(7) == PageRead(unread_page(7).page)
