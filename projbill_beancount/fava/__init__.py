"""Fava extension: where every project stands, why, and what can be done about it.

    2026-01-01 custom "fava-extension" "projbill_beancount.fava"

The pages are rendered on the server out of what the plugin found during Fava's own load; nothing
is billed a second time.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from typing import Any

from fava.ext import FavaExtensionBase
from fava.ext import FavaExtensionError
from fava.ext import extension_endpoint
from flask import Response
from flask import jsonify
from flask import request

from projbill_beancount.fava.books import Books
from projbill_beancount.fava.books import books_of
from projbill_beancount.fava.doing import perform
from projbill_beancount.fava.doing import preview
from projbill_beancount.fava.pages import environment_of
from projbill_beancount.fava.pages import render
from projbill_beancount.fava.watching import outside_of

if TYPE_CHECKING:
    from fava.core import FavaLedger
    from jinja2 import Environment
    from markupsafe import Markup

NO_PLUGIN = (
    "The pages of Billing need the plugin: add this line to the top-level file of the ledger:"
    ' plugin "projbill_beancount.plugins.billing" "projbill.yaml"'
)
NO_OPTIONS = "The extension projbill_beancount.fava takes no options; remove them"


class ProjectBilling(FavaExtensionBase):
    """The pages of project billing in Fava's sidebar; see Fava's help on extensions."""

    report_title = "Billing"
    has_js_module = True

    def __init__(self, ledger: FavaLedger, config: str | None = None) -> None:
        # Fava would read the options as Python and not start where it cannot.
        super().__init__(ledger)
        self.books: Books | None = None
        self._environment: Environment | None = None
        self._outside: tuple[bytes, ...] = ()
        #: What a request must bring to change the ledger: another site's pages cannot read it.
        self.token = secrets.token_urlsafe()
        self._options = config

    def after_load_file(self) -> None:
        """Keep what the plugin found during this load, and say so where it found nothing."""
        self.books = books_of(self.ledger)
        self._environment = None
        errors = self.ledger.extensions.errors
        if self.books is None and not self.ledger.load_errors:
            errors.append(FavaExtensionError(None, NO_PLUGIN, None))
        if self._options:
            errors.append(FavaExtensionError(None, NO_OPTIONS, None))
        self._outside = outside_of(self.ledger)

    def before_request(self) -> None:
        """Load the ledger again where a contract came or went, or a day began that counts.

        Fava watches the files that it knows, and no clock.
        """
        if outside_of(self.ledger) != self._outside:
            self.ledger.load_file()

    @property
    def environment(self) -> Environment:
        """The templates, with the words of the ledger as it is loaded."""
        if self._environment is None:
            self._environment = environment_of(self)
        return self._environment

    def page(self) -> Markup:
        """The page that the request asks for, called by the template that Fava renders."""
        return render(self)

    @extension_endpoint("preview")  # type: ignore[arg-type,untyped-decorator]
    def preview(self) -> Response:
        """GET: what an action would write: `{"text": …}`, or `{"error": …}`."""
        return _answer(*preview(self, request))

    @extension_endpoint("perform", ["POST"])  # type: ignore[arg-type,untyped-decorator]
    def perform(self) -> Response:
        """POST what a preview showed: does it, and says which files it wrote."""
        return _answer(*perform(self, request))


def _answer(answer: dict[str, object], status: int) -> Response:
    response = jsonify(answer)
    response.status_code = status
    return response


__all__: list[Any] = ["ProjectBilling"]
