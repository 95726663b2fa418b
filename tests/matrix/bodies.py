"""About what each address is asked, and what its form says: so that whoever may do it does it.

A word of an address stands for a thing of the scene. Which, its name says; ``pk`` says it by the address's name.
"""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse

from escalation.kit import clock
from escalation.people.models import Skill
from incidents.models import Attachment, Incident, Review, Runbook, Tick, Webhook
from incidents.reviewing import reading
from tests.organisation import PASSWORD

from . import doors, ready, signing
from .addresses import Address, described
from .asking import SETTINGS
from .scene import NONE, Scene

# By the beginning of an address's name, the longest first: which kind of thing its ``pk`` is.
KIND = {
    "feed-": "feed",
    "calendar-": "calendar",
    "reach-rule-": "rule",
    "reach-account-": "account",
    "reach-": "way",
    "test-request": "who",
    "training-case": "draft",
    "training-play": "play",
    "token-": "token",
    "factor-": "factor",
    "problem": "problem",
    "drill": "drill",
    "queue-view": "view",
    "maintenance": "window",
    "runbook": "runbook",
    "room-": "room",
    "step-": "step",
    "tick-": "tick",
    "file": "file",
    "letter": "delivery",
    "override": "schedule",
    "swap": "schedule",
    "schedule": "schedule",
    "take-it-now": "schedule",
}
# In which state the incident is that an address is about; taken, if nothing is said.
STATE = {
    ("acknowledgement", "incidents_acknowledge"): "open",
    ("answer-link", "answer-button", "answer-page"): "open",
    ("refusal", "incidents_accept", "incidents_decline"): "offered",
    ("withdrawal", "incidents_take_back", "role-refusal", "incidents_refuse_role"): "given",
    ("answer", "incidents_answer", "decision", "incidents_decide"): "given",
    ("undo", "incidents_undo"): "given",
    ("resumption", "incidents_resume", "role-leave", "incidents_leave_role"): "held",
    ("reopening", "incidents_reopen", "review-new", "review-decline", "training-make"): "done",
    ("problem-new",): "reviewed",
    ("incident-evidence",): "held",  # its record names no other that is hidden from whoever takes it along
}
_STATE = {name: state for names, state in STATE.items() for name in names}
ALIKE = {  # the same for everybody, whatever stands there
    "urgency": "loud",
    "role": "lead",
    "action": 1,
    "update": 1,
    "case": "1-card-payments",
    "app_label": "incidents",
    "url": "nowhere/",
    "rest": "disk/close",
    "var": "formatted_webhook",
}
# Where another thing of the kind is asked for what changes it: the first is as far as it goes.
OTHER = {
    ("drill-start", "drills_runs"): "plan",
    ("problem-close", "problems_close", "problem-reopen", "problems_reopen"): "still_problem",
    ("reach-tests", "reach_test"): "good_way",
    ("step-success", "step-failure", "incidents_tick", "incidents_tick_failed"): "next_step",
}
_OTHER = {name: kind for names, kind in OTHER.items() for name in names}


class Filling:
    """Makes addresses and bodies of what is in the scene."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self.rows = {
            f"{model._meta.app_label}/{model._meta.model_name}": model._default_manager.order_by("pk").first()
            for model in admin.site._registry
        }
        self.rows["incidents/webhook"] = Webhook.objects.filter(chat=None).first()

    # --- addresses ----------------------------------------------------------------------------

    def slots(self, address: Address) -> str:
        """Of which things the address is asked: own, the others', the restricted, none."""
        if address.path.startswith("/admin/"):
            return "nx" if {"object_id", "pk"} & {*address.words} else "n"
        if address.name in ready.SLOTS:
            return ready.SLOTS[address.name]
        told = [self._values(address, word, "") for word in address.words]
        about = [one for one in told if isinstance(one, dict)]
        if not about:
            return "n"
        return "".join(slot for slot in "nsr" if all(slot in one for one in about)) + "x"

    def path(self, address: Address, slot: str, method: str = "GET") -> str | None:
        told = {word: self._values(address, word, method) for word in address.words}
        last = next((word for word in reversed(told) if isinstance(told[word], dict)), "")
        words = {word: _at(values, slot, none=word in (last, "number")) for word, values in told.items()}
        if address.is_api or not address.name:
            return self._by_hand(address, words)
        try:
            return reverse(address.name, kwargs=words)
        except NoReverseMatch:
            return self._by_hand(address, words)

    def _by_hand(self, address: Address, words: dict[str, Any]) -> str:
        path = address.path
        for word, value in words.items():
            path = path.replace(f"<{word}>", str(value), 1)
        return path

    def _values(self, address: Address, word: str, method: str) -> Any:
        """By slot; or one for all."""
        if address.path.startswith("/admin/"):
            return self._of_admin(address, word)
        things, incidents = self.scene.things, self.scene.incidents
        if word in ("number", "other", "far"):
            state = self.state(address, method) if word == "number" else "open"
            return {slot: one.number for slot, one in incidents[state].items()}
        if word == "seq" and address.name.startswith("problem"):
            return 3  # of what is to be done
        if word == "seq":
            state = "reviewed" if address.name.startswith("review") else self.state(address, method)
            return {slot: _seq(one, state) for slot, one in incidents[state].items()}
        if word in ("key", "token", "name"):
            return self._opening(address, word)
        if word == "step" and address.name.startswith("training"):
            return 1
        kind = word if word != "pk" else _kind(address.name)
        if address.name in _OTHER and method != "GET" and kind in things:
            kind = _OTHER[address.name]
        if kind in ("file", "tick"):
            model = Attachment if kind == "file" else Tick
            return {slot: model.objects.get(incident=one).pk for slot, one in incidents["taken"].items()}
        return ALIKE[kind] if kind in ALIKE else things[kind]

    def _opening(self, address: Address, word: str) -> Any:
        """What opens by being known."""
        things = self.scene.things
        if word == "name":
            return doors.BEATS
        if address.name in things["feed_key"]:
            return things["feed_key"][address.name]
        if address.name == "reach-account":
            return things["invited_account"]
        if address.name == "answer-page":
            return things["answer_page"]
        if address.name == "sms-replies":
            return dict.fromkeys("nsr", SETTINGS["SMS_REPLY_KEY"])
        if word == "token":
            return things["reset" if address.name.startswith("password") else "answer"]
        if address.name == "training-begin":
            return "1-card-payments"
        return things["invitation"] if address.name == "invitation" else doors.words(self.scene, address)

    def _of_admin(self, address: Address, word: str) -> Any:
        if word == "content_type_id":
            return ContentType.objects.get(app_label="incidents", model="runbook").pk
        if word in ("object_id", "pk", "id"):
            row = self.rows.get("/".join(address.path.split("/")[2:4]))
            pk = row.pk if row is not None else self.scene.things["runbook"]["n"]
            return {"n": pk, "x": NONE}
        known = {"key": "door_key", "receipt": "receipt"}
        return {"n": self.scene.things[known[word]]["n"], "x": NONE} if word in known else ALIKE[word]

    def state(self, address: Address, method: str) -> str:
        if address.name == "incidents_hold" and method == "DELETE":
            return "held"
        if address.name == "incidents_hand_over" and method == "DELETE":
            return "given"
        if address.name.startswith("review"):
            return "done" if address.name in ("review-new", "review-decline", "reviews_begin") else "reviewed"
        return _STATE.get(address.name, "taken")

    # --- bodies -------------------------------------------------------------------------------

    def body(self, address: Address, method: str, slot: str) -> dict[str, Any]:
        if method in ("GET", "HEAD", "DELETE"):
            return {}
        if doors.is_one(address):
            return doors.body(self.scene, address, slot)
        if address.name == "incidents_attach":
            return {"file": SimpleUploadedFile("new.txt", b"Something new")}
        said = self._operation(address, method) if address.is_api else self.common | self.web.get(address.name, {})
        said = said | self._of_slot(address, slot)
        if address.name in ("maintenance-change", "drill-change") and slot in "ns":
            said["service"] = said["services"] = self.scene.services[slot].pk
        if address.name == "files":
            said["file"] = SimpleUploadedFile("new.txt", b"Something new")
        return {name: value for name, value in said.items() if value is not None}

    def _of_slot(self, address: Address, slot: str) -> dict[str, Any]:
        """What is to be said of one thing and of no other."""
        if address.name in ("reach-verification", "reach_verify"):
            return {"code": self.scene.things["code"].get(slot, "123456")}
        if address.name == "swap-acceptance":
            return {"covers": (self.scene.people.sue if slot == "s" else self.scene.people.nora).pk}
        return {}

    @cached_property
    def common(self) -> dict[str, Any]:
        """What forms of the desk ask for, under the names that most of them use. What one does not know it ignores."""
        people, now = self.scene.people, clock.now()
        return {
            "text": "A few words",
            "reason": "expertise",
            "title": "A title",
            "name": "A name",
            "kind": "note",
            "outcome": "no_effect",
            "to": f"person:{people.ivy.pk}",
            "person": people.ivy.pk,
            "wake": "60",
            "cause": "change",
            "until": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
            "service": self.scene.services["n"].pk,
            "severity": "2",
            "impact": "2",
            "urgency": "2",
            "people_affected": "7",
            "stage": "watching",
            "to_stakeholders": "on",
            "owner": people.ann.pk,
            "team": self.scene.teams["North"].pk,
            "what": "Watch it",
            "due": now.date().isoformat(),
            "day": (now + timedelta(days=4)).date().isoformat(),
            "at": "10:30",
            "minutes": "30",
            "zone": "UTC",
            "limit": "60",
            "weeks": "4",
            "number": self.scene.incidents["open"]["n"].number,
            "ref": self.scene.incidents["open"]["n"].ref,
            "body": "- [ ] Look again",
            "password": PASSWORD,
        }

    @cached_property
    def web(self) -> dict[str, dict[str, Any]]:
        """What single forms want otherwise; None: leave it out."""
        people, things, taken = self.scene.people, self.scene.things, self.scene.incidents["taken"]
        later = clock.now().replace(hour=10, minute=0) + timedelta(days=12)
        span = {"starts_at": f"{later:%Y-%m-%dT%H:%M}", "ends_at": f"{later + timedelta(hours=4):%Y-%m-%dT%H:%M}"}
        turn, hours = things["turn"]["n"], {"begins": span["starts_at"], "ends": span["ends_at"]}
        other = {"to": self.scene.incidents["held"]["n"].number, "kind": "related"}
        return {
            "login": {"username": people.nora.email, "password": PASSWORD},
            "password_change": {
                "old_password": PASSWORD,
                **dict.fromkeys(("new_password1", "new_password2"), "Xq7-word-4"),
            },
            "password_reset": {"email": people.ann.email},
            **signing.bodies(self.scene),
            "calendars": {"what": "mine"},
            "absences": {"of": "mine", "address": "https://calendar.example.com/another.ics"},
            "reach-ways": {"channel": "email", "address": "another@example.com"},
            "reach-quiet": {"begins": "22:00", "ends": "06:00"},
            "override": {**span, "person": people.ann.pk},
            "swap-request": {
                "starts_at": f"{turn:%Y-%m-%dT%H:%M}",
                "ends_at": f"{turn + timedelta(days=1):%Y-%m-%dT%H:%M}",
                "asked": "anybody",
            },
            "answer-link": {"verb": "acknowledge"},
            "answer-button": {"verb": "acknowledge"},
            "answer-page": {"verb": "acknowledge"},
            "advice": {"to": None},
            "advice-refusal": {"to": None},
            "reach-push": {"subscription": ready.browser().subscription},
            "reach-rules": {"method": things["good_way"]["n"], "delay_minutes": "5"},
            "review-change": {
                "factors-TOTAL_FORMS": "0",
                "factors-INITIAL_FORMS": "0",
                "summary": "In short",
                "seen": str(Review.objects.earliest("pk").version),
            },
            "merge": other,
            "link": {**other, "ref": self.scene.incidents["held"]["n"].ref},
            "let-in": {"to": people.sue.pk},
            "rooms": {"to": things["room"]["untold"]},
            "queue-bulk": {"verb": "notes", "pick": [f"{one.number}:0.0" for one in taken.values()]},
            "board-move": {"incident": taken["n"].number, "by": "person", "to": str(people.nora.pk)},
            "queue-view-new": {"team": None},
            "queue-view": {"team": None},
            "maintenance-new": {"services": self.scene.services["n"].pk, "repeats": "", **hours},
            "maintenance-change": {"repeats": "", **hours},
            "drill-new": {"case": None, "begins": f"{later:%Y-%m-%dT%H:%M}"},
            "drill-change": {"case": None, "begins": f"{later:%Y-%m-%dT%H:%M}"},
            "problem-fix": {"on": clock.now().date().isoformat()},
            "problem-incidents": {"incident": self.scene.incidents["open"]["n"].ref},
            "preferences": {"time_zone": "UTC", "theme": "", "keys_on": "on", "presence_on": "on"},
            "tokens": {"ends": "90"},
            "training-play": {"when": "not-yet", "step": "0"},
            **{name: {"seen": _version(things["runbook"]["n"])} for name in ("runbook-change", "runbook-review")},
            **{name: {"due": later.date().isoformat()} for name in ("problem-action", "review-action")},
            "needs": {"needs": Skill.objects.get().pk},
        }

    def _operation(self, address: Address, method: str) -> dict[str, Any]:
        """The example that the description shows, with the scene's own people and things in it."""
        operation = described()["paths"][address.path.replace("<", "{").replace(">", "}")][method.lower()]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return {}
        shape = self._shape(content["schema"])
        said = dict((shape.get("examples") or [{}])[0])
        said |= {name: "A few words" for name in shape.get("required", []) if name not in said}
        return (
            said
            | {name: value for name, value in self.own.items() if name in said}
            | self.api.get(operation["operationId"], {})
        )

    def _shape(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema = next((one for one in schema.get("anyOf", [schema]) if "$ref" in one), schema)
        name = schema.get("$ref", "").rpartition("/")[2]
        return described()["components"]["schemas"][name] if name else schema

    @cached_property
    def own(self) -> dict[str, Any]:
        people, now = self.scene.people, clock.now()
        return {
            "to": people.ivy.email,
            "owner": people.ann.email,
            "person": people.ann.email,
            "number": self.scene.incidents["held"]["n"].number,
            "incident": self.scene.incidents["open"]["n"].number,
            "service": self.scene.services["n"].pk,
            "services": [self.scene.services["n"].pk],
            "team": self.scene.teams["North"].pk,
            "skills": [Skill.objects.get().pk],
            "until": (now + timedelta(hours=5)).isoformat(),
            "day": (now + timedelta(days=4)).date().isoformat(),
            "due": (now + timedelta(days=4)).date().isoformat(),
        }

    @cached_property
    def api(self) -> dict[str, dict[str, Any]]:
        """What single operations want otherwise; None: leave it out."""
        people, things, incidents = self.scene.people, self.scene.things, self.scene.incidents
        turn, now = things["turn"]["n"], clock.now()
        later = now + timedelta(days=12)
        own_turn = {"starts_at": turn.isoformat(), "ends_at": (turn + timedelta(days=1)).isoformat()}
        span = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=4)).isoformat()}
        return {
            "incidents_take_advice": {"to": None},
            "incidents_decline_advice": {"to": None},
            "incidents_tell_room": {"room": things["room"]["untold"]},
            "reviews_begin": {"incident": incidents["done"]["n"].number},
            "problems_begin": {"also": [], "incident": incidents["reviewed"]["n"].number},
            "problems_fix": {"at": (now - timedelta(hours=1)).isoformat()},
            "schedules_override": {"person": people.ann.pk, **span},
            "schedules_swap": {"asked": None, **own_turn},
            "reach_add": {"channel": "email", "address": "another@example.com"},
            "reach_add_rule": {"way": things["good_way"]["n"]},
            "incidents_tell_authority": {"text": "A few words"},
            "training_answer": {"step": 1, "when": "not-yet", "to": None, "why": None},
        }


def _at(values: Any, slot: str, *, none: bool) -> Any:
    """``none``: where nothing is there, this word is what says so; the words before it are of something that is."""
    if not isinstance(values, dict):
        return values
    return values[slot] if slot != "x" else NONE if none else next(iter(values.values()))


def _kind(name: str) -> str:
    return next((kind for begins, kind in KIND.items() if name.startswith(begins)), "")


def _version(runbook: int) -> str:
    return Runbook.objects.get(pk=runbook).version


def _seq(incident: Incident, state: str) -> int:
    """Of a note; of what was done last, where it is taken back; of what stands last in the timeline of a review."""
    if state == "reviewed":
        return reading.of(incident, clock.now()).looked.timeline[-1].seq
    entries = incident.trail.entries
    return (entries if state == "given" else entries.filter(kind="note")).latest("seq").seq
