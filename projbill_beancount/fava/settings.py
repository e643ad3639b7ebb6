"""How Fava was started."""

from __future__ import annotations

from flask import current_app

from projbill_beancount.ledger.files import ENCRYPTED


def is_encrypted(ledger: str) -> bool:
    """Whether a ledger is encrypted: nobody can tell then what it includes, and Fava loads it once."""
    return ledger.endswith(ENCRYPTED)


def is_read_only() -> bool:
    """Whether Fava refuses all that is no GET request (`fava --read-only`).

    Fava 1.30 keeps that nowhere but in its handler of requests.
    """
    handlers = current_app.before_request_funcs.get(None, ())
    return any(handler.__name__ == "_read_only" for handler in handlers)


def is_incognito() -> bool:
    """Whether Fava hides numbers (`fava --incognito`)."""
    return bool(current_app.config["INCOGNITO"])
