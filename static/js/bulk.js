// Rows that can be selected: [data-pick] boxes of form#bulk. Shift selects a range, [data-pick-all] all rows of the page.
// A button of the form opens its dialog; without script the form is a plain GET. The server says which are done ("unpick").
(() => {
  const form = document.getElementById('bulk');
  if (!form) return;
  const boxes = () => [...document.querySelectorAll('[data-pick]')];
  const count = form.querySelector('.bulk-count'), { sayOne, sayMany } = form.dataset;
  let last;
  function tell() {
    const n = boxes().filter((box) => box.checked).length;
    count.textContent = n === 1 ? sayOne : sayMany.replace('#', n);
  }
  const set = (some, checked) => { for (const box of some) box.checked = checked; tell(); };
  document.addEventListener('click', (event) => {
    const box = event.target.closest('[data-pick]');
    if (event.target.closest('[data-pick-all]')) {
      event.preventDefault();
      const all = boxes();
      set(all, !all.every((one) => one.checked));
      return;
    }
    if (!box) return;
    const all = boxes(), from = all.findIndex((one) => one.id === last), to = all.indexOf(box);
    if (event.shiftKey && from >= 0) set(all.slice(Math.min(from, to), Math.max(from, to) + 1), box.checked);
    last = box.id;
    tell();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const asked = new URLSearchParams(new FormData(form, event.submitter));
    document.dispatchEvent(new CustomEvent('dialog', { detail: { url: `${form.action}?${asked}` } }));
  });
  form.addEventListener('reset', (event) => { event.preventDefault(); set(boxes(), false); });
  document.addEventListener('unpick', ({ detail }) => set(boxes().filter((box) => detail.ids.includes(Number(box.value.split(':')[0]))), false));
  document.addEventListener('htmx:afterSwap', tell);
  tell();
})();
