// Live updates never overwrite what a person is doing: typing, an open menu, the chosen row, a running clock.
(() => {
  const edited = (el) => el.dataset?.keep !== undefined
    || (el.matches?.('textarea, input:not([type=hidden], [type=checkbox], [type=radio])') && el.value !== el.defaultValue)
    || (el.matches?.('input:is([type=checkbox], [type=radio])') && el.checked !== el.defaultChecked);
  Object.assign(Idiomorph.defaults, { ignoreActiveValue: true, restoreFocus: true });
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) => {
    if (old.nodeType !== 1) return true;
    return !(edited(old) || old.matches('dialog[open]') || (old.matches('form') && [...old.elements].some(edited)));
  };
  Idiomorph.defaults.callbacks.beforeNodeRemoved = (old) => {
    if (old.nodeType !== 1) return true;
    if (old.matches('dialog[open]') || [old, ...old.querySelectorAll('input, textarea')].some(edited)) return false;
    leave(old);
    return true;
  };
  // Whoever stood on what is taken away (a cue that is answered) stands on the next link: on no button, which a second press would press.
  let links;
  function leave(old) {
    const here = document.activeElement;
    if (!old.contains(here)) return;
    const all = [...here.closest('[data-live-src]')?.querySelectorAll('a[href]') ?? []];
    const follows = (el) => here.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING;
    links = [...all.filter(follows), ...all.filter((el) => !follows(el)).reverse()];
  }
  document.addEventListener('htmx:afterSwap', () => {
    if (links && document.activeElement === document.body) {
      (links.find((el) => el.isConnected && el.checkVisibility()) ?? document.getElementById('main'))?.focus({ preventScroll: true });
    }
    links = undefined;
  });
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, el, what) => {
    if (name === 'open' && el.matches('details, dialog')) return false;
    return !(name === 'aria-current' && what === 'remove' && el.hasAttribute('data-row'));
  };
  // Only a field keeps its content because it has the focus; a link or a button may be renewed.
  document.addEventListener('htmx:beforeSwap', () => {
    Idiomorph.defaults.ignoreActiveValue = Boolean(document.activeElement?.matches('input, textarea, select, [contenteditable]'));
  });
  let told = false;
  function signedOut() {
    if (!told) document.dispatchEvent(new CustomEvent('toast', { detail: { level: 'error', text: document.body.dataset.saySignedOut } }));
    told = true;
  }
  // A live answer that came from another address is the sign-in page: go there instead of drawing it here,
  // unless something is being typed, which would be lost.
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    const { xhr, pathInfo } = detail;
    const whole = /^\s*<!doctype/i.test(xhr.responseText.slice(0, 200));
    if (!whole || !xhr.responseURL) return;
    detail.shouldSwap = false;
    const elsewhere = new URL(xhr.responseURL).pathname !== new URL(pathInfo.requestPath, location).pathname;
    if (!elsewhere) return;
    if ([...document.querySelectorAll('textarea, input:not([type=hidden], [type=search])')].some(edited)) signedOut();
    else if (detail.target.matches('[data-live-src]')) location.reload(); else location.assign(xhr.responseURL);
  });
})();
