// What the person wrote, until the server has it: sent in order, again if need be.

import { mayWork, newId, post } from "./post.js";

const AGAIN_MS = 4_000;

// What stands for a message of files only, until the server's own word for it comes.
const named = (files) => files.map((file) => file.name).join(", ");

export class Outbox {
  constructor({ log, giveBack, over }) {
    Object.assign(this, { log, giveBack, over });
    this.queue = [];
  }

  add(text, files = []) {
    const client_id = newId();
    const message = this.log.expect({
      id: client_id, client_id, role: "you", markdown: text || named(files), html: "", note: "", buttons: [], files: [],
      working: false, at: new Date().toISOString(),
    });
    message.mark("sending");
    this.queue.push({ text, files, client_id, message });
    this.flush();
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    while (this.queue.length && (await this.#send(this.queue[0]))) this.queue.shift();
    this.busy = false;
    if (this.queue.length) this.timer = setTimeout(() => this.flush(), AGAIN_MS);
  }

  // Whether the message is off our hands.
  async #send({ text, files, client_id, message }) {
    const { status, said } = await post("/chat/messages", { text, files, client_id });
    if (status === 202) {
      if (message.pending) message.mark("sent");
      return true;
    }
    if (mayWork(status)) {
      message.mark("waiting", "Not sent yet. It will go out as soon as Draper can be reached.");
      return false;
    }
    if (status === 401) this.over();
    message.mark("refused", said || "That could not be sent.", {
      label: "Edit it",
      run: () => { this.log.forget(message); this.giveBack(text); },
    });
    return true;
  }
}
