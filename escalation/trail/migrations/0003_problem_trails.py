"""Problems have trails of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trail', '0002_heartbeat_trails'),
    ]

    operations = [
        migrations.AlterField(
            model_name='trail',
            name='kind',
            field=models.CharField(choices=[('incident', 'incident'), ('installation', 'installation'), ('heartbeat', 'heartbeat'), ('problem', 'problem')], default='incident', max_length=12),
        ),
    ]
