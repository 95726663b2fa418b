"""An index of the hand-overs that nobody answered. Back: it goes."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0013_unanswered_by"),
        ("people", "0003_presence_on"),
        ("policies", "0003_requests_to_test"),
        ("trail", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="escalationrun",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("offer_returned_at__isnull", False)),
                fields=["trail"],
                name="run_unanswered",
            ),
        ),
    ]
