"""What a person can do about a finding or a held draft, for each code."""

from __future__ import annotations

#: PROJECT and DRAFT stand for the ids at hand.
HINTS = {
    "account-missing": "add the line that `projbill open` prints to the ledger",
    "below-minimum": "lower `invoice.minimum`, or let it wait for the next draft",
    "billable-conflict": "make the entry's `billable`, its task and its account agree",
    "billed-exceeds-contract": "credit what is too much, or record the change order that allows it",
    "billing-on-hold": "`projbill release DRAFT`, or `projbill release PROJECT` for all of them",
    "cap-exceeded": "agree on a change order with `cap:`, then `projbill approve PROJECT CHANGE-ORDER`",
    "cap-near": "tell the client, or agree on a change order with `cap:`",
    "change-order-below-billed": "credit the difference on the invoice that billed it",
    "change-order-unapproved": "`projbill approve PROJECT CHANGE-ORDER` once the client agrees",
    "contract-invalid": "correct the line of the contract that it names",
    "contract-unknown": "correct the project's id, or write its contract",
    "credit-exceeds-invoice": "correct the credit note's lines to what the invoice billed",
    "credit-unlinked": "name the invoice of the same client with `corrects:`",
    "currency-mismatch": "give the amount or the rate in the contract's currency",
    "deferred-ledger-mismatch": "take back the posting by hand; the plugin posts what is deferred",
    "effort-ahead": "report the progress that is made: `projbill progress PROJECT MILESTONE PERCENT`",
    "entry-already-invoiced": "credit the entry on one of the two invoices",
    "fact-invalid": "correct the value that it names",
    "fx-rate-missing": "add a `price` directive on or before the day",
    "invoice-date-order": "correct the date, or the number, of what was not sent yet",
    "invoice-double-posted": "give the posting by hand `invoice:` and `project:`, or remove it",
    "invoice-held-overbilling": "report the progress once it is reached: `projbill progress PROJECT MILESTONE PERCENT`",
    "invoice-number-duplicate": "give the invoice that was not sent another number",
    "invoice-number-gap": "bring the missing invoice back, or record it as `#void`",
    "invoice-overdue": "remind the client, or link what was paid to the invoice: `projbill match`",
    "invoice-unregistered": "give the transaction `invoice:` and `project:`, or correct its account",
    "invoiced-entry-changed": "restore the entry, or credit it and bill it again",
    "invoiced-entry-missing": "restore the entry, or credit it",
    "issued-changed": "restore the invoice as it was issued; correct it by a credit note",
    "ledger-amount-mismatch": "restore the postings, or `net` and `total`, as they were issued",
    "loss-contract": "agree on a change order, or correct `budget.cost`",
    "milestone-duplicate-event": "delete the second report",
    "milestone-future": "correct the date of the report",
    "milestone-price-changed": "restore the milestone's `value`, and record the change as a change order",
    "milestone-regress": "correct the report, or credit what was billed",
    "milestone-removed": "bring the milestone back into the contract, or credit it",
    "milestone-total-mismatch": "make the milestones' `value` add up to the contract's",
    "milestone-unaccepted": "`projbill accept PROJECT MILESTONE` once the client accepts",
    "milestone-unknown": "correct the milestone's name, or add it to the contract",
    "negative-invoice": "correct the entries, so that the draft is not below zero, or write a credit note",
    "overbilled": "report the progress that is made, or credit what is too much",
    "payment-before-invoice": "book it as a deposit until the invoice is issued",
    "payment-over": "refund it, or set it off with `invoice:` on a posting for another invoice",
    "payment-short": "book the discount, the fee or the withheld tax on the receivable, or ask for it",
    "payment-unallocated": "name the invoice with `invoice:` on the posting, or run `projbill match`",
    "period-closed": "nothing; it is dated on the first open day",
    "person-ended": "correct the day or the person, or the person's `until`",
    "person-unknown": "add the person, or an alias, to `people:`",
    "progress-out-of-range": "correct the percentage to one from 0 to 100",
    "progress-stale": "report how far it is: `projbill progress PROJECT MILESTONE PERCENT`",
    "progress-unknown": "report how far it is: `projbill progress PROJECT MILESTONE PERCENT`",
    "rate-ambiguous": "keep one of the two rates in the contract",
    "rate-backdated": "let the new rate begin later, or bill the difference as a correction",
    "rate-missing": "add a rate to the contract that applies on the work date",
    "retainer-expiring": "plan work for the hours, or let them lapse",
    "retainer-low": "ask the client to replenish the deposit",
    "retainer-overage": "agree with the client, then `projbill release DRAFT`",
    "retainer-overdrawn": "correct what was taken from the deposit",
    "retainer-refund-due": "credit the unused hours on the invoice of the fee",
    "retention-releasable": "invoice what the client kept back",
    "split-incomplete": "make the shares in `split` add up to 100 %",
    "task-unknown": "correct the task, or add it to `tasks:`",
    "tax-amount-mismatch": "correct the tax by a credit note and a new invoice",
    "tax-rate-missing": "give the tax a rate that applies on that day, under `taxes:`",
    "tax-rate-period": "look which rate applies on the day of supply",
    "time-after-end": "correct the day, or the contract's `end`",
    "time-after-final": "agree on a new contract, or `projbill write-off PROJECT ENTRY`",
    "time-before-start": "correct the day, or the contract's `start`",
    "time-duplicate": "delete one of the two",
    "time-duration-differs": "correct the hours, or start and end",
    "time-future": "correct the day",
    "time-id-conflict": "keep one of the entries, or give each its own id",
    "time-impossible": "correct the hours in the time file",
    "time-late": "nothing; the next invoice bills it",
    "time-negative": "name the entry that it corrects with `corrects:`",
    "time-open": "stop the timer and import again, or remove the entry",
    "time-overlap": "correct the start or the end of one of the sessions",
    "time-possible-duplicate": "delete the entry that was logged twice, or change what is equal",
    "time-reentered": "bring the billed entry back, or give the new one its own date",
    "time-stale-unbilled": "bill it, or `projbill write-off PROJECT ENTRY`",
    "time-unapproved": "approve the entry with `approved: TRUE`",
    "time-unbalanced": "correct the posting that it names",
    "trigger-overlap": "narrow one of the triggers with `tasks:`",
    "unbilled-at-completion": "bill what is left, or `projbill write-off PROJECT DRAFT`",
    "unbilled-ledger-mismatch": "take back the posting by hand; the plugin posts what is accrued",
    "underbilled": "bill what is earned, or correct the milestone's `bill` rule",
}

#: The same where a button does it: what somebody has to find out or agree on, without commands.
IN_WORDS = {
    "billing-on-hold": "settle what it was held for",
    "cap-exceeded": "agree with the client on a higher cap, and record that change order",
    "change-order-unapproved": "record the approval of the change order, once the client agrees",
    "effort-ahead": "report MILESTONE further",
    "invoice-held-overbilling": "report MILESTONE further",
    "retainer-overage": "agree with the client on the hours beyond the retainer",
}


def hint(code: str, project: str = "", draft: str = "", milestone: str = "") -> str:
    """What a person can do about `code`; empty where nothing general helps.

    The ids of the project, the draft and the milestone at hand take the place of their names in it.
    """
    text = HINTS.get(code, "")
    named = (("DRAFT", draft), ("PROJECT", project), ("MILESTONE", milestone))
    for name, value in named:
        text = text.replace(name, value) if value else text
    return text


def hint_in_words(code: str, milestone: str = "") -> str:
    """What a person can do about `code` beside a button that does it; empty like `hint`."""
    text = IN_WORDS.get(code) or HINTS.get(code, "")
    return text.replace("MILESTONE", milestone or "the work")
