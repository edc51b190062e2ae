// A conflict, field by field: what the engineer wrote, what stands now, and which is to stand.

import { button, element, quietButton, tell } from "./dom.js";
import { settle } from "./queue.js";
import { siteOf } from "./sites.js";
import { store } from "./store.js";
import { sync } from "./sync.js";
import { choice, dayWords, momentWords, say } from "./words.js";

export async function conflictView(who, id, go) {
  const report = await store.reports.get(id);
  const site = report && (await siteOf(who.username, report.code));
  if (!report || report.user !== who.username || report.state !== "conflict" || !site) {
    return { title: say("nothingHere"), nodes: [element("h1", {}, say("nothingHere")), element("p", {}, element("a", { href: "#queue" }, say("reports")))] };
  }
  const stages = Object.entries(report.answer.entries).filter(([, entry]) => entry.outcome === "conflict");
  const chosen = new Map(); // "stage field" -> "mine" or "theirs"
  const boxes = stages.map(([key, entry]) => stageBox(site.milestones.find((stage) => stage.key === key), key, entry, chosen));
  const all = (side) => {
    for (const input of form.querySelectorAll(`input[value=${side}]`)) input.click();
  };
  const send = async () => {
    const open = [...form.querySelectorAll("fieldset")].find((group) => group.querySelector("input") && !group.querySelector("input:checked"));
    if (open) {
      open.querySelector("input").focus();
      return tell(say("chooseEach"));
    }
    const entries = {};
    for (const [key, entry] of stages) {
      entries[key] = Object.fromEntries(Object.entries(entry.changes).filter(([name]) => chosen.get(`${key} ${name}`) === "mine"));
    }
    await settle(report, entries, site);
    tell(say(navigator.onLine ? "handedIn" : "handedInOffline"));
    go("queue");
    return sync();
  };
  const form = element(
    "div",
    {},
    element("div", { class: "field-actions" }, quietButton(say("allMine"), () => all("mine")), quietButton(say("allTheirs"), () => all("theirs"))),
    boxes,
    element("div", { class: "field-actions" }, button(say("settle"), send, { id: "settle" })),
  );
  const nodes = [
    element("p", {}, element("a", { href: "#queue" }, `← ${say("reports")}`)),
    element("h1", {}, say("conflictTitle")),
    element("p", {}, site.title),
    element("p", {}, say("conflictWhy")),
    report.settledBy ? element("p", { class: "message" }, say("choiceWaits")) : form,
  ];
  return { title: say("conflictTitle"), nodes };
}

function stageBox(stage, key, entry, chosen) {
  const by = entry.by ? say("theirsBy", { name: entry.by_name || entry.by, time: momentWords(entry.at) }) : "";
  // What stands now may be newer than what the conflict met.
  const stands = (name) => (stage && name in stage ? stage[name] : entry.theirs[name]);
  const names = [...new Set([...entry.fields, ...Object.keys(entry.changes)])];
  return element(
    "section",
    { class: "field-conflict" },
    element("h2", {}, stage ? stage.title : key),
    element("p", { class: "quiet" }, by),
    names.map((name) => choiceOf(key, name, entry, stands(name), chosen)),
  );
}

// Only what the engineer said can be chosen; what follows from it (100 percent of what is finished) is shown.
function choiceOf(key, name, entry, theirs, chosen) {
  const legend = element("legend", {}, say(`field_${name}`));
  if (!(name in entry.changes)) {
    const mine = name === "percent" && entry.changes.actual ? "100%" : "–";
    return element("fieldset", {}, legend, element("p", { class: "quiet" }, say("follows", { mine, theirs: valueWords(name, theirs) })));
  }
  const clashes = entry.fields.includes(name);
  const slot = `${key} ${name}`;
  if (!clashes) chosen.set(slot, "mine");
  const side = (value, words) => {
    const input = element("input", { type: "radio", name: slot, value, onchange: () => chosen.set(slot, value) });
    input.checked = chosen.get(slot) === value;
    return element("label", {}, input, element("span", {}, element("span", { class: "quiet" }, say(value)), " ", element("strong", { class: "number" }, words)));
  };
  return element("fieldset", {}, legend, side("mine", valueWords(name, entry.changes[name])), side("theirs", valueWords(name, theirs)));
}

export function valueWords(name, value) {
  if (value === null || value === undefined || value === "") return say("nothing");
  if (name === "percent") return `${value}%`;
  if (name === "delay_reason") return choice("reason", value);
  if (name === "state") return choice("state", value);
  return ["started", "actual", "forecast"].includes(name) ? dayWords(value) : String(value);
}
