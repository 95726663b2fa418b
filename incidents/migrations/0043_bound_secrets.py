"""What is sealed is bound to the column it is in."""

from django.db import migrations

from escalation.kit.rotation import binding_of


class Migration(migrations.Migration):
    dependencies = [("incidents", "0042_sealed_addresses")]

    operations = [
        migrations.RunPython(*binding_of("incidents", "Webhook", "url", "secret", "old_secret", "authorization")),
        migrations.RunPython(*binding_of("incidents", "ChatRoom", "address")),
    ]
