// Who else has this incident open. A page that is seen gives a sign of life every half minute, and at once when something
// is begun to be written; the stream says when somebody came or went, and then the faces are fetched again.
(() => {
  const EVERY = 31000, place = () => document.getElementById('presence');
  if (!place()) return;
  const number = Number(place().dataset.number), url = place().dataset.liveSrc;
  let last = Date.now(), told = false;
  const writes = () => Boolean(document.getElementById('compose_text')?.value.trim());
  const ask = (verb, values = {}) => htmx.ajax(verb, url, { source: place(), target: place(), swap: 'morph:outerHTML', values }).catch(() => {});
  function tell() {
    if (document.visibilityState === 'hidden') return;
    last = Date.now();
    told = writes();
    ask('POST', told ? { writing: '1' } : {});
  }
  setInterval(() => { if (Date.now() - last >= EVERY - 500) tell(); }, EVERY / 4);
  document.addEventListener('visibilitychange', () => { if (Date.now() - last >= EVERY) tell(); });
  document.addEventListener('input', ({ target }) => { if (target.id === 'compose_text' && !told && writes()) tell(); });
  document.body.addEventListener('baton:presence', ({ detail }) => { if (detail.ids.includes(number)) ask('GET'); });
})();
