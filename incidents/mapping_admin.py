"""The page on which a webhook source's mapping is written, tried on real messages, and saved.

Floor: beside the admin of sources, which leads here. Trying changes nothing: it shows the incident that a message
would become, by the mapping as it is typed. A mapping that cannot be read is not saved, and says where it is wrong.
"""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.errors import Refused

from . import routing
from .inbound import bodies, ready, replaying, signals
from .inbound.alert import Invalid
from .inbound.mapping import language
from .inbound.webhook import Webhook
from .models import Receipt, RefusedMessage, Source

LATELY = 15  # messages that are offered to be tried
REFUSED = 5  # and of those that were refused
SHOWN = 10  # incidents that one message would become
SAMPLE = 256 * 1024  # characters of a message that can be tried here


class MappingForm(forms.Form):
    mapping = forms.CharField(
        label=_("Mapping"),
        required=False,
        max_length=language.LENGTH,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "wrap": "off", "class": "vLargeTextField"}),
        help_text=_("Empty: the messages use Baton's own words."),
    )
    sample = forms.CharField(
        label=_("A message to try it on"),
        required=False,
        max_length=SAMPLE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "vLargeTextField"}),
        help_text=_("As it is posted: JSON, or a form's name=value&…"),
    )
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)  # to notice who else has changed it

    def clean_mapping(self) -> str:
        text = "\n".join(self.cleaned_data["mapping"].splitlines()).strip()
        try:
            if text:
                language.read(text)
        except language.Unreadable as error:
            lines = text.splitlines()
            raise forms.ValidationError([_at_its_line(problem, lines) for problem in error.problems]) from error
        return text


def _at_its_line(problem: language.Problem, lines: list[str]) -> str:
    typed = lines[problem.line - 1].strip()[:80] if 0 < problem.line <= len(lines) else ""
    return f"{problem} ({typed})" if typed else str(problem)


def urls(admin: Any) -> list[Any]:
    """For the admin of sources, whose rights and records these pages share."""
    pages = MappingPages(admin)
    at = admin.admin_site.admin_view
    return [
        path("<int:pk>/mapping/", at(pages.edit), name="incidents_source_mapping"),
        path("<int:pk>/mapping/replay/<int:receipt>/", at(pages.replay), name="incidents_source_replay"),
    ]


class MappingPages:
    def __init__(self, admin: Any):
        self.admin = admin

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self._source(request, pk)
        if request.method != "POST":
            return self._page(request, source, MappingForm(initial=self._to_begin_with(request, source)))
        form = MappingForm(request.POST)
        form.is_valid()
        if "save" in request.POST and form.is_valid() and self._save(request, source, form):
            self.admin.message_user(request, _t("Saved. What comes in from now on is read by it."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:incidents_source_mapping", args=[source.pk]))
        return self._page(request, source, form, tried=True)

    def _to_begin_with(self, request: HttpRequest, source: Source) -> dict[str, str]:
        """What is saved; on request a ready mapping with one of its messages, or a message that came in."""
        found = {"mapping": source.mapping, "before": source.mapping}
        tool = ready.by_slug().get(request.GET.get("tool", ""))
        if tool is not None:
            name = request.GET.get("message", "open")
            sample = tool.samples.get(name, tool.samples["open"])
            return {**found, "mapping": tool.mapping, "sample": json.dumps(sample, indent=2, ensure_ascii=False)}
        if receipt := self._receipt(source, request.GET.get("receipt", "")):
            return {**found, "sample": _shown(bytes(receipt.body))}
        if refused := self._refused(source, request.GET.get("refused", "")):
            return {**found, "sample": _shown(bytes(refused.body))}
        return found

    def _save(self, request: HttpRequest, source: Source, form: MappingForm) -> bool:
        with transaction.atomic():
            self.admin.take_turn()
            source.refresh_from_db()
            if source.mapping != form.cleaned_data["before"].replace("\r\n", "\n"):
                form.add_error(
                    "mapping", _t("Somebody has changed it meanwhile. Send it again to save yours in its place.")
                )
                form.data = {**form.data.dict(), "before": source.mapping}  # type: ignore[attr-defined]
                return False
            before = self.admin.facts(source)
            source.mapping = form.cleaned_data["mapping"]
            source.save(update_fields=["mapping"])
            self.admin.record(request, source, "config_changed", before=before)
        return True

    def replay(self, request: HttpRequest, pk: int, receipt: int) -> HttpResponse:
        """Asks first and says what will happen."""
        source = self._source(request, pk)
        found = get_object_or_404(Receipt.objects.select_related("source__service"), pk=receipt, source=source)
        back = HttpResponseRedirect(reverse("admin:incidents_source_mapping", args=[source.pk]))
        try:
            if request.method != "POST":
                context = {
                    "title": _t("Replay message %(pk)d?") % {"pk": found.pk},
                    "receipt": found,
                    "text": _shown(bytes(found.body)),
                }
                verdicts = replaying.judge(found, replaying.read(found))
                context |= {"verdicts": verdicts, "does_something": any(verdict.heard for verdict in verdicts)}
                return self._answer(request, source, "replay.html", context)
            with transaction.atomic():
                self.admin.take_turn()
                done = replaying.replay(found)
                self.admin.enter(request, source, "config_replayed", {"receipt": found.pk})
        except Refused as refused:
            self.admin.message_user(request, str(refused), messages.ERROR)
            return back
        for verdict in done[:SHOWN]:
            self.admin.message_user(request, verdict.says, messages.SUCCESS if verdict.heard else messages.INFO)
        if not done:
            self.admin.message_user(request, _t("It says nothing that opens or ends anything."), messages.INFO)
        return back

    # --- what is shown --------------------------------------------------------------------------

    def _page(self, request: HttpRequest, source: Source, form: MappingForm, *, tried: bool = False) -> HttpResponse:
        values = form.cleaned_data if form.is_bound and form.is_valid() else {}
        context: dict[str, Any] = {
            "title": _t("Mapping of %(name)s") % {"name": source},
            "form": form,
            "tried": tried,
            "trial": try_on(source, values.get("mapping", ""), values.get("sample", "")) if tried and values else None,
        }
        if tried and request.headers.get("HX-Request"):
            return TemplateResponse(request, "admin/incidents/source/mapping_trial.html", context)
        receipts = list(source.receipts.order_by("-id")[:LATELY])
        context |= {
            "receipts": receipts,
            "refused": [one for one in source.refused_messages.all()[:REFUSED] if one.body and one.is_whole],
            "confirm": _to_confirm(receipts),
            "tools": ready.TOOLS,
            "tool": ready.by_slug().get(request.GET.get("tool", "")),
            "address": Webhook().how("").address,
        }
        return self._answer(request, source, "mapping.html", context)

    def _answer(self, request: HttpRequest, source: Source, template: str, context: dict[str, Any]) -> HttpResponse:
        whole = {**self.admin.admin_site.each_context(request), "opts": self.admin.opts, "source": source, **context}
        return TemplateResponse(request, f"admin/incidents/source/{template}", whole)

    def _source(self, request: HttpRequest, pk: int) -> Source:
        source = self.admin.source_to_change(request, pk)
        if source.kind != Webhook.kind:
            raise Http404
        return source

    @staticmethod
    def _receipt(source: Source, pk: str) -> Receipt | None:
        return source.receipts.filter(pk=int(pk)).first() if _is_number(pk) else None

    @staticmethod
    def _refused(source: Source, pk: str) -> RefusedMessage | None:
        return source.refused_messages.filter(pk=int(pk)).first() if _is_number(pk) else None


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _shown(body: bytes) -> str:
    """As it came in, with its lines where it is JSON."""
    text = body.decode("utf-8", "replace")[:SAMPLE]
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _to_confirm(receipts: list[Receipt]) -> list[str]:
    """Where Amazon SNS waits to be confirmed: shown, never fetched. An admin knows which topic is theirs."""
    found = []
    for receipt in receipts:
        if not receipt.outcome.get("incidents"):
            try:
                found.append(bodies.sns_address(bodies.read(bytes(receipt.body), receipt.envelope.get("type", ""))))
            except Invalid:
                continue
    return list(dict.fromkeys(filter(None, found)))


# --- trying -------------------------------------------------------------------------------------------


@dataclass
class Trial:
    """What a message would become: ``wrong`` says why it cannot be read at all."""

    wrong: str = ""
    unmapped: str = ""
    warnings: tuple[str, ...] = ()
    found: tuple[dict[str, Any], ...] = ()
    more: int = 0


def try_on(source: Source, mapping: str, sample: str) -> Trial | None:
    """Nothing is changed. None without a message."""
    if not sample.strip():
        return None
    body = sample.strip().encode("utf-8", "replace")
    content_type = "" if body[:1] in (b"{", b"[") else bodies.FORM
    now = clock.now()
    try:
        heard = signals.hear(mapping, bodies.read(body, content_type), now=now)
    except Invalid as error:
        return Trial(wrong=str(error))
    message = signals.message(heard, body, source.name)
    receipt = Receipt(source=source, received_at=now, outcome={})
    verdicts = replaying.judge(receipt, message)
    said = [one for one in heard.said if one.action is not None] if not heard.unmapped else []
    lines = [one.line for one in said] + [{}] * len(verdicts)
    found = tuple(_row(source, verdict, line) for verdict, line in zip(verdicts[:SHOWN], lines, strict=False))
    return Trial("", heard.unmapped, tuple(message.warnings), found, max(len(verdicts) - SHOWN, 0))


def _row(source: Source, verdict: replaying.Verdict, lines: dict[str, int]) -> dict[str, Any]:
    signal = verdict.signal
    reported = [element.severity for element in signal.firing]
    service = routing.service_for(source, [signal.labels])
    return {
        "signal": signal,
        "says": verdict.says,
        "severity": routing.severity_for(source, reported),
        "by_default": reported == [None],
        "service": service,
        "lines": lines,
    }
