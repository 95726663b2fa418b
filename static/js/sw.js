// The service worker: shows what Baton pushes into this browser, also while no page is open, and opens what it is about.
// Served as /sw.js, so that it may act for the whole site. It keeps and intercepts nothing. What it reads is made in
// escalation/notify/push.py: {kind, title, body, link, tag, stays, actions, answer, code, confirmed}.
(() => {
  const home = self.location.origin;
  const windows = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const ours = (path) => {
    try { const url = new URL(path || '/', home); return url.origin === home ? url.href : `${home}/`; } catch { return `${home}/`; }
  };
  const read = (data) => {
    try { return data.json() ?? {}; } catch { return {}; }
  };

  // A browser that was pushed to has to show something, even if it cannot read what. No picture: it would have to be
  // fetched before a call is shown.
  const show = ({ title, body = '', link, tag, stays, actions, answer }) => self.registration.showNotification(title || 'Baton', {
    body, tag: tag || 'baton', renotify: true, requireInteraction: Boolean(stays),
    actions: Array.isArray(actions) ? actions.map(([action, label]) => ({ action, title: label })) : [], data: { link: ours(link), answer: answer && ours(answer) },
  });

  // The code that proves this browser: handed back by itself. If it is not taken, the person sees it and can type it.
  const confirm = async (code) => {
    try {
      const answer = await fetch('/reach/push/confirmation/', { method: 'POST', body: new URLSearchParams({ code }), redirect: 'manual' });
      return answer.ok;
    } catch { return false; }
  };

  const told = async (message) => {
    if (!message.code || !await confirm(message.code)) { await show(message); return; }
    await show({ ...message, ...message.confirmed });
    for (const page of await windows()) page.postMessage({ baton: 'reached' });
  };

  // A page that shows it comes to the front; else a new one is opened.
  const open = async (link) => {
    const [page] = (await windows()).filter(({ url }) => url.split('#')[0] === link);
    await (page ? page.focus() : self.clients.openWindow(link));
  };

  // One press answers, and what came of it takes the place of the call. If nobody can be asked, the page can still be tried.
  const answer = async ({ tag, data }) => {
    try {
      const reply = await fetch(`${data.answer}/button`, { method: 'POST', body: new URLSearchParams({ verb: 'press' }), redirect: 'error' });
      const { title, body, link } = await reply.json();
      await show({ title, body, tag, link: link || data.link });
    } catch { await open(data.link); }
  };

  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener('push', (event) => event.waitUntil(told(read(event.data))));
  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    if (event.action === 'answer') { event.waitUntil(answer(event.notification)); return; }
    const { link, answer: page } = event.notification.data;
    event.waitUntil(open({ cues: ours('/'), page }[event.action] || link));
  });
})();
