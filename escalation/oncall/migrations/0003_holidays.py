"""A layer may be on only on holidays, or not on them. Those that are there go on as they were."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oncall", "0002_calendars")]

    operations = [
        migrations.AddField(
            model_name="layer",
            name="on_holidays",
            field=models.CharField(
                blank=True,
                choices=[("", "as on other days"), ("only", "only on holidays"), ("not", "not on holidays")],
                default="",
                help_text="Those of the calendars that this schedule reads: Preferences, Absences and holidays.",
                max_length=4,
                verbose_name="holidays",
            ),
        ),
    ]
