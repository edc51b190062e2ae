// All reports on this phone: what needs the engineer first, then what waits, then what has arrived.

import { valueWords } from "./conflict_view.js";
import { button, element, quietButton, refill } from "./dom.js";
import { networkIsGood } from "./photos.js";
import { NEEDS_YOU, reportsOf, throwAway, UNSENT } from "./queue.js";
import { addressOf, mendButton } from "./site_view.js";
import { sitesOf } from "./sites.js";
import { store } from "./store.js";
import { sync } from "./sync.js";
import { choice, momentWords, say } from "./words.js";

const SHOWN = 20; // of what has arrived; the rest is on the server

export async function queueView(who, go) {
  const list = element("div", {});
  const fill = async () => refill(list, await groups(who.username, go));
  await fill();
  const nodes = [element("p", {}, element("a", { href: "#" }, `← ${say("mySites")}`)), element("h1", {}, say("reports")), list];
  return { title: say("reports"), nodes, refresh: fill };
}

async function groups(user, go) {
  const reports = (await reportsOf(user)).reverse();
  const of = (states) => reports.filter((report) => states.includes(report.state));
  const done = of(["sent", "accepted", "settled", "corrected", "reopened"]).slice(0, SHOWN);
  const parts = [
    ["needsYou", of(NEEDS_YOU)],
    ["drafts", of(["draft"])],
    ["waitingTitle", of(UNSENT).reverse()],
    ["arrivedTitle", done],
  ];
  const sites = new Map((await sitesOf(user)).map((site) => [site.code, site]));
  const photos = await store.photos.where({ user }).toArray();
  const row = (report) => item(report, sites.get(report.code), photos.filter((photo) => photo.report === report.id), go);
  const nodes = [photosLeft(photos)];
  for (const [title, found] of parts) {
    if (!found.length) continue;
    nodes.push(element("h2", {}, say(title)), element("ul", { class: "field-reports" }, found.map(row)));
  }
  if (!reports.length) nodes.push(element("p", {}, say("noReports")));
  return nodes;
}

function photosLeft(photos) {
  const left = photos.filter((photo) => ["waiting", "announced", "seen"].includes(photo.state)).length;
  if (!left) return null;
  const words = say(networkIsGood() ? "photosLeft" : "photosLeftSlow", { n: left });
  return element("div", { class: "field-left" }, element("p", {}, words), quietButton(say("sendPhotosNow"), () => sync({ originals: true }), { id: "photos-now" }));
}

function item(report, site, photos, go) {
  const there = photos.filter((photo) => photo.state === "done").length;
  const titles = new Map((site?.milestones || []).map((stage) => [stage.key, stage.title]));
  const said = Object.entries(report.entries).map(([key, changes]) => {
    const parts = Object.entries(changes).map(([name, value]) => `${say(`field_${name}`)} ${valueWords(name, value)}`);
    return element("li", {}, `${titles.get(key) || key}: ${parts.join(say("comma")) || say("givenUp")}`);
  });
  const time = report.made_at || report.begun_at;
  return element(
    "li",
    { class: "field-item", "data-state": report.state, "data-id": report.id },
    element("p", {}, element("strong", {}, report.title), " ", element("span", { class: "badge" }, reportState(report))),
    time && element("p", { class: "quiet number" }, momentWords(time)),
    report.finding && element("p", {}, say("mendedFinding", { n: report.finding }), " ", element("span", { class: "quiet" }, report.what)),
    report.text && element("p", {}, report.text),
    said.length > 0 && element("ul", {}, said),
    photos.length > 0 && element("p", { class: "quiet" }, say("photosSent", { n: photos.length, there })),
    photos.filter((photo) => photo.state === "refused").map((photo) => element("p", { class: "field-error" }, say("photoRefused", { why: why(photo.problem) }))),
    reasons(report),
    actions(report, site, go),
  );
}

function reportState(report) {
  if (report.state === "conflict" && report.settledBy) return say("choiceWaits");
  if (report.finding && ["sent", "accepted"].includes(report.state)) return choice("finding", report.state === "sent" ? "rectified" : "struck_off");
  return say(`state_${report.state}`);
}

const why = (problem) => problem?.errors?.map((error) => error.message).join(" ") || problem?.detail || problem?.title || String(problem?.status ?? "");

function reasons(report) {
  if (report.state === "refused") {
    return element("p", { class: "field-error" }, report.problem?.taken ? say("taken") : why(report.problem));
  }
  if (report.state === "reopened") return element("p", { class: "field-error" }, say("reopenedWhy", { note: report.answer.review_note }));
  if (report.state === "returned") return element("p", { class: "field-error" }, say("returnedWhy", { name: report.answer.reviewed_by, note: report.answer.review_note }));
  return null;
}

function actions(report, site, go) {
  const made = [];
  if (report.state === "draft") made.push(button(say("goOn"), () => go(addressOf(report))));
  if (report.state === "conflict" && site) made.push(button(say("look"), () => go(`conflict/${report.id}`)));
  if (site && (report.state === "returned" || (report.state === "refused" && !report.settles))) made.push(mendButton(report, go));
  if (report.state === "refused") made.push(quietButton(say("throwAway"), () => confirm(say("throwAwaySure")) && throwAway(report)));
  return made.length ? element("div", { class: "field-actions" }, made) : null;
}

