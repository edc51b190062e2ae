// Photos: a small preview for the way, the original for later; both wait on the phone until they have arrived.

import { keepForGood, newId, store } from "./store.js";

const LONGEST = 1280; // pixels of a preview's longer side
const LARGEST = 100 * 1024; // bytes of a preview
const TYPES = { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", heic: "image/heic", heif: "image/heif" };

export const photosOf = (report) => store.photos.where({ report }).sortBy("kept_at");

export function typeOf(file) {
  return file.type || TYPES[file.name.split(".").pop().toLowerCase()] || "";
}

// Throws QuotaExceededError (nothing is kept then), or "type" for what is no photo.
export async function keepPhoto(draft, file, here) {
  const type = typeOf(file);
  if (!Object.values(TYPES).includes(type)) throw new Error("type");
  const photo = {
    id: newId(), user: draft.user, code: draft.code, report: draft.id, state: "waiting", offset: 0, here,
    kept_at: Date.now(),
    taken_at: new Date(file.lastModified || Date.now()).toISOString(),
    media_type: type, size: file.size, preview: await previewOf(file),
  };
  const original = new Blob([await file.arrayBuffer()], { type }); // the file itself may be gone when it is needed
  await store.transaction("rw", store.reports, store.photos, store.originals, async () => {
    await store.reports.put({ ...draft, state: "draft" }); // a photo without its report would never be found again
    await store.originals.put({ id: photo.id, blob: original });
    await store.photos.put(photo);
  });
  await keepForGood();
  return photo;
}

export function dropPhoto(photo) {
  return store.transaction("rw", store.photos, store.originals, async () => {
    await store.originals.delete(photo.id);
    await store.photos.delete(photo.id);
  });
}

// A JPEG of at most 1280 pixels and 100 KB; null where the browser cannot read the picture (HEIC): the server can.
async function previewOf(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
  let scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  let small = null;
  for (let quality = 0.8; !small || small.size > LARGEST; quality -= 0.15) {
    if (quality < 0.4) [quality, scale] = [0.7, scale * 0.75];
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!small) break;
  }
  picture.close();
  return small;
}

// For <img>: the policy knows data:, so it need not open itself to blob:.
export function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

// Whether the network bears full pictures.
export function networkIsGood() {
  const { effectiveType = "4g", saveData = false } = navigator.connection || {};
  return !saveData && !effectiveType.includes("2g");
}
