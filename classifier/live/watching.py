"""Looking at live traffic now and then, and telling of drift."""

from datetime import timedelta

from django.utils import timezone

from classifier.live.drift import drift_of
from classifier.models import Event, ModelVersion
from classifier.notices.telling import page, tell

_DAYS = 7


def tell_of_drift() -> None:
    """Tell of each major shift of the last week's traffic, once a week."""
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    if production is None:
        return
    for shift in drift_of(production, timezone.now() - timedelta(days=_DAYS)).shifts:
        if shift.verdict == "major":
            tell(
                Event.DRIFT,
                f"Live traffic has drifted: {shift.name}",
                f"The {shift.name} of the last {_DAYS} days are not those that {production} was "
                f"validated with (population stability index {shift.index:.2f}). Find out where "
                "the uploads come from, and train with logos like them.",
                path=page("overview"),
                key=f"drift:{production.pk}:{shift.name}",
                version=production.name,
                shift=shift.name,
                index=shift.index,
            )
