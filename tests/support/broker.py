"""A real queue server for tests, and this process's Celery application connected to it."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from kombu import pools

from converter.celery import app
from converter.local.broker import EmbeddedBroker


@contextmanager
def real_broker():
    """Start a Valkey server on a socket in a folder of its own; yield its broker URL.

    While it is open, tasks that this process sends go to that server.
    """
    with tempfile.TemporaryDirectory(prefix="broker-") as folder:
        broker = EmbeddedBroker(Path(folder), Path(folder) / "broker.sock")
        broker.start()
        try:
            with using_broker(broker.url):
                yield broker.url
        finally:
            broker.stop()


@contextmanager
def using_broker(url):
    """Point this process's Celery application at a broker."""
    names = ("broker_url", "broker_read_url", "broker_write_url")
    before = {name: app.conf[name] for name in names}
    _connect(dict.fromkeys(names, url))
    try:
        yield
    finally:
        _connect(before)


def _connect(urls):
    pools.reset()
    app._pool = None
    app.amqp._producer_pool = None
    app.conf.update(urls)
