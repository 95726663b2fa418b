"""Addresses. The upper storey is named only as strings."""

from django.contrib import admin
from django.urls import include, path

from escalation.kit.views import favicon

handler500 = "escalation.kit.views.broken"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon, name="favicon"),
    path("", include("escalation.signin.urls")),
    path("", include("escalation.signin.factors.urls")),
    path("", include("escalation.signin.openid.urls")),
    path("", include("escalation.oncall.calendars.urls")),
    path("", include("escalation.notify.urls")),
    path("", include("escalation.oncall.urls")),
    path("", include("escalation.policies.readiness.urls")),
    path("", include("escalation.engine.urls")),
    path("", include("incidents.inbound.urls")),
    path("", include("incidents.answers.urls")),
    path("", include("incidents.status.urls")),
    path("", include("incidents.training.urls")),
    path("", include("incidents.demo.urls")),
    path("", include("incidents.api.urls")),
    path("", include("incidents.problems.urls")),
    path("", include("incidents.drills.urls")),
    path("", include("incidents.reviews.urls")),
    path("", include("incidents.insight.urls")),
    path("", include("incidents.process.urls")),
    path("", include("incidents.desk.urls")),
]
