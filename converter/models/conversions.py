"""What the converter keeps: one row and two files for each conversion, until they expire."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from typing import Self

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from converter.conversion import Result, read_upload
from converter.images import Logo, to_png
from converter.outputs.counting import counts_of
from converter.presets import PRESETS

Also = Callable[["Conversion"], None]


def _nothing(conversion: "Conversion") -> None:
    """Store nothing else."""


def file_name(conversion: "Conversion", name: str) -> str:
    """Where a conversion's file goes; what the uploader called it plays no part."""
    return f"conversions/{conversion.pk}/{name}"


class GoneError(Http404):
    """A conversion was deleted while something was done with it."""


class VisitorQuerySet(QuerySet):
    """Rows that a visitor may see, or that are past their time."""

    def of_visitor(self, request: HttpRequest) -> Self:
        """Return the visitor's own rows, newest first."""
        visitor = known_visitor(request)
        return self.filter(visitor=visitor) if visitor else self.none()

    def expired(self) -> Self:
        """Return the rows that are older than CONVERSION_DAYS."""
        limit = timezone.now() - timedelta(days=settings.CONVERSION_DAYS)
        return self.filter(created_at__lt=limit)


class Conversion(models.Model):
    """One logo, the type it was given, and the SVG that was drawn of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.UUIDField(db_index=True, help_text="Who may see it; kept in the session.")
    name = models.CharField(max_length=120, help_text="What the uploader called it; for display.")
    original = models.FileField(upload_to=file_name, help_text="The upload as a plain PNG.")
    svg = models.FileField(upload_to=file_name)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    lossy = models.BooleanField(
        default=False, help_text="The upload's format brings noise, as JPEG does."
    )
    logo_type = models.CharField(max_length=20, blank=True, help_text="The classifier's answer.")
    confidence = models.FloatField(null=True)
    probabilities = models.JSONField(default=dict)
    method = models.CharField(max_length=20, blank=True)
    model_version = models.CharField(max_length=80, blank=True)
    preset = models.CharField(max_length=20)
    policy = models.PositiveBigIntegerField(
        null=True, help_text="Number of the routing policy; empty: the program's own."
    )
    adjustments = models.JSONField(
        default=dict, help_text="What a person changed of the preset: see converter.adjusting."
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
    fidelity = models.FloatField(
        help_text="Share of pixels that look the same in drawing and original: of those on "
        "outlines or of all others, whichever is lower."
    )
    paths = models.PositiveIntegerField()
    shapes = models.PositiveIntegerField(
        null=True, help_text="Circles, ellipses and rectangles that are kept as such."
    )
    nodes = models.PositiveIntegerField(
        null=True, help_text="Points of the paths where pieces of outlines meet."
    )
    colours = models.PositiveIntegerField()
    svg_bytes = models.PositiveIntegerField()
    original_bytes = models.PositiveIntegerField(default=0)
    milliseconds = models.JSONField(default=dict, help_text="Time of each step.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = VisitorQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Conversion {self.pk}"  # its name may tell whose it is

    @property
    def preset_summary(self) -> str:
        """What the preset is for."""
        return PRESETS[self.preset].summary

    @property
    def fidelity_percent(self) -> str:
        """The fidelity as people read it."""
        return f"{self.fidelity:.1%}"

    @property
    def drawing_name(self) -> str:
        """The name of the drawing's file, another one for each drawing."""
        return PurePath(self.svg.name).stem

    @property
    def sorted_probabilities(self) -> list[tuple[str, float]]:
        """The types with their probabilities, likeliest first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])

    def read_original(self, wait_seconds: float | None = None) -> Logo:
        """Return the stored upload as a logo, at the size that was uploaded.

        `wait_seconds` lets a worker wait longer for a decoder than a visitor would.

        Raises:
            DecoderBusyError: if too many images are being read.
            GoneError: if the conversion was deleted meanwhile.
        """
        with self.open_file("original") as file:
            stored = read_upload(file.read(), wait_seconds)
        return replace(stored, width=self.width, height=self.height, lossy=self.lossy)

    def read_svg(self) -> str:
        """Return the drawing as text.

        Raises:
            GoneError: if the conversion was deleted meanwhile.
        """
        with self.open_file("svg") as file:
            return file.read().decode()

    def open_file(self, field: str) -> File:
        """Open the file of `original` or `svg`, which a later drawing may have replaced by now.

        Raises:
            GoneError: if the conversion was deleted meanwhile.
        """
        try:
            return getattr(self, field).open()
        except FileNotFoundError:
            pass
        try:
            self.refresh_from_db(fields=[field])
            return getattr(self, field).open()
        except (Conversion.DoesNotExist, FileNotFoundError) as error:
            raise GoneError from error

    def take_result(self, result: Result, also: Also = _nothing) -> None:
        """Store a drawing and what it measures; the earlier one is replaced.

        `also` is called in the same transaction; nothing is stored if it raises an exception.

        Raises:
            GoneError: if the conversion was deleted meanwhile.
        """
        with self._written(result), transaction.atomic():
            locked = Conversion.objects.select_for_update().filter(pk=self.pk)
            earlier = locked.values_list("svg", flat=True).first()
            if earlier is None:
                raise GoneError
            self.save(force_update=True)
            also(self)
            transaction.on_commit(lambda: self.svg.storage.delete(earlier))

    def store(self, original: bytes, result: Result, also: Also = _nothing) -> None:
        """Store a new row with its upload and its drawing. For `also` see `take_result`."""
        self.original_bytes = len(original)
        with self._written(result, original), transaction.atomic():
            self.save(force_insert=True)
            also(self)

    @contextmanager
    def _written(self, result: Result, original: bytes | None = None) -> Iterator[None]:
        """Write the files of a result for a block that saves the row; they go again if it fails.

        The files come first, since nobody else can write to the database meanwhile.
        """
        files = {"svg": (f"drawing-{uuid.uuid4().hex[:8]}.svg", result.drawing.svg.encode())}
        if original is not None:
            files["original"] = ("original.png", original)
        self._measure(result)
        try:
            for field, (name, content) in files.items():
                getattr(self, field).save(name, ContentFile(content), save=False)
            yield
        except BaseException:
            for name, _ in files.values():  # half written ones, too
                self.svg.storage.delete(file_name(self, name))
            raise

    def _measure(self, result: Result) -> None:
        self.preset = result.preset
        self.policy = result.policy
        self.reason = result.reason
        self.notice = result.notice
        self.fidelity = result.fidelity
        counts = counts_of(result.drawing.svg)
        self.paths, self.shapes, self.nodes = counts.paths, counts.shapes, counts.nodes
        self.colours = result.drawing.colour_count
        self.svg_bytes = result.drawing.byte_count
        self.milliseconds = result.milliseconds
        self.adjustments = result.adjustments
        if answer := result.classification:
            self.logo_type = answer.logo_type
            self.confidence = answer.confidence
            self.probabilities = answer.probabilities
            self.method = answer.method[:20]
            self.model_version = answer.model_version[:80]

    def delete_with_files(self) -> None:
        """Delete the row and then its files: a file without a row is harmless, not the reverse."""
        original, svg = self.original, self.svg
        self.delete()
        original.delete(save=False)
        svg.delete(save=False)


def known_visitor(request: HttpRequest) -> str | None:
    """Return the visitor's id; None for whoever has stored nothing yet.

    Requests with an API token are those of the token.
    """
    token = getattr(request, "auth", None)
    if token is not None:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"api-token-{token.pk}"))
    return request.session.get("visitor")


def visitor_of(request: HttpRequest) -> str:
    """Return the id of a visitor who stores something, made at first use.

    It survives signing in and out of a session. Who only looks gets none, and so no session.
    """
    return known_visitor(request) or request.session.setdefault("visitor", str(uuid.uuid4()))


def store_conversion(
    visitor: str,
    name: str,
    logo: Logo,
    result: Result,
    corrected: bool,
    also: Also = _nothing,
) -> Conversion:
    """Keep a finished conversion; `corrected` says that a person chose the type or preset.

    For `also` see `Conversion.take_result`.
    """
    conversion = Conversion(
        visitor=visitor,
        name=name[:120] or "logo",
        width=logo.width,
        height=logo.height,
        lossy=logo.lossy,
        corrected=corrected,
    )
    conversion.store(to_png(logo.image), result, also)
    return conversion
