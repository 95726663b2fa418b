"""Ways to be reached, for stories: senders that carry nothing away, and rules in a line each."""

from datetime import timedelta

from escalation.engine import climb, tasks
from escalation.kit import clock, outbound
from escalation.notify import senders
from escalation.notify.desk import Desk
from escalation.notify.models import ContactMethod, NotificationRule
from escalation.notify.senders import SendFailed
from escalation.people.models import User

REFUSED = "the mail server refused the address"


class Carrier:
    """A sender that keeps what it was given: (address or name, message)."""

    timeout, in_house = 10.0, False

    def __init__(self, name: str, label: str):
        self.name, self.label = name, label
        self.carried: list[tuple[str, object]] = []
        self.keys: list[str] = []
        self.trouble: SendFailed | None = None
        self.refuses: dict[str, SendFailed] = {}  # by the account's e-mail
        self.away = ""  # why it is not ready

    def ready(self) -> str:
        return self.away

    def clean(self, address: str) -> str:
        return senders_clean(address)

    def send(self, to, message, key: str) -> str:
        self.keys.append(key)
        trouble = self.refuses.get(to.email) or self.trouble
        if trouble:
            raise trouble
        self.carried.append((to.address or to.email, message))
        return f"{self.name}-{len(self.carried)}"

    @property
    def to(self) -> list[str]:
        return [address for address, _message in self.carried]


def senders_clean(address: str) -> str:
    from django.core.exceptions import ValidationError

    if not address.strip() or "bad" in address:
        raise ValidationError("This is no address.")
    return address.strip().replace(" ", "")


class Carriers(dict):
    """By name: email, sms, voice; and the desk."""

    def __init__(self):
        names = {"email": "E-mail", "sms": "SMS", "voice": "Phone call"}
        super().__init__({name: Carrier(name, label) for name, label in names.items()})
        self["desk"] = Desk()

    def use(self, monkeypatch) -> "Carriers":
        monkeypatch.setattr(senders, "by_name", lambda: self)
        return self


def method(person: User, channel: str, address: str, *, verified: bool = True) -> ContactMethod:
    at = clock.now() - timedelta(days=1)
    return ContactMethod.objects.create(
        person=person, channel=channel, address=address, added_at=at, verified_at=at if verified else None
    )


def account(person: User) -> ContactMethod:
    return ContactMethod.objects.get(person=person, channel="email", address="")


def rules(person: User, urgency: str, *chain: tuple[ContactMethod, int]) -> None:
    """(way, minutes) …, in place of what there was for this urgency."""
    NotificationRule.objects.filter(person=person, urgency=urgency).delete()
    for position, (way, minutes) in enumerate(chain):
        NotificationRule.objects.create(
            person=person, urgency=urgency, method=way, delay_minutes=minutes, position=position
        )


def reached_by(person: User, channel: str, address: str) -> ContactMethod:
    """By this way alone, at once, whatever the severity."""
    way = method(person, channel, address)
    for urgency in ("loud", "quiet"):
        rules(person, urgency, (way, 0))
    return way


def met(answer: outbound.Answer | Exception) -> outbound.Answer:
    """What somebody who talks to a service meets there."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def work() -> None:
    """The outbox and the timekeeper, until neither has anything left to do now."""
    while tasks.send() + climb.drain():
        pass


def refuse_mail(carriers: Carriers, *people: User) -> None:
    """Mail to these people is refused for good, and to the others it is not."""
    carriers["email"].refuses = {person.email: SendFailed(REFUSED, permanent=True) for person in people}
