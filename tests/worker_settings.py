"""Settings of a worker process that a test starts: the test's own database, broker and gateway."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
REDIS_URL = os.environ["TEST_BROKER"]
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
