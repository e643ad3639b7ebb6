/** What the pages of Billing do in the browser: sorted tables, charts, and actions. */

import { listenForActions } from "./actions.ts";
import { drawCharts } from "./charts.ts";
import type { ExtensionModule } from "./fava.ts";
import { makeSortable } from "./sorting.ts";

const billing: ExtensionModule = {
  onExtensionPageLoad({ api }) {
    const page = document.querySelector<HTMLElement>(".projbill");
    if (page) {
      makeSortable(page);
      drawCharts(page);
      listenForActions(page, api);
    }
  },
};

export default billing;
