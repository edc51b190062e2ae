// One stage, in the hand: started, how far, finished, a new forecast with its reason.

import { today } from "./clock.js";
import { button, element, explain, labelled, quietButton, stateMark } from "./dom.js";
import { difference, needsReason, withChanges, wrongs } from "./rules.js";
import { choice, config, dayWords, language, say } from "./words.js";

const STEPS = [0, 10, 25, 50, 75, 90, 100];

// `stage` as it is known, `changes` what the draft says of it, `told` what the server refused: {field: words}.
// Resolves with the new changes, null if left as it was.
export function askAbout(stage, changes, told) {
  return new Promise((resolve) => {
    const then = { ...withChanges(stage, changes) };
    let wrong = { ...told };
    const dialog = element("dialog", { class: "field-sheet", "aria-labelledby": "sheet-title" });
    const leave = (result) => {
      dialog.close();
      dialog.remove();
      resolve(result);
    };
    const set = (more) => {
      Object.assign(then, withChanges({ ...stage, ...then }, more));
      show(then, wrong);
    };
    const done = () => {
      const said = difference(stage, then);
      wrong = Object.keys(said).length ? wrongs(then, said) : {};
      if (!Object.keys(wrong).length) return leave(said);
      show(then, wrong);
      return dialog.querySelector("[aria-invalid]")?.focus();
    };
    const { nodes, show } = sheet(stage, then, set);
    const actions = [button(say("takeOver"), done, { id: "sheet-done" }), quietButton(say("leave"), () => leave(null), { id: "sheet-leave" })];
    dialog.append(...nodes, element("div", { class: "field-actions" }, actions));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      leave(null);
    });
    show(then, wrong);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// The fields are made once; `show` brings them up to date, so that nothing moves away under a finger.
function sheet(stage, then, set) {
  const state = element("p", {});
  const put = (value) => {
    const percent = Math.max(0, Math.min(100, Math.round(Number(value) || 0)));
    set(percent === 100 ? { percent, actual: then.actual || today() } : { percent, actual: null });
  };
  const finish = (day) => set(day ? { actual: day, percent: 100 } : { actual: null, percent: stage.percent < 100 ? stage.percent : 90 });
  const date = (name, act) => element("input", { type: "date", id: `sheet-${name}`, onchange: (event) => act(event.target.value || null) });
  const area = (name) => element("textarea", { id: `sheet-${name}`, rows: 2, maxlength: 500, oninput: (event) => (then[name] = event.target.value) });
  const inputs = {
    started: date("started", (day) => set({ started: day })),
    percent: element("input", { type: "number", id: "sheet-percent", min: 0, max: 100, inputmode: "numeric", onchange: (event) => put(event.target.value) }),
    actual: date("actual", finish),
    forecast: date("forecast", (day) => set({ forecast: day })),
    delay_reason: element("select", { id: "sheet-delay_reason", onchange: (event) => set({ delay_reason: event.target.value }) }, reasonOptions()),
    delay_note: area("delay_note"),
    note: area("note"),
  };
  const words = { started: "started", percent: "percent", actual: "finished", forecast: "forecast", delay_reason: "delayReason", delay_note: "delayNote", note: "note" };
  const fields = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, labelled(say(words[name]), input)]));
  const slider = element("input", { type: "range", id: "sheet-slider", min: 0, max: 100, step: 5, "aria-label": say("percent"), onchange: (event) => put(event.target.value) });
  const steps = STEPS.map((step) => element("button", { type: "button", id: `sheet-step-${step}`, onclick: () => put(step) }, `${step}%`));
  const startedToday = quietButton(say("startedToday"), () => set({ started: today() }), { id: "sheet-started-today" });
  const finishedToday = quietButton(say("finishedToday"), () => finish(today()), { id: "sheet-finished-today" });
  const delay = element("div", {}, fields.delay_reason, fields.delay_note);

  const show = (now, wrong) => {
    state.replaceChildren(stateMark(now.state, choice("state", now.state)), " ", element("span", { class: "quiet" }, promise(stage)));
    for (const [name, input] of Object.entries(inputs)) {
      const value = String(now[name] ?? "");
      if (input.value !== value) input.value = value;
      explain(fields[name], { hint: hint(name, now, wrong), error: wrong[name] });
    }
    slider.value = now.percent;
    steps.forEach((node, n) => node.setAttribute("aria-pressed", String(now.percent === STEPS[n])));
    startedToday.hidden = Boolean(now.started);
    finishedToday.hidden = fields.forecast.hidden = Boolean(now.actual);
    delay.hidden = !(needsReason(now) || now.delay_reason || wrong.delay_reason);
  };
  const title = element("h2", { id: "sheet-title", tabindex: -1, autofocus: true }, stage.title);
  const percent = element("div", { class: "field-percent" }, fields.percent, slider, element("div", { class: "field-steps", role: "group", "aria-label": say("percent") }, steps));
  return { nodes: [title, state, fields.started, startedToday, percent, fields.actual, finishedToday, fields.forecast, delay, fields.note], show };
}

function promise(stage) {
  const day = stage.promised || stage.planned;
  return day ? say(stage.promised ? "promisedFor" : "plannedFor", { day: dayWords(day) }) : "";
}

function hint(name, now, wrong) {
  if (name === "actual" && now.needs_acceptance) return say("needsAcceptance");
  if (name === "delay_reason" && !wrong.delay_reason && needsReason(now)) return say("laterThanPromised", { day: dayWords(now.promised) });
  return "";
}

function reasonOptions() {
  const codes = ["", ...Object.keys(config.choices[language()].reason)];
  return codes.map((code) => element("option", { value: code }, code ? choice("reason", code) : say("choose")));
}
