"""What an authenticator app makes its codes of is bound to the column it is in, and to the person whose it is."""

from django.db import migrations

import escalation.kit.sealed
from escalation.kit.rotation import binding_of


class Migration(migrations.Migration):
    dependencies = [("signin", "0004_identities")]

    operations = [
        migrations.AlterField("appsecret", "secret", escalation.kit.sealed.SealedText(of="factor__user_id")),
        migrations.RunPython(*binding_of("signin", "AppSecret", "secret")),
    ]
