// Asking the server. Where no answer came it is `Away` (try again later); a session that has ended is `SignIn`.

import { setClock } from "./clock.js";
import { cookie, language } from "./words.js";

const PATIENCE = 60000; // milliseconds: 2G takes its time

export class Away extends Error {
  constructor(message, after = 0) {
    super(message);
    this.after = after; // milliseconds that the server asked to wait
  }
}

export class SignIn extends Error {}

export class Changed extends Error {} // somebody else has signed in meanwhile: begin again

// The cookie changes whenever somebody signs in: it seals a run of requests to the person it began with.
export const seal = () => cookie("csrftoken");

// -> {status, data, headers}: 2xx, 304 and refusals (4xx); everything else is thrown.
export async function call(method, path, { body, type = "application/json", headers = {}, as = seal() } = {}) {
  let response;
  let data = null;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      headers: {
        Accept: "application/json",
        "Accept-Language": language(),
        ...(method === "GET" || method === "HEAD" ? {} : { "X-CSRFToken": as }),
        ...(body === undefined ? {} : { "Content-Type": type }),
        ...headers,
      },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (/json/.test(response.headers.get("Content-Type") || "")) data = await response.json();
  } catch (error) {
    throw new Away(error.message);
  }
  setClock(response);
  if (response.status === 401) throw new SignIn();
  if (response.status === 403 && seal() !== as) throw new Changed();
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    throw new Away(String(response.status), 1000 * (Number(response.headers.get("Retry-After")) || 0));
  }
  return { status: response.status, data, headers: response.headers };
}
