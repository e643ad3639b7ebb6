"""`projbill schema`: what editors need to complete and check the YAML files."""

from __future__ import annotations

import click

from projbill_beancount.cli.output import print_json
from projbill_beancount.cli.settings import settings_options
from projbill_beancount.terms.schema import json_schema


@click.command("schema")
@settings_options
def schema_command() -> None:
    """Print the JSON Schema of projbill.yaml and of the contract files."""
    print_json(json_schema())
