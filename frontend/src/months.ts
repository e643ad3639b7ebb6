/** Worked, billed and collected by month: three bars a month. */

import * as Plot from "@observablehq/plot";

interface Bar {
  month: string;
  what: string;
  amount: string;
}

interface Months {
  currency: string;
  months: Bar[];
  labels: [string, string][];
}

const NARROW = 26;

/** The chart as SVG, as wide as its figure. Hidden numbers show only how they compare. */
export function drawMonths(figure: HTMLElement, data: unknown, width: number): Element {
  const { currency, months, labels } = data as Months;
  const hidden = figure.closest<HTMLElement>(".projbill")?.dataset["incognito"] === "true";
  const words = new Map(labels);
  const series = [...words.values()];
  const bars = months.map(({ month, what, amount }) => ({
    month,
    what: words.get(what) ?? what,
    amount: Number(amount),
  }));
  const names = [...new Set(bars.map(({ month }) => month))];
  const written = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
  const left = 44;
  return Plot.plot({
    width,
    height: 176,
    marginLeft: left,
    marginRight: 0,
    marginTop: 18,
    marginBottom: 32,
    className: "projbill-plot",
    style: { background: "transparent", color: "inherit", fontFamily: "inherit", fontSize: "11px" },
    x: { axis: null, domain: series, padding: 0.1 },
    y: {
      label: currency,
      grid: true,
      ticks: 4,
      nice: true,
      tickFormat: hidden ? () => "" : (amount: number) => short(amount),
    },
    fx: {
      label: null,
      domain: names,
      padding: 0.15,
      tickFormat: (month: string, index: number) =>
        monthName(month, index, (width - left) / names.length < NARROW ? 2 : 1),
    },
    color: { legend: true, domain: series, scheme: "Observable10" },
    marks: [
      Plot.barY(bars, {
        x: "what",
        y: "amount",
        fx: "month",
        fill: "what",
        ariaLabel: currency,
        ...(hidden
          ? {}
          : {
              title: ({ month, what, amount }: (typeof bars)[number]) =>
                `${month}, ${what}: ${written.format(amount)} ${currency}`,
              tip: true,
            }),
      }),
      Plot.ruleY([0]),
    ],
  });
}

/** The month in a word, with its year below the first and each January; of many every second. */
function monthName(month: string, index: number, every: number): string {
  const day = new Date(`${month}-01T00:00:00Z`);
  const isJanuary = month.endsWith("-01");
  if (index % every && !isJanuary) {
    return "";
  }
  const name = day.toLocaleDateString(document.documentElement.lang || undefined, {
    month: "short",
    timeZone: "UTC",
  });
  return index === 0 || isJanuary ? `${name}\n${month.slice(0, 4)}` : name;
}

function short(amount: number): string {
  return new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(
    amount,
  );
}
