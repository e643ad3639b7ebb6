"""Laws of reading: what is well-formed is read whole, damage is a mistake with its line."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any

from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.terms.contract import read_contract
from projbill_beancount.terms.firm import read_firm
from tests.random_terms import contracts
from tests.random_terms import leaves
from tests.random_terms import replaced
from tests.random_terms import yaml_of
from tests.terms_files import FIRM
from tests.terms_files import write
from tests.test_terms_schema import complaints

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.terms.contract import ContractFile

MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JUNK = st.sampled_from(
    [
        *("", " ", "x", "-1", "0", "1e3", "1.005", "100 %", "101", "0.33333", "1/3", "2026-02-30"),
        *(
            "2026-01-01",
            "month",
            "once",
            "no",
            "true",
            "net 30",
            "acme",
            "bolt",
            "S19",
            "NaN",
            "15m",
        ),
        *({}, [], {"x": "1"}, ["1"], [{"from": "2026-01-01", "rate": "1"}], {"amount": "1"}),
    ]
)


def _read(folder: Path, text: str) -> ContractFile:
    path = write(folder, FIRM, text)
    return read_contract(str(folder / "contracts/c1.yaml"), read_firm(path))


def _told_where_it_is(read: ContractFile, text: str) -> None:
    """Either there is a contract, or mistakes that have a line of the file and say something."""
    assert (read.contract is None) == bool(read.mistakes)
    for mistake in read.mistakes:
        assert 1 <= mistake.place.line <= text.count("\n") + 1
        assert mistake.message
        assert str(mistake).isprintable()


@MANY
@given(contracts())
def test_what_is_well_formed_is_read_without_a_mistake(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    text = yaml_of(wanted)
    read = _read(tmp_path, text)
    assert read.mistakes == ()
    assert complaints(text) == []
    contract = read.contract
    assert contract is not None
    retainer, caps = wanted.get("retainer"), wanted.get("cap", [])
    caps = [caps] if isinstance(caps, dict) else caps
    assert (str(contract.retainer.fee) if contract.retainer else None) == (
        retainer["fee"] if retainer else None
    )
    assert [str(cap.amount) for cap in contract.caps if cap.amount is not None] == [
        cap["amount"] for cap in caps if "amount" in cap
    ]
    assert [cap.seconds for cap in contract.caps if cap.seconds is not None] == [
        Decimal(cap["hours"]) * 3600 for cap in caps if "hours" in cap
    ]
    assert sum(share.fraction for share in contract.split) in {0, 1, Fraction(1, 8)}
    assert list(contract.finding_settings) == list(wanted.get("findings", {}))
    for name, milestone in wanted.get("milestones", {}).items():
        assert str(contract.milestones[name].value) == milestone["value"]
        assert contract.milestones[name].change_order == milestone.get("change-order", "")


@MANY
@given(contracts(), st.data())
def test_one_other_value_is_read_or_told_and_the_schema_refuses_no_more(
    tmp_path: Path, wanted: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(leaves(wanted)))
    text = yaml_of(replaced(wanted, path, data.draw(JUNK)))
    read = _read(tmp_path, text)
    _told_where_it_is(read, text)
    if read.contract is not None:
        assert complaints(text) == []


@MANY
@given(contracts(), st.data())
def test_damaged_text_is_read_or_told(
    tmp_path: Path, wanted: dict[str, Any], data: st.DataObject
) -> None:
    text = yaml_of(wanted)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    put = data.draw(st.sampled_from(["", text[start:end] * 2, *"\n:{}[]-\"'\t#&*!", "  ", ": x"]))
    damaged = text[:start] + put + text[end:]
    _told_where_it_is(_read(tmp_path, damaged), damaged)


@MANY
@given(contracts(), st.data())
def test_exchanged_values_are_read_or_told(
    tmp_path: Path, wanted: dict[str, Any], data: st.DataObject
) -> None:
    paths = leaves(wanted)
    one, other = data.draw(st.tuples(st.sampled_from(paths), st.sampled_from(paths)))
    first, second = _at(wanted, one), _at(wanted, other)
    text = yaml_of(replaced(replaced(wanted, one, second), other, first))
    read = _read(tmp_path, text)
    _told_where_it_is(read, text)
    if read.contract is not None:
        assert complaints(text) == []


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    return _at(value[path[0]], path[1:]) if path else value
