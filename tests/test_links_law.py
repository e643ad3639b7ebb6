"""A link is written into any text that Beancount reads, and nothing else is changed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.links import Allocation
from projbill_beancount.ledger.links import Linking
from projbill_beancount.ledger.links import linked

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "Assets:Receivable:OAK"
OPEN = "2020-01-01 open Assets:Bank\n2020-01-01 open Assets:Receivable:OAK\n"
WORDS = st.sampled_from(
    ["Oak", "a; b", "^X #y", "two\n  lines", 'a \\"quote\\"', "Größe", "\\\\", "", "{1 EUR}"]
)
SPACES = st.sampled_from([" ", "  ", "\t"])
COMMENTS = st.sampled_from(["", " ", "; said", '  ; "said" ^NO', "\t;;"])
NUMBERS = st.sampled_from(["-1500.00", "-1,500.00", "-1500", "-750 * 2"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A transaction that credits 1,500.00, written in one of many ways, with neighbours."""
    space = draw(SPACES)
    words = f'"{draw(WORDS)}"{space}"{draw(WORDS)}"' if draw(st.booleans()) else f'"{draw(WORDS)}"'
    marks = draw(st.sampled_from(["", " #bank", " ^bank-7 #x", "#x"]))
    head = f"2025-07-10{space}{draw(st.sampled_from('*!'))}{space}{words}{marks}{draw(COMMENTS)}"
    indent = draw(st.sampled_from(["  ", "    ", "\t"]))
    meta = draw(st.sampled_from(["", f'{indent}source: "a\n  b"\n', f"{indent}; only said\n"]))
    flag = draw(st.sampled_from(["", "! "]))
    amount = f"{space}{draw(NUMBERS)} EUR" if draw(st.integers(0, 4)) else ""
    posting = f"{indent}{flag}{ACCOUNT}{amount}{draw(COMMENTS)}\n"
    posting += draw(st.sampled_from(["", f'{indent}{indent}who: "x"\n']))
    bank = f"{indent}Assets:Bank  1500.00 EUR\n"
    legs = [bank, posting] if draw(st.booleans()) else [posting, bank]
    around = draw(st.sampled_from(["", "\n; said\n", "pushtag #t\n"]))
    after = "poptag #t\n" if "push" in around else draw(st.sampled_from(["", "\n* Section\n"]))
    text = f"{OPEN}{around}{head}\n{meta}{''.join(legs)}{after}"
    text = text if draw(st.booleans()) else text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(text=texts(), by_link=st.booleans(), parts=st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_a_link_and_nothing_else(
    text: str, by_link: bool, parts: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("law") / "main.beancount"
    path.write_bytes(text.encode())
    transaction = _transaction(path)
    (posting,) = [one for one in transaction.postings if one.account == ACCOUNT]
    amounts = {1: ["1500"], 2: ["1000.00", "500.00"], 3: ["1000.00", "499.99", "0.01"]}[parts]
    allocations = tuple(
        Allocation(f"INV-{number}", Decimal(amount)) for number, amount in enumerate(amounts)
    )
    by_link = by_link and parts == 1
    linking = Linking(transaction, posting, ACCOUNT, "EUR", allocations, by_link)
    try:
        new = linked(text.encode(), [linking], str(path))
    except LedgerWriteError:
        assert parts > 1
        assert "-750 * 2" in text
        return
    path.write_bytes(new)
    found = _transaction(path)
    before, after = text.splitlines(), new.decode().splitlines()
    assert new.count(b"\r\n") == (new.count(b"\n") if "\r" in text else 0)
    assert new.endswith(b"\n") == text.endswith("\n")
    if by_link:
        assert "\n".join(after).replace(" ^INV-0", "", 1) == "\n".join(before)
    elif parts == 1:
        assert [line for line in after if line.strip() != 'invoice: "INV-0"'] == before
    paid = {
        (one.meta or {}).get("invoice"): one.units.number
        for one in found.postings
        if one.account == ACCOUNT and one.units
    }
    if by_link:
        assert "INV-0" in (found.links or ())
        assert paid == {None: Decimal(-1500)}
    else:
        assert paid == {one.number: -one.amount for one in allocations}


def _transaction(path: Path) -> data.Transaction:
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    (found,) = [entry for entry in entries if isinstance(entry, data.Transaction)]
    return found


def test_a_line_that_is_not_as_it_was_read_is_refused(tmp_path: Path) -> None:
    text = f'{OPEN}2025-07-10 * "Oak"\n  Assets:Bank  5 EUR\n  {ACCOUNT}  -5 EUR\n'
    path = tmp_path / "main.beancount"
    path.write_text(text)
    transaction = _transaction(path)
    allocation = (Allocation("INV-1", Decimal(5)),)
    for by_link in (True, False):
        linking = Linking(transaction, transaction.postings[1], ACCOUNT, "EUR", allocation, by_link)
        for changed in ("; new\n" + text, text.replace("2025-07-10", "2025-07-11\n")):
            with pytest.raises(LedgerWriteError):
                linked(changed.encode(), [linking], str(path))
