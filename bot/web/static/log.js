// The conversation: messages in order, and a scroll position that respects the reader.

import { Message } from "./message.js";

const NEAR_PX = 96;

export class Log {
  constructor({ box, scroller, latest, press, fill, changed }) {
    Object.assign(this, { box, scroller, latest, press, fill, changed });
    this.messages = new Map();
    this.byClient = new Map();
    latest.addEventListener("click", () => this.toEnd(true));
    scroller.addEventListener("scroll", () => { if (this.#atEnd()) latest.hidden = true; }, { passive: true });
    new ResizeObserver(() => { if (this.following) this.toEnd(); }).observe(scroller);
    this.following = true;
    scroller.addEventListener("scroll", () => { this.following = this.#atEnd(); }, { passive: true });
  }

  get size() { return this.messages.size; }

  get first() { return this.box.firstElementChild?.dataset.order ?? ""; }

  // Everything again, after a break or a first load; what is on its way out stays.
  replace(all) {
    const kept = new Set(all.map((one) => one.id));
    for (const [id, message] of this.messages) {
      if (!kept.has(id) && !message.pending) { message.element.remove(); this.messages.delete(id); }
    }
    this.place(all);
  }

  place(all) {
    const follow = this.#atEnd();
    const form = all.findLast((shown) => shown.form && !this.messages.has(shown.id));
    for (const shown of all) this.#put(shown);
    if (follow) this.toEnd();
    else if (all.some((shown) => shown.role === "draper")) this.latest.hidden = false;
    // A long form is filled in from its beginning.
    if (follow && form) this.messages.get(form.id).element.scrollIntoView();
    this.changed();
  }

  prepend(all) {
    const { scrollHeight, scrollTop } = this.scroller;
    for (const shown of all) this.#put(shown);
    this.scroller.scrollTop = scrollTop + this.scroller.scrollHeight - scrollHeight;
  }

  // A message of the person's that the server has not shown yet: it stands right after
  // the newest one, and before whatever comes.
  expect(shown) {
    this.expected = (this.expected ?? 0) + 1;
    const newest = (this.box.lastElementChild?.dataset.order ?? "").split("~")[0];
    const order = `${newest}~${String(this.expected).padStart(9, "0")}`;
    const message = this.#put({ ...shown, order });
    message.pending = true;
    this.toEnd();
    this.changed();
    return message;
  }

  forget(message) {
    message.element.remove();
    this.messages.delete(message.id);
    this.byClient.delete(message.shown.client_id);
    this.changed();
  }

  toEnd(smooth = false) {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.latest.hidden = true;
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  #put(shown) {
    const message = this.messages.get(shown.id) ?? this.#arrived(shown) ?? new Message(this.press, this.fill);
    const moved = message.shown?.order !== shown.order;
    message.show(shown);
    this.messages.set(shown.id, message);
    if (shown.client_id) this.byClient.set(shown.client_id, message);
    message.element.dataset.order = shown.order;
    if (moved) this.#stand(message);
    return message;
  }

  // The server's copy of a message that is already on the page takes its place.
  #arrived(shown) {
    const expected = shown.client_id ? this.byClient.get(shown.client_id) : null;
    if (!expected) return null;
    this.messages.delete(expected.id);
    expected.pending = false;
    expected.mark("");
    return expected;
  }

  #stand(message) {
    const later = [...this.box.children].reverse();
    const previous = later.find((one) => one !== message.element && one.dataset.order < message.order);
    const here = previous ? previous.nextElementSibling : this.box.firstElementChild;
    if (here !== message.element) this.box.insertBefore(message.element, here);
  }
}
