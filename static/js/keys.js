// Shortcuts. A page only marks things: [data-go=q] after g, [data-key=e] on its own, [data-row] for j and k.
// A row with data-seen is an incident: the verbs' keys are for it, also where it shows no buttons.
// Off while typing, with a modifier key, while a dialog is open, and with body[data-keys=off]. Ctrl-Enter sends what is written.
(() => {
  const body = document.body, sheet = document.getElementById('keys');
  const SETTLED = 3000;
  const VERBS = { a: 'acknowledgement', e: 'escalation', h: 'handover', w: 'hold', r: 'resolution' };
  const TYPING = 'textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])';
  const seen = (el) => el.checkVisibility?.() ?? el.offsetParent !== null;
  const first = (where, what) => [...where.querySelectorAll(what)].find(seen);
  const chosen = () => document.querySelector('[data-row][aria-current]');
  const link = (row) => row.querySelector('a[data-open], a.title, a[href]');
  const dialog = () => document.querySelector('dialog[open]');
  let went = 0, kept, flying = 0, until = 0;

  function step(by) {
    const rows = [...document.querySelectorAll('[data-row]')].filter(seen);
    const at = rows.indexOf(chosen());
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!row) return;
    chosen()?.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    (link(row) ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
  // To acknowledge asks nothing: it is sent at once, and the row shows it before the answer. The others open their dialog.
  function work(row, key) {
    const url = new URL(`${VERBS[key]}/`, link(row).href).href;
    if (key !== 'a') { document.dispatchEvent(new CustomEvent('dialog', { detail: { url } })); return; }
    if (row.hasAttribute('aria-busy')) return;
    row.setAttribute('aria-busy', 'true');
    htmx.ajax('POST', url, { source: row, target: row, swap: 'none', values: { seen: row.dataset.seen } })
      .catch(() => {}).finally(() => row.removeAttribute('aria-busy'));
  }
  const press = (el) => { if (el.matches(TYPING)) { el.focus(); el.scrollIntoView({ block: 'nearest' }); } else el.click(); };
  function found(key, only = '') {
    const row = chosen(), mark = `${only}[data-key="${CSS.escape(key)}"]`;
    const own = row && first(row, mark);
    if (own) return () => press(own);
    if (row?.dataset.seen !== undefined && VERBS[key] && !(only && key === 'a')) return () => work(row, key);
    const any = first(document, mark);
    return any && (() => press(any));
  }
  const acts = {
    '?': () => sheet?.showModal(),
    '/': () => { const box = document.getElementById('search-q'); box?.focus(); box?.select(); },
    j: () => step(1), k: () => step(-1), g: () => { went = Date.now(); },
  };
  // A verb is on its way, or the refresh after it: a key for a dialog is kept until then, as it may have none yet, or an old one.
  // What would be sent at once is never kept, and any other key or a press forgets it.
  function again() {
    if (!kept || flying || dialog()) return;
    const act = Date.now() < until && found(kept, '[data-dialog]');
    if (act || Date.now() > until) kept = undefined;
    if (act) act();
  }
  function fly(by) {
    flying += by;
    until = Date.now() + SETTLED;
    again();
  }
  // Its end is heard from the request itself: what was pressed may be gone from the page by then, and says nothing to it.
  document.addEventListener('htmx:beforeRequest', ({ detail: { elt, requestConfig, xhr } }) => {
    if (requestConfig.verb === 'get' || elt.matches('[data-live-src]')) return;
    fly(1);
    xhr.addEventListener('loadend', () => fly(-1));
  });
  document.addEventListener('htmx:afterSettle', again);
  document.addEventListener('close', again, true);
  document.addEventListener('pointerdown', () => { kept = undefined; });
  function send(event) {
    const { form } = event.target;
    if (!form || !event.target.matches('textarea')) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector('button.primary') ?? form.querySelector('.acts > button') ?? undefined);
  }
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.isComposing || event.altKey) return;
    if (key === 'Enter' && (event.ctrlKey || event.metaKey)) { send(event); return; }
    const back = key === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !dialog() && !target.closest(TYPING) && first(document, '[data-undo]');
    if (back) { event.preventDefault(); back.click(); return; }
    if (body.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.repeat && !'jk'.includes(key)) return;
    const typing = target.closest(TYPING) && !target.closest('dialog:not([open])'), over = dialog();  // a closing one is in focus yet
    kept = undefined;
    if (over) {
      if (key.length === 1 && !typing && over.hasAttribute('aria-busy')) kept = key;  // it is sent, and closes
      return;
    }
    if (typing) {
      if (key === 'Escape') target.blur();
      return;
    }
    const row = chosen();
    if (key === 'Enter' && row && target === body) { event.preventDefault(); link(row)?.click(); return; }
    if (key.length !== 1) return;
    const going = Date.now() - went < 1200;
    went = 0;
    if (!going && flying && found(key, '[data-dialog]')) { kept = key; return; }
    const act = going ? () => document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click() : acts[key] ?? found(key);
    if (!act) { if (flying || Date.now() < until) kept = key; return; }
    event.preventDefault();
    act();
  });
  for (const button of document.querySelectorAll('[data-keys-sheet]')) {
    button.hidden = false;
    button.addEventListener('click', () => { document.getElementById('menu')?.removeAttribute('open'); sheet?.showModal(); });
  }
})();
