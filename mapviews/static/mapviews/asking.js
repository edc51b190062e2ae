// How data comes, for every layer: asked for once, waited for as long as something comes, and what failed told in words on the
// page, all of one reason in one sentence, with a way to try again.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, number, say } = SchoolWorks;
  const { words } = config;
  const PATIENCE = 30000; // milliseconds in which nothing comes until an answer is given up
  const SLOW = 2000; // and until the page says what it waits for
  const stage = document.querySelector("[data-map-stage]");

  // Why an answer did not come: a key of the page's words, what fills them in, or the server's own words.
  class Trouble extends Error {
    constructor(key, values) {
      super(key);
      Object.assign(this, { key, values });
    }
  }

  // --- asking ---

  // A map that was taken along as one file holds what it would have fetched.
  const held = new Map(Array.from(document.querySelectorAll("script[data-url]"), (block) => [block.dataset.url, block]));

  async function asked(url, options) {
    if (config.standalone) {
      if (!held.has(url)) throw new Trouble("notInFile");
      return JSON.parse(held.get(url).textContent);
    }
    const stop = new AbortController();
    let timer;
    const came = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), PATIENCE);
    };
    const row = waitFor();
    came();
    try {
      // In a static edition what is asked for with a query is a file of its own.
      const response = await fetch(config.files?.[url] || url, { ...options, signal: stop.signal });
      came();
      const text = await read(response, (size) => {
        came();
        row.size += size;
      });
      if (!response.ok) throw refused(response, text);
      return JSON.parse(text);
    } catch (error) {
      if (error instanceof Trouble) throw error;
      throw new Trouble(stop.signal.aborted ? "silent" : navigator.onLine ? "brokenOff" : "offline");
    } finally {
      clearTimeout(timer);
      row.over();
    }
  }

  async function read(response, came) {
    if (!response.body) return "";
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      came(value.length);
      text += decoder.decode(value, { stream: true });
    }
  }

  // The server's problem details are words for the reader, in the page's language; whatever else it answers is a number.
  function refused(response, text) {
    const { status } = response;
    const wait = Number(response.headers.get("Retry-After"));
    if (wait > 0) return new Trouble("busy", { n: number(wait) });
    if (status < 500) {
      try {
        const { detail, errors } = JSON.parse(text);
        const told = [...new Set([...errors.map(({ message }) => message), detail])].filter(Boolean);
        if (told.length) return Object.assign(new Trouble("refused"), { told: told.slice(0, 3) });
      } catch {
        // no problem details
      }
    }
    return new Trouble(status < 500 ? "refused" : "fault", { status });
  }

  // What the page shows first is brought by a script of its own: mostly it is here before this one, and is drawn in the page's
  // first frame. Where it fails, or takes long, it is asked for like anything else, which says how much has come and why not.
  const bringer = document.querySelector("script[data-first]");

  let firstAsked = false;

  function brought(url) {
    const row = waitFor();
    return new Promise((resolve, reject) => {
      let asking;
      const ask = () => (asking = asking || asked(url).then(resolve, reject));
      SchoolWorks.arrived = () => resolve(SchoolWorks.first);
      if (SchoolWorks.first) return SchoolWorks.arrived();
      bringer.addEventListener("error", ask);
      window.addEventListener("load", () => SchoolWorks.first || ask()); // it may have failed before
      setTimeout(() => SchoolWorks.first || ask(), 4 * SLOW); // whichever comes first
    }).finally(row.over);
  }

  SchoolWorks.asked = asked;
  SchoolWorks.waitFor = waitFor;
  SchoolWorks.fetched = function (url) {
    const data = !firstAsked && bringer && bringer.dataset.first === url ? brought(url) : asked(url);
    firstAsked = true;
    return data;
  };

  // --- what is on its way ---

  const rows = new Set();
  const coming = element("p", { class: "map-coming", hidden: true });
  let ticking;

  function waitFor() {
    const row = { size: 0, since: Date.now(), over: () => rows.delete(row) || tick() };
    rows.add(row);
    ticking = ticking || setInterval(tick, 500);
    return row;
  }

  function tick() {
    const late = [...rows].filter(({ since }) => Date.now() - since > SLOW);
    const size = late.reduce((sum, row) => sum + row.size, 0);
    coming.hidden = !late.length;
    if (late.length) coming.textContent = size ? say("coming", { n: number(Math.round(size / 1024)) }) : words.waiting;
    if (!rows.size) ticking = clearInterval(ticking);
  }

  // --- what failed ---

  const failures = new Map(); // the part's word: {why, again}
  const box = element("div", { class: "map-failures", role: "alert" });
  if (stage) stage.append(coming, box);

  SchoolWorks.why = ({ key, values, told, message }) => (told ? told.join(" ") : words[key] ? say(key, values) : message);

  SchoolWorks.sentence = (parts, why) => say("notLoaded", { parts: parts.join(words.comma), why });

  SchoolWorks.again = function (again) {
    const button = element("button", { type: "button", class: "button" }, words.retry);
    button.addEventListener("click", again);
    return button;
  };

  // `part`: its word on this page; `again` asks for it once more, and calls `well` first.
  SchoolWorks.failed = function (part, error, again) {
    console.warn(`${part}:`, error.key, error.message);
    const before = failures.get(part); // two maps have a boundary each
    failures.set(part, { why: SchoolWorks.why(error), again: before ? () => (before.again(), again()) : again });
    tell();
  };

  SchoolWorks.well = (part) => failures.delete(part) && tell();

  function retry(parts) {
    for (const [part, { again }] of parts) {
      SchoolWorks.well(part);
      again();
    }
  }

  function tell() {
    const reasons = new Map();
    for (const entry of failures) reasons.set(entry[1].why, [...(reasons.get(entry[1].why) || []), entry]);
    box.replaceChildren(
      ...Array.from(reasons, ([why, parts]) => element("div", {}, element("p", {}, SchoolWorks.sentence(parts.map(([part]) => part), why)), SchoolWorks.again(() => retry(parts)))),
    );
  }

  window.addEventListener("online", () => retry([...failures]));
})();
