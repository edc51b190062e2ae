// What day it is. A phone's clock may be off: each answer of the server tells by how much.

import { config } from "./words.js";

const KEPT = "field-clock";

export function setClock(response) {
  const theirs = Date.parse(response.headers.get("Date") || "");
  if (theirs) localStorage.setItem(KEPT, String(theirs - Date.now()));
}

export function now() {
  return Date.now() + (Number(localStorage.getItem(KEPT)) || 0);
}

// YYYY-MM-DD where the bureau is.
export function today() {
  return new Intl.DateTimeFormat("en-CA", { timeZone: config.timeZone }).format(now());
}

export function daysBetween(earlier, later) {
  return Math.round((Date.parse(later) - Date.parse(earlier)) / 86400000);
}
