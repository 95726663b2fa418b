"""What somebody fills in to answer. The verbs refuse what the state does not allow."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models.passing import Reason

TEXT = 10_000


def worded(label) -> forms.CharField:
    wrong = {"required": _("Write a few words; an empty line helps nobody.")}
    return forms.CharField(label=label, widget=forms.Textarea({"rows": 3}), max_length=TEXT, error_messages=wrong)


class Plain(forms.Form):
    """Nothing to fill in."""


class Decline(forms.Form):
    text = worded(_("Why you cannot take it"))


class Escalate(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Say why it goes up; the record counts the reasons.")},
    )
    text = worded(_("What they need to know"))


FORMS: dict[str, type[forms.Form]] = {"decline": Decline, "escalate": Escalate}
