"""What releases a held draft, for each code that holds one."""

from __future__ import annotations

HINTS = {
    "account-missing": "add the line that `projbill open` prints to the ledger",
    "billing-on-hold": "append a `billing-release` for it when billing may go on",
    "currency-mismatch": "give the rate in the contract's currency",
    "invoice-held-overbilling": "report the progress once it is reached: `projbill progress PROJECT MILESTONE PERCENT`",
    "negative-invoice": "correct the entries, so that the draft is not below zero",
    "rate-ambiguous": "keep one of the two rates in the contract",
    "rate-missing": "add a rate to the contract that applies on the work date",
    "time-id-conflict": "keep one of the entries, or give each its own id",
    "time-impossible": "correct the hours in the time file",
    "time-negative": "name the entry that it corrects with `corrects:`",
    "time-open": "stop the timer and import again, or remove the entry",
    "time-possible-duplicate": "delete the entry that was logged twice, or change what is equal",
    "time-reentered": "bring the billed entry back, or give the new one its own date",
}


def hint(code: str) -> str:
    """What a person can do about a draft that `code` holds; empty where nothing general helps."""
    return HINTS.get(code, "")
