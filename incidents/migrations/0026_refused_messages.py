"""What a source's door refused for what it says. Back: it is forgotten; nothing else knew of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0025_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusedMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_at', models.DateTimeField(verbose_name='first')),
                ('last_at', models.DateTimeField(verbose_name='last')),
                ('status', models.PositiveSmallIntegerField(verbose_name='answer')),
                ('reason', models.CharField(max_length=500, verbose_name='why')),
                ('content_type', models.CharField(blank=True, default='', max_length=200, verbose_name='content type')),
                ('body', models.BinaryField()),
                ('size', models.PositiveIntegerField(default=0, verbose_name='bytes')),
                ('digest', models.CharField(max_length=64)),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refused_messages', to='incidents.source', verbose_name='source')),
            ],
            options={
                'verbose_name': 'refused message',
                'verbose_name_plural': 'refused messages',
                'ordering': ['-last_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('source', 'digest'), name='refused_once')],
            },
        ),
    ]
