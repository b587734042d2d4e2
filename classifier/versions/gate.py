"""The gate of a stored version: its checks, and who may promote what it refuses."""

from django.contrib.auth.models import AbstractBaseUser

from classifier.evaluation.gate import Check, check_gate
from classifier.models import ModelVersion
from classifier.versions.headline import headline_of, score_on, served_bytes
from classifier.versions.registry import VersionError

OVERRIDE = "override_gate"


class GateError(VersionError):
    """The gate refuses a version; the message says what is red and what it takes."""

    def __init__(self, version: ModelVersion, red: list[Check], wanted: str) -> None:
        self.version, self.red, self.wanted = version, red, wanted
        super().__init__(f"{version} fails its gate. {' '.join(self.reasons)} {wanted}")

    @property
    def reasons(self) -> list[str]:
        """Say what is red, a sentence a check."""
        return [sentence(check) for check in self.red]


class OverrideForbiddenError(GateError):
    """Whoever asks may not promote what the gate refuses."""


class ReasonMissingError(GateError):
    """A version that the gate refuses is promoted for a reason only, and none was given."""


def sentence(check: Check) -> str:
    """Return what a check found and wanted as a sentence."""
    return f"{check.name}: {check.found} (wanted: {check.wanted})."


def gate_of(version: ModelVersion) -> list[Check]:
    """Check a version's headline, also against production where both saw the same images.

    A version without a headline fails: nothing is known of it.
    """
    score = headline_of(version)
    if score is None:
        wanted = "an evaluation on the test split of the dataset that it was trained on"
        return [Check("Evaluated", "not yet", wanted, False)]
    production = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    other = None
    if production and production != version:
        other = score_on(production, score)
    return check_gate(score.metrics, served_bytes(version), other.metrics if other else None)


def red_checks(version: ModelVersion) -> list[Check]:
    """Return the checks that a version fails."""
    return [check for check in gate_of(version) if check.passed is False]


def may_override(user: AbstractBaseUser | None) -> bool:
    """Whether somebody may promote what the gate refuses."""
    return user is not None and user.has_perm(f"classifier.{OVERRIDE}")


def check_open(version: ModelVersion, user: AbstractBaseUser | None, reason: str) -> list[Check]:
    """Let a version pass, or for a good reason somebody who may say so; return what is red.

    Raises:
        OverrideForbiddenError: if something is red, and the user may not promote it.
        ReasonMissingError: if something is red, and no reason was written.
    """
    red = red_checks(version)
    if red and not may_override(user):
        raise OverrideForbiddenError(
            version, red, f"Only somebody with the right {OVERRIDE} can promote it."
        )
    if red and not reason.strip():
        raise ReasonMissingError(version, red, "Say why it should serve nevertheless.")
    return red
