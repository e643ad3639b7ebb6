"""beangulp importers of projbill-beancount.

In an `import.py`, for `fava` and for beangulp's own commands:

    from projbill_beancount.importers import importers

    CONFIG = importers("projbill.yaml")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pragma: no cover
    from projbill_beancount.importers.gulp import ExportImporter


def importers(config: str = "projbill.yaml") -> list[ExportImporter]:
    """One importer for each export format, with the terms in `config`.

    A relative `config` is looked for beside the file that calls, then in the working directory.

    Raises:
        FileNotFoundError: it is in neither place.
    """
    import sys  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from projbill_beancount.importers.formats import formats  # noqa: PLC0415
    from projbill_beancount.importers.gulp import ExportImporter  # noqa: PLC0415

    caller = Path(sys._getframe(1).f_code.co_filename)  # noqa: SLF001
    for path in (caller.absolute().parent / config, Path(config).absolute()):
        if path.is_file():
            return [ExportImporter(form, str(path)) for form in formats()]
    raise FileNotFoundError(f"{config}: found neither beside {caller} nor in the working directory")
