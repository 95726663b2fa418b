"""Signing in by another system's word: OpenID Connect, with the one provider that the environment names.

The authorization code flow with PKCE (RFC 7636), state and nonce. What the provider says of a person counts if its
signature is the provider's, it was said to us, now, and in answer to this very question; all of that is checked, though
the specification lets who fetches a token by TLS leave the signature out. PyJWT checks it; the talk goes through the
guarded way out (``kit.outbound``), so neither a typing mistake nor a provider that was taken over sends us to inner
addresses. That, the nonce, and keeping no tokens and no second list of addresses are why it is not allauth's provider.

Whoever it is has to have an account here, found by the e-mail address, if the provider has verified that; who is
unknown is let in only if the environment says so. What comes then is the same for everybody: the stages of ``signin``,
with the second step for whom it is set up.
"""
