from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "escalation.signin"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self):
        from django.contrib.auth.signals import user_logged_in

        from . import proof

        def has_signed_in(*, request, **more):
            proof.proved(request)

        user_logged_in.connect(has_signed_in, weak=False, dispatch_uid="signing in is a proof")
