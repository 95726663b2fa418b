// The board: a card dragged to another column, or moved by keyboard. The server names the verb for each column; a drop asks it to do it.
// A card's "Move" link opens the same choice as a list, so nothing here is needed to move a card.
// Dragging is the browser's own (a card is a link); while it lasts, html[data-hold] keeps live updates waiting.
// Fetched by board-open.js, which hands it the keys that were pressed before it was there.
export default (() => {
  const root = document.documentElement, EDGE = 70, STEP = 14;
  const board = () => document.getElementById('board');
  const laneOf = (el) => el?.closest?.('.lane');
  // With rows by severity a card keeps its row: a column decides the verb, and no drop changes what is known of the impact.
  const bandOf = (one) => one.closest('.lane-body')?.dataset.band;
  const bodyOf = (lane, band) => lane.querySelector(`.lane-body[data-band="${band}"]`) ?? lane.querySelector('.lane-body');
  let card, ways, slot, scroll, pointer;

  // What each column would mean, from the same answer as the menu.
  async function learn(link) {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(link.href, { headers: { 'HX-Request': 'true' } })).text(), 'text/html');
      return new Map([...page.querySelectorAll('button[name=to]')].map((b) => [b.value, { text: b.lastElementChild.textContent, no: b.hasAttribute('aria-disabled') }]));
    } catch { return new Map(); }
  }
  async function pick(one, event) {
    card = one;
    root.setAttribute('data-hold', '');
    event.dataTransfer.effectAllowed = 'move';
    const box = card.getBoundingClientRect();
    event.dataTransfer.setDragImage(card, event.clientX - box.left, event.clientY - box.top);
    setTimeout(() => card?.classList.add('drag'));  // after the browser has taken the picture
    slot = Object.assign(document.createElement('div'), { className: 'slot' });
    scroll = setInterval(nudge, 16);
    ways = undefined;
    ways = await learn(card.querySelector('.move'));
    hint(laneOf(slot));
  }
  function hint(lane) {
    if (!lane) return;
    const way = ways?.get(lane.dataset.to);
    slot.textContent = way?.text ?? lane.querySelector('h2').textContent;
    slot.classList.toggle('no', Boolean(way?.no));
  }
  function hover(lane) {
    if (lane === laneOf(slot)) return;
    laneOf(slot)?.classList.remove('over');
    if (!lane || lane === laneOf(card)) { slot.remove(); return; }
    lane.classList.add('over');
    const body = bodyOf(lane, bandOf(card)), title = body.querySelector('h3');
    if (title) title.after(slot); else body.prepend(slot);
    hint(lane);
  }
  function nudge() {
    if (!pointer) return;
    const box = board().getBoundingClientRect(), { x, y } = pointer;
    board().scrollLeft += x < box.left + EDGE ? -STEP : x > box.right - EDGE ? STEP : 0;
    scrollBy(0, y < EDGE + 50 ? -STEP : y > innerHeight - EDGE ? STEP : 0);
  }
  function drop() {
    clearInterval(scroll);
    laneOf(slot)?.classList.remove('over');
    slot?.remove();
    card?.classList.remove('drag');
    card = slot = pointer = undefined;
    root.removeAttribute('data-hold');
  }
  function send(one, to) {
    const values = { incident: one.id.slice(1), by: board().dataset.by, to, seen: one.dataset.seen };
    one.querySelector('a.title').focus({ preventScroll: true });
    // Whatever the answer, the board shows the truth next: the card stays, goes back, or waits for its dialog.
    const truth = () => document.body.dispatchEvent(new CustomEvent('baton:change', { detail: { ids: [Number(values.incident)] }, bubbles: true }));
    // By a messenger of its own: sent by the board it would wait while that is fetched anew, and be forgotten when that has come.
    const messenger = document.body.appendChild(Object.assign(document.createElement('i'), { hidden: true }));
    return htmx.ajax('POST', board().dataset.moves, { source: messenger, target: board(), swap: 'none', values })
      .catch(() => {}).finally(() => { messenger.remove(); truth(); });
  }
  document.addEventListener('dragstart', (event) => {
    const one = event.target.closest?.('#board .card');
    if (one && board().dataset.moves) pick(one, event);
  });
  for (const name of ['dragenter', 'dragover']) {
    document.addEventListener(name, (event) => {
      if (!card) return;
      pointer = { x: event.clientX, y: event.clientY };
      const lane = laneOf(event.target);
      if (lane) event.preventDefault();
      hover(lane);
    });
  }
  document.addEventListener('drop', (event) => {
    const lane = laneOf(event.target), one = card;
    if (!one) return;
    event.preventDefault();
    const elsewhere = lane && lane !== laneOf(one);
    if (elsewhere && slot?.parentElement) slot.before(one);  // where it is going; the answer sets it right
    drop();
    if (elsewhere) send(one, lane.dataset.to);
  });
  document.addEventListener('dragend', drop);

  // Keys: m opens the menu of the card that has the focus or was chosen by j and k; arrows walk the cards.
  const current = () => document.activeElement.closest?.('.card') ?? document.querySelector('.card[aria-current]');
  function walk(key) {
    const at = current();
    if (!at) return false;
    const lanes = [...document.querySelectorAll('.lane')], column = [...laneOf(at).querySelectorAll('.card')], row = column.indexOf(at);
    const band = bandOf(at), place = [...at.parentElement.querySelectorAll('.card')].indexOf(at);
    const aside = (by) => {  // in the same row of severity, if there is one in any column that way
      const there = lanes.filter((_, n) => (n - lanes.indexOf(laneOf(at))) * by > 0);
      if (by < 0) there.reverse();
      const found = there.map((lane) => lane.querySelectorAll(`.lane-body[data-band="${band}"] .card`)).find((cards) => cards.length)
        ?? there.map((lane) => lane.querySelectorAll('.card')).find((cards) => cards.length);
      return found ? found[Math.min(place, found.length - 1)] : null;
    };
    const to = { ArrowDown: () => column[row + 1], ArrowUp: () => column[row - 1], ArrowRight: () => aside(1), ArrowLeft: () => aside(-1) }[key]();
    if (!to) return false;
    document.querySelector('.card[aria-current]')?.removeAttribute('aria-current');
    to.setAttribute('aria-current', 'true');
    to.querySelector('a.title').focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    return true;
  }
  // With Shift they push the card into the column beside: there at once, and asked of the server as a drop is.
  function push(one, by) {
    const lanes = [...document.querySelectorAll('.lane')], to = one && lanes[lanes.indexOf(laneOf(one)) + by];
    const body = to && board().dataset.moves && bodyOf(to, bandOf(one)), title = body?.querySelector('h3');
    if (!body) return;
    if (title) title.after(one); else body.prepend(one);
    one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    send(one, to.dataset.to);
  }
  function press(event) {
    const { key, target } = event, sheet = target.closest('dialog[open]')?.querySelector('.ways');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (sheet && /^Arrow(Up|Down)$/.test(key)) {
      const all = [...sheet.querySelectorAll('button')];
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, all.indexOf(target) + (key === 'ArrowDown' ? 1 : -1)))].focus();
      return;
    }
    if (document.querySelector('dialog[open]') || !target.closest('.card, body:focus') || target.closest('input, select, textarea, summary')) return;
    if (event.shiftKey && /^Arrow(Left|Right)$/.test(key)) { event.preventDefault(); push(current(), key === 'ArrowRight' ? 1 : -1); return; }
    if (key.startsWith('Arrow')) { if (walk(key)) event.preventDefault(); return; }
    if (key === 'm' && document.body.dataset.keys !== 'off') current()?.querySelector('.move')?.click();
  }
  document.addEventListener('keydown', press);
  root.setAttribute('data-moves', '');
  return press;
})();
