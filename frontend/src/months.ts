/** Worked, billed and collected by month: three bars a month. */

import * as Plot from "@observablehq/plot";

interface Month {
  month: string;
  what: string;
  amount: number;
}

interface Months {
  currency: string;
  months: Month[];
}

/** The chart as SVG, as wide as its figure. */
export function drawMonths(figure: HTMLElement, data: unknown, width: number): Element {
  const { currency, months } = data as Months;
  const hidden = figure.closest<HTMLElement>(".projbill")?.dataset["incognito"] === "true";
  return Plot.plot({
    width,
    height: 200,
    marginLeft: 60,
    style: { background: "transparent" },
    x: { axis: null },
    y: { label: currency, grid: true, tickFormat: hidden ? () => "" : undefined },
    fx: { label: null },
    color: { legend: true, scheme: "Observable10" },
    marks: [
      Plot.barY(months, { x: "what", y: "amount", fx: "month", fill: "what", tip: !hidden }),
      Plot.ruleY([0]),
    ],
  });
}
