// Moving cards has a script of its own (board.js), fetched when a mouse comes to a card or a key is pressed: not by who only looks.
// A key pressed before it is there waits for it; a card is not dragged before it is.
(() => {
  let script, there = false;
  const get = () => script ??= import(document.getElementById('board').dataset.script)
    .then(({ default: press }) => { there = true; return press; }, () => { script = undefined; });
  document.addEventListener('pointerover', ({ pointerType, target }) => { if (pointerType === 'mouse' && target.closest?.('#board .card')) get(); });
  document.addEventListener('dragstart', (event) => { if (!there && event.target.closest?.('#board .card')) event.preventDefault(); });
  document.addEventListener('keydown', async (event) => { if (!there) (await get())?.(event); });
  document.addEventListener('announce', ({ detail }) => { document.getElementById('announce').textContent = detail.text; });
})();
