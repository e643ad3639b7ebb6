/** Tables that a click, or Enter, on a column's title sorts. */

const collator = new Intl.Collator(undefined, { numeric: true });

/** Let the columns of `table.sortable` with a button in their title be sorted. */
export function makeSortable(page: HTMLElement): void {
  for (const table of page.querySelectorAll<HTMLTableElement>("table.sortable")) {
    for (const title of table.querySelectorAll<HTMLTableCellElement>("thead th")) {
      title.querySelector("button")?.addEventListener("click", () => {
        sortBy(table, title);
      });
    }
  }
}

/** Sort by a column; a second time the other way round. Cells say with `data-sort` what counts. */
function sortBy(table: HTMLTableElement, title: HTMLTableCellElement): void {
  const body = table.tBodies[0];
  if (!body) {
    return;
  }
  const ascending = title.getAttribute("aria-sort") !== "ascending";
  for (const other of table.querySelectorAll("thead th")) {
    other.removeAttribute("aria-sort");
  }
  title.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const sign = ascending ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row, title.cellIndex) }));
  rows.sort((one, other) => sign * compare(one.key, other.key));
  body.append(...rows.map(({ row }) => row));
}

type Key = string | number;

function keyOf(row: HTMLTableRowElement, column: number): Key {
  const cell = row.cells[column];
  const value = cell?.dataset["sort"];
  if (value === undefined) {
    return cell?.textContent?.trim() ?? "";
  }
  return cell?.classList.contains("num") ? Number(value || "-Infinity") : value;
}

function compare(one: Key, other: Key): number {
  if (typeof one === "number" && typeof other === "number") {
    return one < other ? -1 : Number(one > other);
  }
  return collator.compare(String(one), String(other));
}
