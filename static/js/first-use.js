// [data-script] on a field: what helps while writing in it is fetched when it first has the focus.
document.addEventListener('focusin', ({ target }) => { if (target.dataset?.script) import(target.dataset.script).catch(() => {}); });
