"""How many accepted labels wait to be learnt."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from classifier.models import LabelCorrection, ModelVersion, Proposal, Retraining


@dataclass(frozen=True)
class Waiting:
    """What people accepted since the last retraining."""

    corrections: int
    proposals: int
    since: datetime | None

    @property
    def count(self) -> int:
        """Both together."""
        return self.corrections + self.proposals


def waiting_labels() -> Waiting:
    """Count corrections that change a label, and proposals, accepted since the last retraining.

    Without one since production was made: what came before is in its dataset.
    """
    last = Retraining.objects.first()
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    since = last.created_at if last else production.created_at if production else None
    corrections = LabelCorrection.objects.exclude(label=F("measured_label"))
    proposals = Proposal.objects.filter(status=Proposal.Status.ACCEPTED)
    if since:
        corrections = corrections.filter(corrected_at__gt=since)
        proposals = proposals.filter(decided_at__gt=since)
    return Waiting(corrections.count(), proposals.count(), since)
