"""The two overrides of a swap for a time in return know each other: they are one agreement."""

import django.db.models.deletion
from django.db import migrations, models


def find_halves(apps, schema_editor):
    """An accepted swap wrote both of its overrides at the instant of its acceptance."""
    swaps = apps.get_model("oncall", "SwapRequest").objects
    overrides = apps.get_model("oncall", "Override").objects
    for swap in swaps.filter(accepted_at__isnull=False, return_starts_at__isnull=False):
        halves = overrides.filter(schedule=swap.schedule_id, made_at=swap.accepted_at, half_of__isnull=True)
        for person, begins in ((swap.accepted_by_id, swap.starts_at), (swap.giver_id, swap.return_starts_at)):
            halves.filter(person=person, starts_at=begins).update(half_of=swap)


class Migration(migrations.Migration):
    dependencies = [("oncall", "0003_holidays")]

    operations = [
        migrations.AddField(
            model_name="override",
            name="half_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="halves",
                to="oncall.swaprequest",
                verbose_name="half of",
            ),
        ),
        migrations.RunPython(find_halves, migrations.RunPython.noop),
    ]
