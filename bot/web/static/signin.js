// On this machine nobody but the person opens the link, so the page presses for them.
const form = document.getElementById("signin");

const press = () => form.requestSubmit();

if ("atOnce" in form.dataset) {
  if (document.prerendering) document.addEventListener("prerenderingchange", press, { once: true });
  else press();
}

// The code must not stay in the address bar or the history.
if (location.search) history.replaceState(null, "", location.pathname);
