"""Indexes for pages at full scale: who may see an incident, and what a service had lately. Back: as before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0012_attachments"),
        ("people", "0003_presence_on"),
        ("trail", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="access",
            name="incident",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="access",
                to="incidents.incident",
            ),
        ),
        migrations.AlterField(
            model_name="incident",
            name="service",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="incidents.service",
            ),
        ),
        migrations.AddIndex(
            model_name="access",
            index=models.Index(fields=["incident", "person", "team"], name="access_by_incident"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["service", "opened_at"], name="incident_by_service"),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", False)),
                fields=["service", "-resolved_at"],
                name="incident_resolved_of_service",
            ),
        ),
    ]
