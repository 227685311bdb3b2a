"""A gateway that costs next to nothing: its answers are ready bytes. `python -m bench.canned --latency S`.

It knows uploads and generations, keeps no bill and looks at nothing, so what is measured in front of it is
the client. The sandbox does real work for each call, and would be the slower one.
"""

import argparse
import asyncio
import base64
import io
import itertools
import json
from collections.abc import Awaitable, Callable

import numpy as np
from PIL import Image

PICTURE = (1536, 2048)  # pixels; as JPEG with this grain about 2.6 MB, and 3.5 MB as the answer
GRAIN = 27
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def picture() -> bytes:
    """A JPEG of gradients under noise."""
    width, height = PICTURE
    random = np.random.default_rng(1)
    ramp = np.linspace(40, 215, width)[None, :, None] * np.ones((height, 1, 3))
    noisy = ramp + random.normal(0, GRAIN, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype("uint8")).save(file, "JPEG", quality=95)
    return file.getvalue()


def answer() -> bytes:
    data = [{"b64_json": base64.b64encode(picture()).decode()}]
    return json.dumps({"created": 1739200000, "data": data}).encode()


class Canned:
    """Answers every call after `latency` seconds, an upload at once."""

    def __init__(self, latency: float, body: bytes) -> None:
        self._latency = latency
        self._whole = _head(len(body)) + body
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while path := await _request(reader):
                if path.endswith("/files"):
                    told = json.dumps({"id": f"file_{next(self._numbers)}"}).encode()
                    writer.write(_head(len(told)) + told)
                else:
                    await asyncio.sleep(self._latency)
                    writer.write(self._whole)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()


async def _request(reader: asyncio.StreamReader) -> str:
    """The path of the next request on this connection, read to its end; "" when there is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return ""
    first, *lines = head.decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    await reader.readexactly(int(headers.get("content-length", 0)))
    return first.split()[1]


async def run(latency: float) -> None:
    """Until it is ended; says where it listens."""
    canned = Canned(latency, answer())
    server = await asyncio.start_server(canned.serve, "127.0.0.1", 0, backlog=1024)
    print(f"ready on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=20)
    asyncio.run(run(parser.parse_args().latency))
