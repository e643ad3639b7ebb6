"""Amounts of a tool: never billed from, but said where they are not seconds × the contract's rate."""

from __future__ import annotations

import csv
import io
import json
from decimal import ROUND_HALF_UP
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.cli_books import projbill
from tests.import_books import FIRM
from tests.import_books import make_books
from tests.import_books import write
from tests.time_samples import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

BOLT = """\
project: BOLT-APP
name: Mobile app
client: bolt
billing: time-and-materials
rates: {default: 60}
"""
CLOCKIFY = (
    '"Project","Client","Description","User","Billable","Start Date","Start Time","End Date",'
    '"End Time","Duration (h)","Duration (decimal)","Billable Rate (EUR)","Billable Amount (EUR)"\n'
)
HARVEST = (
    "Date,Client,Project,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name,Billable Rate,"
    "Billable Amount,Currency\n"
)
TOGGL = "User,Project,Task,Billable,Start date,Start time,End date,End time,Duration,Amount (EUR)\n"
FOREIGN = (
    "in {} of BOLT-APP the export has amounts in USD ({} USD) and the contract is in EUR; they are"
    " not compared, the contract's rate counts"
)
DIFFERENT = "in {} of BOLT-APP the export has other amounts than hours × the contract's rate: {}"


def notices(
    folder: Path, text: str, contract: str = BOLT, name: str = "export.csv"
) -> tuple[str, ...]:
    """What is said of an export, all rows of which must come in or be left out."""
    books = make_books(folder, contracts={"bolt": contract})
    (report,) = books.take(write(folder, text, name))
    assert report.refused == ()
    return report.notices


def clockify_row(duration: str, decimal: str, amount: str, day: str = "2026-03-16") -> str:
    hours, minutes, *rest = (*map(int, duration.split(":")), 0)
    end = f"{9 + hours:02}:{minutes:02}:{rest[0]:02}"
    cells = ["Mobile app", "BOLT AG", "API", "Bo Lindqvist", "Yes", day, "09:00:00", day, end]
    return ",".join(f'"{cell}"' for cell in [*cells, duration, decimal, "60.00", amount]) + "\n"


def harvest_row(
    amount: str, currency: str = "Euro - EUR", *, hours: str = "2.0", rest: str = "Yes,No"
) -> str:
    return (
        f'2026-03-02,BOLT AG,Mobile app,Dev,,"{hours}",{rest},Bo,Lindqvist,,"{amount}",{currency}\n'
    )


def toggl_row(amount: str, task: str = "", duration: str = "01:00:00") -> str:
    return f"Bo Lindqvist,Mobile app,{task},Yes,2026-03-02,23:00:00,2026-03-03,00:00:00,{duration},{amount}\n"


# What is no difference


@pytest.mark.parametrize(
    ("duration", "decimal", "amount"),
    [
        ("0:13", "0.22", "13.00"),  # of exact minutes
        ("0:13", "0.22", "13.20"),  # of the rounded hours
        ("00:13:00", "0.22", "13.20"),
        ("0:13", "0.22", "13.98"),  # the seconds are cut off
        ("00:20:00", "0.33", "20.00"),
        ("00:13:00", "0.22", ""),
    ],
)
def test_amounts_that_only_rounding_explains_are_not_said(
    tmp_path: Path, duration: str, decimal: str, amount: str
) -> None:
    assert notices(tmp_path, CLOCKIFY + clockify_row(duration, decimal, amount)) == ()


def test_rows_beyond_rounding_are_counted_and_summed_by_project(tmp_path: Path) -> None:
    rows = clockify_row("00:13:00", "0.22", "13.32") + clockify_row("01:00:00", "1.00", "60.00")
    rows += clockify_row("00:20:00", "0.33", "40.00", "2026-03-17")
    said = DIFFERENT.format("2 rows", "53.32 EUR there, 33.00 EUR by the contract, which counts")
    assert notices(tmp_path, CLOCKIFY + rows) == (said,)


def test_hours_shown_to_the_second_hide_nothing(tmp_path: Path) -> None:
    rows = "".join(toggl_row(amount) for amount in ("60.02", "60.03", "59.98", "59.97"))
    said = DIFFERENT.format("2 rows", "120.00 EUR there, 120.00 EUR by the contract, which counts")
    assert notices(tmp_path, TOGGL + rows) == (said,)


def test_a_tool_that_has_no_rate_for_a_project_says_nothing(tmp_path: Path) -> None:
    assert notices(tmp_path, TOGGL + toggl_row("0.00") + toggl_row("0")) == ()


def test_one_row_without_a_rate_among_others_is_said(tmp_path: Path) -> None:
    said = DIFFERENT.format("1 row", "0.00 EUR there, 60.00 EUR by the contract, which counts")
    assert notices(tmp_path, TOGGL + toggl_row("60.00") + toggl_row("0.00")) == (said,)


def test_a_column_that_has_no_currency_is_in_the_contracts(tmp_path: Path) -> None:
    text = TOGGL.replace("(EUR)", "()")
    assert notices(tmp_path, text + toggl_row("60.00")) == ()


# Other currencies, no work to bill, and what cannot be read


def test_amounts_in_another_currency_are_not_compared(tmp_path: Path) -> None:
    rows = harvest_row("120.0") + harvest_row("130.0", "United States Dollar - USD")
    assert notices(tmp_path, HARVEST + rows) == (FOREIGN.format("1 row", "130.00"),)


def test_of_columns_for_several_currencies_the_one_with_an_amount_counts(tmp_path: Path) -> None:
    head = TOGGL.replace("Amount (EUR)", "Amount (EUR),Amount (USD)")
    rows = toggl_row("0.00,75.00") + toggl_row("60.00,0.00")
    assert notices(tmp_path, head + rows) == (FOREIGN.format("1 row", "75.00"),)


def test_amounts_of_work_that_is_not_billable_bill_nothing(tmp_path: Path) -> None:
    rows = harvest_row("2.000,0", hours="20,0", rest="No,No") + harvest_row(
        "0,0", hours="2,0", rest="No,No"
    )
    books = make_books(tmp_path, "{harvest: {decimal: ','}}", contracts={"bolt": BOLT})
    (report,) = books.take(write(tmp_path, HARVEST + rows))
    assert report.notices == (
        "in 1 row of BOLT-APP the export has amounts (2000.00 EUR) for work that is not billable",
    )
    assert {entry["account"] for entry in books.time()} == {"NonBillable:BOLT-APP"}


def test_what_the_tool_has_invoiced_is_not_compared(tmp_path: Path) -> None:
    rows = harvest_row("999.0", rest="Yes,Yes") + harvest_row("120.0")
    assert notices(tmp_path, HARVEST + rows) == ()


def test_an_amount_that_cannot_be_read_keeps_nothing_out(tmp_path: Path) -> None:
    rows = harvest_row("1.234") + harvest_row("ask Bo") + harvest_row("120.0")
    assert notices(tmp_path, HARVEST + rows) == ("in 2 rows the export's amount cannot be read",)


def test_amounts_have_the_decimal_mark_of_the_import(tmp_path: Path) -> None:
    rows = harvest_row("12.34", hours="2,0") + harvest_row("120,00", hours="2,0")
    books = make_books(tmp_path, "{harvest: {decimal: ','}}", contracts={"bolt": BOLT})
    (report,) = books.take(write(tmp_path, HARVEST + rows))
    assert report.notices == ("in 1 row the export's amount cannot be read",)


# What the contract says


def test_rates_count_from_their_day_also_for_the_part_after_midnight(tmp_path: Path) -> None:
    contract = BOLT.replace(
        "{default: 60}", "{default: [{rate: 60}, {from: 2026-03-03, rate: 90}]}"
    )
    row = toggl_row("75.00").replace("23:00:00", "23:30:00").replace("00:00:00", "00:30:00")
    assert notices(tmp_path, TOGGL + row, contract) == ()


def test_prices_of_a_day_and_hours_that_the_contract_rounds(tmp_path: Path) -> None:
    contract = BOLT.replace("{default: 60}", "{unit: day, hours-per-day: 8, default: 800}")
    contract += "invoice: {hours: {to: 15m, direction: up}}\n"
    rows = toggl_row("75.00", duration="00:31:00") + toggl_row("51.67", duration="00:31:00")
    said = DIFFERENT.format("1 row", "51.67 EUR there, 75.00 EUR by the contract, which counts")
    assert notices(tmp_path, TOGGL + rows, contract) == (
        "in 2 rows the duration differs from end − start by more than a minute; the duration counts",
        said,
    )


@pytest.mark.parametrize(
    "contract",
    [
        BOLT.replace("time-and-materials", "fixed-fee") + "value: 9000\n",
        BOLT.replace("time-and-materials", "hybrid")
        + "milestones: {M1: {name: Plan, value: 9000}}\ntasks: {dev: {milestone: M1}}\n",
        BOLT.replace("time-and-materials", "retainer")
        + "retainer: {every: month, hours: 10, fee: 500}\nstart: 2026-01-01\n",
        BOLT.replace("rates: {default: 60}\n", "rates: {roles: {lead: 90}}\n"),
    ],
    ids=["fixed fee", "milestone", "retainer", "no rate"],
)
def test_hours_without_a_price_by_the_hour_are_not_compared(tmp_path: Path, contract: str) -> None:
    rows = toggl_row("75.00,", "dev") + toggl_row(",80.00", "dev")
    head = TOGGL.replace("Amount (EUR)", "Amount (EUR),Amount (USD)")
    assert notices(tmp_path, head + rows, contract) == ()


EVERY_RATE = """\
rates:
  default: [{rate: 60}, {from: 2026-03-10, rate: 61}]
  roles: {lead: [{rate: 70}, {from: 2026-03-12, rate: 73}]}
  tasks: {Design: [{from: 2026-03-05, rate: 80}]}
  people: {alice: [{from: 2026-03-08, rate: 97}]}
  person-tasks: {alice/Plan: 101}
"""


def test_the_sum_by_the_contract_is_that_of_the_engine(tmp_path: Path) -> None:
    firm = FIRM.replace(
        "zone: Europe/Berlin, aliases: [bo@northlight.example]",
        "zone: Europe/Berlin, role: [{role: junior}, {from: 2026-03-06, role: lead}]",
    )
    contract = BOLT.replace("rates: {default: 60}\n", EVERY_RATE)
    books = make_books(tmp_path, firm=firm, contracts={"bolt": contract})
    rows = [
        f"{person},Mobile app,{task},Yes,{day},{hour}:00:00,{day},{hour + 1}:00:00,1:00:00,1"
        for day in (f"2026-03-{number:02}" for number in range(2, 15))
        for person in ("Alice Rey", "Bo Lindqvist")
        for hour, task in enumerate(("", "Design", "Plan"), 10)
    ]
    (report,) = books.take(write(tmp_path, TOGGL + "\n".join(rows) + "\n"))
    shown = projbill("-f", books.ledger, "--as-of", "2026-03-20", "status", "--format", "json")
    (status,) = json.loads(shown.stdout)["projects"]
    there = f"{len(rows)}.00 EUR there, {status['unbilled']} EUR by the contract, which counts"
    assert report.notices == (DIFFERENT.format(f"{len(rows)} rows", there),)


def test_what_is_written_does_not_depend_on_the_amounts(tmp_path: Path) -> None:
    written = []
    for name, amount in (("a", "60.00"), ("b", "999.99")):
        (tmp_path / name).mkdir()
        books = make_books(tmp_path / name, contracts={"bolt": BOLT})
        books.take(write(tmp_path / name, TOGGL + toggl_row(amount)))
        written.append(books.bytes())
    assert written[0] == written[1]


# Other tools


def test_kimais_own_prices_of_its_api(tmp_path: Path) -> None:
    record = {
        "activity": {"name": "Dev"},
        "project": {"name": "Mobile app", "customer": {"name": "BOLT AG", "currency": "EUR"}},
        "user": {"username": "bo", "alias": "Bo Lindqvist"},
        "begin": "2026-03-02T09:00:00+0100",
        "end": "2026-03-02T10:30:20+0100",
        "duration": 5420,
        "description": "",
        "billable": True,
        "exported": False,
    }
    records = [{**record, "id": 1, "rate": 90.33}, {**record, "id": 2, "rate": 90.53}]
    said = DIFFERENT.format("1 row", "90.53 EUR there, 90.33 EUR by the contract, which counts")
    assert notices(tmp_path, json.dumps(records), name="kimai.json") == (said,)


def test_kimais_fixed_price_in_its_german_table(tmp_path: Path) -> None:
    text = (
        "Datum;Von;Bis;Dauer;Währung;Preis;Name;Kunde;Projekt;Tätigkeit;Beschreibung;Abrechenbar\n"
        "2026-03-02;09:00;10:30;1:30;EUR;90,80;Bo Lindqvist;BOLT AG;Mobile app;Dev;a;1\n"
        "2026-03-02;11:00;11:30;0:30;EUR;-100,92;Bo Lindqvist;BOLT AG;Mobile app;Dev;b;1\n"
    )
    said = DIFFERENT.format("1 row", "-100.92 EUR there, 30.00 EUR by the contract, which counts")
    assert notices(tmp_path, text) == (said,)


def test_a_table_of_ones_own_may_have_amounts(tmp_path: Path) -> None:
    head = "date,person,project,hours,billable,amount,currency\n"
    rows = "2026-03-02,bo,BOLT-APP,2,yes,120.00,EUR\n2026-03-03,bo,BOLT-APP,2,yes,99,EUR\n"
    said = DIFFERENT.format("1 row", "99.00 EUR there, 120.00 EUR by the contract, which counts")
    assert notices(tmp_path, head + rows + "2026-03-04,bo,BOLT-APP,1,yes,,\n") == (said,)


@pytest.mark.parametrize(
    ("hours", "amount", "rows"),
    [("20m", "20.50", 0), ("20m 0s", "20.50", 1), ("0.3333", "20.10", 1), ("0.33", "20.10", 0)],
)
def test_how_exactly_hours_are_shown_is_how_exactly_they_are_compared(
    tmp_path: Path, hours: str, amount: str, rows: int
) -> None:
    head = "date,person,project,hours,billable,amount\n"
    said = notices(tmp_path, f"{head}2026-03-02,bo,BOLT-APP,{hours},yes,{amount}\n")
    assert len(said) == rows


def test_the_rate_of_an_entry_itself_goes_before_the_contracts(tmp_path: Path) -> None:
    head = "date,person,project,hours,billable,rate,amount\n"
    rows = "2026-03-02,bo,BOLT-APP,2,yes,75 EUR,150.00\n2026-03-03,bo,BOLT-APP,2,yes,75,120.00\n"
    said = DIFFERENT.format("1 row", "120.00 EUR there, 150.00 EUR by the contract, which counts")
    assert notices(tmp_path, head + rows) == (said,)


# Real exports


@pytest.mark.skipif(not FOLDER.name, reason="PROJBILL_SAMPLES does not name the real exports")
@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("currency: USD\nrates: {default: 110}\n", ()),
        (
            "currency: USD\nrates: {default: 120}\n",
            (
                DIFFERENT.format(
                    "2 rows", "330.00 USD there, 360.00 USD by the contract, which counts"
                ),
            ),
        ),
        (
            "rates: {default: 110}\n",
            (FOREIGN.format("2 rows", "330.00"),),
        ),
    ],
    ids=["agrees", "other rate", "other currency"],
)
def test_toggls_new_layout(tmp_path: Path, terms: str, said: tuple[str, ...]) -> None:
    contract = BOLT.replace("rates: {default: 60}\n", terms)
    contract += "match: [{project: Acme API}, {project: Wellbeing}]\n"
    text = (FOLDER / "toggl/time-stop_new_format_with_client_amount.csv").read_text("utf-8-sig")
    text = "".join(line for line in text.splitlines(keepends=True) if "Reading" not in line)
    text = text.replace('"KD","kd@example.com"', '"Bo Lindqvist","bo@northlight.example"')
    assert notices(tmp_path, text, contract) == said


@pytest.mark.skipif(not FOLDER.name, reason="PROJBILL_SAMPLES does not name the real exports")
def test_kimais_rates_with_their_currency_in_the_cell(tmp_path: Path) -> None:
    name = "kimai/kimai1x_export_extracted.csv"
    text = (FOLDER / name).read_text("utf-8-sig")
    text = "".join(line for line in text.splitlines(keepends=True) if "756000" not in line)
    (row, *others) = csv.DictReader(io.StringIO(text))
    assert row["Rate"] == " KYD 10.00 "
    assert {other["Rate"] for other in others} == {"0"}
    worth = (Decimal(row["Duration"]) * 12 / 3600).quantize(Decimal("0.01"), ROUND_HALF_UP)
    projects = [row["Project"], *(other["Project"] for other in others)]
    rules = ", ".join(f"{{project: {project}}}" for project in projects)
    contract = BOLT.replace("60}", f"12}}\nmatch: [{rules}]\ncurrency: KYD")
    text = text.replace('"admin","admin"', '"bo@northlight.example","Bo Lindqvist"')
    # One contract takes all projects here, so that the rows without a rate are among one that has.
    own = sum(int(other["Duration"]) for other in others)
    total = (Decimal(own) * 12 / 3600).quantize(Decimal("0.01")) + worth
    shown = f"10.00 KYD there, {total} KYD by the contract, which counts"
    assert notices(tmp_path, text, contract) == (
        DIFFERENT.format(f"{1 + len(others)} rows", shown),
    )
