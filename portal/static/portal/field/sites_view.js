// My sites: what is due first, or what is nearest.

import { daysBetween, today } from "./clock.js";
import { button, element, quietButton, refill, tell } from "./dom.js";
import { findingsWords } from "./mend_view.js";
import { distanceWords, metresBetween, whereAmI } from "./position.js";
import { reportsOf, UNSENT } from "./queue.js";
import { dueOf, heardOf, nextStage, sitesOf, stagesWith } from "./sites.js";
import { sync } from "./sync.js";
import { dayWords, say } from "./words.js";

let here = null; // until the app is closed

export async function sitesView(who) {
  const list = element("div", {});
  const fill = async () => refill(list, await siteList(who.username, () => fill()));
  await fill();
  return { title: say("mySites"), nodes: [element("h1", {}, say("mySites")), list], refresh: fill };
}

async function siteList(user, again) {
  const [sites, unsent, heard] = [await sitesOf(user), await reportsOf(user, [...UNSENT, "draft"]), await heardOf(user)];
  if (!sites.length && !heard.at) {
    return [element("p", {}, say("neverHeard")), button(say("tryAgain"), () => sync({ news: true }))];
  }
  if (!sites.length) return [element("p", {}, say("noSites")), element("p", {}, element("a", { class: "button", href: "/projects/" }, say("allProjects")))];
  const rows = sites.map((site) => siteRow(site, unsent.filter((report) => report.code === site.code)));
  const order = here ? (one, other) => one.metres - other.metres : (one, other) => one.due.localeCompare(other.due);
  rows.sort((one, other) => order(one, other) || one.title.localeCompare(other.title));
  return [...told(heard.unread), sorting(again), element("ul", { class: "field-sites" }, rows.map((row) => row.node))];
}

// What one has been told, as last heard; read with a connection.
function told(unread) {
  return unread ? [element("p", { class: "field-told" }, element("a", { href: "/accounts/notifications/" }, say("unread", { n: unread })))] : [];
}

function sorting(again) {
  const near = async () => {
    try {
      here = await whereAmI();
    } catch {
      tell(say("noPosition"));
    }
    again();
  };
  if (here) return quietButton(say("byDue"), () => ((here = null), again()), { id: "sort" });
  return quietButton(say("byDistance"), near, { id: "sort" });
}

function siteRow(site, unsent) {
  const stages = stagesWith(site, unsent.filter((report) => report.state !== "draft"));
  const stage = nextStage(site, stages);
  const due = dueOf(site, stage);
  const metres = here ? metresBetween(here, site.site) : 0;
  const waiting = unsent.filter((report) => report.state !== "draft").length;
  const notes = [
    stage && element("span", { class: "field-next" }, stage.title),
    stage && due && element("span", { class: overdue(due) ? "late" : "quiet" }, dueWords(due)),
    !stage && element("span", { class: "quiet" }, say("allDone")),
    findingsWords(site),
    here && element("span", { class: "quiet number" }, Number.isFinite(metres) ? distanceWords(metres) : say("noPlace")),
    waiting > 0 && element("span", { class: "badge badge-note" }, say("waitingHere", { n: waiting })),
    unsent.length > waiting && element("span", { class: "badge" }, say("begun")),
  ];
  const link = element(
    "a",
    { href: `#site/${site.code}`, id: `site-${site.code}` },
    element("strong", {}, site.title),
    element("span", { class: "quiet" }, [site.region, `${site.progress}%`].filter(Boolean).join(" · ")),
    notes,
  );
  return { node: element("li", {}, link), due: due || "9999", metres, title: site.title };
}

export const overdue = (due) => due < today();

export function dueWords(due) {
  const days = daysBetween(due, today());
  if (days > 0) return say("overdueBy", { day: dayWords(due), n: days });
  return say("dueOn", { day: dayWords(due) });
}
