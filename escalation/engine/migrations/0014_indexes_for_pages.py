"""Indexes of what pages ask at full scale: whom a climb told, and what nobody answered. Back: as before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0013_unanswered_by"),
        ("people", "0003_presence_on"),
        ("policies", "0003_requests_to_test"),
        ("trail", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="engine.escalationrun",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["run", "person"], name="delivery_by_run"),
        ),
        migrations.AddIndex(
            model_name="escalationrun",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("offer_returned_at__isnull", False)),
                fields=["track"],
                name="run_unanswered",
            ),
        ),
    ]
