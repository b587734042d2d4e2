"""What the converter keeps: one row and two files for each conversion, until they expire."""

import uuid
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from converter.conversion import Result, read_upload
from converter.images import Logo, to_png
from converter.presets import GENERAL, LOGO_TYPES, PRESETS
from converter.routing import Policy


def _file_name(conversion: "Conversion", name: str) -> str:
    """Where a conversion's file goes; what the uploader called it plays no part."""
    return f"conversions/{conversion.pk}/{name}"


class ConversionQuerySet(QuerySet):
    """Conversions that a visitor may see, or that are past their time."""

    def of_visitor(self, request: HttpRequest) -> "ConversionQuerySet":
        """Return the visitor's own conversions, newest first."""
        return self.filter(visitor=visitor_of(request))

    def expired(self) -> "ConversionQuerySet":
        """Return the conversions that are older than CONVERSION_DAYS."""
        limit = timezone.now() - timedelta(days=settings.CONVERSION_DAYS)
        return self.filter(created_at__lt=limit)


def _threshold() -> models.FloatField:
    return models.FloatField(
        default=0.4,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Below this confidence, 0 to 1, the fallback is used.",
    )


class Conversion(models.Model):
    """One logo, the type it was given, and the SVG that was drawn of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.UUIDField(db_index=True, help_text="Who may see it; kept in the session.")
    name = models.CharField(max_length=120, help_text="What the uploader called it; for display.")
    original = models.FileField(upload_to=_file_name, help_text="The upload as a plain PNG.")
    svg = models.FileField(upload_to=_file_name)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    logo_type = models.CharField(max_length=20, blank=True, help_text="The classifier's answer.")
    confidence = models.FloatField(null=True)
    probabilities = models.JSONField(default=dict)
    method = models.CharField(max_length=20, blank=True)
    model_version = models.CharField(max_length=80, blank=True)
    preset = models.CharField(max_length=20)
    policy = models.PositiveBigIntegerField(
        null=True, help_text="Number of the routing policy; empty: the program's own."
    )
    corrected = models.BooleanField(default=False, help_text="A person chose the preset.")
    true_type = models.CharField(
        max_length=20, blank=True, help_text="What a person said the type is."
    )
    shared_at = models.DateTimeField(
        null=True,
        help_text="When the uploader agreed to give it to the data set.",
    )
    notice = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, help_text="Why this preset.")
    fidelity = models.FloatField(help_text="Structural similarity of drawing and original.")
    paths = models.PositiveIntegerField()
    colours = models.PositiveIntegerField()
    svg_bytes = models.PositiveIntegerField()
    milliseconds = models.JSONField(default=dict, help_text="Time of each step.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = ConversionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def preset_summary(self) -> str:
        """What the preset is for."""
        return PRESETS[self.preset].summary

    @property
    def fidelity_percent(self) -> str:
        """The fidelity as people read it."""
        return f"{self.fidelity:.1%}"

    @property
    def sorted_probabilities(self) -> list[tuple[str, float]]:
        """The types with their probabilities, likeliest first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])

    def read_original(self) -> Logo:
        """Return the stored upload as a logo, at the size that was uploaded."""
        with self.original.open() as file:
            stored = read_upload(file.read())
        return replace(stored, width=self.width, height=self.height)

    def take_result(self, result: Result) -> None:
        """Store a drawing and what it measures; the earlier one is replaced."""
        self.preset = result.preset
        self.policy = result.policy
        self.reason = result.reason
        self.notice = result.notice
        self.fidelity = result.fidelity
        self.paths = result.drawing.path_count
        self.colours = result.drawing.colour_count
        self.svg_bytes = result.drawing.byte_count
        self.milliseconds = result.milliseconds
        if answer := result.classification:
            self.logo_type = answer.logo_type
            self.confidence = answer.confidence
            self.probabilities = answer.probabilities
            self.method = answer.method[:20]
            self.model_version = answer.model_version[:80]
        earlier = self.svg.name
        self.svg.save("drawing.svg", ContentFile(result.drawing.svg.encode()), save=False)
        self.save()
        if earlier:
            self.svg.storage.delete(earlier)

    def delete_with_files(self) -> None:
        """Delete the row and then its files: a file without a row is harmless, not the reverse."""
        original, svg = self.original, self.svg
        self.delete()
        original.delete(save=False)
        svg.delete(save=False)


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


class AuditEntry(models.Model):
    """A change that somebody who is logged in made; see audit_log.py."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    user = models.CharField(max_length=150, help_text="Name at that time; accounts may go.")
    action = models.CharField(max_length=100, db_index=True, help_text="Of the page or endpoint.")
    address = models.CharField(max_length=200, help_text="It names the thing that was changed.")
    values = models.JSONField(default=dict, help_text="What the form sent.")
    request_id = models.CharField(max_length=64, help_text="As in the log lines.")

    class Meta:
        ordering = ["-at"]
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.user}: {self.action}"


def visitor_of(request: HttpRequest) -> str:
    """Return the visitor's id, made at first use. It survives signing in and out of a session.

    Requests with an API token are those of the token.
    """
    token = getattr(request, "auth", None)
    if token is not None:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"api-token-{token.pk}"))
    return request.session.setdefault("visitor", str(uuid.uuid4()))


def store_conversion(
    visitor: str, name: str, logo: Logo, result: Result, corrected: bool
) -> Conversion:
    """Keep a finished conversion; `corrected` says that a person chose the type or preset."""
    conversion = Conversion(
        visitor=visitor,
        name=name[:120] or "logo",
        width=logo.width,
        height=logo.height,
        corrected=corrected,
    )
    conversion.original.save("original.png", ContentFile(to_png(logo.image)), save=False)
    conversion.take_result(result)
    return conversion
