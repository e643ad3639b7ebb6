"""Places in files as a person names them: relative to the ledger's folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projbill_beancount.terms.model import Place


def shown_file(file: str, root: str) -> str:
    """`file` relative to the folder `root` where it lies under it, else as it is."""
    inside = file.startswith(root.rstrip(os.sep) + os.sep)
    return os.path.relpath(file, root) if inside else file


def shown(place: Place, root: str) -> str:
    """`place` as `file:line`."""
    return f"{shown_file(place.file, root)}:{place.line}"


def shown_text(text: str, root: str) -> str:
    """`text` with the paths under the folder `root` made relative to it."""
    folder = root.rstrip(os.sep) + os.sep
    return text if folder == os.sep else text.replace(folder, "")
