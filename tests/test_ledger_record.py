from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount.parser import parser
from hypothesis import given
from hypothesis import strategies as st

from projbill_beancount.ledger import verify
from projbill_beancount.ledger.by_hand import progress_transaction
from projbill_beancount.ledger.by_hand import time_transaction
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.facts import hours
from projbill_beancount.ledger.record import Leg
from projbill_beancount.ledger.record import Record
from projbill_beancount.ledger.record import number_of
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.record import text_of
from projbill_beancount.ledger.record import ticks_of
from projbill_beancount.ledger.record import transaction_of
from projbill_beancount.ledger.verify import prove
from tests.import_books import make_books

if TYPE_CHECKING:
    from pathlib import Path


@given(st.integers(-90_000, 90_000))
def test_four_places_give_the_seconds_back(seconds: int) -> None:
    number = Decimal(number_of(ticks_of(seconds)))
    exact = Decimal(seconds) / 3600
    assert number == exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert round(Fraction(number) * 3600) == seconds


def test_hours_for_reading_have_two_places_at_most() -> None:
    assert [hours(seconds) for seconds in (22_800, 3600, 0, 5400, 36_000, 18)] == [
        *("6.33", "1", "0", "1.5", "10", "0.01"),
    ]


def test_notes_become_one_line() -> None:
    assert one_line("a\r\n\tb\x00c\xa0 d  ") == "a b c d"
    assert one_line("Grüße 👩\u200d💻") == "Grüße 👩\u200d💻"
    assert one_line("half \ud83d pair") == "half \ufffd pair"
    assert one_line("x" * 100_000) == "x" * 100_000


TEXT = st.text(max_size=40).map(one_line)


@given(TEXT, TEXT, TEXT, st.booleans(), st.integers(-90_000, 90_000))
def test_beancount_reads_back_every_text(
    payee: str, narration: str, note: str, flag: bool, seconds: int
) -> None:
    legs = (
        Leg(
            "Equity:Time:Unbilled:P-1",
            ticks_of(seconds),
            {"id": "x", "note": note, "billable": flag},
        ),
        Leg("Equity:Time:Worked:Älice", -ticks_of(seconds)),
    )
    record = Record(date(2026, 3, 2), payee, narration, {"person": note}, legs)
    text = text_of(record, "HOUR")
    prove([text], [record], "HOUR")
    entries, errors, _ = parser.parse_string(text, report_filename="f")
    read: Any = entries[0]
    made: Any = transaction_of(record, "HOUR", "f", 1)
    assert errors == []
    assert (read.payee, read.narration, read.meta) == (made.payee, made.narration, made.meta)
    for one, other in zip(read.postings, made.postings, strict=True):
        assert (one.account, str(one.units)) == (other.account, str(other.units))
        values = {key: one.meta[key] for key in one.meta if key not in {"lineno", "filename"}}
        assert values == {
            key: other.meta[key] for key in other.meta if key not in {"lineno", "filename"}
        }


def record(account: str = "Equity:Time:Unbilled:P", note: str = "n") -> Record:
    leg = Leg(account, 10_000, {"id": "x", "note": note})
    return Record(date(2026, 3, 2), "Bo", "P", {}, (leg,))


@pytest.mark.parametrize("every", [2000, 0])
def test_text_that_reads_differently_is_never_written(
    every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "ALL", every)
    good = record()
    text = text_of(good, "HOUR")
    prove([text, text], [good, good], "HOUR")
    for wrong, message in (
        (text.replace("1.0000", "1.0001"), 'of 2026-03-02 "Bo" would be read differently'),
        (text.replace("1.0000 HOUR", "1.0000 HOUR @ 1 EUR"), "would be read differently"),
        (text.replace('    id: "x"\n', ""), "would be read differently"),
        (text.replace('"Bo" "P"', '"P"'), "would be read differently"),
        (text.replace("Equity:", "equity:"), "Beancount would not read this"),
        (text + "\n" + text, "reads 2 transactions where 1 were meant"),
    ):
        with pytest.raises(LedgerWriteError, match=message):
            prove([wrong], [good], "HOUR")


def test_of_very_many_the_doubtful_ones_are_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "ALL", 2)
    plain, quote = record(), record(note='a "b"')
    other = record("Equity:Time:Unbilled:Q")
    texts = [text_of(one, "HOUR") for one in (plain, plain, quote, other)]
    prove(texts, [plain, plain, quote, other], "HOUR")
    for index in (0, 2, 3):
        wrong = list(texts)
        wrong[index] = wrong[index].replace("1.0000", "2.0000")
        with pytest.raises(LedgerWriteError):
            prove(wrong, [plain, plain, quote, other], "HOUR")


def test_root_names_of_the_ledger_are_known() -> None:
    own = record("Eigenkapital:Zeit:P")
    text = text_of(own, "STD")
    prove([text], [own], "STD", {"name_equity": "Eigenkapital"})
    with pytest.raises(LedgerWriteError, match="Invalid account name"):
        prove([text], [own], "STD")


def test_time_and_progress_by_hand(tmp_path: Path) -> None:
    terms = make_books(tmp_path).terms
    day = date(2026, 3, 2)
    taken = {"log-bo-2026-03-02-1"}
    logged = time_transaction(
        terms, "ACME-MIG", "bo", day, 5400, taken, task="standup", note="a\nb", billable=None
    )
    assert text_of(logged, "HOUR") == (
        '2026-03-02 * "Bo Lindqvist" "ACME-MIG 1.5 h"\n'
        '  person: "bo"\n'
        '  source: "log"\n'
        "  Equity:Time:NonBillable:ACME-MIG   1.5000 HOUR\n"
        '    id: "log-bo-2026-03-02-2"\n'
        '    task: "standup"\n'
        '    note: "a b"\n'
        "  Equity:Time:Worked:Bo             -1.5000 HOUR\n"
    )
    accepted = progress_transaction(
        terms, "ACME-MIG", "M1", day, None, {"progress-ACME-MIG-M1-2026-03-02"}, accepted=day
    )
    assert (accepted.narration, accepted.meta["id"], accepted.meta["accepted"]) == (
        *("M1 Migration plan: accepted", "progress-ACME-MIG-M1-2026-03-02-2", "2026-03-02"),
    )
    whole = progress_transaction(terms, "BOLT-APP", "", day, Decimal("33.30"), ())
    assert (whole.payee, whole.narration, whole.meta["complete"], whole.meta["id"]) == (
        *("BOLT AG", "BOLT-APP: 33.3 %", "33.3 %", "progress-BOLT-APP-2026-03-02"),
    )
