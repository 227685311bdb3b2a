"""A gateway that costs next to nothing: its answers are ready bytes. `python -m bench.canned --latency S`.

It knows uploads and generations and keeps no bill, so what is measured in front of it is the client. The
sandbox does real work for each call, and would be the slower one. A call whose words hold `probe N, S s` is
answered after S seconds, and printed: N, when its last byte was here, and when that of its answer had left.
"""

import argparse
import asyncio
import base64
import io
import itertools
import json
import re
import time
from pathlib import Path

import numpy as np
from PIL import Image

PICTURE = (1536, 2048)  # pixels; as JPEG with this grain about 2.6 MB, and 3.5 MB as the answer
GRAIN = 27
PROBE = re.compile(rb"probe (\d+), ([\d.]+) s")


def picture() -> bytes:
    """A JPEG of gradients under noise."""
    width, height = PICTURE
    random = np.random.default_rng(1)
    ramp = np.linspace(40, 215, width)[None, :, None] * np.ones((height, 1, 3))
    noisy = ramp + random.normal(0, GRAIN, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype("uint8")).save(file, "JPEG", quality=95)
    return file.getvalue()


def answer(content: bytes) -> bytes:
    data = [{"b64_json": base64.b64encode(content).decode()}]
    return json.dumps({"created": 1739200000, "data": data}).encode()


class Canned:
    """Answers every call after `latency` seconds, an upload at once."""

    def __init__(self, latency: float, body: bytes) -> None:
        self._latency = latency
        self._whole = _head(len(body)) + body
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # what is drained has left
        try:
            while True:
                path, body = await _request(reader)
                if path.endswith("/generations"):
                    await self._generate(writer, PROBE.search(body))
                elif path.endswith("/files"):
                    told = json.dumps({"id": f"file_{next(self._numbers)}"}).encode()
                    writer.write(_head(len(told)) + told)
                else:
                    writer.write(_head(0, "404 Not Found"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _generate(self, writer: asyncio.StreamWriter, probe: re.Match[bytes] | None) -> None:
        came = time.time()
        await asyncio.sleep(float(probe[2]) if probe else self._latency)
        writer.write(self._whole)
        await writer.drain()
        if probe:
            print(int(probe[1]), came, time.time(), flush=True)


def _head(length: int, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()


async def _request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Path and body of the next request on this connection; IncompleteReadError where there is none."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return first.split()[1], await reader.readexactly(int(headers.get("content-length", 0)))


async def run(latency: float, file: Path | None) -> None:
    """Until it is ended; says where it listens."""
    canned = Canned(latency, answer(file.read_bytes() if file else picture()))
    server = await asyncio.start_server(canned.serve, "127.0.0.1", 0, backlog=1024)
    print(f"ready on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=20)
    parser.add_argument("--picture", type=Path, help="the file that it answers with")
    options = parser.parse_args()
    asyncio.run(run(options.latency, options.picture))
