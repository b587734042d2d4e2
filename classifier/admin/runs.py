"""Training runs in the admin: start, watch, cancel, resume."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from classifier.admin.base import STATUS_COLOURS, ActionAdmin, offered, page_link
from classifier.admin.theme import Action, ActionVariant, action, display, themed
from classifier.admin.training_form import StartTrainingForm
from classifier.lib.keys import is_key
from classifier.models import RateTest, TrainingRun
from classifier.runs.lifecycle import RunError, cancel_run, resume_run, start_run
from classifier.training.config import InvalidConfigError


@admin.register(TrainingRun)
class TrainingRunAdmin(ActionAdmin):
    """Start training, watch it, stop it."""

    add_form_template = themed("classifier/admin/start_training.html")
    list_display = ("name", "dataset", "state", "stage", "percent", "created_by", "created_at")
    list_filter = ("status", "dataset")
    list_select_related = ("dataset", "created_by")
    list_before_template = "classifier/admin/worker_banner.html"
    change_form_outer_before_template = "classifier/admin/worker_banner.html"
    actions_list = ("start",)
    actions_list_hide_default = True
    actions_detail = ("cancel", "resume")
    readonly_fields = ("page", "percent")
    _main = (
        *("dataset", "start_from", "backbone", "input_size"),
        *("head_epochs", "top_epochs", "full_epochs"),
    )

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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the settings of a run (`clone`) or of a rate test, with the rate it suggests.

        The settings that `rate_test` names win over those of a clone.
        """
        initial = super().get_changeform_initial_data(request)
        clone, tested = (initial.pop(name, "") for name in ("clone", "rate_test"))
        run = TrainingRun.objects.filter(pk=clone).first() if is_key(clone) else None
        test = RateTest.objects.filter(pk=tested).first() if is_key(tested) else None
        for row in (run, test):
            if row is not None:
                initial |= {**row.config, "dataset": row.dataset_id}
        if test is not None and test.suggested_rate:
            initial["learning_rate"] = float(f"{test.suggested_rate:.3g}")
        return initial

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
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
        return HttpResponseRedirect(reverse("admin:classifier_trainingrun_add"))

    def response_add(
        self, request: HttpRequest, obj: TrainingRun, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to the live page of the run that was started."""
        return HttpResponseRedirect(reverse("dashboard:run", args=[obj.pk]))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Action]:
        """Offer what the run's state allows."""
        run = TrainingRun.objects.filter(pk=object_id).first() if is_key(object_id) else None
        names = set()
        if run and run.is_active:
            names.add("cancel")
        if run and run.status in TrainingRun.RESUMABLE:
            names.add("resume")
        return offered(super().get_actions_detail(request, object_id), names)

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
        return str(run)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
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
        return page_link("run", run.pk, "Watch it on the dashboard")
