// Keeps the app on the phone. FIELD is put before this by the server: {version, frame, kept}; it changes with every byte of
// the app, and then the browser installs this anew beside the old one. What engineers wrote lies in IndexedDB, not here.

const CACHE = `field-${FIELD.version}`;

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FIELD.kept);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

// An open page has all its code already: the new version serves from the next opening on.
self.addEventListener("activate", (event) => {
  const clear = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("field-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/field/") event.respondWith(kept(FIELD.frame, request));
  else if (FIELD.kept.includes(url.pathname + url.search)) event.respondWith(kept(url.pathname + url.search, request));
});

async function kept(address, request) {
  return (await caches.match(address, { cacheName: CACHE })) || fetch(request);
}
