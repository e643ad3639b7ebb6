"""Makes sure that the programs which some tests need are there.

On Debian, as root, a missing program is installed. Elsewhere the tests that need it are skipped,
and this says so; with CI=true a missing program is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Program(NamedTuple):
    """A program under any of its names; `package` is Debian's."""

    names: tuple[str, ...]
    package: str
    tests: str


PROGRAMS = (
    Program(
        ("chromium", "chromium-browser", "google-chrome"), "chromium", "the tests in a real browser"
    ),
    Program(("timew",), "timewarrior", "the tests of importing from Timewarrior"),
    Program(("hledger",), "hledger", "the tests against hledger's own totals of time"),
    Program(("task",), "taskwarrior", "the tests of importing from Taskwarrior"),
    Program(("npm",), "npm", "the check that the script of the pages is built from its sources"),
    Program(("gpg",), "gnupg", "the test of an encrypted ledger in Fava"),
    Program(("strace",), "strace", "the tests of being killed while writing"),
)


def main() -> int:
    """Installs what is missing where it can; returns 1 if CI lacks a program."""
    missing = [program for program in PROGRAMS if not _is_there(program)]
    if missing and _can_install():
        _install([program.package for program in missing])
        missing = [program for program in missing if not _is_there(program)]
    for program in missing:
        print(f"{program.names[0]} is not installed: {program.tests} are skipped", file=sys.stderr)
    return 1 if missing and os.environ.get("CI") == "true" else 0


def _is_there(program: Program) -> bool:
    return any(shutil.which(name) for name in program.names)


def _can_install() -> bool:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return root and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    print(f"installing {', '.join(packages)} for the tests", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(
            ["apt-get", "--quiet", "--quiet", *command],
            env=environment,
            stdout=sys.stderr,
            check=False,
        )


if __name__ == "__main__":
    sys.exit(main())
