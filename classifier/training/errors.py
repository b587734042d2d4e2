"""What ends a training early. Needs no torch, so that every process can tell these apart."""


class TrainingStoppedError(Exception):
    """Somebody asked the run to stop."""


class NonFiniteLossError(Exception):
    """The loss became infinite or not a number."""


class CheckpointError(Exception):
    """A checkpoint cannot be read."""


class WeightsError(Exception):
    """A weights file cannot be used; the message says why."""
