"""Who asks: `Authorization: Bearer KEY` names an API token."""

from django.contrib.auth.models import AbstractBaseUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request

from classifier.accounts.tokens import find_token
from classifier.models import ApiToken

_KEYWORD = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """Takes a token's user for the one who asks, within the token's scopes."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        """Return user and token; None for requests without one.

        Raises:
            AuthenticationFailed: for a key that is unknown, expired or revoked.
            PermissionDenied: if the token's scopes do not cover the request.
        """
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() != _KEYWORD.lower():
            return None
        token = find_token(words[1]) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        scope = _needed_scope(request)
        if scope not in token.scopes:
            raise PermissionDenied(f"The token lacks the scope {scope}.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 answer names."""
        return _KEYWORD


def _needed_scope(request: Request) -> str:
    permissions = request.parser_context["view"].get_permissions()
    if all(isinstance(permission, AllowAny) for permission in permissions):
        return ApiToken.Scope.CONVERT
    return ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.MANAGE


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes it in the schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return an OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
