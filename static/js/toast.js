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
    place.append(el);
    leave(el, undo ? 12000 : 7000);
  }
  place.addEventListener('click', ({ target }) => target.closest('[data-close-toast]')?.closest('.toast').remove());
  for (const el of place.children) leave(el, 8000);
  document.addEventListener('toast', ({ detail }) => show(detail));
})();
