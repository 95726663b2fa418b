// A file that is dropped on the page of an incident, or pasted, stands in the dialog that attaches it; several, one after the other.
// What is pasted with its text, as from a table, stays text. Whoever may not attach anything has no #do-attach.
(() => {
  const dialog = document.getElementById('dialog'), root = document.documentElement;
  if (!dialog?.showModal || !window.DataTransfer) return;
  let waiting = [], done = false, over;
  const link = () => document.getElementById('do-attach');
  const field = () => dialog.querySelector('input[type=file]');
  const takes = () => (dialog.open ? field() : link());
  const carries = (data) => [...data?.types ?? []].includes('Files');

  // A picture of the screen has no name of its own: every one is image.png.
  function named(file) {
    if (file.name !== 'image.png') return file;
    const at = new Date().toTimeString().slice(0, 8).replaceAll(':', '-');
    return new File([file], `screenshot-${at}.png`, { type: file.type });
  }
  function put() {
    const input = field();
    if (!input || input.files.length || !waiting.length) return;
    const one = new DataTransfer();
    one.items.add(waiting.shift());
    input.files = one.files;
    dialog.querySelector('form .primary')?.setAttribute('autofocus', '');
  }
  function take(files) {
    waiting.push(...files);
    if (dialog.open) put(); else if (waiting.length) link()?.click();
  }
  document.addEventListener('paste', (event) => {
    const { clipboardData: data } = event;
    if (!carries(data) || [...data.types].includes('text/plain') || !takes()) return;
    event.preventDefault();
    take([...data.files].map(named));
  });
  document.addEventListener('dragover', (event) => {
    if (!carries(event.dataTransfer) || !takes()) return;
    event.preventDefault();
    root.toggleAttribute('data-drop', true);
    clearTimeout(over);
    over = setTimeout(() => root.removeAttribute('data-drop'), 300);
  });
  document.addEventListener('drop', (event) => {
    if (!carries(event.dataTransfer) || !takes()) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  // What was refused is said in the dialog, and the next file stands there.
  dialog.addEventListener('htmx:afterSwap', put);
  document.addEventListener('done', ({ target }) => { done ||= dialog.contains(target); });
  dialog.addEventListener('close', () => {
    if (!done) waiting = [];
    done = false;
    if (waiting.length) link()?.click();
  });
})();
