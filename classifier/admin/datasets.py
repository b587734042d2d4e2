"""Datasets, their logos, and corrected labels in the admin."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from classifier.admin.base import STATUS_COLOURS, ReadOnlyAdmin, page_link
from classifier.models import Dataset, LabelCorrection, Sample


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """What datasets there are."""

    list_display = ("name", "source", "state", "in_splits", "short_fingerprint", "created_at")
    list_filter = ("source", "status")
    list_before_template = "classifier/admin/dataset_help.html"
    readonly_fields = ("page",)
    fields = ("page", "name", "source", "status", "seed", "fingerprint", "dropped", "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        """Count the images with the rows."""
        counted = Count("samples", filter=~Q(samples__split=""))
        return super().get_queryset(request).annotate(in_splits_count=counted)

    @display(description="Images in splits", ordering="in_splits_count")
    def in_splits(self, dataset: Dataset) -> int:
        """Count images that are trained or tested on."""
        return dataset.in_splits_count

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def state(self, dataset: Dataset) -> tuple[str, str]:
        """Say whether the dataset is ready."""
        return dataset.status, dataset.get_status_display()

    @display(description="Fingerprint")
    def short_fingerprint(self, dataset: Dataset) -> str:
        """Show the beginning of the fingerprint."""
        return dataset.fingerprint[:12]

    @display(description="Counts")
    def page(self, dataset: Dataset) -> str:
        """Link to the dataset's page."""
        return page_link("dataset", dataset.pk, "Counts, drops and audit")


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    """Single logos. Labels are corrected on the audit page."""

    list_display = ("brand", "name", "label", "measured_label", "split", "package", "dataset")
    list_filter = ("dataset", "label", "split", "package")
    search_fields = ("brand", "name", "sha256")
    list_select_related = ("dataset",)
    readonly_fields = ("image",)

    @display(description="Image")
    def image(self, sample: Sample) -> str:
        """Show the logo."""
        address = reverse("dashboard:sample_image", args=[sample.pk])
        return format_html('<img src="{}" alt="" width="256">', address)


@admin.register(LabelCorrection)
class LabelCorrectionAdmin(ReadOnlyAdmin):
    """What people said about labels."""

    list_display = ("sha256", "label", "measured_label", "corrected_by", "corrected_at", "note")
    list_filter = ("label", "corrected_by")
    search_fields = ("sha256", "note")
