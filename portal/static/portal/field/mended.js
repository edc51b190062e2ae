// What an engineer has mended: an item of the same queue as reports. It goes with its photos announced, and only where the
// finding still is as its author saw it.

import { Away, call } from "./api.js";
import { today } from "./clock.js";
import { refuse, reportsOf, UNSENT } from "./queue.js";
import { refreshSites, siteOf } from "./sites.js";
import { keepForGood, newId, store } from "./store.js";
import { announce } from "./uploads.js";
import { say } from "./words.js";

const AGAIN = 4; // times that somebody else may write on the project between looking and sending

export const toMend = (finding) => ["open", "reopened"].includes(finding.state);
export const isMending = (item) => Boolean(item.finding);

// What was begun on a finding, or waits; else a new one: kept from its first word on, as a report is.
export async function mendingFor(user, site, finding) {
  const items = await reportsOf(user, ["draft", ...UNSENT]);
  const begun = items.find((item) => item.code === site.code && item.finding === finding.number);
  const { code, title } = site;
  return begun || { id: newId(), user, code, title, state: "draft", finding: finding.number, what: finding.description, entries: {}, text: "", on: today() };
}

// From now on it waits to be sent; it remembers what its author saw of the finding.
export async function handInMending(item, finding) {
  const seen = { state: finding.state, review_note: finding.review_note };
  await store.reports.put({ ...item, seen, made_at: new Date().toISOString(), state: "waiting", problem: null, tried: false });
  await keepForGood();
}

export async function sendMending(item, sealed) {
  await store.reports.update(item.id, { state: "sending" });
  try {
    await deliver(item, sealed);
  } catch (error) {
    await store.reports.update(item.id, { state: "waiting" });
    throw error;
  }
}

async function deliver(item, sealed) {
  const photos = item.photos || (await announced(item, sealed));
  const path = `/api/v1/projects/${item.code}/findings/${item.finding}/rectify/`;
  const body = { text: item.text, on: item.on, photos };
  // Tried before: had it arrived, the server would know it by its key, and says 412 only where it had not.
  let version = item.version ?? null;
  for (let turn = 0; turn < AGAIN; turn += 1) {
    if (version === null) {
      if (turn || photos.length) await refreshSites(sealed);
      const site = await siteOf(item.user, item.code);
      if (site && !asSeen(site, item)) return refuse({ ...item, photos }, { status: 409, detail: say("findingChanged") });
      version = site ? site.version : 0;
      await store.reports.update(item.id, { version, photos, tried: true });
    }
    const headers = { "If-Match": `"${version}"`, "Idempotency-Key": item.id };
    const answer = await call("POST", path, { body, headers, as: sealed });
    if (answer.status === 412) version = null;
    else return settleMending({ ...item, photos }, answer, sealed);
  }
  throw new Away("others write on this project");
}

async function settleMending(item, answer, sealed) {
  if (answer.status < 300) {
    await store.reports.put({ ...item, state: "sent", problem: null });
    return refreshSites(sealed);
  }
  if (answer.status === 403 || answer.status === 404) await refreshSites(sealed);
  const taken = [403, 404].includes(answer.status) && !(await siteOf(item.user, item.code));
  return refuse(item, { status: answer.status, taken, ...answer.data });
}

// The ids of the photos that the server awaits; one that it refused stays here with its reason.
async function announced(item, sealed) {
  const photos = () => store.photos.where({ report: item.id }).toArray();
  for (const photo of await photos()) if (photo.state === "waiting") await announce(photo, sealed);
  const now = await photos();
  if (now.some((photo) => photo.state === "waiting")) throw new Away("a photo waits");
  return now.filter((photo) => photo.state !== "refused").map((photo) => photo.id);
}

// One that is gone is the server's to explain.
function asSeen(site, item) {
  const finding = (site.findings || []).find((each) => each.number === item.finding);
  return !finding || (finding.state === item.seen.state && finding.review_note === item.seen.review_note);
}

// What the inspector did with it: gone from the list it is struck off; open again, it was not in order.
export async function followMendings(user) {
  for (const item of await reportsOf(user, ["sent"])) {
    const site = isMending(item) && (await siteOf(user, item.code));
    if (!site?.findings) continue;
    const finding = site.findings.find((each) => each.number === item.finding);
    if (!finding) await store.reports.update(item.id, { state: "accepted" });
    else if (finding.state === "reopened") await store.reports.update(item.id, { state: "reopened", answer: { review_note: finding.review_note } });
  }
}
