from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from projbill_beancount.importers.sessions import Clock
from projbill_beancount.importers.sessions import Part

DAY = date(2025, 3, 30)
BERLIN = "Europe/Berlin"


def parts(
    start: str, end: str | None, seconds: int | None = None, source: str = "", local: str = BERLIN
) -> list[Part]:
    begun = datetime.fromisoformat(start)
    ended = datetime.fromisoformat(end) if end else None
    return Clock(source, local).parts(begun.date(), begun, ended, seconds)


def test_a_clock_change_counts_elapsed_time_where_the_zone_is_known() -> None:
    (spring,) = parts("2025-03-30T01:30", "2025-03-30T03:30")
    assert (spring.seconds, spring.start[-6:], spring.end[-6:]) == (3600, "+01:00", "+02:00")
    (autumn,) = parts("2025-10-26T01:30", "2025-10-26T03:30")
    assert autumn.seconds == 3 * 3600
    (naive,) = parts("2025-03-30T01:30", "2025-03-30T03:30", local="")
    assert naive == Part(DAY, 7200, "2025-03-30T01:30:00", "2025-03-30T03:30:00")


def test_an_end_in_the_hour_that_comes_twice_may_be_the_second_one() -> None:
    (part,) = parts("2025-10-26T02:50", "2025-10-26T02:10")
    assert (part.seconds, part.start, part.end) == (
        *(1200, "2025-10-26T02:50:00+02:00", "2025-10-26T02:10:00+01:00"),
    )


def test_the_work_date_is_local_to_the_person() -> None:
    first, second = parts("2026-03-02T17:00", "2026-03-02T19:00", None, "America/New_York")
    assert (first.date, first.seconds, first.end) == (
        date(2026, 3, 2),
        3600,
        "2026-03-03T00:00:00+01:00",
    )
    assert (second.date, second.seconds, second.start) == (
        *(date(2026, 3, 3), 3600, "2026-03-03T00:00:00+01:00"),
    )


def test_a_stated_duration_is_shared_among_the_days() -> None:
    shares = parts("2026-03-02T23:00", "2026-03-03T02:00", 5400)
    assert [part.seconds for part in shares] == [1800, 3600]


def test_an_end_at_midnight_makes_no_second_day() -> None:
    assert [part.date for part in parts("2026-03-02T23:00", "2026-03-03T00:00")] == [
        date(2026, 3, 2)
    ]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)),
    st.integers(1, 86_000),
    st.integers(1, 86_400),
    st.sampled_from(["", BERLIN, "America/New_York", "Asia/Kolkata"]),
    st.sampled_from(["", BERLIN, "Pacific/Auckland"]),
)
def test_parts_add_up_and_stay_within_their_days(
    start: datetime, length: int, stated: int, source: str, local: str
) -> None:
    begun = start.replace(microsecond=0)
    clock = Clock(source, local)
    shares = clock.parts(begun.date(), begun, begun + timedelta(seconds=length), stated)
    assert sum(part.seconds for part in shares) == stated
    assert [part.date for part in shares] == sorted({part.date for part in shares})
    for part in shares:
        assert part.start[:10] == part.date.isoformat()
        assert part.seconds > 0
