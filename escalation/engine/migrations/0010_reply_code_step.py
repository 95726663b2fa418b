from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0009_quiet_until"),
    ]

    operations = [
        migrations.AddField(
            model_name="replycode",
            name="step",
            field=models.CharField(blank=True, default="", max_length=16),
        ),
    ]
