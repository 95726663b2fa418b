"""Addresses of the links in messages, short, because a text message has to hold one; and of the services' doors."""

from django.urls import re_path

from . import doors, views

urlpatterns = [
    re_path(r"^a/(?P<token>[0-9A-Za-z]+)/?$", views.page, name="answer-link"),
    re_path(r"^a/(?P<token>[0-9A-Za-z]+)/button/?$", views.button, name="answer-button"),
    re_path(r"^answers/(?P<token>[0-9A-Za-z]+)/?$", views.shared, name="answer-page"),
    re_path(r"^integrations/sms/(?P<key>[^/]+)/?$", doors.sms, name="sms-replies"),
    re_path(r"^integrations/slack/actions/?$", doors.slack_actions, name="slack-actions"),
    re_path(r"^integrations/mattermost/actions/?$", doors.mattermost_actions, name="mattermost-actions"),
    re_path(r"^integrations/telegram/actions/?$", doors.telegram_actions, name="telegram-actions"),
]
