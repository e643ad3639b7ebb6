"""Shows the whole way on a fresh copy of the example: exports in, drafts, invoices, a credit note."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "example-ledger"
BIN = Path(sys.executable).parent
#: These two say with their code that there are findings, and the example has some.
FINDS = frozenset(("check", "bean-check"))
#: After the new exports; the numbers are those that `issue` gives in the example.
INVOICE = "INV-2026-0012"
ENTRY = "toggl-finn-20260428T090436"
STEPS = (
    ("Where each project stands", "status"),
    ("What can be billed, and what is held", "drafts"),
    ("What does not match", "check"),
    ("How an invoice would look in the ledger; nothing is written", "issue --dry-run FIR-PORT"),
    ("Three projects are billed: numbered, frozen", "issue ACME-MIG BOLT-APP FIR-PORT"),
    (
        "The client does not accept an hour: a credit note",
        f'credit {INVOICE} --entry {ENTRY}=1 --reason "The hand-over was agreed shorter"',
    ),
    ("What that invoice is made of, and what is open of it", f"explain {INVOICE}"),
    ("Every issued document is as it was issued", "verify"),
)


def main(demo: Path) -> int:
    """Makes `demo` anew and runs the steps; returns the code of one that could not do its work."""
    shutil.rmtree(demo, ignore_errors=True)
    shutil.copytree(EXAMPLE, demo, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = _shown(demo / "main.beancount")
    exports = sorted(_shown(path) for path in (demo / "exports" / "new").iterdir())
    bill = ("projbill", "-f", ledger)
    commands = [
        ("What the trackers gave out since the last time goes in", [*bill, "import", *exports]),
        *((title, [*bill, *shlex.split(command)]) for title, command in STEPS),
        ("Beancount itself says what is held", ["bean-check", "--no-cache", ledger]),
    ]
    for number, (title, command) in enumerate(commands, start=1):
        done = _run(f"{number}. {title}", *command)
        if done > (1 if FINDS & set(command) else 0):
            return done
    print(f"\nNow open it in Fava:  {_shown(BIN / 'fava')} {ledger}", flush=True)
    return 0


def _run(title: str, program: str, *arguments: str) -> int:
    command = [_shown(BIN / program), *arguments]
    print(f"\n== {title}\n$ {shlex.join([program, *arguments])}\n", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main(ROOT / "demo"))
