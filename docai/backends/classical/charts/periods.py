"""How axes print dates and periods, years to hours: `strftime`'s forms, with `%q` for the number of a quarter."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

FORMS: Final = (
    "%Y",
    "%b %Y",
    "%B %Y",
    "%b %y",
    "%b '%y",
    "%b",
    "%B",
    "%Y-%m",
    "%m/%Y",
    "%H:%M",
    "%b %d",
    "%d %b",
    "%B %d",
    "%b %d, %Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d",
    "%d/%m",
    "%Y.%m",
    "%Y년",
    "%m월",
    "%Y년 %m월",
    "Tháng %m",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%m/%y",
    "%b-%y",
    "%b-%Y",
    "%d %b %y",
    "%d %b %Y",
    "%d-%b-%y",
    "%Y W%U",
    "%Y Q%q",
    "Q%q %Y",
    "Q%q '%y",
    "Q%q",
    "Q%q/%Y",
    "Q%q/%y",
    "%YQ%q",
    "%Y-Q%q",
    "%qQ %Y",
    "%qQ%y",
    "%Y년 %q분기",
)  # of dates on axes
FORMED: Final = 0.6  # of an axis' labels that are printed in one form; "Jan" may stand among years
WEEK: Final = "%U"
LEAST_NAMED: Final = 3  # labels that tell by which steps an axis goes on between them
DAY: Final = 86_400.0  # seconds
MONTH: Final = 365.2425 / 12 * DAY  # seconds, on average: Gregorian calendar
YEAR: Final = 12  # months
EPOCH: Final = 1970
LAST_YEAR: Final = 9999  # that has dates


def moment_of(seconds: float) -> datetime:
    """Return the moment that is so many seconds after 1970-01-01 UTC."""
    return datetime.fromtimestamp(round(seconds), tz=timezone.utc).replace(tzinfo=None)


def months_of(seconds: float) -> float:
    """Return a moment in months since 1970-01-01 UTC, on a calendar whose months are all as long.

    >>> months_of(of_months(601.5)), of_months(12.0)
    (601.5, 31536000.0)
    """
    moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    begin = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    days = monthrange(moment.year, moment.month)[1]
    return (moment.year - EPOCH) * YEAR + moment.month - 1 + (moment - begin).total_seconds() / (days * DAY)


def of_months(months: float) -> float:
    """Return the seconds since 1970-01-01 UTC of a moment in months since then; the first or last year's that has dates beyond."""
    whole = min(max(math.floor(months), (1 - EPOCH) * YEAR), (LAST_YEAR - EPOCH) * YEAR)
    year, month = EPOCH + whole // YEAR, whole % YEAR + 1
    part = min(max(months - whole, 0.0), 1.0)
    return datetime(year, month, 1, tzinfo=timezone.utc).timestamp() + part * monthrange(year, month)[1] * DAY


def spelt(seconds: float, form: str) -> str:
    """Return a moment as a form prints it.

    >>> spelt(1_525_132_800.0, "Q%q %Y"), spelt(1_525_132_800.0, "%b '%y")
    ('Q2 2018', "May '18")
    """
    moment = moment_of(seconds)
    return moment.strftime(form.replace("%q", str((moment.month + 2) // 3)))


def period_of(seconds: float, form: str) -> str:
    """Return the period around a moment as a form prints it: a week is named by the Sunday that it begins with."""
    if WEEK not in form:
        return spelt(seconds, form)
    moment = moment_of(seconds)
    return spelt((moment - timedelta(days=(moment.weekday() + 1) % 7)).replace(tzinfo=timezone.utc).timestamp(), form)


def form_of(texts: Sequence[str], seconds: Sequence[float | None], first: str = "") -> str:
    """Return the form in which most labels print their dates, "" where it is none that is known; `first` is tried first."""
    for form in (first, *FORMS):
        told = sum(moment is not None and spelt(moment, form) == text for text, moment in zip(texts, seconds, strict=True))
        if form and told and told >= FORMED * len(texts):
            return form
    return ""


def filled_in(names: Sequence[tuple[int, str, float]], count: int, form: str) -> dict[int, str]:
    """Return the names of periods that are printed for some bands of an axis only, for the others, by their numbers.

    Periods go on evenly along the axis by months or days; {} where those that are printed do not.

    Args:
        names: Of those that are printed: the number of the band, the text, and the seconds since 1970-01-01 UTC.
        count: How many bands there are.
        form: How periods are printed.
    """
    if len(names) < LEAST_NAMED or not form:
        return {}
    numbers = [number for number, _, _ in names]
    moments = [moment_of(seconds) for _, _, seconds in names]
    first, begin = numbers[0], moments[0]
    at = [number - first for number in numbers]
    months = [moment.year * YEAR + moment.month - begin.year * YEAR - begin.month for moment in moments]
    seconds = [(moment - begin).total_seconds() for moment in moments]
    found: dict[int, str] = {}
    by_months = months[-1] / max(1, at[-1])
    by_seconds = seconds[-1] / max(1, at[-1])
    in_months = (
        by_months >= 1
        and by_months == int(by_months)
        and all(by_months * number == month for number, month in zip(at, months, strict=True))
    )
    if not in_months and any(abs(by_seconds * number - late) > 1 for number, late in zip(at, seconds, strict=True)):
        return {}
    for number in set(range(count)) - set(numbers):
        if in_months:
            past = begin.year * YEAR + begin.month - 1 + int(by_months) * (number - first)
            moment = begin.replace(year=past // YEAR, month=past % YEAR + 1, day=1)
        else:
            moment = begin + timedelta(seconds=by_seconds * (number - first))
        found[number] = spelt(moment.replace(tzinfo=timezone.utc).timestamp(), form)
    return found
