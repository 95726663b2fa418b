"""Sessions with whose they are in a column. Whoever is signed in stays so; whose a copied one is stands in it from the next
page on. Back: Django's table has them again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import escalation.kit.clock

KEPT = "session_key, session_data, expire_date"
TO_OURS = f"""
    INSERT INTO people_session ({KEPT}, began_at, seen_at, address, device)
    SELECT {KEPT}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '', '' FROM django_session
"""
BACK = f"INSERT INTO django_session ({KEPT}) SELECT {KEPT} FROM people_session"


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
        migrations.RunSQL(TO_OURS, BACK),
        migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop),
    ]
