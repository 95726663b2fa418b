"""What a log may say."""

import logging
import re

_KEYED = re.compile(
    r"(baton_(?=[\w-]{43})|/ical/|/integrations/[\w-]+/|/heartbeats/|/password/new/[\w-]+/|/reach/accounts/(?=[\w:-]{40})"
    r"|/a/(?=\w{18}))[^/\s]+|([?&]token=)[^&\s]+"
)


class HidesKeys(logging.Filter):
    """The address of a feed, of a door for alerts or of a link in a message is its key, and a token is
    one too: no log of ours says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _KEYED.sub(lambda found: f"{found[1] or found[2]}…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
