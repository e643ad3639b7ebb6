"""Random projects for the laws: contracts as they are written, and what happened on them.

Amounts and percentages are texts as in a contract file, so that one story can be read by the terms
reader, be handed to the engine as facts and be written as a ledger.
"""

from __future__ import annotations

import json
from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from hypothesis import strategies as st

from projbill_beancount.facts.model import Facts
from projbill_beancount.facts.model import Progress
from projbill_beancount.facts.model import TimeEntry
from tests.ledgers import progress_text
from tests.ledgers import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from projbill_beancount.billing.model import Draft


FIRM = """\
company: {name: Northlight IT GmbH}
clients:
  acme: {name: ACME Corp}
people:
  ana: {name: Ana Ruiz, role: senior}
  ben: {name: Ben Adler}
contracts: contracts/*.yaml
defaults: {currency: EUR}
taxes:
  V: {name: VAT, account: "Liabilities:VAT:Output", rate: [{from: 2000-01-01, rate: 19}, {from: 2025-04-01, rate: 7}]}
"""
START = date(2025, 1, 1)
END = date(2025, 6, 30)
TASKS = ("dev", "support", "internal", "build", "data model")

days = st.dates(START, END)
run_days = st.dates(date(2025, 6, 1), date(2025, 12, 31))
prices = st.integers(2000, 30000).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
percents = st.integers(0, 10000).map(lambda hundredths: f"{Decimal(hundredths) / 100:.2f}")


class Story(NamedTuple):
    """Contracts by id, time and reports; `as_of` is the day of the run."""

    contracts: dict[str, dict[str, Any]]
    entries: tuple[TimeEntry, ...]
    reports: tuple[Progress, ...]
    as_of: date

    @property
    def facts(self) -> Facts:
        """The story as the engine is told it."""
        return facts_of(self.entries, self.reports)

    @property
    def chunks(self) -> list[str]:
        """The story as Beancount transactions, one text each."""
        return [
            *(_entry_text(entry) for entry in self.entries),
            *(
                progress_text(
                    report.date,
                    report.percent or Decimal(0),
                    project=report.project,
                    milestone=report.milestone,
                    accepted=str(report.accepted or ""),
                )
                for report in self.reports
            ),
        ]

    @property
    def files(self) -> dict[str, str]:
        """The contract files, by project. JSON is YAML."""
        return {project: json.dumps(terms) for project, terms in self.contracts.items()}

    def write(self, folder: Path) -> str:
        """Write what was agreed to `folder`; the path of `projbill.yaml`."""
        (folder / "contracts").mkdir(exist_ok=True)
        (folder / "projbill.yaml").write_text(FIRM)
        for project, text in self.files.items():
            (folder / "contracts" / f"{project}.yaml").write_text(text)
        return str(folder / "projbill.yaml")


def facts_of(entries: Sequence[TimeEntry], reports: Sequence[Progress]) -> Facts:
    """Facts in the given order; any account may be used."""
    time: dict[str, list[TimeEntry]] = {}
    progress: dict[str, list[Progress]] = {}
    for entry in entries:
        time.setdefault(entry.project, []).append(entry)
    for report in reports:
        progress.setdefault(report.project, []).append(report)
    return Facts(time=time, progress=progress)


def ready(drafts: Sequence[Draft], project: str, count: int) -> list[Draft]:
    """The first drafts of a contract that may go out before any that may not, at most `count`."""
    found: list[Draft] = []
    for draft in drafts:
        if draft.project == project:
            if draft.held or len(found) == count:
                break
            found.append(draft)
    return found


def _entry_text(entry: TimeEntry) -> str:
    meta = {"task": entry.task}
    if entry.billable is not None:
        meta["billable"] = "TRUE" if entry.billable else "FALSE"
    if entry.account == "non-billable":
        meta["account"] = "NonBillable"
    return time_text(
        entry.id, entry.date, entry.seconds, project=entry.project, person=entry.person, **meta
    )


@st.composite
def rates(draw: st.DrawFn) -> dict[str, Any]:
    """A default rate, perhaps dated, and perhaps more specific ones."""
    default: Any = draw(prices)
    if draw(st.booleans()):
        default = [{"rate": default}, {"from": str(draw(days)), "rate": draw(prices)}]
    found: dict[str, Any] = {"default": default}
    if draw(st.booleans()):
        found["tasks"] = {"support": draw(prices)}
        found["person-tasks"] = {"ana/support": draw(prices)}
    return found


@st.composite
def invoice_terms(draw: st.DrawFn) -> dict[str, Any]:
    """Grouping, hour rounding, consolidation and tax."""
    terms: dict[str, Any] = {"tax": draw(st.sampled_from(["V", "none"]))}
    if draw(st.booleans()):
        terms["hours"] = {
            "to": draw(st.sampled_from(["6m", "15m"])),
            "direction": draw(st.sampled_from(["nearest", "up", "down"])),
            "per": draw(st.sampled_from(["entry", "day"])),
        }
    keys = st.sampled_from(["task", "rate", "person", "day", "entry"])
    terms["group-by"] = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
    return terms


@st.composite
def dates_of(draw: st.DrawFn) -> dict[str, str]:
    """A contract's dates; some days of a story may lie outside."""
    found = {"start": str(draw(st.dates(START, date(2025, 2, 10))))}
    if draw(st.booleans()):
        found["end"] = str(draw(st.dates(date(2025, 5, 10), END)))
    return found


@st.composite
def milestones(draw: st.DrawFn, bills: st.SearchStrategy[Any]) -> dict[str, dict[str, Any]]:
    """One to three milestones with prices and bill rules."""
    names = ["M1", "M2", "M3"][: draw(st.integers(1, 3))]
    cents = st.integers(1, 5_000_000)
    return {
        name: {"value": f"{Decimal(draw(cents)) / 100:.2f}", "bill": draw(bills)} for name in names
    }


def worth(plan: dict[str, dict[str, Any]]) -> Decimal:
    """The sum of the milestones' prices."""
    return sum((Decimal(item["value"]) for item in plan.values()), Decimal(0))


BILLS = st.one_of(
    st.sampled_from(["complete", "accepted", "progress", ["25", "50", "100"], ["33.33", "100"]]),
    st.builds(lambda day: {"date": str(day)}, days),
    st.builds(lambda day: {"date": str(day), "advance": True}, days),
)


@st.composite
def hourly(draw: st.DrawFn, project: str) -> dict[str, Any]:
    """A time-and-materials contract: one time trigger, perhaps one for a task beside it."""
    every = st.sampled_from(["week", "two-weeks", "month", "quarter"])
    triggers: list[dict[str, Any]] = [{"id": "all", "type": "time", "every": draw(every)}]
    if draw(st.booleans()):
        triggers.append({"id": "some", "type": "time", "every": draw(every), "tasks": ["support"]})
    elif draw(st.booleans()):
        triggers[0]["anchor"] = str(draw(st.dates(date(2024, 12, 1), date(2025, 1, 31))))
    return {
        "project": project,
        "client": "acme",
        "billing": "time-and-materials",
        **draw(dates_of()),
        "rates": draw(rates()),
        "tasks": {"internal": {"billable": False}},
        "triggers": triggers,
        "invoice": draw(invoice_terms()),
    }


@st.composite
def fixed(draw: st.DrawFn, project: str) -> dict[str, Any]:
    """A fixed-fee contract whose milestones add up to its price."""
    plan = draw(milestones(BILLS))
    return {
        "project": project,
        "client": "acme",
        "billing": "fixed-fee",
        "start": "2025-01-01",
        "value": str(worth(plan)),
        "milestones": plan,
        "invoice": {"tax": draw(st.sampled_from(["V", "none"]))},
    }


@st.composite
def hybrid(draw: st.DrawFn, project: str) -> dict[str, Any]:
    """A hybrid contract: one milestone covers a task, the other hours go with milestones."""
    plan = draw(milestones(st.sampled_from(["complete", "progress", ["50", "100"]])))
    terms: dict[str, Any] = {
        "project": project,
        "client": "acme",
        "billing": "hybrid",
        **draw(dates_of()),
        "value": str(worth(plan)),
        "rates": draw(rates()),
        "tasks": {"internal": {"billable": False}, "build": {"milestone": "M1"}},
        "milestones": plan,
        "invoice": draw(invoice_terms()),
    }
    if draw(st.booleans()):
        terms["triggers"] = [{"type": "milestone"}, {"type": "time", "every": "month"}]
    return terms


@st.composite
def time_entries(draw: st.DrawFn, projects: Sequence[str]) -> tuple[TimeEntry, ...]:
    """Up to a dozen entries of at most four hours, some of them not billable."""
    drawn = draw(
        st.lists(
            st.tuples(
                days,
                st.sampled_from(projects),
                st.sampled_from(["ana", "ben"]),
                st.integers(60, 4 * 3600),
                st.sampled_from(TASKS),
                st.sampled_from([None, None, None, True, False]),
                st.sampled_from(["unbilled", "unbilled", "unbilled", "non-billable"]),
            ),
            max_size=12,
        )
    )
    return tuple(
        TimeEntry(
            id=f"toggl-{number}",
            date=day,
            project=project,
            person=person,
            seconds=seconds,
            account=account,
            task=task,
            role="",
            rate=None,
            billable=billable,
            milestone="",
            note="",
            start=None,
            end=None,
            corrects="",
            source="toggl",
            file="facts.beancount",
            line=number,
        )
        for number, (day, project, person, seconds, task, billable, account) in enumerate(drawn, 1)
    )


@st.composite
def progress(
    draw: st.DrawFn, project: str, plan: Sequence[str], *, done: date | None = None
) -> tuple[Progress, ...]:
    """Reports that grow, on different days for each milestone.

    With `done` every milestone is complete and accepted on that day.
    """
    found: list[Progress] = []
    for milestone in plan:
        when = sorted(draw(st.lists(days, max_size=4, unique=True)))
        reported = sorted(
            draw(st.lists(percents, min_size=len(when), max_size=len(when))), key=Decimal
        )
        steps = [(day, percent) for day, percent in zip(when, reported, strict=True)]
        if done:
            steps = [step for step in steps if step[0] < done] + [(done, "100")]
        for day, percent in steps:
            order = len(found)
            found.append(
                Progress(
                    id=f"report-{project}-{milestone}-{day}",
                    date=day,
                    project=project,
                    milestone=milestone,
                    percent=Decimal(percent),
                    accepted=day if percent == "100" else None,
                    order=order,
                    file="facts.beancount",
                    line=1000 + order,
                )
            )
    return tuple(found)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A time-and-materials contract, a hybrid and a fixed fee, side by side."""
    contracts = {
        "ACME-APP": draw(hourly("ACME-APP")),
        "ACME-MIG": draw(hybrid("ACME-MIG")),
        "ACME-WEB": draw(fixed("ACME-WEB")),
    }
    reports = tuple(
        report
        for project in ("ACME-MIG", "ACME-WEB")
        for report in draw(progress(project, list(contracts[project]["milestones"])))
    )
    entries = draw(time_entries(("ACME-APP", "ACME-APP", "ACME-MIG")))
    return Story(contracts, entries, reports, draw(run_days))


@st.composite
def finished(draw: st.DrawFn) -> Story:
    """A fixed fee whose milestones are all complete and accepted on the last day."""
    contract = draw(fixed("ACME-WEB"))
    done = END + timedelta(days=1)
    reports = draw(progress("ACME-WEB", list(contract["milestones"]), done=done))
    return Story(
        {"ACME-WEB": contract}, (), reports, done + timedelta(days=draw(st.integers(0, 60)))
    )
