"""Logos that uploaders give to the data set: taking them in, and deciding on them."""

import hashlib
import io

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from classifier.conf import conf
from classifier.images.guarded import read_image
from classifier.lib.files import write_whole
from classifier.models import Proposal

_MOST_WAITING = 1000  # a stranger must not fill the disk
_SIDE = 512  # pixels; what the data set keeps of a logo
Status = Proposal.Status


class ProposalError(Exception):
    """A proposal is not taken; the message says why."""


def propose(content: bytes, label: str, answered: str = "") -> Proposal:
    """Keep an image as a proposed sample. The uploader has agreed to that.

    The same image proposed again keeps its row, and what was decided on it.

    Args:
        content: of an image file; it is kept as a plain PNG, without what else the file says.
        label: the type that the uploader says it has.
        answered: what the classifier said.

    Raises:
        ProposalError: if this installation takes none, or too many wait.
        UnreadableImageError, ImageTooLargeError: if the image cannot be used.
        DecoderBusyError: if too many images are being read.
    """

    if not conf.COLLECT_PROPOSALS:
        raise ProposalError("This installation does not collect logos.")
    if Proposal.objects.filter(status=Status.PROPOSED).count() >= _MOST_WAITING:
        raise ProposalError("Too many proposals wait for a decision. Try again another day.")
    image = read_image(content, conf.MAX_PIXELS)
    image.thumbnail((_SIDE, _SIDE))
    plain = io.BytesIO()
    image.save(plain, "PNG")
    sha256 = hashlib.sha256(plain.getvalue()).hexdigest()
    known = Proposal.objects.filter(sha256=sha256).first()
    if known:
        return known
    write_whole(Proposal(sha256=sha256).file, plain.getvalue())
    found, _ = Proposal.objects.get_or_create(
        sha256=sha256, defaults={"label": label, "answered": answered}
    )
    return found


def accept(proposal: Proposal, label: str, user: AbstractBaseUser) -> None:
    """Let the next data set have a proposal, under a label that its uploader may not have named."""
    _decide(proposal, Status.ACCEPTED, user, label)


def reopen(proposal: Proposal, label: str) -> None:
    """Let an accepted proposal wait for a decision again, under the label it had."""
    proposal.status, proposal.label = Status.PROPOSED, label
    proposal.decided_by, proposal.decided_at = "", None
    proposal.save(update_fields=["status", "label", "decided_by", "decided_at"])


def reject(proposal: Proposal, user: AbstractBaseUser) -> None:
    """Turn a proposal down, and forget its image."""
    _decide(proposal, Status.REJECTED, user, proposal.label)
    proposal.file.unlink(missing_ok=True)


def _decide(proposal: Proposal, status: Status, user: AbstractBaseUser, label: str) -> None:
    proposal.status, proposal.label = status, label
    proposal.decided_by, proposal.decided_at = user.get_username(), timezone.now()
    proposal.save(update_fields=["status", "label", "decided_by", "decided_at"])
