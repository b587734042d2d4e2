"""How a classifier's answer becomes a preset, as people set it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from converter.presets import GENERAL, LOGO_TYPES, PRESETS
from converter.routing import Policy


def _threshold() -> models.FloatField:
    return models.FloatField(
        default=0.4,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Below this confidence, 0 to 1, the fallback is used.",
    )


class RoutingPolicy(models.Model):
    """How a classifier's answer becomes a preset. Never changed: the newest one is in force, and
    each conversion names the one that chose for it.
    """

    simple = _threshold()
    text = _threshold()
    gradient = _threshold()
    complex = _threshold()
    fallback = models.CharField(
        max_length=20,
        choices=[(name, name) for name in PRESETS],
        default=GENERAL,
        help_text="Preset for answers below their threshold, and without any answer.",
    )
    note = models.CharField(max_length=200, help_text="Why it is so now.")
    created_by = models.CharField(max_length=150, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "routing policies"

    def __str__(self) -> str:
        return f"Policy {self.pk}"

    @classmethod
    def in_force(cls) -> Policy:
        """Return the newest one, or what the program comes with."""
        newest = cls.objects.first()
        if newest is None:
            return Policy.default()
        thresholds = {name: getattr(newest, name) for name in LOGO_TYPES}
        return Policy(thresholds, newest.fallback, newest.pk)
