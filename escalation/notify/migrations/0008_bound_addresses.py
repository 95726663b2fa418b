"""What is sealed is bound to the column it is in."""

from django.db import migrations

from escalation.kit.rotation import binding_of


class Migration(migrations.Migration):
    dependencies = [("notify", "0007_sealed_addresses")]

    operations = [migrations.RunPython(*binding_of("notify", "ContactMethod", "address"))]
