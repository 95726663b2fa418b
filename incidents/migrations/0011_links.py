"""Duplicates merged into others, parts, and what has to do with what.

Back: the columns and links go; what was merged stays resolved, as its record says.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0010_presence"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="merged_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="duplicates",
                to="incidents.incident",
            ),
        ),
        migrations.AlterField(
            model_name="incident",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("change", "a change or release"),
                    ("capacity", "load or capacity"),
                    ("hardware", "hardware"),
                    ("software", "a software fault"),
                    ("supplier", "a supplier"),
                    ("network", "the network"),
                    ("human", "a slip of the hand"),
                    ("security", "security"),
                    ("false_alarm", "a false alarm"),
                    ("unknown", "not known"),
                    ("duplicate", "a duplicate"),
                ],
                default="",
                max_length=16,
                verbose_name="cause",
            ),
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("part", "is a part of it"), ("related", "has to do with it")], max_length=8
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="incidents.incident",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="linked_from", to="incidents.incident"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("incident", "other"), name="linked_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "part")), fields=("incident",), name="part_of_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("incident", models.F("other")), _negated=True), name="linked_to_another"
                    ),
                ],
            },
        ),
    ]
