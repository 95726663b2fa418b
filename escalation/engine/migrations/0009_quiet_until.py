from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0008_behind"),
    ]

    operations = [
        migrations.AddField(
            model_name="escalationrun",
            name="quiet_until",
            field=models.DateTimeField(null=True),
        ),
    ]
