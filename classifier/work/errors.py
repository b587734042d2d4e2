"""Exceptions that end work, or refuse it."""


class WorkStoppedError(Exception):
    """Somebody asked the work to stop."""


class WorkFailedError(Exception):
    """The work cannot go on; the message is for the person who started it."""


class UnknownKindError(LookupError):
    """No kind of work is registered for this row, or under this name."""
