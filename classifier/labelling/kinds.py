"""The choice of the logos to label next as a kind of work."""

from typing import Any

from classifier.labelling.selecting import SelectionError, select_logos
from classifier.models import LabelSelection
from classifier.training.errors import WeightsError
from classifier.work.execution import Progress
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import Kind, register


@register
class LabelSelectionKind(Kind):
    """The choice of the logos whose labels would teach most."""

    name = "label_selection"
    row = LabelSelection
    again = "choose again"
    stopped = "The worker was stopped. Choose again."
    lost = "The worker fell silent. Choose again."
    permission = "add_labelcorrection"
    foreseen = (SelectionError, WeightsError)

    def carry_out(self, row: LabelSelection, heartbeat: Heartbeat, listener: Any) -> None:
        """Choose; a listener hears the share done."""
        progress = Progress(heartbeat)

        def tell(share: float) -> None:
            progress(share)
            if listener:
                listener(share)

        select_logos(row, tell)
