"""Datasets, their logos, and corrected labels in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from classifier.admin.base import STATUS_COLOURS, ActionAdmin, ReadOnlyAdmin, page_link
from classifier.admin.dataset_forms import BuildDatasetForm, ImportImagesForm
from classifier.admin.theme import ActionVariant, action, display, themed
from classifier.datasets.orders import NameTakenError, start_build, start_import
from classifier.models import Dataset, LabelCorrection, Sample

FROM_PACKAGES = "from_packages"  # in the address of the form: build, do not import


@admin.register(Dataset)
class DatasetAdmin(ActionAdmin):
    """What datasets there are; importing images, building from packages."""

    add_form_template = themed("classifier/admin/new_dataset.html")
    actions_list = ("import_images", "build")
    actions_list_hide_default = True
    list_display = ("name", "source", "state", "in_splits", "short_fingerprint", "created_at")
    list_filter = ("source", "status")
    list_before_template = "classifier/admin/dataset_help.html"
    readonly_fields = ("page",)
    fields = ("page", "name", "source", "status", "seed", "fingerprint", "dropped", "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        """Count the images with the rows."""
        counted = Count("samples", filter=~Q(samples__split=""))
        return super().get_queryset(request).annotate(in_splits_count=counted)

    def get_fieldsets(self, request: HttpRequest, obj: Dataset | None = None) -> list:
        """Show the form's fields for a new dataset."""
        if obj:
            return super().get_fieldsets(request, obj)
        archive = () if FROM_PACKAGES in request.GET else ("archive",)
        return [(None, {"fields": (*archive, "name", "seed")})]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Use the form as it is: the zip is no column of the table."""
        if obj:
            return super().get_form(request, obj, **kwargs)
        return BuildDatasetForm if FROM_PACKAGES in request.GET else ImportImagesForm

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show *Import images* or *Build from packages*."""
        title = "Build from packages" if FROM_PACKAGES in request.GET else "Import images"
        try:
            return super().add_view(request, form_url, {"title": title, **(extra_context or {})})
        except NameTakenError as error:  # somebody took it in between
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self, request: HttpRequest, obj: Dataset, form: BuildDatasetForm, change: bool
    ) -> None:
        if isinstance(form, ImportImagesForm):
            dataset = start_import(form.cleaned_data["archive"], obj.name, obj.seed)
        else:
            dataset = start_build(obj.name, obj.seed)
        obj.pk = dataset.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Dataset, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to the page of the dataset that was ordered."""
        return HttpResponseRedirect(reverse("dashboard:dataset", args=[obj.pk]))

    @action(
        description="Import images",
        permissions=["add"],
        icon="upload",
        variant=ActionVariant.PRIMARY,
    )
    def import_images(self, request: HttpRequest) -> HttpResponse:
        """Go to the form that takes a zip."""
        return HttpResponseRedirect(reverse("admin:classifier_dataset_add"))

    @action(description="Build from packages", permissions=["add"], icon="deployed_code")
    def build(self, request: HttpRequest) -> HttpResponse:
        """Go to the form that builds from packages."""
        return HttpResponseRedirect(f"{reverse('admin:classifier_dataset_add')}?{FROM_PACKAGES}=1")

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

    list_display = (
        *("thumbnail", "brand", "name", "label", "measured_label", "split", "package", "dataset"),
    )
    list_display_links = ("thumbnail", "brand")
    list_filter = ("dataset", "label", "split", "package")
    search_fields = ("brand", "name", "sha256")
    list_select_related = ("dataset",)
    readonly_fields = ("image",)

    @display(description="Logo")
    def thumbnail(self, sample: Sample) -> str:
        """The logo, small."""
        return _picture(sample, 48)

    @display(description="Image")
    def image(self, sample: Sample) -> str:
        return _picture(sample, 256)


def _picture(sample: Sample, side: int) -> str:
    return format_html(
        '<img src="{}" alt="{}" loading="lazy" width="{}" height="{}" '
        'style="background:{};object-fit:contain">',
        reverse("dashboard:sample_image", args=[sample.pk]),
        sample.name or sample.brand,
        side,
        side,
        sample.background,
    )


@admin.register(LabelCorrection)
class LabelCorrectionAdmin(ReadOnlyAdmin):
    """What people said about labels."""

    list_display = ("sha256", "label", "measured_label", "corrected_by", "corrected_at", "note")
    list_filter = ("label", "corrected_by")
    search_fields = ("sha256", "note")
