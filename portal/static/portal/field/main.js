// The app: its head with the state of things, its addresses, and keeping itself ready for the next time without a network.

import { conflictView } from "./conflict_view.js";
import { element, quietButton, refill } from "./dom.js";
import { mendView } from "./mend_view.js";
import { NEEDS_YOU, reportsOf, UNSENT } from "./queue.js";
import { queueView } from "./queue_view.js";
import { siteView } from "./site_view.js";
import { heardOf } from "./sites.js";
import { sitesView } from "./sites_view.js";
import { about, store, watch } from "./store.js";
import { keepSending, sender, sync } from "./sync.js";
import { forget, whoIsHere } from "./who.js";
import { config, cookie, language, momentWords, say, setLanguage } from "./words.js";

const SIGN_IN = "/accounts/login/?next=/field/";
const main = document.getElementById("main");
let view = {};
let shown = null; // the address of what is on the screen …
let shownTo; // … and the name of whom it is for
let drawing = 0;
let soon = 0;
let kept = false; // whether the app is on the phone

function go(address) {
  if (location.hash.slice(1) === address) draw();
  else location.hash = address;
}

async function viewOf(who) {
  if (!who) return nobodyView();
  const [name, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (name === "site") return siteView(who, rest.join("/"), go);
  if (name === "mend") return mendView(who, rest.slice(0, -1).join("/"), Number(rest.at(-1)), go);
  if (name === "queue") return queueView(who, go);
  if (name === "conflict") return conflictView(who, rest.join("/"), go);
  return sitesView(who);
}

async function draw() {
  const turn = ++drawing;
  const who = await whoIsHere();
  const made = await viewOf(who);
  if (turn !== drawing) return;
  const moved = shown !== null && shown !== location.hash;
  view = made;
  shown = location.hash;
  shownTo = who?.username;
  document.documentElement.lang = language() === "en" ? "en" : "zh-Hans";
  document.title = `${view.title} · 校建通 SchoolWorks`;
  main.replaceChildren(...view.nodes);
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  await drawHead();
}

async function nobodyView() {
  const before = (await about("who")).username;
  const words = { offline: before ? "connectOnce" : "signInFirst", signin: "signInFirst" }[sender.state];
  // While the server is being asked it is not known whether to sign in: who has done so must not be told to.
  const link = words && element("p", {}, element("a", { class: "button", href: SIGN_IN }, say("signIn")));
  return { title: say("mySites"), nodes: [element("h1", {}, say("mySites")), element("p", {}, say(words || "checking")), link].filter(Boolean), refresh: draw };
}

async function drawHead() {
  const who = await whoIsHere();
  const user = who?.username;
  const waiting = user ? (await reportsOf(user, UNSENT)).length : 0;
  const yours = user ? (await reportsOf(user, NEEDS_YOU)).filter((report) => !report.settledBy).length : 0;
  const heard = user ? await heardOf(user) : {};
  const line = [stateWords(), heard.at && say("asOf", { time: momentWords(heard.at) })].filter(Boolean).join(" · ");
  refill(
    document.querySelector("[data-head]"),
    element("a", { class: "product", href: "#", id: "head-home" }, "校建通"),
    element("p", { class: "field-state", "data-state": sender.state }, line),
    element(
      "p",
      { class: "field-links" },
      user && element("a", { href: "#queue", id: "head-queue" }, say("reports"), yours > 0 && element("span", { class: "badge badge-note" }, say("needYou", { n: yours })), waiting > 0 && element("span", { class: "badge", "data-waiting": waiting }, say("waitingCount", { n: waiting }))),
      user && quietButton(say("refresh"), () => sync({ news: true }), { id: "head-refresh", disabled: sender.state === "busy" }),
    ),
    sender.state === "signin" && element("p", { class: "message error" }, say(waiting ? "signInKept" : "signInAgain", { n: waiting }), " ", element("a", { class: "button", href: SIGN_IN, id: "head-signin" }, say("signIn"))),
  );
  drawFoot(who, waiting);
}

function stateWords() {
  return { busy: say("busy"), offline: say("offline"), signin: say("signedOut"), full: say("full"), idle: "" }[sender.state];
}

function drawFoot(who, waiting) {
  const other = language() === "en" ? ["zh-hans", "中文"] : ["en", "English"];
  const change = () => {
    setLanguage(other[0]);
    draw();
    sync({ news: true });
  };
  const nodes = [
    kept && element("p", { class: "quiet", id: "foot-kept" }, say("worksOffline")),
    config.demo && element("p", { class: "quiet" }, say("demo")),
    who && element("span", { class: "quiet" }, who.engineer),
    quietButton(other[1], change, { id: "foot-language", lang: other[0] === "en" ? "en" : "zh-Hans" }),
    element("a", { class: "button button-quiet", href: "/projects/", id: "foot-projects" }, say("allProjects")),
    who && element("a", { class: "button button-quiet", href: "/office/inspections/", id: "foot-findings" }, say("allFindings")),
    who && element("a", { class: "button button-quiet", href: "/office/paper/", id: "foot-paper" }, say("paperForm")),
    who && quietButton(say("signOut"), () => signOut(waiting), { id: "foot-signout" }),
  ];
  refill(document.querySelector("[data-foot]"), nodes);
}

async function signOut(waiting) {
  if (waiting && !confirm(say("signOutSure", { n: waiting }))) return;
  await forget();
  const form = element("form", { method: "post", action: "/accounts/logout/" }, element("input", { type: "hidden", name: "csrfmiddlewaretoken", value: cookie("csrftoken") }));
  document.body.append(form);
  form.submit();
}

// One's own things changed, here or in another tab: shown soon, but not for each of two hundred reports anew.
function changed() {
  soon ||= setTimeout(() => {
    soon = 0;
    showChanges();
  }, sender.state === "busy" ? 1000 : 200);
}

async function showChanges() {
  await drawHead();
  const who = await whoIsHere();
  if (who?.username !== shownTo) await draw();
  else if (view.refresh) await view.refresh();
}

if (navigator.serviceWorker) {
  navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" }).catch((error) => console.warn("service worker:", error));
  navigator.serviceWorker.ready.then(() => {
    kept = true;
    drawHead();
  });
}
addEventListener("hashchange", draw);
try {
  await draw();
} catch (error) {
  main.replaceChildren(element("h1", {}, say("mySites")), element("p", { class: "message error" }, say("noStore")));
  throw error;
}
sender.addEventListener("change", changed);
watch(() => Promise.all([store.about.toArray(), ...[store.reports, store.photos].map((table) => table.orderBy("[user+state]").keys())]), changed);
keepSending();
