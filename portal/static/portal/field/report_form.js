// What the report says beside its stages: words, photos, where it was written. Everything is kept as it is entered.

import { button, element, labelled, quietButton, tell } from "./dom.js";
import { asDataUrl, dropPhoto, keepPhoto, photosOf } from "./photos.js";
import { distanceWords, metresBetween, whereAmI } from "./position.js";
import { isFull } from "./store.js";
import { say } from "./words.js";

const WORDS = [
  ["text", 500, 2],
  ["problems", 1000, 2],
  ["next_step", 500, 2],
];

// `keep()` stores the draft; `wrong` is {field: words} of what the server refused.
export function reportWords(draft, keep, wrong) {
  const nodes = WORDS.map(([name, longest, rows]) => {
    const put = (event) => {
      draft[name] = event.target.value;
      keep();
    };
    const area = element("textarea", { id: `report-${name}`, rows, maxlength: longest, oninput: put });
    area.value = draft[name] || "";
    return labelled(say(name), area, { hint: name === "text" ? say("textHint") : "", error: wrong[name] });
  });
  return [...nodes, ...confirmation(draft, keep, wrong)];
}

// Dates that the server found strange are sent again only when they are said to be meant, and why.
function confirmation(draft, keep, wrong) {
  if (!wrong.confirm && !draft.confirm && !draft.reason) return [];
  const meant = element("input", { type: "checkbox", id: "report-confirm", onchange: (event) => ((draft.confirm = event.target.checked), keep()) });
  meant.checked = Boolean(draft.confirm);
  const why = element("textarea", { id: "report-reason", rows: 2, maxlength: 500, oninput: (event) => ((draft.reason = event.target.value), keep()) });
  why.value = draft.reason || "";
  return [element("p", { class: "field-error" }, wrong.confirm || ""), element("label", { class: "field-check" }, meant, " ", say("datesMeant")), labelled(say("reason"), why)];
}

export function reportPhotos(draft, keep) {
  const list = element("ul", { class: "field-photos" });
  const draw = async () => {
    const photos = await photosOf(draft.id);
    list.replaceChildren(...(await Promise.all(photos.map((photo) => photoItem(photo, () => (draw(), keep()))))));
  };
  const take = async (event) => {
    for (const file of event.target.files) {
      try {
        await keepPhoto(draft, file, event.target.id === "report-camera");
      } catch (error) {
        tell(say(isFull(error) ? "full" : error.message === "type" ? "noPhoto" : "photoFailed"));
        console.warn("photo:", error);
      }
    }
    event.target.value = "";
    await keep();
    await draw();
  };
  const accept = "image/jpeg,image/png,image/webp,image/heic,image/heif";
  const camera = element("input", { type: "file", id: "report-camera", class: "unseen", accept, capture: "environment", onchange: take });
  const album = element("input", { type: "file", id: "report-album", class: "unseen", accept, multiple: true, onchange: take });
  const node = element(
    "section",
    { "aria-labelledby": "photos-title" },
    element("h3", { id: "photos-title" }, say("photos")),
    element("div", { class: "field-actions" }, camera, element("label", { class: "button button-quiet", for: "report-camera" }, say("takePhoto")), album, element("label", { class: "button button-quiet", for: "report-album" }, say("choosePhotos"))),
    list,
  );
  return { node, draw };
}

async function photoItem(photo, gone) {
  const picture = photo.preview ? element("img", { src: await asDataUrl(photo.preview), alt: say("photo") }) : element("span", { class: "field-nopreview" }, say("noPreview"));
  const drop = async () => {
    await dropPhoto(photo);
    gone();
  };
  return element("li", {}, picture, quietButton(say("removePhoto"), drop));
}

const ELSEWHERE = 150; // metres beyond the device's own doubt: a site is seldom larger

// `recorded`: where the record has the site. An engineer does not move it, but says so: the office does.
export function reportPosition(draft, keep, recorded) {
  const node = element("div", { class: "field-position" });
  const draw = () => {
    const place = draft.position;
    const words = place ? say("positionKept", { n: place.accuracy, lon: place.lon.toFixed(5), lat: place.lat.toFixed(5) }) : "";
    const act = place ? quietButton(say("removePosition"), () => put(null), { id: "report-position" }) : quietButton(say("addPosition"), ask, { id: "report-position" });
    const metres = place && recorded ? metresBetween(place, recorded) : null;
    const far = metres !== null && element("p", { class: "number" }, say("fromRecord", { distance: distanceWords(metres) }));
    const elsewhere = metres > ELSEWHERE + (place?.accuracy || 0) && quietButton(say("siteElsewhere"), () => sayElsewhere(place, metres), { id: "report-elsewhere" });
    node.replaceChildren(...[words && element("p", { class: "number" }, words), far, element("div", { class: "field-actions" }, act, elsewhere)].filter(Boolean));
  };
  const sayElsewhere = (place, metres) => {
    const values = { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5), n: place.accuracy, distance: distanceWords(metres) };
    const area = document.getElementById("report-problems");
    draft.problems = area.value = [area.value.trim(), say("siteElsewhereText", values)].filter(Boolean).join("\n").slice(0, 1000);
    keep();
    area.focus();
  };
  const put = (place) => {
    draft.position = place;
    keep();
    draw();
  };
  const ask = async () => {
    tell(say("askingPosition"));
    try {
      put(await whereAmI());
      tell(say("positionAdded"));
    } catch {
      tell(say("noPosition"));
    }
  };
  draw();
  return node;
}

export const sendButton = (act) => button(say("handIn"), act, { id: "report-send" });
