// "Use this browser": asks for permission on the click and no sooner, subscribes, and sends the subscription as a plain form.
// Element: form[data-push-key] with a button [data-push], a place [data-push-says] and its sentences in data-say-*.
(() => {
  const form = document.querySelector('form[data-push-key]');
  if (!form) return;
  const { dataset } = form, button = form.querySelector('[data-push]'), place = form.querySelector('[data-push-says]');
  const say = (what) => { place.textContent = dataset[what] ?? ''; button.hidden = what !== 'sayFailed' && what !== 'sayDismissed'; };
  const listed = (which) => (dataset[which] ?? '').split(' ');
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
  const held = async () => (await navigator.serviceWorker.getRegistration('/'))?.pushManager.getSubscription();

  const sameKey = ({ options }) => {
    const key = bytes(dataset.pushKey), its = new Uint8Array(options.applicationServerKey ?? []);
    return key.length === its.length && key.every((one, n) => one === its[n]);
  };
  async function subscribed() {
    const { pushManager } = await navigator.serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
    const kept = await pushManager.getSubscription();
    if (kept && sameKey(kept) && !listed('gone').includes(kept.endpoint)) return kept;
    await kept?.unsubscribe();
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(dataset.pushKey) });
  }
  async function use() {
    button.disabled = true;
    try {
      const answer = await Notification.requestPermission();
      if (answer !== 'granted') { say(answer === 'denied' ? 'sayDenied' : 'sayDismissed'); return; }
      form.elements.subscription.value = JSON.stringify(await subscribed());
      form.submit();
    } catch (error) {
      say('sayFailed');
      place.textContent += ` (${error.message})`;
    } finally { button.disabled = false; }
  }
  async function begin() {
    place.textContent = '';
    if (!window.isSecureContext) { say('sayInsecure'); return; }
    if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) { say('sayUnable'); return; }
    if (Notification.permission === 'denied') { say('sayDenied'); return; }
    const mine = await held();
    if (mine && listed('used').includes(mine.endpoint)) { say('sayUsed'); return; }
    button.hidden = false;
    button.addEventListener('click', use);
  }
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (data?.baton !== 'reached') return;
    if (document.activeElement?.matches('input, select, textarea')) say('sayUsed'); // what is being typed stays
    else window.location.reload();
  });
  begin();
})();
