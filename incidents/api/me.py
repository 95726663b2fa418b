"""Who the token acts for, and what it may."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from . import answers
from .bearer import Bearer, person, token_of
from .shapes import Instant, Named

router = Router(auth=Bearer(), tags=["me"])


class MyTeam(Named):
    role: str


class MeOut(Schema):
    """Whoever the token acts for."""

    id: int
    name: str
    email: str
    time_zone: str
    admin: bool
    auditor: bool
    teams: list[MyTeam]
    scopes: list[str]
    token_ends_at: Instant | None


@router.get("/me", response={200: MeOut}, summary="Who the token acts for, and what it may")
def show(request: HttpRequest) -> HttpResponse:
    me, token = person(request), token_of(request)
    body = MeOut(
        id=me.pk,
        name=me.name,
        email=me.email,
        time_zone=me.time_zone,
        admin=me.is_staff,
        auditor=me.is_auditor,
        teams=[MyTeam(id=team, name=name, role=role) for team, name, role in me.belongs],
        scopes=token.scopes.split(),
        token_ends_at=token.ends_at,
    )
    return answers.read(request, body)
