// A site's findings, and one of them with what the engineer did about it.

import { today } from "./clock.js";
import { button, element, labelled, quietButton, tell } from "./dom.js";
import { handInMending, mendingFor, toMend } from "./mended.js";
import { keepDraft, throwAway, UNSENT } from "./queue.js";
import { reportPhotos } from "./report_form.js";
import { siteOf } from "./sites.js";
import { isFull } from "./store.js";
import { sync } from "./sync.js";
import { choice, dayWords, say } from "./words.js";

const late = (finding) => toMend(finding) && finding.deadline < today();
const deadline = (finding) => say(late(finding) ? "mendOverdue" : "mendUntil", { day: dayWords(finding.deadline) });

// `items`: what of this site waits or was begun.
export function findingsList(site, items) {
  const findings = site.findings || [];
  if (!findings.length) return [];
  const row = (finding) => {
    const item = items.find((each) => each.finding === finding.number);
    const link = element(
      "a",
      { href: `#mend/${site.code}/${finding.number}`, id: `finding-${finding.number}` },
      element("strong", {}, finding.description),
      element("span", { class: `field-severity field-${finding.severity}` }, choice("severity", finding.severity)),
      element("span", { class: late(finding) ? "late" : "quiet" }, [finding.place, toMend(finding) ? deadline(finding) : choice("finding", finding.state)].filter(Boolean).join(" · ")),
      item && element("span", { class: "badge badge-note" }, say(item.state === "draft" ? "begun" : "notSentYet")),
    );
    return element("li", {}, link);
  };
  return [element("h2", {}, say("findings")), element("ul", { class: "field-sites field-findings" }, findings.map(row))];
}

// "2 findings to be mended, 1 serious"
export function findingsWords(site) {
  const open = (site.findings || []).filter(toMend);
  if (!open.length) return null;
  const serious = open.filter((finding) => finding.severity === "serious").length;
  const words = [say("findingsOpen", { n: open.length }), serious > 0 && say("findingsSerious", { n: serious })].filter(Boolean).join(say("comma"));
  return element("span", { class: serious || open.some(late) ? "late" : "quiet" }, words);
}

export async function mendView(who, code, number, go) {
  const site = await siteOf(who.username, code);
  const finding = site?.findings?.find((each) => each.number === number);
  const back = element("p", {}, element("a", { href: site ? `#site/${code}` : "#" }, `← ${site ? site.title : say("mySites")}`));
  if (!finding) return { title: say("noSuchFinding"), nodes: [back, element("h1", {}, say("noSuchFinding")), element("p", {}, say("noSuchFindingWhy"))] };
  const item = await mendingFor(who.username, site, finding);
  const waits = UNSENT.includes(item.state);
  const nodes = [
    back,
    element("h1", {}, finding.description),
    element("p", { class: "quiet" }, [say("findingNumber", { n: number }), choice("severity", finding.severity), finding.place, finding.owner].filter(Boolean).join(" · ")),
    element("p", { class: late(finding) ? "late" : "" }, deadline(finding)),
    finding.state === "reopened" && finding.review_note && element("p", { class: "message error" }, say("reopenedWhy", { note: finding.review_note })),
    ...(waits || !toMend(finding) ? settled(item, finding, waits, go) : [await mendForm(item, finding, go)]),
  ];
  return { title: finding.description, nodes: nodes.filter(Boolean) };
}

// Nothing to mend just now; what was begun is shown until its author throws it away.
function settled(item, finding, waits, go) {
  const discard = () => confirm(say("discardSure")) && throwAway(item).then(() => go(`site/${item.code}`));
  return [
    element("p", { class: "message" }, waits ? say("mendedWaits") : choice("finding", finding.state)),
    item.text && element("p", {}, item.text),
    item.text && !waits && quietButton(say("discard"), discard),
  ];
}

async function mendForm(item, finding, go) {
  let saving = Promise.resolve();
  const trouble = (error) => {
    console.error(error);
    tell(say(isFull(error) ? "full" : "notKept"));
  };
  const keep = () => (saving = saving.then(() => keepDraft(item)).catch(trouble));
  const wrong = Object.fromEntries((item.problem?.errors || []).map((error) => [error.pointer.split("/")[1], error.message]));
  const photos = reportPhotos(item, keep);
  const text = element("textarea", { id: "mend-text", rows: 3, maxlength: 1000, oninput: (event) => ((item.text = event.target.value), keep()) });
  text.value = item.text;
  const on = element("input", { type: "date", id: "mend-on", max: today(), min: finding.raised_on, onchange: (event) => ((item.on = event.target.value), keep()) });
  on.value = item.on;
  const send = async () => {
    await saving;
    if (!item.text.trim()) {
      text.focus();
      return tell(say("mendSaysNothing"));
    }
    if (!item.on || item.on > today()) {
      on.focus();
      return tell(say("wrongFuture"));
    }
    try {
      await handInMending(item, finding);
    } catch (error) {
      return trouble(error);
    }
    tell(say(navigator.onLine ? "handedIn" : "handedInOffline"));
    go(`site/${item.code}`);
    return sync();
  };
  const discard = async () => {
    if (!confirm(say("discardSure"))) return;
    await saving;
    await throwAway(item);
    go(`site/${item.code}`);
  };
  await photos.draw();
  const refused = item.problem && [item.problem.detail, ...(item.problem.errors || []).map((error) => error.message)].filter(Boolean).join(" ");
  return element(
    "section",
    { class: "field-report", "aria-labelledby": "mend-title" },
    element("h2", { id: "mend-title" }, say("mendTitle")),
    item.problem && element("p", { class: "message error", role: "alert" }, say("refusedMend"), " ", refused),
    labelled(say("mendText"), text, { error: wrong.text }),
    labelled(say("mendOn"), on, { error: wrong.on }),
    photos.node,
    element("div", { class: "field-actions" }, button(say("mendSend"), send, { id: "mend-send" }), quietButton(say("discard"), discard)),
  );
}
