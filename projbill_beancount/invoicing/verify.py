"""Whether issued invoices are as they were issued, and since which commit one is not."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from beancount.core import data
from beancount.parser import parser

from projbill_beancount.facts.digest import digest_of
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator

    from projbill_beancount.billing.model import Finding
    from projbill_beancount.book import Book

#: What git is to say of a commit: a mark, hash, date, author, subject.
FIELDS = "%x01%H%x09%ad%x09%an%x09%s"
#: Findings about documents that were issued.
ABOUT_ISSUED = frozenset(
    (
        "credit-exceeds-invoice",
        "credit-unlinked",
        "entry-already-invoiced",
        "invoice-date-order",
        "invoice-number-duplicate",
        "invoice-number-gap",
        "invoiced-entry-changed",
        "invoiced-entry-missing",
        "issued-changed",
        "ledger-amount-mismatch",
        "tax-amount-mismatch",
    )
)


class Commit(NamedTuple):
    """A commit of the ledger's repository; `path` is the file in it, from the repository's root."""

    hash: str
    date: str
    author: str
    subject: str
    path: str = ""


class Verified(NamedTuple):
    """A document with what is wrong with it; `since` is the commit that changed its content.

    `sealed` says that it has a digest: without one, only its own sums can be checked.
    """

    number: str
    place: Place
    sealed: bool
    intact: bool
    findings: tuple[Finding, ...]
    since: Commit | None = None


def verify_book(book: Book) -> list[Verified]:
    """Every invoice, credit note and void of the books, in the ledger's order."""
    found = []
    by_number: dict[str, list[Finding]] = {}
    for finding in book.billing.findings:
        if finding.code in ABOUT_ISSUED:
            for number in _numbers_of(finding, book):
                by_number.setdefault(number, []).append(finding)
    for entry in book.entries:
        if not isinstance(entry, data.Transaction) or not _is_document(entry):
            continue
        number = str(entry.meta.get("invoice") or entry.meta.get("corrects") or "")
        digest = entry.meta.get("digest")
        intact = digest is None or digest_of(entry) == digest
        place = Place(entry.meta["filename"], entry.meta["lineno"])
        since = None if intact else changed_since(place.file, number, str(digest))
        about = tuple(by_number.get(number, ())) if "void" not in (entry.tags or ()) else ()
        found.append(Verified(number, place, digest is not None, intact, about, since))
    return found


def changed_since(file: str, number: str, digest: str) -> Commit | None:
    """The commit since which a file's document does not have its digest; None where git cannot say.

    A change that is not committed yet has the hash "".
    """
    commits = list(_commits(file))
    if not commits:
        return None
    newest = _is_intact(_content(file, commits[0]), number, digest)
    if newest:
        return Commit("", "", "", "not committed yet")
    guilty = commits[0]
    for commit in commits[1:]:
        intact = _is_intact(_content(file, commit), number, digest)
        if intact:
            return guilty
        guilty = commit
    return guilty


def _is_document(entry: data.Transaction) -> bool:
    tags = entry.tags or frozenset()
    return not tags.isdisjoint(("invoice", "credit-note", "void"))


def _numbers_of(finding: Finding, book: Book) -> Iterator[str]:
    """The documents that a finding is about: its id, or those that list its entry."""
    numbers = {one.number for one in (*book.facts.invoices, *book.facts.credit_notes)}
    if finding.id in numbers:
        yield finding.id
        return
    for invoice in book.facts.invoices:
        if any(finding.id in line.ids for line in invoice.lines):
            yield invoice.number


def _is_intact(text: str, number: str, digest: str) -> bool:
    """Whether a version of the file has the document, known by number or digest, unchanged."""
    entries, _, _ = parser.parse_file(io.BytesIO(text.encode()), report_filename="version")
    return any(
        isinstance(entry, data.Transaction)
        and (number == entry.meta.get("invoice") or digest == entry.meta.get("digest"))
        and digest_of(entry) == entry.meta.get("digest")
        for entry in entries
    )


def _commits(file: str) -> Iterator[Commit]:
    """The commits that changed a file, the newest first, under whatever names it had.

    There are none outside a repository.
    """
    path = _git(file, "ls-files", "--full-name").strip()
    said = _git(file, "log", "--follow", "--name-only", f"--format={FIELDS}", "--date=short")
    for record in said.split("\x01")[1:]:
        line, *names = filter(None, record.split("\n"))
        path = names[0] if names else path
        commit, day, author, subject = line.split("\t", 3)
        yield Commit(commit, day, author, subject, path)


def _content(file: str, commit: Commit) -> str:
    return _git(file, "show", f"{commit.hash}:{commit.path}", path=False)


def _git(file: str, *arguments: str, path: bool = True) -> str:
    """What git says of a file in its folder; "" where there is no git or no repository."""
    real = os.path.realpath(file)
    names = ("--", Path(real).name) if path else ()
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            ["git", "-c", "core.quotepath=off", *arguments, *names],  # noqa: S607 - the user's git
            cwd=Path(real).parent,
            capture_output=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
