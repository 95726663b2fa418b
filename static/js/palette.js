// The palette, fetched by palette-open.js when it is first opened. The server answers with options; here they are walked and taken.
// The focus stays in the field, which names the option that Enter takes. Only the newest question's answer is shown.
(() => {
  const box = document.getElementById('palette');
  const field = box.querySelector('input'), list = document.getElementById('palette-list'), says = box.querySelector('[data-palette-says]');
  const PAUSE = 90;
  let asked, timer, waiting = false, wanted = false;
  const options = () => [...list.querySelectorAll('[role=option]')];
  const marked = () => list.querySelector('[aria-selected=true]');
  const number = (at) => /\/incidents\/(\d+)\//.exec(at?.pathname ?? '')?.[1];
  const incident = () => number(document.querySelector('[data-row][aria-current] a.title')) ?? number(location) ?? '';

  function mark(el) {
    marked()?.setAttribute('aria-selected', 'false');
    el?.setAttribute('aria-selected', 'true');
    el?.scrollIntoView({ block: 'nearest' });
    if (el) field.setAttribute('aria-activedescendant', el.id); else field.removeAttribute('aria-activedescendant');
  }
  function take(el) {
    if (!el) return;
    box.close();  // the focus is back where it was, and returns there after a verb's dialog too
    if (el.hasAttribute('data-verb')) document.dispatchEvent(new CustomEvent('dialog', { detail: { url: el.href } }));
    else location.assign(el.href);
  }
  async function ask() {
    const mine = asked = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.src}?${new URLSearchParams({ q: field.value, incident: incident() })}`, { headers: { 'HX-Request': 'true' }, signal: mine.signal });
      if (answer.redirected || !answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (mine !== asked) return;
      list.innerHTML = html;
    } catch {
      if (mine !== asked || mine.signal.aborted) return;
      list.replaceChildren();
      if (box.open) box.querySelector('form').submit();  // its page says what is wrong: signed out, or away
      return;
    }
    waiting = false;
    field.setAttribute('aria-expanded', 'true');
    says.textContent = list.firstElementChild?.dataset.said ?? '';
    mark(options()[0]);
    if (wanted) { wanted = false; take(marked()); }
  }
  function later(pause) {
    asked?.abort();  // an answer on its way is for an older question, and Enter is for this one
    asked = undefined;
    waiting = true; wanted = false;
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  }
  field.addEventListener('input', () => later(PAUSE));
  field.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      const all = options(), at = all.indexOf(marked());
      event.preventDefault();
      mark(all[(at + by + all.length) % all.length]);
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      if (waiting) wanted = true; else take(marked());  // what stands there answers an older question
    }
  });
  list.addEventListener('click', (event) => {
    const el = event.target.closest('[role=option]');
    if (!el || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    take(el);
  });
  box.addEventListener('click', (event) => { if (event.target === box) box.close(); });
  box.addEventListener('opened', () => {
    const hurried = box.hasAttribute('data-wanted');  // Enter before this script was there: for what the first answer brings
    box.removeAttribute('data-wanted');
    later(0);
    wanted = hurried;
  });
  box.addEventListener('close', () => {
    asked?.abort();
    clearTimeout(timer);
    list.replaceChildren();
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  });
})();
