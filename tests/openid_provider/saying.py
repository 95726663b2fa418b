"""What the provider says of somebody."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from tests.openid_provider import PEOPLE

auth_time = "rightly"  # or stale, or never


class Saying(OAuth2Validator):
    oidc_claim_scope = None  # all of it, whatever was asked for

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return PEOPLE[request.user.username]

    def get_id_token_dictionary(self, token: Any, token_handler: Any, request: Any) -> tuple[dict[str, Any], Any]:
        claims, ends = super().get_id_token_dictionary(token, token_handler, request)
        if auth_time == "stale":
            claims["auth_time"] -= 3600
        elif auth_time == "never":
            del claims["auth_time"]
        return claims, ends
