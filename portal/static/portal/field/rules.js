// The server's rules for one stage, said before anything is sent. The server checks again: these only save a round trip.

import { today } from "./clock.js";
import { dayWords, say } from "./words.js";

export const FIELDS = ["started", "actual", "percent", "forecast", "delay_reason", "delay_note", "note"];

// A forecast later than the baseline's day says why.
export function needsReason(stage) {
  return Boolean(stage.forecast && stage.promised && stage.forecast > stage.promised && !stage.actual);
}

// `stage` as it would be -> {field: words} of what is wrong; `changes` names what the engineer said.
export function wrongs(stage, changes) {
  const found = {};
  for (const name of ["started", "actual"]) {
    if (changes[name] && changes[name] > today()) found[name] = say("wrongFuture");
  }
  if (stage.started && stage.actual && stage.actual < stage.started) found.actual = say("wrongOrder");
  if (!stage.actual && stage.percent === 100) found.actual = say("wrongComplete");
  if (!(stage.percent >= 0 && stage.percent <= 100)) found.percent = say("wrongPercent");
  const told = "forecast" in changes || "delay_reason" in changes;
  if (told && stage.promised && stage.forecast > stage.promised && !stage.delay_reason) {
    found.delay_reason = say("wrongReason", { day: dayWords(stage.promised) });
  } else if (stage.delay_note && !stage.delay_reason) {
    found.delay_reason = say("wrongNote");
  }
  return found;
}

// What the engineer said beyond what was there. Finished means 100 percent: that need not be said.
export function difference(before, after) {
  const changes = {};
  for (const name of FIELDS) if ((after[name] ?? null) !== (before[name] ?? null)) changes[name] = after[name];
  if (after.actual && after.percent === 100) delete changes.percent;
  return changes;
}

// The stage as it will be once what was said is entered.
export function withChanges(stage, changes) {
  if (!changes) return stage;
  const then = { ...stage, ...changes };
  if (then.actual && !stage.actual) then.percent = 100;
  if ("actual" in changes || "percent" in changes || "started" in changes) {
    then.state = then.actual ? (then.needs_acceptance ? "reported" : "met") : then.started || then.percent ? "in_progress" : "scheduled";
  }
  return then;
}
