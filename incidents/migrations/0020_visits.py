"""Up to where somebody has read an incident, and where they are mentioned since. Back: with the table go only marks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0019_roles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(null=True)),
                ('seq', models.PositiveIntegerField(null=True)),
                ('before_at', models.DateTimeField(null=True)),
                ('before_seq', models.PositiveIntegerField(null=True)),
                ('mention', models.PositiveIntegerField(null=True)),
                ('incident', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='incidents.incident')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'visit',
                'verbose_name_plural': 'visits',
                'indexes': [models.Index(fields=['person', '-at'], name='visit_latest'), models.Index(condition=models.Q(('mention__isnull', False)), fields=['person'], name='visit_mentioned')],
                'constraints': [models.UniqueConstraint(fields=('incident', 'person'), name='visited_once')],
            },
        ),
    ]
