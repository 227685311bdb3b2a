"""What one sandbox has painted serves the next one, which is new in all else."""

from pathlib import Path

from tests.tryon.sandbox.client import client_of
from tryon.sandbox.picture_cache import PictureCache
from tryon.sandbox.server import Sandbox


def test_the_next_sandbox_answers_as_a_new_one_would(tmp_path: Path) -> None:
    picture_cache = PictureCache()
    with Sandbox(tmp_path / "one", picture_cache=picture_cache) as one, client_of(one) as client:
        client.order_faults({"on": "generations", "fault": "hang", "match": "nothing"})
        answered = [client.pictures(n=2), client.pictures(n=2)]
    with Sandbox(tmp_path / "two", picture_cache=picture_cache) as two, client_of(two) as client:
        assert client.bill()["rows"] == client.calls("generations") == []
        assert client.get("/_sandbox/faults").json()["faults"] == []
        assert [client.pictures(n=2), client.pictures(n=2)] == answered
    with Sandbox(tmp_path / "three") as three, client_of(three) as client:
        assert client.pictures(n=2) == answered[0]
