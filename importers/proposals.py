"""What would make known what an export names and nobody knows: lines to paste, nearest names first."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.yaml_line import Item
from projbill_beancount.importers.yaml_line import Spot
from projbill_beancount.importers.yaml_line import pasted
from projbill_beancount.importers.yaml_line import text_of

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import Firm
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import MatchRule
    from projbill_beancount.terms.model import Milestone
    from projbill_beancount.terms.model import Terms

#: So many names are shown, if they are that like, and not much less than the first.
MOST = 3
LIKE, CLOSE = 0.5, 0.2
Key = tuple[str, str]


class Proposal(NamedTuple):
    """Something unknown (`kind` "person", "project", "task" or "milestone"), and what to do.

    `nearest` are ids of what is like it, the most like first. `lines` are pairs of a comment that
    says where a line belongs and the line, one pair for each choice.
    """

    kind: str
    name: str
    nearest: tuple[str, ...]
    lines: tuple[str, ...]


def nearest(texts: Iterable[str], names: Mapping[str, str], like: float = LIKE) -> tuple[str, ...]:
    """The values of those `names` that are most like one of the texts, the most like first.

    The order of words does not count: "Rey, Alice" is Alice Rey.
    """
    found: dict[str, float] = {}
    forms = {name: _forms(name) for name in names}
    for text in texts:
        # What a matcher knows of its second text is kept for all of the first.
        matchers = [difflib.SequenceMatcher(None, "", form) for form in _forms(text)]
        for name, value in names.items():
            pairs = zip(matchers, forms[name], strict=True)
            likeness = max(_ratio(matcher, form, like) for matcher, form in pairs)
            if likeness >= like and likeness > found.get(value, 0):
                found[value] = likeness
    least = max(found.values(), default=0) - CLOSE
    ordered = sorted(found, key=lambda value: (-found[value], value))
    return tuple(value for value in ordered[:MOST] if found[value] >= least)


def _forms(text: str) -> tuple[str, str]:
    plain = text.strip().casefold()
    return plain, " ".join(sorted(re.findall(r"\w+", plain)))


def _ratio(matcher: difflib.SequenceMatcher[str], form: str, like: float) -> float:
    matcher.set_seq1(form)
    if matcher.real_quick_ratio() < like or matcher.quick_ratio() < like:
        return 0
    return matcher.ratio()


def for_person(texts: Sequence[str], near: Sequence[str], firm: Firm) -> Proposal:
    """An alias for each person that is near, and a line for somebody new.

    `texts` are what the row says of the person: a name, an address, or both.
    """
    lines: list[str] = []
    for identity in near:
        person = firm.people[identity]
        spot = Spot(person.place.file, person.place.line, identity)
        item = Item(text_of(texts[-1]), tuple(map(text_of, person.aliases)))
        lines += pasted(spot, firm.root, "aliases", item, f" ({person.name})")
    new = _new_person(texts, firm)
    return Proposal(
        "person",
        " / ".join(texts),
        tuple(near),
        (*lines, *_of_firm(firm, "people", new, " for somebody new")),
    )


def _new_person(texts: Sequence[str], firm: Firm) -> str:
    name, *others = dict.fromkeys(texts)
    said = [f"name: {text_of(name)}"]
    zones = {person.zone for person in firm.people.values()}
    if len(zones) == 1 and (zone := zones.pop()):
        said.append(f"zone: {zone}")
    if others:
        said.append(f"aliases: [{', '.join(map(text_of, others))}]")
    return f"{_new_id(name, firm)}: {{{', '.join(said)}}}"


def _new_id(name: str, firm: Firm) -> str:
    """An id for a new person, other than all ids and accounts that there are."""
    letters = unicodedata.normalize("NFKD", name.partition("@")[0].casefold())
    slug = re.sub(r"[^a-z0-9]+", "-", "".join(filter(_is_base, letters))).strip("-") or "person"
    taken = {text.casefold() for one in firm.people.values() for text in (one.id, one.account)}
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found


def _is_base(char: str) -> bool:
    return not unicodedata.combining(char)


def for_project(
    name: str, rule: Mapping[str, str], near: Sequence[str], terms: Terms, settings: ImportSettings
) -> Proposal:
    """A `match:` line for each contract that is near, or for any; and one that leaves such rows out."""
    item = _rule(rule)
    root = terms.firm.root
    lines: list[str] = []
    for contract in [terms.contracts[one] for one in near]:
        spot = Spot(contract.place.file, contract.place.line)
        there = tuple(map(_rule_of, contract.match))
        lines += pasted(spot, root, "match", Item(item, there), _about(contract))
    if not near:
        lines += ["# the file of its contract", f"match: [{item}]"]
    return Proposal("project", name, tuple(near), (*lines, *_ignored(item, terms, settings)))


def _rule(patterns: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {text_of(text)}' for key, text in patterns.items())}}}"


def _rule_of(rule: MatchRule) -> str:
    days = {"from": rule.start, "until": rule.end}
    return _rule({**rule.patterns, **{key: str(day) for key, day in days.items() if day}})


def _ignored(item: str, terms: Terms, settings: ImportSettings) -> tuple[str, str]:
    about = " to leave such rows out"
    name = settings.name
    if name not in terms.firm.imports:
        return _of_firm(terms.firm, "imports", f"{name}: {{ignore: [{item}]}}", about)
    spot = Spot(settings.place.file, settings.place.line, name)
    there = tuple(map(_rule_of, settings.ignore))
    return pasted(spot, terms.firm.root, "ignore", Item(item, there), about)


def _of_firm(firm: Firm, key: str, item: str, about: str) -> tuple[str, str]:
    return pasted(Spot(firm.place.file, firm.place.line), firm.root, key, Item(item), about)


def for_task(task: str, near: Sequence[str], contract: Contract, root: str) -> Proposal:
    """A line under the contract's `tasks:`, as the nearest of them is said to be billed."""
    words = {None: "{}", True: "{billable: true}", False: "{billable: false}"}
    known = contract.tasks.get(near[0]) if near else None
    item = f"{text_of(task)}: {words[known.billable if known else None]}"
    spot = Spot(contract.place.file, contract.place.line)
    return Proposal(
        "task", task, tuple(near), pasted(spot, root, "tasks", Item(item), _about(contract))
    )


def for_item(contract: Contract, milestone: Milestone, names: Sequence[Key], root: str) -> Proposal:
    """A `match:` line of a milestone for each item of a tool that is near, by its kind and name."""
    lines: list[str] = []
    for kind, name in names:
        match = {**milestone.match, kind: name}
        item = ", ".join(f"{key}: {text_of(text)}" for key, text in match.items())
        lines += _in_milestone(contract, milestone, "match", item, root)
    near = tuple(name for _, name in names)
    return Proposal("milestone", f"{contract.id} {milestone.id}", near, tuple(lines))


def for_any_item(names: Sequence[Key]) -> Proposal:
    """A `match:` line for some milestone, for each of some items."""
    lines = [
        line
        for kind, name in names
        for line in ("# under a milestone of its contract", f"match: {{{kind}: {text_of(name)}}}")
    ]
    return Proposal("milestone", " / ".join(name for _, name in names), (), tuple(lines))


def for_milestone(
    name: str, near: Sequence[tuple[Contract, Milestone]], contract: Contract | None, root: str
) -> Proposal:
    """A `name:` line for each milestone that is near, and one more milestone of the contract."""
    lines: list[str] = []
    for its, milestone in near:
        lines += _in_milestone(its, milestone, "name", text_of(name), root)
    if contract is not None:
        new = re.sub(r"[\W_]+", "-", name).strip("-") or "M"
        item = Item(f"{new}: {{name: {text_of(name)}, value: 0.00}}")
        spot = Spot(contract.place.file, contract.place.line)
        about = f"{_about(contract)} for one more; give it its price"
        lines += pasted(spot, root, "milestones", item, about)
    ids = tuple(f"{its.id} {milestone.id}" for its, milestone in near)
    return Proposal("milestone", name, ids, tuple(lines))


def _in_milestone(
    contract: Contract, milestone: Milestone, key: str, item: str, root: str
) -> tuple[str, str]:
    spot = Spot(milestone.place.file, milestone.place.line, milestone.id)
    return pasted(spot, root, key, Item(item, instead=True), _about(contract))


def _about(contract: Contract) -> str:
    named = f' "{contract.name}"' if contract.name not in ("", contract.id) else ""
    return f" ({contract.id}{named})"


def unknown_tasks(
    said: Iterable[Key], contracts: Mapping[str, Contract], root: str
) -> Iterator[tuple[str, Proposal]]:
    """The contract's id and a proposal for each task that it lacks, where that matters.

    It does where the contract is strict, or has a task that is like it and decides what is billed.
    `said` are contracts' ids with tasks.
    """
    for project, task in sorted(said):
        contract = contracts[project]
        if not task or task in contract.tasks or task in contract.rates.tasks:
            continue
        alike = {name: name for name in _deciding(contract) if figures(name) == figures(task)}
        near = nearest([task], alike, like=0.7)
        if near or contract.strict_tasks:
            yield project, for_task(task, near, contract, root)


def _deciding(contract: Contract) -> Iterator[str]:
    """The tasks of which the contract says whether they are billed, or at which rate."""
    for name, task in contract.tasks.items():
        if task.billable is not None or name in contract.rates.tasks or contract.strict_tasks:
            yield name


def figures(name: str) -> list[str]:
    """The numbers in a name: phase 1 is not phase 2."""
    return re.findall(r"\d+", name)
