"""Measures the pages of Billing against Fava's own income statement of the same ledger.

    .venv/bin/python -m bench.pages

100,000 time entries, 200 contracts, 2,000 invoices. Each run is a fresh process. `first` is the
first request after a load, `again` the median of those that follow; times are the processor's, and
Fava's sides are its page with the data that the page asks for. A reload is Fava's load of the whole
ledger, with the extension and with the plugin alone in turn; what the extension itself does in it is
measured too, since two loads differ by more than that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from typing import Any

from fava.application import create_app

from bench import ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

RUNS, AGAIN, RELOADS = 3, 5, 2
PEOPLE, CONTRACTS = 20, 200
EXTENSION = '2020-01-01 custom "fava-extension" "projbill_beancount.fava"\n'
#: A page that is not listed, with what it is asked for.
FURTHER = ("project&project=", "drafts&draft=", "receivables&client=")


def main() -> None:
    """Writes the ledger, measures in fresh processes, and prints."""
    if len(sys.argv) > 1:
        json.dump(_measured(Path(sys.argv[1])), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="projbill-pages-") as name:
        folder = Path(name)
        ledger.write(folder, PEOPLE, CONTRACTS)
        plain = (folder / "with.beancount").read_text()
        (folder / "pages.beancount").write_text(plain + EXTENSION)
        runs = [_run(folder) for _ in range(RUNS)]
    print(f"{PEOPLE * 5000:,} entries, {CONTRACTS} contracts, {RUNS} runs")
    reloads = [one / other for run in runs for one, other in run["reloads"]]
    own = [run["own"] / min(other for _, other in run["reloads"]) for run in runs]
    print(f"  reload with the extension ÷ with the plugin alone {_spread(reloads)}")
    print(f"  the extension's own part of it ÷ that load {_spread(own)}")
    for when in ("first", "again"):
        own = median(run[when]["income statement"] for run in runs)
        print(f"  {when}: Fava's income statement {own * 1000:,.0f} ms")
        for page in runs[0][when]:
            ratios = [run[when][page] / run[when]["income statement"] for run in runs]
            print(f"    {page:<40} {_spread(ratios)}")


def _run(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.pages", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measured(folder: Path) -> dict[str, Any]:
    """The figures of one process, in seconds."""
    paths = [str(folder / name) for name in ("pages.beancount", "with.beancount")]
    app = create_app(paths, load=True, poll_watcher=True)
    loaded = [app.config["LEDGERS"].ledgers[number] for number in range(len(paths))]
    reloads = [[_seconds(one.load_file) for one in loaded] for _ in range(RELOADS)]
    client = app.test_client()
    slug = next(iter(app.config["LEDGERS"].items()))[0]
    asked = {"income statement": lambda: _income_statement(client, slug)}
    asked |= {name: _request(client, _address(slug, name)) for name in _pages(loaded[0])}
    first, again = {}, {}
    for name, ask in asked.items():
        first[name] = _seconds(ask)
        again[name] = median(_seconds(ask) for _ in range(AGAIN))
    own = median(_seconds(_extension(loaded[0]).after_load_file) for _ in range(AGAIN))
    return {"reloads": reloads, "own": own, "first": first, "again": again}


def _pages(loaded: Any) -> list[str]:
    from projbill_beancount.fava.pages import PAGES  # noqa: PLC0415 - Fava is imported first

    books = _extension(loaded).books
    busy = max(books.billing.positions.values(), key=lambda one: one.hours.worked)
    draft = books.billing.drafts[0].id
    subjects = dict(zip(FURTHER, (busy.project, draft, busy.client), strict=True))
    listed = [page.name for page in PAGES if page.listed]
    return [*listed, *(f"{asked}{subjects[asked]}" for asked in FURTHER)]


def _extension(loaded: Any) -> Any:
    return loaded.extensions.get_extension("ProjectBilling")


def _address(slug: str, page: str) -> str:
    return f"/{slug}/extension/ProjectBilling/?page={page}"


def _income_statement(client: FlaskClient, slug: str) -> None:
    _request(client, f"/{slug}/income_statement/")()
    _request(client, f"/{slug}/api/income_statement")()


def _request(client: FlaskClient, address: str) -> Callable[[], None]:
    def request() -> None:
        answer = client.get(address)
        if answer.status_code != 200 or b"projbill-failed" in answer.data:  # noqa: PLR2004
            sys.exit(f"{address}: {answer.status}\n{answer.get_data(as_text=True)[:2000]}")

    return request


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):7.2%}  (lowest {min(ratios):.2%}, highest {max(ratios):.2%})"


if __name__ == "__main__":
    main()
