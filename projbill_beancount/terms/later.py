"""Exports that the formats name and that this version cannot import yet.

A setting for one of them is an error that says so.
"""

from __future__ import annotations

#: Exports that are known by name and that nothing imports yet.
IMPORTS = (
    "timew",
    "watson",
    "timecamp",
)
