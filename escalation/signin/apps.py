from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "escalation.signin"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self):
        from datetime import timedelta

        from django.contrib.auth.signals import user_logged_in

        from escalation.engine import registry

        from . import keeping, proof

        def has_signed_in(*, request, **more):
            proof.proved(request)

        user_logged_in.connect(has_signed_in, weak=False, dispatch_uid="signing in is a proof")
        registry.watch(
            "sessions", keeping.next_due, keeping.TASK, patience=timedelta(0), chore=True, every=keeping.LOOK
        )
