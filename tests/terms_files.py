"""Writes terms files and reads them, for the tests of the terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.terms.read import read_terms

if TYPE_CHECKING:
    from pathlib import Path

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Terms

FIRM = """\
clients:
  acme: {name: ACME Corp}
  bolt: {}
people:
  alice: {name: Alice Rey, role: senior}
  bob: {}
taxes:
  S19: {rate: 19, account: "Liabilities:VAT:Output"}
"""

TIME = "project: P\nclient: acme\nbilling: time-and-materials\n"
FIXED = "project: P\nclient: acme\nbilling: fixed-fee\n"
HYBRID = "project: P\nclient: acme\nbilling: hybrid\n"
RETAINER = "project: P\nclient: acme\nbilling: retainer\n"


def write(folder: Path, firm: str | bytes, *contracts: str | bytes) -> str:
    """Write `projbill.yaml` and `contracts/c1.yaml` and so on; returns the first's path."""
    (folder / "contracts").mkdir(exist_ok=True)
    paths = [folder / f"contracts/c{number}.yaml" for number in range(1, len(contracts) + 1)]
    for path, text in zip([folder / "projbill.yaml", *paths], [firm, *contracts], strict=True):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder / "projbill.yaml")


def mistakes(terms: Terms) -> list[str]:
    """The mistakes as a person reads them, with paths relative to `projbill.yaml`."""
    return [str(mistake).removeprefix(terms.firm.root + "/") for mistake in terms.mistakes]


def of_contract(folder: Path, text: str | bytes) -> list[str]:
    """The mistakes of a contract file, as `line: key: message`."""
    terms = read_terms(write(folder, FIRM, text))
    assert all(mistake.project for mistake in terms.mistakes)
    assert bool(terms.mistakes) == (not terms.contracts) == bool(terms.unreadable)
    return [line.removeprefix("contracts/c1.yaml:") for line in mistakes(terms)]


def of_firm(folder: Path, text: str | bytes) -> list[str]:
    """The mistakes of a `projbill.yaml`, as `line: key: message`."""
    terms = read_terms(write(folder, text))
    assert {mistake.project for mistake in terms.mistakes} <= {None}
    return [line.removeprefix("projbill.yaml:") for line in mistakes(terms)]


def good(folder: Path, text: str, firm: str = FIRM) -> Contract:
    """The contract of a file that must be without mistakes."""
    terms = read_terms(write(folder, firm, text))
    assert mistakes(terms) == []
    (contract,) = terms.contracts.values()
    return contract
