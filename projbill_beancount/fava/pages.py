"""The pages, and how one is rendered."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from fava.application import url_for
from fava.context import g
from fava.ext import FavaExtensionError
from fava.helpers import FavaAPIError
from flask import request
from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from markupsafe import Markup

from projbill_beancount.fava import texts
from projbill_beancount.fava import words
from projbill_beancount.fava.actions import ACTIONS
from projbill_beancount.fava.settings import is_encrypted
from projbill_beancount.fava.settings import is_incognito
from projbill_beancount.fava.settings import is_read_only
from projbill_beancount.fava.texts import marked
from projbill_beancount.fava.views.change_orders import change_orders_view
from projbill_beancount.fava.views.drafts import drafts_view
from projbill_beancount.fava.views.findings import findings_view
from projbill_beancount.fava.views.overview import overview_view
from projbill_beancount.fava.views.project import project_view
from projbill_beancount.fava.views.projects import projects_view
from projbill_beancount.fava.views.receivables import receivables_view
from projbill_beancount.fava.views.retainers import retainers_view
from projbill_beancount.fava.views.wip import wip_view
from projbill_beancount.fava.words import Words
from projbill_beancount.reports.hints import hint
from projbill_beancount.reports.places import shown_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from projbill_beancount.fava import ProjectBilling
    from projbill_beancount.fava.books import Books
    from projbill_beancount.fava.shown import Shown
    from projbill_beancount.terms.model import Place

    View = Callable[[Books, Shown, Mapping[str, str]], Mapping[str, object]]

LOG = logging.getLogger(__name__)
FOLDER = Path(__file__).parent
EXTENSION = "ProjectBilling"


class Page(NamedTuple):
    """A page: its name in addresses and of its template, its title, and what it shows.

    A page that is not listed is reached from another, which it is `under`.
    """

    name: str
    title: str
    view: View
    under: str = ""

    @property
    def listed(self) -> bool:
        """Whether it stands in the row of pages."""
        return not self.under


PAGES = (
    Page("overview", marked("Overview"), overview_view),
    Page("projects", marked("Projects"), projects_view),
    Page("project", marked("Project"), project_view, under="projects"),
    Page("drafts", marked("Drafts"), drafts_view),
    Page("receivables", marked("Receivables"), receivables_view),
    Page("change-orders", marked("Change orders"), change_orders_view),
    Page("retainers", marked("Retainers"), retainers_view),
    Page("wip", marked("WIP"), wip_view),
    Page("findings", marked("Findings"), findings_view),
)
BY_NAME = {page.name: page for page in PAGES}


def render(extension: ProjectBilling) -> Markup:
    """The page that the request names, or in its place a sentence that says why there is none."""
    environment = extension.environment
    name = request.args.get("page", PAGES[0].name)
    page = BY_NAME.get(name, PAGES[0])
    books = extension.books
    if books is None:
        return Markup(environment.get_template("without.html").render(page=page))  # noqa: S704
    shown = _shown(books)
    try:
        found = page.view(books, shown, request.args)
        template = environment.get_template(f"pages/{page.name}.html")
        return Markup(template.render(page=page, books=books, shown=shown, **found))  # noqa: S704
    except Exception as error:
        # Fava would answer with a bare error 500, and the reader would not know where to look.
        LOG.exception("the page %s", page.name)
        message = f"The page {page.title} of Billing failed: {type(error).__name__}: {error}"
        errors = extension.ledger.extensions.errors
        if all(one.message != message for one in errors):
            errors.append(FavaExtensionError(None, message, None))
        failed = environment.get_template("failed.html")
        return Markup(failed.render(page=page, message=message))  # noqa: S704


def _shown(books: Books) -> Shown:
    """What Fava's filters let through.

    Raises:
        FavaAPIError: Fava cannot apply them; it shows the message.
    """
    account, words = request.args.get("account", ""), request.args.get("filter", "")
    try:
        return books.shown(g.filtered, account, words)
    except FavaAPIError:
        raise
    except Exception as error:  # Fava 1.30 lets slip what Python says of `(` or of year 1
        raise FavaAPIError(f"Fava cannot apply these filters: {error}") from error


def environment_of(extension: ProjectBilling) -> Environment:
    """The templates with the filters and functions that they use; made once for each load."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True
    )
    written = Words(extension.ledger)
    environment.filters |= {
        "money": written.money,
        "number": written.number,
        "price": written.price,
        "hours": written.hours,
        "percent": written.percent,
        "day": words.day,
        "hidden": words.hidden_words,
        "said": words.said,
    }
    root = str(Path(extension.ledger.beancount_file_path).absolute().parent)
    environment.globals |= {
        "pages": PAGES,
        "all_actions": ACTIONS,
        "errors_url": errors_url,
        "link": page_url,
        "editor": editor_url,
        "journal": journal_url,
        "account": account_url,
        "shown_place": lambda place: f"{shown_file(place.file, root)}:{place.line}",
        "hint": hint,
        "token": extension.token,
        "is_read_only": lambda: (
            is_read_only() or is_encrypted(extension.ledger.beancount_file_path)
        ),
        "is_incognito": is_incognito,
    }
    return environment


def page_url(page: str, **arguments: str) -> str:
    """The address of a page; Fava's filters stay as they are."""
    return url_for("extension_report", extension_name=EXTENSION, page=page, **arguments)


def editor_url(place: Place) -> str:
    """The address of a line in Fava's editor."""
    where = {"file_path": place.file, "line": str(place.line)}
    return url_for("report", report_name="editor", **where)


def journal_url(words: str) -> str:
    """The address of Fava's journal of what a filter lets through, such as `^INV-2026-0001`."""
    return url_for("report", report_name="journal", filter=words)


def account_url(name: str) -> str:
    """The address of Fava's page of an account."""
    return url_for("account", name=name)


def errors_url() -> str:
    """The address of Fava's page of errors."""
    return url_for("report", report_name="errors")
