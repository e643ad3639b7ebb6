"""The texts that name something of the books: accounts, numbers, files, zones, finding codes."""

from __future__ import annotations

import re

from projbill_beancount.terms.codes import INTEGRITY
from projbill_beancount.terms.codes import SEVERITIES
from projbill_beancount.terms.names import did_you_mean
from projbill_beancount.terms.names import quoted
from projbill_beancount.terms.shapes import JsonSchema
from projbill_beancount.terms.shapes import Scalar
from projbill_beancount.terms.shapes import Unfit

_TEXT: JsonSchema = {"type": "string"}
# A name of digits is a number to an editor.
_NAME: JsonSchema = {"type": ["string", "number"]}
_YEAR_AND_MONTH = r"\{year\}|\{month(?::02)?\}"
_NUMBER = r"\{number(?::0[1-9])?\}"


def account() -> Scalar:
    """A full account name."""
    expected = 'an account such as "Liabilities:VAT:Output"'

    def parse(found: str) -> str:
        if not is_account(found):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return found

    return Scalar(expected, parse, _TEXT)


def account_component() -> Scalar:
    """One component of an account name."""
    expected = "a part of an account name such as ACME: a capital or digit, then letters, digits, -"

    def parse(found: str) -> str:
        if not _is_component(found):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return found

    return Scalar(expected, parse, _NAME)


def account_template(example: str) -> Scalar:
    """An account name with the placeholder of `example` (`{project}`) for a component, once."""
    placeholder = example[example.index("{") : example.index("}") + 1]
    expected = f'an account with {placeholder} in it once, such as "{example}"'

    def parse(found: str) -> str:
        if found.count(placeholder) != 1 or not is_account(found.replace(placeholder, "X")):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return found

    only = f"^[^{{}}]*{re.escape(placeholder)}[^{{}}]*$"
    return Scalar(expected, parse, {**_TEXT, "pattern": only})


def is_account(name: str) -> bool:
    """Whether a text can be a full account name; its root may be any."""
    parts = name.split(":")
    return len(parts) > 1 and all(map(_is_component, parts))


def _is_component(part: str) -> bool:
    first = part[:1]
    return (first.isupper() or first.isdecimal() or (first.isalpha() and not first.isascii())) and (
        all(char.isalpha() or char.isdecimal() or char == "-" for char in part)
    )


def number_pattern() -> Scalar:
    """How the documents of a series are numbered; the numbers become links and file names."""
    expected = "a number pattern such as INV-{year}-{number:04}"

    def parse(found: str) -> str:
        rest, numbers = re.subn(_NUMBER, "", found)
        rest = re.sub(_YEAR_AND_MONTH, "", rest)
        if not numbers:
            raise Unfit(f"found {quoted(found)} without {{number}}; expected {expected}")
        if re.search("[^A-Za-z0-9_/.-]", rest):
            told = (
                "only letters, digits and - _ / . may stand around {year}, {month:02}, {number:04}"
            )
            raise Unfit(f"found {quoted(found)}, expected {expected}; {told}")
        if re.search(r"\{month\}(\{|\d)|(\}|\d)\{month\}", found):
            told = "where digits stand beside the month, write it as {month:02}"
            raise Unfit(f"found {quoted(found)}, expected {expected}; {told}")
        return found

    around = f"([A-Za-z0-9_/.-]|{_YEAR_AND_MONTH})*"
    only = f"^{around}{_NUMBER}({around}{_NUMBER})*{around}$"
    return Scalar(expected, parse, {**_TEXT, "pattern": only})


def file_pattern(example: str, *, dated: bool = False) -> Scalar:
    """A path relative to the ledger, with `{year}` and `{month:02}` in it where it is `dated`."""
    expected = f"a path relative to the ledger such as {example}"

    def parse(found: str) -> str:
        rest = re.sub(_YEAR_AND_MONTH, "", found) if dated else found
        if not found.strip() or not rest.isprintable() or rest.startswith("/") or _braces(rest):
            raise Unfit(f"found {quoted(found)}, expected {expected}")
        return found

    return Scalar(expected, parse, _NAME)


def _braces(found: str) -> bool:
    return "{" in found or "}" in found


def finding_code() -> Scalar:
    """The code of a finding that a contract may accept."""

    def parse(found: str) -> str:
        if found not in SEVERITIES:
            hint = did_you_mean(
                found, SEVERITIES, otherwise="the accountant's guide lists the codes"
            )
            raise Unfit(f"unknown code {quoted(found)}; {hint}")
        if found in INTEGRITY:
            raise Unfit("this can be resolved, not excepted; remove it")
        return found

    codes = [code for code in SEVERITIES if code not in INTEGRITY]
    return Scalar("the code of a finding", parse, {"enum": codes})


def zone() -> Scalar:
    """An IANA time zone."""
    expected = "a time zone such as Europe/Berlin"

    def parse(found: str) -> str:
        import zoneinfo  # noqa: PLC0415 - only a file that names a zone needs it

        try:
            zoneinfo.ZoneInfo(found)
        except (KeyError, ValueError, OSError):
            names = zoneinfo.available_timezones()
            hint = did_you_mean(found, names, otherwise=f"expected {expected}")
            raise Unfit(f"unknown time zone {quoted(found)}; {hint}") from None
        return found

    return Scalar(expected, parse, _TEXT)


def encoding() -> Scalar:
    """The name of a text encoding."""
    expected = "a text encoding such as utf-8 or cp1252"

    def parse(found: str) -> str:
        try:
            "".encode(found)
        except (LookupError, ValueError):
            raise Unfit(f"found {quoted(found)}, expected {expected}") from None
        return found

    return Scalar(expected, parse, _NAME)
