"""Beancount plugin: drafts receivable entries when a trigger matches, reports every mismatch.

    plugin "projbill_beancount.plugins.billing" "projbill.yaml"

With the hours of March logged, a monthly contract at 150.00 an hour and a month that has ended,
the ledger gains

    2026-03-31 ! "BOLT AG" "Draft BOLT-APP/time/2026-03-31" #draft
      Assets:Unbilled:BOLT-APP    1425.00 EUR
      Income:Services:BOLT-APP   -1425.00 EUR

until the invoice is issued. A draft that the facts do not support posts nothing; the reason is an
error at the line of the ledger or of the contract that explains it. Options are a dict literal:

    plugin "projbill_beancount.plugins.billing" "{
        'config': 'projbill.yaml', 'as-of': '2026-03-31',
        'post-drafts': True, 'report-from': 'warning'}"
"""

from __future__ import annotations

import gc
import traceback
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.plugins.awaited import awaited_accounts
from projbill_beancount.plugins.errors import errors_of
from projbill_beancount.plugins.errors import mistake_errors
from projbill_beancount.plugins.errors import plugin_error
from projbill_beancount.plugins.postings import generated_entries
from projbill_beancount.plugins.settings import Settings
from projbill_beancount.plugins.settings import parse_settings
from projbill_beancount.plugins.watched import WatchedPath

if TYPE_CHECKING:  # pragma: no cover
    from beancount.core.data import Directive

    from projbill_beancount.evaluate import Evaluation

__plugins__ = ("billing",)

#: The newest evaluation of each ledger in this process with the options of the load that it
#: belongs to, so that the command line and Fava do not bill a second time.
LATEST: dict[str, tuple[dict[str, Any], Evaluation]] = {}


def billing(
    entries: list[Directive], options_map: dict[str, Any], config: str | None = None
) -> tuple[list[Directive], list[Any]]:
    """Add drafts to `entries`, report findings as errors; entries of others stay as they are.

    Never raises: a failure of ours is one error with a location.
    """
    collecting = gc.isenabled()
    gc.disable()  # the ledger's millions of objects are alive; looking at them again costs seconds
    try:
        return _bill(entries, options_map, config)
    except Exception as failure:  # noqa: BLE001 - a plugin's exception would lose the whole load
        trace = traceback.extract_tb(failure.__traceback__)[-1]
        message = (
            f"nothing is billed: {type(failure).__name__}: {failure} "
            f"({Path(trace.filename).name}:{trace.lineno}); this is a defect of projbill-beancount"
        )
        return entries, [plugin_error(options_map, message)]
    finally:
        if collecting:
            if not gc.get_freeze_count():  # else somebody else has frozen objects, and keeps them
                gc.freeze()
                gc.unfreeze()  # what we made is old now: it is not gone through as young objects
            gc.enable()


def _bill(
    entries: list[Directive], options_map: dict[str, Any], config: str | None
) -> tuple[list[Directive], list[Any]]:
    ledger = str(options_map["filename"])
    try:
        settings = parse_settings(config, ledger)
    except ValueError as error:
        return entries, [plugin_error(options_map, str(error))]
    # here and not above: a ledger from Beancount's cache needs this module, but not the engine
    from projbill_beancount.evaluate import evaluate  # noqa: PLC0415

    as_of = settings.as_of or date.today()  # noqa: DTZ011 - the user's day
    evaluation = evaluate(
        entries, options_map, settings.config, as_of, post_drafts=settings.post_drafts
    )
    _watch(options_map, settings, evaluation)
    stopped = [mistake for mistake in evaluation.terms.mistakes if mistake.project is None]
    if stopped:
        return entries, mistake_errors(stopped)
    LATEST[ledger] = (options_map, evaluation)
    made = generated_entries(evaluation, post_drafts=settings.post_drafts)
    made += awaited_accounts(entries, evaluation)
    return [*entries, *made], errors_of(evaluation.billing.findings, settings.report_from)


def _watch(options_map: dict[str, Any], settings: Settings, evaluation: Evaluation) -> None:
    """Let the load cache and Fava notice changed terms, new contracts and a new day."""
    folder = Path(settings.config).parent
    patterns = tuple(str(folder / pattern) for pattern in evaluation.terms.firm.contracts)
    paths = evaluation.terms.paths or (settings.config,)
    first, *others = dict.fromkeys((settings.config, *paths))
    options_map["include"] = [
        *options_map["include"],
        WatchedPath(first, patterns, daily=settings.as_of is None),
        *others,
    ]
