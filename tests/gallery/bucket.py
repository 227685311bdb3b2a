"""A local S3 server, and the settings that make it the place where pictures rest."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

KEYS = {"access_key": "test", "secret_key": "test", "security_token": None}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of an S3 server on a socket of this machine."""
    from moto.server import ThreadedMotoServer  # it and boto3 take half a second to load

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    yield address
    client(address).close()
    server.stop()


@cache
def client(endpoint: str) -> Any:
    """One for all tests: boto3 reads a megabyte of descriptions for each."""
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=endpoint, **keys)


def options(endpoint: str, **changes: Any) -> dict[str, Any]:
    """The settings of a new bucket on this server, as MEDIA_S3 has them."""
    name = f"pictures-{uuid.uuid4().hex[:8]}"
    client(endpoint).create_bucket(Bucket=name)
    usual = {"bucket_name": name, "endpoint_url": endpoint, "region_name": "us-east-1", "location": "tryon"}
    return usual | KEYS | {"signed": False} | changes


def rest_in(settings: Any, s3: dict[str, Any]) -> None:
    """Keep pictures there from now on."""
    settings.MEDIA_S3_BUCKET, settings.MEDIA_S3 = s3["bucket_name"], s3
    kept = {"default": {"BACKEND": "gallery.bucket.Bucket", "OPTIONS": s3}}
    settings.STORAGES = settings.STORAGES | kept
