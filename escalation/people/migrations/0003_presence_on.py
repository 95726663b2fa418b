"""Whether others see when a person has an incident open. Back: the choice is forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_open_limits")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="presence_on",
            field=models.BooleanField(default=True, verbose_name="others see when I have an incident open"),
        ),
    ]
