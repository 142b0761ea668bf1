// The message box: grows with the text, sends on Enter, keeps a draft over a reload.

const DRAFT = "draft";

export class Composer {
  constructor({ form, text, button, files, send, refuse }) {
    Object.assign(this, { form, text, button, files, send, refuse });
    files.changed = () => this.#fit();
    this.limit = Number(document.querySelector('meta[name="max-characters"]').content);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    text.addEventListener("input", () => this.#fit());
    text.addEventListener("keydown", (event) => this.#key(event));
    this.fill(sessionStorage.getItem(DRAFT) ?? "");
  }

  fill(words, { focus = false } = {}) {
    this.text.value = words;
    this.#fit();
    if (!focus) return;
    this.text.focus();
    this.text.setSelectionRange(words.length, words.length);
  }

  #key(event) {
    const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    // On a touch keyboard Enter is the only way to a new line.
    if (!enter || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const words = this.text.value.trim();
    if (this.files.busy) { this.refuse("A file is still on its way. Send again in a moment."); return; }
    if (!words && !this.files.ready.length) { this.text.focus(); return; }
    const length = words.length > this.limit ? [...words].length : words.length;
    if (length > this.limit) {
      const [is, holds] = [length, this.limit].map((n) => n.toLocaleString("en"));
      this.refuse(`That is ${is} characters, and one message holds ${holds}. Send it in two or more parts.`);
      return;
    }
    this.refuse("");
    this.fill("");
    this.send(words, this.files.take());
  }

  #fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
    this.button.disabled = !this.text.value.trim() && !this.files.ready.length;
    sessionStorage.setItem(DRAFT, this.text.value);
  }
}
