// A button that copies what stands in a field: data-copy is the field's id, data-say what is said then.
// Where the browser does not let us (no https), the text is marked, ready for the keys.
(() => {
  for (const button of document.querySelectorAll('[data-copy]')) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener('click', async () => {
      field.focus();
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        document.dispatchEvent(new CustomEvent('toast', { detail: { text: button.dataset.say } }));
      } catch { /* it stays marked */ }
    });
  }
})();
