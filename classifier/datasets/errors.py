"""Why a dataset cannot be made."""


class DatasetError(Exception):
    """A dataset cannot be built. The message says why and what to do."""
