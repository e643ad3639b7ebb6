from __future__ import annotations

import pytest

from projbill_beancount.cli.hours import parse_hours
from projbill_beancount.cli.settings import Refusal


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 5400),
        (".25", 900),
        ("2h", 7200),
        ("1:30", 5400),
        ("0:05", 300),
        ("90m", 5400),
        ("90min", 5400),
        ("1h30m", 5400),
        ("1h 5m", 3900),
        ("0.3333", 1200),
        ("24", 86400),
    ],
)
def test_hours_as_people_type_them(text: str, seconds: int) -> None:
    assert parse_hours(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1:75", "-1", "1e3", "٣"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"are no hours; write 1\.5, 1:30, 90m or 1h30m"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["0", "0:00", "24:01", "30"])
def test_more_than_a_day_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="not more than 0 and at most 24 hours"):
        parse_hours(text)
