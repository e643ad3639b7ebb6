"""Which contract a row belongs to, and who did the work."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import NamedTuple

from projbill_beancount.importers.model import RowRefusedError
from projbill_beancount.importers.proposals import for_person
from projbill_beancount.importers.proposals import for_project
from projbill_beancount.importers.proposals import nearest
from projbill_beancount.ledger.record import one_line
from projbill_beancount.ledger.record import quoted

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    from projbill_beancount.importers.model import Reading
    from projbill_beancount.importers.model import Where
    from projbill_beancount.importers.proposals import Proposal
    from projbill_beancount.terms.model import Contract
    from projbill_beancount.terms.model import ImportSettings
    from projbill_beancount.terms.model import MatchRule
    from projbill_beancount.terms.model import Terms

#: A client's name must be more like than a project's, to be a hint.
CLIENT_LIKE = 0.75


class Match(NamedTuple):
    """The contract's id and the task as the contract calls it."""

    project: str
    task: str


class Matcher:
    """Finds the contract of a row; equal rows are looked up once."""

    def __init__(self, terms: Terms, settings: ImportSettings) -> None:
        self.terms = terms
        self.settings = settings
        rules = [*settings.ignore]
        for contract in terms.contracts.values():
            rules += contract.match
        self.is_dated = any(rule.start or rule.end for rule in rules)
        self._known: dict[object, Match | RowRefusedError | None] = {}
        self._near_to: dict[object, tuple[tuple[str, ...], tuple[Proposal, ...]]] = {}

    def find(self, where: Where, day: date) -> Match | None:
        """The row's contract, None if the row is to be left out on purpose.

        Raises:
            RowRefusedError: it belongs to no contract, or to several (`match-ambiguous`).
        """
        key = (where, day) if self.is_dated else where
        if key not in self._known:
            try:
                self._known[key] = self._look_up(where, day)
            except RowRefusedError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, RowRefusedError):
            raise RowRefusedError(str(found), found.proposals)
        return found

    def _look_up(self, where: Where, day: date) -> Match | None:
        readings = where.readings
        cells = [(reading, self._cells(reading, where)) for reading in readings]
        if any(fits(rule, row, day) for rule in self.settings.ignore for _, row in cells):
            return None
        contracts = self.terms.contracts.values()
        found = [
            _match(contract, reading)
            for reading, row in cells
            for contract in contracts
            if any(fits(rule, row, day) for rule in contract.match)
        ] or [
            _match(contract, reading)
            for reading in readings
            for contract in contracts
            if is_named(contract, reading.project)
        ]
        projects = sorted({match.project for match in found})
        if len(projects) > 1:
            raise RowRefusedError(
                f"match-ambiguous: {described(readings[0])} belongs to {' and to '.join(projects)};"
                " make their `match:` rules tell them apart"
            )
        if not projects:
            raise self._unknown(where)
        return self._best(found)

    def _cells(self, reading: Reading, where: Where) -> Mapping[str, Sequence[str]]:
        return {
            **where.keys,
            "client": _written(reading.client),
            "project": _written(reading.project),
            "task": (reading.task,),
            "tag": where.tags or ("",),
            "source": (self.settings.name,),
        }

    def _best(self, found: Sequence[Match]) -> Match:
        """Of several readings for one contract, one with a task that it knows, else with a task."""
        tasks = known_tasks(self.terms.contracts[found[0].project])
        return min(found, key=lambda match: (match.task not in tasks, not match.task))

    def _unknown(self, where: Where) -> RowRefusedError:
        reading = where.readings[0]
        name = self.settings.name
        places = {field: texts[0] for field, texts in where.keys.items() if texts}
        places = places or {"client": reading.client, "project": reading.project}
        said = {field: one_line(text) for field, text in places.items() if one_line(text)}
        if not said:
            return RowRefusedError(
                "the row names no project; give it one, or leave such rows out with"
                f' `ignore: [{{project: "-"}}]` under `imports: {name}:`'
            )
        rule = ", ".join(f"{field}: {quoted(text)}" for field, text in said.items())
        near, proposals = self._proposed(where, said)
        shown = " or ".join(map(self._shown, near))
        hint = f"; nearest {'is' if len(near) == 1 else 'are'} {shown}" if near else ""
        return RowRefusedError(
            f"no contract for {described(reading)}{hint}; add to its contract"
            f" `match: [{{{rule}}}]`, or to `imports: {name}:` `ignore: [{{{rule}}}]`",
            proposals,
        )

    def _proposed(
        self, where: Where, said: Mapping[str, str]
    ) -> tuple[tuple[str, ...], tuple[Proposal, ...]]:
        """The nearest contracts and what to do; rows that differ by their task share them."""
        key = (*said.items(), *sorted({reading.project for reading in where.readings}))
        if key not in self._near_to:
            near, name = self._near(where), " / ".join(said.values())
            self._near_to[key] = near, (for_project(name, said, near, self.terms, self.settings),)
        return self._near_to[key]

    def _near(self, where: Where) -> tuple[str, ...]:
        """The contracts whose ids or names are like the row's, or whose client is the row's."""
        texts = {reading.project for reading in where.readings} - {""}
        texts |= {text for found in where.keys.values() for text in found}
        names: dict[str, str] = {}
        for contract in self.terms.contracts.values():
            words = (contract.id, *contract.formerly, contract.name)
            names |= {word: contract.id for word in words if word}
        near = nearest(texts, names)
        client = where.readings[0].client
        return near or nearest([client] if client else [], self._clients(), like=CLIENT_LIKE)

    def _clients(self) -> dict[str, str]:
        """The ids and names of clients that have one contract, with that contract's id."""
        names: dict[str, list[str]] = {}
        for contract in self.terms.contracts.values():
            client = self.terms.firm.clients.get(contract.client)
            for name in {contract.client, client.name if client else ""} - {""}:
                names.setdefault(name, []).append(contract.id)
        return {name: found[0] for name, found in names.items() if len(found) == 1}

    def _shown(self, project: str) -> str:
        contract = self.terms.contracts[project]
        return f'{contract.id} "{contract.name}" ({contract.place.file})'


def described(reading: Reading) -> str:
    """A reading for people: `client "ACME", project "Migration"`."""
    parts = zip(("client", "project", "task"), reading, strict=True)
    return ", ".join(f'{name} "{text}"' for name, text in parts if text) or "a row without project"


def _written(text: str) -> tuple[str, ...]:
    """A text as it is, and as it is written on one line, which is how a person can name it."""
    line = one_line(text)
    return (text,) if line == text else (text, line)


def is_named(contract: Contract, text: str) -> bool:
    """Whether `text` is the contract's id, one of its former ids, or its name."""
    word = one_line(text).casefold()
    names = (contract.id, *contract.formerly, contract.name)
    return bool(word) and word in {one_line(name).casefold() for name in names}


def fits(rule: MatchRule, cells: Mapping[str, Sequence[str]], day: date) -> bool:
    """Whether every pattern of the rule fits one of the cells of its field, on that day."""
    if (rule.start and day < rule.start) or (rule.end and day > rule.end):
        return False
    return all(
        any(_fits_text(pattern, text) for text in cells.get(field, ("",)))
        for field, pattern in rule.patterns.items()
    )


def _fits_text(pattern: str, text: str) -> bool:
    if not text:
        return pattern in {"", "-", "*"}
    return pattern.casefold() == text.casefold() or bool(_compiled(pattern).fullmatch(text))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE)


def _match(contract: Contract, reading: Reading) -> Match:
    return Match(contract.id, one_line(task_name(contract, reading.task)))


def task_name(contract: Contract, text: str) -> str:
    """The contract's name of a task, by case and by slug; `text` itself if it has none."""
    names = known_tasks(contract)
    if text in names:
        return text
    slugs = {_slug(name): name for name in names}
    return slugs.get(_slug(text), text)


def known_tasks(contract: Contract) -> list[str]:
    """Every task that the contract names: its tasks, those with a rate, those of triggers."""
    return [
        *contract.tasks,
        *contract.rates.tasks,
        *(task for _, task in contract.rates.person_tasks),
        *(task for trigger in contract.triggers for task in trigger.tasks),
    ]


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


class People:
    """Finds a person by the texts of a row: id, name or alias, without regard to case."""

    def __init__(self, terms: Terms, settings: ImportSettings) -> None:
        self.terms = terms
        self.settings = settings
        self._ids: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        for person in terms.firm.people.values():
            for text in (person.id, person.name, *person.aliases):
                self._names[text] = person.id
                self._ids.setdefault(one_line(text).casefold(), set()).add(person.id)
        self._known: dict[tuple[str, ...], str | RowRefusedError] = {}

    def find(self, texts: tuple[str, ...]) -> str:
        """The person's id.

        Raises:
            RowRefusedError: nobody is named, nobody has that name, or several have.
        """
        found = self._known.get(texts)
        if found is None:
            try:
                found = self._look_up([text for text in texts if text])
            except RowRefusedError as error:
                found = error
            self._known[texts] = found
        if isinstance(found, RowRefusedError):
            raise RowRefusedError(str(found), found.proposals)
        return found

    def _look_up(self, texts: list[str]) -> str:
        if not texts:
            if self.settings.person:
                return self.settings.person
            raise RowRefusedError(
                f"the row names no person; set `person:` under `imports: {self.settings.name}:`"
                " in projbill.yaml"
            )
        ids = {one for text in texts for one in self._ids.get(one_line(text).casefold(), ())}
        named = " / ".join(f'"{text}"' for text in texts)
        if len(ids) > 1:
            raise RowRefusedError(
                f"{named} are {' and '.join(sorted(ids))}; correct the row, or `aliases:`"
            )
        if ids:
            return ids.pop()
        near = nearest(texts, self._names)
        people = self.terms.firm.people
        shown = " or ".join(f'{one} "{people[one].name}"' for one in near)
        many = "is" if len(near) == 1 else "are"
        where = "there" if len(near) == 1 else "to the one who it is"
        hint = f'; nearest {many} {shown}: add `aliases: ["{texts[-1]}"]` {where}' if near else ""
        raise RowRefusedError(
            f"nobody under `people:` in projbill.yaml is {named}{hint}",
            (for_person([one_line(text) for text in texts], near, self.terms.firm),),
        )

    def proposed(self, texts: tuple[str, ...]) -> tuple[Proposal, ...]:
        """What to do about the texts of a row if they name nobody."""
        try:
            self.find(texts)
        except RowRefusedError as error:
            return error.proposals
        return ()
