// Names after an @ in what is written about an incident; fetched when that is begun (first-use.js). The focus stays in the text, which names the option that Enter takes.
(() => {
  const AT = /(?:^|[^\w@.])@([\p{L}\p{N}][\p{L}\p{N} .'-]{0,40})$/u;
  let list, field, asked, timer;
  const options = () => [...(list?.querySelectorAll('[role=option]') ?? [])];
  const marked = () => list?.querySelector('[aria-selected=true]');
  const typed = () => AT.exec(field.value.slice(0, field.selectionStart))?.[1];

  function close() {
    asked?.abort();
    clearTimeout(timer);
    list?.remove();
    list = undefined;
    for (const name of ['aria-controls', 'aria-activedescendant', 'aria-expanded', 'role']) field?.removeAttribute(name);
  }
  function mark(el) {
    marked()?.setAttribute('aria-selected', 'false');
    el.setAttribute('aria-selected', 'true');
    field.setAttribute('aria-activedescendant', el.id);
  }
  function take(el) {
    const end = field.selectionStart, start = end - typed().length;
    field.setRangeText(`${el.dataset.name} `, start, end, 'end');
    close();
    field.focus();
  }
  async function ask(words) {
    const mine = asked = new AbortController();
    try {
      const answer = await fetch(`${field.dataset.mentions}?${new URLSearchParams({ q: words })}`, { headers: { 'HX-Request': 'true' }, signal: mine.signal });
      const html = answer.ok && !answer.redirected ? await answer.text() : '';
      if (mine !== asked || typed() !== words) return;
      list?.remove();
      list = undefined;
      field.insertAdjacentHTML('afterend', html);
      list = field.parentElement.querySelector('#mentions');
      if (!options().length) { close(); return; }
      for (const [name, value] of [['role', 'combobox'], ['aria-controls', 'mentions'], ['aria-expanded', 'true']]) field.setAttribute(name, value);
      mark(options()[0]);
    } catch { if (mine === asked && !mine.signal.aborted) close(); }  // it only helps: a name can be written whole
  }
  function look({ target }) {
    if (!target.matches('[data-mentions]')) return;
    if (field !== target) { close(); field = target; }
    clearTimeout(timer);
    const words = typed();
    if (words) timer = setTimeout(ask, 120, words); else close();
  }
  document.addEventListener('input', look);
  look({ target: document.activeElement ?? document.body });  // what was written before this script was there
  document.addEventListener('keydown', (event) => {
    if (event.target !== field || !list || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = options(), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) mark(all[(all.indexOf(marked()) + by + all.length) % all.length]);
    else if (event.key === 'Enter' || event.key === 'Tab' && !event.shiftKey) take(marked());
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener('pointerdown', (event) => {
    const el = event.target.closest?.('#mentions [role=option]');
    if (el) { event.preventDefault(); take(el); } else if (list && event.target !== field) close();
  });
  document.addEventListener('focusout', (event) => { if (event.target === field && list) close(); });
})();
