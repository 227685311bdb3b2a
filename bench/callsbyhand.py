"""`python -m bench.callsbyhand URL COUNT IN_FLIGHT FOLDER`: paid calls as a plain asyncio script makes them.

It posts, decodes the base64 of the answer and writes the picture to a file. It proves nothing, remembers
nothing, and what is on the way when it dies is lost. Prints the seconds in all and the CPU seconds, as JSON.
"""

import asyncio
import base64
import json
import sys
import time
from pathlib import Path

import httpx

ORDER = {
    "model": "google/gemini-3.1-flash-image",
    "prompt": "The person of image 1 wears the top of image 2.",
    "file_ids": ["file_1", "file_2"],
    "size": "1K",
    "n": 1,
}


async def run(gateway: str, count: int, in_flight: int, folder: Path) -> float:
    numbers = iter(range(count))
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=gateway, timeout=180, limits=limits, trust_env=False) as client:

        async def one_after_the_other() -> None:
            for number in numbers:
                answer = await client.post("/v1/images/generations", json=ORDER)
                for picture in answer.raise_for_status().json()["data"]:
                    (folder / f"{number}.jpg").write_bytes(base64.b64decode(picture["b64_json"]))

        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
        return time.perf_counter() - began


if __name__ == "__main__":
    gateway, count, in_flight, folder = sys.argv[1:]
    before = time.process_time()
    seconds = asyncio.run(run(gateway, int(count), int(in_flight), Path(folder)))
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - before}))
