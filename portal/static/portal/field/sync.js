// The one sender: reports first, then news, then photos. Tries again by itself, later each time, until all has arrived.

import { Away, call, Changed, seal, SignIn } from "./api.js";
import { now } from "./clock.js";
import { followMendings, isMending, sendMending } from "./mended.js";
import { networkIsGood } from "./photos.js";
import { arrived, baseFor, onTheWire, refuse, reportsOf, stateFrom, UNSENT } from "./queue.js";
import { enterAnswer, heardOf, refreshSites, siteOf } from "./sites.js";
import { isFull, store } from "./store.js";
import { sendPhotos } from "./uploads.js";
import { whoIsHere } from "./who.js";

const AT_ONCE = 6; // requests: as many as a browser sends to one host
const FRESH = 5 * 60 * 1000; // milliseconds that what was heard counts as new
const MISSES = 4; // requests lost in a row that mean there is no network
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 5 * 60 * 1000;

export const sender = Object.assign(new EventTarget(), { state: "idle" }); // idle, busy, offline, signin, full
let running = false;
let failures = 0;
let timer = 0;
let wanted = null; // what the next run shall do beside sending

function become(state) {
  sender.state = state;
  sender.dispatchEvent(new Event("change"));
}

// Send what waits. `news`: ask what others did, too. `originals`: full pictures on any network.
export async function sync(options = {}) {
  wanted = { ...wanted, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value)) };
  if (running) return;
  if (navigator.onLine === false) return become("offline"); // `online` calls again
  running = true;
  become("busy");
  clearTimeout(timer);
  let state = "idle";
  try {
    while (wanted) {
      const wants = wanted;
      wanted = null;
      await alone(() => run(wants));
    }
    failures = 0;
  } catch (error) {
    wanted = null;
    state = trouble(error);
  }
  running = false;
  become(state);
}

function trouble(error) {
  if (error instanceof SignIn) return "signin";
  failures += 1;
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures) * (0.5 + Math.random() / 2);
  timer = setTimeout(sync, error instanceof Changed ? 0 : Math.max(wait, error.after || 0));
  if (error instanceof Away || error instanceof Changed) return "offline";
  console.error(error);
  return isFull(error) ? "full" : "offline";
}

// At most one tab sends; another that would, finds it done.
function alone(act) {
  if (!navigator.locks) return act();
  return navigator.locks.request("schoolworks-field-sender", { ifAvailable: true }, (lock) => lock && act());
}

async function run({ news, originals }) {
  const sealed = seal() || (await newSeal());
  let user = (await whoIsHere())?.username;
  const old = !user || now() - ((await heardOf(user)).at || 0) > FRESH;
  if (!user || old || news) user = await refreshSites(sealed);
  await sendReports(user, sealed);
  if (news || old) await pullStates(user, sealed);
  await followMendings(user);
  await sendPhotos(user, sealed, originals || networkIsGood());
}

// A phone that lost its cookies is given one with any page.
async function newSeal() {
  try {
    await fetch("/accounts/login/", { cache: "no-store" });
  } catch (error) {
    throw new Away(error.message);
  }
  return seal();
}

// One site's reports go one after the other, since each is written upon the last; different sites' go side by side. What got
// lost on a bad network is tried again at once, until nothing comes through any more.
async function sendReports(user, sealed) {
  const lanes = new Map();
  for (const { id, code } of await reportsOf(user, UNSENT)) lanes.set(code, [...(lanes.get(code) || []), id]);
  const left = [...lanes.values()];
  let misses = 0;
  let failure = null;
  const work = async () => {
    for (let lane = left.shift(); lane && !failure; lane = left.shift()) {
      try {
        while (lane.length && !failure) {
          await sendReport(await store.reports.get(lane[0]), sealed);
          lane.shift();
          misses = failures = 0;
        }
      } catch (error) {
        misses += 1;
        if (error instanceof Away && !error.after && misses < MISSES) left.push(lane);
        else failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failure) throw failure;
}

async function sendReport(report, sealed) {
  if (isMending(report)) return sendMending(report, sealed);
  const site = await siteOf(report.user, report.code);
  const going = { ...report, base: baseFor(report, site), state: "sending", tried: true };
  await store.reports.put(going);
  let answer;
  try {
    answer = await call("POST", `/api/v1/projects/${report.code}/reports/`, { body: onTheWire(going), as: sealed });
  } catch (error) {
    await store.reports.put({ ...going, state: "waiting" });
    throw error;
  }
  if (answer.status === 201) {
    const version = Number.parseInt((answer.headers.get("ETag") || "").replace(/\D*/, ""), 10);
    const known = await enterAnswer(going, answer.data, version);
    await arrived(going, answer.data);
    if (!known || stateFrom(answer.data) === "conflict") await refreshSites(sealed);
    return;
  }
  let taken = false;
  if (answer.status === 403 || answer.status === 404) {
    await refreshSites(sealed);
    taken = !(await siteOf(report.user, report.code));
  }
  await refuse(going, { status: answer.status, taken, ...answer.data });
}

// What reviewers did with what was sent, and what was sent from another phone.
async function pullStates(user, sealed) {
  const answer = await call("GET", "/api/v1/reports/?mine=true&page_size=50", { as: sealed });
  if (answer.status !== 200) return;
  const corrected = new Set(answer.data.results.map((row) => row.corrects).filter(Boolean));
  await store.transaction("rw", store.reports, async () => {
    for (const row of answer.data.results) {
      const held = await store.reports.get(row.id);
      if (held && held.user !== user) continue;
      const state = stateFrom(row);
      await store.reports.put({
        ...(held || { id: row.id, user, code: row.project, base: row.base_version, tried: true, made_at: row.made_at, corrects: row.corrects }),
        ...(held ? {} : { text: row.text, problems: row.problems, next_step: row.next_step, entries: said(row) }),
        title: row.title,
        answer: row,
        state: state === "returned" && (corrected.has(row.id) || held?.state === "corrected") ? "corrected" : state,
      });
    }
  });
}

const said = (row) => Object.fromEntries(Object.entries(row.entries).map(([key, entry]) => [key, entry.changes]));

// When to try: the network is back, the app is looked at, and every now and then.
export function keepSending() {
  addEventListener("online", () => {
    failures = 0;
    sync();
  });
  addEventListener("offline", () => running || become("offline"));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sync());
  setInterval(() => document.visibilityState === "visible" && !failures && sync(), 60000);
  sync({ news: true });
}
