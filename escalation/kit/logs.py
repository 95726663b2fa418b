"""What a log may say."""

import logging
import re

_KEYED = re.compile(r"(/ical/|/integrations/[\w-]+/)[^/\s]+")


class HidesKeys(logging.Filter):
    """The address of a calendar feed or of a door for alerts is its key: where a path is logged, it is not."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _KEYED.sub(r"\1…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
