// [data-dialog] opens its address in the one shared dialog; without script, or if that fails, it is a plain link.
// A form inside posts in place. Answers: HX-Redirect goes there; HX-Trigger "done" closes and refreshes; 422 and 409 are shown.
// [data-close] closes the dialog around it.
(() => {
  const dialog = document.getElementById('dialog');
  if (!dialog?.showModal) return;
  // asked: the newest question, opening until it is answered. Nothing opens while something is sent.
  let opener, asked, opening = false;
  const ask = (verb, url, more) => htmx.ajax(verb, url, { target: dialog, swap: 'innerHTML', ...more });
  const sending = () => dialog.hasAttribute('aria-busy');

  async function show(el, url = el.dataset.dialog || el.href || el.formAction) {
    const mine = asked = {};
    opening = true;
    if (!dialog.contains(el)) opener = el;  // a link in a dialog leads to the next: whoever closes that is back where it began
    dialog.replaceChildren();
    htmx.trigger(dialog, 'htmx:abort');
    try { await ask('GET', url, { source: dialog }); } catch { /* below */ }
    if (mine !== asked) return;
    opening = false;
    if (!dialog.childElementCount) { location.assign(url); return; }
    present();
    // Not on the button that closes: on what is asked first, or on what says yes.
    const checked = dialog.querySelector('form input:checked');
    (dialog.querySelector('[autofocus]') || checked || dialog.querySelector('form :is(input:not([type=hidden], [disabled]), select, textarea)')
      || dialog.querySelector('form .primary'))?.focus();
  }
  function present() {
    const title = dialog.querySelector('h1, h2');
    if (title) { title.id ||= 'dialog-title'; dialog.setAttribute('aria-labelledby', title.id); }
    if (!dialog.open) dialog.showModal();
  }
  document.addEventListener('click', (event) => {
    const close = event.target.closest('[data-close]');
    if (close?.closest('dialog')) { event.preventDefault(); close.closest('dialog').close(); return; }
    const el = event.target.closest('[data-dialog]');
    if (!el || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!sending()) show(el);
  });
  dialog.addEventListener('submit', (event) => {
    const form = event.target, { submitter } = event;
    if (form.method === 'dialog' || form.method === 'get' || form.hasAttribute('hx-post')) return;
    event.preventDefault();
    if (sending()) return;
    dialog.setAttribute('aria-busy', 'true');
    const values = submitter?.name ? { [submitter.name]: submitter.value } : {};
    // If it cannot be sent the toast says so; what was typed stays.
    ask(form.method.toUpperCase(), submitter?.getAttribute('formaction') || form.action, { source: form, values })
      .catch(() => {}).finally(() => { dialog.removeAttribute('aria-busy'); clear(); });
  });
  // Enter on a choice is the dialog's main button: by itself the browser presses the form's first, which may be "Find".
  document.addEventListener('keydown', (event) => {
    const form = event.key === 'Enter' && event.target.matches('.sheet :is([type=radio], [type=checkbox])') && event.target.form;
    if (!form || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector('button.primary') ?? undefined);
  });
  dialog.addEventListener('htmx:afterSwap', () => {
    if (sending()) present();  // to whoever has closed it, too
    if (dialog.open) dialog.querySelector('.errors, [aria-invalid=true]')?.focus();
  });
  // A busy browser tells of a closing late: by then the next dialog may be open, or on its way.
  const clear = () => { if (!dialog.open && !opening && !sending()) dialog.replaceChildren(); };
  dialog.addEventListener('close', () => {
    if (dialog.open || opening) return;
    clear();
    const again = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
    (again || document.getElementById('main')).focus({ preventScroll: true });
  });
  // The server says which dialog comes next (HX-Trigger "dialog"), as after a card was dropped.
  document.addEventListener('dialog', ({ detail, target }) => {
    if (detail?.url && (!sending() || dialog.contains(target))) show(dialog.open ? opener : document.activeElement, detail.url);
  });
  document.addEventListener('done', ({ detail, target }) => {
    if (dialog.contains(target)) dialog.close();  // not one that was opened while something else was on its way
    document.body.dispatchEvent(new CustomEvent('baton:change', { detail: { ids: detail?.ids }, bubbles: true }));
  });
})();
