"""Studies and their trials in the admin: to look at, and to delete."""

from django.contrib import admin

from classifier.admin.base import STATUS_COLOURS, ReadOnlyAdmin, page_link
from classifier.admin.theme import display
from classifier.models import Study, Trial


@admin.register(Study)
class StudyAdmin(ReadOnlyAdmin):
    """Searches for good settings; they are started on the dashboard."""

    list_display = ("name", "dataset", "state", "trial_count", "created_by", "created_at", "page")
    list_filter = ("status", "dataset")
    list_select_related = ("dataset", "created_by")

    @display(description="Study", ordering="pk")
    def name(self, study: Study) -> str:
        return str(study)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def state(self, study: Study) -> tuple[str, str]:
        """Say what the study does."""
        return study.status, study.get_status_display()

    @display(description="Trials")
    def page(self, study: Study) -> str:
        """Link to the study's page."""
        return page_link("study", study.pk, "Open it on the dashboard")


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    """The trials of studies, read-only; studies are started on the dashboard."""

    list_display = ("name", "state", "value", "started_at", "finished_at")
    list_filter = ("status", "study")
    list_select_related = ("study",)

    @display(description="Trial", ordering="pk")
    def name(self, trial: Trial) -> str:
        return str(trial)

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def state(self, trial: Trial) -> tuple[str, str]:
        """Say what the trial does."""
        return trial.status, trial.get_status_display()
