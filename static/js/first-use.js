// Fetched when needed. data-script: a field gets the focus. data-attach: files are dragged, or pasted without text.
addEventListener('focusin', ({ target }) => { if (target.dataset?.script) import(target.dataset.script).catch(() => {}); });
for (const kind of ['dragover', 'drop', 'paste']) addEventListener(kind, (event) => {
  const { types, files } = event.dataTransfer ?? event.clipboardData ?? {}, link = document.getElementById('do-attach');
  if (!link || !types?.includes('Files') || kind === 'paste' && types.includes('text/plain')) return;
  event.preventDefault();
  const kept = [...files];
  import(link.dataset.attach).then((script) => script[kind](kept)).catch(() => {});
});
