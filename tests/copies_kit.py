"""Days on which people, sources and programs write one unmistakable text in every place that takes one, and Baton makes
every copy that it makes. Each text holds a word of its own, by which it is found wherever it went."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from escalation.engine import deliver
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry, EntryText
from incidents.models import Incident, Problem, Review, ReviewAsk, SavedView, Stakeholder, Tick, TrainingCase, chasing
from incidents.practising import making
from tests.api_kit import Program, new_key
from tests.incidents.inbound_kit import FIRES, Sender, an_alert
from tests.pages_kit import client_of
from tests.roles_kit import comms_of, plan_of
from tests.runbook_kit import step, write
from tests.status_kit import set_up
from tests.webhook_kit import tell

DUE = date(2026, 3, 20)


@dataclass
class Days:
    cast: SimpleNamespace
    clock: Any
    marks: dict[str, str] = field(default_factory=dict)  # by what was written: its own word
    programs: dict[int, Program] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)

    def said(self, what: str) -> str:
        """Words that nobody else says."""
        assert what not in self.marks, what
        self.marks[what] = f"zq{what.replace('_', '').replace(' ', '')}q"
        return f"Mrs {self.marks[what]} telephoned about her till"

    def posts(self, who: Any, path: str, **said: Any) -> dict[str, Any]:
        """By the API, under a name by which the answer is kept for a day."""
        program = self.programs.setdefault(who.pk, Program(who))
        answer = program.post(path, said, idempotency_key=new_key())
        assert answer.status_code in (200, 201), (path, answer.content)
        self.clock.jump(seconds=5)
        found: dict[str, Any] = answer.json()
        return found

    def does(self, who: Any, incident: Incident, noun: str, **said: Any) -> None:
        self.posts(who, f"/incidents/{incident.number}/{noun}", **said)

    def opened(self, what: str, **facts: Any) -> Incident:
        facts = {"title": f"Card payments fail at {what}", "service": self.cast.service.pk, **facts}
        made = self.posts(self.cast.ana, "/incidents", symptom=self.said(what), **facts)
        self.incidents.append(Incident.objects.get(number=int(made["ref"].removeprefix("INC-"))))
        return self.incidents[-1]

    def leaves(self) -> None:
        """Everything that waits: to people, and to webhooks and channels."""
        for _ in range(40):
            if not deliver.deliver_due() and not tell():
                break
            self.clock.jump(seconds=20)

    # --- the days -------------------------------------------------------------------------------

    def play(self) -> None:
        cast = self.cast
        PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode=PolicyStep.Mode.DECIDE)
        Stakeholder.objects.create(service=cast.service, severity=1, person=cast.rita)
        plan_of(cast, comms_of(cast))
        page = set_up(cast)
        incident = self.opened("symptom", people_affected=500)
        self._worked_on(incident)
        self._passed_on(incident)
        self._shared(incident, page)
        self._followed(incident)
        self._ended(incident)
        self._reviewed(incident)
        self._merged()
        self._from_a_source()
        self._by_hand(incident)
        self.leaves()

    def _worked_on(self, incident: Incident) -> None:
        cast, say = self.cast, self.said
        self.does(cast.ana, incident, "acknowledgement")
        self.does(cast.ana, incident, "authority", text=say("authority"))
        self.does(cast.ines, incident, "decision", text=say("decision"))
        self.does(cast.ana, incident, "notes", text=f"@sam {say('note')}")
        for n in (1, 2, 3):
            self.clock.forward(minutes=2)
            tried = {"text": say(f"attempt {n}"), "hypothesis": say(f"hypothesis {n}"), "outcome": "no_effect"}
            self.does(cast.ana, incident, "attempts", **tried)
        self.does(cast.ana, incident, "advice/refusal", text=say("advice"))
        self.does(cast.ana, incident, "severity", severity=1, text=say("severity"))
        until = (self.clock.now() + timedelta(hours=1)).isoformat()
        self.does(cast.ana, incident, "hold", until=until, text=say("hold"))
        self.programs[cast.ana.pk].delete(f"/incidents/{incident.number}/hold", idempotency_key=new_key())
        self.does(cast.ada, incident, "roles/communicator/passing", to=cast.jo.pk, text=say("role"))
        self.does(cast.jo, incident, "roles/communicator/refusal", text=say("no role"))
        self.does(cast.ada, incident, "roles/communicator/passing", to=cast.sam.pk)
        self.does(cast.ada, incident, "roles/communicator/refusal", text=say("role kept"))
        self.does(cast.ana, incident, "roles/scribe/leaving", text=say("role left"))

    def _passed_on(self, incident: Incident) -> None:
        """The brief is as Baton drafts it, from the first report and what was tried."""
        cast, say = self.cast, self.said
        place, ana = reverse("handover", args=[incident.number]), client_of(cast.ana)
        drafted = ana.get(place).context["form"].initial
        sent = {name: said for name, said in drafted.items() if isinstance(said, str)}
        assert self.marks["attempt 3"] in str(sent) and self.marks["symptom"] in str(sent)
        said = {**sent, "to": f"person:{cast.jo.pk}", "risk": say("brief")}
        answer = ana.post(place, said)
        assert answer.status_code == 302, answer.content
        self.does(cast.jo, incident, "refusal", text=say("declined"))
        self.does(cast.ana, incident, "escalation", reason="expertise", text=say("escalation"))
        self.does(cast.mei, incident, "acknowledgement")
        self.does(cast.ada, incident, "reassignment", to=cast.tom.pk, text=say("reassigned"))

    def _shared(self, incident: Incident, page: Any) -> None:
        cast, say = self.cast, self.said
        self.does(cast.ana, incident, "participants", to=cast.kim.pk, text=say("let in"))
        file = incident.attach(by=cast.ana, name=f"{say('file')}.txt", body=b"A log")
        incident.attach(by=cast.ana, name="Other.txt", body=b"Another log")
        self.does(cast.ana, incident, f"files/{file.pk}/removal", text=say("detached"))
        more = {"on_status_page": True, "public_title": say("public title"), "effect": "partly_down"}
        more["components"] = [page.components.get(name="Web shop").pk]
        self.does(cast.mei, incident, "updates", stage="investigating", text=say("update"), **more)
        self.does(cast.mei, incident, "updates", stage="identified", text=say("wrong update"))
        self.does(cast.mei, incident, "updates/2/withdrawal", text=say("withdrawn"))
        self.does(cast.ada, incident, "restriction", text=say("restricted"))
        self.does(cast.ada, incident, "restriction/end", text=say("unrestricted"))

    def _followed(self, incident: Incident) -> None:
        cast, say = self.cast, self.said
        book = write(cast, services=[cast.service], owner=cast.kim)
        incident.tick(by=cast.mei, step=step(book, 1), worked=True, text=say("worked"))
        self.does(cast.mei, incident, f"steps/{step(book, 1)}/retraction")
        self.does(cast.mei, incident, f"steps/{step(book, 2)}/failure", text=say("did not work"))
        tick = Tick.objects.get(worked=False)
        self.does(cast.kim, incident, f"ticks/{tick.pk}/settlement", text=say("settled"))

    def _ended(self, incident: Incident) -> None:
        cast, say = self.cast, self.said
        self.does(cast.tom, incident, "attempts", text=f"{say('helped')}\n{say('helped more')}", outcome="helped")
        self.does(cast.tom, incident, "resolution", cause="change", text=say("resolved at first"))
        self.does(cast.tom, incident, "reopening", text=say("reopened"))
        self.does(cast.tom, incident, "resolution", cause="change", text=say("resolved"))
        asked = self.opened("asked", people_affected=1900)
        self.does(cast.ana, asked, "resolution", cause="change", text=say("resolved too"))
        ReviewAsk.objects.get(incident=asked).decline(by=cast.ana, text=say("no review"))

    def _reviewed(self, incident: Incident) -> None:
        cast, say = self.cast, self.said
        self.posts(cast.sam, "/reviews", incident=incident.number)
        review = Review.objects.get(incident=incident)
        note = Entry.objects.get(trail=incident.trail_id, kind="note")
        review.remark(by=cast.sam, seq=note.seq, text=say("remark"))
        at = f"/reviews/{incident.number}/actions"
        for n in (1, 2, 3):
            self.posts(cast.sam, at, what=say(f"action {n}"), owner=cast.mei.pk, due=DUE.isoformat())
        review.refresh_from_db()
        review.change_action(1, by=cast.sam, owner=cast.kim, due=DUE)
        self.posts(cast.sam, f"{at}/1/completion")
        self.posts(cast.sam, f"{at}/2/refusal", text=say("dropped"))
        fresh = Incident.objects.get(pk=incident.pk)
        draft = making.draft(fresh, self.clock.now())
        TrainingCase.begin(fresh, by=cast.sam, told=draft.told, replaced=draft.replaced)
        self.clock.jump(days=17)
        assert chasing.chase()

    def _merged(self) -> None:
        one, other = self.opened("merged"), self.opened("goes on")
        self.does(self.cast.ana, one, "merging", number=other.number, text=self.said("merge"))

    def _from_a_source(self) -> None:
        say, sender = self.said, Sender(service=self.cast.service)
        labels = {"alertname": "QueueTooLong", "instance": "mq-1", "caller": say("label")}
        alerts = [an_alert("mq-1", annotations={"summary": say("summary")}, labels=labels)]
        sender.posts(FIRES, alerts=alerts, commonAnnotations={})
        incident = Incident.objects.get(source=sender.source)
        self.incidents.append(incident)
        by = {"source": sender.source, "said_by": "mika"}
        assert incident.noted_outside(**by, text=say("outside note"))
        assert incident.acknowledged_outside(**by, text=say("outside has it"))
        assert incident.unacknowledged_outside(**by, text=say("outside has it not"))
        incident.assigned_outside(**by, to="nobody@example.com", text=say("outside wish"))

    def _by_hand(self, incident: Incident) -> None:
        """What people copy themselves, to where nobody asks what it is of."""
        ana, mark = self.cast.ana, self.marks["note"]
        fresh, desk = Incident.objects.get(pk=incident.pk), self.cast.teams["Service desk"]
        Problem.begin(fresh, by=ana, title="Tills", owner=ana, team=desk, cause=f"As {mark} said")
        SavedView.objects.create(author=ana, name="Hers", asked=f"q={mark}")

    # --- afterwards -----------------------------------------------------------------------------

    def texts(self) -> QuerySet[EntryText]:
        """All that stands on the records of these incidents."""
        there = EntryText.objects.filter(entry__trail__in=[one.trail_id for one in self.incidents])
        return there.exclude(entry__kind="text_taken").select_related("entry").order_by("entry__trail", "entry__seq")

    def heard(self, said: str) -> set[str]:
        """Which of what was written is found there."""
        low = said.casefold()
        return {what for what, mark in self.marks.items() if mark in low}
