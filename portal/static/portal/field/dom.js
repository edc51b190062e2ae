// Building the page from elements and text: what came from the record is never read as markup.

export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== "" && child !== false));
  return node;
}

export function button(words, act, attributes) {
  return element("button", { type: "button", class: "button", onclick: act, ...attributes }, words);
}

export function quietButton(words, act, attributes) {
  return button(words, act, { class: "button button-quiet", ...attributes });
}

// A stage's state as the shape that every page has for it; the word stands beside it.
export function stateMark(state, word) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "state-mark");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#state-${state}`);
  svg.append(use);
  return element("span", { class: "state" }, svg, element("span", {}, word));
}

// New content for an old place, where it differs: who presses a button or reads on is not disturbed.
export function refill(place, ...children) {
  const fresh = place.cloneNode(false);
  fresh.append(...children.flat().filter(Boolean));
  if (fresh.isEqualNode(place)) return;
  const id = place.contains(document.activeElement) && document.activeElement.id;
  place.replaceChildren(...fresh.childNodes);
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}

let labels = 0;

// A label with its field, its hint and what is wrong with it.
export function labelled(words, input, { hint = "", error = "" } = {}) {
  const id = (input.id ||= `field-${++labels}`);
  const notes = [element("p", { class: "hint", id: `${id}-hint` }, hint), element("p", { class: "field-error", id: `${id}-error` })];
  input.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  const node = element("div", { class: "field" }, element("label", { for: id }, words), notes, input);
  explain(node, { hint, error });
  return node;
}

// Other words at a labelled field.
export function explain(node, { hint = "", error = "" }) {
  for (const [name, words] of [["hint", hint], ["field-error", error]]) {
    const note = node.querySelector(`.${name}`);
    note.textContent = words;
    note.hidden = !words;
  }
  const input = node.lastElementChild;
  if (error) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// Said to everybody, read aloud too; goes away by itself.
let silence = 0;
export function tell(words) {
  const place = document.querySelector("[data-said]");
  place.replaceChildren(element("p", {}, words));
  clearTimeout(silence);
  silence = setTimeout(() => place.replaceChildren(), 6000);
}
