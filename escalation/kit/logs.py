"""What a log may say."""

import logging
import re

_KEYED = re.compile(
    r"(/integrations/[\w-]+/)[^\s?]+"
    r"|(baton_(?=[\w-]{43})|/ical/|/heartbeats/|/(?:api/v2|v1/api)/heartbeat/|/password/new/[\w-]+/|/invitation/|/reach/accounts/(?=[\w:-]{40})"
    r"|/a(?:nswers)?/(?=\w{18}))[^/\s]+"
    r"|([?&](?:token|key|integration_?key)=)[^&\s]+",
    re.IGNORECASE,  # what is misspelt is not found, and that is logged
)


class HidesKeys(logging.Filter):
    """The address of a feed, of a door for alerts or of a link in a message is its key, and a token is
    one too: no log of ours says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _KEYED.sub(lambda found: f"{found[found.lastindex or 0]}…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
