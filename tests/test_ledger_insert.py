from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.insert import inserted


def put(old: str, *days: int) -> str:
    texts = [
        (date(2026, 3, day), f'2026-03-{day:02} * "new {day}"\n  Equity:X  0 HOUR\n')
        for day in days
    ]
    return inserted(old.encode(), texts, "a.beancount").decode()


NEW = '2026-03-{0:02} * "new {0}"\n  Equity:X  0 HOUR\n'


def test_an_empty_file_gets_the_text_alone() -> None:
    assert put("", 2, 3) == NEW.format(2) + "\n" + NEW.format(3)


def test_new_transactions_stand_after_those_of_their_day() -> None:
    old = '; head\n\n2026-03-01 * "a"\n  X:Y  0 H\n\n2026-03-02 * "b"\n\n; about c\n2026-03-05 * "c"\n'
    assert put(old, 2, 9) == (
        '; head\n\n2026-03-01 * "a"\n  X:Y  0 H\n\n2026-03-02 * "b"\n\n'
        f'{NEW.format(2)}\n; about c\n2026-03-05 * "c"\n\n{NEW.format(9)}'
    )
    assert put('option "title" "x"\n2026-03-05 * "c"\n', 2) == (
        f'option "title" "x"\n\n{NEW.format(2)}\n2026-03-05 * "c"\n'
    )


def test_line_ends_mark_and_a_missing_last_line_end_stay() -> None:
    crlf = inserted(b'\xef\xbb\xbf2026-03-01 * "a"\r\n', [(date(2026, 3, 2), NEW.format(2))], "a")
    assert crlf == (
        b'\xef\xbb\xbf2026-03-01 * "a"\r\n\r\n2026-03-02 * "new 2"\r\n  Equity:X  0 HOUR\r\n'
    )
    assert put('2026-03-01 * "a"', 2) == '2026-03-01 * "a"\n\n' + NEW.format(2).removesuffix("\n")


def test_a_date_inside_a_string_or_comment_is_no_directive() -> None:
    old = (
        '2026-03-01 note X:Y "begins\n2026-03-09 inside"\n'
        '; it\'s "open\n* org "heading\n2026-03-02 * "b \\" 2026"\n'
    )
    at = old.index("2026-03-02")
    assert put(old, 1) == f"{old[:at]}\n{NEW.format(1)}\n{old[at:]}"


def test_between_pushtag_and_poptag_nothing_is_put() -> None:
    old = '2026-03-01 * "a"\npushtag #x\n2026-03-05 * "c"\npoptag #x\n'
    assert put(old, 2) == f"{old}\n{NEW.format(2)}"


def test_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(LedgerWriteError, match=r"^a\.beancount:2: not UTF-8"):
        inserted(b"; x\n; \xe4\n", [(date(2026, 3, 2), NEW.format(2))], "a.beancount")


PIECES = st.lists(
    st.one_of(
        st.integers(1, 28).map(lambda day: f'2026-03-{day:02} * "old"\n  X:Y  0 H\n'),
        st.sampled_from(["\n", "; note\n", '2026-03-02 note X:Y "a\n2026-03-20 b"\n', "* org\n"]),
    ),
    max_size=8,
)


@given(PIECES, st.lists(st.integers(1, 28), max_size=5), st.booleans())
def test_what_was_there_stays_in_its_order(pieces: list[str], days: list[int], ended: bool) -> None:
    old = "".join(pieces) if ended else "".join(pieces).rstrip("\n")
    new = put(old, *sorted(days))
    rest = new
    for day in sorted(days):
        block = NEW.format(day)
        block = block if block in rest else block.rstrip("\n")
        assert block in rest
        rest = rest.replace(block, "", 1)
    assert "".join(rest.split("\n")) == "".join(old.split("\n"))
    assert put(old) == old
