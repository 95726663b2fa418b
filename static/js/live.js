// One stream from the server. What changed is fetched again and morphed in; a page that is cut off says so.
// Elements: [data-live-src=url] [data-live-ids="12 14"] (without ids: any change). Keep an id on each.
// Set html[data-hold] while something is in the hand (a dragged card): updates wait until it is gone.
(() => {
  const root = document.documentElement, body = document.body, address = body.dataset.live;
  if (!address || !window.EventSource) return;
  const GAP = 400, SILENT = 5000, POLL = 5000;
  const pending = new Map();
  let stream, heard = Date.now(), serverTime = body.dataset.now, version = body.dataset.version, tried = 0;
  const emit = (name, detail) => body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  const regions = () => [...document.querySelectorAll('[data-live-src]')];

  function refetch(src) {
    const job = pending.get(src) ?? { last: 0 };
    pending.set(src, job);
    if (job.busy) { job.again = true; return; }
    job.timer ??= setTimeout(run, Math.max(0, job.last + GAP - Date.now()), src, job);
  }
  async function run(src, job) {
    job.timer = undefined;
    const el = regions().find((one) => one.dataset.liveSrc === src);
    if (!el) return;
    if (root.hasAttribute('data-hold')) { job.timer = setTimeout(run, GAP, src, job); return; }
    Object.assign(job, { busy: true, last: Date.now() });
    try { await htmx.ajax('GET', src, { source: el, target: el, swap: 'morph:outerHTML' }); } catch { /* the watchdog tells */ }
    job.busy = false;
    if (job.again) { job.again = false; refetch(src); }
  }
  const refresh = (ids) => regions()
    .filter(({ dataset }) => !ids || !dataset.liveIds || dataset.liveIds.split(' ').some((id) => ids.includes(Number(id))))
    .forEach(({ dataset }) => refetch(dataset.liveSrc));

  function beat(now, notices) {
    heard = Date.now(); serverTime = now;
    const back = root.hasAttribute('data-cut-off');
    root.removeAttribute('data-cut-off');
    emit('baton:beat', { now });
    if (back) refresh();
    // The notices have a version of their own: every beat tells it, so that none is missed.
    const above = document.getElementById('notices');
    if (above && notices && notices !== above.dataset.version) refetch(above.dataset.liveSrc);
  }
  function open() {
    stream?.close();
    stream = new EventSource(address);
    const on = (name, act) => stream.addEventListener(name, ({ data }) => act(JSON.parse(data)));
    on('hello', ({ now, version: its, notices }) => { beat(now, notices); if (String(its) !== version) refresh(); version = String(its); });
    on('beat', ({ now, notices }) => beat(now, notices));
    on('change', (detail) => { beat(detail.now); version = String(detail.version); emit('baton:change', detail); });
    on('presence', (detail) => emit('baton:presence', detail));
    on('call', (detail) => emit('baton:call', detail));
  }
  function watch() {
    const silent = Date.now() - heard > SILENT;
    if (!silent || document.visibilityState === 'hidden' && !stream) return;
    if (!root.hasAttribute('data-cut-off')) {
      const at = new Date(Date.parse(serverTime));
      root.setAttribute('data-cut-off', at.toISOString());
      emit('baton:cut-off', { since: at });
    }
    const since = new Date(root.getAttribute('data-cut-off')).toLocaleTimeString('en-GB');
    for (const el of document.querySelectorAll('[data-cut-off-since]')) el.textContent = since;
    if (Date.now() - tried > POLL) { tried = Date.now(); open(); refresh(); }
  }
  // The numbers in the bars, said by the region that fetched them.
  document.addEventListener('counts', ({ detail }) => {
    for (const el of document.querySelectorAll('[data-count]')) el.textContent = detail[el.dataset.count] || '';
  });
  body.addEventListener('baton:change', ({ detail }) => refresh(detail?.ids));
  window.addEventListener('pagehide', () => { stream?.close(); stream = undefined; });
  window.addEventListener('pageshow', ({ persisted }) => { if (persisted) { heard = Date.now(); version = undefined; open(); } });
  open();
  for (const { dataset } of document.querySelectorAll('[data-old]')) refetch(dataset.liveSrc); // made of what was known lately
  setInterval(watch, 1000);
})();
