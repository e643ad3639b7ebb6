"""What may stand in `projbill.yaml` and in a contract file, declared once.

Reading (`firm`, `contract`) and the JSON Schema (`schema`) both follow these declarations.
"""

from __future__ import annotations

from projbill_beancount.terms.books import account
from projbill_beancount.terms.books import account_component
from projbill_beancount.terms.books import account_template
from projbill_beancount.terms.books import encoding
from projbill_beancount.terms.books import file_pattern
from projbill_beancount.terms.books import finding_code
from projbill_beancount.terms.books import number_pattern
from projbill_beancount.terms.books import zone
from projbill_beancount.terms.model import MATCH_KINDS
from projbill_beancount.terms.model import AccountTemplates
from projbill_beancount.terms.scalars import choice
from projbill_beancount.terms.scalars import currency
from projbill_beancount.terms.scalars import day
from projbill_beancount.terms.scalars import flag
from projbill_beancount.terms.scalars import hours
from projbill_beancount.terms.scalars import number
from projbill_beancount.terms.scalars import part
from projbill_beancount.terms.scalars import payment_terms
from projbill_beancount.terms.scalars import percent
from projbill_beancount.terms.scalars import rate
from projbill_beancount.terms.scalars import span
from projbill_beancount.terms.scalars import text
from projbill_beancount.terms.scalars import whole
from projbill_beancount.terms.shapes import ByKind
from projbill_beancount.terms.shapes import JsonSchema
from projbill_beancount.terms.shapes import ListOf
from projbill_beancount.terms.shapes import MapOf
from projbill_beancount.terms.shapes import Record
from projbill_beancount.terms.shapes import Scalar
from projbill_beancount.terms.shapes import Shape

_TEXT = text()
_BLANK = text(blank=True)
_DAY = day()
_CURRENCY = currency()
_AMOUNT = number("an amount such as 20000.00", None)
# Draft ids are PROJECT/TRIGGER/DATE and frozen entries are split at blanks.
_PROJECT = text("[A-Z0-9][A-Za-z0-9-]*", "an id such as ACME-MIG")
_TRIGGER = text("[A-Za-z0-9][A-Za-z0-9._-]*", "an id such as weekly-support")
_ID = text(r'[^\s/"{}]+', "an id without blanks and slashes")
_PERSON_TASK = text(r'[^\s/"{}]+/.*[^\s].*', "person/task such as alice/architecture")

_BILLING = ("fixed-fee", "time-and-materials", "hybrid", "retainer")
_PERIODS = ("week", "two-weeks", "month", "quarter", "year")
_TEXTS = ByKind(scalar=_TEXT, sequence=ListOf(_TEXT))


def _only(name: str, words: tuple[str, ...], then: JsonSchema) -> JsonSchema:
    """A rule of the schema: what holds where the key has one of these words."""
    return {"if": {"properties": {name: {"enum": list(words)}}, "required": [name]}, "then": then}


def _only_word(name: str, word: str) -> JsonSchema:
    return {"properties": {name: {"const": word}}, "required": [name]}


def _given(*names: str) -> JsonSchema:
    return {"required": list(names)}


def _without(*names: str) -> JsonSchema:
    return {"not": {"anyOf": [_given(name) for name in names]}}


def _dated(name: str, value: Scalar, mapping: Record | None = None) -> ByKind:
    """A value, or a list of `{from: DATE, NAME: value}`; or else `mapping`."""
    one = Record({"from": _DAY, name: value}, {name: f"each needs a {name}"})
    return ByKind(scalar=value, sequence=ListOf(one, least=1), mapping=mapping)


_MATCH_FIELDS = ("client", "project", "task", "tag", "source", "jira-project")
_PATTERNS: dict[str, Shape] = dict.fromkeys(_MATCH_FIELDS, _BLANK)
_MATCH_RULE = Record({**_PATTERNS, "from": _DAY, "until": _DAY})
_MATCH = ByKind(sequence=ListOf(_MATCH_RULE), mapping=_MATCH_RULE)

_GROUP_KEY = choice("task", "rate", "person", "role", "entry", "day", "milestone")
_ROUNDING = Record(
    {
        "to": span(),
        "direction": choice("nearest", "up", "down"),
        "per": choice("entry", "day"),
    },
    {"to": "give what hours are rounded to, such as 15m"},
)
_INVOICE = Record(
    {
        "terms": payment_terms(),
        "tax": _TEXT,
        "group-by": ByKind(scalar=_GROUP_KEY, sequence=ListOf(_GROUP_KEY, least=1)),
        "hours": ByKind(scalar=choice("exact"), mapping=_ROUNDING),
        "consolidate": choice("no", "month"),
        "minimum": _AMOUNT,
        "retention": percent(),
        "due-shift": choice("no", "next-business-day"),
    },
)

_RATE = _dated("rate", rate())
_RATE_BY_NAME = MapOf(_TEXT, _RATE)
_RATES = _dated(
    "rate",
    rate(),
    Record(
        {
            "default": _RATE,
            "roles": _RATE_BY_NAME,
            "tasks": _RATE_BY_NAME,
            "people": _RATE_BY_NAME,
            "person-tasks": MapOf(_PERSON_TASK, _RATE),
            "unit": choice("hour", "day"),
            "hours-per-day": hours(),
        },
        rules=({"if": _given("hours-per-day"), "then": _only_word("unit", "day")},),
    ),
)

_BILL = ByKind(
    scalar=choice("complete", "accepted", "progress", "manual"),
    sequence=ListOf(percent(), least=1),
    mapping=Record({"date": _DAY, "advance": flag()}, {"date": "give the day of billing"}),
)
_MILESTONE = Record(
    {
        "name": _TEXT,
        "value": _AMOUNT,
        "due": _DAY,
        "hours": hours(),
        "match": Record(dict.fromkeys(MATCH_KINDS, _TEXT)),
        "bill": _BILL,
        "tax": _TEXT,
        "change-order": _TEXT,
    },
    {"value": "give the agreed price, 0 for a milestone without one"},
)
_TASK = Record({"billable": flag(), "milestone": _TEXT})
_TRIGGER_RULE = Record(
    {
        "id": _TRIGGER,
        "type": choice("time", "milestone", "hybrid", "manual"),
        "every": choice(*_PERIODS),
        "anchor": _DAY,
        "tasks": _TEXTS,
    },
    {"type": "expected time, milestone, hybrid or manual"},
    rules=(_only("type", ("milestone", "hybrid", "manual"), _without("every", "anchor")),),
)
_RETAINER = Record(
    {
        "fee": _AMOUNT,
        "hours": hours(),
        "every": choice(*_PERIODS, "once"),
        "anchor": _DAY,
        "in": choice("advance", "arrears"),
        "overage": Record({"rate": rate(), "policy": choice("bill", "hold", "absorb")}),
        "unused": choice("expire", "rollover", "refund"),
        "rollover": Record({"max": hours(), "periods": whole("a number of periods")}),
        "prorate": choice("none", "days"),
        "tasks": _TEXTS,
    },
    {"fee": "give the fee of a period"},
    rules=(
        {"if": _given("rollover"), "then": _only_word("unused", "rollover")},
        _only("unused", ("rollover", "refund"), _given("hours")),
    ),
)
_CAP = Record(
    {
        "amount": _AMOUNT,
        "hours": hours(),
        "every": choice(*_PERIODS),
        "anchor": _DAY,
        "tasks": _TEXTS,
        "warn": percent(),
        "excess": choice("adjust", "carry", "drop"),
    },
    one_of=("amount", "hours"),
    rules=(
        {"if": _given("anchor"), "then": _given("every")},
        _only("excess", ("carry",), _given("every")),
    ),
)
_RECONCILE = Record(
    {
        "tolerance": ByKind(
            scalar=percent(), mapping=Record({"percent": percent(), "amount": _AMOUNT})
        ),
        "completion": choice("progress", "accepted", "hours", "manual"),
        "stale": whole("a number of days"),
    }
)
_FINDING = Record(
    {"severity": choice("error", "hold", "warning", "info", "ignore"), "reason": _TEXT},
    {"severity": "give the severity that it shall have", "reason": "say why"},
)

_FOLLOWS = Record(
    {
        "project": _PROJECT,
        "carry": ByKind(
            scalar=choice("rollover", "cap"), sequence=ListOf(choice("rollover", "cap"), least=1)
        ),
    },
    {"project": "name the contract that this one renews"},
)

CONTRACT = Record(
    {
        "project": _PROJECT,
        "name": _TEXT,
        "client": _TEXT,
        "billing": choice(*_BILLING),
        "currency": _CURRENCY,
        "start": _DAY,
        "end": _DAY,
        "value": _AMOUNT,
        "formerly": ByKind(scalar=_PROJECT, sequence=ListOf(_PROJECT)),
        "match": _MATCH,
        "rates": _RATES,
        "tasks": MapOf(_TEXT, _TASK),
        "strict-tasks": flag(),
        "milestones": MapOf(_TEXT, _MILESTONE),
        "bill": _BILL,
        "triggers": ByKind(sequence=ListOf(_TRIGGER_RULE, least=1), mapping=_TRIGGER_RULE),
        "invoice": _INVOICE,
        "reference": _TEXT,
        "retainer": _RETAINER,
        "cap": ByKind(
            sequence=ListOf(_CAP, least=1),
            mapping=_CAP,
            hint="write `{amount: 60000}` or `{hours: 500}`",
        ),
        "reconcile": _RECONCILE,
        "deposit": Record(
            {"target": _AMOUNT, "replenish-below": _AMOUNT},
            {"target": "give what the deposit should be"},
        ),
        "split": MapOf(_ID, part()),
        "bill-to": _TEXT,
        "approval": choice("required"),
        "budget": Record({"amount": _AMOUNT, "hours": hours(), "cost": number("a cost", None)}),
        "findings": MapOf(finding_code(), _FINDING),
        "style": choice("direct", "accrual"),
        "follows": ByKind(scalar=_PROJECT, mapping=_FOLLOWS),
    },
    {
        "project": "give the contract its id, such as ACME-MIG",
        "client": "name one of the clients of projbill.yaml",
        "billing": "expected fixed-fee, time-and-materials, hybrid or retainer",
    },
    rules=(
        _only("billing", ("retainer",), _given("retainer")),
        _only("billing", _BILLING[:3], _without("retainer")),
        _only("billing", _BILLING[1:], _without("bill")),
        _only("billing", ("time-and-materials",), _without("value")),
        _only("billing", ("fixed-fee",), {"anyOf": [_given("value"), _given("milestones")]}),
        {"not": _given("bill", "milestones")},
        {"not": _given("bill-to", "split")},
    ),
)

_PARTY: dict[str, Shape] = {
    "name": _TEXT,
    "address": _TEXTS,
    "country": _TEXT,
    "vat-id": _TEXT,
    "email": _TEXT,
}
_CLIENT = Record({**_PARTY, "reference": _TEXT, "account": account_component()})
_PERSON = Record(
    {
        "name": _TEXT,
        "role": _dated("role", _TEXT),
        "cost": number("a cost per hour such as 62.50"),
        "zone": zone(),
        "until": _DAY,
        "aliases": _TEXTS,
        "account": account_component(),
    }
)
_TAX = Record(
    {
        "rate": _dated("rate", percent()),
        "name": _TEXT,
        "account": account(),
        "note": _TEXT,
    },
    {"rate": "give the tax in percent, 0 for none"},
)
_IMPORT = Record(
    {
        "zone": zone(),
        "person": _TEXT,
        "columns": MapOf(_TEXT, _TEXT),
        "dates": choice("ymd", "dmy", "mdy"),
        "decimal": choice(".", ","),
        "encoding": encoding(),
        "delimiter": text(r".|\t|tab", "one character or the word tab"),
        "ignore": _MATCH,
        "invoiced": choice("skip", "import"),
        "billable-tag": _TEXT,
        "partly-billed": choice("worked", "billed"),
        "done": _TEXTS,
        "cancelled": _TEXTS,
        "share": choice("items", "points", "percent"),
        "accounts": MapOf(_TEXT, account()),
        "account": account(),
        "from": account(),
        "currency": _CURRENCY,
        "billable": flag(),
        "spent": choice("positive", "negative"),
    }
)
_ACCOUNTS = {
    field.replace("_", "-"): account_template(default)
    for field, default in AccountTemplates()._asdict().items()
}
_FILES = {
    "time": file_pattern("time/{year}-{month:02}.beancount", dated=True),
    "expenses": file_pattern("expenses/{year}-{month:02}.beancount", dated=True),
    "invoices": file_pattern("invoices.beancount"),
    "decisions": file_pattern("decisions.beancount"),
    "documents": file_pattern("documents"),
}
_NUMBERING: dict[str, Shape] = {
    "invoice": number_pattern(),
    "credit-note": number_pattern(),
    "start": whole("the first number"),
}

PROJBILL = Record(
    {
        "company": Record({**_PARTY, "iban": _TEXT}),
        "clients": MapOf(_ID, _CLIENT),
        "people": MapOf(_ID, _PERSON),
        "contracts": _TEXTS,
        "numbering": Record(_NUMBERING),
        "files": Record(_FILES),
        "imports": MapOf(_TEXT, _IMPORT),
        "defaults": Record({"currency": _CURRENCY, "invoice": _INVOICE, "reconcile": _RECONCILE}),
        "taxes": MapOf(_ID, _TAX),
        "accounts": Record(_ACCOUNTS),
        "hour-commodity": _CURRENCY,
        "closed-until": _DAY,
        "holidays": ListOf(_DAY),
    },
)
