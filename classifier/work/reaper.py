"""Finding work that is lost: its worker has fallen silent."""

from classifier.models import Event
from classifier.notices.telling import page, tell
from classifier.work.kinds import all_kinds


def mark_lost_work() -> int:
    """End work of every kind whose worker has been silent for too long; return how much.

    Who is silent, and for how long, stands in `ClaimedWorkQuerySet.silent`.
    """
    lost = {kind.name: kind.mark_lost() for kind in all_kinds()}
    named = {name: count for name, count in lost.items() if count}
    if named:
        what = ", ".join(f"{name.replace('_', ' ')} ({count})" for name, count in named.items())
        tell(
            Event.WORK_LOST,
            f"Work was lost: {what}",
            "Its worker fell silent: it was stopped, or ran out of memory. The page Work says "
            "what to do.",
            path=page("work"),
            lost=named,
        )
    return sum(lost.values())
