// Ticks every clock by the server's time. [data-due] counts down, [data-since] up (as fast as [data-hands] at once), [data-paused] stands still.
// The server's time is this device's time plus a difference, learnt from body[data-now] and from each live beat.
(() => {
  const { now, sayLate = 'late by', sayDays = 'd' } = document.body.dataset;
  const SOON = 2 * 60, DAY = 24 * 3600;
  const loaded = performance.timeOrigin + (performance.getEntriesByType('navigation')[0]?.responseStart ?? 0);
  let difference = now ? Date.parse(now) - loaded : 0;
  const two = (n) => String(n).padStart(2, '0');
  const spell = (s) => s >= DAY ? `${Math.floor(s / DAY)} ${sayDays}`
    : s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
      : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  const write = (el, text) => { if (el.textContent !== text) el.textContent = text; };

  function draw(el, at) {
    const { since, hands = 1 } = el.dataset;
    if (since) return write(el, spell(Math.max(0, Math.floor((at - Date.parse(since)) / 1000 * hands))));
    const left = Math.ceil((Date.parse(el.dataset.due) - at) / 1000);
    const late = left < 0;
    el.classList.toggle('late', late);
    el.classList.toggle('soon', !late && left < SOON);
    write(el, late ? `${sayLate} ${spell(-left)}` : spell(left));
  }
  function tick() {
    if (document.documentElement.hasAttribute('data-cut-off')) return;
    const at = Date.now() + difference;
    for (const el of document.querySelectorAll('[data-due]:not([data-paused]), [data-since]')) draw(el, at);
  }
  document.addEventListener('baton:beat', ({ detail }) => { difference = Date.parse(detail.now) - Date.now(); tick(); });
  for (const swap of ['htmx:afterSwap', 'htmx:afterSettle']) document.addEventListener(swap, tick);
  // Just past the full second of the server, so that all clocks of all screens turn together.
  (function next() { tick(); setTimeout(next, 1010 - ((Date.now() + difference) % 1000)); })();
})();
