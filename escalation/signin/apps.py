from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "escalation.signin"
    label = "signin"
    verbose_name = "Signing in"
