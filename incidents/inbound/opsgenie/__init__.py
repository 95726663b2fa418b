"""The Opsgenie Alert API v2, as far as monitoring uses it: whoever sends there changes the host, and keeps the rest.

From the ground up:

    calls       a method and a path in, what is asked out; pure
    fields      what an alert carries, read leniently, and how it is kept; pure
    decoding    a call and its body in, signals out; pure
    answers     the API's own answers, and the numbers in them; pure
    meant       which alert an identifier means, and what is known of it
    wire        the door: who may, where, and what is only looked up
    pings       the door for the pings of its heartbeats

Decisions. Their limits on lengths are theirs: what is longer is cut at our limits, which are wider, and never refused.
A priority is a severity, P1 to P5 as SEV1 to SEV5, and what has none has P3, as its senders expect. A message or a
description that is changed does not rewrite the incident, whose first report stands: it is noted, once. Nothing is
deleted: DELETE closes. Who is called is decided by the source's path alone, so ``responders`` name nobody who would be
called; but a team among them may choose the service, where the source allows it, by the label ``team``.

Every accepted request is a receipt, and its ``requestId`` says which. What became of it is on the receipt, so it
can be asked for as long as receipts are kept. Some clients ask at once and without a pause: in calm times the
request has been heard before its 202, and in a rush the question waits a moment for its answer.
"""
