// Whose phone it is now. Reports belong to who wrote them; nobody else sees or sends them.

import { seal } from "./api.js";
import { about, store } from "./store.js";

// {username, name}, or null: nobody yet, signed out, or somebody has signed in since and must be heard of first.
export async function whoIsHere() {
  const who = await about("who");
  return who.username && who.seal === seal() ? who : null;
}

export async function setWho(username, name, sealed) {
  await store.about.put({ name: "who", username, engineer: name, seal: sealed });
}

export async function forget() {
  await store.about.delete("who");
}
