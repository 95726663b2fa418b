from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest


def from_what_is_known(apps, schema_editor):
    """A code that was typed and a test that left were proofs; what failed last still does."""
    methods = apps.get_model("notify", "ContactMethod").objects
    account = Q(channel="email", address="")
    methods.filter(account).update(proved_at=F("last_ok_at"))
    methods.exclude(account).filter(verified_at__isnull=False).update(
        proved_at=Greatest(Coalesce("last_ok_at", "verified_at"), Coalesce("verified_at", "last_ok_at"))
    )
    later = Q(last_ok_at__isnull=True) | Q(last_failed_at__gt=F("last_ok_at"))
    methods.filter(later, last_failed_at__isnull=False).update(
        refused_at=F("last_failed_at"), refused_why=F("last_failure")
    )


class Migration(migrations.Migration):

    dependencies = [
        ("notify", "0005_breaker"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactmethod",
            name="proved_at",
            field=models.DateTimeField(null=True, verbose_name="last proved"),
        ),
        migrations.AddField(
            model_name="contactmethod",
            name="refused_at",
            field=models.DateTimeField(null=True, verbose_name="refused since"),
        ),
        migrations.AddField(
            model_name="contactmethod",
            name="refused_why",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.RunPython(from_what_is_known, migrations.RunPython.noop, elidable=True),
    ]
