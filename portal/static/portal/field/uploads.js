// Photos on their way: announced, then the preview, then the original in pieces that go on where they stopped.

import { Away, call } from "./api.js";
import { siteOf } from "./sites.js";
import { store } from "./store.js";

const PIECE = 256 * 1024; // bytes: what a bad network carries within the patience of a request
const ARRIVED = ["sent", "accepted", "returned", "conflict", "settled", "corrected", "reopened"];

const path = (photo, tail = "") => `/api/v1/projects/${photo.code}/photos/${tail}`;

// Previews of all first, then originals if they may go. Only photos whose report has arrived.
export async function sendPhotos(user, sealed, withOriginals) {
  for (const photo of await ready(user, ["waiting"])) await announce(photo, sealed);
  for (const photo of await ready(user, ["announced"])) await sendPreview(photo, sealed);
  if (withOriginals) for (const photo of await ready(user, ["seen"])) await sendOriginal(photo, sealed);
}

async function ready(user, states) {
  const photos = await store.photos.where("[user+state]").anyOf(states.map((state) => [user, state])).toArray();
  const reports = await store.reports.bulkGet(photos.map((photo) => photo.report));
  return photos.filter((photo, n) => reports[n] && ARRIVED.includes(reports[n].state));
}

export async function announce(photo, sealed) {
  const { id, report, taken_at, size, media_type } = photo;
  const { position: written, finding } = await store.reports.get(report);
  // Only a photo taken now was taken where the report was written.
  const position = photo.here && written;
  const place = position ? { position: { type: "Point", coordinates: [position.lon, position.lat] }, accuracy: position.accuracy } : {};
  const body = { id, report: finding ? null : report, milestone: photo.milestone || "", taken_at, caption: photo.caption || "", size, media_type, ...place };
  const answer = await call("POST", path(photo), { body, as: sealed });
  await next(photo, answer, "announced");
}

async function sendPreview(photo, sealed) {
  if (!photo.preview) return store.photos.update(photo.id, { state: "seen" });
  const answer = await call("PUT", path(photo, `${photo.id}/preview/`), { body: photo.preview, type: "image/jpeg", as: sealed });
  if ([400, 413, 415].includes(answer.status)) return store.photos.update(photo.id, { state: "seen" }); // the original says more
  return next(photo, answer, "seen");
}

async function sendOriginal(photo, sealed) {
  const kept = await store.originals.get(photo.id);
  if (!kept) return store.photos.update(photo.id, { state: "done" });
  const where = path(photo, `${photo.id}/original/`);
  const begun = await call("HEAD", where, { as: sealed });
  if (begun.status >= 400) return next(photo, begun, "seen");
  let offset = Number(begun.headers.get("Upload-Offset")) || 0;
  while (offset < kept.blob.size) {
    const answer = await call("PATCH", where, {
      body: kept.blob.slice(offset, offset + PIECE),
      type: "application/offset+octet-stream",
      headers: { "Upload-Offset": String(offset) },
      as: sealed,
    });
    if (answer.status >= 400 && answer.status !== 409) return next(photo, answer, "seen");
    const told = answer.headers.get("Upload-Offset");
    if (told === null || (answer.status === 409 && Number(told) === offset)) throw new Away("no offset");
    offset = Number(told);
    await store.photos.update(photo.id, { offset });
  }
  await store.transaction("rw", store.photos, store.originals, async () => {
    await store.photos.update(photo.id, { state: "done", offset });
    await store.originals.delete(photo.id); // it has arrived; the preview stays with the report
  });
}

// A refused photo is kept with the reason; where there is nobody to take it yet, it waits.
async function next(photo, answer, state) {
  if (answer.status < 300) return store.photos.update(photo.id, { state, problem: null });
  const mine = await siteOf(photo.user, photo.code);
  if (answer.status === 404 && mine) return store.photos.update(photo.id, { state: "waiting" });
  return store.photos.update(photo.id, { state: "refused", problem: answer.data || { status: answer.status } });
}
