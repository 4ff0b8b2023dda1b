"""What the labels of an axis say as dates: years, quarters, months, days and hours in several languages.

Labels leave out what their neighbours tell ("Jan 2019, Feb, Mar", "2019" where a year begins): it is filled in along the axis.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

ANY_YEAR: Final = 2001  # of months and days without one; no leap year, as most
ANY_LEAP_YEAR: Final = 2000
FIRST_YEAR, LAST_YEAR = 1000, 2199  # numbers outside are no years
SHORT_YEARS: Final = 70  # "69" is 2069, "70" is 1970, as POSIX has it
MONTHS_OF_QUARTER: Final = 3
YEAR: Final = 12  # months
NOON: Final = 12
OF_WEEKS: Final = "%Y W%U"
LEAST_YEARS: Final = 4  # that tell how years grow
MOSTLY_YEARS: Final = 0.8  # of the labels of a row of years; an asterisk may follow some
USUAL_DAYS: Final = frozenset((1, 15))  # of months that axes print
MOST_MONTHS: Final = 24  # from one label to the next, where their years have two figures
EVEN_STEPS: Final = 1.15  # times the shortest step that the longest is, where names stand evenly

_NAMES: Final = (
    "jan january janvier janv januar jän jänner enero ene gennaio gen",
    "feb february février févr fév februar febrero febbraio",
    "mar march mars märz mär marzo mrz",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag",
    "jun june juin juni junio giugno giu",
    "jul july juillet juil juli julio luglio lug",
    "aug august août aou agosto ago",
    "sep sept september septembre septiembre settembre set",
    "oct october octobre oktober okt octubre ottobre ott",
    "nov november novembre noviembre",
    "dec december décembre déc dezember dez diciembre dic dicembre",
)
_MONTHS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_HYPHENS: Final = str.maketrans("\u2212\u2010\u2011", "---")  # R's pdf() sets each hyphen as a minus sign
_DAYS: Final = "mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR: Final = r"(?P<year>1\d{3}|2[01]\d{2})"
_EITHER: Final = r"(?P<year>1\d{3}|2[01]\d{2}|(?<=['’\-/ ])\d{2}|(?<=q)\d{2})"
_TIME: Final = r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:\s*(?P<half>[ap])\.?m\.?)?"
_WORD: Final = r"(?P<name>[^\W\d_]{3,10})\.?"
_FIGURES: Final = re.compile(r"(?P<first>\d{1,2})(?P<between>[/\-])(?P<second>\d{1,2})(?P=between)(?P<year>\d{4}|\d{2})")
_SHORT: Final = re.compile(r"(?P<month>\d{1,2}(?=[/\-])|[^\W\d_]{3,9}\.?(?=\s))[/\-\s](?P<year>\d{2})")
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        _YEAR,
        rf"{_YEAR}\s*[-–]?\s*w(?P<week>\d{{1,2}})",
        rf"{_YEAR}[-/.]\s?(?P<month>\d{{1,2}})(?:[-/.]\s?(?P<day>\d{{1,2}}))?\.?(?:[ t]+{_TIME})?",
        rf"(?:fy|năm)\s*{_YEAR}",
        r"['’](?P<year>\d{2})",
        rf"{_YEAR}\s*[년年](?:\s*(?P<month>\d{{1,2}})\s*[월月])?(?:\s*(?P<day>\d{{1,2}})\s*[일日])?",
        rf"{_YEAR}\s*년?\s*(?P<quarter>[1-4])\s*(?:/4\s*)?분기",
        r"(?P<quarter>[1-4])\s*(?:/4\s*)?분기",
        r"(?P<month>\d{1,2})\s*[월月](?:\s*(?P<day>\d{1,2})\s*[일日])?",
        r"(?P<day>\d{1,2})\s*[일日]",
        rf"(?:tháng|thg\.?|th\.?)\s*(?P<month>\d{{1,2}})(?:\s*[,/\-]?\s*(?:năm\s*)?{_EITHER})?",
        rf"t(?P<month>\d{{1,2}})[/\-]{_EITHER}",
        rf"(?:q|quý\s*)(?P<quarter>[1-4]|i{{1,3}}|iv)(?:[\s\-/,]*['’]?{_EITHER})?",
        rf"{_YEAR}[\s\-/]*q(?P<quarter>[1-4])",
        rf"(?P<quarter>[1-4])q(?:\s*['’]?{_EITHER})?",
        rf"{_WORD}(?:[\s,\-/'’]*(?P<year>1\d{{3}}|2[01]\d{{2}}|(?<=['’\-/])\d{{2}}))?",
        rf"(?P<day>\d{{1,2}})[.\s\-]*{_WORD}(?:[\s,\-'’]*{_EITHER})?(?:[,\s]+{_TIME})?",
        rf"{_WORD}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,?\s*{_YEAR})?(?:[,\s]+{_TIME})?",
        rf"(?:{_DAYS})\.?,?\s*(?P<day>\d{{1,2}})",
        r"(?P<day>\d{1,2})[./\-](?P<month>\d{1,2})[./\-](?P<year>\d{4}|\d{2})",
        rf"(?P<month>\d{{1,2}})[/\-.]{_YEAR}",
        r"(?P<month>0?[1-9]|1[0-2])[/\-](?P<day>0?[1-9]|[12]\d|3[01])",
        _TIME,
        r"(?P<hour>\d{1,2})\s*(?P<half>[ap])\.?m\.?",
        r"(?P<hour>\d{1,2})\s*시",
    )
)


class Moment(NamedTuple):
    """What a label tells of a date; `minutes` are those since midnight, `week` is the number of a week that begins on Sundays."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    minutes: float | None = None
    week: int | None = None
    quarter: bool = False


@lru_cache(maxsize=4096)
def read_moment(text: str) -> Moment | None:
    """Return what a label tells of a date, None where it tells none.

    >>> read_moment("Q2 2019"), read_moment("2월").month, read_moment("Mar '20").year, read_moment("12 PM").minutes
    (Moment(year=2019, month=4, day=None, minutes=None, week=None, quarter=True), 2, 2020, 720.0)
    """
    plain = " ".join(text.strip().lower().translate(_HYPHENS).split())
    for pattern in _PATTERNS:
        match = pattern.fullmatch(plain)
        moment = _moment(match.groupdict()) if match else None
        if moment is not None:
            return moment
    return None


def _moment(parts: dict[str, str | None]) -> Moment | None:
    """Return what the parts of a pattern tell, None where they make no date."""
    month = _month(parts)
    if parts.get("name") and month is None:
        return None
    year, day, week = (int(part) if (part := parts.get(name)) else None for name in ("year", "day", "week"))
    if year is not None and year < FIRST_YEAR:
        year += 1900 if year >= SHORT_YEARS else 2000
    if month is not None and day is not None and month > 12 >= day:
        month, day = day, month
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    return Moment(year, month, day, _minutes(parts), week, quarter=bool(parts.get("quarter")))


def _month(parts: dict[str, str | None]) -> int | None:
    name, number, quarter = parts.get("name"), parts.get("month"), parts.get("quarter")
    if name:
        return _MONTHS.get(name)
    if number:
        return int(number)
    if quarter:
        return (_ROMAN.get(quarter) or int(quarter)) * MONTHS_OF_QUARTER - 2
    return None


def _minutes(parts: dict[str, str | None]) -> float | None:
    hour = parts.get("hour")
    if not hour:
        return None
    hours, half = int(hour), parts.get("half")
    if half:
        hours = hours % NOON + (NOON if half == "p" else 0)
    return hours * 60.0 + int(parts.get("minute") or 0) + int(parts.get("second") or 0) / 60


def other_dates(texts: Sequence[str]) -> list[list[str]]:
    """Return what the labels of an axis, in the order of their places, may say otherwise, as ISO 8601 has it.

    "03/04/21" may be a day of April or March.

    >>> other_dates(["03/04/21", "04/04/21"])
    [['2021-03-04', '2021-04-04']]
    """
    found: list[list[str]] = []
    days = [_FIGURES.fullmatch(text.strip()) for text in texts]
    parts = [(match["first"], match["second"], _whole_year(match["year"])) for match in days if match]
    if len(parts) == len(texts) > 1 and all(int(first) <= YEAR for first, _, _ in parts):
        found.append([f"{year}-{first}-{second}" for first, second, year in parts])
    return found


def with_months_first(texts: Sequence[str]) -> Sequence[str]:
    """Return dates that are short for months as ISO 8601 has them, and first days of months whose months come first; others as is.

    So an axis of months has them; with the days first, they would be some first days of one January. "11/20, 12/20, 01/21" and
    "Nov 20, Dec 20, Jan 21" are months of years if their last figures grow whenever a year begins, or stay as no days do that begin
    months or stand in their middles.

    >>> with_months_first(["11/01/2020", "12/01/2020"]), with_months_first(["01/11/2020", "01/12/2020"])
    (['2020-11-01', '2020-12-01'], ['01/11/2020', '01/12/2020'])
    """
    months = [_SHORT.fullmatch(text.strip().lower()) for text in texts]
    pairs = [
        (_MONTHS.get(match["month"]) or int(match["month"]), int(match["year"])) for match in months if _tells_month(match) if match
    ]
    if len(pairs) == len(texts) > 1 and _are_months_of_years(pairs):
        return [f"{_whole_year(f'{year:02d}')}-{month:02d}" for month, year in pairs]
    days = [match for text in texts if (match := _FIGURES.fullmatch(text.strip()))]
    firsts = [int(match["first"]) for match in days]
    begins = len(days) == len(texts) and all(int(match["second"]) == 1 for match in days) and len(set(firsts)) > 1
    if not begins or max(firsts) > YEAR:
        return texts
    return [f"{_whole_year(match['year'])}-{match['first']}-{match['second']}" for match in days]


def _tells_month(match: re.Match[str] | None) -> bool:
    return match is not None and (match["month"] in _MONTHS or (match["month"].isdecimal() and 1 <= int(match["month"]) <= 12))


def _are_months_of_years(pairs: Sequence[tuple[int, int]]) -> bool:
    """Return whether months with two figures behind them grow as those of years do, and the figures are no days."""
    whole = [year * 12 + month for month, year in pairs]
    years = {year for _, year in pairs}
    grows = whole == sorted(set(whole)) and max(after - before for before, after in pairwise(whole)) <= MOST_MONTHS
    return grows and len({month for month, _ in pairs}) > 1 and not years <= USUAL_DAYS


def _whole_year(text: str) -> int:
    year = int(text)
    return year if year >= FIRST_YEAR else year + (1900 if year >= SHORT_YEARS else 2000)


def read_dates(texts: Sequence[str], above: Sequence[tuple[int, str]] = (), year: int = ANY_YEAR) -> tuple[list[float | None], str]:
    """Return the seconds since 1970-01-01 UTC that labels tell in the order of their places, and how they are written.

    What a label leaves out is told by those before it; of months without any year, `year` is the first.

    Args:
        texts: Those of the labels.
        above: Of a second row of labels, for each the number of the label that it stands nearest to, and its text.
        year: The first where no label tells any.
    """
    moments = [read_moment(text) for text in texts]
    for index, text in above:
        upper, moment = read_moment(text), moments[index]
        if upper is None or moment is None:
            continue
        if moment.year is None:
            moment = moment._replace(year=upper.year)
        if moment.month is None and moment.day is not None:
            moment = moment._replace(month=upper.month)
        moments[index] = moment
    told = [moment for moment in moments if moment is not None]
    days = iter(_filled(told, year))
    return [next(days) if moment is not None else None for moment in moments], _form(told)


def month_begins(seconds: Sequence[float | None], form: str) -> list[list[float | None]]:
    """Return the months' begins that labels of weeks may stand for, as one reading: those within their weeks; none without.

    Vega puts ticks on every second month and prints their weeks, as a bar's step is a week.
    """
    if form != OF_WEEKS or None in seconds:
        return []
    begins: list[float | None] = []
    for told in seconds:
        moment = datetime.fromtimestamp(told or 0.0, tz=timezone.utc)
        month = moment if moment.day == 1 else _Cursor(moment.year, moment.month, 1, 0.0).later(0, 1).moment
        if month - moment >= timedelta(days=7):
            return []
        begins.append(month.timestamp())
    return [begins]


def _form(moments: Sequence[Moment]) -> str:
    """Return how dates are written as fine as labels tell them, as `strftime` has it."""
    if any(moment.week is not None for moment in moments):
        return OF_WEEKS
    codes = (("year", "%Y"), ("month", "%m"), ("day", "%d"))
    day = "-".join(code for name, code in codes if any(getattr(moment, name) is not None for moment in moments))
    return f"{day} {'%H:%M' if any(moment.minutes is not None for moment in moments) else ''}".strip()


class _Cursor(NamedTuple):
    year: int
    month: int
    day: int
    minutes: float

    def later(self, years: int, months: int) -> _Cursor:
        """Return the same day some years and months later."""
        past = self.year * 12 + self.month - 1 + years * 12 + months
        return self._replace(year=past // 12, month=past % 12 + 1)

    @property
    def moment(self) -> datetime:
        """It in UTC; of days that a month does not have, those after it."""
        return datetime(self.year, self.month, 1, tzinfo=timezone.utc) + timedelta(days=self.day - 1, minutes=self.minutes)

    @property
    def seconds(self) -> float:
        """Since 1970-01-01 UTC."""
        return self.moment.timestamp()


def _filled(moments: Sequence[Moment], year: int) -> list[float]:
    """Return moments in a row as seconds: each later than the one before where it leaves out its year, month or day.

    Those before the first that tells its year, or month, are moved so that they lead up to it.
    """
    cursors: list[_Cursor] = []
    known: set[str] = set()
    for moment in moments:
        before = cursors[-1] if cursors else _Cursor(year, 1, 1, -1.0)
        cursor = _of_week(moment.year, moment.week) if moment.year and moment.week is not None else _next(before, moment)
        for part in ("year", "month"):
            told = getattr(moment, part)
            if told is None or part in known:
                continue
            known |= {"year", "month"} if part == "year" else {part}
            if cursors:
                without = moment._replace(year=None, month=moment.month or 1) if part == "year" else moment._replace(month=None)
                late = told - getattr(_next(before, without), part)
                cursors = [one.later(late if part == "year" else 0, late if part == "month" else 0) for one in cursors]
                cursor = cursor if moment.year is not None else _next(cursors[-1], moment)
        cursors.append(cursor)
    return [cursor.seconds for cursor in cursors]


def _next(before: _Cursor, moment: Moment) -> _Cursor:
    """Return the moment that comes next: it begins the year, month or day that it tells where it tells no more."""
    minutes = moment.minutes or 0.0
    if moment.year is not None:
        return _Cursor(moment.year, moment.month or 1, moment.day or 1, minutes)
    if moment.month is not None:
        after = _Cursor(before.year, moment.month, moment.day or 1, minutes)
        return after.later(int(after[1:] <= before[1:]), 0)
    if moment.day is not None:
        after = _Cursor(before.year, before.month, moment.day, minutes)
        return after.later(0, 1) if after <= before else after
    after = before._replace(minutes=minutes)
    return after._replace(day=after.day + 1) if after <= before else after


def _of_week(year: int, week: int) -> _Cursor:
    """Return when a week of a year begins, weeks counted from the first Sunday; what is before it is week 0.

    Source: `strftime`, %U.
    """
    first = datetime(year, 1, 1, tzinfo=timezone.utc)
    sunday = (6 - first.weekday()) % 7
    return _Cursor(year, 1, 1 + (sunday + 7 * (week - 1) if week else 0), 0.0)


def are_uneven_years(row: Sequence[tuple[float, str]]) -> bool:
    """Return whether the labels of a row, with their places, are years in even steps that do not grow evenly: names of bars.

    More than one must grow by other than most: one may be misread.
    """
    years = [(place, int(text)) for place, text in sorted(row) if re.fullmatch(_YEAR, text)]
    steps = [after[0] - before[0] for before, after in pairwise(years)]
    growth = [after[1] - before[1] for before, after in pairwise(years)]
    if len(years) < max(LEAST_YEARS, MOSTLY_YEARS * len(row)) or min(growth) <= 0 or max(steps) > EVEN_STEPS * min(steps):
        return False
    return len(growth) - max(Counter(growth).values()) > 1
