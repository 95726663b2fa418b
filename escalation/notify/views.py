"""The person's own page: how Baton reaches them. Everything is a plain form; what is wrong stands at its field."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
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
from escalation.people.once import once, said_before

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


def _back(request: HttpRequest, said: str) -> HttpResponse:
    """``said``: what was done, and on a line of its own the place on the page where it shows."""
    words, _line, place = said.partition("\n")
    messages.success(request, words)
    response = redirect("reach")
    response["Location"] += place
    return response


def pressed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST that is answered as before if it comes twice: what it is about may be gone by then."""

    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = said_before(request)
        return view(request, *args, **kwargs) if known is None else _back(request, known)

    return wrapped


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _shown(request)


# --- ways -----------------------------------------------------------------------------------


@pressed
def add(request: HttpRequest) -> HttpResponse:
    form = MethodForm(request.POST)

    def do() -> str:
        method = reaching.add(_person(request), **form.cleaned_data)
        return _("A code is on its way. Type it below.") + f"\n#way-{method.pk}"

    if form.is_valid():
        try:
            return _back(request, once(request, do))
        except (ValidationError, Refused) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
    return _shown(request, status=422, method_form=form)


@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    method = _own(request, pk)
    form = CodeForm(method, request.POST)
    if form.is_valid():
        # What is wrong is kept as well: a code that is pressed twice is one try.
        wrong = once(request, lambda: reaching.verify(_person(request), pk, form.cleaned_data["code"]))
        if not wrong:
            return _back(request, _("Verified. Now a rule can use it.") + "\n#rules")
        form.add_error("code", wrong)
    _mark(form)
    return _shown(request, status=422, way=Way(method, form))


def _asked(request: HttpRequest, pk: int, verb: Any, said: str) -> HttpResponse:
    """A message that they ask for; why it is refused stands at its way."""
    method = _own(request, pk)

    def do() -> str:
        verb(_person(request), pk)
        return f"{said}\n#way-{pk}"

    try:
        return _back(request, once(request, do))
    except Refused as refusal:
        if refusal.code == "stale":  # it is not there any more, so nothing can stand beside it
            raise
        return _shown(request, status=409, way=Way(method, CodeForm(method), str(refusal)))


@pressed
def send_code(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.send_code, _("A new code is on its way. The old one is not valid any more."))


@pressed
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.send_test, _("A test is on its way."))


@pressed
def send_due_tests(request: HttpRequest) -> HttpResponse:
    """From the cue or the page: one press, however many ways there are."""

    def do() -> str:
        sent = reaching.send_due_tests(_person(request))
        said = ngettext("%d test is on its way.", "%d tests are on their way.", sent) % sent
        return (said if sent else _("There is nothing to test now.")) + "\n#ways"

    return _back(request, once(request, do))


@pressed
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, reaching.remove, _("Removed, and with it the rules that used it."))


@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """How the last message went that they asked for: the fragment that looks again while it is on its way."""
    return render(request, "reach/state.html", {"way": _own(request, pk)})


# --- rules and quiet hours ----------------------------------------------------------------------


@pressed
def add_rule(request: HttpRequest, urgency: str) -> HttpResponse:
    person = _person(request)
    chain = next(one for one in saying.chains_of(person) if one.urgency == urgency)
    form = RuleForm(chain, _methods(person), request.POST)

    def do() -> str:
        reaching.add_rule(person, urgency=urgency, **form.cleaned_data)
        return _("Saved.") + "\n#rules"

    if form.is_valid():
        try:
            return _back(request, once(request, do))
        except ValidationError as error:
            form.add_error("delay_minutes", error.messages)
    _mark(form)
    forms: dict[str, Any] = {urgency: form}
    return _shown(request, status=422, **forms)


@pressed
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(NotificationRule, person=_person(request), pk=pk)

    def do() -> str:
        reaching.remove_rule(_person(request), pk)
        return _("Saved.") + "\n#rules"

    return _back(request, once(request, do))


@pressed
def quiet(request: HttpRequest) -> HttpResponse:
    def do(**span: Any) -> str:
        reaching.set_quiet_hours(_person(request), span.get("begins"), span.get("ends"))
        return _("Saved.") + "\n#quiet"

    if "remove" in request.POST:
        return _back(request, once(request, do))
    form = QuietForm(_person(request), request.POST)
    if form.is_valid():
        return _back(request, once(request, partial(do, **form.cleaned_data)))
    return _shown(request, status=422, quiet_form=form)
