"""What authenticator apps make their codes of, sealed. Back: nobody has an app any more; passkeys and codes stay."""

import django.db.models.deletion
from django.db import migrations, models

import escalation.kit.sealed


def forget_apps(apps, schema_editor):
    apps.get_model("mfa", "Authenticator").objects.filter(type="totp").delete()


class Migration(migrations.Migration):

    dependencies = [
        ("mfa", "0003_authenticator_type_uniq"),
        ("signin", "0002_invitations"),
    ]

    operations = [
        migrations.CreateModel(
            name="AppSecret",
            fields=[
                (
                    "factor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="app_secret",
                        serialize=False,
                        to="mfa.authenticator",
                        verbose_name="factor",
                    ),
                ),
                ("secret", escalation.kit.sealed.SealedText()),
            ],
            options={
                "verbose_name": "secret of an app",
                "verbose_name_plural": "secrets of apps",
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_apps),
    ]
