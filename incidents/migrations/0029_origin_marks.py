"""What an import left, so that the next one spares what people have changed since. Back: it is forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0028_chat_rooms'),
    ]

    operations = [
        migrations.AddField(
            model_name='origin',
            name='marks',
            field=models.JSONField(default=dict),
        ),
    ]
