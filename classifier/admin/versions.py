"""Model versions in the admin, and what they scored."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from classifier.admin.base import (
    STATUS_COLOURS,
    ActionAdmin,
    ReadOnlyAdmin,
    offered,
    page_link,
)
from classifier.admin.theme import Action, ActionVariant, action, after_dialog, display
from classifier.inference.manifest import ModelError
from classifier.lib.keys import is_key
from classifier.models import Evaluation, ModelVersion
from classifier.versions.gate import GateError
from classifier.versions.headline import headline_of
from classifier.versions.promotion import promote, retire
from classifier.versions.registry import VersionError


@admin.register(ModelVersion)
class ModelVersionAdmin(ActionAdmin):
    """Model versions, which are promoted, rolled back and retired here, never edited."""

    list_display = ("name", "state", "backbone", "input_size", "accuracy", "created_at", "page")
    list_filter = ("stage", "backbone")
    actions_detail = ("promote", "retire")
    readonly_fields = ("page",)
    fields = (
        "page",
        "name",
        "stage",
        "run",
        "backbone",
        "input_size",
        "bundled",
        "dataset_fingerprint",
        "manifest_sha256",
        "created_at",
        "promoted_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The version that serves cannot be deleted."""
        serves = obj is not None and obj.stage == ModelVersion.Stage.PRODUCTION
        return not serves and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict:
        """Leave out deleting in bulk, which does not ask row by row."""
        return {
            name: entry
            for name, entry in super().get_actions(request).items()
            if name != "delete_selected"
        }

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Action]:
        """Offer what the version's stage allows."""
        found = ModelVersion.objects.filter(pk=object_id) if is_key(object_id) else None
        version = found.first() if found is not None else None
        names = set()
        if version and version.stage != ModelVersion.Stage.PRODUCTION:
            names.add("promote")
        if version and version.stage == ModelVersion.Stage.CANDIDATE:
            names.add("retire")
        return offered(super().get_actions_detail(request, object_id), names)

    @action(
        description="Promote",
        permissions=["act"],
        icon="rocket_launch",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Promote to production?",
            "description": "Every classification from now on comes from this version. The one "
            "that serves now is retired. If its gate refuses it, a page shows why.",
            "form_submit_text": "Promote",
        },
    )
    def promote(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        version = self.get_object(request, object_id)
        try:
            if version is None:
                messages.error(request, "The version was deleted.")
            else:
                promote(version, request.user)
                messages.success(request, f"{version} serves now.")
        except ModelError as error:
            messages.error(request, f"{version} cannot serve: {error}")
        except GateError as error:
            messages.error(request, f"{version} was not promoted. {error.wanted}")
            return after_dialog(reverse("dashboard:version_gate", args=[version.pk]))
        return self.back_to(object_id)

    @action(
        description="Retire",
        permissions=["act"],
        icon="archive",
        dialog={
            "title": "Retire this version?",
            "description": "It is kept, and can still be promoted.",
            "form_submit_text": "Retire",
        },
    )
    def retire(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        version = self.get_object(request, object_id)
        try:
            if version is None:
                messages.error(request, "The version was deleted.")
            else:
                retire(version)
                messages.success(request, f"{version} is retired.")
        except VersionError as error:
            messages.error(request, str(error))
        return self.back_to(object_id)

    @display(description="Stage", ordering="stage", label=STATUS_COLOURS)
    def state(self, version: ModelVersion) -> tuple[str, str]:
        """Say whether the version serves."""
        return version.stage, version.get_stage_display()

    @display(description="Test accuracy")
    def accuracy(self, version: ModelVersion) -> str:
        """Show the version's headline."""
        headline = headline_of(version)
        return f"{headline.metrics['accuracy']:.1%}" if headline else "not evaluated"

    @display(description="Report")
    def page(self, version: ModelVersion) -> str:
        """Link to the version's page."""
        return page_link("version", version.pk, "Open its report")


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    """Scores of versions on datasets, read-only; the dashboard draws them."""

    list_display = ("version", "dataset", "split", "sample_count", "percent", "created_at")
    list_filter = ("split", "dataset", "synthetic")
    list_select_related = ("version", "dataset")

    @display(description="Accuracy", ordering="accuracy")
    def percent(self, evaluation: Evaluation) -> str:
        """Show the accuracy for people."""
        return f"{evaluation.accuracy:.1%}"
