"""Addresses for signing in and passwords."""

from django.urls import path

from . import again, invited, own, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/", views.login, name="account_login"),  # as allauth calls it
    path("logout/", views.logout, name="logout"),
    path("password/", views.password_change, name="password_change"),
    path("password/done/", views.password_change_done, name="password_change_done"),
    path("password/forgotten/", views.password_reset, name="password_reset"),
    path("password/forgotten/sent/", views.password_reset_done, name="password_reset_done"),
    path("password/new/<uidb64>/<token>/", views.password_reset_confirm, name="password_reset_confirm"),
    path("password/new/done/", views.password_reset_complete, name="password_reset_complete"),
    path("invitation/<str:key>/", invited.page, name="invitation"),
    path("signing-in/again/", again.again, name="account_reauthenticate"),  # as allauth calls it
    path("signing-in/again/question/", again.question, name="proof-question"),
    path("signing-in/kept/", again.kept, name="signing-in-kept"),
    path("signing-in/", own.page, name="signing-in"),
    path("signing-in/sessions/others/end/", own.others_end, name="sessions-others-end"),
    path("signing-in/sessions/<str:handle>/end/", own.session_end, name="session-end"),
]
