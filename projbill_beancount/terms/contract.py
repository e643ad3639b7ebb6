"""One contract file: from what was read to a contract's terms."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.terms.billing_rules import milestones_of
from projbill_beancount.terms.billing_rules import only_milestone
from projbill_beancount.terms.billing_rules import triggers_of
from projbill_beancount.terms.currencies import places
from projbill_beancount.terms.layout import CONTRACT
from projbill_beancount.terms.limits import budget_of
from projbill_beancount.terms.limits import caps_of
from projbill_beancount.terms.limits import deposit_of
from projbill_beancount.terms.limits import finding_settings
from projbill_beancount.terms.limits import reconcile_of
from projbill_beancount.terms.model import Contract
from projbill_beancount.terms.model import InvoiceTerms
from projbill_beancount.terms.model import Milestone
from projbill_beancount.terms.model import Mistake
from projbill_beancount.terms.model import Task
from projbill_beancount.terms.parts import as_texts
from projbill_beancount.terms.parts import check_known
from projbill_beancount.terms.parts import check_order
from projbill_beancount.terms.parts import invoice_terms
from projbill_beancount.terms.parts import match_rules
from projbill_beancount.terms.payers import bill_to
from projbill_beancount.terms.payers import split_of
from projbill_beancount.terms.pricing import check_amount
from projbill_beancount.terms.pricing import rates_of
from projbill_beancount.terms.retainers import retainer_of
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet
from projbill_beancount.terms.yamltext import read_node

if TYPE_CHECKING:
    from projbill_beancount.terms.firm import FirmFile


class ContractFile(NamedTuple):
    """A read contract file; `contract` is None if there are mistakes.

    `formerly` are its older ids, `follows` is the id of the one that it renews; the lines say where
    they stand. `named` is False where the id is only guessed from the file's name.
    """

    file: str
    id: str
    contract: Contract | None
    mistakes: tuple[Mistake, ...]
    id_line: int = 1
    formerly: tuple[str, ...] = ()
    formerly_line: int = 1
    follows: str = ""
    follows_line: int = 1
    named: bool = True


def read_contract(file: str, firm: FirmFile) -> ContractFile:
    """Read the contract file at the absolute path `file` against the firm's names and defaults."""
    sheet = Sheet(file)
    node = read_node(sheet)
    fields = CONTRACT.read(node, "", 1, sheet) if node is not None else None
    contract = _contract(fields, firm, sheet) if fields else None
    stem = os.path.splitext(os.path.basename(file))[0].upper()  # noqa: PTH119, PTH122 - import time
    fields = fields or Fields("", 1)
    name = fields.get("project", stem)
    mistakes = tuple(mistake._replace(project=name) for mistake in sheet.mistakes)
    return ContractFile(
        file,
        name,
        None if mistakes else contract,
        mistakes,
        fields.line_of("project"),
        as_texts(fields.get("formerly")),
        fields.line_of("formerly"),
        _follows(fields)[0],
        fields.line_of("follows"),
        fields.get("project") is not None,
    )


def _contract(fields: Fields, firm: FirmFile, sheet: Sheet) -> Contract:
    """The contract; worth something only if the sheet is left without a mistake."""
    project = fields.get("project", "")
    currency = fields.get("currency", firm.firm.currency)
    _check_client(fields, firm, sheet)
    check_order(fields, "start", "end", sheet)
    _check_value(fields, currency, sheet)
    milestones = milestones_of(fields, currency, firm.known, sheet)
    if not fields.given("milestones") and fields.get("billing") == "fixed-fee":
        milestones = {project: only_milestone(fields, sheet)}
    return Contract(
        id=project,
        name=fields.get("name", project),
        client=fields.get("client", ""),
        billing=fields.get("billing", "hybrid"),
        currency=currency,
        places=places(currency),
        place=sheet.place(fields.line_of("project")),
        triggers=triggers_of(fields, sheet),
        invoice=_invoice(fields, firm, currency, sheet),
        start=fields.get("start"),
        end=fields.get("end"),
        value=fields.get("value"),
        formerly=as_texts(fields.get("formerly")),
        match=match_rules(fields, "match", sheet),
        rates=rates_of(fields, currency, firm.known, sheet),
        tasks=_tasks(fields.inner("tasks"), fields, milestones, sheet),
        strict_tasks=fields.get("strict-tasks", False),
        milestones=milestones,
        value_place=sheet.place(fields.line_of("value")) if fields.given("value") else None,
        reference=fields.get("reference", ""),
        retainer=retainer_of(fields, currency, sheet),
        caps=caps_of(fields, currency, sheet),
        reconcile=reconcile_of(fields.inner("reconcile"), firm.reconcile, currency, sheet),
        deposit=deposit_of(fields, currency, sheet),
        bill_to=bill_to(fields, firm.known, sheet),
        split=split_of(fields, firm.known, sheet),
        split_place=sheet.place(fields.line_of("split")) if fields.given("split") else None,
        approval=fields.get("approval") == "required",
        budget=budget_of(fields, currency, firm.firm.currency, sheet),
        finding_settings=finding_settings(fields, sheet),
        style=fields.get("style", "direct"),
        follows=_follows(fields)[0],
        carries=_follows(fields)[1],
    )


def _follows(fields: Fields) -> tuple[str, frozenset[str]]:
    """The contract that this one renews, and what of it goes on."""
    found = fields.get("follows", "")
    if isinstance(found, Fields):
        return found.get("project", ""), frozenset(as_texts(found.get("carry")))
    return found, frozenset()


def _invoice(fields: Fields, firm: FirmFile, currency: str, sheet: Sheet) -> InvoiceTerms:
    invoice = fields.inner("invoice")
    check_amount(invoice, "minimum", currency, sheet)
    return invoice_terms(invoice, firm.invoice, firm.known, sheet)


def _check_client(fields: Fields, firm: FirmFile, sheet: Sheet) -> None:
    client = fields.get("client")
    if client is not None:
        line = fields.line_of("client")
        check_known(sheet, line, "client", "client", client, firm.known.clients)


def _check_value(fields: Fields, currency: str, sheet: Sheet) -> None:
    billing = fields.get("billing")
    check_amount(fields, "value", currency, sheet)
    if billing == "time-and-materials" and fields.given("value"):
        told = (
            "time-and-materials has no agreed price; remove it "
            "(`budget: {amount: …}` says what is expected, `cap: {amount: …}` what is the most)"
        )
        sheet.wrong(fields.line_of("value"), "value", told)
    if billing == "fixed-fee" and not fields.given("value") and _has_no_milestones(fields):
        told = "is missing; a fixed fee needs a value, or milestones with values"
        sheet.wrong(fields.line_of("billing"), "value", told)


def _has_no_milestones(fields: Fields) -> bool:
    unreadable = fields.given("milestones") and fields.get("milestones") is None
    return not unreadable and not fields.inner("milestones").lines


def _tasks(
    tasks: Fields, contract: Fields, milestones: dict[str, Milestone], sheet: Sheet
) -> dict[str, Task]:
    readable = not contract.given("milestones") or contract.get("milestones") is not None
    names = {*milestones, *contract.inner("milestones").lines} if readable else None
    for one in (one for _, one in tasks.items() if one.get("milestone") is not None):
        milestone = one.get("milestone")
        if names is not None and not names:
            told = f'unknown milestone "{milestone}"; the contract has none'
            sheet.wrong(one.line_of("milestone"), one.path("milestone"), told)
            continue
        line = one.line_of("milestone")
        check_known(sheet, line, one.path("milestone"), "milestone", milestone, names)
    return {
        name: Task(name, one.get("billable"), one.get("milestone")) for name, one in tasks.items()
    }
