"""What is around an incident: others it belongs to, who may see it, files, and who else is told."""

from typing import Annotated, Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import File, Path, Router, Schema, UploadedFile
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.models import Attachment, AttachmentContent, Component, Follow, Incident, Update
from incidents.models.attachments import MEBI
from incidents.models.informing import MOST, TITLE
from incidents.models.status_page import Effect

from . import answers
from .acting import act, found, other, someone
from .bearer import Bearer, person
from .incident_state import UpdateOut, of_update
from .incident_verbs import AT, NEW, At, Somebody, Why
from .problems import FieldProblem, Problem
from .shapes import Asked, EachOnce, Id, MaybeText, Number, Text, example

router = Router(auth=Bearer(), tags=["incidents"])


# --- others ---------------------------------------------------------------------------------------


class Merged(Why):
    model_config = example(number=1042, text="The same gateway")

    number: Id = Field(description="Of the incident in which it goes on.")


@router.post(AT + "/merging", response=NEW, summary="Merge into another: it is the same trouble")
def merge(request: HttpRequest, number: At, said: Merged) -> HttpResponse:
    """It ends here, nobody is called for it any more, and what its sources report is heard in the other."""

    def do(incident: Incident, me: User) -> None:
        incident.merge_into(other(said.number, me), by=me, text=said.text)

    return act(request, number, do, beside=said.number)


class Linked(Asked):
    model_config = example(number=1042, kind="part")

    number: Id = Field(description="Of the other incident.")
    kind: Literal["part", "related"] = Field("related", description="`part`: this one is a part of the other.")


@router.post(AT + "/links", response=NEW, summary="Link with another")
def link(request: HttpRequest, number: At, said: Linked) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        incident.link(other(said.number, me), kind=said.kind, by=me)

    return act(request, number, do, beside=said.number)


@router.delete(AT + "/links/{far}", response=NEW, summary="Unlink")
def unlink(request: HttpRequest, number: At, far: Path[Number]) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        incident.unlink(found(far, me), by=me)

    return act(request, number, do, beside=far)


# --- who may see it -------------------------------------------------------------------------------


class LetIn(Asked):
    model_config = example(to="jo@example.com", text="Look at the last attempt")

    to: Somebody
    text: MaybeText = Field("", description="What they should look at.")


@router.post(AT + "/participants", response=NEW, summary="Let somebody in")
def let_in(request: HttpRequest, number: At, said: LetIn) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.let_in(by=me, person=someone(said.to), text=said.text))


@router.post(AT + "/restriction", response=NEW, summary="Restrict it to those who take part")
def restrict(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.restrict(by=me, text=said.text))


@router.post(AT + "/restriction/end", response=NEW, summary="Lift the restriction; for supervisors who take part")
def lift_restriction(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.lift_restriction(by=me, text=said.text))


# --- files ----------------------------------------------------------------------------------------


@router.post(AT + "/files", response=NEW, summary="Attach a file")
def attach(request: HttpRequest, number: At, file: File[UploadedFile]) -> HttpResponse:
    """Whoever may see the incident may see it."""
    if (file.size or 0) > settings.FILE_MB * MEBI:  # before it is read
        raise Problem(413, f"A file can have {settings.FILE_MB} MB at the most.")

    def do(incident: Incident, me: User) -> None:
        incident.attach(by=me, name=file.name or "", body=file.read())

    return act(request, number, do)


_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    AT + "/files/{file}",
    response={200: None},
    summary="Read a file",
    openapi_extra={"responses": {200: {"description": "Its content.", "content": _BYTES}}},
)
def content(request: HttpRequest, number: At, file: Path[Number]) -> HttpResponse:
    """To be saved: whatever it is, it is handed out as bytes."""
    row = Attachment.objects.standing().filter(incident=found(number, person(request)), pk=file).first()
    kept = AttachmentContent.objects.filter(attachment=row).first() if row else None
    if row is None or kept is None:
        raise Http404
    response = HttpResponse(bytes(kept.body), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response["ETag"] = f'"{row.digest}"'
    return answers.or_unchanged(request, response)


@router.post(AT + "/files/{file}/removal", response=NEW, summary="Take a file away for good")
def take_file_away(request: HttpRequest, number: At, file: Path[Number], said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.take_file_away(by=me, file=file, text=said.text))


# --- telling others -------------------------------------------------------------------------------


class UpdatePage(Schema):
    items: list[UpdateOut]


@router.get(AT + "/updates", response={200: UpdatePage}, summary="What others were told")
def updates(request: HttpRequest, number: At) -> HttpResponse:
    incident = found(number, person(request))
    rows = Update.objects.with_words().filter(incident=incident).order_by("number")
    return answers.read(request, UpdatePage(items=[of_update(row) for row in rows]))


class Published(Asked):
    """An update as it leaves. On the status page one that is not `resolved` says how bad it is, and for what."""

    model_config = example(stage="identified", text="A release broke it; we are rolling back.")

    stage: Update.Stage
    text: Annotated[Text, Field(max_length=MOST)]
    to_stakeholders: bool = True
    on_status_page: bool = False
    public_title: Annotated[MaybeText, Field(max_length=TITLE)] = ""
    effect: Effect | None = None
    components: Annotated[list[Id], Field(max_length=500), *EachOnce] = []
    version: Annotated[str, Field(max_length=80)] | None = Field(
        None, description="`update_version` as you saw it: refused if another was sent since."
    )


@router.post(AT + "/updates", response=NEW, summary="Send an update")
def publish_update(request: HttpRequest, number: At, said: Published) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        touched = _touched(incident, said) if said.on_status_page else []
        incident.publish_update(
            by=me,
            epoch=said.version,
            stage=said.stage.value,
            text=said.text,
            to_stakeholders=said.to_stakeholders,
            on_status_page=said.on_status_page,
            public_title=said.public_title,
            effect=said.effect.value if said.effect and touched else "",
            components=touched,
        )

    return act(request, number, do)


def _touched(incident: Incident, said: Published) -> list[Component]:
    """What is resolved is bad no more, and touches nothing."""
    if not incident.may_be_shown() and not incident.restricted:  # the verb says why what is restricted is not shown
        raise Refused("There is no status page that would show it.", code="invalid")
    known = {one.pk: one for one in Component.objects.shown()}
    if said.stage == Update.Stage.RESOLVED or not known:
        return []
    if said.effect is None:
        raise _wrong("effect", "Say how bad it is.")
    if not said.components or set(said.components) - known.keys():
        raise _wrong("components", "Choose at least one, of those that are on the page.")
    return [known[pk] for pk in said.components]


def _wrong(field: str, words: str) -> Problem:
    return Problem(422, words, errors=[FieldProblem(field=f"body.{field}", message=words)])


@router.post(AT + "/updates/{update}/withdrawal", response=NEW, summary="Withdraw an update")
def withdraw_update(request: HttpRequest, number: At, update: Path[Number], said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.withdraw_update(by=me, number=update, text=said.text))


@router.post(AT + "/follow", response=NEW, summary="Follow: its updates are sent to you")
def follow(request: HttpRequest, number: At) -> HttpResponse:
    """Whoever may see it may follow it. Nothing of the incident changes."""

    def do(incident: Incident, me: User) -> None:
        Follow.objects.get_or_create(incident=incident, person=me, defaults={"at": clock.now()})

    return act(request, number, do, looking=True)


@router.delete(AT + "/follow", response=NEW, summary="Follow no more")
def unfollow(request: HttpRequest, number: At) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.unfollow(by=me), looking=True)
