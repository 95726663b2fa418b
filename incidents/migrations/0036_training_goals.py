"""How often each team wants its people to train. Back: the goals go, the plays stay."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import escalation.kit.clock


class Migration(migrations.Migration):
    dependencies = [("incidents", "0035_summaries"), ("people", "0006_joined_at")]

    operations = [
        migrations.CreateModel(
            name="TrainingGoal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        default=180,
                        help_text="Everybody of the team has a play that counts at least so often. Whoever joins has a month, and so has everybody after a change.",
                        validators=[
                            django.core.validators.MinValueValidator(14),
                            django.core.validators.MaxValueValidator(730),
                        ],
                        verbose_name="days",
                    ),
                ),
                ("set_at", models.DateTimeField(default=escalation.kit.clock.now, editable=False)),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="training_goal",
                        to="people.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "training goal",
                "verbose_name_plural": "training goals",
                "ordering": ["team__name"],
            },
        ),
    ]
