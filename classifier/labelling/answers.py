"""Labels that people give to selected logos, and taking them back."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from classifier.datasets.corrections import correct
from classifier.datasets.proposals import accept, reopen
from classifier.models import LabelCorrection, LabelSelection, Proposal, SelectedLogo

_KEPT = ("label", "measured_label", "note", "corrected_by")


class AnswerError(Exception):
    """A label is not taken, or not taken back; the message says why."""


@transaction.atomic
def answer(logo: SelectedLogo, label: str, user: AbstractBaseUser) -> None:
    """Take in a person's label: as a correction of a sample, or by accepting a proposal.

    Raises:
        AnswerError: if somebody decided on the proposal elsewhere.
    """
    logo = _locked(logo)
    if logo.proposal:
        if logo.proposal.status != Proposal.Status.PROPOSED and not logo.label:
            raise AnswerError(f"{logo.proposal.decided_by} decided on this proposal already.")
        logo.before = logo.before or {"label": logo.proposal.label}
        accept(logo.proposal, label, user)
    else:
        if not logo.label:
            logo.before = _kept(logo.sample.sha256)
        correct(logo.sample, label, user.get_username())
    logo.label, logo.labelled_by, logo.labelled_at = label, user.get_username(), timezone.now()
    logo.save(update_fields=["label", "labelled_by", "labelled_at", "before"])


@transaction.atomic
def undo(logo: SelectedLogo) -> None:
    """Take a label back: what was known of the logo before is known again.

    Raises:
        AnswerError: if somebody gave it another label elsewhere since.
    """
    logo = _locked(logo)
    if not logo.label:
        return
    if logo.proposal:
        if (logo.proposal.label, logo.proposal.decided_by) != (logo.label, logo.labelled_by):
            raise AnswerError("Somebody decided on this proposal again since.")
        reopen(logo.proposal, (logo.before or {}).get("label", logo.label))
    else:
        _restore(logo)
    logo.label, logo.labelled_by, logo.labelled_at, logo.before = "", "", None, None
    logo.save(update_fields=["label", "labelled_by", "labelled_at", "before"])


def last_answered(selection: LabelSelection, user: AbstractBaseUser) -> SelectedLogo | None:
    """Return the logo of a selection that somebody labelled last."""
    own = selection.logos.filter(labelled_by=user.get_username()).exclude(label="")
    return own.order_by("-labelled_at").first()


def _locked(logo: SelectedLogo) -> SelectedLogo:
    rows = SelectedLogo.objects.select_for_update(of=("self",))
    return rows.select_related("sample__dataset", "proposal").get(pk=logo.pk)


def _kept(sha256: str) -> dict[str, Any] | None:
    known = LabelCorrection.objects.filter(sha256=sha256).first()
    if known is None:
        return None
    values = {name: getattr(known, name) for name in _KEPT}
    return values | {"corrected_at": known.corrected_at.isoformat()}


def _restore(logo: SelectedLogo) -> None:
    known = LabelCorrection.objects.filter(sha256=logo.sample.sha256)
    if not known.filter(label=logo.label, corrected_by=logo.labelled_by).exists():
        raise AnswerError("Somebody corrected this logo again since.")
    if logo.before is None:
        known.delete()
        return
    at = parse_datetime(logo.before["corrected_at"])
    known.update(**{name: logo.before[name] for name in _KEPT}, corrected_at=at)
