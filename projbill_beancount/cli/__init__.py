"""The command line: `projbill [-f LEDGER] [--as-of DATE] [--format FORMAT] COMMAND`.

A command's module is imported when the command is run, so that `--help` is quick.
"""

from __future__ import annotations

from projbill_beancount.cli.group import main

__all__ = ["main"]
