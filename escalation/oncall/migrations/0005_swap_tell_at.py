"""Givers of swaps that nobody answers are told. Of those that are open now, when their time begins."""

from django.db import migrations, models
from django.db.models import F
from django.utils import timezone


def tell_of_open_ones(apps, schema_editor):
    swaps = apps.get_model("oncall", "SwapRequest").objects.using(schema_editor.connection.alias)
    undecided = swaps.filter(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True)
    undecided.filter(starts_at__gt=timezone.now()).update(tell_at=F("starts_at"))


class Migration(migrations.Migration):
    dependencies = [("oncall", "0004_halves_of_a_swap")]

    operations = [
        migrations.AddField(
            model_name="swaprequest",
            name="tell_at",
            field=models.DateTimeField(db_index=True, null=True),
        ),
        migrations.RunPython(tell_of_open_ones, migrations.RunPython.noop),
    ]
