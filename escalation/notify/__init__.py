"""How a person is reached: their ways and rules, messages, and the senders that carry them.

Floor 3; may import people, trail and kit. A sender is one file with one class; the engine's
outbox decides what is sent and when, a sender only carries it.

``models`` keeps what people have settled, and ``plan`` (pure) makes of it which messages leave for one
call, and when; ``quiet`` (pure) knows the nights. ``reaching`` has the verbs of the page "How Baton
reaches you", ``saying`` its words. Codes and tests leave through the engine's outbox too; as that is
upstairs, it registers itself in ``outbox`` at its start.

Decided: the account's own e-mail is a way like others, with an empty address that stands for whatever
the account says now, so the two cannot differ. People are given it, and a rule for it, with their
account; should that ever be missed, the fallback writes to the account all the same. Rules are looked up
when a call is queued; what is under way keeps its own. Quiet hours are a row of their own and not
columns of the account, because only this room needs them.
"""
