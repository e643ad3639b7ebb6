"""A ledger with its billing, opened for a command, a script or a page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from beancount import loader

from projbill_beancount.evaluate import Evaluation
from projbill_beancount.evaluate import evaluate
from projbill_beancount.plugins.billing import LATEST
from projbill_beancount.plugins.errors import AnyBillingError
from projbill_beancount.plugins.postings import is_generated
from projbill_beancount.plugins.settings import DEFAULT_CONFIG
from projbill_beancount.plugins.settings import Settings
from projbill_beancount.plugins.settings import parse_settings
from projbill_beancount.plugins.settings import plugin_text

if TYPE_CHECKING:  # pragma: no cover
    from beancount.core.data import Directive

    from projbill_beancount.billing.model import Billing
    from projbill_beancount.facts.model import Facts
    from projbill_beancount.terms.accounts import Accounts
    from projbill_beancount.terms.model import Terms

#: Errors of Beancount after which entries may be missing from the load.
UNREADABLE = frozenset(("ParserSyntaxError", "ParserError", "LexerError", "GrammarError"))


class BookUnreadable(Exception):  # noqa: N818 - it is the book that is unreadable
    """The ledger or `projbill.yaml` cannot be read; `lines` say why, ready to print."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Book(NamedTuple):
    """A loaded ledger without our drafts, what was agreed, what happened, and what follows.

    `errors` are Beancount's own, a line each. `has_plugin` says whether the ledger's top-level
    file has our plugin line, without which Fava and bean-check show no drafts.
    """

    ledger: str
    entries: list[Directive]
    options: dict[str, Any]
    errors: tuple[str, ...]
    terms: Terms
    facts: Facts
    billing: Billing
    accounts: Accounts
    has_plugin: bool


def open_book(ledger: str, as_of: date | None = None) -> Book:
    """Load `ledger` and bill it as of a day: `as_of`, else the plugin line's, else today.

    Raises BookUnreadable if the ledger or its `projbill.yaml` cannot be read.
    """
    path = Path(ledger).absolute()
    if not path.is_file():
        raise BookUnreadable(
            (f"{ledger}: no such ledger; give one with -f, or make one with `projbill init DIR`",)
        )
    entries, errors, options = loader.load_file(str(path))
    _refuse_unreadable(errors)
    settings, has_plugin = _settings(options, str(path))
    day = as_of or settings.as_of or date.today()  # noqa: DTZ011 - the user's day
    own = [entry for entry in entries if not is_generated(entry)]
    evaluation = _known(options, day) or evaluate(
        own, options, settings.config, day, post_drafts=settings.post_drafts
    )
    stopped = [mistake for mistake in evaluation.terms.mistakes if mistake.project is None]
    if stopped:
        raise BookUnreadable(tuple(str(mistake) for mistake in stopped))
    theirs = tuple(_line(error) for error in errors if not isinstance(error, AnyBillingError))
    terms, facts, billing, accounts = evaluation
    return Book(str(path), own, options, theirs, terms, facts, billing, accounts, has_plugin)


def _known(options: dict[str, Any], day: date) -> Evaluation | None:
    """What the plugin found during this very load, if it billed the same day."""
    known = LATEST.get(str(options["filename"]))
    if known is None or known[0] is not options or known[1].billing.as_of != day:
        return None
    return known[1]


def _settings(options: dict[str, Any], ledger: str) -> tuple[Settings, bool]:
    """The plugin line's settings, else `projbill.yaml` beside the ledger."""
    text = plugin_text(options)
    try:
        return parse_settings(text, ledger), text is not None
    except ValueError as error:
        raise BookUnreadable((f"{ledger}:1: {error}",)) from error


def _refuse_unreadable(errors: list[Any]) -> None:
    """Refuse a ledger of which some text could not be read: facts would be missing silently."""
    lost = [
        _line(error)
        for error in errors
        if type(error).__name__ in UNREADABLE
        or (type(error).__name__ == "LoadError" and str(error.message).startswith('File "'))
    ]
    if lost:
        raise BookUnreadable(tuple(lost))


def _line(error: Any) -> str:
    source = error.source or {}
    place = f"{source.get('filename', 'ledger')}:{source.get('lineno', 1)}"
    return f"{place}: {' '.join(str(error.message).split())}"


__all__ = ["DEFAULT_CONFIG", "Book", "BookUnreadable", "open_book"]
