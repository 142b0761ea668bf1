// One message as an element; `show` may be called again and again as it grows.

import { formOf } from "./form.js";

const svg = (path) =>
  `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
const COPY = svg("M9 9h10v11H9zM5 15V4h10");
const DONE = svg("M5 12.5l4.5 4.5L19 7.5");
const FILE = svg("M7 3h7l4 4v14H7zM14 3v4h4M12.5 11v6m-2.5-2.5l2.5 2.5 2.5-2.5");

const element = (name, facts = {}, ...children) => {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...children);
  return made;
};

const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const earlier = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

function moment(at) {
  const when = new Date(at);
  const format = when.toDateString() === new Date().toDateString() ? today : earlier;
  return element("time", {
    dateTime: at, title: when.toLocaleString(), textContent: format.format(when),
  });
}

// Keeps every leading block that did not change, so that a reader's selection in it
// survives while the text below grows. `html` was sanitised by the server.
function grow(prose, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const fresh = [...next.content.childNodes];
  const old = [...prose.childNodes];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same].isEqualNode(fresh[same])) same += 1;
  old.slice(same).forEach((node) => node.remove());
  prose.append(...fresh.slice(same));
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // A page served without TLS on another machine has no clipboard interface.
  const box = element("textarea", { value: text, className: "unseen" });
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}

function copyButton(text) {
  const button = element("button", { type: "button", className: "copy quiet", innerHTML: `${COPY}Copy` });
  button.addEventListener("click", async () => {
    await copy(text);
    button.innerHTML = `${DONE}Copied`;
    setTimeout(() => { button.innerHTML = `${COPY}Copy`; }, 1600);
  });
  return button;
}

const size = (bytes) =>
  bytes < 1000 ? `${bytes} bytes`
    : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;

const isPicture = (name) => /\.(png|jpe?g)$/i.test(name);

function fileLink(file) {
  const link = element("a", { href: file.url, download: file.name, innerHTML: FILE });
  if (isPicture(file.name)) link.prepend(element("img", { src: file.url, alt: "", decoding: "async" }));
  link.append(
    element("span", { className: "name", textContent: file.name }),
    element("span", { className: "size", textContent: size(file.size_bytes) }),
  );
  return element("li", {}, link);
}

const byRow = (buttons) => {
  const rows = new Map();
  for (const button of buttons) rows.set(button.row, [...(rows.get(button.row) ?? []), button]);
  return [...rows.values()];
};

const isRating = (row) => row.length === 5 && row.every((one, n) => one.label.trim() === String(n + 1));

function buttonRow(row, press) {
  const made = row.map((one) => {
    const button = element("button", { type: "button", textContent: one.label });
    if (one.pressed || isRating(row)) button.setAttribute("aria-pressed", String(one.pressed));
    button.dataset.payload = one.payload;
    button.addEventListener("click", () => press(one.payload, button));
    return button;
  });
  const box = element("div", { className: "row" }, ...made);
  box.setAttribute("role", "group");
  if (!isRating(row)) return box;
  box.classList.add("rating");
  box.setAttribute("aria-label", "Rate this from 1, poor, to 5, great");
  return box;
}

// A press shows at once; the server's word replaces it with the next revision.
function pressed(row, button) {
  for (const other of row.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
}

export class Message {
  constructor(press, fill) {
    this.prose = element("div", { className: "prose" });
    this.speaker = element("h3", { className: "unseen" });
    this.files = element("ul", { className: "files" });
    this.note = element("div", { className: "note prose" });
    this.buttons = element("div", { className: "buttons" });
    this.footer = element("footer");
    this.element = element("article", {}, this.speaker, this.prose);
    this.press = press;
    this.fill = fill;
    this.form = element("div");
  }

  get id() { return this.shown.id; }

  get order() { return this.shown.order; }

  show(shown) {
    const before = this.shown;
    this.shown = shown;
    this.element.className = `message ${shown.role}${shown.working ? " working" : ""}`;
    this.element.setAttribute("aria-busy", String(shown.working));
    this.speaker.textContent = shown.role === "you" ? "You said" : "Draper said";
    if (shown.role === "you") this.prose.textContent = shown.markdown;
    else grow(this.prose, shown.html);
    this.#attach(before);
  }

  // What happens to a message on its way out: a class, and words with an action.
  mark(state, words = "", action = null) {
    this.element.className = `message you ${state}`;
    const note = element("p", { className: "state", textContent: words });
    if (action) {
      const button = element("button", { type: "button", className: "quiet", textContent: action.label });
      button.addEventListener("click", action.run);
      note.append(button);
    }
    this.element.querySelector(".state")?.remove();
    if (words) this.element.append(note);
  }

  #attach(before) {
    const { files, note, buttons, form, working, role, markdown, at } = this.shown;
    this.files.replaceChildren(...files.map(fileLink));
    if (before?.note !== note) this.note.innerHTML = note;
    if (JSON.stringify(before?.form) !== JSON.stringify(form)) this.#replaceForm(form, Boolean(before?.form));
    if (JSON.stringify(before?.buttons) !== JSON.stringify(buttons)) this.#replaceButtons(buttons);
    const actions = role === "draper" && !working && markdown ? [copyButton(markdown)] : [];
    this.footer.replaceChildren(...actions, moment(at));
    const below = [
      [this.files, files.length],
      [this.form, Boolean(form)],
      [this.note, note],
      [this.buttons, buttons.length],
      [this.footer, !working],
    ];
    let above = this.prose;
    for (const [part, wanted] of below) {
      if (!wanted) part.remove();
      else {
        if (above.nextElementSibling !== part) above.after(part);
        above = part;
      }
    }
  }

  #replaceForm(form, isAgain) {
    const made = form ? formOf(form, (answers) => this.fill(answers, this)) : "";
    this.form.replaceChildren(made);
    if (form && isAgain) requestAnimationFrame(() => made.firstFault()?.focus());
  }

  #replaceButtons(buttons) {
    const focused = this.buttons.contains(document.activeElement) ? document.activeElement.dataset.payload : null;
    this.buttons.replaceChildren(...byRow(buttons).map((row) => buttonRow(row, (payload, button) => {
      pressed(button.closest(".row"), button);
      this.press(payload, this, () => this.#replaceButtons(this.shown.buttons));
    })));
    if (focused) this.buttons.querySelector(`[data-payload="${CSS.escape(focused)}"]`)?.focus();
  }
}
