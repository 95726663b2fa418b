"""How people sign in, prove again that it is them, and end their sessions; what is guessed at, who is invited, and the
tokens with which programs come in as somebody.

Floor 3: knows people and the record, which tells who they are and what they did here; nobody below needs to know how
somebody came in.

Django's views and forms take the password and send the links to choose a new one, as they always did; allauth carries
on from there. Whoever has proved the first thing (a password, a passkey, another system's word) goes through allauth's
login stages (see ``adapter``), and only their end signs in: there is one place where a second factor is asked for, and
no way around it. Choosing a new password signs nobody in. allauth.account's own pages are left out: they keep addresses
of their own beside ``User.email`` (EmailAddress), which could disagree with it, and count in one process's memory.
"""
