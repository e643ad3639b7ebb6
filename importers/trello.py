"""Trello's JSON of a board: cards, and the lists and labels that they are in."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from projbill_beancount.importers.jsontext import Value
from projbill_beancount.importers.jsontext import objects
from projbill_beancount.importers.jsontext import text_of
from projbill_beancount.importers.tracker import CANCELLED
from projbill_beancount.importers.tracker import DONE
from projbill_beancount.importers.tracker import Layout
from projbill_beancount.importers.tracker import Level
from projbill_beancount.importers.tracker_format import Tracker
from projbill_beancount.importers.tracker_format import tracker_format

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

DELIVERED = DONE | {
    "accepted",
    "delivered",
    "erledigt",
    "fertig",
    "abgeschlossen",
    "terminé",
    "fait",
}


def _cards(text: str) -> Sequence[Value] | None:
    boards = objects(text)
    if len(boards) != 1:
        return None
    line, board = boards[0]
    if not all(isinstance(board.get(name), list) for name in ("cards", "lists", "actions")):
        return None
    lists = {_id(one): text_of(one.get("name")) for one in _objects(board["lists"])}
    dates = _moves(board)
    return [Value(line, _flat(card, board, lists, dates)) for card in _objects(board["cards"])]


def _objects(values: list[Any]) -> Iterator[dict[str, Any]]:
    return (one for one in values if isinstance(one, dict))


def _id(value: dict[str, Any]) -> str:
    return text_of(value.get("id"))


def _flat(
    card: dict[str, Any], board: dict[str, Any], lists: dict[str, str], dates: dict[str, str]
) -> dict[str, Any]:
    """A card with its list's name, its state and its day of delivery.

    An archived card (`closed`) is not done by that.
    """
    name = lists.get(text_of(card.get("idList")), "")
    done = card.get("dueComplete") is True
    badges = card.get("badges")
    moved = dates.get(_id(card)) or card.get("dateLastActivity")
    return card | {
        "board": board.get("name"),
        "list": name,
        "status": "done" if done else name,
        "percent": _checked(badges if isinstance(badges, dict) else {}),
        "closed": moved,
    }


def _checked(badges: dict[str, Any]) -> Decimal | None:
    """The share of the card's checklists that is ticked, None where it has none."""
    counts = [badges.get(name) for name in ("checkItemsChecked", "checkItems")]
    checked, total = (count if isinstance(count, int) else 0 for count in counts)
    return Decimal(min(checked, total) * 10_000 // total) / 100 if total > 0 else None


def _moves(board: dict[str, Any]) -> dict[str, str]:
    """The newest day on which each card came to where it is, or was marked as done.

    Trello keeps the newest actions only; a card without one has the day of its last activity.
    """
    found: dict[str, str] = {}
    for action in _objects(board["actions"]):
        data, day = action.get("data"), action.get("date")
        if action.get("type") != "updateCard" or not isinstance(data, dict):
            continue
        card = data.get("card")
        if not isinstance(card, dict) or not isinstance(day, str):
            continue
        if "listAfter" in data or card.get("dueComplete") is True:
            found[_id(card)] = max(day, found.get(_id(card), ""))
    return found


CARDS = Layout(
    items=_cards,
    fields={
        "id": ("id",),
        "key": ("shortLink",),
        "name": ("name",),
        "url": ("shortUrl", "url"),
        "project": ("board",),
        "status": ("status",),
        "percent": ("percent",),
        "closed": ("closed",),
        "updated": ("dateLastActivity",),
        "list-id": ("idList",),
        "list": ("list",),
        "label": ("labels.name",),
    },
    levels=(
        Level("trello", "card", "id", also=("key", "name"), url="url"),
        Level("trello", "list", "list-id", also=("list",), group=True),
        Level("trello", "label", "label", group=True, scoped=True, tag="label"),
    ),
    done=DELIVERED,
    cancelled=CANCELLED,
    exact=False,
)

TRELLO = tracker_format(Tracker("trello", "Trello board (JSON)", (CARDS,)))
