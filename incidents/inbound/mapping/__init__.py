"""A mapping says what a message means whose sender knows nothing of Baton. Pure: text, message and an instant in.

Part of the door for alerts. From the ground up:

    values     a place in what came in, and what is there as text; the work is counted
    texts      texts with places in them, and the conditions under which a line counts
    words      the words senders use for actions and severities
    times      instants as senders write them
    language   a mapping's text to lines, or what is wrong and in which line
    applying   a mapping and a message to what is said
    vocabulary what is said by a message that uses our own words; needs no mapping
    ready      mappings for known tools, each with that tool's messages

A mapping is lines of ``field = text``, each on its own:

    # Zabbix
    parse tags                                      a text in which JSON stands
    each alerts                                     a list: each @item of it is one alert
    only monitor = id, name, url                    of that object nothing else is kept, not even on disk
    key = zabbix/{event_id}                         what belongs together
    title = {event_name} on {host}
    title = {event_name}
    severity = critical if {nseverity} is 5
    severity = info if {nseverity} is 0, 1
    action = resolve if {event_value} is 0
    action = ignore if {state_type} is SOFT
    link Problem = {zabbix_url}/tr_events.php?eventid={event_id}
    label host = {host}
    body = {alert_message}
    time = {timestamp}

A line counts if its condition holds and every place in its text has something. Of ``key``, ``title``,
``severity``, ``action`` and ``time`` the first line that counts is taken; of ``body``, ``link`` and ``label`` all.

Decisions. A language of our own and no template engine: what an admin needs is to choose and to
name, and a language that cannot compute cannot hang, leak or raise. It has no loops, no patterns
(their cost is unknown until they run) and no way to anything but the message. The work for one
message is counted, not timed, so that the same message always ends the same way. A place without
anything is no error but a line that does not count, which makes the next line the fallback: tools
leave fields out. A mapping never loses a message: what it makes no title of becomes an
incident that says so.
"""
