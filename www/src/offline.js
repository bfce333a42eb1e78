// The service worker: keeps the page's own files, so that the page opens with the network off. The build writes FILES
// above this text, so every build has a worker and a cache of its own. Meanings are not kept here: they are in IndexedDB.

const CACHE = `elanus-dictionary ${FILES.join(' ')}`
const kept = new Set(FILES.map((file) => new URL(file, self.registration.scope).href))

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([...kept]))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name.startsWith('elanus-dictionary') && name !== CACHE).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  // The page itself is asked of the network first, or a new build would never be seen.
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => caches.match(self.registration.scope)))
  } else if (request.method === 'GET' && kept.has(request.url)) {
    event.respondWith(caches.match(request).then((response) => response ?? fetch(request)))
  }
})
