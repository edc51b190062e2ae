// One site: its stages as large targets, the next on top, and the report that is being written.

import { button, element, quietButton, refill, stateMark, tell } from "./dom.js";
import { findingsList } from "./mend_view.js";
import { draftFor, handIn, keepDraft, reopen, reportsOf, saysSomething, throwAway, unsentOn } from "./queue.js";
import { reportPhotos, reportPosition, reportWords, sendButton } from "./report_form.js";
import { withChanges } from "./rules.js";
import { nextStage, siteOf, stagesWith } from "./sites.js";
import { dueWords, overdue } from "./sites_view.js";
import { askAbout } from "./stage_sheet.js";
import { isFull } from "./store.js";
import { sync } from "./sync.js";
import { choice, dayWords, say } from "./words.js";

const CLOSED = ["met", "reported", "not_applicable"];
let unfolded = false; // whether the stages that are done are shown

export async function siteView(who, code, go) {
  const site = await siteOf(who.username, code);
  if (!site) return { title: say("noSuchSite"), nodes: [element("h1", {}, say("noSuchSite")), element("p", {}, say("noSuchSiteWhy")), back()] };
  let draft = await draftFor(who.username, site);
  let saving = Promise.resolve();
  const keep = () => (saving = saving.then(() => save(draft)).then(() => summary()));
  const refused = problems(draft.problem, site);
  const stageBox = element("div", {});
  const findingBox = element("div", {});
  const said = element("div", { "aria-live": "polite" });
  const photos = reportPhotos(draft, keep);

  const ask = async (stage) => {
    const changes = await askAbout(stage, draft.entries[stage.key], refused.stages[stage.key] || {});
    if (changes) {
      if (Object.keys(changes).length) draft.entries[stage.key] = changes;
      else delete draft.entries[stage.key];
      delete refused.stages[stage.key];
      await keep();
    }
    await drawStages();
    document.getElementById(`stage-${stage.key}`)?.focus();
  };
  const drawStages = async () => {
    const fresh = (await siteOf(who.username, code)) || site;
    const unsent = await unsentOn(who.username, code);
    const begun = (await reportsOf(who.username, ["draft"])).filter((each) => each.code === code);
    refill(findingBox, findingsList(fresh, [...unsent, ...begun]));
    refill(stageBox, stageList(fresh, stagesWith(fresh, unsent), draft, unsent, refused, ask));
  };
  const summary = async () => {
    const titles = site.milestones.filter((stage) => draft.entries[stage.key]).map((stage) => stage.title);
    said.replaceChildren(...(titles.length ? [element("p", {}, say("reportsOn", { stages: titles.join(say("comma")) }))] : []));
  };
  const send = async () => {
    await saving;
    if (!(await saysSomething(draft))) return tell(say("saysNothing"));
    if (!Object.keys(draft.entries).length && !draft.text && !draft.problems && !draft.next_step) return tell(say("photosNeedWords"));
    try {
      await handIn(draft, (await siteOf(who.username, code)) || site);
    } catch (error) {
      return tell(say(isFull(error) ? "full" : "notKept"));
    }
    tell(say(navigator.onLine ? "handedIn" : "handedInOffline"));
    go("");
    return sync();
  };
  const discard = async () => {
    if (!confirm(say("discardSure"))) return;
    await saving;
    await throwAway(draft);
    go(`site/${code}`);
  };

  await Promise.all([drawStages(), photos.draw(), summary()]);
  const report = element(
    "section",
    { class: "field-report", "aria-labelledby": "report-title" },
    element("h2", { id: "report-title" }, say(draft.corrects ? "correction" : "report")),
    refused.list,
    said,
    reportWords(draft, keep, refused.report),
    photos.node,
    reportPosition(draft, keep, site.site),
    element("div", { class: "field-actions" }, sendButton(send), quietButton(say("discard"), discard)),
  );
  const facts = [site.region, choice("status", site.status), `${site.progress}%`].filter(Boolean).join(" · ");
  const nodes = [
    back(),
    element("h1", {}, site.title),
    element("p", { class: "quiet" }, facts),
    site.physical_progress && element("p", {}, site.physical_progress),
    findingBox,
    stageBox,
    report,
  ].filter(Boolean);
  return { title: site.title, nodes, refresh: drawStages };
}

const back = () => element("p", {}, element("a", { href: "#" }, `← ${say("mySites")}`));

async function save(draft) {
  try {
    await keepDraft(draft);
  } catch (error) {
    tell(say(isFull(error) ? "full" : "notKept"));
    console.error(error);
  }
}

function stageList(site, stages, draft, unsent, refused, ask) {
  const upcoming = nextStage(site, stages);
  const row = (stage) => stageButton(stage, site, draft, unsent, refused.stages[stage.key], () => ask(stage));
  const rest = stages.filter((stage) => stage !== upcoming);
  const [open, done] = [rest.filter((stage) => !CLOSED.includes(stage.state)), rest.filter((stage) => CLOSED.includes(stage.state))];
  const folded = element("details", { class: "field-done", ontoggle: (event) => (unfolded = event.target.open) }, element("summary", { id: "stages-done" }, say("doneStages", { n: done.length })), element("ul", { class: "field-stages" }, done.map((stage) => row(stage))));
  folded.open = unfolded;
  return [
    upcoming && element("h2", {}, say("nextStage")),
    upcoming && element("ul", { class: "field-stages field-upcoming" }, row(upcoming)),
    open.length > 0 && element("h2", {}, say("openStages")),
    open.length > 0 && element("ul", { class: "field-stages" }, open.map((stage) => row(stage))),
    done.length > 0 && folded,
  ];
}

function stageButton(stage, site, draft, unsent, wrong, act) {
  const then = withChanges(stage, draft.entries[stage.key]);
  const due = then.actual ? null : then.forecast || then.planned;
  const day = then.actual ? say("finishedOn", { day: dayWords(then.actual) }) : due ? dueWords(due) : say("noDate");
  const notes = [
    then.percent > 0 && then.percent < 100 && element("span", { class: "number" }, `${then.percent}%`),
    element("span", { class: due && overdue(due) ? "late" : "quiet" }, day),
    !then.actual && stage.promised && stage.promised !== due && element("span", { class: "quiet" }, say("promisedFor", { day: dayWords(stage.promised) })),
    draft.entries[stage.key] && element("span", { class: "badge badge-note" }, say("inThisReport")),
    unsent.some((report) => report.entries[stage.key]) && element("span", { class: "badge" }, say("notSentYet")),
    wrong && element("span", { class: "field-error" }, Object.values(wrong).join(" ")),
  ];
  const button = element("button", { type: "button", id: `stage-${stage.key}`, onclick: act }, element("strong", {}, stage.title), stateMark(then.state, choice("state", then.state)), notes);
  return element("li", {}, button);
}

// The server's reasons, at their fields: /entries/{stage}/{field} or /{field}.
function problems(problem, site) {
  const found = { stages: {}, report: {}, list: null };
  if (!problem) return found;
  const lines = [];
  for (const error of problem.errors || []) {
    const [, first, key, field = ""] = error.pointer.split("/");
    const stage = first === "entries" && site.milestones.find((each) => each.key === key);
    if (stage) (found.stages[key] ||= {})[field] = error.message;
    else if (first) found.report[first] = error.message;
    if (error.code === "before_predecessor") found.report.confirm = error.message;
    lines.push(stage ? `${stage.title}: ${error.message}` : error.message);
  }
  if (!lines.length) lines.push(problem.detail || problem.title || say("refusedWhy"));
  found.list = element("div", { class: "message error", role: "alert" }, element("p", {}, say("refusedMend")), element("ul", {}, lines.map((line) => element("li", {}, line))));
  return found;
}

// Opens a refused or returned report as the site's draft, unless another one was begun there.
export async function mend(report, go) {
  const begun = (await reportsOf(report.user, ["draft"])).some((draft) => draft.code === report.code && draft.finding === report.finding);
  if (begun) tell(say("begunFirst"));
  else await reopen(report);
  go(addressOf(report));
}

// Where it is written.
export const addressOf = (report) => (report.finding ? `mend/${report.code}/${report.finding}` : `site/${report.code}`);

export const mendButton = (report, go) => button(say(report.state === "refused" ? "mend" : "correct"), () => mend(report, go));
