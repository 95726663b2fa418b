// A call to you: spoken to screen readers, and shown by the browser once you allowed it with a [data-ask-notify] button.
// Listens to "baton:call" {title, text, url}.
(() => {
  const can = 'Notification' in window, region = document.getElementById('announce-call');
  const draw = () => document.querySelectorAll('[data-ask-notify]').forEach((el) => { el.hidden = !can || Notification.permission !== 'default'; });
  document.addEventListener('click', async ({ target }) => {
    if (!can || !target.closest('[data-ask-notify]')) return;
    await Notification.requestPermission();
    draw();
  });
  document.addEventListener('baton:call', ({ detail: { title, text = '', url } }) => {
    region.textContent = '';
    setTimeout(() => { region.textContent = `${title}. ${text}`; }, 50);
    if (!can || Notification.permission !== 'granted' || document.hasFocus()) return;
    try {
      const note = new Notification(title, { body: text, tag: url || title, requireInteraction: true });
      note.onclick = () => { window.focus(); if (url && new URL(url, location).origin === location.origin) location.assign(url); note.close(); };
    } catch { /* some phones only allow this from a service worker */ }
  });
  document.addEventListener('htmx:afterSwap', draw);
  draw();
})();
