"""The layers from a backbone's pooled features to the class logits. One entry per head."""

from collections.abc import Callable

from torch import nn

from classifier.training.config import HEADS as NAMES


def _simple(channels: int, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Dropout(0.2), nn.Linear(channels, classes))


def _enhanced(channels: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(0.3),
        nn.Linear(channels, 256),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(256, classes),
    )


def _batch_norm(channels: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(0.2),
        nn.Linear(channels, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(128, classes),
    )


HEADS: dict[str, Callable[[int, int], nn.Sequential]] = {
    "simple": _simple,
    "enhanced": _enhanced,
    "batch_norm": _batch_norm,
}
assert tuple(HEADS) == NAMES


def build_head(name: str, channels: int, classes: int, dropout: float = 1.0) -> nn.Sequential:
    """Return a head that maps features [N, channels] to logits [N, classes].

    `dropout` multiplies the head's own dropout rates.
    """
    head = HEADS[name](channels, classes)
    for layer in head:
        if isinstance(layer, nn.Dropout):
            layer.p *= dropout
    return head
