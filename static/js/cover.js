// Dragging over a calendar's rows chooses a time and opens the form that is linked beside them; the form has the same fields.
// A finger that moves at once scrolls, as everywhere; one that rests for a moment takes hold, and then the page keeps still.
// svg.time-row[data-cover] with data-from, data-until (seconds) and data-step. A row is as long as its time, so a share is an instant.
(() => {
  const NEAR = 6, RESTS = 400;
  let from, to, start, resting, held = false, moved = false;
  const rows = () => [...document.querySelectorAll('.time-row[data-cover]')];
  const rowAt = ({ clientX, clientY }) => document.elementsFromPoint(clientX, clientY).map((el) => el.closest?.('.time-row[data-cover]')).find(Boolean);
  const edges = ({ dataset }) => [Number(dataset.from), Number(dataset.until)];

  function instant(row, x) {
    const box = row.getBoundingClientRect(), [first, last] = edges(row), step = Number(row.dataset.step);
    const share = Math.min(1, Math.max(0, (x - box.left) / box.width));
    return first + Math.round((share * (last - first)) / step) * step;
  }
  function draw() {
    for (const el of document.querySelectorAll('.chosen')) el.remove();
    if (!moved && !held) return;
    const [a, b] = [Math.min(from, to), Math.max(from, to)];
    for (const row of rows()) {
      const [first, last] = edges(row), left = Math.max(a, first), right = Math.min(b, last);
      if (left >= right) continue;
      const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect'), all = last - first;
      const at = { x: `${((left - first) / all) * 100}%`, width: `${((right - left) / all) * 100}%`, y: 22, height: 40, rx: 6, class: 'chosen' };
      for (const [name, value] of Object.entries(at)) rect.setAttribute(name, value);
      row.append(rect);
    }
  }
  function hold() {
    held = true;
    document.documentElement.setAttribute('data-hold', '');
    to = from + Number(start.target.closest('.time-row').dataset.step);
    draw();
    navigator.vibrate?.(10);
  }
  function stop() {
    clearTimeout(resting);
    start = undefined; moved = held = false;
    document.documentElement.removeAttribute('data-hold');
    draw();
  }
  document.addEventListener('pointerdown', (event) => {
    const row = event.button === 0 && event.target.closest?.('.time-row[data-cover]');
    if (start?.pointerType === 'touch') { stop(); return; } // a second finger: they pinch or scroll
    if (!row) return;
    start = event; from = to = instant(row, event.clientX); moved = held = false;
    if (event.pointerType === 'touch') resting = setTimeout(hold, RESTS);
  });
  // Only while a time is held: before, and with any other finger, the page scrolls.
  document.addEventListener('touchmove', (event) => { if (held && event.cancelable) event.preventDefault(); }, { passive: false });
  document.addEventListener('contextmenu', (event) => { if (held) event.preventDefault(); });
  document.addEventListener('pointermove', (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    moved ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > NEAR;
    if (!moved) return;
    if (start.pointerType === 'touch' && !held) { stop(); return; }
    document.documentElement.setAttribute('data-hold', '');
    const row = rowAt(event);
    if (row) to = instant(row, event.clientX);
    draw();
  });
  document.addEventListener('pointerup', (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    const row = start.target.closest('.time-row'), chosen = (moved || held) && from !== to;
    const span = [Math.min(from, to), Math.max(from, to)].map((at) => encodeURIComponent(new Date(at * 1000).toISOString()));
    if (moved || held) {
      const swallow = (click) => { click.stopPropagation(); click.preventDefault(); };
      addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener('click', swallow, true), 60); // after a long press there is none
    }
    setTimeout(stop);
    if (chosen) document.dispatchEvent(new CustomEvent('dialog', { detail: { url: `${row.dataset.cover}&from=${span[0]}&until=${span[1]}` } }));
  });
  document.addEventListener('pointercancel', stop);
  document.addEventListener('keydown', ({ key }) => { if (key === 'Escape' && start) stop(); });
})();
