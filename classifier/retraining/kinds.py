"""Retrainings as a kind of work, whose steps are work of other kinds."""

from typing import Any

from django.db.models import QuerySet

from classifier.inference.manifest import ModelError
from classifier.models import Event, Retraining
from classifier.notices.telling import page, tell
from classifier.retraining.lifecycle import stop_steps
from classifier.retraining.pipeline import carry_out_retraining
from classifier.versions.registry import VersionError
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import End, Kind, register


@register
class RetrainingKind(Kind):
    """A retraining, which ends with a candidate."""

    name = "retraining"
    row = Retraining
    again = "let it go on"
    stopped = "The worker was stopped. Let it go on: steps that are done are not done again."
    lost = "The worker fell silent. Let it go on: steps that are done are not done again."
    permission = "add_trainingrun"
    foreseen = (ModelError, VersionError)

    def rows(self) -> QuerySet:
        """Bring along what the steps need."""
        return Retraining.objects.select_related(
            "production", "base", "dataset", "run", "run__version", "created_by"
        )

    def carry_out(self, row: Retraining, heartbeat: Heartbeat, listener: Any) -> None:
        """Go through the steps."""
        carry_out_retraining(row, heartbeat)

    def cancel(self, row: Retraining) -> None:
        """Stop it, and the step that goes on."""
        super().cancel(row)
        stop_steps(row)

    def ended(self, row: Retraining, end: End) -> None:
        """Tell whoever wants to hear of it."""
        row = self.rows().get(pk=row.pk)
        candidate = row.candidate
        what = f"It made {candidate}." if candidate else "It made no version."
        tell(
            Event.RETRAINING_ENDED,
            f"{row}: {row.get_status_display()}",
            " ".join(filter(None, (what, *row.result.get("notes", ()), end.error))),
            path=page("retraining", row.pk),
            retraining=row.pk,
            status=row.status,
            version=candidate.name if candidate else None,
        )
