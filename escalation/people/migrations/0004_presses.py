"""Which forms were sent, so that one that is sent twice is done once. Back: the last day's are forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_presence_on")]

    operations = [
        migrations.CreateModel(
            name="Press",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("said", models.TextField()),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={"verbose_name": "form sent", "verbose_name_plural": "forms sent"},
        ),
    ]
