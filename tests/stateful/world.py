"""One organisation kept twice: as rows, and as the reference's plain values. All edits go through here."""

from datetime import UTC, datetime, time, timedelta

from escalation.kit import clock
from escalation.notify.models import ContactMethod, NotificationRule, QuietHours
from escalation.oncall import verbs
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.policies.ruling import PolicyRule
from incidents.models import BusinessHours, PeopleBand, Runbook, Service, SeverityCell, Source, Target

from .reference import office
from .reference import organisation as plain
from .reference.nights import Night
from .reference.rota import Chair, Cover, Rota
from .reference.ruling import Ruling
from .rig import first

NAMES = {
    "ana": "Ana Ruiz",
    "jo": "Jo Okafor",
    "sam": "Sam Reyes",
    "mei": "Mei Tanaka",
    "kim": "Kim Berg",
    "tom": "Tom Adeyemi",
    "ines": "Ines Moreau",
    "rita": "Rita Sol",
    "ada": "Ada Lund",
    "otto": "Otto Falk",
}
TEAMS = {
    "Applications": {"mei": "agent", "kim": "supervisor"},
    "Desk": {"ana": "agent", "jo": "agent", "sam": "supervisor"},
    "Facilities": {"rita": "agent"},
    "Managers": {"ines": "agent"},
    "Platform": {"tom": "agent", "otto": "supervisor"},
}
TIERS = {
    "L1": plain.Tier("Desk", 1, ack=5, work=15),
    "L2": plain.Tier("Applications", 2, ack=5, work=30),
    "L3": plain.Tier("Platform", 3, ack=10),
    "Duty": plain.Tier("Managers", 1, ack=10, functional=False),
    "Head": plain.Tier("Facilities", 2, ack=20, functional=False),
}
FUNCTIONAL = ("L1", "L2", "L3")
FIRST = datetime(2026, 2, 27, 9, tzinfo=UTC)  # the first hand-off of every schedule
MINUTES = 24 * 60  # of a day
# Those that never put their clocks forward: how they would is tested with the night itself. By minutes ahead of UTC.
ZONES = {0: "UTC", 540: "Asia/Tokyo", 330: "Asia/Kolkata", -420: "America/Phoenix"}
ROTAS = {"days": ("Applications", [["mei", "tom"], ["kim"]]), "nights": ("Platform", [["rita", None, "jo"]])}


class World:
    """``org`` is the reference's; the rows are found by the same names."""

    def __init__(self) -> None:
        self.ways: dict[plain.Way, int] = {}  # their rows
        self.org = plain.Organisation(last_resort="ada", catch_all="Last", owner="Desk")
        User.objects.bulk_create(self._person(key) for key in NAMES)
        self.ids = {first(name): pk for pk, name in User.objects.values_list("pk", "name")}
        self.names = {pk: key for key, pk in self.ids.items()}
        Team.objects.bulk_create(Team(name=name) for name in TEAMS)
        self.teams = {team.name: team for team in Team.objects.all()}
        self.team_names = {team.pk: name for name, team in self.teams.items()}
        self.org.teams = {team: dict(members) for team, members in TEAMS.items()}
        Membership.objects.bulk_create(
            Membership(team=self.teams[team], user_id=self.ids[person], role=role)
            for team, members in TEAMS.items()
            for person, role in members.items()
        )
        self.org.tiers = {name: plain.Tier(**vars(tier)) for name, tier in TIERS.items()}
        Tier.objects.bulk_create(self._tier(name, tier) for name, tier in TIERS.items())
        self.tiers = dict(Tier.objects.values_list("name", "pk"))
        self.tier_names = {pk: name for name, pk in self.tiers.items()}
        SeverityCell.objects.bulk_create(
            SeverityCell(impact=i, urgency=u, severity=min(5, i + u - 1)) for i in (1, 2, 3) for u in (1, 2, 3)
        )
        PeopleBand.objects.bulk_create([PeopleBand(least=100, severity=2), PeopleBand(least=1000, severity=1)])
        for name, (team, layers) in ROTAS.items():
            self._make_rota(name, team, layers)
        self.make_policy("Last", [plain.Step("L1"), plain.Step("Duty")], after_minutes=60)
        ids = {"owner": self.teams["Desk"], "last_resort_id": self.ids["ada"]}
        Installation.objects.create(catch_all=Policy.objects.get(name="Last"), **ids)

    def _person(self, key: str) -> User:
        self.org.people[key] = plain.Person(staff=key == "ada", auditor=key == "otto")
        return User(email=f"{key}@example.com", name=NAMES[key], is_staff=key == "ada", is_auditor=key == "otto")

    def _tier(self, name: str, tier: plain.Tier) -> Tier:
        return Tier(
            name=name,
            track="functional" if tier.functional else "hierarchical",
            rank=tier.rank,
            team=self.teams[tier.team],
            ack_minutes=tier.ack,
            work_minutes=tier.work,
        )

    def person(self, key: str) -> User:
        return User.objects.get(pk=self.ids[key])

    # --- people ------------------------------------------------------------------------------

    def activate(self, person: str, active: bool) -> None:
        User.objects.filter(pk=self.ids[person]).update(is_active=active)
        self.org.people[person].active = active

    def join(self, person: str, team: str, role: str) -> None:
        Membership.objects.update_or_create(team=self.teams[team], user_id=self.ids[person], defaults={"role": role})
        self.org.teams[team][person] = role

    def leave(self, person: str, team: str) -> None:
        Membership.objects.filter(team=self.teams[team], user_id=self.ids[person]).delete()
        self.org.teams[team].pop(person, None)

    # --- how people are reached ----------------------------------------------------------------

    def settle(self, person: str, urgency: str, chain: list[tuple[int, str, str]]) -> None:
        """(minutes later, name of a way, its channel) …, in place of what there was."""
        NotificationRule.objects.filter(person=self.ids[person], urgency=urgency).delete()
        rules = [(minutes, self._way(person, name, channel)) for minutes, name, channel in chain]
        NotificationRule.objects.bulk_create(
            NotificationRule(
                person_id=self.ids[person],
                urgency=urgency,
                method_id=self.ways[way],
                delay_minutes=minutes,
                position=position,
            )
            for position, (minutes, way) in enumerate(rules)
        )
        self.org.people[person].rules[urgency] = rules

    def _way(self, person: str, name: str, channel: str) -> plain.Way:
        """One that works: the one there is, or a new one."""
        known = self.org.people[person].ways
        if name not in known or not known[name].works:
            known[name] = plain.Way(name, channel)
            made = ContactMethod.objects.create(
                person_id=self.ids[person],
                channel=channel,
                address=f"{name} {len(self.ways)} of {person}",
                added_at=clock.now(),
                verified_at=clock.now(),
            )
            self.ways[known[name]] = made.pk
        return known[name]

    def lose(self, person: str, name: str, *, removed: bool) -> None:
        way = self.org.people[person].ways.get(name)
        if way is not None:
            way.works = False
            change = {"removed_at": clock.now()} if removed else {"verified_at": None}
            ContactMethod.objects.filter(pk=self.ways[way]).update(**change)

    def quiet_hours(self, person: str, hours: tuple[int, int, int] | None) -> None:
        """(minutes after midnight, so many minutes, minutes ahead of UTC); for calls from now on.

        Who can say so has an account, and its e-mail as a way.
        """
        own = {"person_id": self.ids[person], "channel": "email", "address": ""}
        ContactMethod.objects.get_or_create(**own, defaults={"added_at": clock.now(), "verified_at": clock.now()})
        QuietHours.objects.filter(person=self.ids[person]).delete()
        self.org.people[person].night = None
        if hours is not None:
            begins, lasts, ahead = hours
            User.objects.filter(pk=self.ids[person]).update(time_zone=ZONES[ahead])
            ends = (begins + lasts) % MINUTES
            QuietHours.objects.create(person_id=self.ids[person], begins=clock_face(begins), ends=clock_face(ends))
            self.org.people[person].night = Night(minutes(begins), minutes(lasts), minutes(ahead))

    # --- paths -------------------------------------------------------------------------------

    def edit_tier(self, name: str, *, ack: int, work: int | None) -> None:
        Tier.objects.filter(name=name).update(ack_minutes=ack, work_minutes=work)
        self.org.tiers[name].ack, self.org.tiers[name].work = ack, work

    def make_policy(self, name: str, steps: list[plain.Step], **fields) -> None:
        self.org.policies[name] = plain.Policy([])
        Policy.objects.create(name=name)
        self.edit_policy(name, **fields)
        for step in steps:
            self.add_step(name, step)

    def edit_policy(self, name: str, **fields) -> None:
        vars(self.org.policies[name]).update(fields)
        policy = self.org.policies[name]
        then = Policy.objects.get(name=policy.then) if policy.then else None
        Policy.objects.filter(name=name).update(
            rounds=policy.rounds,
            begins_after=policy.begins,
            then=then,
            hierarchical_severity=policy.from_severity,
            hierarchical_minutes=policy.after_minutes,
            version=Policy.objects.get(name=name).version + 1,
        )

    def add_step(self, policy: str, step: plain.Step) -> None:
        steps = self.org.policies[policy].steps
        steps.append(step)
        row = PolicyStep.objects.create(
            policy=Policy.objects.get(name=policy),
            position=len(steps),
            tier_id=self.tiers[step.tier],
            ack_minutes=step.ack,
            work_minutes=step.work,
            when_empty="fallback" if step.fallback else "hold" if step.awaits else "skip",
            fallback_id=self.ids[step.fallback] if step.fallback else None,
            always_call=step.always,
            mode=step.mode,
        )
        row.people.set([self.ids[person] for person in step.people])
        row.teams.set([self.teams[team].pk for team in step.teams])
        row.schedules.set(Schedule.objects.filter(name__in=step.rotas))

    def drop_step(self, policy: str) -> None:
        PolicyStep.objects.filter(policy__name=policy).order_by("-position").first().delete()
        self.org.policies[policy].steps.pop()

    def add_rule(self, policy: str, rule: Ruling) -> None:
        self.org.policies[policy].rules.append(rule)
        stated = {"people": rule.people, "failed": rule.failed, "unanswered": rule.unanswered, "open": rule.opened}
        columns: dict = {}
        for fact, number in stated.items():
            if number is not None:
                end = f"_{len(columns) // 2 + 1}" if columns else ""
                columns |= {f"fact{end}": fact, f"number{end}": number}
        row = PolicyRule.objects.create(
            policy=Policy.objects.get(name=policy),
            position=len(self.org.policies[policy].rules),
            name=rule.name,
            does=rule.does,
            tier_id=self.tiers[rule.tier] if rule.tier else None,
            **columns,
        )
        row.people.set([self.ids[person] for person in rule.whom])

    def drop_rule(self, policy: str) -> None:
        PolicyRule.objects.filter(policy__name=policy).order_by("-position").first().delete()
        self.org.policies[policy].rules.pop()

    def service(self, name: str, team: str, policy: str | None) -> None:
        self.org.services[name] = [team, policy]
        row = Policy.objects.get(name=policy) if policy else None
        Service.objects.update_or_create(name=name, defaults={"team": self.teams[team], "policy": row})

    def source(self, name: str, service: str | None, *, per_alert: bool) -> Source:
        return Source.objects.create(
            name=name,
            service=Service.objects.get(name=service) if service else None,
            grouping="alert" if per_alert else "group",
        )

    # --- promised times and runbooks ---------------------------------------------------------

    def promise(self, promises: tuple[plain.Promise, ...]) -> None:
        """In place of what was promised; for what is judged from now on."""
        Target.objects.all().delete()
        office_hours = None
        if any(promise.office for promise in promises):
            office_hours, _new = BusinessHours.objects.get_or_create(name="Office", defaults={"hours": office.WORDS})
        services = dict(Service.objects.values_list("name", "pk"))
        Target.objects.bulk_create(
            Target(
                kind=promise.kind,
                minutes=promise.minutes,
                severity=promise.severity,
                service_id=services.get(promise.service),
                hours=office_hours if promise.office else None,
                warn=promise.warn,
            )
            for promise in promises
        )
        self.org.promises = promises

    def write_runbook(self, words: tuple[str, ...]) -> None:
        """The one there is: about payments, kept by the desk's people."""
        body, ada = "".join(f"- [ ] {one}\n" for one in words), self.person("ada")
        book = Runbook.objects.first()
        if book is not None:
            book.rewrite(by=ada, body=body)
            return
        book = Runbook(title="Payments stand still", body=body, team=self.teams["Desk"])
        book.keep(by=ada, now=clock.now())
        book.services.set([Service.objects.get(name="Payments")])

    # --- schedules ---------------------------------------------------------------------------

    def _make_rota(self, name: str, team: str, layers: list[list[str | None]]) -> None:
        self.org.rotas[name] = Rota(team, FIRST, [])
        schedule = Schedule.objects.create(name=name, team=self.teams[team])
        for position, people in enumerate(layers, start=1):
            self.org.rotas[name].layers.append([])
            Layer.objects.create(
                schedule=schedule,
                position=position,
                name="Turns",
                unit="days",
                starts_on=FIRST.date(),
                hand_off=FIRST.time(),
            )
            for person in people:
                self.sit_down(name, position - 1, person, None)

    def sit_down(self, name: str, layer: int, person: str | None, joins: datetime | None) -> None:
        """A new seat at the end of the order."""
        chairs = self.org.rotas[name].layers[layer]
        chairs.append(Chair(person, joins))
        row = Layer.objects.get(schedule__name=name, position=layer + 1)
        who = self.ids[person] if person else None
        Seat.objects.create(layer=row, position=len(chairs), person_id=who, joins_at=joins)

    def get_up(self, name: str, layer: int, number: int, leaves: datetime) -> None:
        """Whoever sits there takes no turn that begins later."""
        chair = self.org.rotas[name].layers[layer][number]
        if chair.joins is None or chair.joins < leaves:
            chair.leaves = leaves
            Seat.objects.filter(layer__schedule__name=name, layer__position=layer + 1, position=number + 1).update(
                leaves_at=leaves
            )

    def cover(self, name: str, person: str | None, start: datetime, end: datetime) -> None:
        who = self.person(person) if person else None
        by = self.person("ada")
        with verbs.turn() as now:  # what it tells people belongs to no climb, and has stories of its own
            Schedule.objects.get(name=name)._put(by, who, start, end, "", now)
        self.org.rotas[name].covers.append(Cover(start, end, person))

    def serve(self, name: str, tier: str, serves: bool) -> None:
        tiers, links = self.org.rotas[name].tiers, Schedule.objects.get(name=name).tiers
        if serves:
            tiers.add(tier)
            links.add(self.tiers[tier])
        else:
            tiers.discard(tier)
            links.remove(self.tiers[tier])


def clock_face(minute: int) -> time:
    return time(minute // 60, minute % 60)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
