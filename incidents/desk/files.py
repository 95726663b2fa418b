"""Files beside an incident: attached, handed out, taken away.

What is handed out is never run: a picture is shown in a sandbox without anything, all else is only saved.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from incidents.models import Attachment, AttachmentContent
from incidents.models.attachments import MEBI

from .dialogs import dialog, either, form_of, user_of, workable
from .forms import words
from .visible import visible_incident

_NOTHING_RUNS = "sandbox; default-src 'none'; frame-ancestors 'none'"


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), max_length=400)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.FILE_MB * MEBI:  # before it is read
            raise forms.ValidationError(_("A file can have %(most)d MB at the most.") % {"most": settings.FILE_MB})
        return file


class AwayForm(forms.Form):
    text = words(gettext_lazy("Why"))


@either
def attaching(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()

    def do(data: dict[str, Any]) -> str:
        file = data["file"]
        row = incident.attach(by=user_of(request), name=file.name, body=file.read())
        return _("“%(name)s” is attached.") % {"name": row.name}

    lead = _("Up to %(most)d MB. Whoever may see the incident may see it.") % {"most": settings.FILE_MB}
    return dialog(request, incident, form, do, title=_("Attach a file"), button=_("Attach"), lead=lead, files=True)


@require_safe
def file(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """The file itself."""
    incident = visible_incident(request, number)
    row = Attachment.objects.standing().filter(incident=incident, pk=pk).first()
    if row is None:
        raise Http404
    return get_conditional_response(request, etag=f'"{row.digest}"') or _handed_out(row)


def _handed_out(row: Attachment) -> HttpResponse:
    content = AttachmentContent.objects.filter(attachment=row).first()
    if content is None:
        raise Http404
    response = HttpResponse(bytes(content.body), content_type=row.picture or "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not row.picture, row.name) or "attachment"
    response["Content-Security-Policy"] = _NOTHING_RUNS
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"  # who may see it changes, and it may be taken away
    response["ETag"] = f'"{row.digest}"'
    return response


@either
def removal(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.take_file_away(by=user_of(request), file=pk, text=data["text"])
        return _("The file is taken away.")

    lead = _("What is in it is deleted for good; that it was here stays on record.")
    form = form_of(request, AwayForm)
    return dialog(request, incident, form, do, title=_("Take the file away"), button=_("Take away"), lead=lead)
