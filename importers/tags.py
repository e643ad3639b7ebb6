"""What tags say where a tool has nothing else: the project, the task, and what is billable.

`client:NAME`, `project:NAME` and `task:NAME` say so themselves. Of the others each may be the
project, and each other one the task: the contracts tell which. `billable` and `non-billable` are
words of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from projbill_beancount.importers.model import Reading
from projbill_beancount.importers.model import Where

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Sequence

    from projbill_beancount.terms.model import ImportSettings

YES = frozenset(("billable",))
NO = frozenset(("non-billable", "nonbillable", "not-billable", "unbillable"))
PREFIXES = ("client", "project", "task")
#: More tags than these are no project names; each makes readings with each other.
MOST = 12


class Tagged:
    """Reads the tags of one export; entries with the same tags share what was found."""

    def __init__(self, settings: ImportSettings) -> None:
        self.word = settings.billable_tag.strip().lower()
        self.name = settings.name
        self.said = 0
        self.unsaid = 0
        self._wheres: dict[tuple[str, ...], Where] = {}

    def where(self, tags: Sequence[str], project: str = "") -> Where:
        """Where an entry belongs; `project` is the tool's own field for it, if it has one."""
        key = (project, *tags)
        if key not in self._wheres:
            self._wheres[key] = Where(tuple(_readings(project, tags)), tuple(tags))
        return self._wheres[key]

    def billable(self, tags: Sequence[str]) -> bool | None:
        """Whether the entry is billable by its tags; None where they do not say."""
        words = {tag.strip().lower() for tag in tags}
        found: bool | None = None
        if words & NO:
            found = False
        elif self.word:
            found = self.word in words
        elif words & YES:
            found = True
        if found is None:
            self.unsaid += 1
        else:
            self.said += 1
        return found

    def notices(self) -> list[str]:
        """What the person should know about the tags of the whole export."""
        if not self.unsaid:
            return []
        if not self.said:
            return ["nothing says what is billable; the contract's tasks decide"]
        told = (
            f"{self.unsaid} of {self.said + self.unsaid} entries do not say whether they are"
            " billable; the contract's tasks decide. If all billable ones have a tag, name it with"
            f" `billable-tag:` under `imports: {self.name}:`"
        )
        return [told]


def _readings(project: str, tags: Sequence[str]) -> Iterator[Reading]:
    said = dict.fromkeys(PREFIXES, "")
    plain = []
    for tag in tags:
        prefix, colon, value = tag.partition(":")
        if colon and prefix.strip().lower() in PREFIXES and value.strip():
            said[prefix.strip().lower()] = value.strip()
        elif tag.strip().lower() not in YES | NO:
            plain.append(tag.strip())
    project = project or said["project"]
    projects = [project] if project else plain[:MOST]
    for name in projects or [""]:
        others = [tag for tag in plain[:MOST] if tag != name]
        for task in [said["task"]] if said["task"] else [*others, ""]:
            yield Reading(said["client"], name, task)
