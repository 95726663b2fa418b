"""Attempts as rows, made of the entries that recorded them.

Back: the table goes, and the entries stay, with outcome, minutes and the tier's name. So forward again makes the same
rows, but for the tier of an attempt if no tier, or more than one, has that name any more; then the row has none, and
the entry keeps the name. Entries of before there were rows have neither minutes nor tier.
"""

import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SLICE = 1000


def rows_of_entries(apps, schema_editor):
    """One row for each entry, so many at a time: the record of a large installation fits into no memory."""
    Attempt, Entry = apps.get_model("incidents", "Attempt"), apps.get_model("trail", "Entry")
    found = Entry.objects.filter(kind="attempt").order_by("pk").only("pk", "trail", "actor_id", "data", "at")
    tiers, last = _tiers(apps), 0
    while entries := list(found.filter(pk__gt=last)[:SLICE]):
        last = entries[-1].pk
        Attempt.objects.bulk_create(_rows(apps, Attempt, entries, tiers))


def _tiers(apps):
    """By name; one that several have stands for none."""
    by_name = {}
    for pk, name in apps.get_model("people", "Tier").objects.order_by("pk").values_list("pk", "name"):
        by_name[name] = None if name in by_name else pk
    return by_name


def _rows(apps, Attempt, entries, tiers):
    incidents = apps.get_model("incidents", "Incident").objects.filter(trail__in={one.trail_id for one in entries})
    incidents = dict(incidents.values_list("trail", "pk"))
    people = apps.get_model("people", "User").objects.filter(pk__in={one.actor_id for one in entries if one.actor_id})
    people = set(people.values_list("pk", flat=True))
    for entry in entries:
        data = json.loads(entry.data)
        if entry.trail_id in incidents:
            yield Attempt(
                incident_id=incidents[entry.trail_id],
                entry_id=entry.pk,
                person_id=entry.actor_id if entry.actor_id in people else None,
                tier_id=tiers.get(data.get("tier")),
                outcome=data["outcome"],
                minutes=data.get("minutes"),
                at=entry.at,
            )


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0003_maintenance'),
        ('people', '0001_initial'),
        ('trail', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('helped', 'helped'), ('no_effect', 'no effect'), ('worse', 'made it worse')], max_length=9)),
                ('minutes', models.PositiveSmallIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='attempt', to='trail.entry')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tried', to='incidents.incident')),
                ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tier', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.tier')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'indexes': [models.Index(fields=['-at', '-id'], name='attempt_latest')],
            },
        ),
        migrations.RunPython(rows_of_entries, migrations.RunPython.noop),  # back: the entries stay
    ]
