"""Keys with which programs use the API."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """Lets a program use the API as a user, within scopes. Only the hash of its key is stored."""

    class Scope(models.TextChoices):
        CONVERT = "convert", "convert and classify"
        READ = "read", "read what the user may see"
        MANAGE = "manage", "change what the user may change"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What uses it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(help_text="Some of convert, read and manage.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="To the minute.")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @property
    def is_valid(self) -> bool:
        """Whether it still opens anything."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return not expired and self.revoked_at is None and self.user.is_active
