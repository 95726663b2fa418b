"""How a try went."""

from dataclasses import dataclass

from .claiming import Claimed

NO_LONGER = "what it tells may not be seen there any more"


@dataclass(frozen=True)
class Outcome:
    """``reason`` is empty if it was taken; ``withheld``: nothing was said, and nothing will be.

    Of a channel: ``said`` there, as text, of which ``post``; what the other side calls the message now (``theirs``),
    unless it is ``lost``; ``shut``: the channel is closed to us.
    """

    claimed: Claimed
    reason: str = ""
    status: int | None = None
    answer: str = ""
    retry_after: float | None = None
    took: float = 0.0
    withheld: bool = False
    unsigned: bool = False
    post: int | None = None
    said: str = ""
    theirs: str = ""
    lost: bool = False
    shut: bool = False
