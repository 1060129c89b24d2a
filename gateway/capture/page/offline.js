// The service worker: lets the page itself open without a network. What is new on the server comes first.

const NAME = "suyuan-reader-1";
const FILES = [
  "./", "reader.css", "reader.js", "enrolment.js", "journal.js", "sender.js", "cose.js", "words.js", "reader.webmanifest",
];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function answer(request) {
  const cache = await caches.open(NAME);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method === "GET" && pathname.startsWith("/reader/")) event.respondWith(answer(event.request));
});
