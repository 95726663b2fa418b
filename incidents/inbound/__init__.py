"""The door for alerts: bytes from monitoring come in, incidents are opened, fed and resolved.

Floor 8; may import anything below, and no other door. From the ground up:

    alert         the one shape every door speaks; pure
    alertmanager  a decoded body in, signals out; pure. A further integration is a further file
    reading       bytes to a dict, or a refusal that says why; never a crash
    hearing       signals to incidents, inside the caller's transaction
    intake        receipts: what came in is on disk before the answer, worked off at once or later
    views, urls   who may, and the answer's exact words; no session, no cookie, no redirect

Decisions. A 2xx means that the receipt is committed; whatever fails after the key was accepted
leaves the receipt waiting, and a task finishes it. Races for a key are settled by the database:
a key is claimed by inserting its row, before its incident exists. Messages of one alert group
(a *line*) never overtake each other, so a resolve cannot pass the trigger it belongs to.
A receipt is worked off in portions, each a transaction, because one message may name thousands.
"""
