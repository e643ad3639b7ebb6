"""The JSON Schema of `projbill.yaml` and of a contract file, for editors."""

from __future__ import annotations

from projbill_beancount.terms.layout import CONTRACT
from projbill_beancount.terms.layout import PROJBILL


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of both files; a file with `project` is a contract."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Terms of project billing: projbill.yaml and contracts/*.yaml",
        "$defs": {"projbill": PROJBILL.schema(), "contract": CONTRACT.schema()},
        "if": {"required": ["project"]},
        "then": {"$ref": "#/$defs/contract"},
        "else": {"$ref": "#/$defs/projbill"},
    }
