"""The second step of signing in: an authenticator app, passkeys, recovery codes, and who must have one.

The way in is allauth's (see the door-plate of ``signin``): whoever has
proved the first thing passes its stages, and its stage ``mfa_authenticate`` stops everybody who has a factor. Its table
(``Authenticator``) holds the factors, its notes in the session say what a session has proved.

The rest is ours, for reasons. What allauth remembers of codes that were used stands in one process's memory: here
the step of the last code is a fact of the row, so that no process of any host takes a code twice. A recovery code is
kept as its hash alone. A passkey is good for the very address people type, and not for every name below it; it has to
know its person (a finger, a PIN), so that it may sign in alone. Every change is on record in its own transaction, and
mailed.

Admins: their half of the pages opens to a session that has passed a second step, however it began. A session that has
not is led to where one is set up. So there is nothing to get around: no door, old session or later change of role
counts, only what this session has proved.
"""
