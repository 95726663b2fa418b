"""On the desk: nothing leaves the house. The delivery's row is what pages and the browser read."""

from .message import Message, Recipient


class Desk:
    name = "desk"
    timeout = 0.0
    in_house = True

    def send(self, to: Recipient, message: Message, key: str) -> str:
        return ""
