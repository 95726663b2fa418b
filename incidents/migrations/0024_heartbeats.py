"""Heartbeats: what is to beat regularly. Back: what was agreed with each is forgotten; its incidents stay."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


def cancel_timers(apps, schema_editor):
    """Whoever goes back has nobody who would know what they are."""
    timers = apps.get_model("engine", "Timer").objects.filter(kind="heartbeat", state="armed")
    timers.update(state="cancelled", next_at=None)


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0023_mappings'),
        ('trail', '0002_heartbeat_trails'),
        ('engine', '0016_elsewhere'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The last part of the address that it beats at.', max_length=80, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\\Z', 'Letters, digits, dots, dashes, underscores.')], verbose_name='name')),
                ('title', models.CharField(blank=True, help_text='Empty: “No heartbeat from …”.', max_length=200, verbose_name='title of the incident')),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'SEV1'), (2, 'SEV2'), (3, 'SEV3'), (4, 'SEV4'), (5, 'SEV5')], default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='severity')),
                ('every', models.PositiveIntegerField(default=60, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(576000)], verbose_name='a beat every (minutes)')),
                ('grace', models.PositiveIntegerField(default=5, help_text='How much later than that it may come.', validators=[django.core.validators.MaxValueValidator(576000)], verbose_name='grace (minutes)')),
                ('enabled', models.BooleanField(default=True, help_text='If not, its silence opens nothing. Its first beat begins the watch.', verbose_name='watched')),
                ('last_beat', models.DateTimeField(editable=False, null=True)),
                ('since', models.DateTimeField(editable=False, null=True)),
                ('since_why', models.CharField(blank=True, default='', editable=False, max_length=11)),
                ('silent_since', models.DateTimeField(editable=False, null=True)),
                ('source', models.ForeignKey(help_text='Its key is what a beat shows; its service is what the incident is about.', on_delete=django.db.models.deletion.PROTECT, related_name='heartbeats', to='incidents.source', verbose_name='source')),
                ('trail', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='heartbeat', to='trail.trail')),
            ],
            options={
                'verbose_name': 'heartbeat',
                'verbose_name_plural': 'heartbeats',
                'ordering': ['source__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('source', 'name'), name='heartbeat_once')],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, cancel_timers),
    ]
