"""Gunicorn's settings for the embedded web server: `gunicorn -c python:tryon.embedded.web`."""

from typing import Any

from gallery import pictures
from tryon.embedded import parent_death

worker_class = "tryon.embedded.holding.HoldingWorker"
workers = 2
threads = 16
preload_app = True  # one import for both workers: a faster start in less memory
timeout = 60
graceful_timeout = 20
accesslog = None
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:
    """Gunicorn's own watch over its parent takes a second and waits for requests in hand."""
    parent_death.request_signal(server.pid)


def post_worker_init(worker: Any) -> None:
    """Photos take half of the threads at most: the other half serves pages, however many arrive."""
    pictures.bound_requests(max(1, worker.cfg.threads // 2))
