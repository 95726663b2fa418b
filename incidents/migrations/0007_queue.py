"""Search: the words of each incident, and a first row for those there are. Saved views of the queue."""

import django.db.models.deletion
from django.conf import settings
from django.db import connections, migrations, models

from incidents.models import search_tables
from incidents.models.words import kept, numbered, of_service, words_of

SLICE = 500


def install(apps, editor):
    search_tables.install(connections[editor.connection.alias])


def remove(apps, editor):
    search_tables.remove(connections[editor.connection.alias])


def fill(apps, editor):
    """A slice at a time, so that memory stays small however long the past is."""
    alias = editor.connection.alias
    incidents = apps.get_model("incidents", "Incident").objects.using(alias)
    texts = apps.get_model("trail", "EntryText").objects.using(alias).exclude(entry__kind="opened")
    rows = apps.get_model("incidents", "SearchText").objects.using(alias)
    last = 0
    while True:
        columns = ("pk", "number", "trail", "service", "title", "symptom")
        found = list(incidents.filter(pk__gt=last).order_by("pk").values_list(*columns)[:SLICE])
        if not found:
            return
        said = {}
        of_these = texts.filter(entry__trail__in=[row[2] for row in found]).order_by("entry")
        for trail, text in of_these.values_list("entry__trail", "text").iterator():
            said.setdefault(trail, []).extend(words_of(text))
        rows.bulk_create([rows.model(incident_id=row[0], words=_words(row, said.get(row[2], []))) for row in found])
        last = found[-1][0]


def _words(row, said):
    _pk, number, _trail, service, title, symptom = row
    marks = [numbered(number), *([of_service(service)] if service else [])]
    return " ".join(kept([*marks, *words_of(title), *words_of(symptom)], said))


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_service_open_limit"),
        ("trail", "0001_initial"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="incidents.incident",
                    ),
                ),
                ("words", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("asked", models.CharField(blank=True, default="", max_length=2000)),
                ("archived_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.team",
                        verbose_name="shared with",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="FirstView",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="incidents.savedview"
                    ),
                ),
            ],
        ),
        migrations.RunPython(install, remove),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
