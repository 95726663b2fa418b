"""Wrong tries, counted in the database. Back: nobody has tried anything."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Guess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("told", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "wrong try",
                "verbose_name_plural": "wrong tries",
                "indexes": [
                    models.Index(fields=["subject", "at"], name="guess_subject_at"),
                    models.Index(fields=["at"], name="guess_at"),
                ],
            },
        ),
    ]
