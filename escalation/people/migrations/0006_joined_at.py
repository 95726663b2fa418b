"""Since when somebody belongs to a team; for those who belong to one already, since now. Back: it is forgotten."""

from django.db import migrations, models

import escalation.kit.clock


class Migration(migrations.Migration):
    dependencies = [("people", "0005_api_tokens")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="joined_at",
            field=models.DateTimeField(default=escalation.kit.clock.now, editable=False, verbose_name="joined"),
        ),
    ]
