"""Loads one ledger in this fresh process and prints what it took, as JSON.

Beancount's own log of its operations is read with the processor's clock, so that work of other
processes does not count.
"""

from __future__ import annotations

import json
import re
import sys
import time

from beancount import loader
from beancount.core.data import Transaction
from beancount.utils import misc_utils

OPERATION = re.compile(r"'(projbill_beancount\.\S+)'\s+Time:\s+(\d+) ms")


def main(ledger: str) -> None:
    """Prints seconds (`wall`, `cpu`, and `plugin`: the plugin's part), drafts and errors."""
    vars(misc_utils)["time"] = time.process_time
    log: list[str] = []
    wall, cpu = time.perf_counter(), time.process_time()
    entries, errors, _ = loader.load_file(ledger, log_timings=log.append)
    result = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "plugin": sum(int(found[2]) / 1000 for line in log if (found := OPERATION.search(line))),
        "drafts": sum(
            isinstance(entry, Transaction) and "draft" in entry.tags for entry in entries
        ),
        "errors": [
            f"{error.source['filename']}:{error.source['lineno']}: {error.message}"
            for error in errors
        ],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
