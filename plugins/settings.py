"""The configuration of the plugin line: a path, or a dict literal with options."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from typing import Any
from typing import Literal
from typing import NamedTuple
from typing import cast

PLUGIN = "projbill_beancount.plugins.billing"
DEFAULT_CONFIG = "projbill.yaml"
OPTIONS = ("config", "as-of", "post-drafts", "report-from")
REPORT_FROM = ("hold", "warning")


class Settings(NamedTuple):
    """What the plugin line asks for.

    `config` is the absolute path of `projbill.yaml`; `as_of` None means today; `report_from` is
    the mildest severity that becomes an error of Beancount.
    """

    config: str
    as_of: date | None = None
    post_drafts: bool = True
    report_from: Literal["hold", "warning"] = "hold"


def parse_settings(text: str | None, ledger: str) -> Settings:
    """Settings out of the plugin line's text; paths relate to the folder of `ledger`.

    Raises ValueError with a message that says what to write.
    """
    folder = Path(ledger).resolve().parent
    text = (text or "").strip()
    if not text.startswith("{"):
        return Settings(str(folder / (text or DEFAULT_CONFIG)))
    try:
        options = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(
            f"the plugin's options are not a dict literal; write for example "
            f"\"{{'config': '{DEFAULT_CONFIG}', 'as-of': '2026-03-31'}}\""
        ) from error
    if not isinstance(options, dict):
        raise ValueError(  # noqa: TRY004 - one kind of error for the caller
            f"the plugin's options are not a dict: {text}; write {{'config': '{DEFAULT_CONFIG}'}}"
        )
    return _from_options(options, folder)


def _from_options(options: dict[Any, Any], folder: Path) -> Settings:
    unknown = [str(key) for key in options if key not in OPTIONS]
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}; the options are {', '.join(OPTIONS)}")
    post_drafts = options.get("post-drafts", True)
    if not isinstance(post_drafts, bool):
        raise ValueError(  # noqa: TRY004 - one kind of error for the caller
            f"post-drafts is {post_drafts!r}; write True or False"
        )
    report_from = options.get("report-from", "hold")
    if report_from not in REPORT_FROM:
        raise ValueError(f"report-from is {report_from!r}; write 'hold' or 'warning'")
    return Settings(
        str(folder / str(options.get("config", DEFAULT_CONFIG))),
        _as_of(options.get("as-of")),
        post_drafts,
        cast("Literal['hold', 'warning']", report_from),
    )


def _as_of(value: object) -> date | None:
    if value is None or value == "today":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"as-of is {value!r}; write a date such as '2026-03-31'") from error


def plugin_text(options: dict[str, Any]) -> str | None:
    """The text of our plugin line in a loaded ledger's options ("" without text), else None."""
    for name, text in options.get("plugin", ()):
        if name == PLUGIN:
            return text or ""
    return None
