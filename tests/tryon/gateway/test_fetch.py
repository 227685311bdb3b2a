"""A picture that was answered as an address: which addresses are asked, and what is made of the answers."""

import httpx
import pytest

from tryon import gateway
from tryon.gateway import Gateway, fetch

KEY = "llmtr-a-secret-key"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
ADDRESS = "https://pictures.example/a.png?signature=a%2Fb%3D"


class Answers(httpx.MockTransport):
    """Answers one thing for ever and keeps what was asked."""

    def __init__(self, status=200, content=PICTURE, headers=None):
        self.asked: list[httpx.Request] = []

        def handler(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return httpx.Response(status, content=content, headers=headers)

        super().__init__(handler)


def client(transport, url="https://llmtr.example") -> Gateway:
    return Gateway(url, KEY, transport=transport)


def failure(folder, transport, address=ADDRESS) -> gateway.GatewayError:
    """What a fetch raises, with nothing left on disk."""
    with pytest.raises(gateway.GatewayError) as caught:
        client(transport).fetch(address, folder / "picture")
    assert list(folder.iterdir()) == []
    return caught.value


# What is kept, and what goes along


def test_a_picture_is_kept_byte_for_byte(tmp_path):
    transport = Answers()
    client(transport).fetch(f" {ADDRESS}\n", tmp_path / "picture")

    assert [str(request.url) for request in transport.asked] == [ADDRESS]
    assert (tmp_path / "picture").read_bytes() == PICTURE
    assert [path.name for path in tmp_path.iterdir()] == ["picture"]


@pytest.mark.parametrize("address", [ADDRESS, "https://llmtr.example/files/a.png"])
def test_no_key_and_no_cookie_goes_along_not_even_to_the_gateway(tmp_path, address):
    transport = Answers(headers={"set-cookie": "who=you; Domain=example; Path=/"})
    ours = client(transport)
    ours.fetch(address, tmp_path / "first")
    ours.fetch(address, tmp_path / "second")

    assert [request.method for request in transport.asked] == ["GET", "GET"]
    for request in transport.asked:
        assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert KEY not in str(request.headers.raw)


# What each answer allows


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (202, gateway.Unreachable),
        (204, gateway.Unreachable),
        (206, gateway.Unreachable),
        (301, gateway.Unreachable),
        (302, gateway.Unreachable),
        (304, gateway.Unreachable),
        (307, gateway.Unreachable),
        (400, gateway.Unreachable),
        (401, gateway.Unreachable),
        (403, gateway.Unreachable),
        (404, gateway.Unreachable),
        (408, gateway.Unreachable),
        (410, gateway.Unreachable),
        (429, gateway.Unreachable),
        (500, gateway.Unreachable),
        (503, gateway.Unreachable),
        (522, gateway.Unreachable),
    ],
)
def test_each_status_says_whether_another_try_may_help(tmp_path, status, error):
    transport = Answers(status, headers={"location": "https://[::1"})
    raised = failure(tmp_path, transport)

    assert type(raised) is error
    assert raised.http_status == status
    assert len(transport.asked) == 1


def test_an_empty_picture_may_be_there_later(tmp_path):
    assert type(failure(tmp_path, Answers(content=b""))) is gateway.Unreachable


def test_a_picture_over_the_bound_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "PICTURE_BYTES", len(PICTURE) - 1)
    assert type(failure(tmp_path, Answers())) is gateway.Rejected


def test_a_picture_at_the_bound_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "PICTURE_BYTES", len(PICTURE))
    client(Answers()).fetch(ADDRESS, tmp_path / "picture")
    assert (tmp_path / "picture").read_bytes() == PICTURE


@pytest.mark.parametrize(
    "fault",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.WriteError, httpx.ReadError,
     httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.DecodingError],
)  # fmt: skip
def test_a_line_that_fails_anywhere_may_be_tried_again(tmp_path, fault):
    def handler(request):
        raise fault("no")

    assert type(failure(tmp_path, httpx.MockTransport(handler))) is gateway.Unreachable


def test_without_room_for_the_picture_nothing_is_asked(tmp_path):
    transport = Answers()
    with pytest.raises(gateway.Unreachable):
        client(transport).fetch(ADDRESS, tmp_path / "missing" / "picture")
    assert transport.asked == []


def test_a_picture_that_cannot_be_kept_leaves_nothing_behind(tmp_path):
    (tmp_path / "picture").mkdir()
    with pytest.raises(gateway.Unreachable):
        client(Answers()).fetch(ADDRESS, tmp_path / "picture")
    assert [path.name for path in tmp_path.iterdir()] == ["picture"]


# Which addresses are asked


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/a.png",
        "ftp://pictures.example/a.png",
        "file:///etc/passwd",
        "//pictures.example/a.png",
        "pictures.example/a.png",
        "https:///a.png",
        "https://",
        "",
        "https://[::1",
        "https://999.1.1.1/",
        "https://pictures.example:0/",
        "https://pictures.example:65536/",
        "https://pictures.example:22/",
        "https://pictures.example:80/",
        "https://pictures.example:6379/",
        "https://user@pictures.example/",
        "https://user:secret@pictures.example/",
        "https://pictures.example\\@127.0.0.1/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://pictures.127/",
        "https://127%2e0.0.1/",
        "https://１２７.0.0.1/",  # noqa: RUF001
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.0.0.192/",
        "https://100.100.100.200/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fd00::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://files.localhost/",
        "https://metadata.google.internal/",
        "https://nas.local/",
        "https://nas.home.arpa/",
        "https://intranet/",
        "https://pictures..example/",
        "https://xn--0.com/",
        "https://XN--a.example.com/",
        "https://xn--zzzzzzzz99999.example/",
        f"https://xn--{'a' * 60}.example/",
        f"https://{'a' * 64}.example/",
        "https://☃.example/",
        "https://pictures.example%00.org/",
    ],
)
def test_an_address_that_is_not_public_by_its_form_is_never_asked(tmp_path, address):
    transport = Answers()
    assert type(failure(tmp_path, transport, address)) is gateway.Rejected
    assert transport.asked == []


@pytest.mark.parametrize(
    "host",
    ["pictures.example", "PICTURES.example.", "cdn-1.img_2.recraft.ai", "bücher.example", "xn--e1a.xn--p1ai",
     "8.8.8.8", "[2606:4700::1111]", "0x7f.example", "127.0.0.1.example", "pictures.example:8443"],
)  # fmt: skip
def test_public_hosts_are_asked_in_all_their_forms(tmp_path, host):
    client(Answers()).fetch(f"https://{host}/a.png", tmp_path / "picture")
    assert (tmp_path / "picture").read_bytes() == PICTURE


@pytest.mark.parametrize(
    ("gateway_at", "address", "asked"),
    [
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001/results/a.png", True),
        ("http://sandbox:8001/v1", "http://SANDBOX:8001/a.png", True),
        ("https://llmtr.example", "https://llmtr.example:443/a.png", True),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8002/a.png", False),
        ("http://127.0.0.1:8001", "https://127.0.0.1:8001/a.png", False),
        ("http://127.0.0.1:8001", "http://localhost:8001/a.png", False),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001@pictures.example/a.png", False),
        ("http://127.0.0.1:8001", "http://key@127.0.0.1:8001/a.png", False),
        ("https://llmtr.example", "http://llmtr.example/a.png", False),
    ],
)
def test_the_gateways_own_origin_is_as_good_as_the_gateway_and_no_other_is(
    tmp_path, gateway_at, address, asked
):
    transport = Answers()
    ours = client(transport, gateway_at)
    if asked:
        ours.fetch(address, tmp_path / "picture")
    else:
        with pytest.raises(gateway.Rejected):
            ours.fetch(address, tmp_path / "picture")
    assert len(transport.asked) == asked
