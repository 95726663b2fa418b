"""Sessions with whose they are in a column, and of their keys only the hash. Whoever is signed in stays so; whose a copied
one is stands in it from the next page on. Back: everybody signs in anew."""

import hashlib

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import escalation.kit.clock

def to_ours(apps, schema_editor):
    ours = apps.get_model("people", "Session")
    found = apps.get_model("sessions", "Session").objects.all()
    known = ({"session_data": row.session_data, "expire_date": row.expire_date, "key": row.pk} for row in found.iterator())
    ours.objects.bulk_create((ours(session_key=kept(row.pop("key")), **row) for row in known), batch_size=500)
    found.delete()


def kept(session_key):
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class Migration(migrations.Migration):
    dependencies = [("people", "0006_joined_at"), ("sessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("began_at", models.DateTimeField(default=escalation.kit.clock.nearly, verbose_name="since")),
                ("seen_at", models.DateTimeField(default=escalation.kit.clock.nearly, verbose_name="last seen")),
                ("address", models.CharField(blank=True, default="", max_length=45, verbose_name="address")),
                ("device", models.CharField(blank=True, default="", max_length=80, verbose_name="device")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(to_ours, migrations.RunPython.noop),
    ]
