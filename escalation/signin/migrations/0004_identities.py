"""Who of the provider's people somebody is. Back: the next arrival by an address is believed again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("signin", "0003_app_secrets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProvidedIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=500, verbose_name="issuer")),
                ("subject", models.CharField(max_length=255, verbose_name="subject")),
                ("since", models.DateTimeField(verbose_name="since")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provided_identities",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "identity at the provider",
                "verbose_name_plural": "identities at the provider",
                "constraints": [
                    models.UniqueConstraint(fields=("person", "issuer"), name="one_identity_of_a_person"),
                    models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_of_an_identity"),
                ],
            },
        ),
    ]
