from django.db import migrations

import escalation.kit.sealed
import escalation.oncall.calendars.outside
from escalation.kit.rotation import sealing_of


class Migration(migrations.Migration):
    dependencies = [("oncall", "0005_swap_tell_at")]

    operations = [
        migrations.AlterField(
            model_name="outsidecalendar",
            name="address",
            field=escalation.kit.sealed.SealedAddress(
                max_length=1000,
                validators=[escalation.oncall.calendars.outside.validate_address],
                verbose_name="address",
            ),
        ),
        migrations.RunPython(*sealing_of("oncall", "OutsideCalendar", "address")),
    ]
