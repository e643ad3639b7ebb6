"""What the formats name and this version cannot do yet.

Each is an error that says so: a term that is read and then ignored would bill wrongly. Whoever
makes one work deletes its line here and adds the shape to `layout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMOVE = "remove it"

#: By mapping, the keys that do not work yet and what to do instead.
KEYS: Mapping[str, Mapping[str, str]] = {
    "contract": {
        "retainer": _REMOVE,
        "cap": _REMOVE,
        "reconcile": _REMOVE,
        "deposit": _REMOVE,
        "split": "remove it and name one client",
        "bill-to": "remove it and name who owes as the client",
        "approval": _REMOVE,
        "budget": _REMOVE,
        "findings": _REMOVE,
        "style": _REMOVE,
        "follows": _REMOVE,
    },
    "rates": {
        "unit": "remove it and give prices per hour",
        "hours-per-day": "remove it and give prices per hour",
    },
    "invoice": {
        "minimum": _REMOVE,
        "retention": _REMOVE,
        "due-shift": _REMOVE,
    },
    "milestone": {
        "change-order": "remove it and add the milestone once the change is approved",
    },
    "projbill": {
        "closed-until": _REMOVE,
        "holidays": _REMOVE,
    },
    "defaults": {
        "reconcile": _REMOVE,
    },
    "accounts": {
        "deposits": _REMOVE,
        "deferred": _REMOVE,
        "retention": _REMOVE,
        "expenses": _REMOVE,
    },
}

#: Keys of the above that may stand there with the value 0, which asks for nothing.
ZERO_ASKS_NOTHING = frozenset({"minimum", "retention"})

#: By key, the words that do not work yet.
WORDS: Mapping[str, tuple[str, ...]] = {"billing": ("retainer",)}

#: Exports that are known by name and that nothing imports yet.
IMPORTS = (
    "timew",
    "clockify",
    "harvest",
    "kimai",
    "watson",
    "timecamp",
    "redmine",
    "clickup",
    "asana",
    "github",
    "gitlab",
    "linear",
    "trello",
    "taskwarrior",
)
