"""The admin: starting, watching and stopping runs, promoting versions, and reading the rest."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from classifier.forms import StartTrainingForm
from classifier.inference.manifest import ModelError
from classifier.models import (
    Dataset,
    Evaluation,
    LabelCorrection,
    ModelVersion,
    Sample,
    TrainingRun,
)
from classifier.runs import RunError, cancel_run, resume_run, start_run
from classifier.training.config import InvalidConfigError

_STATUS_COLOURS = {
    "running": "info",
    "queued": "info",
    "building": "info",
    "candidate": "info",
    "cancelling": "warning",
    "cancelled": "warning",
    "succeeded": "success",
    "ready": "success",
    "production": "success",
    "failed": "danger",
    "lost": "danger",
}


def _page_link(name: str, pk: int, text: str) -> str:
    """Return a link to one of the dashboard's pages."""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        reverse(f"dashboard:{name}", args=[pk]),
        text,
    )


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the program writes: people look at them, and may delete them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one by hand."""
        return False


class ActionAdmin(ModelAdmin):
    """Rows that are changed by actions only."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody edits the fields."""
        return False

    def has_act_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Actions ask for the right to change."""
        return request.user.has_perm(f"classifier.change_{self.opts.model_name}")

    def back_to(self, object_id: str) -> HttpResponse:
        """Send the browser from a confirmed dialog to the row's page."""
        page = reverse(f"admin:classifier_{self.opts.model_name}_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})


def _offered(actions: list[UnfoldAction], names: set[str]) -> list[UnfoldAction]:
    return [a for a in actions if a.action_name.rpartition("_")[2] in names]


@admin.register(TrainingRun)
class TrainingRunAdmin(ActionAdmin):
    """Start training, watch it, stop it."""

    add_form_template = "classifier/admin/start_training.html"
    list_display = ("name", "dataset", "state", "stage", "percent", "created_by", "created_at")
    list_filter = ("status", "dataset")
    list_select_related = ("dataset", "created_by")
    list_before_template = "classifier/admin/worker_banner.html"
    change_form_outer_before_template = "classifier/admin/worker_banner.html"
    actions_list = ("start",)
    actions_list_hide_default = True
    actions_detail = ("cancel", "resume")
    readonly_fields = ("page", "percent")
    _main = ("dataset", "backbone", "input_size", "head_epochs", "top_epochs", "full_epochs")

    def get_fieldsets(self, request: HttpRequest, obj: TrainingRun | None = None) -> list:
        """Show the form's settings for a new run, and the run's state for a stored one."""
        if obj:
            state = ("page", "status", "error", "stage", "percent", "dataset", "config")
            return [(None, {"fields": (*state, "created_by", "started_at", "finished_at")})]
        rest = [name for name in StartTrainingForm.base_fields if name not in self._main]
        return [
            (None, {"fields": self._main}),
            ("More settings", {"fields": rest, "classes": ["collapse"]}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Use the form as it is: its settings are no columns of the table."""
        return super().get_form(request, obj, **kwargs) if obj else StartTrainingForm

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show *Start training*."""
        try:
            return super().add_view(
                request, form_url, {"title": "Start training", **(extra_context or {})}
            )
        except (RunError, InvalidConfigError) as error:  # the dataset changed in between
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self, request: HttpRequest, obj: TrainingRun, form: StartTrainingForm, change: bool
    ) -> None:
        """Start the run."""
        run = start_run(obj.dataset, form.config, request.user)
        obj.pk = run.pk
        obj.refresh_from_db()

    @action(
        description="Start training",
        permissions=["add"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest) -> HttpResponse:
        """Go to the form."""
        return HttpResponseRedirect(reverse("admin:classifier_trainingrun_add"))

    def response_add(
        self, request: HttpRequest, obj: TrainingRun, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to the live page of the run that was started."""
        return HttpResponseRedirect(reverse("dashboard:run", args=[obj.pk]))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """Offer what the run's state allows."""
        run = TrainingRun.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        names = set()
        if run and run.is_active:
            names.add("cancel")
        if run and run.status in TrainingRun.RESUMABLE:
            names.add("resume")
        return _offered(super().get_actions_detail(request, object_id), names)

    @action(
        description="Cancel",
        permissions=["act"],
        icon="stop_circle",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Cancel this run?",
            "description": "It stops at its next step. Its last checkpoint stays, so that it can "
            "be resumed.",
            "form_submit_text": "Cancel the run",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Ask a run to stop."""
        return self._change_run(request, object_id, cancel_run, "{} is being cancelled.")

    @action(
        description="Resume",
        permissions=["act"],
        icon="play_circle",
        dialog={
            "title": "Resume this run?",
            "description": "It goes on from its last checkpoint.",
            "form_submit_text": "Resume the run",
        },
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Queue a run that ended early again."""
        return self._change_run(request, object_id, resume_run, "{} is queued again.")

    def _change_run(
        self, request: HttpRequest, object_id: str, change: Any, done: str
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        try:
            if run is None:
                raise RunError("The run was deleted.")
            change(run)
            run.refresh_from_db()
            if run.status == run.Status.FAILED:  # the queue could not be reached
                raise RunError(run.error)
            messages.success(request, done.format(run))
        except RunError as error:
            messages.error(request, str(error))
        return self.back_to(object_id)

    @display(description="Run", ordering="pk")
    def name(self, run: TrainingRun) -> str:
        """Name the run."""
        return str(run)

    @display(description="Status", ordering="status", label=_STATUS_COLOURS)
    def state(self, run: TrainingRun) -> tuple[str, str]:
        """Say what the run does."""
        return run.status, run.get_status_display()

    @display(description="Progress", ordering="progress")
    def percent(self, run: TrainingRun) -> str:
        """Say how far the run is."""
        return f"{run.progress:.0%}"

    @display(description="Curves")
    def page(self, run: TrainingRun) -> str:
        """Link to the live page."""
        return _page_link("run", run.pk, "Watch it on the dashboard")


@admin.register(ModelVersion)
class ModelVersionAdmin(ActionAdmin):
    """Promote and retire."""

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
        """Versions come from runs."""
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

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """Offer what the version's stage allows."""
        found = ModelVersion.objects.filter(pk=object_id) if object_id.isdigit() else None
        version = found.first() if found is not None else None
        names = set()
        if version and version.stage != ModelVersion.Stage.PRODUCTION:
            names.add("promote")
        if version and version.stage == ModelVersion.Stage.CANDIDATE:
            names.add("retire")
        return _offered(super().get_actions_detail(request, object_id), names)

    @action(
        description="Promote",
        permissions=["act"],
        icon="rocket_launch",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Promote to production?",
            "description": "Every classification from now on comes from this version. The one "
            "that serves now is retired. The version's page shows its gate.",
            "form_submit_text": "Promote",
        },
    )
    def promote(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let this version serve."""
        from classifier.versions import promote

        version = self.get_object(request, object_id)
        try:
            if version is None:
                messages.error(request, "The version was deleted.")
            else:
                promote(version)
                messages.success(request, f"{version} serves now.")
        except ModelError as error:
            messages.error(request, f"{version} cannot serve: {error}")
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
        """Put a candidate aside."""
        from classifier.versions import VersionError, retire

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

    @display(description="Stage", ordering="stage", label=_STATUS_COLOURS)
    def state(self, version: ModelVersion) -> tuple[str, str]:
        """Say whether the version serves."""
        return version.stage, version.get_stage_display()

    @display(description="Test accuracy")
    def accuracy(self, version: ModelVersion) -> str:
        """Show what the manifest says of the test split."""
        value = version.manifest.get("metrics", {}).get("test", {}).get("accuracy")
        return "unknown" if value is None else f"{value:.1%}"

    @display(description="Report")
    def page(self, version: ModelVersion) -> str:
        """Link to the version's page."""
        return _page_link("version", version.pk, "Open its report")


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

    @display(description="Status", ordering="status", label=_STATUS_COLOURS)
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
        return _page_link("dataset", dataset.pk, "Counts, drops and audit")


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


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    """What versions scored."""

    list_display = ("version", "dataset", "split", "sample_count", "percent", "created_at")
    list_filter = ("split", "dataset", "synthetic")
    list_select_related = ("version", "dataset")

    @display(description="Accuracy", ordering="accuracy")
    def percent(self, evaluation: Evaluation) -> str:
        """Show the accuracy for people."""
        return f"{evaluation.accuracy:.1%}"
