/** Charts out of the JSON beside them; the same numbers stand in a table for those who cannot see. */

import { drawBurn } from "./burn.ts";
import { drawMonths } from "./months.ts";

type Draw = (figure: HTMLElement, data: unknown, width: number) => Element;

const KINDS: Record<string, Draw> = { burn: drawBurn, months: drawMonths };

/** Draw every `figure[data-chart]`, and again when its width changes. */
export function drawCharts(page: HTMLElement): void {
  for (const figure of page.querySelectorAll<HTMLElement>("figure[data-chart]")) {
    const draw = KINDS[figure.dataset["chart"] ?? ""];
    const source = figure.querySelector('script[type="application/json"]');
    if (!draw || !source) {
      continue;
    }
    const data: unknown = JSON.parse(source.textContent ?? "null");
    let width = 0;
    let drawn: Element | undefined;
    new ResizeObserver(() => {
      if (figure.clientWidth !== width && figure.clientWidth > 0) {
        width = figure.clientWidth;
        const chart = draw(figure, data, width);
        // Plot names its groups, which without a role may have no name; the table tells the numbers.
        for (const group of chart.querySelectorAll("g[aria-label]")) {
          group.removeAttribute("aria-label");
        }
        drawn?.remove();
        figure.prepend(chart);
        drawn = chart;
      }
    }).observe(figure);
  }
}
