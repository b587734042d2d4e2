"""Trains a tiny run, and kills this process as the kernel would after a number of epochs."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.test_run import TINY
from tests.support.training_images import find_data

CONFIG = replace(TINY, full_epochs=2, mixup=0.2, schedule="plateau")


class Killer(SilentObserver):
    """Kills in the middle of the epoch after the given one: no cleaning up, no last words."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.steps_left = None

    def on_epoch(self, result):
        if result.epoch == self.epoch:
            self.steps_left = 2

    def should_stop(self):
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return False


if __name__ == "__main__":
    data, run, epoch = sys.argv[1:]
    train(CONFIG, find_data(Path(data)), Path(run), Killer(int(epoch)))
