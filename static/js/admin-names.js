// Django's admin gives no name to the fields of its tables, and none to its selects that search: here they take it from their column or label.
(() => {
  const words = (el) => el?.textContent.replace(/\s+/g, ' ').trim() ?? '';
  function column(field) {
    const cell = field.closest('td'), row = field.closest('tr'), head = field.closest('table')?.tHead;
    if (!cell || !head) return '';
    const own = [...cell.classList].find((one) => one.startsWith('field-'));
    const title = cell.matches('.delete') ? head.querySelector('th:last-child') : own && head.querySelector(`.column-${CSS.escape(own.slice(6))}`);
    return [words(title), words(row.querySelector('.original p'))].filter(Boolean).join(', ');
  }
  const nameOf = (field) => words(field.labels?.[0]).replace(/:$/, '') || column(field);
  function give(el, name) {
    if (el && name && el.getAttribute('aria-label') !== name) el.setAttribute('aria-label', name);
  }
  function search(select) {
    const box = select.nextElementSibling, name = nameOf(select);
    if (!box?.matches('.select2')) return;
    const shown = box.querySelector('.select2-selection__rendered'), value = select.multiple ? '' : words(shown).replace(/^×/, '');
    give(box.querySelector('[role=combobox]'), name);
    give(box.querySelector('[role=textbox]'), [name, value].filter(Boolean).join(': '));
    give(box.querySelector('input'), name);
    box.querySelector('ul > span')?.setAttribute('role', 'listitem');  // what empties it stands in a list
    if (box.matches('.select2-container--open')) give(document.querySelector('.select2-dropdown input'), name);
  }
  function all() {
    document.querySelectorAll('.tabular :is(input:not([type=hidden]), select, textarea)').forEach((field) => { if (!field.labels?.length && !field.matches('.select2-search__field')) give(field, column(field)); });
    document.querySelectorAll('select.admin-autocomplete').forEach(search);
  }
  let due;
  const soon = () => { due ??= requestAnimationFrame(() => { due = undefined; all(); }); };
  addEventListener('load', () => {
    all();
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, attributeFilter: ['class'] });
  });
})();
