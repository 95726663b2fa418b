"""Addresses of the person's own page and what can be done on it."""

from django.urls import path, register_converter

from . import account_views, push_views, views
from .plan import URGENCIES


class UrgencyConverter:
    regex = "|".join(URGENCIES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UrgencyConverter, "urgency")

urlpatterns = [
    path("reach/", views.page, name="reach"),
    path("reach/tests/", views.send_due_tests, name="reach-tests-due"),
    path("reach/ways/", views.add, name="reach-ways"),
    path("reach/ways/<int:pk>/verification/", views.verify, name="reach-verification"),
    path("reach/ways/<int:pk>/codes/", views.send_code, name="reach-codes"),
    path("reach/ways/<int:pk>/tests/", views.send_test, name="reach-tests"),
    path("reach/ways/<int:pk>/removal/", views.remove, name="reach-removal"),
    path("reach/ways/<int:pk>/state/", views.state, name="reach-state"),
    path("reach/rules/<urgency:urgency>/", views.add_rule, name="reach-rules"),
    path("reach/rules/<int:pk>/removal/", views.remove_rule, name="reach-rule-removal"),
    path("reach/quiet/", views.quiet, name="reach-quiet"),
    path("reach/push/", push_views.subscribe, name="reach-push"),
    path("reach/push/confirmation/", push_views.confirmation, name="reach-push-confirmation"),
    path("reach/accounts/<int:pk>/end/", account_views.end, name="reach-account-end"),
    path("reach/accounts/<str:token>/", account_views.page, name="reach-account"),
    path("sw.js", push_views.worker, name="service-worker"),
]
