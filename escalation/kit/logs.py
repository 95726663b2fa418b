"""What a log may say."""

import logging
import re

_KEYED = re.compile(r"(/ical/)[^/\s]+")


class HidesKeys(logging.Filter):
    """A calendar feed's address is its key: where a path is logged, it is not."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if "/ical/" in said:
            record.msg, record.args = _KEYED.sub(r"\1…", said), ()
        return True
