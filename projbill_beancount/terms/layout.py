"""What may stand in `projbill.yaml` and in a contract file, declared once.

Reading (`firm`, `contract`) and the JSON Schema (`schema`) both follow these declarations.
"""

from __future__ import annotations

from projbill_beancount.terms.books import account
from projbill_beancount.terms.books import account_component
from projbill_beancount.terms.books import account_template
from projbill_beancount.terms.books import encoding
from projbill_beancount.terms.books import file_pattern
from projbill_beancount.terms.books import number_pattern
from projbill_beancount.terms.books import zone
from projbill_beancount.terms.model import AccountTemplates
from projbill_beancount.terms.scalars import choice
from projbill_beancount.terms.scalars import currency
from projbill_beancount.terms.scalars import day
from projbill_beancount.terms.scalars import flag
from projbill_beancount.terms.scalars import fraction
from projbill_beancount.terms.scalars import hours
from projbill_beancount.terms.scalars import number
from projbill_beancount.terms.scalars import payment_terms
from projbill_beancount.terms.scalars import percent
from projbill_beancount.terms.scalars import rate
from projbill_beancount.terms.scalars import span
from projbill_beancount.terms.scalars import text
from projbill_beancount.terms.scalars import whole
from projbill_beancount.terms.shapes import ByKind
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

_PERIODS = ("week", "two-weeks", "month", "quarter", "year")
_TEXTS = ByKind(scalar=_TEXT, sequence=ListOf(_TEXT))


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
        "due-shift": choice("next-business-day"),
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
        "match": MapOf(_TEXT, _TEXT),
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
    }
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

CONTRACT = Record(
    {
        "project": _PROJECT,
        "name": _TEXT,
        "client": _TEXT,
        "billing": choice("fixed-fee", "time-and-materials", "hybrid", "retainer"),
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
        "cap": ByKind(sequence=ListOf(_CAP, least=1), mapping=_CAP),
        "reconcile": _RECONCILE,
        "deposit": Record(
            {"target": _AMOUNT, "replenish-below": _AMOUNT},
            {"target": "give what the deposit should be"},
        ),
        "split": MapOf(_ID, fraction()),
        "bill-to": _TEXT,
        "approval": choice("required"),
        "budget": Record({"amount": _AMOUNT, "hours": hours(), "cost": number("a cost", None)}),
        "findings": MapOf(_TEXT, _FINDING),
        "style": choice("direct", "accrual"),
        "follows": _PROJECT,
    },
    {
        "project": "give the contract its id, such as ACME-MIG",
        "client": "name one of the clients of projbill.yaml",
        "billing": "expected fixed-fee, time-and-materials, hybrid or retainer",
    },
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
    }
)
_ACCOUNTS = {
    field.replace("_", "-"): account_template(default)
    for field, default in AccountTemplates()._asdict().items()
}
_FILES = {
    "time": file_pattern("time/{year}-{month:02}.beancount", dated=True),
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
