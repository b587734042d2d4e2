"""Finding work that is lost: its worker has fallen silent."""

from classifier.work.kinds import all_kinds


def mark_lost_work() -> int:
    """End work of every kind whose worker has been silent for too long; return how much.

    Who is silent, and for how long, stands in `ClaimedWorkQuerySet.silent`.
    """
    return sum(kind.mark_lost() for kind in all_kinds())
