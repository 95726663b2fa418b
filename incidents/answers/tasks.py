"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

from . import buttons


def take_buttons_away() -> int:
    return buttons.take_away()
