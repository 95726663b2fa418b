"""What each incident that is over comes to, in one row, made of the record that there is.

Back: the tables go, and the record stays; forward again makes the same rows.
"""

import json
from datetime import UTC

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from incidents.learning.climbs import REASONS
from incidents.learning.summary import KINDS, figures_of
from incidents.models.effort import Told

SLICE = 500


def fill(apps, schema_editor):
    """So many incidents at a time: the record of a large installation fits into no memory."""
    over = apps.get_model("incidents", "Incident").objects.filter(resolved_at__isnull=False, merged_into=None)
    zones, last = dict(apps.get_model("people", "User").objects.values_list("pk", "time_zone")), 0
    while slice_ := list(over.filter(pk__gt=last).order_by("pk")[:SLICE]):
        last = slice_[-1].pk
        _fill(apps, slice_, zones)


def _fill(apps, incidents, zones):
    Summary, Share = apps.get_model("incidents", "Summary"), apps.get_model("incidents", "SummaryShare")
    trails = [one.trail_id for one in incidents]
    entries = apps.get_model("trail", "Entry").objects.filter(trail__in=trails, kind__in=KINDS)
    told = _told(entries.exclude(Q(kind="alert") & ~Q(data__contains='"severity"')))  # the others say nothing new
    runs = apps.get_model("engine", "EscalationRun").objects.filter(trail__in=trails, track="functional")
    policies = dict(runs.order_by("pk").values_list("trail", "policy"))
    rows, shares = [], []
    columns = {field.attname for field in Summary._meta.fields}
    for one in incidents:
        figures = figures_of(told.get(one.trail_id, ()))
        if figures is None:
            continue
        values = {name: getattr(figures, name) for name in columns if hasattr(figures, name)}
        row = Summary(
            incident_id=one.pk,
            resolved_on=figures.resolved_at.astimezone(UTC).date(),
            severity=one.severity,
            team_id=one.owner_id,
            service_id=one.service_id,
            source_id=one.source_id,
            policy_id=policies.get(one.trail_id),
            **values,
            **{reason: figures.reasons.get(reason, 0) for reason in REASONS if reason in columns},
        )
        rows.append(row)
        for pk, share in figures.people.items():
            if pk in zones:
                nights = share.at_night(zones[pk])
                plain = {"hands_on_s": share.hands_on_s, "calls": share.calls, "night_calls": nights}
                shares.append(Share(summary=row, person_id=pk, **plain))
    Summary.objects.bulk_create(rows)
    Share.objects.bulk_create(shares)


def _told(entries):
    found = {}
    for one in entries.order_by("trail", "seq").defer("canonical").iterator(chunk_size=2000):
        person = one.actor_id if one.actor_kind == "person" else None
        told = Told(one.at, one.kind, person, one.actor_name, json.loads(one.data))
        found.setdefault(one.trail_id, []).append(told)
    return found


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0034_review_asks'),
        ('engine', '0016_elsewhere'),
        ('people', '0005_api_tokens'),
        ('policies', '0006_policy_begins_after'),
        ('trail', '0002_heartbeat_trails'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Summary',
            fields=[
                ('incident', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='summary', serialize=False, to='incidents.incident')),
                ('opened_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField()),
                ('resolved_on', models.DateField()),
                ('severity', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('resolve_s', models.PositiveBigIntegerField()),
                ('acknowledge_s', models.PositiveBigIntegerField(null=True)),
                ('escalate_s', models.PositiveBigIntegerField(null=True)),
                ('expert_s', models.PositiveBigIntegerField(null=True)),
                ('hands_on_s', models.PositiveBigIntegerField()),
                ('furthest', models.CharField(max_length=80)),
                ('solver', models.CharField(max_length=80)),
                ('tiers', models.PositiveSmallIntegerField()),
                ('misrouted', models.BooleanField()),
                ('handovers', models.PositiveIntegerField()),
                ('reopened', models.PositiveIntegerField()),
                ('alone', models.BooleanField()),
                ('warned_s', models.PositiveBigIntegerField(null=True)),
                ('hesitated', models.BooleanField()),
                ('by_clock', models.PositiveIntegerField()),
                ('expertise', models.PositiveIntegerField(default=0)),
                ('authority', models.PositiveIntegerField(default=0)),
                ('access', models.PositiveIntegerField(default=0)),
                ('impact', models.PositiveIntegerField(default=0)),
                ('time', models.PositiveIntegerField(default=0)),
                ('capacity', models.PositiveIntegerField(default=0)),
                ('policy', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policy')),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.service')),
                ('source', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.source')),
                ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.team')),
            ],
            options={
                'verbose_name_plural': 'summaries',
            },
        ),
        migrations.CreateModel(
            name='SummaryShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hands_on_s', models.PositiveBigIntegerField()),
                ('calls', models.PositiveIntegerField()),
                ('night_calls', models.PositiveIntegerField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('summary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='incidents.summary')),
            ],
        ),
        migrations.AddIndex(
            model_name='summary',
            index=models.Index(fields=['resolved_on'], name='summary_by_day'),
        ),
        migrations.AddIndex(
            model_name='summaryshare',
            index=models.Index(fields=['person'], name='share_of'),
        ),
        migrations.AddConstraint(
            model_name='summaryshare',
            constraint=models.UniqueConstraint(fields=('summary', 'person'), name='share_once'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
