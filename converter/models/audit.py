"""What people who are logged in changed."""

from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """A change that somebody who is logged in made; see audit_log.py."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    user = models.CharField(max_length=150, help_text="Name at that time; accounts may go.")
    action = models.CharField(max_length=100, db_index=True, help_text="Of the page or endpoint.")
    address = models.CharField(max_length=200, help_text="It names the thing that was changed.")
    source = models.CharField(
        max_length=100, blank=True, help_text="The network address that it came from."
    )
    values = models.JSONField(default=dict, help_text="What the form sent.")
    request_id = models.CharField(max_length=64, help_text="As in the log lines.")

    class Meta:
        ordering = ["-at"]
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.user}: {self.action}"
