import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0027_origins'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChatRoom',
            fields=[
                ('hook', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, parent_link=True, primary_key=True, related_name='chat', serialize=False, to='incidents.webhook')),
                ('kind', models.CharField(choices=[('slack', 'Slack'), ('mattermost', 'Mattermost'), ('teams', 'Microsoft Teams')], max_length=10, verbose_name='kind')),
                ('address', models.TextField(editable=False)),
                ('by_itself', models.BooleanField(default=True, help_text='Of every incident that fits below. Without it, only of those that somebody tells it of.', verbose_name='by itself')),
                ('refusals', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('services', models.ManyToManyField(blank=True, help_text="By itself, only of incidents of these services. None: of every service's.", related_name='+', to='incidents.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'chat channel',
                'verbose_name_plural': 'chat channels',
            },
            bases=('incidents.webhook',),
        ),
        migrations.CreateModel(
            name='ChatPost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True)),
                ('theirs', models.CharField(blank=True, default='', max_length=80)),
                ('said_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='incidents.incident')),
                ('room', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='incidents.chatroom')),
            ],
        ),
        migrations.AddConstraint(
            model_name='chatpost',
            constraint=models.UniqueConstraint(fields=('room', 'incident'), name='one_message_of_an_incident'),
        ),
    ]
