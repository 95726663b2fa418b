from django.db import migrations

import escalation.kit.sealed
from escalation.kit.rotation import sealing_of


class Migration(migrations.Migration):
    dependencies = [("notify", "0006_proofs")]

    operations = [
        migrations.AlterField(
            model_name="contactmethod",
            name="address",
            field=escalation.kit.sealed.SealedAddress(blank=True, default="", max_length=1500, verbose_name="address"),
        ),
        migrations.RunPython(*sealing_of("notify", "ContactMethod", "address")),
    ]
