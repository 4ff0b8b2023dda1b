"""What is drawn over a page stands where it should, in its colour, and nowhere else."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import numpy as np
import pytest

from docai.box import Box
from docai.document import Block, Cell, Chart, Content, Figure, Page, Role, Table, Text
from docai.exporters.overlay import COLOURS, ORDER, draw

HEIGHT, WIDTH = 1169, 827


def page(*contents: Content) -> Page:
    blocks = tuple(Block(id=f"p1/{n}", content=content) for n, content in enumerate(contents, 1))
    return Page(number=1, width_points=595, height_points=842, blocks=blocks)


def text(role: Role, box: Box) -> Text:
    return Text(page_number=1, role=role, text="가나다", box=box)


def white(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def test_every_role_and_kind_has_a_colour() -> None:
    assert set(COLOURS) == {*get_args(Role), "table", "chart", "figure"}


def test_colours_can_be_told_apart_and_carry_white_letters() -> None:
    colours = set(COLOURS.values())
    assert all(np.linalg.norm(np.subtract(one, other)) > 45 for one, other in combinations(colours, 2))
    assert all(np.dot(colour, (0.299, 0.587, 0.114)) < 140 for colour in colours)


@pytest.mark.parametrize("role", sorted(get_args(Role)))
def test_a_block_is_framed_in_its_colour_and_its_inside_is_left_as_it_was(role: Role) -> None:
    drawn = draw(page(text(role, Box(0.2, 0.2, 0.6, 0.4))), white())
    left, top, right, bottom = Box(0.2, 0.2, 0.6, 0.4).pixels(WIDTH, HEIGHT)
    middle = (top + bottom) // 2
    assert (
        tuple(drawn[middle, left])
        == tuple(drawn[middle, right - 1])
        == tuple(drawn[bottom - 1, (left + right) // 2])
        == COLOURS[role]
    )
    assert (drawn[top + 4 : bottom - 4, left + 4 : right - 4] == 255).all()
    assert (drawn[bottom + 4 :] == 255).all()


def test_the_label_stands_above_the_block_and_inside_it_at_the_top_of_the_page() -> None:
    low, high = (
        draw(page(text("title", Box(0.1, 0.5, 0.9, 0.6))), white()),
        draw(page(text("title", Box(0.1, 0.0, 0.9, 0.1))), white()),
    )
    row = round(0.5 * HEIGHT) - 6
    assert (low[row] == COLOURS["title"]).all(axis=1).sum() > 10
    assert (high[6] == COLOURS["title"]).all(axis=1).sum() > 10


def test_the_cells_of_a_table_are_drawn() -> None:
    cells = tuple(Cell(row=0, column=n, box=Box(0.2 + n * 0.3, 0.2, 0.5 + n * 0.3, 0.4)) for n in range(2))
    drawn = draw(page(Table(page_number=1, box=Box(0.2, 0.2, 0.8, 0.4), row_count=1, column_count=2, cells=cells)), white())
    seam = Box(0.5, 0.2, 0.8, 0.4).pixels(WIDTH, HEIGHT)[0]
    assert tuple(drawn[round(0.35 * HEIGHT), seam]) == COLOURS["table"]


def test_a_line_leads_from_each_block_to_the_next() -> None:
    drawn = draw(page(text("paragraph", Box(0.4, 0.1, 0.6, 0.2)), text("paragraph", Box(0.4, 0.7, 0.6, 0.8))), white())
    red, green, blue = drawn[round(0.4 * HEIGHT), WIDTH // 2 - 3 : WIDTH // 2 + 3].astype(int).min(axis=0)
    assert red > green
    assert abs(green - (0.55 * ORDER[1] + 0.45 * 255)) < 5
    assert green == blue


def test_dots_lead_from_a_block_to_its_caption() -> None:
    figure = Block(id="p1/1", content=Figure(page_number=1, box=Box(0.1, 0.1, 0.3, 0.2)), captions=("p1/3", "p9/9"))
    between = Block(id="p1/2", content=text("paragraph", Box(0.6, 0.4, 0.9, 0.5)))
    caption = Block(id="p1/3", content=text("caption", Box(0.1, 0.7, 0.3, 0.8)))
    drawn = draw(Page(number=1, width_points=9, height_points=9, blocks=(figure, between, caption)), white())
    column = drawn[round(0.3 * HEIGHT) : round(0.6 * HEIGHT), round(0.2 * WIDTH)]
    dots = (column == COLOURS["caption"]).all(axis=1)
    assert dots.any()
    assert not dots.all()


def test_the_picture_given_is_not_changed_and_may_be_of_any_size_or_order() -> None:
    contents = (text("title", Box(0, 0, 1, 1)), Chart(page_number=1, chart_type="pie", box=Box(0.5, 0.5, 0.5, 0.5)))
    for picture in (white(), white(20, 10), white(3000, 2000), white()[::-1], np.asfortranarray(white())):
        picture.setflags(write=False)
        drawn = draw(page(*contents), picture)
        assert drawn.shape == picture.shape
        assert drawn.dtype == np.uint8
        assert (picture == 255).all()
        assert (drawn != 255).any()


def test_a_page_without_blocks_is_drawn_as_it_is() -> None:
    assert (draw(page(), white()) == 255).all()


@pytest.mark.parametrize("picture", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3), np.float32)])
def test_what_is_no_rgb_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not a"):
        draw(page(), picture)
