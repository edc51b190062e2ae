// The one sender: reports first, then news, then photos. Tries again by itself, later each time, until all has arrived.

import { Away, call, Changed, seal, SignIn } from "./api.js";
import { now } from "./clock.js";
import { followMendings, isMending, sendMending } from "./mended.js";
import { networkIsGood } from "./photos.js";
import { arrived, onTheWire, readied, refuse, reportsOf, stateFrom, UNSENT } from "./queue.js";
import { enterAnswer, heardOf, refreshSites, siteOf } from "./sites.js";
import { isFull, store } from "./store.js";
import { sendPhotos } from "./uploads.js";
import { whoIsHere } from "./who.js";

const AT_ONCE = 6; // requests: as many as a browser sends to one host
const TOGETHER = 20; // reports in one request: the server takes no more
const FULL_REQUEST = 100 * 1024; // characters of a request: what a slow network carries before `call` gives up
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

// One site's reports go in order, since each is written upon the last; different sites' go side by side, and as many as
// possible in one request: on a slow network it costs more than what is in it. What got lost is tried again at once, in
// smaller requests, until nothing comes through any more.
async function sendReports(user, sealed) {
  const lanes = new Map();
  for (const item of await reportsOf(user, UNSENT)) lanes.set(item.code, [...(lanes.get(item.code) || []), item]);
  const left = [...lanes.values()];
  let size = TOGETHER;
  let misses = 0;
  let failure = null;
  const work = async () => {
    for (let load = take(left, size); load.length && !failure; load = take(left, size)) {
      const done = new Set();
      try {
        await sendLoad(load.flatMap(({ going }) => going.map(({ id }) => id)), sealed, done);
        size = Math.min(TOGETHER, 2 * size);
      } catch (error) {
        misses += 1;
        if (!(error instanceof Away) || error.after || misses >= MISSES) failure = error;
        size = Math.ceil(size / 2);
      }
      if (done.size) misses = failures = 0;
      left.push(...load.map(({ going, rest }) => [...going.filter(({ id }) => !done.has(id)), ...rest]).filter((lane) => lane.length));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failure) throw failure;
}

// Takes lanes until they fill a request -> [{going, rest}]. What was mended goes alone.
function take(lanes, size) {
  const load = [];
  let room = size;
  let space = FULL_REQUEST;
  const fits = (item) => {
    const mended = isMending(item);
    space -= mended ? 0 : JSON.stringify(onTheWire(item)).length;
    const fit = room === size || (room > 0 && space >= 0 && !mended);
    room = fit && !mended ? room - 1 : 0;
    return fit;
  };
  while (lanes.length && room > 0) {
    const lane = lanes.shift();
    let count = 0;
    while (count < lane.length && fits(lane[count])) count += 1;
    if (count) load.push({ going: lane.slice(0, count), rest: lane.slice(count) });
    else lanes.unshift(lane);
  }
  return load;
}

// `done` takes the ids of what has got its answer. Read anew: what was tried before goes as it went then.
async function sendLoad(ids, sealed, done) {
  const items = (await store.reports.bulkGet(ids)).filter(Boolean);
  for (const id of ids) if (!items.some((item) => item.id === id)) done.add(id); // thrown away meanwhile
  if (!items.length) return;
  if (isMending(items[0])) {
    await sendMending(items[0], sealed);
    done.add(items[0].id);
    return;
  }
  const going = await readied(items);
  let answers;
  try {
    answers = await answersTo(going, sealed);
  } catch (error) {
    await keepWaiting(going);
    throw error;
  }
  await enterAll(going, answers, sealed, done);
}

const keepWaiting = (reports) => store.reports.bulkPut(reports.map((report) => ({ ...report, state: "waiting" })));

// -> [{status, version, data}], one for each report. What the server does not take together is sent one by one.
async function answersTo(going, sealed) {
  if (going.length > 1) {
    const reports = going.map((report) => ({ project: report.code, ...onTheWire(report) }));
    const { status, data } = await call("POST", "/api/v1/field/reports/", { body: { reports }, as: sealed });
    if (status === 200) return data.results.map((one) => ({ status: one.status, version: one.version, data: one.report || one.problem }));
  }
  const answers = [];
  for (const report of going) {
    const answer = await call("POST", `/api/v1/projects/${report.code}/reports/`, { body: onTheWire(report), as: sealed });
    const version = Number.parseInt((answer.headers.get("ETag") || "").replace(/\D*/, ""), 10);
    answers.push({ status: answer.status, version, data: answer.data });
  }
  return answers;
}

// What became of each: entered (or in conflict), refused, or, where the server itself failed, to be sent again.
async function enterAll(going, answers, sealed, done) {
  const pairs = going.map((report, place) => ({ report, ...answers[place] }));
  const refused = pairs.filter(({ status }) => status !== 201 && status < 500);
  let stale = refused.some(({ status }) => status === 403 || status === 404);
  for (const { report, data, version } of pairs.filter(({ status }) => status === 201)) {
    const known = await enterAnswer(report, data, version);
    await arrived(report, data);
    done.add(report.id);
    if (!known || stateFrom(data) === "conflict") stale = true;
  }
  await keepWaiting(pairs.filter(({ status }) => status >= 500).map(({ report }) => report));
  if (stale) await refreshSites(sealed);
  for (const { report, status, data } of refused) {
    const taken = [403, 404].includes(status) && !(await siteOf(report.user, report.code));
    await refuse(report, { status, taken, ...data });
    done.add(report.id);
  }
  if (going.some(({ id }) => !done.has(id))) throw new Away("some could not be tried");
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
