/** Buttons that write to the ledger: a form, a preview of the text, and only then the writing. */

import type { ExtensionApi } from "./fava.ts";

interface Answer {
  text?: string;
  files?: string[];
  remarks?: string[];
  stamp?: string;
  error?: string[];
}

type Values = Record<string, string>;

/** Where the page after the writing finds what was written. */
const WRITTEN = "projbill-written";

/** Let each button with an action open the dialog of that action, and make it ready. */
export function listenForActions(page: HTMLElement, api: ExtensionApi): void {
  if (isWithinAnotherSite()) {
    return;
  }
  for (const dialog of page.querySelectorAll<HTMLDialogElement>(".projbill-dialog")) {
    const open = new OpenDialog(dialog, api, page.dataset);
    const action = dialog.dataset["action"] ?? "";
    for (const button of page.querySelectorAll<HTMLButtonElement>(
      `button.projbill-action[data-action="${CSS.escape(action)}"]`,
    )) {
      button.addEventListener("click", () => {
        open.show(JSON.parse(button.dataset["values"] ?? "{}") as Values);
      });
      button.disabled = false;
    }
  }
  tellWhatWasWritten(page);
}

/** Whether another site shows this page in a frame of its own, and could have clicks go astray. */
function isWithinAnotherSite(): boolean {
  try {
    return window.top?.location.origin !== window.location.origin;
  } catch {
    return true;
  }
}

/** After the writing the page is loaded anew; it says what was written, and what to know of it. */
function tellWhatWasWritten(page: HTMLElement): void {
  const told = sessionStorage.getItem(WRITTEN);
  const place = page.querySelector<HTMLElement>(".projbill-written");
  if (told === null || !place) {
    return;
  }
  sessionStorage.removeItem(WRITTEN);
  const { files, remarks } = JSON.parse(told) as Answer;
  const title = document.createElement("strong");
  title.textContent = `${place.dataset["label"] ?? ""} ${(files ?? []).join(", ")}`;
  place.replaceChildren(title, ...lines("p", remarks ?? []));
}

class OpenDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #form: HTMLFormElement;
  readonly #write: HTMLButtonElement;
  readonly #api: ExtensionApi;
  readonly #page: DOMStringMap;
  #subject: Values = {};
  #previewed: Answer = {};
  #sent: Values = {};
  /** Counts what was asked for: an answer to an older question is not shown. */
  #asked = 0;
  #writing = false;

  constructor(dialog: HTMLDialogElement, api: ExtensionApi, page: DOMStringMap) {
    this.#dialog = dialog;
    this.#api = api;
    this.#page = page;
    this.#form = find(dialog, "form");
    this.#write = find(dialog, 'button[value="write"]');
    find(dialog, 'button[value="cancel"]').addEventListener("click", () => {
      dialog.close();
    });
    dialog.addEventListener("cancel", (event) => {
      if (this.#writing) {
        event.preventDefault(); // whoever wrote has to see what came of it
      }
    });
    dialog.addEventListener("close", () => {
      this.#forget();
    });
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation(); // Fava's keys would lead away from here
      if (this.#writing && event.key === "Escape") {
        event.preventDefault(); // a second Esc would close it whatever "cancel" says
      }
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#preview();
    });
    this.#form.addEventListener("input", () => {
      if (!this.#writing) {
        this.#forget();
      }
    });
    this.#write.addEventListener("click", () => {
      void this.#perform();
    });
  }

  /**
   * Open the form for `given`, of which the form's own fields can be changed. A form in which
   * nothing has to be said is previewed at once.
   */
  show(given: Values): void {
    this.#form.reset();
    this.#subject = {};
    for (const [name, value] of Object.entries(given)) {
      const field = this.#form.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
        field.value = value;
      } else {
        this.#subject[name] = value;
      }
    }
    this.#forget();
    const names = (this.#dialog.dataset["subject"] ?? "").split(" ");
    const words = names.map((name) => this.#subject[name] ?? "");
    find(this.#dialog, ".projbill-subject").textContent = words.join(" ");
    this.#dialog.showModal();
    if (this.#form.checkValidity()) {
      void this.#preview();
    }
  }

  get #values(): Values {
    const typed = new FormData(this.#form);
    const values: Values = { ...this.#subject };
    for (const [name, value] of typed) {
      values[name] = String(value);
    }
    return values;
  }

  get #action(): string {
    return this.#dialog.dataset["action"] ?? "";
  }

  /** What was previewed is no longer what the form says. */
  #forget(): void {
    this.#asked += 1;
    this.#previewed = {};
    this.#show({});
    this.#setBusy(false);
  }

  #show(answer: Answer): void {
    const text = find(this.#dialog, ".projbill-text");
    text.textContent = this.#hidden(answer.text ?? "");
    text.scrollTop = 0;
    const place = find(this.#dialog, ".projbill-files");
    const files = (answer.files ?? []).join(", ");
    place.textContent = files && `${place.dataset["label"] ?? ""} ${files}`;
    const remarks = (answer.remarks ?? []).map((line) => this.#hidden(line));
    find(this.#dialog, ".projbill-remarks").replaceChildren(...lines("li", remarks));
    const errors = (answer.error ?? []).map((line) => this.#hidden(line));
    find(this.#dialog, ".projbill-errors").replaceChildren(...lines("li", errors));
    this.#write.disabled = answer.text === undefined || answer.error !== undefined;
  }

  /** Fava's incognito mode shows no digits; what is written has them. */
  #hidden(text: string): string {
    return this.#page["incognito"] === "true" ? text.replace(/\d/g, "X") : text;
  }

  async #preview(): Promise<void> {
    if (this.#writing) {
      return;
    }
    this.#forget();
    const asked = this.#asked;
    this.#setBusy(true);
    let answer: Answer;
    try {
      this.#sent = this.#values;
      const values = { ...this.#sent, action: this.#action };
      answer = (await this.#api.get("preview", values)) as Answer;
    } catch (error) {
      answer = { error: [String(error)] };
    }
    if (asked === this.#asked) {
      this.#previewed = answer;
      this.#setBusy(false);
      this.#show(answer);
      this.#focusOnNext();
    }
  }

  async #perform(): Promise<void> {
    const { text, stamp } = this.#previewed;
    if (this.#writing || text === undefined) {
      return;
    }
    this.#writing = true;
    this.#setBusy(true);
    const [done, answer] = await this.#written({
      action: this.#action,
      values: this.#sent,
      text,
      stamp,
    });
    if (done) {
      const remarks = (answer.remarks ?? []).map((line) => this.#hidden(line));
      sessionStorage.setItem(WRITTEN, JSON.stringify({ files: answer.files, remarks }));
      window.location.reload();
      return; // busy until the page is left
    }
    this.#writing = false;
    this.#forget();
    this.#show({ error: answer.error ?? [] });
    this.#focusOnNext();
  }

  /** Send what was previewed; whether it was written, and the answer. */
  async #written(body: unknown): Promise<[boolean, Answer]> {
    try {
      const response = await fetch(performUrl(), {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-Projbill-Token": this.#page["token"] ?? "",
        },
        body: JSON.stringify(body),
      });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
      const answer = isJson ? ((await response.json()) as Answer) : {};
      return [response.ok, { error: [`${response.status} ${response.statusText}`], ...answer }];
    } catch (error) {
      return [false, { error: [`${this.#dialog.dataset["silent"] ?? ""} ${String(error)}`] }];
    }
  }

  /** Do one thing at a time, and say so to those who look and those who listen. */
  #setBusy(isBusy: boolean): void {
    this.#dialog.toggleAttribute("data-busy", isBusy);
    this.#dialog.setAttribute("aria-busy", String(isBusy));
    for (const button of this.#form.querySelectorAll("button")) {
      if (button !== this.#write) {
        button.disabled = isBusy && (this.#writing || button.value !== "cancel");
      }
    }
    if (isBusy) {
      const place = find(this.#dialog, ".projbill-files");
      place.textContent = place.dataset["busy"] ?? "";
      this.#write.disabled = true;
    }
  }

  /** A button that was pressed and is disabled meanwhile has lost the focus. */
  #focusOnNext(): void {
    if (!this.#form.contains(document.activeElement)) {
      const next = this.#write.disabled ? 'button[value="preview"]' : 'button[value="write"]';
      find(this.#form, next).focus();
    }
  }
}

function lines(kind: "li" | "p", texts: string[]): HTMLElement[] {
  return texts.map((text) => {
    const line = document.createElement(kind);
    line.textContent = text;
    return line;
  });
}

/** The address that writes, beside that of this page; it needs no filters of Fava's. */
function performUrl(): string {
  return new URL("perform", window.location.href).href.split("?")[0] ?? "";
}

function find<E extends HTMLElement>(within: HTMLElement, selector: string): E {
  const found = within.querySelector<E>(selector);
  if (!found) {
    throw new Error(`the page has no ${selector}`);
  }
  return found;
}
