"""What left the house: documents of invoices, and when they were sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from beancount.core.data import Custom
from beancount.core.data import Document

from projbill_beancount.facts.model import Paper
from projbill_beancount.terms.model import Place

if TYPE_CHECKING:  # pragma: no cover
    from beancount.core.data import Directive

#: `DATE custom "invoice-sent" "NUMBER"`: the client has seen the invoice.
SENT = "invoice-sent"


class PaperReader:
    """Collects documents by their links, and what was sent by its number."""

    def __init__(self) -> None:
        self.papers: dict[str, list[Paper]] = {}

    def read(self, entry: Directive) -> None:
        """Take a `document` with a link, or an `invoice-sent` directive; leave any other."""
        if type(entry) is Document:
            for link in entry.links or ():
                self._note(link, entry, "document", os.path.basename(entry.filename))  # noqa: PTH119 - pathlib would cost import time
        elif type(entry) is Custom and entry.type == SENT:
            texts = [str(value.value) for value in entry.values or ()]
            if texts:
                self._note(texts[0], entry, "sent", " ".join(texts[1:]))

    def _note(self, number: str, entry: Document | Custom, kind: str, text: str) -> None:
        place = Place(entry.meta["filename"], entry.meta["lineno"])
        self.papers.setdefault(number, []).append(Paper(kind, entry.date, text, place))
