"""The milestones that an export speaks of, each with the items that it consists of."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.matching import fits
from projbill_beancount.importers.milestones import Target
from projbill_beancount.importers.milestones import only
from projbill_beancount.importers.milestones import targets
from projbill_beancount.importers.model import Content
from projbill_beancount.importers.model import Refused
from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.proposals import figures
from projbill_beancount.importers.proposals import for_any_item
from projbill_beancount.importers.proposals import for_item
from projbill_beancount.importers.proposals import nearest
from projbill_beancount.importers.tracked import ANY_ITEM
from projbill_beancount.importers.tracked import NOTHING_NAMED
from projbill_beancount.importers.tracked import TOGETHER
from projbill_beancount.ledger.by_hand import id_part
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.importers.tracker import Layout
    from projbill_beancount.importers.tracker import Level
    from projbill_beancount.importers.tracker_items import Item
    from projbill_beancount.terms.model import MatchRule
    from projbill_beancount.terms.model import Terms

OTHER_ITEM = "not a milestone of any contract"
ANY_DAY = date.min
LONGEST = 60
#: So many items are looked at for a hint, and so many are shown.
MOST, SHOWN, LIKE = 500, 3, 0.7


class Unit(NamedTuple):
    """A milestone and its items; `counted` of them count as its rows.

    `key` is the stable name of the item or group, `project` the tool's project that it is in.
    """

    target: Target
    level: Level
    key: str
    project: str
    members: list[Item]
    counted: list[Item]

    def identity(self, tool: str) -> str:
        """What the ids of its reports begin with."""
        project = self.project if self.level.scoped else ""
        return _joined(tool, project, self.level.tag, self.key)

    def elsewhere(self, tool: str) -> tuple[str, str] | None:
        """Begin and end of the same name's ids in other projects, where any project may be meant."""
        text = _folded(self.target.milestone.match[self.level.kind])
        named = _folded(self.project).rpartition("/")[2]
        if not self.level.scoped or not named or named in text or _rules(tool, self.target):
            return None
        return f"{id_part(tool)}-", f"-{_joined(self.level.tag, self.key)}"


class Thing(NamedTuple):
    """What an item is or belongs to: its level, stable key, and all texts that name it."""

    level: Level
    key: str
    texts: frozenset[str]
    name: str = ""


class Wanted:
    """Finds the milestones that an item of one tool belongs to."""

    def __init__(self, tool: str, layout: Layout, terms: Terms) -> None:
        self.tool = tool
        self.terms = terms
        self.levels = layout.levels
        self._by_text: dict[tuple[str, str], list[Target]] = {}
        self.kinds = {level.kind for level in self.levels}
        for target in targets(terms):
            for kind, text in target.milestone.match.items():
                if kind in self.kinds:
                    self._by_text.setdefault((kind, _folded(text)), []).append(target)

    def of(self, item: Item) -> Iterator[tuple[Target, Thing]]:
        """The milestones of an item, each with what of the tool it is.

        Raises:
            RowRefusedError: two milestones name the same thing (`match-ambiguous`).
        """
        for level in self.levels:
            for thing in things(item, level):
                found: dict[tuple[str, str], Target] = {}
                for text in thing.texts:
                    for target in self._by_text.get((level.kind, text), ()):
                        if _is_meant(self.tool, target, item.project):
                            found[target.contract.id, target.milestone.id] = target
                one = only(list(found.values()), f'{level.kind} "{thing.key}"')
                if one is not None:
                    yield one, thing

    def tell_missing(self, items: Sequence[Item], units: Sequence[Unit], content: Content) -> None:
        """Say which milestones the items do not have, and which items are like them."""
        names = self._names(items)
        there = {(unit.target.contract.id, unit.target.milestone.id) for unit in units}
        proposals = []
        for target in targets(self.terms):
            contract, milestone = target
            if (contract.id, milestone.id) in there:
                continue
            texts = [text for kind, text in milestone.match.items() if kind in self.kinds]
            if not texts and (units or milestone.match):
                continue
            near = _nearest_items(texts or [milestone.name, milestone.id], names)
            if near:
                proposals.append(for_item(contract, milestone, near, self.terms.firm.root))
                content.notices.append(
                    f"{NOTHING_NAMED if not units else 'a milestone is not in this file'};"
                    f" {milestone.id} of {contract.id} comes nearest: "
                    + " or ".join(f"`match: {{{kind}: {quoted(name)}}}`" for kind, name in near)
                )
        if not units and not proposals:
            some = list(names.values())[:SHOWN]
            shown = ", ".join(f"{kind}: {quoted(name)}" for kind, name in some)
            content.notices.append(f"{ANY_ITEM}, such as {shown}")
            proposals.append(for_any_item(some))
        content.proposals += proposals

    def _names(self, items: Sequence[Item]) -> dict[str, tuple[str, str]]:
        """What could be matched and is not, by name with its kind, groups before items."""
        names: dict[str, tuple[str, str]] = {}
        for level in sorted(self.levels, key=lambda level: not level.group):
            for item in items[:MOST]:
                for thing in things(item, level):
                    name = thing.name or item.name
                    if not any((level.kind, text) in self._by_text for text in thing.texts):
                        names.setdefault(_folded(name), (level.kind, name))
        return names


def _nearest_items(
    texts: Sequence[str], names: Mapping[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    """Kind and name of the items that are like a text and have the same numbers in their names."""
    numbers = [figures(text) for text in texts]
    alike = {text: text for text in names if figures(text) in numbers}
    return [names[text] for text in nearest(texts, alike, like=LIKE)]


def things(item: Item, level: Level) -> list[Thing]:
    """What an item is on a level: itself, or the groups that it is in."""
    keys = item.entry.texts.get(level.key, ())
    if level.itself:
        keys = (*item.entry.texts.get(level.itself, ()), *keys)
    others = tuple(text for name in level.also for text in item.entry.texts.get(name, ()))
    urls = item.entry.texts.get(level.url, ()) if level.url else ()
    if level.group and len(keys) > 1:
        return [
            Thing(level, key, _forms(level, item.project, (key,)), key)
            for key in dict.fromkeys(keys)
        ]
    names = (*keys, *others)
    if not names:
        return []
    written = names if level.named else others
    forms = _forms(level, item.project, written) | {_folded(url) for url in urls}
    shown = others[-1] if others and level.bare else f"{level.sign}{names[0]}"
    return [Thing(level, names[0], forms, shown)]


def _forms(level: Level, project: str, names: Sequence[str]) -> frozenset[str]:
    """All ways in which people write a name: `12`, `#12`, `octo/portal#12`."""
    found = set(names) if level.bare else set()
    projects = {project, project.rpartition("/")[2]} - {""}
    for name in names:
        if level.sign:
            found |= {f"{level.sign}{name}", f'{level.sign}"{name}"'}
        mark = level.sign or "/"
        found |= {f"{one}{mark}{name}" for one in projects}
    return frozenset(map(_folded, found))


def _joined(*parts: str) -> str:
    """The parts of an id; a very long name is cut and told apart by a digest."""
    return "-".join(_short(id_part(part)) for part in parts if part)


def _short(part: str) -> str:
    if len(part) <= LONGEST:
        return part
    digest = hashlib.sha256(part.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{part[:LONGEST]}-{digest}"


def _folded(text: str) -> str:
    return text.strip().casefold()


def _is_meant(tool: str, target: Target, project: str) -> bool:
    """Whether the contract's rules for the tool's projects, if it has any, fit the item's.

    These are its `jira-project` rules for Jira, and those with this tool as `source` and a project.
    """
    parts = (part.strip() for part in project.split(","))
    cells = {"project": (project, project.rpartition("/")[2], *parts)}
    rules = _rules(tool, target)
    return not rules or any(fits(rule, cells, ANY_DAY) for rule in rules)


def _rules(tool: str, target: Target) -> list[MatchRule]:
    rules = []
    for rule in target.contract.match:
        if tool == "jira" and "jira-project" in rule.patterns:
            rules.append(rule._replace(patterns={"project": rule.patterns["jira-project"]}))
        elif rule.patterns.get("source", "").casefold() == tool and "project" in rule.patterns:
            rules.append(rule._replace(patterns={"project": rule.patterns["project"]}))
    return rules


def sorted_out(items: Sequence[Item], wanted: Wanted, content: Content) -> list[Unit]:
    """The milestones among the items; items of none are skipped, ambiguous ones refused."""
    units: dict[tuple[object, ...], Unit] = {}
    for item in items:
        try:
            found = list(wanted.of(item))
        except RowRefusedError as error:
            content.refused.append(Refused(item.entry.line, str(error), error.proposals))
            continue
        if not found:
            content.skipped[OTHER_ITEM] += 1
        for number, (target, thing) in enumerate(found):
            project = item.project if thing.level.scoped else ""
            key = (target.contract.id, target.milestone.id, thing.level, thing.key, project)
            unit = units.get(key)
            if unit is None:
                unit = units[key] = Unit(target, thing.level, thing.key, item.project, [], [])
            unit.members.append(item)
            if number == 0:
                # An item that is a milestone itself and in a group is still one row.
                unit.counted.append(item)
    return _told_apart(list(units.values()), content)


def _told_apart(units: Sequence[Unit], content: Content) -> list[Unit]:
    """The units whose milestone names one thing only; the others are refused."""
    by_match: dict[tuple[str, str, str], list[Unit]] = {}
    for unit in units:
        key = (unit.target.contract.id, unit.target.milestone.id, unit.level.kind)
        by_match.setdefault(key, []).append(unit)
    clear = []
    for (contract, milestone, kind), found in by_match.items():
        if len(found) == 1:
            clear += found
            continue
        text = found[0].target.milestone.match[kind]
        names = " and ".join(dict.fromkeys(_described(unit) for unit in found))
        told = (
            f'match-ambiguous: {contract} {milestone} is {kind} "{text}", which is {names};'
            f" name it by {_hint(found)}"
        )
        lines = {item.entry.line for unit in found for item in unit.counted}
        content.refused += [Refused(line, told) for line in sorted(lines)[:1]]
        rest = sum(len(unit.counted) for unit in found) - min(len(lines), 1)
        content.skipped[TOGETHER] += rest
    return clear


def _described(unit: Unit) -> str:
    project = f" of {unit.project}" if unit.level.scoped and unit.project else ""
    name = unit.key if unit.level.group else unit.members[0].name
    return f"the {unit.level.noun} {name}{project}"


def _hint(units: Sequence[Unit]) -> str:
    level = units[0].level
    if level.scoped and len({unit.project for unit in units}) > 1:
        return f'its project too, such as "{units[0].project}{level.sign or "/"}{units[0].key}"'
    return "its id, or rename one of them"
