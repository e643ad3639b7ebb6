"""The importers of these books, for Fava's import page and for beangulp.

Beside Fava: python import.py extract exports/toggl-2026-03.csv
"""

from __future__ import annotations

from pathlib import Path

import beangulp

from projbill_beancount.importers import importers

CONFIG = importers(str(Path(__file__).with_name("projbill.yaml")))

if __name__ == "__main__":
    beangulp.Ingest(CONFIG)()
