"""What people are told of runs: that one ended, and that its version passed the gate."""

from classifier.models import Event, TrainingRun
from classifier.notices.telling import page, tell
from classifier.versions.gate import red_checks
from classifier.versions.headline import headline_of
from classifier.work.kinds import End


def tell_of_run(pk: int, end: End) -> None:
    """Tell how a run ended, and of its version if nothing about it is red."""
    run = TrainingRun.objects.select_related("version", "dataset").filter(pk=pk).first()
    if run is None:  # it was deleted at its end
        return
    version = getattr(run, "version", None)
    headline = headline_of(version) if version else None
    accuracy = headline.metrics["accuracy"] if headline else None
    made = f"It became {version}, {accuracy:.1%} on its test split." if headline else ""
    tell(
        Event.RUN_ENDED,
        f"{run}: {run.get_status_display()}",
        " ".join(filter(None, (f"Trained on {run.dataset}.", made, end.error))),
        path=page("run", run.pk),
        run=run.pk,
        status=run.status,
        version=version.name if version else None,
        accuracy=accuracy,
    )
    if version and not red_checks(version):
        tell(
            Event.VERSION_PASSED,
            f"{version} passes its gate",
            f"{accuracy:.1%} on its test split. It is a candidate: a person may promote it.",
            path=page("version", version.pk),
            version=version.name,
            accuracy=accuracy,
        )
