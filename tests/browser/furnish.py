"""Makes something of every kind in a copy of the scene, so that every page has something to show.

Run as a program, as the scene is; prints the words of which addresses are made, as one JSON object.
"""

import json
import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def main() -> None:
    django.setup()
    from escalation.people.models import User

    cast = {user.get_short_name().lower(): user for user in User.objects.all()}
    made = {
        **incidents(cast),
        **on_call(cast),
        **ways(cast),
        **desk(cast),
        **training(cast),
        **doors(),
        **invited(cast),
        **rows(),
    }
    print(json.dumps(made))


def incidents(cast: dict) -> dict:
    from escalation.kit import clock
    from escalation.people.models import Tier
    from incidents.models import (
        ChatRoom,
        Component,
        Incident,
        Problem,
        Review,
        RolePlan,
        RoleSource,
        Runbook,
        Service,
        StatusPage,
        Webhook,
    )
    from incidents.models.reviews import Words

    sam, service = cast["sam"], Service.objects.get()
    runbook = Runbook.objects.get()
    runbook.services.add(service)
    step = runbook.steps.get(number=2)

    def one(title: str, **facts) -> Incident:
        return Incident.open(title=title, service=service, by=cast["ana"], **facts)

    plan = RolePlan.objects.create(from_severity=1)
    RoleSource.objects.create(plan=plan, role="lead")
    RoleSource.objects.create(plan=plan, role="communicator", tier=Tier.objects.order_by("pk").first())
    RoleSource.objects.create(plan=plan, role="scribe", tier=Tier.objects.order_by("pk").last())
    hook = Webhook(name="Tickets", url="https://tickets.example.com/baton", owner=cast["ada"])
    hook.new_secret(clock.now())
    hook.save()
    room = ChatRoom(name="Major incidents", kind="teams", owner=cast["ada"], from_severity=1)
    room.leads_to("https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=unknown")
    room.save()
    drilled = drill(cast["ada"], service)
    worst = one("Nobody can pay", people_affected=5000)
    worst.acknowledge(by=sam)
    worst.attempt(by=sam, text="Restarted the gateway", outcome="no_effect")
    worst.note(by=sam, text="The acquirer is away")
    hidden = ChatRoom(name="Payments", kind="teams", owner=cast["ada"], by_itself=False, address=room.address)
    hidden.save()
    message = hook.messages.earliest("id")
    message.tries.create(
        n=1, at=clock.now(), took_ms=40, status=503, answer="Come back later", reason="it answered 503"
    )
    worst.tick(by=sam, step=step.pk, worked=False, text="It stops again")
    page = StatusPage.objects.create(shown=StatusPage.Shown.PUBLIC, name="How we are", introduction="All we know.")
    card = Component.objects.create(page=page, name="Card payments", service=service)
    both = {"to_stakeholders": True, "on_status_page": True, "effect": "down", "components": [card]}
    worst.publish_update(by=sam, epoch=None, stage="identified", text="The acquirer looks into it.", **both)
    slept = one("Search is slow")
    slept.acknowledge(by=sam)
    slept.hold(by=sam, until=clock.now() + timedelta(minutes=40), text="The supplier is asked")
    done = one("Mail is late")
    done.acknowledge(by=sam)
    done.resolve(by=sam, cause="change", text="Rolled back")
    unreviewed = one("Mail was late", people_affected=150)
    unreviewed.resolve(by=sam, cause="change", text="It came")
    words = Words("A release stopped the mail.", "The way back", "The alert", [("change", "Release 4.18.2")])
    review = Review.begin(done, by=sam, words=words)
    review.remark(by=sam, seq=1, text="Customers had noticed before")
    review.add_action(by=sam, what="Watch the queue of mail", owner=sam, due=clock.now().date())
    late = [one(f"Mail is late {n}") for n in ("again", "today", "as ever")]
    about = {"title": "Mail comes late", "owner": sam, "team": sam.teams.get()}
    problem = Problem.begin(done, by=sam, **about, also=late[:1], apart=late[1:2])
    problem.add_action(by=sam, what="A second road for mail", owner=sam, due=clock.now().date())
    problem.fix(by=sam, at=clock.now())
    offered, given = one("Export is empty"), one("Invoices are wrong")
    offered.acknowledge(by=cast["ana"])
    offered.hand_over(by=cast["ana"], to=sam, text="Yours?")
    given.acknowledge(by=sam)
    given.hand_over(by=sam, to=cast["ana"], text="Yours?")
    found = {"unreviewed": unreviewed}
    found |= {"worst": worst, "slept": slept, "done": done, "offered": offered, "given": given}
    tick = worst.ticks.get()
    return {name: incident.number for name, incident in found.items()} | {
        "tick": tick.pk,
        "step": step.pk,
        "update": 1,
        "problem": problem.pk,
        "problem_text": problem.trail.entries.filter(kind="problem_action").latest("seq").seq,
        **drilled,
    }


def drill(ada, service) -> dict:
    """One that goes on."""
    from escalation.kit import clock
    from incidents.models import Drill

    begins = clock.now() + timedelta(days=3)
    when = {"day": begins.date(), "at": begins.time().replace(second=0, microsecond=0), "zone": "UTC", "weeks": 4}
    text = "One in three is declined."
    one = Drill.plan(by=ada, title="Card payments fail", service=service, severity=2, text=text, limit=60, **when)
    run = one.start(by=ada)
    return {"drill": one.pk, "drill_run": run.pk, "drilled": run.incident.number}


def on_call(cast: dict) -> dict:
    """A rota of Sam's own, a cover to come, swaps asked of and by Sam, and calendars that are not read."""
    from escalation.kit import clock
    from escalation.oncall.calendars.outside import OutsideCalendar
    from escalation.oncall.models import Layer, Schedule, Seat
    from escalation.oncall.spans import Span
    from escalation.oncall.swaps import Wish
    from escalation.people.models import Team

    now, day = clock.now(), timedelta(days=1)
    rota = Schedule.objects.create(name="Weekends", team=Team.objects.get(name="Service desk"))
    layer = Layer.objects.create(schedule=rota, name="Turns", unit="weeks", starts_on=(now - day).date())
    for position, name in enumerate(("sam", "ana"), start=1):
        Seat.objects.create(layer=layer, position=position, person=cast[name])
    rota.override(by=cast["ada"], person=cast["jo"], starts_at=now + day, ends_at=now + 2 * day)
    rota.override(by=cast["ada"], person=None, starts_at=now + 3 * day, ends_at=now + 3.5 * day)
    asked = rota.ask_swap(Wish(Span(now + day, now + 1.5 * day), cast["sam"], None, "A concert"), by=cast["jo"])
    mine = rota.ask_swap(Wish(Span(now + 4 * day, now + 4.5 * day), None, None, ""), by=cast["sam"])
    calendar = OutsideCalendar.objects.create(
        person=cast["sam"], address="https://calendar.example/sam.ics", made_at=now, by=cast["sam"], next_at=now + day
    )
    override = rota.overrides.exclude(person=None).get()
    return {"rota": rota.pk, "override": override.pk, "swap": asked.pk, "asked": mine.pk, "calendar": calendar.pk}


def ways(cast: dict) -> dict:
    from django.contrib.auth.tokens import default_token_generator
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from escalation.engine import answering
    from escalation.engine.models import Delivery
    from escalation.kit import clock
    from escalation.notify.models import ContactMethod
    from escalation.people.models import Session
    from escalation.signin.factors import verbs

    sam, ana = cast["sam"], cast["ana"]
    here = Session.objects.filter(person=sam).values_list("pk", flat=True).first()
    passkey, _codes = verbs.add_passkey(sam, key="", name="Work laptop", now=clock.now(), here=here)
    letter = Delivery.objects.filter(person=ana, channel="email", kind="call").order_by("id").first()
    return {
        "way": ContactMethod.objects.filter(person=sam).order_by("pk")[0].pk,
        "uidb64": urlsafe_base64_encode(force_bytes(ana.pk)),
        "token": default_token_generator.make_token(ana),
        "answer": answering.token_of(letter),
        "delivery": letter.pk,
        "account": "nobody",
        "factor": passkey.pk,
    }


def desk(cast: dict) -> dict:
    from escalation.kit import clock
    from escalation.people.models import ApiToken, Skill
    from incidents.models import (
        Heartbeat,
        MaintenanceWindow,
        Receipt,
        RefusedMessage,
        SavedView,
        Service,
        Source,
        SourceKey,
        Stakeholder,
        UpdateTemplate,
    )

    Stakeholder.objects.create(person=cast["ines"])
    UpdateTemplate.objects.create(name="First words", text="We look into it.")
    Skill.objects.create(name="Database")
    now = clock.now()
    ApiToken.make(cast["sam"], name="The pipeline", scopes=["work"], now=now)
    facts = {"day": now.date(), "at": now.time().replace(microsecond=0), "minutes": 45, "reason": "New database"}
    other = Service.objects.create(name="Archive", team=cast["sam"].teams.get(), policy=Service.objects.get().policy)
    window = MaintenanceWindow.schedule(by=cast["sam"], services=[other], **facts)
    view = SavedView.objects.create(name="Worst first", asked="severity=1", author=cast["sam"])
    source = Source.objects.first() or Source.objects.create(name="Monitoring", service=Service.objects.first())
    key, _words = SourceKey.make(source, by=cast["ada"])
    aside = {"state": "quarantined", "outcome": {"error": "ValueError: nobody knows why"}}
    Receipt.objects.create(source=source, received_at=now, body=b'{"alerts": []}', digest="d", **aside)
    refused = {"status": 400, "reason": "The body is not JSON.", "content_type": "application/json", "body": b"{"}
    RefusedMessage.keep(source, **refused, now=now)
    for name in ("backup", "watchdog"):
        Heartbeat.objects.create(source=source, name=name)
    Heartbeat.objects.get(name="backup").beat()
    return {"window": window.pk, "view": view.pk, "source_key": key.pk}


def training(cast: dict) -> dict:
    """A case that Sam has begun, one of Ana's that has ended with every kind of mark, and one that Sam drafts."""
    from incidents.models import Incident, TrainingCase, TrainingPlay
    from incidents.practising import shipped, told

    def play(who: str, key: str, *said: dict) -> int:
        one = TrainingPlay.begin_play(by=cast[who], case=key, told=shipped.cases()[key])
        for step, answer in enumerate(said):
            one.answer_step(by=cast[who], step=step, said=answer, score=told.score)
        return one.pk

    wait, wrong = {"now": False}, {"now": True, "to": "3", "why": "time"}
    ended = play("ana", "1-card-payments", wrong, wait, wait, wait, {"now": True, "to": "2", "why": "impact"})
    over = Incident.objects.filter(resolved_at__isnull=False).earliest("pk")
    draft = {**shipped.cases()["1-card-payments"], "title": "Mail is late"}
    draft["steps"] = [_as_drafted(one) for one in draft["steps"]]
    replaced = [{"part": 1, "was": "Ana", "now": "the first responder"}]
    written = TrainingCase.begin(over, by=cast["sam"], told=draft, replaced=replaced)
    return {"playing": play("sam", "5-the-known-fix", wait, wait), "played": ended, "written": written.pk}


def _as_drafted(step: dict) -> dict:
    """With each number of people beside its minute."""
    people = [[step["minute"], step["facts"]["people"]]]
    return {**step, "facts": {**step["facts"], "people": people}}


def doors() -> dict:
    """A webhook whose mapping is written, and what came in through it."""
    from escalation.kit import clock
    from incidents.models import Receipt, RefusedMessage, Service, Source

    hook = Source.objects.create(name="Zabbix", kind="webhook", service=Service.objects.first())
    told = Receipt.objects.create(
        source=hook, received_at=clock.now(), body=b'{"title": "Disk full"}', digest="d", line="l", state="processed"
    )
    why = {"status": 400, "reason": "title: required.", "content_type": "application/json"}
    RefusedMessage.keep(hook, **why, body=b'{"severity": "critical"}', now=clock.now())
    return {"hook": hook.pk, "told": told.pk}


def invited(cast: dict) -> dict:
    from escalation.people.models import Team
    from tests import inviting_kit

    _invitation, key = inviting_kit.invited(cast["ada"], name="Nia", team=Team.objects.first())
    return {"invited": key}


def rows() -> dict:
    """One row of each model that admins see, by the model's name in an address."""
    from django.contrib import admin

    first = {model: model._default_manager.order_by("pk").first() for model in admin.site._registry}
    return {f"{model._meta.app_label}_{model._meta.model_name}": row.pk for model, row in first.items() if row}


if __name__ == "__main__":
    main()
