"""A name has to have something in it that can be seen: judged by forms, nothing in the database changes."""

from django.db import migrations, models

import escalation.people.models


class Migration(migrations.Migration):
    dependencies = [("people", "0007_sessions")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="name",
            field=models.CharField(
                max_length=120, validators=[escalation.people.models.validate_name], verbose_name="name"
            ),
        )
    ]
