"""The summaries of each day, packed so that a year of them is counted at once.

Nothing is packed here: the days that there are, are noted as changed, and those that are over are packed in the
minutes after the start. Until then they are read from the summaries. Back: both tables go, and nothing is lost.
"""

from django.db import migrations, models


def note(apps, schema_editor):
    days = apps.get_model("incidents", "Summary").objects.order_by("resolved_on").values_list("resolved_on", flat=True)
    Change = apps.get_model("incidents", "SummaryChange")
    Change.objects.bulk_create([Change(day=day) for day in days.distinct()])


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0040_training_cases'),
    ]

    operations = [
        migrations.CreateModel(
            name='SummaryChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='SummaryDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('shape', models.CharField(max_length=16)),
                ('packed', models.BinaryField()),
            ],
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
