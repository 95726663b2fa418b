"""What is sealed is bound to the column it is in."""

from django.db import migrations

from escalation.kit.rotation import binding_of


class Migration(migrations.Migration):
    dependencies = [("oncall", "0006_sealed_addresses")]

    operations = [migrations.RunPython(*binding_of("oncall", "OutsideCalendar", "address"))]
