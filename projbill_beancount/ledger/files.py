"""Files of the ledger, changed whole or not at all, under a lock.

Every new content is written beside its file and flushed to the disk before the first file is
replaced, so a full disk or a crash leaves each file old or new, never half.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from filelock import FileLock
from filelock import Timeout

from projbill_beancount.ledger.errors import LedgerWriteError

if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterable
    from collections.abc import Iterator

LOCK_NAME = ".projbill.lock"
LOCK_SECONDS = 120
#: How many seconds this thread waits for the lock; somebody who looks at a page waits less.
PATIENCE = ContextVar("PATIENCE", default=LOCK_SECONDS)
ENCRYPTED = (".gpg", ".asc")

Stamp = tuple[int, int, int]


class Snapshot(NamedTuple):
    """A file as it was read; `stamp` is its size, mtime and inode, None where there is none."""

    path: str
    content: bytes
    stamp: Stamp | None


class Change(NamedTuple):
    """The new content of a file that was read as `old`."""

    old: Snapshot
    content: bytes


@contextlib.contextmanager
def ledger_lock(ledger: str) -> Iterator[None]:
    """Hold the lock of the ledger's folder; whoever loads it to change it does so inside.

    Raises:
        LedgerWriteError: another command holds it for as long as we wait (two minutes, see
            `PATIENCE`), or it cannot be made.
    """
    path = Path(ledger).resolve().parent / LOCK_NAME
    lock = FileLock(path)
    try:
        lock.acquire(timeout=PATIENCE.get())
    except Timeout as error:
        raise LedgerWriteError(
            f"{path}: another projbill command is writing; wait for it and run this again"
        ) from error
    except OSError as error:
        raise LedgerWriteError(f"{path}: {error.strerror}; nothing was written") from error
    try:
        yield
    finally:
        lock.release()


def read_snapshot(path: str) -> Snapshot:
    """The file's content and stamp; empty and None if it does not exist.

    Raises:
        LedgerWriteError: it cannot be read, or it is encrypted.
    """
    if path.endswith(ENCRYPTED):
        raise LedgerWriteError(f"{path}: it is encrypted; name another file in projbill.yaml")
    try:
        with Path(path).open("rb") as file:
            state = os.fstat(file.fileno())
            return Snapshot(path, file.read(), _stamp(state))
    except FileNotFoundError:
        return Snapshot(path, b"", None)
    except OSError as error:
        raise LedgerWriteError(f"{path}: {error.strerror}; nothing was written") from error


def write_changes(changes: Iterable[Change]) -> list[Snapshot]:
    """Replace all files, or none if one of them cannot be prepared or was changed meanwhile.

    Modes are kept; a symbolic link stays one; every replaced file is touched, for Fava's watcher.
    Each change is asked for once the one before is on the disk, and forgotten. Returns what the
    files were, without their content.

    Raises:
        LedgerWriteError: nothing was written, with the reason.
    """
    with contextlib.ExitStack() as left:
        prepared = []
        for change in changes:
            real = os.path.realpath(change.old.path)
            try:
                beside = _written_beside(real, change, left)
            except OSError as error:
                raise LedgerWriteError(
                    f"{change.old.path}: {error.strerror}; nothing was written"
                ) from error
            prepared.append((beside, real, change.old._replace(content=b"")))
        for _, _, old in prepared:
            _check_unchanged(old)
        for beside, real, old in prepared:
            _replace(beside, real, old.path)
        return [old for _, _, old in prepared]


def touch(path: str) -> None:
    """Give a file, and a symbolic link to it, the time of now."""
    os.utime(path)
    if Path(path).is_symlink() and os.utime in os.supports_follow_symlinks:
        os.utime(path, follow_symlinks=False)


def _written_beside(real: str, change: Change, left: contextlib.ExitStack) -> Path:
    folder = Path(real).parent
    folder.mkdir(parents=True, exist_ok=True)
    for abandoned in folder.glob(f".{glob.escape(Path(real).name)}.*.new"):
        abandoned.unlink(missing_ok=True)  # of a command that was killed; we hold the lock
    beside = folder / f".{Path(real).name}.{os.getpid()}.new"
    left.callback(beside.unlink, missing_ok=True)
    with beside.open("wb") as file:
        file.write(change.content)
        file.flush()
        os.fsync(file.fileno())
    if change.old.stamp is not None:
        shutil.copymode(real, beside)
    return beside


def _check_unchanged(old: Snapshot) -> None:
    try:
        now: Stamp | None = _stamp(Path(old.path).stat())
    except FileNotFoundError:
        now = None
    if now != old.stamp:
        raise LedgerWriteError(
            f"{old.path}: it was changed while this was being prepared; nothing was written, run it again"
        )


def _replace(beside: Path, real: str, path: str) -> None:
    beside.replace(real)
    with contextlib.suppress(OSError):
        _sync_folder(Path(real).parent)
    touch(path)


def _sync_folder(folder: Path) -> None:
    # Not every system lets a folder be opened; the rename itself has happened by then.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stamp(state: os.stat_result) -> Stamp:
    return state.st_size, state.st_mtime_ns, state.st_ino
