"""Who has an account already is reached as before: by its e-mail, at once."""

from django.db import migrations

URGENCIES = ("loud", "quiet")


def account_emails(apps, schema_editor):
    user, method, rule = (
        apps.get_model(*name)
        for name in (("people", "User"), ("notify", "ContactMethod"), ("notify", "NotificationRule"))
    )
    without = user.objects.exclude(contact_methods__channel="email", contact_methods__address="").order_by("pk")
    for person in without.iterator():
        own = method.objects.create(
            person=person, channel="email", added_at=person.joined_at, verified_at=person.joined_at
        )
        rule.objects.bulk_create(rule(person=person, urgency=urgency, method=own) for urgency in URGENCIES)


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0001_contact_methods'),
    ]

    operations = [
        migrations.RunPython(account_emails, migrations.RunPython.noop),
    ]
