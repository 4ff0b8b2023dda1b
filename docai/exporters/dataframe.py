"""Tables as pandas DataFrames."""

from __future__ import annotations

import pandas

from docai.document import Table
from docai.tasks.table import header_row_count


def to_dataframe(table: Table) -> pandas.DataFrame:
    """Return `table` as a DataFrame of text; a spanning cell's text stands at each position it covers.

    Leading rows whose cells are all column headers become the columns, a `MultiIndex` if there are several; without any,
    the columns are numbered from 0.
    """
    rows = [[cell.text for cell in row] for row in table.grid()]
    count = header_row_count(table)
    columns = None if count == 0 else pandas.Index(rows[0]) if count == 1 else pandas.MultiIndex.from_arrays(rows[:count])
    frame: pandas.DataFrame = pandas.DataFrame(rows[count:], columns=columns)
    return frame
