"""The shapes of YAML values: each reads a node and prints its own JSON Schema.

A shape is declared once (`layout`); reading, naming every mistake and the schema for editors all
come out of the declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from yaml.nodes import MappingNode
from yaml.nodes import Node
from yaml.nodes import ScalarNode
from yaml.nodes import SequenceNode

from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted
from projbill_beancount.terms.sheet import Fields
from projbill_beancount.terms.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

JsonSchema = dict[str, Any]

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({_TAG + "str", _TAG + "seq", _TAG + "map"})


class Unfit(ValueError):  # noqa: N818 - it tells about a text, not about the program
    """A text that is not what the schema wants; its message says what was expected."""


class Shape(Protocol):
    """What may stand under a key."""

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> Any:
        """The value of a node, None (and a mistake on the sheet) where it is not of this shape.

        `key` is the dotted path and `line` the line of the key that the node stands under.
        """

    def schema(self) -> JsonSchema:
        """The JSON Schema of what is accepted."""


class Scalar:
    """A single text that `parse` turns into a value; it raises `Unfit` where it cannot."""

    __slots__ = ("_parse", "_schema", "expected")

    def __init__(self, expected: str, parse: Callable[[str], Any], schema: JsonSchema) -> None:
        self.expected = expected
        self._parse = parse
        self._schema = schema

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> Any:
        """The value of the text, None where it is none."""
        if not isinstance(node, ScalarNode) or _is_empty(node):
            hint = "; give it a value or remove the key" if _is_empty(node) else ""
            sheet.wrong(line, key, f"expected {self.expected}, found {kind(node)}{hint}")
            return None
        if not _is_untagged(node, key, sheet):
            return None
        try:
            return self._parse(node.value)
        except Unfit as unfit:
            sheet.wrong(node.start_mark.line + 1, key, str(unfit))
            return None

    def schema(self) -> JsonSchema:
        """The JSON Schema of the text."""
        return dict(self._schema)


class ListOf:
    """A list of values of one shape, with at least `least` of them; read as a list."""

    __slots__ = ("_item", "_least")

    def __init__(self, item: Shape, least: int = 0) -> None:
        self._item = item
        self._least = least

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> list[Any] | None:
        """The readable items."""
        items = [] if _is_empty(node) else node.value
        if not (isinstance(node, SequenceNode) or _is_empty(node)):
            sheet.wrong(line, key, f"expected a list, found {kind(node)}")
            return None
        if not _is_untagged(node, key, sheet):
            return None
        if len(items) < self._least:
            sheet.wrong(line, key, "is empty; give at least one, or remove the key")
            return None
        read = (self._item.read(item, key, item.start_mark.line + 1, sheet) for item in items)
        return [value for value in read if value is not None]

    def schema(self) -> JsonSchema:
        """The JSON Schema of the list."""
        if self._least:
            return {"type": "array", "items": self._item.schema(), "minItems": self._least}
        return {"type": ["array", "null"], "items": self._item.schema()}


class MapOf:
    """A mapping of freely named values of one shape; `name` reads the names."""

    __slots__ = ("_name", "_value")

    def __init__(self, name: Scalar, value: Shape) -> None:
        self._name = name
        self._value = value

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> Fields | None:
        """The readable values by name."""
        pairs = _pairs(node, key, line, sheet)
        if pairs is None:
            return None
        fields = Fields(key, line)
        for name_node, value_node in pairs:
            _put(fields, name_node, value_node, self._value, sheet)
            self._name.read(
                name_node, fields.path(name_node.value), fields.line_of(name_node.value), sheet
            )
        return fields

    def schema(self) -> JsonSchema:
        """The JSON Schema of the mapping."""
        all_names = self._name.schema()
        names = {key: all_names[key] for key in ("enum", "pattern") if key in all_names}
        limited = {"propertyNames": names} if names else {}
        return {
            "type": ["object", "null"],
            "additionalProperties": self._value.schema(),
            **limited,
        }


class Record:
    """A mapping with the keys of `fields`.

    `required` keys must stand there, each with what to say where it does not; of `one_of`, exactly
    one. `rules` are further parts of the schema, for what is checked after reading.
    """

    __slots__ = ("_fields", "_one_of", "_required", "_rules")

    def __init__(
        self,
        fields: Mapping[str, Shape],
        required: Mapping[str, str] | None = None,
        one_of: tuple[str, ...] = (),
        rules: tuple[JsonSchema, ...] = (),
    ) -> None:
        self._fields = fields
        self._required = required or {}
        self._one_of = one_of
        self._rules = rules

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> Fields | None:
        """The readable values by key."""
        pairs = _pairs(node, key, line, sheet)
        if pairs is None:
            return None
        fields = Fields(key, line)
        for name_node, value_node in pairs:
            shape = self._fields.get(name_node.value)
            if shape is None:
                self._refuse(name_node, fields, sheet)
            else:
                _put(fields, name_node, value_node, shape, sheet)
        for name, hint in self._required.items():
            if not fields.given(name):
                sheet.wrong(line, fields.path(name), f"is missing; {hint}")
        if self._one_of and sum(map(fields.given, self._one_of)) != 1:
            names = " and ".join(f"`{name}`" for name in self._one_of)
            sheet.wrong(line, key, f"needs exactly one of {names}")
        return fields

    def _refuse(self, name_node: Node, fields: Fields, sheet: Sheet) -> None:
        name = name_node.value
        known = ", ".join(self._fields)
        hint = did_you_mean(name, self._fields, f"expected one of {known}")
        sheet.wrong(name_node.start_mark.line + 1, fields.path(name), f"unknown key; {hint}")

    def schema(self) -> JsonSchema:
        """The JSON Schema of the mapping."""
        properties = {name: shape.schema() for name, shape in self._fields.items()}
        needs: JsonSchema = {"required": list(self._required)} if self._required else {}
        if self._one_of:
            needs["oneOf"] = [{"required": [name]} for name in self._one_of]
        return {
            "type": "object" if needs else ["object", "null"],
            "properties": properties,
            "additionalProperties": False,
            **needs,
            **({"allOf": list(self._rules)} if self._rules else {}),
        }


class ByKind:
    """One shape or another, depending on whether a text, a list or a mapping stands there."""

    __slots__ = ("_hint", "_mapping", "_scalar", "_sequence")

    def __init__(
        self,
        scalar: Scalar | None = None,
        sequence: Shape | None = None,
        mapping: Shape | None = None,
        hint: str = "",
    ) -> None:
        self._scalar = scalar
        self._hint = f"; {hint}" if hint else ""
        self._sequence = sequence
        self._mapping = mapping

    def read(self, node: Node, key: str, line: int, sheet: Sheet) -> Any:
        """The value as the shape of its kind reads it."""
        shape = self._shape_of(node)
        if shape is None:
            names = ("a list", self._sequence), ("a mapping", self._mapping)
            wanted = [self._scalar.expected] if self._scalar else []
            wanted += [name for name, known in names if known]
            told = f"expected {' or '.join(wanted)}, found {kind(node)}{self._hint}"
            sheet.wrong(line, key, told)
            return None
        return shape.read(node, key, line, sheet)

    def _shape_of(self, node: Node) -> Shape | None:
        if isinstance(node, SequenceNode):
            return self._sequence
        if isinstance(node, MappingNode):
            return self._mapping
        return self._scalar or (self._mapping or self._sequence if _is_empty(node) else None)

    def schema(self) -> JsonSchema:
        """The JSON Schema of either."""
        shapes = (self._scalar, self._sequence, self._mapping)
        either: JsonSchema = {"anyOf": [shape.schema() for shape in shapes if shape]}
        # Where a text may stand, nothing is a text that is missing.
        return {**either, "not": {"type": "null"}} if self._scalar else either


def kind(node: Node) -> str:
    """What stands there, in words."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    return "nothing" if _is_empty(node) else quoted(node.value)


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value and not node.style


def _is_untagged(node: Node, key: str, sheet: Sheet) -> bool:
    """Whether the node has no tag of its own: a tag would promise a type that is not looked at."""
    if node.tag in _PLAIN_TAGS:
        return True
    tag = node.tag.replace(_TAG, "!!")
    sheet.wrong(node.start_mark.line + 1, key, f'found the tag "{tag}"; remove it')
    return False


def _put(fields: Fields, name: Node, value: Node, shape: Shape, sheet: Sheet) -> None:
    line = name.start_mark.line + 1
    fields.lines[name.value] = line
    read = shape.read(value, fields.path(name.value), line, sheet)
    if read is not None:
        fields.values[name.value] = read


def _pairs(
    node: Node, key: str, line: int, sheet: Sheet
) -> Iterator[tuple[ScalarNode, Node]] | None:
    """The keys and values of a mapping; None, with a mistake, where the node is none."""
    if _is_empty(node):
        return iter(())
    if not isinstance(node, MappingNode):
        sheet.wrong(line, key, f'expected a mapping ("key: value"), found {kind(node)}')
        return None
    if not _is_untagged(node, key, sheet):
        return None
    return _each_once(node, key, sheet)


def _each_once(node: MappingNode, key: str, sheet: Sheet) -> Iterator[tuple[ScalarNode, Node]]:
    seen: dict[str, int] = {}
    for name, value in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, ScalarNode):
            sheet.wrong(line, key, f"expected a name before the colon, found {kind(name)}")
        elif name.value in seen:
            dotted = f"{key}.{name.value}" if key else name.value
            told = f"is given twice, on lines {seen[name.value]} and {line}; keep one"
            sheet.wrong(line, dotted, told)
        else:
            seen[name.value] = line
            yield name, value
