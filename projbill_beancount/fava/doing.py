"""Actions over HTTP: a preview of the text, and the writing of just that text."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from projbill_beancount.book import BookUnreadable
from projbill_beancount.fava.actions import ACTIONS
from projbill_beancount.fava.actions import Run
from projbill_beancount.fava.settings import is_read_only
from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.reports.places import shown_file
from projbill_beancount.reports.places import shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from fava.core import FavaLedger
    from flask import Request

    from projbill_beancount.fava import ProjectBilling
    from projbill_beancount.fava.books import Books
    from projbill_beancount.invoicing.entering import Entered

    Answer = dict[str, object]

TOKEN = "X-Projbill-Token"  # noqa: S105 - the header's name
OK, BAD, FORBIDDEN, STALE = 200, 400, 403, 409
_FAILURES = (LedgerWriteError, BookUnreadable, Refused, ValueError)
NOT_HERE = "nothing can be written from here"
NOTHING = "there is nothing to write"
CHANGED = (
    "a file of the ledger changed since the preview; nothing was written: look at the new preview"
)


def preview(extension: ProjectBilling, values: Mapping[str, str]) -> Answer:
    """What an action would write: `text`, its `files`, `remarks` and the files' `stamp`.

    Where it cannot be done, `error` has the reasons, one line each.
    """
    books = extension.books
    if books is None or is_read_only():
        return {"error": [NOT_HERE]}
    stamp = stamp_of(extension.ledger)
    try:
        entered = _run(values, Run(books.path, _day_of(books), dry_run=True))
    except _FAILURES as error:
        return {"error": _lines(books, error)}
    if not entered.text:
        return {"error": [NOTHING]}
    return {**_shown(books, entered), "stamp": stamp}


def perform(extension: ProjectBilling, request: Request) -> tuple[Answer, int]:
    """Do what a preview showed; the answer and its HTTP status.

    The body is JSON: `action`, `values`, and of the preview `text` and `stamp`. It is refused
    where a file of the ledger changed since, where the token is missing that only a page of ours
    knows, and where another site sent it.
    """
    books = extension.books
    if books is None:
        return {"error": [NOT_HERE]}, BAD
    if not _is_ours(extension, request):
        return {"error": ["this did not come from a page of this Fava; nothing was written"]}, (
            FORBIDDEN
        )
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("values"), dict):
        return {"error": ["the request is no JSON of a preview; nothing was written"]}, BAD
    values = {str(key): str(value) for key, value in body["values"].items()}
    values["action"] = str(body.get("action"))
    if body.get("stamp") != stamp_of(extension.ledger):
        return {"error": [CHANGED]}, STALE
    run = Run(books.path, _day_of(books), dry_run=False, expected=str(body.get("text")))
    try:
        entered = _run(values, run)
    except _FAILURES as error:
        return {"error": _lines(books, error)}, BAD
    for path in entered.paths:
        extension.ledger.watcher.notify(Path(path))
    return _shown(books, entered), OK


def stamp_of(ledger: FavaLedger) -> str:
    """What all files of the ledger are like: another text once one of them changes."""
    found = hashlib.sha256()
    for path in sorted(map(str, ledger.options["include"])):
        try:
            state = os.stat(path)  # noqa: PTH116 - hundreds of files
            seen = (path, state.st_size, state.st_mtime_ns, state.st_ino)
        except OSError:
            seen = (path, 0, 0, 0)
        found.update(repr(seen).encode())
    return found.hexdigest()


def _run(values: Mapping[str, str], run: Run) -> Entered:
    action = ACTIONS.get(values.get("action", ""))
    if action is None:
        raise Refused(["there is no such action"])
    missing = [name for name in action.subject if not values.get(name)]
    if missing:
        raise Refused([f"{action.name} of what? {' and '.join(missing)} is missing"])
    return action.run(run, values)


def _day_of(books: Books) -> date | None:
    """The day of the books, where the plugin line names one."""
    return None if books.is_daily else books.as_of


def _is_ours(extension: ProjectBilling, request: Request) -> bool:
    """Whether a page of this Fava sent the request.

    Other sites can neither read the token nor send JSON or the header without being asked first.
    """
    token = request.headers.get(TOKEN, "")
    origin = request.headers.get("Origin")
    same = origin is None or urlsplit(origin).netloc == request.host
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return (
        hmac.compare_digest(token.encode(), extension.token.encode())
        and same
        and site == "same-origin"
        and request.is_json
    )


def _lines(books: Books, error: Exception) -> list[str]:
    lines = error.lines if isinstance(error, (BookUnreadable, Refused)) else [str(error)]
    return [shown_text(line, books.root) for line in lines]


def _shown(books: Books, entered: Entered) -> Answer:
    return {
        "text": entered.text,
        "files": [shown_file(path, books.root) for path in entered.paths],
        "remarks": list(entered.remarks),
    }
