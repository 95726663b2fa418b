"""What the environment says, and a sentence where it cannot be read."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.FileAwareEnv):
    """``NAME_FILE`` reads the value from a file. A word where a number belongs: ``ImproperlyConfigured`` names it."""

    def get_value(self, var: str, cast: Any = None, *said: Any, **more: Any) -> Any:
        try:
            return super().get_value(var, cast, *said, **more)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be read: it wants {_wanted(cast)}.") from error


def _wanted(cast: Any) -> str:
    if isinstance(cast, list):
        return "numbers with commas between them, as 5,15,60"
    if cast is dict:
        return "names and numbers, as sms=20,voice=6"
    return "a whole number" if cast is int else "a number"
