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

/** Let each button with an action open the dialog of that action. */
export function listenForActions(page: HTMLElement, api: ExtensionApi): void {
  const token = page.dataset["token"] ?? "";
  for (const dialog of page.querySelectorAll<HTMLDialogElement>(".projbill-dialog")) {
    const open = new OpenDialog(dialog, api, token);
    const action = dialog.dataset["action"] ?? "";
    for (const button of page.querySelectorAll<HTMLElement>(
      `button.projbill-action[data-action="${CSS.escape(action)}"]`,
    )) {
      button.addEventListener("click", () => {
        open.show(JSON.parse(button.dataset["values"] ?? "{}") as Values);
      });
    }
  }
}

class OpenDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #form: HTMLFormElement;
  readonly #write: HTMLButtonElement;
  readonly #api: ExtensionApi;
  readonly #token: string;
  #subject: Values = {};
  #previewed: Answer = {};

  constructor(dialog: HTMLDialogElement, api: ExtensionApi, token: string) {
    this.#dialog = dialog;
    this.#api = api;
    this.#token = token;
    this.#form = find(dialog, "form");
    this.#write = find(dialog, 'button[value="write"]');
    find(dialog, 'button[value="cancel"]').addEventListener("click", () => {
      dialog.close();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#preview();
    });
    this.#form.addEventListener("input", () => {
      this.#forget();
    });
    this.#write.addEventListener("click", () => {
      void this.#perform();
    });
  }

  /** Open the form for `subject`; a form in which nothing has to be said is previewed at once. */
  show(subject: Values): void {
    this.#subject = subject;
    this.#form.reset();
    this.#forget();
    find(this.#dialog, ".projbill-subject").textContent = Object.values(subject).join(" ");
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

  #forget(): void {
    this.#previewed = {};
    this.#show({});
  }

  #show(answer: Answer): void {
    find(this.#dialog, ".projbill-text").textContent = answer.text ?? "";
    const told = [...(answer.files ?? []), ...(answer.remarks ?? [])];
    find(this.#dialog, ".projbill-files").textContent = told.join(" · ");
    const errors = (answer.error ?? []).map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    });
    find(this.#dialog, ".projbill-errors").replaceChildren(...errors);
    this.#write.disabled = answer.text === undefined || answer.error !== undefined;
  }

  async #preview(): Promise<void> {
    await this.#busy(async () => {
      const asked = { ...this.#values, action: this.#action };
      this.#previewed = (await this.#api.get("preview", asked)) as Answer;
      this.#show(this.#previewed);
    });
  }

  async #perform(): Promise<void> {
    await this.#busy(async () => {
      const { text, stamp } = this.#previewed;
      const response = await fetch(performUrl(), {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Projbill-Token": this.#token },
        body: JSON.stringify({ action: this.#action, values: this.#values, text, stamp }),
      });
      const answer = (await response.json()) as Answer;
      if (response.ok) {
        this.#dialog.close();
        window.location.reload();
      } else {
        this.#previewed = {};
        this.#show({ error: answer.error ?? [response.statusText] });
      }
    });
  }

  /** Do one thing at a time, and say so to those who look and those who listen. */
  async #busy(work: () => Promise<void>): Promise<void> {
    const buttons = [...this.#form.querySelectorAll("button")];
    this.#dialog.setAttribute("aria-busy", "true");
    for (const button of buttons) {
      button.disabled = button.value !== "cancel";
    }
    this.#write.disabled = true;
    try {
      await work();
    } catch (error) {
      this.#show({ error: [String(error)] });
    } finally {
      for (const button of buttons) {
        if (button !== this.#write) {
          button.disabled = false;
        }
      }
      this.#dialog.removeAttribute("aria-busy");
    }
  }
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
