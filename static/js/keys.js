// Shortcuts. A page only marks things: [data-go=q] after g, [data-key=e] on its own, [data-row] for j and k.
// A row with data-seen is an incident: the verbs' keys are for it, also where it shows no buttons.
// Off while typing, with a modifier key, while a dialog is open, and with body[data-keys=off]. Ctrl-Enter sends what is written.
(() => {
  const body = document.body, sheet = document.getElementById('keys');
  const VERBS = { a: 'acknowledgement', e: 'escalation', h: 'handover', w: 'hold', r: 'resolution' };
  const TYPING = 'textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])';
  const seen = (el) => el.checkVisibility?.() ?? el.offsetParent !== null;
  const first = (where, what) => [...where.querySelectorAll(what)].find(seen);
  const chosen = () => document.querySelector('[data-row][aria-current]');
  const link = (row) => row.querySelector('a[data-open], a.title, a[href]');
  let went = 0;

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
  function found(key) {
    const row = chosen(), mark = `[data-key="${CSS.escape(key)}"]`;
    const own = row && first(row, mark);
    if (own) return () => press(own);
    if (row?.dataset.seen !== undefined && VERBS[key]) return () => work(row, key);
    const any = first(document, mark);
    return any && (() => press(any));
  }
  const acts = {
    '?': () => sheet?.showModal(),
    '/': () => { const box = document.getElementById('search-q'); box?.focus(); box?.select(); },
    j: () => step(1), k: () => step(-1), g: () => { went = Date.now(); },
  };
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
    if (body.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.repeat && !'jk'.includes(key)) return;
    if (document.querySelector('dialog[open]')) return;
    if (target.closest(TYPING)) {
      if (key === 'Escape') target.blur();
      return;
    }
    const row = chosen();
    if (key === 'Enter' && row && target === body) { event.preventDefault(); link(row)?.click(); return; }
    if (key.length !== 1) return;
    const going = Date.now() - went < 1200;
    went = 0;
    const act = going ? () => document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click() : acts[key] ?? found(key);
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const button of document.querySelectorAll('[data-keys-sheet]')) {
    button.hidden = false;
    button.addEventListener('click', () => { document.getElementById('menu')?.removeAttribute('open'); sheet?.showModal(); });
  }
})();
