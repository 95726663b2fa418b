// Short messages at the foot of the page. The server sends more by HX-Trigger: {"toast": {"text", "level", "undo": url}}.
// They leave after a while, except errors and while the pointer or the focus is on them; one with an undo stays longer.
(() => {
  const place = document.getElementById('toasts'), model = document.getElementById('toast-template');
  const stay = (el) => el.matches('.error') || el.matches(':hover, :focus-within');
  function leave(el, after) {
    setTimeout(() => { if (!el.isConnected) return; if (el.matches('.error')) return; if (stay(el)) leave(el, 2000); else el.remove(); }, after);
  }
  function show({ text, level = 'success', undo }) {
    const el = model.content.firstElementChild.cloneNode(true);
    el.classList.add(level);
    el.querySelector('span').textContent = text;
    const button = el.querySelector('[data-undo]');
    button.hidden = !undo;
    button.addEventListener('click', () => { el.remove(); htmx.ajax('POST', undo, { swap: 'none' }); });
    if (level === 'success') place.querySelectorAll('.toast.success').forEach((old) => old.remove());  // the newest word holds
    place.append(el);
    leave(el, undo ? 12000 : 7000);
  }
  place.addEventListener('click', ({ target }) => target.closest('[data-close-toast]')?.closest('.toast').remove());
  for (const el of place.children) leave(el, el.querySelector('[data-undo]') ? 12000 : 8000);
  document.addEventListener('toast', ({ detail }) => show(detail));
  // What a person sent and did not arrive is said aloud; a live region's own question is not theirs.
  const lost = ({ detail: { elt, xhr } }) => {
    if (elt?.matches('[data-live-src]') || xhr?.getResponseHeader('HX-Trigger')) return;
    show({ text: document.body.dataset.sayUnsent, level: 'error' });
  };
  document.addEventListener('htmx:sendError', lost);
  document.addEventListener('htmx:responseError', lost);
})();
