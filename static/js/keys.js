// Shortcuts. A page only marks things: [data-go=q] after g, [data-key=e] on its own, [data-row] for j and k.
// Off while typing, with a modifier key, while a dialog is open, and with body[data-keys=off].
(() => {
  const body = document.body, sheet = document.getElementById('keys');
  const seen = (el) => el.checkVisibility?.() ?? el.offsetParent !== null;
  const first = (where, what) => [...where.querySelectorAll(what)].find(seen);
  const chosen = () => document.querySelector('[data-row][aria-current]');
  let went = 0;

  function step(by) {
    const rows = [...document.querySelectorAll('[data-row]')].filter(seen);
    const at = rows.indexOf(chosen());
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!row) return;
    chosen()?.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    (row.querySelector('a[data-open], a.title, a[href]') ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
  const acts = {
    '?': () => sheet?.showModal(),
    '/': () => { const box = document.getElementById('search-q'); box?.focus(); box?.select(); },
    j: () => step(1), k: () => step(-1), g: () => { went = Date.now(); },
  };
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (body.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !'jk'.includes(key)) return;
    if (document.querySelector('dialog[open]')) return;
    if (target.closest('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])')) {
      if (key === 'Escape') target.blur();
      return;
    }
    const row = chosen();
    if (key === 'Enter' && row && target === body) { event.preventDefault(); row.querySelector('a[data-open], a.title, a[href]')?.click(); return; }
    if (key.length !== 1) return;
    const going = Date.now() - went < 1200;
    went = 0;
    const act = going ? () => document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click() : acts[key];
    const mark = `[data-key="${CSS.escape(key)}"]`;
    const found = act ? null : (row && first(row, mark)) ?? first(document, mark);
    if (!act && !found) return;
    event.preventDefault();
    if (act) act(); else found.click();
  });
})();
