"""Telling how far long work is: as a share from 0 to 1, to whoever wants to hear of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Tell = Callable[[float], None]  # hears the share done; may raise to end the work
Item = TypeVar("Item")


def silent(share: float) -> None:
    """Hear of progress, and do nothing."""


def part(tell: Tell, start: float, end: float) -> Tell:
    """Return what tells of a part of the work, whose own shares run from 0 to 1."""
    return lambda share: tell(start + share * (end - start))


def reported(items: Iterable[Item], count: int, tell: Tell) -> Iterator[Item]:
    """Yield the items, telling after each how much of the count is done."""
    for done, item in enumerate(items, 1):
        yield item
        tell(min(done / count, 1.0))
