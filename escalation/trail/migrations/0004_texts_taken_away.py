"""Texts may be taken away lawfully. No table changes: what runs after each migrate puts the other triggers in place, and
until then the installation says that a migration waits, and not that its record is unprotected."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('trail', '0003_problem_trails'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    ]
