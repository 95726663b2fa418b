"""Refusals: answers meant for people. Anything else may crash loudly."""


class Refused(Exception):
    """A verb that cannot be done now. ``str()`` is a sentence for the person who asked.

    ``code`` is stable and for programs: ``stale``, ``not-allowed``, ``state`` or ``invalid``.
    """

    def __init__(self, message: str, *, code: str = "state"):
        super().__init__(message)
        self.code = code
