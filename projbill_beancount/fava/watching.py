"""Lets a running Fava see contracts that are new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from projbill_beancount.fava.settings import is_encrypted

if TYPE_CHECKING:
    from fava.core import FavaLedger

    from projbill_beancount.fava.books import Books


def watch_contracts(ledger: FavaLedger, books: Books) -> None:
    """Watch the folders of the contracts as well: a new file there is in no list of Fava's."""
    if is_encrypted(ledger.beancount_file_path):
        return  # Fava loads it once
    files, folders = ledger.paths_to_watch()
    root = Path(books.root)
    patterns = books.terms.firm.contracts
    ours = {root / pattern.partition("*")[0] for pattern in patterns if "*" in pattern}
    there = [folder for folder in sorted(ours) if folder.is_dir() and folder != root]
    ledger.watcher.update(files, [*folders, *there])
