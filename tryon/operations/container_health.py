"""Does this container do its work? `python -m tryon.operations.container_health NAME`: exit code 0 or 1.

NAME is calls, renditions, upkeep or beat.

It asks the broker for signs of life, by the broker's clock, and starts no Django.
"""

import socket
import sys

import redis

from tryon.operations.environment import env
from tryon.pipeline import heartbeat

SWEEP_PATIENCE = 600  # seconds; sweeps are due every 30, and may wait behind deletions


def works(queue: str, broker: redis.Redis) -> bool:
    """Did this container's worker give a sign of life lately?"""
    given = broker.zscore(heartbeat.WORKERS, f"{queue} {queue}@{socket.gethostname()}")
    return given is not None and broker.time()[0] - given <= heartbeat.ALIVE_SECONDS


def ticks(broker: redis.Redis) -> bool:
    """Does the clock send what is due? Where no worker is there to take it, nobody can tell."""
    age = heartbeat.sweep_age(broker)
    return not heartbeat.workers(broker)["upkeep"] or (age is not None and age <= SWEEP_PATIENCE)


def main(name: str) -> int:
    address = env.text("REDIS_URL")
    try:
        with redis.Redis.from_url(
            address, socket_timeout=3, socket_connect_timeout=3, decode_responses=True
        ) as broker:
            return 0 if (ticks(broker) if name == "beat" else works(name, broker)) else 1
    except redis.RedisError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
