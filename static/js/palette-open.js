// Opens the palette: Ctrl-K, Cmd-K or a [data-palette] link. What it does is fetched with its first opening; what is typed
// meanwhile stands in its field, and Enter waits. If it does not come, the palette's page does the same.
(() => {
  const box = document.getElementById('palette');
  if (!box?.showModal) return;
  const field = box.querySelector('input');
  let script, there = false;
  async function open() {
    if (document.querySelector('dialog[open]')) return;
    document.getElementById('menu')?.removeAttribute('open');
    field.value = '';
    box.showModal();
    field.focus();
    try { await (script ??= import(box.dataset.script)); } catch { if (box.open) box.querySelector('form').submit(); return; }
    there = true;
    if (box.open) box.dispatchEvent(new Event('opened'));
  }
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (box.open) box.close(); else open();
  });
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-palette]') || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  field.addEventListener('keydown', (event) => {
    if (there || event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    box.setAttribute('data-wanted', '');
  });
  box.addEventListener('close', () => box.removeAttribute('data-wanted'));
})();
