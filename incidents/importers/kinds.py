"""People, teams, services, sources and heartbeats: how each is found here, compared and written."""

import re
from collections.abc import Iterable
from typing import Any

from escalation.kit.errors import Refused
from escalation.kit.text import is_seen
from escalation.kit.zones import time_zones
from escalation.notify.masking import masked
from escalation.notify.models import ContactMethod, NotificationRule
from escalation.people.models import Membership, Team, User
from escalation.policies.models import Policy
from incidents.models import Heartbeat, Service, Source, SourceKey
from incidents.models.doors import KINDS
from incidents.models.keys import hashed, may_be_one

from . import records
from .moving import Facts, Item, Kind, Left, Move
from .records import Level


class People(Kind):
    """Who has an account is left as they are: what an account says is its owner's to settle."""

    word, model, links = "person", User, ("password",)

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.people]

    def shown(self, record: records.Person) -> str:
        return f"{record.name} <{record.email}>"

    def known(self, move: Move, record: records.Person) -> User | None:
        return User.objects.filter(email=record.email.strip().casefold()).first()

    def wanted(self, move: Move, record: records.Person, row: User | None, item: Item) -> Facts:
        if row is not None:
            if not row.is_active:
                item.note("Their account here has ended: they cannot be called.")
            if row.is_auditor:
                item.note("They are an auditor here: they cannot be called.")
            return {}
        if not move.create_people:
            raise Left(f"Nobody here has the address {record.email}. With --create-people they get an account.")
        zone = record.time_zone
        if zone not in time_zones():
            item.note(f"The time zone {zone or '(none)'} is not known here: UTC.")
            zone = "UTC"
        if record.ways:
            item.note("Telephone numbers ring once they are verified: Preferences, How Baton reaches you.")
        ways = {way.id: way for way in record.ways}
        return {
            "name": " ".join(record.name.split())[:120] if is_seen(record.name) else record.email,
            "email": record.email.strip().casefold(),
            "time_zone": zone,
            "active": record.active,
            "ways": [f"{way.channel} {masked(way.address)}" for way in record.ways],
            "rules": [_chime(chime, ways) for chime in record.chimes],
        }

    def present(self, row: User, facts: Facts) -> Facts:
        return {}

    def fill(self, row: User, facts: Facts) -> None:
        if facts:
            row.name, row.email = facts["name"], facts["email"]
            row.time_zone, row.is_active = facts["time_zone"], facts["active"]

    def write(self, move: Move, row: User | None, facts: Facts, record: records.Person) -> User:
        row = row or User()
        self.fill(row, facts)
        row.set_unusable_password()
        row.full_clean()
        row.save()
        self._reach(move, row, record)
        return row

    def _reach(self, move: Move, row: User, record: records.Person) -> None:
        """Their ways, to be verified, and their rules in place of those that every new account has."""
        methods = {"": ContactMethod.objects.get(person=row, channel="email", address="")}
        for way in record.ways:
            method = ContactMethod(person=row, channel=way.channel, address=way.address, added_at=move.now)
            method.label = way.label[:40]
            method.clean_fields(exclude=[field.name for field in method._meta.concrete_fields if field.null])
            method.validate_constraints()
            method.save()
            methods[way.id] = method
        for urgency in {chime.urgency for chime in record.chimes}:
            NotificationRule.objects.filter(person=row, urgency=urgency).delete()
        for chime in dict.fromkeys(record.chimes):
            rule = NotificationRule(person=row, urgency=chime.urgency, delay_minutes=chime.minutes)
            rule.method = methods[chime.way]
            rule.full_clean()
            rule.save()

    def called(self, row: User) -> str:
        return row.email

    def called_so(self, facts: Facts) -> str:
        return str(facts["email"])

    def also_on_record(self, record: records.Person) -> Facts:
        return {"ways": [f"{way.channel} {masked(way.address)}" for way in record.ways]}


def _chime(chime: records.Chime, ways: dict[str, records.Way]) -> str:
    way = ways.get(chime.way)
    return f"{chime.urgency} +{chime.minutes} min {f'{way.channel} {masked(way.address)}' if way else 'email'}"


class Teams(Kind):
    """A team of the same name is the same team. Members are added, with their role; nobody's role is changed."""

    word, model, added = "team", Team, ("members",)

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.teams]

    def known(self, move: Move, record: records.Team) -> Team | None:
        return Team.objects.filter(name=_words(record.name)).first()

    def wanted(self, move: Move, record: records.Team, row: Team | None, item: Item) -> Facts:
        have = _roles(row)
        members = {}
        for role, ids in (("agent", record.agents), ("supervisor", record.supervisors)):
            for external in ids:
                email = move.name_of("person", external)
                if email is None:
                    item.note(f"{_person(move, external)} does not come over, and is not in it.", Level.LEFT)
                else:
                    members[email] = have.get(email, role)
        return {"name": move.free_name(Team, record.name, row), "members": dict(sorted(members.items()))}

    def present(self, row: Team, facts: Facts) -> Facts:
        have = _roles(row)
        return {"name": row.name, "members": {email: have[email] for email in facts["members"] if email in have}}

    def fill(self, row: Team, facts: Facts) -> None:
        row.name = facts["name"]

    def write(self, move: Move, row: Team | None, facts: Facts, record: records.Team) -> Team:
        row = row or Team()
        self.fill(row, facts)
        row.full_clean()
        row.save()
        have = _roles(row)
        for email, role in facts["members"].items():
            if email not in have:
                Membership.objects.create(team=row, user=User.objects.get(email=email), role=role)
        return row


def _roles(team: Team | None) -> dict[str, str]:
    return dict(team.memberships.values_list("user__email", "role")) if team is not None else {}


def _person(move: Move, external: str) -> str:
    found = next((one for one in move.said.people if one.id == external), None)
    return f"{found.name} <{found.email}>" if found else f"Somebody who is not among its people ({external})"


def _words(name: str) -> str:
    return " ".join(name.split())[:80]


class Services(Kind):
    word, model, links = "service", Service, ("team", "policy")

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.services]

    def wanted(self, move: Move, record: records.Service, row: Service | None, item: Item) -> Facts:
        policy = move.name_of("policy", record.policy) if record.policy else None
        if policy is None:
            item.lacks("The policy that it is called by does not come over.")
        elif ("policy", record.policy) in move.halves:
            item.lacks(f"Its policy {policy} is archived.")
        return {
            "name": move.free_name(Service, record.name, row),
            "team": move.team_of(record.team, item),
            "policy": policy,
            "in use": record.enabled and not item.half,
        }

    def present(self, row: Service, facts: Facts) -> Facts:
        policy = row.policy.name if row.policy else None
        return {"name": row.name, "team": row.team.name, "policy": policy, "in use": row.archived_at is None}

    def fill(self, row: Service, facts: Facts) -> None:
        row.name = facts["name"]

    def write(self, move: Move, row: Service | None, facts: Facts, record: records.Service) -> Service:
        row = row or Service()
        self.fill(row, facts)
        row.team = Team.objects.get(name=facts["team"])
        row.policy = Policy.objects.get(name=facts["policy"]) if facts["policy"] else None
        row.archived_at = None if facts["in use"] else row.archived_at or move.now
        row.full_clean()
        row.save()
        return row


class Sources(Kind):
    """What senders are known by there opens it here too, if that is asked for: then they need another address only."""

    word, model, links = "source", Source, ("service",)

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.sources]

    def wanted(self, move: Move, record: records.Source, row: Source | None, item: Item) -> Facts:
        service = move.name_of("service", record.service) if record.service else None
        if record.service and service is None:
            item.lacks("The service that its alerts are about does not come over.")
        elif record.service and ("service", record.service) in move.halves:
            item.lacks(f"Its service {service} is archived.")
        if record.kind not in KINDS:
            raise Left(f"There is no kind of source called {record.kind}.")
        return {
            "name": move.free_name(Source, record.name, row),
            "kind": row.kind if row is not None else record.kind,
            "service": service,
            "key": self._key(move, record, row, item),
            "in use": record.enabled and not item.half,
        }

    def _key(self, move: Move, record: records.Source, row: Source | None, item: Item) -> str | None:
        """The last letters of the key that it has, or will have, from there."""
        if not record.key or not move.keep_keys:
            if row is None:
                said = "With --keep-keys the key of its senders opens it here too." if record.key else ""
                item.note(" ".join(["It has no key yet: Admin, Sources, make a new key.", said]).strip(), Level.NOTE)
            return None
        known = SourceKey.objects.filter(key_hash=hashed(record.key)).first()
        if not may_be_one(record.key):
            item.note("The key of its senders cannot be a key here: make a new one.")
            return None
        if known is not None and (row is None or known.source_id != row.pk):
            item.note(f"The key of its senders opens {known.source} already: make a new one.")
            return None
        return f"…{record.key[-4:]}"

    def present(self, row: Source, facts: Facts) -> Facts:
        keys = {str(key) for key in row.door_keys.all()}
        return {
            "name": row.name,
            "kind": row.kind,
            "service": row.service.name if row.service else None,
            "key": facts["key"] if facts["key"] in keys else None,
            "in use": row.enabled,
        }

    def fill(self, row: Source, facts: Facts) -> None:
        row.name, row.kind, row.enabled = facts["name"], facts["kind"], facts["in use"]

    def write(self, move: Move, row: Source | None, facts: Facts, record: records.Source) -> Source:
        row = row or Source()
        self.fill(row, facts)
        row.service = Service.objects.get(name=facts["service"]) if facts["service"] else None
        row.full_clean()
        row.save()
        if facts["key"] and not row.door_keys.filter(key_hash=hashed(record.key)).exists():
            try:
                SourceKey.bring(row, record.key, by=move.by)
            except Refused as why:
                raise Left(str(why)) from None
        return row


class Heartbeats(Kind):
    """Once it is here it is agreed here: a second import does not change it."""

    word, model, links = "heartbeat", Heartbeat, ("source", "trail")

    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        return [(one.id, one) for one in move.said.heartbeats]

    def wanted(self, move: Move, record: records.Heartbeat, row: Heartbeat | None, item: Item) -> Facts:
        if row is not None:
            return {}
        source = move.name_of("source", record.source)
        if source is None:
            raise Left("The source that it would beat at does not come over.")
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", record.name).strip("-._")[:80] or "heartbeat"
        if Heartbeat.objects.filter(source__name=source, name=name).exists():
            raise Left(f"{source} has a heartbeat {name} already.")
        if name != record.name:
            item.note(f"It beats at an address that ends in {name}.")
        return {
            "name": name,
            "source": source,
            "title": record.title[:200],
            "severity": record.severity,
            "every": record.every,
            "grace": record.grace,
            "watched": record.enabled,
        }

    def present(self, row: Heartbeat, facts: Facts) -> Facts:
        return {}

    def fill(self, row: Heartbeat, facts: Facts) -> None:
        for name in ("name", "title", "severity", "every", "grace"):
            if facts:
                setattr(row, name, facts[name])
        row.enabled = facts.get("watched", row.enabled)

    def write(self, move: Move, row: Heartbeat | None, facts: Facts, record: records.Heartbeat) -> Heartbeat:
        row = row or Heartbeat()
        self.fill(row, facts)
        row.source = Source.objects.get(name=facts["source"])
        row.full_clean(exclude=["trail"])
        row.save()
        return row
