"""Which services have something open that a person sees is asked by every list, for its menus."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0015_nothing_promised")]

    operations = [
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", True)),
                fields=["service"],
                name="incident_open_of_service",
            ),
        ),
    ]
