"""An action may belong to something else than a review."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0036_training_goals'),
    ]

    operations = [
        migrations.RenameModel('ReviewAction', 'Action'),
    ]
