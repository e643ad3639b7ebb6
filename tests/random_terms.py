"""Random contracts with any of the keys, and damage to them, for the laws of reading."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from projbill_beancount.terms.model import MATCH_KINDS

PERIODS = st.sampled_from(["week", "two-weeks", "month", "quarter", "year"])
DAYS = st.dates().map(str)
WORDS = st.text("abcäß Z019:#-'\"{},&*!|>%@`\\", min_size=1, max_size=8).filter(str.strip)
NAMES = st.from_regex("[a-z][a-z0-9-]{0,5}", fullmatch=True)
HOURS = st.integers(0, 400).map(lambda quarters: str(Decimal(quarters) / 4))
COUNTS = st.integers(1, 99).map(str)


def _decimals(most: int, places: int) -> st.SearchStrategy[str]:
    return st.decimals(0, most, places=places).map(lambda number: f"{number:f}")


AMOUNTS = st.one_of(_decimals(10**6, 2), st.integers(0, 10**6).map(str))
PERCENT = st.builds("{}{}".format, _decimals(100, 1), st.sampled_from(["", "%", " %"]))
RATES = st.builds("{}{}".format, _decimals(500, 4), st.sampled_from(["", " EUR", " USD"]))
FLAGS = st.sampled_from(["true", "false", "yes", "no", "True", "NO"])
TASKS = st.one_of(WORDS, st.lists(WORDS, max_size=2))


def _keys(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    named = {name.strip("_").replace("_", "-"): value for name, value in optional.items()}
    return st.fixed_dictionaries(required, optional=named)


def _dated(value: st.SearchStrategy[str], name: str) -> st.SearchStrategy[Any]:
    one = st.fixed_dictionaries({name: value}, optional={"from": DAYS})
    return st.one_of(value, st.lists(one, min_size=1, max_size=3))


BILL = st.one_of(
    st.sampled_from(["complete", "accepted", "progress", "manual"]),
    st.lists(st.integers(1, 100), min_size=1, max_size=4, unique=True).map(
        lambda steps: [str(step) for step in sorted(steps)]
    ),
    _keys({"date": DAYS}, advance=FLAGS),
)
MILESTONE = _keys(
    {"value": AMOUNTS},
    name=WORDS,
    due=DAYS,
    hours=HOURS,
    match=st.dictionaries(st.sampled_from(MATCH_KINDS), WORDS, max_size=2),
    bill=BILL,
    tax=st.sampled_from(["S19", "none"]),
    change_order=WORDS,
)
RATE = _dated(RATES, "rate")
UNIT = st.sampled_from(
    [{}, {"unit": "hour"}, {"unit": "day"}, {"unit": "day", "hours-per-day": "7.5"}]
)
RATE_RULES = st.builds(
    lambda rules, unit: {**rules, **unit},
    _keys(
        {},
        default=RATE,
        roles=st.dictionaries(WORDS, RATE, max_size=2),
        tasks=st.dictionaries(WORDS, RATE, max_size=2),
        people=st.dictionaries(st.sampled_from(["alice", "bob"]), RATE),
        person_tasks=st.dictionaries(st.sampled_from(["alice/a", "bob/b c"]), RATE),
    ),
    UNIT,
)
ROUNDING = _keys(
    {"to": st.sampled_from(["15m", "0.1h", "1 h"])},
    direction=st.sampled_from(["nearest", "up", "down"]),
    per=st.sampled_from(["entry", "day"]),
)
INVOICE = _keys(
    {},
    terms=st.sampled_from(["net 30", "Net 14", "net 30 eom", "eom + 10", "on receipt"]),
    tax=st.sampled_from(["S19", "none"]),
    group_by=st.one_of(st.just("task"), st.just(["person", "day"])),
    hours=st.one_of(st.just("exact"), ROUNDING),
    consolidate=st.sampled_from(["no", "month"]),
    minimum=AMOUNTS,
    retention=PERCENT,
    due_shift=st.sampled_from(["no", "next-business-day"]),
)
UNUSED = st.one_of(
    st.just({}),
    st.just({"unused": "expire"}),
    st.just({"unused": "refund", "hours": "40"}),
    _keys(
        {"unused": st.just("rollover"), "hours": st.just("0.25")},
        rollover=_keys({}, max=HOURS, periods=COUNTS),
    ),
)
RETAINER = st.builds(
    lambda rules, unused: {**rules, **unused},
    _keys(
        {"fee": AMOUNTS},
        hours=HOURS,
        every=st.one_of(PERIODS, st.just("once")),
        anchor=DAYS,
        in_=st.sampled_from(["advance", "arrears"]),
        overage=_keys(
            {},
            rate=st.sampled_from(["150", "90.5 EUR"]),
            policy=st.sampled_from(["bill", "hold", "absorb"]),
        ),
        prorate=st.sampled_from(["none", "days"]),
        tasks=TASKS,
    ),
    UNUSED,
)
CAP = st.builds(
    lambda limit, period, rules: {**limit, **period, **rules},
    st.one_of(_keys({"amount": AMOUNTS}), _keys({"hours": HOURS})),
    st.one_of(
        _keys({}, excess=st.sampled_from(["adjust", "drop"])),
        _keys({"every": PERIODS}, anchor=DAYS, excess=st.sampled_from(["adjust", "carry"])),
    ),
    _keys({}, tasks=TASKS, warn=PERCENT),
)
TRIGGERS = st.one_of(
    st.builds(lambda one: one, _keys({"type": st.just("time")}, every=PERIODS, anchor=DAYS)),
    st.lists(
        _keys(
            {"type": st.sampled_from(["milestone", "hybrid", "manual"])},
            tasks=TASKS,
        ),
        min_size=1,
        max_size=3,
    ).map(lambda rules: [{**one, "id": f"t{number}"} for number, one in enumerate(rules)]),
)
FINDINGS = st.dictionaries(
    st.sampled_from(["overbilled", "milestone-removed", "progress-out-of-range"]),
    _keys(
        {
            "severity": st.sampled_from(["error", "hold", "warning", "info", "ignore"]),
            "reason": WORDS,
        }
    ),
)
SHARES = st.sampled_from(
    [
        {"acme": "60", "bolt": "40"},
        {"acme": "1/3", "bolt": "2/3"},
        {"acme": "0.6", "bolt": "0.4"},
        {"bolt": "12.5 %"},
    ]
)
PAYERS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.just({"bill-to": "bolt"}), SHARES.map(lambda shares: {"split": shares})
)
MATCH_RULE = _keys({"client": WORDS}, project=WORDS, task=WORDS, tag=WORDS, source=WORDS)


def _order(days: tuple[str, str]) -> dict[str, str]:
    return {"start": min(days), "end": max(days)}


def _deposit(amounts: tuple[str, str]) -> dict[str, Any]:
    low, high = sorted(amounts, key=Decimal)
    return {"deposit": {"target": high, "replenish-below": low}}


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """A contract without a mistake, as nested mappings, lists and texts."""
    billing = draw(st.sampled_from(["fixed-fee", "time-and-materials", "hybrid", "retainer"]))
    milestones = draw(st.dictionaries(NAMES, MILESTONE, max_size=3))
    contract: dict[str, Any] = {"project": "P", "client": "acme", "billing": billing}
    if milestones:
        contract["milestones"] = milestones
        contract["tasks"] = {"build": {"milestone": draw(st.sampled_from(sorted(milestones)))}}
    if billing == "retainer":
        contract["retainer"] = draw(RETAINER)
    if billing == "fixed-fee" and not milestones:
        contract |= {"value": draw(AMOUNTS), "bill": draw(BILL)}
    elif billing != "time-and-materials" and draw(st.booleans()):
        contract["value"] = draw(AMOUNTS)
    contract |= draw(PAYERS)
    contract |= draw(st.one_of(st.just({}), st.tuples(DAYS, DAYS).map(_order)))
    contract |= draw(st.one_of(st.just({}), st.tuples(AMOUNTS, AMOUNTS).map(_deposit)))
    return contract | draw(
        _keys(
            {},
            name=WORDS,
            reference=WORDS,
            currency=st.sampled_from(["EUR"]),
            formerly=st.one_of(st.just("OLD"), st.just(["OLD", "Q-1"])),
            strict_tasks=FLAGS,
            match=st.one_of(MATCH_RULE, st.lists(MATCH_RULE, max_size=2)),
            rates=st.one_of(RATE, RATE_RULES),
            invoice=INVOICE,
            triggers=TRIGGERS,
            cap=st.one_of(CAP, st.lists(CAP, min_size=1, max_size=3)),
            reconcile=_keys(
                {},
                tolerance=st.one_of(PERCENT, _keys({}, percent=PERCENT, amount=AMOUNTS)),
                completion=st.sampled_from(["progress", "accepted", "hours", "manual"]),
                stale=COUNTS,
            ),
            approval=st.just("required"),
            budget=_keys({}, amount=AMOUNTS, hours=HOURS, cost=AMOUNTS),
            findings=FINDINGS,
            style=st.sampled_from(["direct", "accrual"]),
        )
    )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all texts in nested mappings and lists."""
    if isinstance(value, str):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for key, one in inner for leaf in leaves(one, (*path, key))]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The same with `other` at the path."""
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def yaml_of(value: Any, indent: str = "") -> str:
    """The YAML text of nested mappings, lists and texts: mappings as blocks, lists in brackets."""
    lines = []
    for key, inner in value.items():
        block = isinstance(inner, dict) and inner
        shown = "\n" + yaml_of(inner, indent + "  ") if block else f" {_flow(inner)}\n"
        lines.append(f"{indent}{_scalar(key)}:{shown}")
    return "".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(text: str) -> str:
    plain = re.fullmatch("[A-Za-z0-9]([A-Za-z0-9 .%/+-]*[A-Za-z0-9.%])?", text)
    return text if plain else json.dumps(text, ensure_ascii=False)
