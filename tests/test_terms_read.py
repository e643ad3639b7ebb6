"""Reading all the files together: ids that collide, patterns of files, files that change."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from projbill_beancount.terms.contract import read_contract
from projbill_beancount.terms.firm import read_firm
from projbill_beancount.terms.read import read_terms
from tests.terms_files import FIRM
from tests.terms_files import HYBRID
from tests.terms_files import TIME
from tests.terms_files import mistakes
from tests.terms_files import write

if TYPE_CHECKING:
    from pathlib import Path


def _named(project: str) -> str:
    return TIME.replace("project: P", f"project: {project}")


def test_a_broken_contract_bills_nothing_and_the_others_go_on(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, _named("Z"), _named("A"), "a: 'b\n", _named("M") + "cap: 1\n")
    terms = read_terms(path)
    assert list(terms.contracts) == ["A", "Z"]
    assert terms.unreadable == {"C3", "M"}
    assert [mistake.project for mistake in terms.mistakes] == ["C3", "M"]
    assert mistakes(terms) == [
        "contracts/c3.yaml:1: the quotation mark that opens here is not closed",
        'contracts/c4.yaml:4: cap: expected a list or a mapping, found "1"; write `{amount: 60000}` or `{hours: 500}`',
    ]
    assert terms.paths == (path, *(f"{tmp_path}/contracts/c{n}.yaml" for n in range(1, 5)))


def test_two_contracts_of_one_id_bill_nothing(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, FIRM, _named("A"), _named("A"), _named("a".upper() + "x")))
    assert mistakes(terms) == [
        'contracts/c1.yaml:1: project: "A" also stands in contracts/c2.yaml:1; an id belongs to one contract',
        'contracts/c2.yaml:1: project: "A" also stands in contracts/c1.yaml:1; an id belongs to one contract',
    ]
    assert list(terms.contracts) == ["Ax"]
    assert terms.unreadable == {"A"}


def test_an_older_id_that_another_contract_has_now(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, FIRM, _named("A"), _named("B") + "formerly: A\n"))
    assert mistakes(terms) == [
        'contracts/c2.yaml:4: formerly: "A" also stands in contracts/c1.yaml:1; an id belongs to one contract'
    ]
    assert list(terms.contracts) == ["A"]
    assert terms.unreadable == {"B"}


def test_an_older_id_that_two_contracts_claim(tmp_path: Path) -> None:
    former = "formerly: [O, O]\n"
    terms = read_terms(write(tmp_path, FIRM, _named("A") + former, _named("B") + former))
    assert mistakes(terms) == [
        'contracts/c1.yaml:4: formerly: "O" also stands in contracts/c2.yaml:4; an id belongs to one contract',
        'contracts/c2.yaml:4: formerly: "O" also stands in contracts/c1.yaml:4; an id belongs to one contract',
    ]
    assert terms.contracts == {}


def test_ids_differ_by_case(tmp_path: Path) -> None:
    assert list(read_terms(write(tmp_path, FIRM, _named("AB"), _named("Ab"))).contracts) == [
        "AB",
        "Ab",
    ]


def test_a_renewal_has_the_present_id_of_what_it_renews(tmp_path: Path) -> None:
    renewed = _named("A") + "formerly: OLD\n"
    path = write(
        tmp_path, FIRM, renewed, _named("B") + "follows: A\n", _named("C") + "follows: OLD\n"
    )
    terms = read_terms(path)
    assert mistakes(terms) == []
    assert {name: one.follows for name, one in terms.contracts.items()} == {
        "A": "",
        "B": "A",
        "C": "A",
    }


def test_a_renewal_of_a_contract_that_there_is_not(tmp_path: Path) -> None:
    terms = read_terms(
        write(
            tmp_path,
            FIRM,
            _named("ACME-2025"),
            _named("ACME-2026") + "follows: ACME-2052\n",
            _named("X") + "follows: QQ\n",
        )
    )
    assert mistakes(terms) == [
        'contracts/c2.yaml:4: follows: unknown contract "ACME-2052"; did you mean "ACME-2025"?',
        'contracts/c3.yaml:4: follows: unknown contract "QQ"; known: ACME-2025, ACME-2026',
    ]
    assert list(terms.contracts) == ["ACME-2025"]
    assert terms.unreadable == {"ACME-2026", "X"}


def test_renewals_that_go_round(tmp_path: Path) -> None:
    names = {"A": "C", "B": "A", "C": "B", "D": "A", "E": "E"}
    files = [_named(name) + f"follows: {old}\n" for name, old in names.items()]
    terms = read_terms(write(tmp_path, FIRM, *files))
    assert mistakes(terms) == [
        f'contracts/c{number}.yaml:4: follows: "{old}" leads back to this contract; name the one that it renews'
        for number, old in ((1, "C"), (2, "A"), (3, "B"), (5, "E"))
    ]
    assert list(terms.contracts) == ["D"]


def test_a_renewal_of_an_unreadable_contract(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, FIRM, "client: acme\n", _named("B") + "follows: A\n"))
    assert [mistake.project for mistake in terms.mistakes] == ["C1", "C1"]
    assert terms.contracts["B"].follows == "A"


def test_no_contract_is_no_mistake(tmp_path: Path) -> None:
    terms = read_terms(write(tmp_path, FIRM))
    assert (terms.mistakes, terms.contracts, terms.unreadable) == ((), {}, frozenset())


def test_contracts_are_found_by_patterns_and_projbill_yaml_is_never_one(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM + 'contracts: ["*.yaml", "old/**/*.yaml", "old/*.yaml"]\n')
    (tmp_path / "old/deep").mkdir(parents=True)
    (tmp_path / "old/deep/x.yaml").write_text(_named("X"))
    (tmp_path / "y.yaml").write_text(_named("Y"))
    terms = read_terms(path)
    assert mistakes(terms) == []
    assert list(terms.contracts) == ["X", "Y"]


def test_a_folder_with_signs_of_patterns_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "books [2026]"
    folder.mkdir()
    assert list(read_terms(write(folder, FIRM, TIME)).contracts) == ["P"]


def test_a_relative_path_is_made_absolute(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, TIME)
    assert read_terms(os.path.relpath(path)).paths[0] == path


def test_a_contract_that_is_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, TIME)
    (tmp_path / "contracts/d.yaml").mkdir()
    assert mistakes(read_terms(path)) == [
        "contracts/d.yaml:1: cannot be read: Is a directory; make it a readable text file"
    ]


def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, _named("A"), _named("B"))
    first = read_terms(path)
    (tmp_path / "contracts/c2.yaml").write_text(_named("BB"))
    second = read_terms(path)
    assert second.firm is first.firm
    assert second.contracts["A"] is first.contracts["A"]
    assert list(second.contracts) == ["A", "BB"]


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_read_again(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, FIRM, _named("A"))
    contract = tmp_path / "contracts/c1.yaml"
    assert list(read_terms(path).contracts) == ["A"]
    other = tmp_path / "other"
    other.write_text(_named("B"))
    shutil.copystat(contract, other)
    other.replace(contract)
    assert list(read_terms(path).contracts) == ["B"]


def test_contracts_follow_the_firm_when_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, TIME)
    assert read_terms(path).contracts["P"].currency == "EUR"
    write(tmp_path, FIRM + "defaults: {currency: CHF}\n")
    assert read_terms(path).contracts["P"].currency == "CHF"
    write(tmp_path, FIRM.replace("acme", "bcme"))
    assert mistakes(read_terms(path)) == [
        'contracts/c1.yaml:2: client: unknown client "acme"; did you mean "bcme"?'
    ]


def test_contracts_that_come_and_go(tmp_path: Path) -> None:
    path = write(tmp_path, FIRM, _named("A"), _named("B"))
    assert list(read_terms(path).contracts) == ["A", "B"]
    (tmp_path / "contracts/c1.yaml").unlink()
    (tmp_path / "contracts/c3.yaml").write_text(_named("C"))
    terms = read_terms(path)
    assert list(terms.contracts) == ["B", "C"]
    assert len(terms.paths) == 3


_BITS = st.sampled_from(
    [
        *"\n \t:-[]{},&*!|>'\"%@#?~\\\0\x85\u2028",
        "\n  ",
        ": ",
        "- ",
        "<<",
        "project",
        "milestones:\n  M1: ",
        "value",
        "rates",
        "bill",
        "match",
        "triggers:",
        "{type: time}",
        "2026-02-30",
        "1e3",
        "--- ",
        "!!int ",
        "&a ",
        "*a",
        "\\ud800",
        "[" * 2000,
    ]
)
_TEXTS = st.lists(st.one_of(_BITS, st.text(max_size=4)), max_size=30).map("".join)
_MANY = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_MANY
@given(st.one_of(_TEXTS.map(lambda text: (HYBRID + text).encode("utf-8", "replace")), st.binary()))
def test_no_contract_raises(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, FIRM, data)
    read = read_contract(str(tmp_path / "contracts/c1.yaml"), read_firm(path))
    assert (read.contract is None) == bool(read.mistakes)
    lines = data.count(b"\n") + data.count(b"\r") + 2
    for mistake in read.mistakes:
        assert 1 <= mistake.place.line <= lines + len(data)
        assert str(mistake).isprintable()


@_MANY
@given(st.one_of(_TEXTS.map(lambda text: (FIRM + text).encode("utf-8", "replace")), st.binary()))
def test_no_projbill_yaml_raises(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "projbill.yaml").write_bytes(data)
    for mistake in read_firm(str(tmp_path / "projbill.yaml")).mistakes:
        assert mistake.message
        assert str(mistake).isprintable()
