"""When somebody was asked to take a role. Back: the column goes; offers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0020_visits'),
    ]

    operations = [
        migrations.AddField(
            model_name='incidentrole',
            name='offered_at',
            field=models.DateTimeField(null=True),
        ),
    ]
