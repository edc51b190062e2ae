// What is kept on the phone. Later versions only add: nothing here is ever emptied by an update of the app.

import { Dexie, liveQuery } from "../vendor/dexie/dexie.min.js";

export const store = new Dexie("schoolworks-field");

store.version(1).stores({
  about: "name", // who: {username, name, seal}; synced:USERNAME: {etag, at}
  sites: "[user+code], user", // as `field/` gives them
  reports: "id, user, [user+code], [user+state]",
  photos: "id, user, report, [user+state]", // with the preview; the original lies apart, so that lists stay light
  originals: "id",
});

// Calls `act` now and whenever something that `read` reads has changed, in this tab or another.
export function watch(read, act) {
  liveQuery(read).subscribe({ next: act, error: (error) => console.error(error) });
}

export async function about(name) {
  return (await store.about.get(name)) || {};
}

export function isFull(error) {
  return [error, error && error.inner].some((each) => each && each.name === "QuotaExceededError");
}

// Asked once something would be lost: the browser then keeps what it would else clear when space runs out.
export async function keepForGood() {
  try {
    if (navigator.storage?.persist && !(await navigator.storage.persisted())) await navigator.storage.persist();
  } catch {
    // Not every browser has it, and nothing depends on it.
  }
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
