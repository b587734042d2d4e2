"""What tests of long work share: a queue that keeps messages, and a worker without one."""

from contextlib import contextmanager
from unittest import mock

from classifier.work.execution import carry_out, carry_out_queued
from classifier.work.kinds import kind_named


@contextmanager
def taken(error=None):
    """Take messages to workers; yield the mock that is called with kind and key of each."""
    with mock.patch("classifier.work.queue.send", side_effect=error) as send:
        yield send


def patch_queue(case):
    """Take a test case's messages to workers until its end; return the mock."""
    context = taken()
    send = context.__enter__()
    case.addCleanup(context.__exit__, None, None, None)
    return send


def do(kind, pk, listener=None):
    """Carry out a row in this process; return it as it ended."""
    return carry_out(kind_named(kind).rows().filter(pk=pk).first(), listener)


def do_queued(kind, pk):
    """Carry out a row as a worker does, with what follows."""
    carry_out_queued(kind, pk)


def mark_lost(kind):
    """Look for lost work of one kind; return how much there was."""
    return kind_named(kind).mark_lost()
