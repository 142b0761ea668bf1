// Keeps the live part of a page fresh, and says aloud what changed. All else works without.

const PATIENCE = 5;
const announce = document.getElementById("news");
let failures = 0;

const part = (page) => page.getElementById("live");
const every = () => Number(part(document)?.dataset.every ?? 0);

// The reader may be in the middle of it: what has the focus is not taken away.
const isInUse = (live) => live.contains(document.activeElement) && document.activeElement.closest("form");

function focusedLink(live) {
  const at = document.activeElement;
  return live.contains(at) && at.matches("a[href]") ? at.getAttribute("href") : null;
}

function show(fresh) {
  const live = part(document);
  const next = part(fresh);
  if (!next || isInUse(live)) return;
  for (const { id } of live.querySelectorAll("details[open][id]")) next.querySelector(`#${CSS.escape(id)}`)?.toggleAttribute("open", true);
  live.dataset.every = next.dataset.every ?? "0";
  if (live.innerHTML !== next.innerHTML) {
    const href = focusedLink(live);
    live.replaceChildren(...document.importNode(next, true).childNodes);
    if (href) live.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  }
  const actions = fresh.querySelector(".title");
  const shown = document.querySelector(".title");
  if (actions && shown.innerHTML !== actions.innerHTML && !shown.contains(document.activeElement)) {
    shown.replaceChildren(...document.importNode(actions, true).childNodes);
  }
  const news = fresh.getElementById("news")?.dataset.news ?? "";
  if (announce && news !== announce.dataset.news) announce.textContent = announce.dataset.news = news;
}

async function look() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (new URL(answer.url).pathname === "/signin") return location.assign("/signin?ended=1&to=console");
  if (!answer.ok) throw new Error(answer.statusText);
  show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return undefined;
}

async function follow() {
  if (!document.hidden && every()) {
    try { await look(); failures = 0; } catch { failures += 1; }
  }
  if (every()) setTimeout(follow, every() * Math.min(2 ** failures, 2 ** PATIENCE));
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}

// On a phone the way around is a strip: the page one is at is in it.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

// The word of a finished action is said once: a reload does not say it again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

if (every()) setTimeout(follow, every());
