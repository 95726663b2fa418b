"""The person's own page: how Baton reaches them. Everything is a plain form; what is wrong stands at its field."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User

from . import accounts, judging, push_views, reaching, saying
from .fitness import Settled
from .forms import CodeForm, MethodForm, QuietForm, RuleForm
from .models import ContactMethod, NotificationRule


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _own(request: HttpRequest, pk: int) -> ContactMethod:
    """Somebody else's is not there."""
    return get_object_or_404(ContactMethod.objects.kept(), person=_person(request), pk=pk)


def _methods(person: User) -> list[ContactMethod]:
    return list(ContactMethod.objects.kept().filter(person=person).select_related("person").order_by("pk"))


@dataclass(frozen=True)
class Way:
    """One way on the page: its form for the code, and why something was refused."""

    method: ContactMethod
    form: CodeForm
    refused: str = ""


def _shown(request: HttpRequest, *, status: int = 200, way: Way | None = None, **forms: Any) -> HttpResponse:
    """The page; with a way or a form in its place that was not accepted."""
    person = _person(request)
    methods, now = _methods(person), clock.now()
    # Nobody calls an auditor.
    settled = Settled() if person.is_auditor else judging.settled([person])[person.pk]
    context = {
        "ways": [way if way and one == way.method else Way(one, CodeForm(one)) for one in methods],
        "chains": [(one, forms.get(one.urgency) or RuleForm(one, methods)) for one in saying.chains_of(person)],
        "method_form": forms.get("method_form") or MethodForm(),
        "push": push_views.shown(methods),
        "accounts": accounts.linked_to(person),
        "quiet_form": forms.get("quiet_form") or QuietForm(person),
        "due": judging.worth_testing_of(settled, now),
        "flaws": [] if person.is_auditor else judging.own_sentences(settled, now),
    }
    return render(request, "reach/page.html", context, status=status)


def _mark(form: Form) -> None:
    """The first field that is wrong takes the focus. No address may lead to a place on the page then: browsers go there
    instead, and take no focus along."""
    wrong = next((name for name in form.fields if name in form.errors), None)
    if wrong is not None:
        form.fields[wrong].widget.attrs["autofocus"] = True


def _back(request: HttpRequest, said: str, place: str = "") -> HttpResponse:
    messages.success(request, said)
    response = redirect("reach")
    response["Location"] += place
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _shown(request)


# --- ways -----------------------------------------------------------------------------------


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    form = MethodForm(request.POST)
    if form.is_valid():
        try:
            method = reaching.add(_person(request), **form.cleaned_data)
            return _back(request, _("A code is on its way. Type it below."), f"#way-{method.pk}")
        except (ValidationError, Refused) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
    return _shown(request, status=422, method_form=form)


@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    method = _own(request, pk)
    form = CodeForm(method, request.POST)
    if form.is_valid():
        wrong = reaching.verify(_person(request), pk, form.cleaned_data["code"])
        if not wrong:
            return _back(request, _("Verified. Now a rule can use it."), "#rules")
        form.add_error("code", wrong)
    _mark(form)
    return _shown(request, status=422, way=Way(method, form))


def _asked(request: HttpRequest, pk: int, verb: Any, said: str) -> HttpResponse:
    """A message that they ask for; why it is refused stands at its way."""
    method = _own(request, pk)
    try:
        verb(_person(request), pk)
    except Refused as refusal:
        if refusal.code == "stale":  # it is not there any more, so nothing can stand beside it
            raise
        return _shown(request, status=409, way=Way(method, CodeForm(method), str(refusal)))
    return _back(request, said, f"#way-{pk}")


@require_POST
def send_code(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.send_code, _("A new code is on its way. The old one is not valid any more."))


@require_POST
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.send_test, _("A test is on its way."))


@require_POST
def send_due_tests(request: HttpRequest) -> HttpResponse:
    """From the cue or the page: one press, however many ways there are."""
    sent = reaching.send_due_tests(_person(request))
    said = ngettext("%d test is on its way.", "%d tests are on their way.", sent) % sent
    return _back(request, said if sent else _("There is nothing to test now."), "#ways")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.remove, _("Removed, and with it the rules that used it."))


@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """How the last message went that they asked for: the fragment that looks again while it is on its way."""
    return render(request, "reach/state.html", {"way": _own(request, pk)})


# --- rules and quiet hours ----------------------------------------------------------------------


@require_POST
def add_rule(request: HttpRequest, urgency: str) -> HttpResponse:
    person = _person(request)
    chain = next(one for one in saying.chains_of(person) if one.urgency == urgency)
    form = RuleForm(chain, _methods(person), request.POST)
    if form.is_valid():
        try:
            reaching.add_rule(person, urgency=urgency, **form.cleaned_data)
            return _back(request, _("Saved."), "#rules")
        except ValidationError as error:
            form.add_error("delay_minutes", error.messages)
    _mark(form)
    forms: dict[str, Any] = {urgency: form}
    return _shown(request, status=422, **forms)


@require_POST
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(NotificationRule, person=_person(request), pk=pk)
    reaching.remove_rule(_person(request), pk)
    return _back(request, _("Saved."), "#rules")


@require_POST
def quiet(request: HttpRequest) -> HttpResponse:
    if "remove" in request.POST:
        reaching.set_quiet_hours(_person(request), None, None)
        return _back(request, _("Saved."), "#quiet")
    form = QuietForm(_person(request), request.POST)
    if form.is_valid():
        reaching.set_quiet_hours(_person(request), form.cleaned_data["begins"], form.cleaned_data["ends"])
        return _back(request, _("Saved."), "#quiet")
    return _shown(request, status=422, quiet_form=form)
