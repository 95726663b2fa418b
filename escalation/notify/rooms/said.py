"""What a channel reads of one incident. Plain text throughout: each chat writes it so that none of it is markup."""

from dataclasses import dataclass

from ..senders import SendFailed


class Lost(SendFailed):
    """The message is gone from the channel, or too old to be changed: the next one is a new one."""


@dataclass(frozen=True)
class Button:
    """``verb`` is what a press brings back; ``page`` does the same for whoever signs in, where presses do not come
    back; ``wordy``: it wants words first, which not every chat can ask for."""

    verb: str
    label: str
    page: str
    wordy: bool = False


@dataclass(frozen=True)
class Said:
    """``key``: whose message a button belongs to. ``until``: Unix seconds, after which a button does nothing any more.

    ``link`` leads to this installation; everything else may be anybody's words.
    """

    head: str
    lines: tuple[str, ...] = ()
    link: str = ""
    buttons: tuple[Button, ...] = ()
    key: str = ""
    until: int = 0

    @property
    def text(self) -> str:
        """For the log."""
        labels = " · ".join(f"[{one.label}]" for one in self.buttons)
        return "\n".join(filter(None, [self.head, *self.lines, labels, self.link]))
