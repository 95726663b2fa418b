"""The doors for alerts: bytes from monitoring come in, incidents are opened, fed and resolved.

Floor 8; may import anything below, and no other door. From the ground up:

    alert         the one shape every door speaks; pure
    reading       bytes to a dict, or a refusal that says why; never a crash
    door          what a door is: one contract, with its addresses, its key, and its own answers
    groups        groups of alerts, as Alertmanager and Grafana tell them; pure
    bodies        what webhooks send: JSON, forms, and what is in the envelopes of others; pure
    mapping       a language that says what a message means whose sender knows nothing of us; pure
    ready         mappings for known tools, each with its messages
    signals       what a webhook's message says, by its mapping or in our own words; pure
    alertmanager, grafana, pagerduty, pagerduty_v1, opsgenie, webhook
                  doors: a decoded body in, signals out; pure. A further integration is a further file
                  (opsgenie, whose API has many calls, is a folder),
    goalert, oncall
                  the addresses that senders of GoAlert and Grafana OnCall know: doors of ours under other names
    heartbeats    a door where a beat leaves no receipt: a silence, and its end, come as receipts of ours
    mail, mailtext, letterbox, smtp, imap
                  what a mail says, how one is read and kept; the server that takes it in, or the mailbox it lies in
    registry      and a line here
    details       what events carry besides, as text; pure
    story         what one key's signals make of it, in memory
    hearing       the signals of one message or of a hundred to incidents, inside the caller's transaction
    acting        what was done elsewhere, led to the verb that may do it here
    changing      changes that were told: kept, and shown beside what is open
    waiting       whose turn it is to be worked off
    seats         who works it off: one worker at a line, and nobody waits for another
    backlog       receipts worked off after the answer, many in one transaction
    group, quota  many threads' work done by one of them; how much a source may say
    intake        receipts: what came in is on disk before the answer, worked off at once or later
    forgetting    what came in is kept for so long and no longer
    replaying     what came in before, heard once more when its mapping was changed
    refusing      what was refused, a little of it, for admins to see why
    views, urls   who may; no session, no cookie, no redirect
    middleware    the door answers before what is meant for people

Decisions. A 2xx means that the receipt is committed; whatever fails after the key was accepted
leaves the receipt waiting, and a task finishes it. Races for a key are settled by the database:
a key is claimed by inserting its row, before its incident exists. Messages of one alert group
(a *line*) never overtake each other, so a resolve cannot pass the trigger it belongs to.
A receipt is worked off in portions, each a transaction, because one message may name thousands.
Which kinds of source there are the doors say, not the models, so a new one needs no migration.
What a door needs beside the body it puts into the receipt's envelope, since it may be read again later.

Under load the door only keeps receipts, those of one moment in one transaction, because a commit
and an incident cost more than a message: a crowd of fifty is kept for the price of a few. The
general cluster opens incidents a hundred at a time, for a tenth of what one alone costs. There is
no thread for it: whoever finds nobody at work does it for all, so alone is as simple as before.
"""
