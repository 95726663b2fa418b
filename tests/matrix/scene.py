"""Two teams with a thing of each kind, and what belongs to nobody who looks: every text bears the mark of its readers.

The objects of a row are four, seen from the team North: *n*, North's own (or the viewer's own, of what is private: Ann
is who owns it); *s*, South's (Bea's); *r*, restricted to who takes part, among North's (Pat's, of what is private: a
colleague of Ann's who never looks); *x*, none. Where a kind knows no third, there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from escalation.engine import answering
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify import codes
from escalation.notify.models import ChatAccount, ContactMethod, NotificationRule
from escalation.oncall.calendars.feeds import Feed
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from escalation.people.models import ApiToken, Membership, Skill, Team, Tier
from escalation.policies.models import Installation, Policy, PolicyStep
from incidents.models import (
    ChatRoom,
    Component,
    Drill,
    Incident,
    MaintenanceWindow,
    PeopleBand,
    Problem,
    Receipt,
    RefusedMessage,
    Review,
    RolePlan,
    RoleSource,
    Runbook,
    SavedView,
    Service,
    SeverityCell,
    Source,
    Stakeholder,
    StatusPage,
    TrainingCase,
    TrainingGoal,
    TrainingPlay,
    UpdateTemplate,
    Webhook,
)
from incidents.models.reviews import Words
from incidents.practising import shipped
from tests.organisation import person

from . import doors, signing

SLOTS = "nsrx"
NONE = 987_654_321
WORD = "lantern"  # in every text that is marked: what a search for it finds, it was let see
DAY = timedelta(days=1)
STATES = ("open", "taken", "held", "offered", "given", "done", "reviewed")
# The services: whose team's, and whose tier is called. Whoever is called takes part, so the restricted call Pat.
OWNED = (("n", "North", "North"), ("s", "South", "South"), ("r", "North", "East"))
Slots = dict[str, Any]


@dataclass
class Scene:
    people: SimpleNamespace
    teams: dict[str, Team]
    services: dict[str, Service]
    policies: dict[str, Policy]
    tiers: dict[str, Tier]
    incidents: dict[str, dict[str, Incident]]  # by state, and by slot
    things: dict[str, Slots]  # keys by kind, and by slot
    refs: Mapping[int, str] = field(default_factory=dict)  # the mark of each incident by its number


def make() -> Scene:
    """All of it, in one transaction of the caller's. The clock stands."""
    scene = _organisation()
    _around(scene)
    for state in STATES:
        scene.incidents[state] = {
            "n": _incident(scene, state, "north"),
            "s": _incident(scene, state, "south"),
            "r": _incident(scene, state, "shut"),
        }
    _incident(scene, "open", "hush")
    _between(scene)
    _on_call(scene)
    _own(scene)
    _planned(scene)
    _learnt(scene)
    _kept_by_admins(scene)
    _shut_later(scene)
    _links(scene)
    signing.make(scene)
    scene.refs = {one.number: _mark_of(one) for one in Incident.objects.all()}
    return scene


def _mark_of(incident: Incident) -> str:
    return next(mark for mark in ("zqnorth", "zqsouth", "zqshut", "zqhush") if mark in incident.title)


def _organisation() -> Scene:
    names = ("Ann North", "Nora North", "Pat North", "Bea South", "Sue South", "Ivy West", "Gus North")
    who = {name.split()[0].lower(): person(name) for name in names}
    who["ada"] = person("Ada Lund", is_staff=True, is_superuser=True)
    who["otto"] = person("Otto Falk", is_auditor=True)
    teams = {name: Team.objects.create(name=name) for name in ("North", "South", "West", "East")}
    crews = {"North": ("ann", "pat", "gus", "nora"), "South": ("bea", "sue"), "West": ("ivy",), "East": ("pat",)}
    for team, crew in crews.items():
        for name in crew:
            role = "supervisor" if name in ("nora", "sue") else "agent"
            Membership.objects.create(team=teams[team], user=who[name], role=role)
    tiers, policies, services = {}, {}, {}
    for rank, (slot, owner, called) in enumerate(OWNED, start=1):
        tiers[slot] = Tier.objects.create(name=f"L{rank} {called}", rank=rank, team=teams[called], ack_minutes=5)
        policies[slot] = Policy.objects.create(name=f"{called} policy")
        PolicyStep.objects.create(policy=policies[slot], position=1, tier=tiers[slot])
        _further(policies[slot], teams[called], rank)
        services[slot] = Service.objects.create(name=f"{owner} {slot} shop", team=teams[owner], policy=policies[slot])
    Installation.objects.create(catch_all=policies["n"], owner=teams["North"], last_resort=who["ada"])
    for impact in (1, 2, 3):
        for urgency in (1, 2, 3):
            SeverityCell.objects.create(impact=impact, urgency=urgency, severity=min(5, impact + urgency - 1))
    PeopleBand.objects.create(least=100, severity=2)
    return Scene(SimpleNamespace(**who), teams, services, policies, tiers, {}, {})


def _further(policy: Policy, team: Team, rank: int) -> None:
    """Where it could be passed on to, and who must know, should it come to that: both of the team that is called."""
    second = Tier.objects.create(name=f"L{rank + 3} {team.name}", rank=rank + 3, team=team, ack_minutes=500)
    boss = Tier.objects.create(
        name=f"Heads of {team.name}", rank=rank, team=team, track=Tier.Track.HIERARCHICAL, ack_minutes=500
    )
    PolicyStep.objects.create(policy=policy, position=2, tier=second)
    PolicyStep.objects.create(policy=policy, position=3, tier=boss, mode=PolicyStep.Mode.DECIDE)


def _around(scene: Scene) -> None:
    """What incidents meet: runbooks, a channel, who plays which role."""
    people = scene.people
    books = {
        slot: Runbook(title=f"Book {slot}", body="- [ ] Look\n- [ ] Restart\n", team=team)
        for slot, team in _both(scene)
    }
    for slot, book in books.items():
        book.keep(by=people.ada, now=clock.now())
        book.services.add(scene.services[slot], *([scene.services["r"]] if slot == "n" else []))
    scene.things["runbook"] = {slot: book.pk for slot, book in books.items()}
    for kind, steps in (("step", "earliest"), ("next_step", "latest")):
        scene.things[kind] = {slot: getattr(books[slot].steps, steps)("number").pk for slot in "ns"}
        scene.things[kind]["r"] = scene.things[kind]["n"]
    plan = RolePlan.objects.create(from_severity=5)
    RoleSource.objects.create(plan=plan, role="lead")
    scene.things["room"] = {}
    for name in ("told", "untold"):
        room = ChatRoom(name=f"Our room, {name}", kind="teams", owner=people.ada, by_itself=False)
        room.leads_to("https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=zqsecret")
        room.save()
        scene.things["room"] |= dict.fromkeys("nsr" if name == "told" else ("untold",), room.pk)
    UpdateTemplate.objects.create(name="First words", text="We look into it.")
    Skill.objects.create(name="Database")


def _both(scene: Scene):
    return ("n", scene.teams["North"]), ("s", scene.teams["South"])


def _incident(scene: Scene, state: str, kind: str, *, still_open: bool = False) -> Incident:
    """One in this state, with a note, an attempt, a file and an update. What is shut was opened by Pat, and Ivy let in;
    hushed is what Ada opened, with nobody. ``still_open``: to its teams, for now."""
    people, mark = scene.people, f"{WORD} zq{kind}"
    slot = {"north": "n", "shut": "r", "south": "s", "hush": "r"}[kind]
    by = {"north": people.ann, "south": people.bea, "shut": people.pat, "hush": people.ada}[kind]
    lead = {"north": people.nora, "south": people.sue, "shut": people.ivy, "hush": people.ada}[kind]
    facts = {"title": f"{mark} {state}", "symptom": f"{mark} symptom", "service": scene.services[slot]}
    one = Incident.open(by=by, restricted=kind in ("shut", "hush") and not still_open, **facts)
    if kind == "shut":
        one.let_in(by=by, person=people.ivy)
    one.note(by=by, text=f"{mark} note")
    one.attempt(by=by, text=f"{mark} attempt", outcome="no_effect", hypothesis=f"{mark} idea")
    one.attach(by=by, name=f"{mark}.txt", body=f"{mark} content".encode())
    told = {"stage": "identified", "text": f"{mark} update", "to_stakeholders": True, "on_status_page": False}
    if state == "taken":
        one.acknowledge(by=by)
        for _ in range(3):  # so that it is advised to escalate
            one.attempt(by=by, text=f"{mark} attempt", outcome="no_effect")
        one.publish_update(by=by, epoch=None, **told)
        one.tick(by=by, step=scene.things["step"][slot], worked=False, text=f"{mark} tick")
        return one
    if state != "open":
        one.acknowledge(by=by)
    if state == "held":
        one.hold(by=by, until=clock.now() + timedelta(hours=2), text=f"{mark} hold")
    if state == "given":
        one.hand_over(by=by, to=lead, text=f"{mark} brief")
    if state == "offered":
        one.reassign(by=people.ada, to=lead, text=f"{mark} why")
        one = Incident.objects.get(pk=one.pk)
        one.hand_over(by=lead, to=by, text=f"{mark} brief")
    if state == "done":  # so severe that its review is asked for
        one.set_severity(by=by, severity=2, text=f"{mark} severe")
    if state in ("done", "reviewed"):
        one.resolve(by=by, cause="change", text=f"{mark} over")
    if state == "reviewed":
        words = Words(f"{mark} summary", f"{mark} helped", f"{mark} hindered", [("change", f"{mark} factor")])
        review = Review.begin(one, by=by, words=words)
        review.add_action(by=by, what=f"{mark} action", owner=by, due=clock.now().date())
    return one


def _between(scene: Scene) -> None:
    """What those that are taken have to do with others: a link, a channel that reads of it, somebody asked to lead."""
    people, taken = scene.people, scene.incidents["taken"]
    by = {"n": people.ann, "s": people.bea, "r": people.pat}
    for slot, one in taken.items():
        one.link(scene.incidents["open"][slot], kind="related", by=by[slot])
        if slot != "r":  # no channel is told of what is restricted
            one.tell_room(ChatRoom.objects.get(pk=scene.things["room"][slot]), by=by[slot])
        given = scene.incidents["given"][slot]
        given.tell_authority(by=by[slot], text="What do we do?")
        given.pass_role("lead", by=by[slot], to=_lead(people, slot))
        scene.incidents["held"][slot].take_role("lead", by=by[slot])


def _shut_later(scene: Scene) -> None:
    """What the whole of North saw, and what it was linked with, told and shown, before Pat restricted it."""
    people, mark = scene.people, f"{WORD} zqshut"
    taken, over = (_incident(scene, state, "shut", still_open=True) for state in ("taken", "reviewed"))
    shown = {"stage": "identified", "text": f"{mark} shown", "to_stakeholders": True, "on_status_page": True}
    taken.publish_update(by=people.pat, epoch=None, public_title=f"{mark} told", **shown)
    taken.tell_room(ChatRoom.objects.get(pk=scene.things["room"]["n"]), by=people.pat)
    for one in (taken, over):
        for other in (scene.incidents["taken"]["n"], scene.incidents["reviewed"]["n"]):
            other.link(one, kind="related", by=people.pat)
        Problem.objects.get(pk=scene.things["problem"]["n"]).link(one, by=people.pat)
        one.restrict(by=people.pat, text=f"{mark} why")


def _lead(people: SimpleNamespace, slot: str):
    return {"n": people.nora, "s": people.sue, "r": people.ivy}[slot]


def _on_call(scene: Scene) -> None:
    """A schedule of each team, with a cover to come, a request to swap, and a calendar of holidays."""
    people, things = scene.people, scene.things
    for kind in ("schedule", "override", "swap", "turn"):
        things[kind] = {}
    now = clock.now().replace(hour=9, minute=0)
    crews = {
        "n": (people.ann, people.pat, people.nora, "zqnorth"),
        "s": (people.bea, people.bea, people.sue, "zqsouth"),
    }
    for slot, (first, second, lead, mark) in crews.items():
        rota = Schedule.objects.create(name=f"{WORD} {mark} rota", team=lead.teams.get())
        layer = Layer.objects.create(schedule=rota, name="Turns", unit="days", starts_on=now.date() - DAY)
        for position, one in enumerate(dict.fromkeys((first, second)), start=1):
            Seat.objects.create(layer=layer, position=position, person=one)
        cover = rota.override(
            by=lead, person=first, starts_at=now + 9 * DAY, ends_at=now + 10 * DAY, reason=f"{mark} cover"
        )
        turns = [now + n * DAY for n in range(1, 5)]
        given = next(at for at in turns if first.pk in {shift.person for shift in _shifts(rota, at)})
        swap = rota.ask_swap(Wish(Span(given, given + DAY), text=f"{mark} swap"), by=first)
        things["schedule"][slot], things["override"][slot], things["swap"][slot] = rota.pk, cover.pk, swap.pk
        things["turn"][slot] = given + 2 * DAY  # theirs again


def _shifts(rota: Schedule, at) -> list:
    from escalation.oncall.shifts import final

    return [one for one in final(rota.plan(), at, at + DAY) if one.start <= at < one.end]


def _own(scene: Scene) -> None:
    """What is somebody's own: Ann's, Bea's and Pat's."""
    things, keys = scene.things, {}
    for kind in ("token", "way", "good_way", "code", "rule", "account", "feed", "calendar", "view", "play", "who"):
        things[kind] = {}
    whose = {"n": ("ann", "zqmine", "zqanns"), "s": ("bea", "zqbeas", "zqsouth"), "r": ("pat", "zqpats", "zqpatsown")}
    for n, (slot, (name, mark, own)) in enumerate(whose.items()):
        one, now = getattr(scene.people, name), clock.now()
        own = own if slot != "s" else "zqbeas"
        token, _key = ApiToken.make(one, name=f"{mark} program", scopes=["work"], now=now)
        sent = now - 2 * codes.AGAIN_AFTER  # still good, and another one may be asked for
        waits = {"added_at": now, "code_proof": codes.new_proof(), "code_at": sent}
        way = ContactMethod.objects.create(person=one, channel="sms", address=f"+49151234567{n}", **waits)
        things["code"][slot] = codes.code_of(way.code_proof)
        rule = NotificationRule.objects.create(person=one, urgency="quiet", method=way, delay_minutes=9, position=7)
        linked = {"channel": "slack", "workspace": "T1", "account": f"U{n}", "name": f"{own} chat", "nonce": f"n{n}"}
        feed, keys[slot] = Feed.make(by=one)
        case = dict(shipped.cases()["1-card-payments"])
        things["token"][slot], things["way"][slot], things["rule"][slot] = token.pk, way.pk, rule.pk
        things["account"][slot] = ChatAccount.objects.create(person=one, linked_at=now, **linked).pk
        things["feed"][slot], things["who"][slot] = feed.pk, one.pk
        things["calendar"][slot] = OutsideCalendar.add(f"https://calendar.example.com/{own}.ics", by=one).pk
        things["view"][slot] = SavedView.objects.create(name=f"{own} view", asked="severity=1", author=one).pk
        things["play"][slot] = TrainingPlay.begin_play(by=one, case="1-card-payments", told=case).pk
        way = ContactMethod.objects.create(
            person=one, channel="email", address=f"{own}@example.org", added_at=now, verified_at=now
        )
        things["good_way"][slot] = way.pk
    things["feed_key"] = {"feed-user": keys}


def _links(scene: Scene) -> None:
    """What opens without signing in: the link of each one's message, of a password, of a chat's account."""
    people, things = scene.people, scene.things
    for kind in ("delivery", "answer", "answer_page", "uidb64", "reset"):
        things[kind] = {}
    for slot, one in (("n", people.ann), ("s", people.bea), ("r", people.pat)):
        about = scene.incidents["open"][slot].trail_id
        letter = Delivery.objects.filter(person=one, channel="email", kind="call", run__trail=about).earliest("id")
        things["delivery"][slot], things["answer"][slot] = letter.pk, answering.token_of(letter)
        things["answer_page"][slot] = answering.button_of(letter)
        things["uidb64"][slot] = urlsafe_base64_encode(force_bytes(one.pk))
        things["reset"][slot] = default_token_generator.make_token(one)


def _planned(scene: Scene) -> None:
    people, things = scene.people, scene.things
    for kind in ("drill", "plan", "run", "window"):
        things[kind] = {}
    now = clock.now()
    begins = now + 3 * DAY
    when = {"day": begins.date(), "at": begins.time().replace(second=0, microsecond=0), "zone": "UTC", "weeks": 4}
    for slot, lead, mark in (("n", people.nora, "zqplannorth"), ("s", people.sue, "zqplansouth")):
        service = scene.services[slot]
        plan = {"service": service, "severity": 3, "limit": 60, **when}
        to_come = Drill.plan(by=lead, title=f"{mark} to come", text=f"{mark} text", **plan)
        held = Drill.plan(by=lead, title=f"zq{_side(slot)} exercise", text="As told.", **plan)
        run = held.start(by=lead)
        hours = {"day": now.date(), "at": now.time().replace(microsecond=0), "minutes": 45}
        yard = Service.objects.create(name=f"{service.team.name} yard", team=service.team)  # drills go on elsewhere
        window = MaintenanceWindow.schedule(by=lead, services=[yard], reason="New disks", **hours)
        things["drill"][slot], things["run"][slot], things["window"][slot] = held.pk, run.pk, window.pk
        things["plan"][slot] = to_come.pk


def _side(slot: str) -> str:
    return {"n": "north", "s": "south", "r": "shut"}[slot]


def _learnt(scene: Scene) -> None:
    """A problem of each team, one of each with an action; and a draft of a training case."""
    people, things = scene.people, scene.things
    things["problem"], things["still_problem"], things["draft"] = {}, {}, {}
    shipped_case = {**shipped.cases()["1-card-payments"]}
    for slot, by, lead in (("n", people.ann, people.nora), ("s", people.bea, people.sue)):
        over, mark = scene.incidents["done"][slot], f"{WORD} zq{_side(slot)}"
        about = {"title": f"{mark} problem", "owner": by, "team": lead.teams.get(), "cause": f"{mark} cause"}
        problem = Problem.begin(over, by=by, **about)
        problem.add_action(by=by, what=f"{mark} remedy", owner=by, due=clock.now().date())
        about |= {"title": f"{mark} problem that nothing is to be done about"}
        things["still_problem"][slot] = Problem.begin(scene.incidents["held"][slot], by=by, **about).pk
        steps = [{**one, "facts": {**one["facts"], "people": []}} for one in shipped_case["steps"]]
        told = {**shipped_case, "title": f"{mark} case", "steps": steps}
        case = TrainingCase.begin(scene.incidents["reviewed"][slot], by=lead, told=told)
        things["problem"][slot], things["draft"][slot] = problem.pk, case.pk


def _kept_by_admins(scene: Scene) -> None:
    """A door of each team, its keys, what came in; a webhook with its secret; the status page."""
    people, things, now = scene.people, scene.things, clock.now()
    doors.make(scene)
    source = Source.objects.get(pk=things["source"]["n"])
    aside = {"state": "quarantined", "outcome": {"error": "zqkeeper error"}, "digest": "d"}
    receipt = Receipt.objects.create(source=source, received_at=now, body=b'{"title": "zqkeeper body"}', **aside)
    things["receipt"] = {"n": receipt.pk}
    told = {"status": 400, "reason": "zqkeeper reason", "content_type": "application/json", "body": b"{"}
    RefusedMessage.keep(source, **told, now=now)
    hook = Webhook(name="zqkeeper hook", url="https://tickets.example.com/zqkeeper", owner=people.ada)
    hook.new_secret(now)
    hook.save()
    page = StatusPage.objects.create(shown=StatusPage.Shown.PUBLIC, name="How we are", introduction="All we know.")
    Component.objects.create(page=page, name="Shop", service=scene.services["n"])
    Stakeholder.objects.create(person=people.ada)
    TrainingGoal.objects.create(team=scene.teams["North"], days=30)
