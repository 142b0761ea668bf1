// Files chosen, dropped or pasted: each is handed over at once, and goes with the next message.

import { upload } from "./post.js";

const MOST = 20;

export class Files {
  constructor({ input, button, list, drop, refuse }) {
    Object.assign(this, { input, list, refuse });
    this.chosen = [];
    this.changed = () => {};
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => { this.#add([...input.files]); input.value = ""; });
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => this.#given(event, event.dataTransfer));
    drop.addEventListener("paste", (event) => this.#given(event, event.clipboardData));
  }

  get busy() { return this.chosen.some((one) => !one.id); }

  get ready() { return this.chosen.filter((one) => one.id); }

  // What goes with the message; nothing is left for the next one.
  take() {
    const taken = this.ready.map(({ id, name }) => ({ id, name }));
    this.chosen = [];
    this.list.replaceChildren();
    this.changed();
    return taken;
  }

  #given(event, data) {
    // What is copied out of a text program comes as words and as a picture of them.
    if (!data?.files.length || data.types.includes("text/plain")) return;
    event.preventDefault();
    this.#add([...data.files]);
  }

  #add(files) {
    const room = MOST - this.chosen.length;
    if (files.length > room) this.refuse(`I take ${MOST} files at a time.`);
    for (const file of files.slice(0, Math.max(room, 0))) this.#send(file);
  }

  async #send(file) {
    const one = { name: file.name, chip: this.#chip(file.name) };
    this.chosen.push(one);
    this.changed();
    const { status, said, id, name } = await upload(file);
    if (!this.chosen.includes(one)) return;
    if (status === 201) {
      Object.assign(one, { id, name });
      one.chip.classList.remove("waiting");
    } else {
      this.#forget(one);
      this.refuse(said || `${file.name} could not be handed over. Try again in a moment.`);
    }
    this.changed();
  }

  #chip(name) {
    const chip = Object.assign(document.createElement("li"), { className: "waiting" });
    const label = Object.assign(document.createElement("span"), { textContent: name });
    const away = Object.assign(document.createElement("button"), { type: "button", textContent: "\u00d7" });
    away.setAttribute("aria-label", `Remove ${name}`);
    away.addEventListener("click", () => { this.#forget(this.chosen.find((one) => one.chip === chip)); this.changed(); });
    chip.append(label, away);
    this.list.append(chip);
    return chip;
  }

  #forget(one) {
    this.chosen = this.chosen.filter((other) => other !== one);
    one.chip.remove();
  }
}
