// A form inside a message: labels, hints and faults as the reader's software needs them.

const element = (name, facts = {}, ...children) => {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...children);
  return made;
};

const AGAIN_MS = 4000;
let serial = 0;

function select(field, choices) {
  const options = choices.map(([value, label]) => element("option", { value, textContent: label }));
  if (!field.required || !field.default) options.unshift(element("option", { value: "", textContent: field.required ? "Choose one" : "No choice" }));
  return element("select", {}, ...options);
}

const text = (field, facts) => {
  const box = element("input", facts);
  if (field.at_most) box.maxLength = field.at_most;
  return box;
};

const MAKES = {
  text: (field) => text(field, { type: "text" }),
  secret: (field) => text(field, { type: "password", autocomplete: "off", spellcheck: false }),
  long: (field) => Object.assign(element("textarea", { rows: 4 }), field.at_most ? { maxLength: field.at_most } : {}),
  number: (field) => Object.assign(element("input", { type: "number", step: "any" }), { min: field.at_least ?? "", max: field.at_most ?? "" }),
  date: () => element("input", { type: "date" }),
  choice: (field) => select(field, field.choices),
  yes_no: (field) => select(field, [["yes", "Yes"], ["no", "No"]]),
};

const ended = (words) => (/[.?!]$/.test(words) ? words : `${words}.`);

function about(box, id, words, className) {
  if (!words) return [];
  const shown = element("p", { id, className, textContent: words });
  const ids = [box.getAttribute("aria-describedby"), id].filter(Boolean);
  box.setAttribute("aria-describedby", ids.join(" "));
  return [shown];
}

function row(field) {
  serial += 1;
  const id = `field-${serial}`;
  const box = MAKES[field.kind](field);
  Object.assign(box, { id, name: field.wire, required: field.required });
  if (field.default) box.value = field.default;
  if (field.fault) box.setAttribute("aria-invalid", "true");
  const label = element("label", { htmlFor: id, textContent: field.label });
  if (!field.required) label.append(element("span", { className: "optional", textContent: " (optional)" }));
  const kept = field.kind === "secret" ? "It is sealed at once, and shown to nobody." : "";
  return element("div", { className: "field" }, label, box,
    ...about(box, `${id}-hint`, [field.hint, kept].filter(Boolean).map(ended).join(" "), "hint"),
    ...about(box, `${id}-fault`, field.fault, "fault"));
}

// `send` takes the answers and says whether they were taken.
export function formOf(form, send) {
  const submit = element("button", { type: "submit", textContent: form.submit });
  const made = element("form", { className: "form", autocomplete: "off" }, ...form.fields.map(row), submit);
  made.setAttribute("aria-label", form.title);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const taken = await send(Object.fromEntries(new FormData(made)));
    // When it is taken, the message changes soon; should it not, one may try again.
    setTimeout(() => { submit.disabled = false; }, taken ? AGAIN_MS : 0);
    if (taken) for (const secret of made.querySelectorAll("input[type=password]")) secret.value = "";
  });
  // A form that comes back with faults is gone on with where the first one is.
  made.firstFault = () => made.querySelector("[aria-invalid]");
  return made;
}
