// A file that is dropped on the page of an incident, or pasted, stands in the dialog that attaches it; several, one after the other.
// Fetched when that first happens, and told of it from then on (first-use.js).
const dialog = document.getElementById('dialog'), root = document.documentElement;
const link = () => document.getElementById('do-attach');
let waiting = [], done = false, over;

// A picture of the screen has no name of its own: every one is image.png.
function named(file) {
  if (file.name !== 'image.png') return file;
  const at = new Date().toTimeString().slice(0, 8).replaceAll(':', '-');
  return new File([file], `screenshot-${at}.png`, { type: file.type });
}
function put() {
  const input = dialog.querySelector('input[type=file]');
  if (!input || input.files.length || !waiting.length) return;
  const one = new DataTransfer();
  one.items.add(waiting.shift());
  input.files = one.files;
  dialog.querySelector('form .primary')?.setAttribute('autofocus', '');
}
export function drop(files) {
  if (dialog.open && !dialog.querySelector('input[type=file]')) return; // it asks for something else
  waiting.push(...files);
  if (dialog.open) put(); else if (waiting.length) link()?.click();
}
export const paste = (files) => drop(files.map(named));
export function dragover() {
  root.toggleAttribute('data-drop', true);
  clearTimeout(over);
  over = setTimeout(() => root.removeAttribute('data-drop'), 300);
}
// What was refused is said in the dialog, and the next file stands there.
dialog.addEventListener('htmx:afterSwap', put);
document.addEventListener('done', ({ target }) => { done ||= dialog.contains(target); });
dialog.addEventListener('close', () => {
  if (!done) waiting = [];
  done = false;
  if (waiting.length) link()?.click();
});
