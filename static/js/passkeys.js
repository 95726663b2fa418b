// Asks the browser for a passkey, and sends what it answers as a plain form.
// Element: form[data-passkey="create|get"][data-question=address] with input[name=answer], a button and a place .says; data-say-none.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const listed = (some) => some?.map((one) => ({ ...one, id: bytes(one.id) }));

  function read({ publicKey }) {
    const asked = { ...publicKey, challenge: bytes(publicKey.challenge) };
    if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) };
    if (asked.allowCredentials) asked.allowCredentials = listed(asked.allowCredentials);
    if (asked.excludeCredentials) asked.excludeCredentials = listed(asked.excludeCredentials);
    return { publicKey: asked };
  }
  function written({ id, rawId, type, response }) {
    const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
    const told = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
    return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(told), clientExtensionResults: {} });
  }
  async function ask(form) {
    const body = new FormData();
    body.append('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value);
    const reply = await fetch(form.dataset.question, { method: 'POST', body });
    if (reply.status === 401) { // it has to be proved anew who this is
      location.assign((await reply.json()).address);
      return new Promise(() => {});
    }
    if (reply.status === 429) throw Object.assign(new Error('429'), { said: (await reply.json()).refused });
    if (!reply.ok || reply.redirected) throw new Error(reply.status);
    return navigator.credentials[form.dataset.passkey](read(await reply.json()));
  }
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const button = form.querySelector('button'), says = form.querySelector('.says');
    if (form.dataset.ready || !window.PublicKeyCredential) continue;
    form.dataset.ready = 'yes';
    says.textContent = '';
    button.hidden = false;
    const act = async () => {
      button.disabled = true;
      says.textContent = '';
      try {
        form.elements.answer.value = written(await ask(form));
        form.submit();
      } catch (why) { says.textContent = why.said ?? form.dataset.sayNone; } finally { button.disabled = false; }
    };
    button.addEventListener('click', act);
    form.addEventListener('submit', (event) => { event.preventDefault(); act(); }); // Enter in the field of its name
  }
})();
