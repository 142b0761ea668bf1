// The chat page: ties the parts together.

import { Files } from "./attach.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { mayWork, newId, post } from "./post.js";
import { Stream } from "./stream.js";

const PAGE_MESSAGES = 50;
const PATIENCE_MS = 900;
const LOST = "Connection lost. Trying again…";

const at = (id) => document.getElementById(id);
const status = at("status");

function say(words, { lost = false } = {}) {
  status.textContent = words;
  status.classList.toggle("lost", lost);
}

const over = () => location.assign("/signin?ended=1");

async function press(payload, message, undo) {
  const { status: code, said } = await post("/chat/press", {
    payload, message_id: message.id, client_id: newId(),
  });
  if (code === 202) { if (!status.classList.contains("lost")) say(""); return; }
  if (code === 401) { over(); return; }
  undo();
  say(said || (mayWork(code) ? "That press did not get through. Press again in a moment." : "That button no longer works."));
}

async function fill(answers, message) {
  const { status: code, said } = await post("/chat/form", {
    payload: message.id, answers, client_id: newId(),
  });
  if (code === 202) { say(""); return true; }
  if (code === 401) { over(); return false; }
  say(said || (mayWork(code) ? "That did not get through. Send it again in a moment." : "That form no longer works."));
  return false;
}

const log = new Log({
  box: at("log"), scroller: at("scroller"), latest: at("latest"), press, fill,
  changed: () => { if (loaded) at("welcome").hidden = log.size > 0; },
});
let loaded = false;

const files = new Files({
  input: at("pick"), button: at("attach"), list: at("chosen"), drop: document.body,
  refuse: (words) => say(words),
});
const composer = new Composer({
  form: at("composer"), text: at("text"), button: at("send"), files,
  send: (words, sent) => outbox.add(words, sent),
  refuse: (words) => say(words),
});

const outbox = new Outbox({
  log, over, giveBack: (words) => composer.fill(words, { focus: true }),
});

let patience;
const stream = new Stream({
  over,
  live() {
    clearTimeout(patience);
    patience = undefined;
    if (status.classList.contains("lost")) say("");
    outbox.flush();
  },
  // A short break heals before anybody needs to hear of it.
  lost() { patience ??= setTimeout(() => say(LOST, { lost: true }), PATIENCE_MS); },
  batch({ whole, shown }) {
    loaded = true;
    if (!whole) { log.place(shown); return; }
    log.replace(shown);
    at("earlier").hidden = shown.length < PAGE_MESSAGES;
  },
});

at("earlier").addEventListener("click", async () => {
  const answer = await fetch(`/chat/history?before=${encodeURIComponent(log.first)}`).catch(() => null);
  if (!answer?.ok) { say("Earlier messages could not be fetched. Try again in a moment."); return; }
  const { shown } = await answer.json();
  log.prepend(shown);
  at("earlier").hidden = shown.length < PAGE_MESSAGES;
});

at("signout").addEventListener("click", async () => {
  const { status: code } = await post("/signout");
  if (code === 204 || code === 401) over();
  else say("You are still signed in: Draper could not be reached. Try again in a moment.");
});

for (const ask of document.querySelectorAll(".asks button")) {
  ask.addEventListener("click", () => composer.fill(ask.textContent, { focus: true }));
}

if (matchMedia("(pointer: fine)").matches) at("text").focus();
stream.open();
