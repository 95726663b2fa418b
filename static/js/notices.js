// What stands above the page. After a long cut-off it says that this page cannot know, and keeps whom to call.
// A banner that appears on an open page must not move what somebody is about to press.
(() => {
  const LONG = 30000;
  const root = document.documentElement, region = () => document.getElementById('notices');
  let timer, height = region()?.offsetHeight ?? 0;
  const settle = () => {
    const grown = (region()?.offsetHeight ?? 0) - height;
    height += grown;
    // Further down the browser holds the page still by itself.
    if (grown > 0 && window.scrollY === 0) window.scrollBy({ top: grown, behavior: 'instant' });
  };
  const know = (does) => {
    const el = document.getElementById('cannot-know');
    if (el && el.hidden !== does) { el.hidden = does; settle(); }
  };
  document.addEventListener('baton:cut-off', () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (root.hasAttribute('data-cut-off')) know(false); }, LONG);
  });
  document.addEventListener('baton:beat', () => { clearTimeout(timer); know(true); });
  document.addEventListener('htmx:afterSwap', ({ detail }) => { if (detail.target?.id === 'notices') settle(); });
})();
