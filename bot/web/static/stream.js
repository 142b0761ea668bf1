// The live stream: comes back by itself, from where it broke off.

const SILENCE_MS = 25_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

export class Stream {
  constructor({ batch, live, lost, over }) {
    Object.assign(this, { batch, live, lost, over });
    this.cursor = "";
    this.wait = FIRST_WAIT_MS;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#hurry(); });
    addEventListener("online", () => this.#hurry());
    // A page put away is not left reading: another tab may need the connection.
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => { if (event.persisted) this.open(); });
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(`/chat/stream?after=${encodeURIComponent(this.cursor)}`);
    this.source = source;
    source.addEventListener("batch", (event) => { this.#alive(event); this.batch(JSON.parse(event.data)); });
    source.addEventListener("beat", (event) => this.#alive(event));
    source.addEventListener("bye", () => { source.close(); this.over(); });
    source.addEventListener("error", () => this.#broken());
    this.#watch();
  }

  #alive(event) {
    if (event.lastEventId) this.cursor = event.lastEventId;
    this.wait = FIRST_WAIT_MS;
    this.isLive = true;
    this.live();
    this.#watch();
  }

  // A connection may die without a word (sleep, a lost network): silence is a break too.
  #watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#broken(), SILENCE_MS);
  }

  #broken() {
    this.source.close();
    this.isLive = false;
    this.lost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#again(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  // An event source does not say why it was refused; a plain request does.
  async #again() {
    const answer = await fetch("/chat/me").catch(() => null);
    if (answer?.status === 401) return this.over();
    if (answer?.ok) this.open();
    else this.#broken();
    return undefined;
  }

  #hurry() {
    if (this.isLive) return;
    this.wait = FIRST_WAIT_MS;
    clearTimeout(this.timer);
    this.#again();
  }
}
