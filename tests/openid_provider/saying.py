"""What the provider says of somebody."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from tests.openid_provider import PEOPLE


class Saying(OAuth2Validator):
    oidc_claim_scope = None  # all of it, whatever was asked for

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return PEOPLE[request.user.username]
