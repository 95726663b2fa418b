from django.db import migrations

import escalation.kit.sealed
from escalation.kit.rotation import sealing_of


class Migration(migrations.Migration):
    dependencies = [("incidents", "0041_summary_days")]

    operations = [
        migrations.AlterField(
            model_name="webhook",
            name="url",
            field=escalation.kit.sealed.SealedAddress(
                help_text="Where events are posted to: https://…", max_length=500, verbose_name="address"
            ),
        ),
        migrations.AlterField("webhook", "secret", escalation.kit.sealed.SealedText(editable=False)),
        migrations.AlterField(
            "webhook", "old_secret", escalation.kit.sealed.SealedText(blank=True, default="", editable=False)
        ),
        migrations.AlterField(
            "webhook", "authorization", escalation.kit.sealed.SealedText(blank=True, default="", editable=False)
        ),
        migrations.AlterField("chatroom", "address", escalation.kit.sealed.SealedText(editable=False)),
        migrations.RunPython(*sealing_of("incidents", "Webhook", "url")),
    ]
