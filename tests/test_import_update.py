"""`projbill import --update`: entries that changed in the tool and are not invoiced."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.cli_books import AS_OF
from tests.cli_books import INVOICES
from tests.cli_books import MAIN
from tests.cli_books import MARCH
from tests.cli_books import projbill
from tests.cli_books import write_books

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEAD = "Date,Person,Project,Task,Hours,Note,Id\n"
FIRST = HEAD + (
    "2026-03-09,carol,BOLT-APP,backend,1.5,Login,a1\n"
    "2026-03-09,carol,BOLT-APP,backend,2,Search,a2\n"
    "2026-03-10,carol,BOLT-APP,standup,0.5,,a3\n"
)


def take(ledger: Path, text: str, *options: str) -> Result:
    export = ledger.parent / "hours.csv"
    export.write_text(text)
    result = projbill("-f", ledger, "--as-of", AS_OF, "import", *options, export)
    assert result.exit_code == 0, result.output
    return result


def files(ledger: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (ledger.parent / "time").iterdir()}


def entries(ledger: Path) -> dict[str, tuple[str, str, str, str]]:
    """Date, account, hours and note of every entry; every transaction must balance."""
    found, errors, _ = loader.load_file(str(ledger))
    foreign = [one for one in errors if not type(one).__module__.startswith("projbill")]
    assert foreign == []
    return {
        posting.meta["id"]: (
            str(entry.date),
            posting.account.removeprefix("Equity:Time:"),
            str(posting.units).partition(" ")[0],
            posting.meta.get("note", ""),
        )
        for entry in found
        if isinstance(entry, Transaction)
        for posting in entry.postings
        if posting.meta and "id" in posting.meta
    }


def settled(ledger: Path, text: str) -> None:
    """A second import of the same finds everything known, and writes nothing."""
    before = files(ledger)
    again = take(ledger, text, "--update", "--format", "json")
    (told,) = json.loads(again.stdout)["files"]
    assert (told["new"], told["changed"], told["known"]) == (0, [], told["rows"])
    assert files(ledger) == before


def changed(result: Result) -> list[dict[str, Any]]:
    (told,) = json.loads(result.stdout)["files"]
    return list(told["changed"])


def test_hours_and_note_are_replaced_where_they_stand(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    before = files(ledger)["2026-03.beancount"].decode()
    edited = FIRST.replace("1.5,Login", "2.25,Login page")
    result = take(ledger, edited, "--update")
    assert "changed hours-csv-a1 (line 2), updated:" in result.stdout
    assert result.stdout.endswith("written to time/2026-03.beancount\n")
    after = files(ledger)["2026-03.beancount"].decode()
    old, new = before.splitlines(), after.splitlines()
    differing = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert [(a.split(), b.split()) for a, b in differing] == [
        (
            ["2026-03-09", "*", '"Carol', 'Lee"', '"BOLT-APP', "3.5", 'h"'],
            ["2026-03-09", "*", '"Carol', 'Lee"', '"BOLT-APP', "4.25", 'h"'],
        ),
        (
            ["Equity:Time:Unbilled:BOLT-APP", "1.5000", "HOUR"],
            ["Equity:Time:Unbilled:BOLT-APP", "2.2500", "HOUR"],
        ),
        (["note:", '"Login"'], ["note:", '"Login', 'page"']),
        (
            ["Equity:Time:Worked:Carol", "-3.5000", "HOUR"],
            ["Equity:Time:Worked:Carol", "-4.2500", "HOUR"],
        ),
    ]
    assert all(len(a) == len(b) for a, b in differing[1:2])
    assert entries(ledger)["hours-csv-a1"][2] == "2.2500"
    settled(ledger, edited)


def test_without_the_option_the_report_says_that_it_would_do(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    before = files(ledger)
    edited = FIRST.replace("1.5,Login", "2,Login")
    plain = take(ledger, edited)
    assert "left as it is:" in plain.stdout
    assert "; --update takes it" in plain.stdout
    assert plain.stdout.endswith("nothing new: no file was changed\n")
    dry = take(ledger, edited, "--update", "--dry-run")
    assert "updated:" in dry.stdout
    assert dry.stdout.endswith("dry run: nothing was written\n")
    assert files(ledger) == before


def test_what_people_wrote_and_line_ends_stay(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    text = path.read_text().replace(
        '    id: "hours-csv-a1"\n',
        '    ; seen with Dan\n    mine: TRUE ; by Dan\n    id: "hours-csv-a1"\n    ticket: "X-1"\n',
    )
    text += "\n; März\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    before = path.read_bytes()
    edited = FIRST.replace("1.5,Login", "2.5,")
    take(ledger, edited, "--update")
    after = path.read_bytes()
    wanted = (
        before.replace(b'    note: "Login"\r\n', b"")
        .replace(b"BOLT-APP 3.5 h", b"BOLT-APP 4.5 h")
        .replace(b"1.5000 HOUR", b"2.5000 HOUR")
        .replace(b"-3.5000 HOUR\r\n\r\n2026-03-10", b"-4.5000 HOUR\r\n\r\n2026-03-10")
    )
    assert after == wanted
    settled(ledger, edited)


def test_another_task_and_contract_change_the_account(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    edited = FIRST.replace("backend,1.5", "standup,1.5").replace(
        "BOLT-APP,backend,2,", "ACME-MIG,backend,2,"
    )
    take(ledger, edited, "--update")
    found = entries(ledger)
    assert found["hours-csv-a1"][1] == "NonBillable:BOLT-APP"
    assert found["hours-csv-a2"][1] == "Unbilled:ACME-MIG"
    assert "BOLT-APP 1.5 h, ACME-MIG 2 h" in files(ledger)["2026-03.beancount"].decode()
    settled(ledger, edited)


def test_another_day_or_person_moves_the_entry_with_its_keys(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    path.write_text(
        path.read_text().replace(
            '    id: "hours-csv-a1"\n', '    id: "hours-csv-a1"\n    mine: TRUE\n'
        )
    )
    edited = FIRST.replace(
        "2026-03-09,carol,BOLT-APP,backend,1.5", "2026-04-02,carol,BOLT-APP,backend,1.5"
    )
    edited = edited.replace("2026-03-10,carol", "2026-03-10,dan")
    take(ledger, edited, "--update")
    found = entries(ledger)
    assert found["hours-csv-a1"][0] == "2026-04-02"
    texts = {name: content.decode() for name, content in files(ledger).items()}
    assert "mine: TRUE" in texts["2026-04.beancount"]
    assert "mine" not in texts["2026-03.beancount"]
    assert '2026-03-10 * "Carol Lee"' not in texts["2026-03.beancount"]
    assert '2026-03-10 * "Dan Roe"' in texts["2026-03.beancount"]
    assert set(MARCH.splitlines()) <= set(texts["2026-03.beancount"].splitlines())
    settled(ledger, edited)


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        ("1.5,Login", "2.5,Login", True),
        ("2026-03-09,carol,BOLT-APP,backend,1.5", "2026-04-02,carol,BOLT-APP,backend,1.5", True),
        ("1.5,Login", "1.5,Sign-in", False),
    ],
    ids=["hours", "day", "note"],
)
def test_what_is_approved_is_not_changed_behind_the_approval(
    tmp_path: Path, old: str, new: str, *, stays: bool
) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    key = '    id: "hours-csv-a1"\n'
    path.write_text(path.read_text().replace(key, f"{key}    approved: TRUE\n"))
    before = files(ledger)
    result = take(ledger, FIRST.replace(old, new), "--update")
    assert ("it was approved as it is" in result.stdout) is stays
    assert (files(ledger) == before) is stays
    if not stays:
        assert "approved: TRUE" in path.read_text()


def test_an_invoiced_entry_stays_and_a_correction_is_proposed(tmp_path: Path) -> None:
    time = MARCH.replace('"toggl-1"', '"hours-csv-1"').replace('"toggl-2"', '"hours-csv-2"')
    ledger = write_books(tmp_path, time=time, invoices=INVOICES.replace("toggl-1", "hours-csv-1"))
    before = files(ledger)
    text = HEAD + "2026-02-10,carol,BOLT-APP,backend,3,,1\n"
    result = take(ledger, text, "--update", "--format", "json")
    (change,) = changed(result)
    assert change["update"] == ""
    assert change["reason"] == (
        "it is on invoice INV-2026-0001 (invoices.beancount:1);"
        ' log the difference with `corrects: "hours-csv-1"`'
    )
    assert files(ledger) == before
    also = text + "2026-03-03,carol,BOLT-APP,backend,7,Login page,2\n"
    take(ledger, also, "--update")
    assert entries(ledger)["hours-csv-1"][2] == "2.0000"
    assert entries(ledger)["hours-csv-2"][2] == "7.0000"
    assert "-7.5000 HOUR" in files(ledger)["2026-03.beancount"].decode()


def test_what_was_written_off_or_is_covered_stays(tmp_path: Path) -> None:
    main = MAIN.replace('include "inv', 'include "decisions.beancount"\ninclude "inv')
    ledger = write_books(tmp_path, main=main)
    (tmp_path / "decisions.beancount").write_text("")
    take(ledger, FIRST)
    done = projbill(
        "-f",
        ledger,
        "--as-of",
        AS_OF,
        "write-off",
        "BOLT-APP",
        "hours-csv-a1",
        "--reason",
        "Goodwill",
    )
    assert done.exit_code == 0, done.output
    before = files(ledger)
    (change,) = changed(
        take(ledger, FIRST.replace("1.5,Login", "2,Login"), "--update", "--format", "json")
    )
    assert "it is closed (" in change["reason"]
    covering = (tmp_path / "invoices.beancount").read_text()
    (tmp_path / "invoices.beancount").write_text(
        covering.replace("  due: 2026-03-30\n", "  due: 2026-03-30\n  covers: 2026-03-31\n")
    )
    (change,) = changed(
        take(ledger, FIRST.replace("2,Search", "3,Search"), "--update", "--format", "json")
    )
    assert change["reason"] == "invoice INV-2026-0001 covers the time up to 2026-03-31"
    assert files(ledger) == before


def test_after_a_void_the_entry_may_change(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    issued = projbill("-f", ledger, "--as-of", AS_OF, "issue", "BOLT-APP/time/2026-03-31")
    assert issued.exit_code == 0, issued.output
    edited = FIRST.replace("1.5,Login", "2,Login")
    (change,) = changed(take(ledger, edited, "--update", "--format", "json"))
    assert "it is on invoice INV-2026-0002" in change["reason"]
    voided = projbill(
        "-f", ledger, "--as-of", AS_OF, "void", "INV-2026-0002", "--reason", "Wrong hours"
    )
    assert voided.exit_code == 0, voided.output
    take(ledger, edited, "--update")
    assert entries(ledger)["hours-csv-a1"][2] == "2.0000"
    settled(ledger, edited)


def test_what_a_credit_note_gave_back_whole_may_change_and_is_billed_again(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    edited = FIRST.replace("1.5,Login", "2.5,Login")
    books = ("-f", ledger, "--as-of", AS_OF)
    draft = "BOLT-APP/time/2026-03-31"
    assert projbill(*books, "issue", draft).exit_code == 0
    options = ("INV-2026-0002", "--reason", "Wrong hours")
    assert projbill(*books, "credit", *options).exit_code == 0
    take(ledger, edited, "--update")
    assert entries(ledger)["hours-csv-a1"][2] == "2.5000"
    settled(ledger, edited)
    told = json.loads(projbill(*books, "drafts", "BOLT-APP", "--format", "json").stdout)
    assert [one["net"] for one in told["drafts"]] == ["2100.00"]
    assert projbill(*books, "issue", draft).exit_code == 0
    (change,) = changed(take(ledger, FIRST, "--update", "--format", "json"))
    assert change["reason"].startswith("it is on invoice INV-2026-000")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.5000 HOUR", "(1 + 0.5) HOUR", "its amount is not a plain number of hours"),
        ('    note: "Login"\n', '    note: "Login\n"\n', "not a key with a value on one line"),
        (
            '    note: "Login"\n',
            '    note: "Login" ; sic\n',
            "it has a comment, which would be lost",
        ),
        (
            "  Equity:Time:Worked:Carol       -3.5000 HOUR\n",
            "  Equity:Time:Worked:Carol  -1.5000 HOUR\n  Equity:Time:Worked:Carol  -2 HOUR\n",
            "the posting that has the sum of its hours cannot be told",
        ),
    ],
)
def test_a_text_that_cannot_be_changed_safely_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    text = path.read_text()
    assert text.count(old.lstrip()) == 1 or old in text
    head, tail = text.split("2026-03-09 *")
    old_line = next(line for line in tail.splitlines(keepends=True) if old.split()[-2] in line)
    replacement = old_line.replace(old.strip(), new.strip()) if "\n" not in old else new
    path.write_text(head + "2026-03-09 *" + tail.replace(old_line, replacement, 1))
    before = files(ledger)
    (change,) = changed(
        take(ledger, FIRST.replace("1.5,Login", "2.5,"), "--update", "--format", "json")
    )
    assert said in change["reason"]
    assert change["reason"].startswith("time/2026-03.beancount:")
    assert files(ledger) == before


def test_an_amount_that_beancount_works_out_and_an_own_narration_stay(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    path = tmp_path / "time" / "2026-03.beancount"
    path.write_text(
        MARCH
        + '\n2026-03-09 * "My own words"\n  person: "carol"\n'
        + '  Equity:Time:Unbilled:BOLT-APP 1.5 HOUR\n    id: "hours-csv-a1"\n'
        + '    task: "backend"\n  Equity:Time:Worked:Carol\n'
    )
    before = path.read_text()
    text = HEAD + "2026-03-09,carol,BOLT-APP,backend,0.25,Login,a1\n"
    take(ledger, text, "--update")
    assert path.read_text() == before.replace("BOLT-APP 1.5 HOUR", "BOLT-APP  0.2500 HOUR").replace(
        '    task: "backend"\n  Equity:Time:Worked:Carol\n',
        '    task: "backend"\n    note: "Login"\n  Equity:Time:Worked:Carol\n',
    )
    settled(ledger, text)


def test_a_word_that_only_the_ledger_has_is_not_lost(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    path.write_text(
        path.read_text().replace(
            '    id: "hours-csv-a1"\n', '    id: "hours-csv-a1"\n    billable: FALSE\n'
        )
    )
    before = files(ledger)
    (change,) = changed(
        take(ledger, FIRST.replace("1.5,Login", "2,Login"), "--update", "--format", "json")
    )
    assert change["reason"].startswith("the ledger has its `billable` and the export has none")
    assert files(ledger) == before


def test_a_row_without_an_id_is_taken_only_if_it_can_be_no_other(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    head = "Date,Person,Project,Task,Hours,Note\n"
    row = "2026-03-09,carol,BOLT-APP,backend,{},{}\n"
    first = head + row.format(1, "a") + row.format(2, "b")
    take(ledger, first)
    both = head + row.format(3, "c") + row.format(4, "d")
    before = files(ledger)
    reasons = {
        change["reason"] for change in changed(take(ledger, both, "--update", "--format", "json"))
    }
    assert reasons == {"it may be another row of that time; change it by hand"}
    assert files(ledger) == before
    one = head + row.format(1, "a") + row.format(3, "c")
    take(ledger, one, "--update")
    assert entries(ledger)["hours-csv-carol-2026-03-09-2"][2:] == ("3.0000", "c")
    settled(ledger, one)


CLOCK = "Date,Person,Project,Task,Start,End,Note,Id\n"
SHIFT = "2026-03-{:02},carol,BOLT-APP,backend,{},{},{},s1\n"


def test_a_session_across_midnight_that_became_shorter_or_longer(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    day, night = (
        CLOCK + SHIFT.format(9, "20:00", "22:00", "a"),
        SHIFT.format(9, "22:00", "01:30", "b"),
    )
    take(ledger, CLOCK + night)
    assert list(entries(ledger))[-2:] == ["hours-csv-s1", "hours-csv-s1/2"]
    before = entries(ledger)
    take(ledger, day, "--update")
    shorter = entries(ledger)
    assert "hours-csv-s1/2" not in shorter
    assert shorter["hours-csv-s1"][2:] == ("2.0000", "a")
    assert "2026-03-10" not in files(ledger)["2026-03.beancount"].decode()
    settled(ledger, day)
    take(ledger, CLOCK + night, "--update")
    assert entries(ledger) == before
    settled(ledger, CLOCK + night)


def test_of_two_files_with_other_words_the_first_counts(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    second, third = FIRST.replace("1.5,Login", "2,Login"), FIRST.replace("1.5,Login", "3,Login")
    for name, text in (("b.csv", second), ("c.csv", third), ("d.csv", second)):
        (tmp_path / name).write_text(text)
    paths = [tmp_path / name for name in ("b.csv", "c.csv", "d.csv")]
    told = projbill(
        "-f", ledger, "--as-of", AS_OF, "import", "--update", *paths, "--format", "json"
    )
    assert told.exit_code == 0, told.output
    one, two, again = json.loads(told.stdout)["files"]
    assert [change["update"] for change in one["changed"]] == ["done"]
    (change,) = two["changed"]
    assert change["reason"] == "another file of this import has it too, in other words"
    assert (again["known"], again["changed"]) == (3, [])
    assert entries(ledger)["hours-csv-a1"][2] == "2.0000"


def test_a_refused_file_updates_nothing(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    take(ledger, FIRST)
    before = files(ledger)
    export = tmp_path / "hours.csv"
    export.write_text(FIRST.replace("1.5,Login", "2,Login") + "2026-03-11,carol,NOWHERE,,1,,a9\n")
    told = projbill("-f", ledger, "--as-of", AS_OF, "import", "--update", export)
    assert told.exit_code == 2
    assert "left as it is" in told.stdout
    assert files(ledger) == before


def test_a_transaction_by_hand_keeps_what_else_it_has(tmp_path: Path) -> None:
    ledger = write_books(tmp_path)
    path = tmp_path / "time" / "2026-03.beancount"
    by_hand = (
        '\n2026-03-09 * "Workshop" #onsite ; in Bonn\n  person: "carol"\n'
        '  Equity:Time:Unbilled:BOLT-APP 1 HOUR\n    id: "hours-csv-a1"\n    task: "backend"\n'
        "  Equity:Time:Worked:Carol -1 HOUR\n"
    )
    path.write_text(MARCH + by_hand)
    row = HEAD + "2026-03-{},carol,BOLT-APP,backend,{},,a1\n"
    (change,) = changed(take(ledger, row.format("12", 1), "--update", "--format", "json"))
    assert change["reason"] == (
        "time/2026-03.beancount:35: its transaction says more than an import writes;"
        " change it by hand, as the export has it"
    )
    assert path.read_text() == MARCH + by_hand
    take(ledger, row.format("09", "1.25"), "--update")
    assert path.read_text() == MARCH + by_hand.replace(" 1 HOUR", "  1.2500 HOUR").replace(
        " -1 HOUR", "  -1.2500 HOUR"
    )
    settled(ledger, row.format("09", "1.25"))


def test_a_file_that_the_ledger_leaves_out_and_a_contract_renamed(tmp_path: Path) -> None:
    main = MAIN.replace('include "time/*.beancount"\n', "")
    ledger = write_books(tmp_path, main=main)
    take(ledger, FIRST)
    path = tmp_path / "time" / "2026-03.beancount"
    path.write_text(path.read_text().replace("BOLT-APP", "BOLT-OLD"))
    edited = FIRST.replace("1.5,Login", "2,Login")
    take(ledger, edited, "--update")
    ledger.write_text(MAIN)
    assert entries(ledger)["hours-csv-a1"][1:3] == ("Unbilled:BOLT-OLD", "2.0000")
    assert "BOLT-OLD 4 h" in path.read_text()
    settled(ledger, edited)


ROW = st.tuples(
    st.integers(1, 31),
    st.sampled_from(["carol", "dan"]),
    st.sampled_from(["BOLT-APP,backend", "BOLT-APP,standup", "ACME-MIG,x"]),
    st.integers(1, 40),
    st.sampled_from(["", "x", "y;z", 'q""u\\']),
)


@given(st.lists(st.tuples(ROW, ROW), min_size=1, max_size=6), st.booleans())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_an_update_all_is_known_and_the_rest_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, Any]], dos: bool
) -> None:
    ledger = write_books(tmp_path_factory.mktemp("books"))
    path = ledger.parent / "time" / "2026-03.beancount"
    if dos:
        path.write_bytes(MARCH.replace("\n", "\r\n").encode())
    before = entries(ledger)
    texts = [
        HEAD
        + "".join(
            f'2026-03-{day:02},{person},{what},{quarters / 4},"{note}",{number}\n'
            for number, (day, person, what, quarters, note) in enumerate(side)
        )
        for side in zip(*rows, strict=True)
    ]
    take(ledger, texts[0])
    take(ledger, texts[1], "--update")
    found = entries(ledger)
    assert {key: value for key, value in found.items() if key in before} == before
    for number, (_, (day, _, _, quarters, note)) in enumerate(rows):
        said = found.pop(f"hours-csv-{number}")
        assert (said[0], Decimal(said[2])) == (f"2026-03-{day:02}", Decimal(quarters) / 4)
        assert said[3] == note.replace('""', '"')
    assert found == before
    if dos:
        assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    settled(ledger, texts[1])
