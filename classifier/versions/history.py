"""What served before, and what it answered meanwhile."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from classifier.evaluation.intervals import wilson
from classifier.models import LivePrediction, ModelVersion, Promotion, version_store


@dataclass(frozen=True)
class Traffic:
    """How many live answers there were, how many callers judged, and how many of these right."""

    answers: int
    judged: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """The share of right answers among the judged ones; None if none was judged."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the accuracy."""
        return wilson(self.right, self.judged)


def version_before() -> ModelVersion | None:
    """Return the version that served before the present one; None if there is none any more.

    A version from which somebody went back is not gone back to.
    """
    served: list[Promotion] = []
    for promotion in Promotion.objects.select_related("version").order_by("at", "pk"):
        if promotion.kind == Promotion.Kind.ROLLED_BACK:
            served = _up_to(served, promotion.version_name)
        served.append(promotion)
    present = served[-1].version_name if served else ""
    for promotion in reversed(served):
        version = promotion.version
        if version and version.name != present and _is_here(version):
            return version
    return None


def _is_here(version: ModelVersion) -> bool:
    shared = version_store.is_shared() and not version.bundled
    return shared or version.own_folder.is_dir()


def _up_to(served: list[Promotion], name: str) -> list[Promotion]:
    """Return what served before the last time that the named version did."""
    names = [promotion.version_name for promotion in served]
    return served[: len(names) - 1 - names[::-1].index(name)] if name in names else served


def traffic_during(promotion: Promotion) -> Traffic:
    """Count the live answers that were given while a promotion lasted, deleted ones included."""
    counts = counts_of(answers_during(promotion))
    return Traffic(
        promotion.answers + counts.answers,
        promotion.judged + counts.judged,
        promotion.right + counts.right,
    )


def judged_answers(version: ModelVersion) -> Traffic:
    """Count the live answers that a version's model gave, and that callers judged."""
    return counts_of(LivePrediction.objects.filter(model_version=version.name))


def counts_of(rows: QuerySet[LivePrediction]) -> Traffic:
    """Count live answers."""
    counts = rows.aggregate(
        answers=Count("pk"),
        judged=Count("pk", filter=Q(right__isnull=False)),
        right=Count("pk", filter=Q(right=True)),
    )
    return Traffic(**counts)


def answers_during(promotion: Promotion) -> QuerySet[LivePrediction]:
    """Return the live answers that were given while a promotion lasted, by whatever method."""
    rows = LivePrediction.objects.filter(created_at__gte=promotion.at)
    return rows.filter(created_at__lt=promotion.ended_at) if promotion.ended_at else rows
