"""Shows the whole way on a fresh copy of the example: exports in, what can be billed out."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "example-ledger"
BIN = Path(sys.executable).parent
FINDINGS = 1


def main(demo: Path) -> int:
    """Makes `demo` anew and runs the steps; returns the code of one that could not do its work."""
    shutil.rmtree(demo, ignore_errors=True)
    shutil.copytree(EXAMPLE, demo, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    ledger = _shown(demo / "main.beancount")
    exports = sorted(_shown(path) for path in (demo / "exports" / "new").iterdir())
    steps: tuple[tuple[str, str, list[str]], ...] = (
        ("What the trackers gave out since the last time goes in", "import", exports),
        ("Where each project stands", "status", []),
        ("What can be billed, and what is held", "drafts", []),
        ("What does not match", "check", []),
    )
    for number, (title, command, arguments) in enumerate(steps, start=1):
        done = _run(f"{number}. {title}", "projbill", "-f", ledger, command, *arguments)
        if done > (FINDINGS if command == "check" else 0):
            return done
    _run("5. Beancount itself says the same", "bean-check", "--no-cache", ledger)
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
