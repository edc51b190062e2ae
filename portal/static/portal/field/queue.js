// An engineer's reports (and what was mended: `mended.js`) on this phone, from the first word to the reviewer's: draft, waiting, sending, sent, then accepted
// or returned; conflict, until settled; refused, until mended. Only what the engineer throws away is ever removed.

import { FIELDS } from "./rules.js";
import { siteOf, stagesWith } from "./sites.js";
import { keepForGood, newId, store } from "./store.js";

export const UNSENT = ["waiting", "sending"];
export const NEEDS_YOU = ["refused", "conflict", "returned"];

const byTime = (one, other) => (one.made_at || "").localeCompare(other.made_at || "");

export async function reportsOf(user, states) {
  const found = states
    ? await store.reports.where("[user+state]").anyOf(states.map((state) => [user, state])).toArray()
    : await store.reports.where({ user }).toArray();
  return found.sort(byTime);
}

export async function unsentOn(user, code) {
  return (await reportsOf(user, UNSENT)).filter((report) => report.code === code);
}

// The report that was begun on a site, or a new one: it is kept from its first word on.
export async function draftFor(user, site) {
  const begun = (await reportsOf(user, ["draft"])).find((report) => report.code === site.code && !report.finding);
  return begun || { id: newId(), user, code: site.code, title: site.title, state: "draft", entries: {}, text: "", problems: "", next_step: "" };
}

export async function saysSomething(report) {
  const words = report.text || report.problems || report.next_step || Object.values(report.entries).some((entry) => Object.keys(entry).length);
  return Boolean(words) || (await store.photos.where({ report: report.id }).count()) > 0;
}

export async function keepDraft(draft) {
  if (await saysSomething(draft)) await store.reports.put({ ...draft, state: "draft", begun_at: draft.begun_at || new Date().toISOString() });
  else await store.reports.delete(draft.id);
}

// From now on the report waits to be sent.
export async function handIn(report, site) {
  await store.reports.put(await waiting(report, site));
  await keepForGood();
}

// It remembers what its author saw of the stages that it speaks of.
async function waiting(report, site) {
  const stages = stagesWith(site, await unsentOn(report.user, site.code));
  const seen = {};
  for (const stage of stages) {
    if (report.entries[stage.key]) seen[stage.key] = Object.fromEntries([...FIELDS, "state"].map((name) => [name, stage[name] ?? null]));
  }
  const made = { made_at: new Date().toISOString(), base: site.version, seen };
  return { ...report, ...made, state: "waiting", problem: null, tried: false };
}

// The version that a report is written against: the newest in which everything that it touches is as its author saw it. So
// one's own earlier report is no conflict, and somebody else's is. `before`: what is sent with it and will be entered first.
// Once tried, a report never changes.
function baseFor(report, site, before) {
  if (report.tried || !site || site.version <= report.base) return report.base;
  const stages = stagesWith(site, before);
  for (const [key, changes] of Object.entries(report.entries)) {
    const stage = stages.find((each) => each.key === key);
    const seen = report.seen?.[key];
    if (!stage || !seen) return report.base;
    const names = Object.keys(changes);
    if (changes.actual) names.push("percent");
    if (["not_applicable", "not_met"].includes(stage.state)) names.push("state");
    if (names.some((name) => (stage[name] ?? null) !== (seen[name] ?? null))) return report.base;
  }
  return site.version;
}

// Reports as they go out together, oldest first, each with its base. Only those that build on the site as it is are counted
// on by the next: another one may come to be a conflict, and what was built on it must then be one, too.
export async function readied(reports) {
  const going = [];
  for (const report of reports) {
    const site = await siteOf(report.user, report.code);
    const before = going.filter((each) => each.code === report.code && each.base === site?.version);
    going.push({ ...report, base: baseFor(report, site, before), state: "sending", tried: true });
  }
  await store.reports.bulkPut(going);
  return going;
}

// As `POST projects/{code}/reports/` takes it.
export function onTheWire(report) {
  const place = report.position;
  return {
    id: report.id,
    base_version: report.base,
    made_at: report.made_at,
    sent_at: new Date().toISOString(),
    entries: report.entries,
    ...Object.fromEntries(["text", "problems", "next_step", "reason"].filter((name) => report[name]).map((name) => [name, report[name]])),
    ...(place ? { position: { type: "Point", coordinates: [place.lon, place.lat] }, accuracy: place.accuracy } : {}),
    ...(report.corrects ? { corrects: report.corrects } : {}),
    ...(report.confirm ? { confirm: true } : {}),
  };
}

// What became of a report that arrived.
export function stateFrom(answer) {
  if (answer.state === "returned") return "returned";
  if (Object.values(answer.entries).some((entry) => entry.outcome === "conflict")) return "conflict";
  return answer.state === "submitted" ? "sent" : answer.state;
}

export function arrived(report, answer) {
  return store.transaction("rw", store.reports, async () => {
    await store.reports.put({ ...report, state: stateFrom(answer), answer, problem: null });
    if (report.corrects) await store.reports.update(report.corrects, { state: report.settles ? "settled" : "corrected" });
  });
}

// Kept, with the server's reason; the conflict that it was to settle is open again.
export function refuse(report, problem) {
  return store.transaction("rw", store.reports, async () => {
    await store.reports.put({ ...report, state: "refused", problem });
    if (report.settles) await store.reports.update(report.corrects, { settledBy: null });
  });
}

// Opens a refused or returned report again as a draft under a new id, since the old one stands for what was sent.
export function reopen(report) {
  const refused = report.state === "refused";
  const { text, problems, next_step, position, user, code, title } = report;
  const entries = Object.fromEntries(Object.entries(report.entries).filter(([, changes]) => Object.keys(changes).length));
  const { finding, what, on } = report; // of what was mended
  const draft = {
    id: newId(), user, code, title, state: "draft", text, problems, next_step, entries,
    ...(finding ? { finding, what, on } : {}),
    position: refused ? position : null,
    corrects: refused ? report.corrects : report.id,
    problem: refused ? report.problem : null,
    begun_at: new Date().toISOString(),
  };
  return store.transaction("rw", store.reports, store.photos, async () => {
    await store.reports.put(draft);
    if (refused) {
      await store.photos.where({ report: report.id }).modify({ report: draft.id });
      await store.reports.delete(report.id);
    }
    return draft;
  });
}

// The engineer's choice in a conflict: `entries` holds what of one's own side is to stand; {} gives a stage up.
export function settle(report, entries, site) {
  const { user, code, title } = report;
  const choice = { id: newId(), user, code, title, entries, corrects: report.id, settles: true, text: "", problems: "", next_step: "" };
  return store.transaction("rw", store.reports, async () => {
    await store.reports.put(await waiting(choice, site));
    await store.reports.update(report.id, { settledBy: choice.id });
  });
}

export function throwAway(report) {
  return store.transaction("rw", store.reports, store.photos, store.originals, async () => {
    const photos = await store.photos.where({ report: report.id }).primaryKeys();
    await store.originals.bulkDelete(photos);
    await store.photos.bulkDelete(photos);
    await store.reports.delete(report.id);
  });
}
