"""Actions over HTTP: a preview of the text, and the writing of just that text."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from projbill_beancount.book import BookUnreadable
from projbill_beancount.fava.actions import ACTIONS
from projbill_beancount.fava.actions import Run
from projbill_beancount.fava.settings import is_encrypted
from projbill_beancount.fava.settings import is_read_only
from projbill_beancount.invoicing.errors import Refused
from projbill_beancount.ledger.errors import LedgerWriteError
from projbill_beancount.ledger.files import PATIENCE
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

LOG = logging.getLogger(__name__)
TOKEN = "X-Projbill-Token"  # noqa: S105 - the header's name
OK, BAD, FORBIDDEN, STALE, TOO_LARGE, FAILED = 200, 400, 403, 409, 413, 500
#: No text that is written comes near it, in bytes.
LARGEST = 64 * 1024 * 1024
#: How many seconds somebody at a form waits for another command that writes.
PATIENT = 5
_FAILURES = (LedgerWriteError, BookUnreadable, Refused, ValueError)
NOT_HERE = "nothing can be written from here"
NOTHING = "there is nothing to write"
NOT_OURS = "this did not come from a page of this Fava; nothing was written"
OLD_PAGE = "the page is older than this Fava: reload it; nothing was written"
NO_JSON = "the request is no JSON of a preview; nothing was written"
CHANGED = (
    "a file of the ledger changed since the preview; nothing was written: look at the new preview"
)
DEFECT = "this is a defect of projbill-beancount, Fava's log says more: "
DEFECT_IN_WRITING = "something may have been written, look at the files; "


def preview(extension: ProjectBilling, request: Request) -> tuple[Answer, int]:
    """What an action would write, and the HTTP status: `text`, its `files`, `remarks`, a `stamp`.

    Where it cannot be done, `error` has the reasons, one line each. `stamp` is of the ledger's
    files as they were before.
    """
    books = _writable(extension)
    if books is None:
        return {"error": [NOT_HERE]}, FORBIDDEN
    if not _is_same_site(request):
        return {"error": [NOT_OURS]}, FORBIDDEN
    stamp = stamp_of(extension.ledger)
    try:
        entered = _run(books, request.args.to_dict(), None)
    except _FAILURES as error:
        return {"error": _lines(books, error)}, OK
    except Exception as error:
        LOG.exception("the preview of an action")
        return {"error": [f"{DEFECT}{type(error).__name__}: {error}"]}, OK
    if not entered.text:
        return {"error": [NOTHING]}, OK
    return {**_shown(books, entered), "stamp": stamp}, OK


def perform(extension: ProjectBilling, request: Request) -> tuple[Answer, int]:
    """Do what a preview showed; the answer and its HTTP status.

    The body is JSON: `action`, `values`, and of the preview `text` and `stamp`. It is refused
    where a file of the ledger changed since, where the token is missing that only a page of ours
    knows, and where another site sent it.
    """
    books = _writable(extension)
    if books is None:
        return {"error": [NOT_HERE]}, FORBIDDEN
    refused = _refusal(extension, request)
    body = None if refused else _body_of(request)
    if refused or body is None:
        return refused or ({"error": [NO_JSON]}, BAD)
    values, text, stamp = body
    if stamp != stamp_of(extension.ledger):
        return {"error": [CHANGED]}, STALE
    try:
        return _shown(books, _run(books, values, text)), OK
    except _FAILURES as error:
        return {"error": _lines(books, error)}, BAD
    except Exception as error:
        LOG.exception("the action %s", values["action"])
        message = f"{DEFECT_IN_WRITING}{DEFECT}{type(error).__name__}: {error}"
        return {"error": [message]}, FAILED
    finally:
        _load_again(extension.ledger)


def _refusal(extension: ProjectBilling, request: Request) -> tuple[Answer, int] | None:
    """Why nothing is done for a request, whatever it asks for."""
    if not _is_same_site(request) or not request.is_json:
        return {"error": [NOT_OURS]}, FORBIDDEN
    if not _has_token(extension, request):
        return {"error": [OLD_PAGE]}, FORBIDDEN
    if (request.content_length or 0) > LARGEST:
        return {"error": [NO_JSON]}, TOO_LARGE
    return None


def _writable(extension: ProjectBilling) -> Books | None:
    """The books, where something may be written."""
    books = extension.books
    return None if books is None or is_read_only() or is_encrypted(books.path) else books


def _body_of(request: Request) -> tuple[dict[str, str], str, str] | None:
    """Action and values, the text and the stamp of the preview; None where it is no such thing."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # a body of brackets alone
        return None
    if not isinstance(body, dict):
        return None
    wanted = [body.get(name) for name in ("action", "text", "stamp")]
    values = body.get("values")
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in wanted):
        return None
    if not all(isinstance(value, str) for value in values.values()):
        return None
    action, text, stamp = map(str, wanted)
    return {**values, "action": action}, text, stamp


def _load_again(ledger: FavaLedger) -> None:
    """Let Fava load the ledger at the next request, whatever times its files have."""
    watcher = ledger.watcher
    watcher.last_notified = max(watcher.last_notified, watcher.last_checked + 1)


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


def _run(books: Books, values: Mapping[str, str], expected: str | None) -> Entered:
    """Do an action, for a trial where no text is `expected`."""
    action = ACTIONS.get(values.get("action", ""))
    if action is None:
        raise Refused(["there is no such action"])
    missing = [name for name in action.subject if not values.get(name)]
    if missing:
        raise Refused([f"{action.name} of what? {' and '.join(missing)} is missing"])
    invoices = str(Path(books.root) / books.terms.firm.files.invoices)
    as_of = _day_of(books)
    run = Run(books.path, as_of, invoices, dry_run=expected is None, expected=expected)
    before = PATIENCE.set(PATIENT)
    try:
        return action.run(run, values)
    finally:
        PATIENCE.reset(before)


def _day_of(books: Books) -> date | None:
    """The day of the books, where the plugin line names one."""
    return None if books.is_daily else books.as_of


def _is_same_site(request: Request) -> bool:
    """Whether no page of another site sent the request; a proxy may have renamed this host."""
    origin = request.headers.get("Origin")
    forwarded = request.headers.get("X-Forwarded-Host", request.host)
    hosts = {request.host, forwarded.partition(",")[0].strip()}
    same = origin is None or urlsplit(origin).netloc in hosts
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return same and site in {"same-origin", "none"}  # none: typed into the address bar


def _has_token(extension: ProjectBilling, request: Request) -> bool:
    """Whether the request has what other sites cannot read, in a header that they cannot send."""
    token = request.headers.get(TOKEN, "")
    return hmac.compare_digest(token.encode(), extension.token.encode())


def _lines(books: Books, error: Exception) -> list[str]:
    lines = error.lines if isinstance(error, (BookUnreadable, Refused)) else [str(error)]
    return [shown_text(line, books.root) for line in lines]


def _shown(books: Books, entered: Entered) -> Answer:
    return {
        "text": entered.text,
        "files": [shown_file(path, books.root) for path in entered.paths],
        "remarks": list(entered.remarks),
    }
