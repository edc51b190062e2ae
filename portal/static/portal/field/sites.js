// The engineer's sites as last heard of, and what one's own reports have done to them since.

import { Away, call } from "./api.js";
import { now } from "./clock.js";
import { withChanges } from "./rules.js";
import { about, store } from "./store.js";
import { setWho } from "./who.js";
import { language } from "./words.js";

const DECIDED = ["not_applicable", "met", "reported"];

export const sitesOf = (user) => store.sites.where({ user }).toArray();
export const siteOf = (user, code) => store.sites.get([user, code]);
export const heardOf = (user) => about(`synced:${user}`);

// Ask what there is; says who asked. Little is sent where nothing changed.
export async function refreshSites(sealed) {
  const who = await about("who");
  const synced = who.username ? await heardOf(who.username) : {};
  const known = synced.etag && synced.language === language();
  const headers = known ? { "If-None-Match": synced.etag } : {};
  const answer = await call("GET", "/api/v1/field/", { headers, as: sealed });
  const at = now();
  if (answer.status === 304) {
    await store.about.put({ ...synced, name: `synced:${who.username}`, at });
    await setWho(who.username, who.engineer, sealed);
    return who.username;
  }
  if (answer.status !== 200) throw new Away(String(answer.status));
  const { username, engineer, sites, unread } = answer.data;
  await store.transaction("rw", store.about, store.sites, async () => {
    await store.sites.where({ user: username }).delete();
    await store.sites.bulkPut(sites.map((site) => ({ ...site, user: username })));
    await store.about.put({ name: `synced:${username}`, etag: answer.headers.get("ETag"), language: language(), at, unread });
    await setWho(username, engineer, sealed);
  });
  return username;
}

// What a report did to its site. False: somebody else wrote too, so the site must be asked for again.
export function enterAnswer(report, answer, version) {
  return store.transaction("rw", store.sites, async () => {
    const site = await siteOf(report.user, report.code);
    if (!site) return true;
    for (const stage of site.milestones) {
      const entry = answer.entries[stage.key];
      if (entry && entry.outcome === "applied") Object.assign(stage, entry.after);
    }
    const alone = version === site.version + 1;
    if (alone) site.version = version;
    await store.sites.put(site);
    return alone || version <= site.version;
  });
}

// The stages with what waits to be sent, oldest first, as if it were entered.
export function stagesWith(site, reports) {
  return site.milestones.map((stage) => reports.reduce((then, report) => withChanges(then, report.entries[stage.key]), stage));
}

// The stage that comes next: the server's word while it stands, else the first that is open.
export function nextStage(site, stages = site.milestones) {
  const open = stages.filter((stage) => !DECIDED.includes(stage.state));
  return open.find((stage) => stage.key === site.next) || open[0] || null;
}

export function dueOf(site, stage) {
  if (!stage) return null;
  return stage.key === site.next && site.next_due ? site.next_due : stage.forecast || stage.planned;
}
