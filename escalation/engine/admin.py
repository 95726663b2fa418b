"""Nothing of the engine's is edited by hand, nor is the queue under it: both have one writer, the engine."""

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
