"""Trains a tiny run as one of torchrun's processes, and leaves what it got: see test_parallel."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from classifier.training import parallel
from classifier.training.errors import TrainingStoppedError
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.test_run import TINY
from tests.support.training_images import find_data

# Without dropout, class weights and batch norm in training, a mean of two halves' gradients is
# the whole batch's gradient.
CONFIG = replace(
    TINY, head_epochs=3, top_epochs=0, full_epochs=0, augmentation=0.0, dropout=0.0,
    class_weights=False, learning_rate=1e-2, uploads=0.0,
)  # fmt: skip
WHOLE = replace(TINY, head_epochs=1, top_epochs=1, full_epochs=1)


class StopAfterFirstEpoch(SilentObserver):
    """Only the first process hears of the wish to stop."""

    stopped = False

    def on_epoch(self, result):
        self.stopped = parallel.rank() == 0

    def should_stop(self):
        return self.stopped


def main(folder):
    """Train both configs, then a run that is stopped; write one JSON file per process."""
    data, answer = find_data(folder), {}
    for name, config in (("head", CONFIG), ("whole", WHOLE)):
        result = train(config, data, folder / name, SilentObserver())
        weights = torch.cat([t.flatten().float() for t in result.model.state_dict().values()])
        answer[name] = {
            "val_loss": [epoch.val_loss for epoch in result.history],
            "train_loss": [epoch.train_loss for epoch in result.history],
            "weights": weights.double().sum().item(),
            "logits": result.val_logits.tolist(),
        }
    try:
        train(WHOLE, data, folder / "stopped", StopAfterFirstEpoch())
    except TrainingStoppedError:
        answer["stopped"] = True
        resumed = train(WHOLE, data, folder / "stopped", SilentObserver())
        answer["resumed"] = resumed.val_logits.tolist()
    (folder / f"rank-{parallel.rank()}.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    with parallel.joined():
        main(Path(sys.argv[1]))
