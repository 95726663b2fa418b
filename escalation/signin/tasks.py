"""What is done after the answer. Ids only, and safe to run twice."""

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm

from escalation.people.models import User


def send_reset_link(person: int) -> None:
    """The mail with which somebody chooses a new password. 0: nobody, which took the answer as long."""
    found = User.objects.filter(pk=person, is_active=True).first()
    if found is None:
        return
    form = PasswordResetForm({"email": found.email})
    if form.is_valid():
        protocol, _, domain = settings.ADDRESS.partition("://")
        form.save(
            domain_override=domain,  # whatever host the request was sent to
            use_https=protocol == "https",
            subject_template_name="registration/password_reset_subject.txt",
            email_template_name="registration/password_reset_email.html",
        )
