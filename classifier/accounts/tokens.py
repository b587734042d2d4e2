"""Making API tokens and finding them by their key."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from classifier.models import ApiToken

PREFIX = "logo_"  # lets scanners for leaked secrets know one
_USE_KEPT = timedelta(minutes=1)  # not every request has to write


def create_token(
    user: AbstractBaseUser, name: str, scopes: Sequence[str], days: int | None = None
) -> tuple[ApiToken, str]:
    """Store a token; return it and its key, which nobody can see again.

    Raises:
        ValueError: for no scope, or an unknown one.
    """
    unknown = set(scopes) - set(ApiToken.Scope.values)
    if unknown or not scopes:
        raise ValueError(f"Scopes are some of {', '.join(ApiToken.Scope.values)}.")
    key = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=_digest(key),
        scopes=sorted(scopes),
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, key


def find_token(key: str) -> ApiToken | None:
    """Return the valid token of a key, and note that it was used."""
    token = ApiToken.objects.select_related("user").filter(digest=_digest(key)).first()
    if token is None or not token.is_valid:
        return None
    now = timezone.now()
    if token.used_at is None or token.used_at < now - _USE_KEPT:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token


def _digest(key: str) -> str:
    # The key is random: a slow hash, made for passwords, would protect no better.
    return hashlib.sha256(key.encode()).hexdigest()
