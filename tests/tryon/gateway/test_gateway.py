"""The gateway's client: what it sends, what it keeps, and what each answer allows its caller to do."""

import json
import threading

import httpx
import pytest

from tryon import gateway
from tryon.gateway import Gateway, GenerationRequest

KEY = "llmtr-a-secret-key"
WHOLE = b'{"created": 1, "data": [{"b64_json": "AAAA"}]}'
ONE = GenerationRequest("google/gemini-3.1-flash-image", "Try it on", "1K", "3:4", 1)
WITH_FILES = GenerationRequest(ONE.model, ONE.prompt, None, None, 1, ("file_12", "file_34"))


def told(message="no", kind="", **details) -> dict:
    return {"error": {"message": message, "type": kind, **({"details": details} if details else {})}}


class Answers(httpx.MockTransport):
    """Answers one thing for ever and keeps what was asked."""

    def __init__(self, status=200, content=WHOLE, headers=None):
        self.asked: list[httpx.Request] = []
        content = json.dumps(content).encode() if isinstance(content, dict | list) else content

        def handler(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return httpx.Response(status, content=content, headers=headers)

        super().__init__(handler)


def ask(folder, transport, request=ONE, **options) -> bytes:
    Gateway("https://llmtr.example", KEY, transport=transport).generate(request, folder / "body", **options)
    return (folder / "body").read_bytes()


def failure(folder, *answer, request=ONE, **options) -> gateway.GatewayError:
    """What a generation raises for this answer, once asked, with nothing left on disk."""
    transport = Answers(*answer, **options)
    with pytest.raises(gateway.GatewayError) as caught:
        ask(folder, transport, request)
    assert len(transport.asked) == 1
    assert list(folder.iterdir()) == []
    return caught.value


# Address and key


@pytest.mark.parametrize(
    "written",
    [
        "https://llmtr.example",
        "https://llmtr.example/",
        "https://llmtr.example/v1",
        " https://llmtr.example/v1// ",
    ],
)
def test_the_address_is_understood_with_and_without_its_version(tmp_path, written):
    transport = Answers()
    client = Gateway(written, KEY, transport=transport)
    client.generate(ONE, tmp_path / "body")

    assert str(transport.asked[0].url) == "https://llmtr.example/v1/images/generations"
    assert client.host == "llmtr.example"
    assert client.account == Gateway("https://llmtr.example", KEY + "\n", transport=transport).account


def test_another_key_or_another_address_is_another_account():
    accounts = {
        Gateway(url, key, transport=Answers()).account
        for url in ("https://a.example", "https://b.example", "https://a.example/x")
        for key in ("llmtr-1", "llmtr-2")
    }
    assert len(accounts) == 6
    assert all(len(account) == 32 for account in accounts)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("llmtr.example", KEY),
        ("", KEY),
        ("ftp://a.example", KEY),
        ("https://[::1", KEY),
        ("https://a.example", "a b"),
    ],
)
def test_an_address_or_key_that_cannot_work_is_refused_at_once(url, key):
    with pytest.raises(ValueError):
        Gateway(url, key)


def test_the_key_travels_in_its_header_and_shows_nowhere_else(tmp_path):
    transport = Answers(401, told(f"Invalid key {KEY}", "auth_error", given=KEY))
    client = Gateway("https://llmtr.example", KEY, transport=transport)

    with pytest.raises(gateway.AccessRefused) as caught:
        client.generate(ONE, tmp_path / "body")

    assert transport.asked[0].headers["authorization"] == f"Bearer {KEY}"
    shown = f"{client!r} {client.account} {caught.value!r} {caught.value} {vars(caught.value)}"
    assert KEY not in shown
    assert "Invalid key" in shown


# What is sent


@pytest.mark.parametrize(
    ("files", "urls", "fields"),
    [
        ((), (), {}),
        (("a",), (), {"file_id": "a"}),
        (("a", "b"), (), {"file_ids": ["a", "b"]}),
        (("b", "a", "b", "a"), (), {"file_ids": ["b", "a"]}),
        (("a", "a"), (), {"file_id": "a"}),
        ((), ("u",), {"image_url": "u"}),
        (("a",), ("v", "u", "v"), {"file_id": "a", "image_urls": ["v", "u"]}),
        (tuple("abcdefgha"), (), {"file_ids": list("abcdefgh")}),
    ],
)
def test_one_reference_and_many_are_sent_in_their_fields_once_and_in_order(files, urls, fields):
    request = GenerationRequest("m", "p", None, None, 2, files, urls)

    assert request.payload() == {"model": "m", "prompt": "p", "n": 2, **fields}


def test_size_and_shape_are_sent_only_where_chosen():
    assert GenerationRequest("m", "p", "2K", None, 1).payload() == {
        "model": "m",
        "prompt": "p",
        "n": 1,
        "size": "2K",
    }
    assert GenerationRequest("m", "p", None, "9:16", 1).payload()["aspect_ratio"] == "9:16"


def test_a_ninth_reference_is_never_sent(tmp_path):
    transport = Answers()
    with pytest.raises(ValueError):
        ask(tmp_path, transport, GenerationRequest("m", "p", None, None, 1, tuple("abcdefgh"), ("u",)))
    assert transport.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_knows_no_number_is_sent_none():
    assert GenerationRequest("m", "p", None, None, None).payload() == {"model": "m", "prompt": "p"}


EDITED = "data:image/png;base64,AAAA"


def test_an_edit_sends_its_one_picture_and_the_words_to_their_own_address(tmp_path):
    transport = Answers()
    edit = GenerationRequest(
        "xai/grok-imagine-image", "Make it red", None, None, None, image_urls=(EDITED, EDITED), edit=True
    )

    assert ask(tmp_path, transport, edit) == WHOLE
    (request,) = transport.asked
    assert str(request.url) == "https://llmtr.example/v1/images/edits"
    assert json.loads(request.content) == {
        "model": "xai/grok-imagine-image",
        "prompt": "Make it red",
        "image": EDITED,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"image_urls": ()},
        {"image_urls": (EDITED, "https://a.example/b.png")},
        {"file_ids": ("file_1",)},
        {"file_ids": ("file_1",), "image_urls": ()},
        {"size": "1K"},
        {"aspect_ratio": "3:4"},
        {"n": 1},
    ],
)
def test_an_edit_of_anything_but_one_picture_is_never_sent(tmp_path, other):
    transport = Answers()
    asked = {"size": None, "aspect_ratio": None, "n": None, "image_urls": (EDITED,), "edit": True} | other
    with pytest.raises(ValueError):
        ask(tmp_path, transport, GenerationRequest("m", "p", **asked))
    assert transport.asked == []
    assert list(tmp_path.iterdir()) == []


def test_an_edit_is_refused_with_the_same_errors(tmp_path):
    edit = GenerationRequest("google/a", "p", None, None, None, image_urls=(EDITED,), edit=True)
    hint = {"attempted_endpoint": "/v1/images/edits", "suggested_endpoint": "/v1/images/generations"}
    raised = failure(tmp_path, 400, told("no edits", "unsupported_operation", **hint), request=edit)

    assert type(raised) is gateway.Rejected
    assert raised.details == hint


def test_an_upload_says_what_it_is_for():
    transport = Answers(200, {"id": "file_1", "created_at": 1739200000})
    client = Gateway("https://llmtr.example", KEY, transport=transport)

    file_id = client.upload(b"\xff\xd8pixels", filename="person.jpg", content_type="image/jpeg")

    assert file_id == "file_1"
    (request,) = transport.asked
    body = request.content
    assert str(request.url) == "https://llmtr.example/v1/files"
    assert b'name="provider"\r\n\r\ngoogle\r\n' in body
    assert b'name="purpose"\r\n\r\nvision_reference\r\n' in body
    assert b'name="file"; filename="person.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8pixels\r\n' in body


@pytest.mark.parametrize(
    "answer", [{}, {"id": 7}, {"id": ""}, [], b"<html>", b'{"id": "file_1"', b"x" * 100_000]
)
def test_an_upload_without_an_id_is_not_believed(answer):
    client = Gateway("https://llmtr.example", KEY, transport=Answers(200, answer))
    with pytest.raises(gateway.OutcomeUnknown):
        client.upload(b"x", filename="a.jpg", content_type="image/jpeg")


def test_an_upload_is_refused_with_the_same_errors():
    client = Gateway(
        "https://llmtr.example", KEY, transport=Answers(400, told("file too odd", "unsupported_provider"))
    )
    with pytest.raises(gateway.Rejected):
        client.upload(b"x", filename="a.jpg", content_type="image/jpeg")


# What is kept


def test_the_answer_is_kept_byte_for_byte(tmp_path):
    spaced = b"\r\n " + WHOLE + b"\n"

    assert ask(tmp_path, Answers(200, spaced)) == spaced
    assert [path.name for path in tmp_path.iterdir()] == ["body"]


def test_an_answer_without_pictures_is_an_answer(tmp_path):
    assert ask(tmp_path, Answers(200, {"data": []})) == b'{"data": []}'


@pytest.mark.parametrize("content", [WHOLE[:-1], WHOLE[:-3], b"", b"<html>at your service</html>", b"null"])
def test_an_answer_that_is_not_whole_json_is_unknown_and_leaves_nothing(tmp_path, content):
    assert type(failure(tmp_path, 200, content)) is gateway.OutcomeUnknown


def test_an_answer_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(gateway.client, "ANSWER_BYTES", 10)
    assert type(failure(tmp_path, 200, WHOLE)) is gateway.OutcomeUnknown


def test_without_room_for_the_answer_nothing_is_sent(tmp_path):
    transport = Answers()
    with pytest.raises(gateway.Unreachable):
        ask(tmp_path / "missing", transport)
    assert transport.asked == []


def test_an_answer_that_cannot_be_kept_is_unknown(tmp_path):
    (tmp_path / "body").mkdir()
    (tmp_path / "body" / "in the way").touch()
    with pytest.raises(gateway.OutcomeUnknown):
        ask(tmp_path, Answers())


# What each answer allows


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (301, b"", gateway.OutcomeUnknown),
        (307, told("moved", "moved"), gateway.OutcomeUnknown),
        (400, told("bad", "invalid_request"), gateway.Rejected),
        (400, told("bad", "unsupported_operation", suggested_endpoint="/v1/x"), gateway.Rejected),
        (400, b"<html>", gateway.Rejected),
        (401, told("no", "auth_error"), gateway.AccessRefused),
        (401, b"", gateway.AccessRefused),
        (402, told("no", "insufficient_balance"), gateway.AccessRefused),
        (403, told("no", "forbidden"), gateway.AccessRefused),
        (403, b"<html>blocked</html>", gateway.Rejected),
        (404, told("no", "model_not_found"), gateway.AccessRefused),
        (
            404,
            {"error": {"message": "no", "type": "invalid", "code": "model_not_found"}},
            gateway.AccessRefused,
        ),
        (404, told("model not found", "not_found"), gateway.Rejected),
        (404, b"<html>", gateway.Rejected),
        (410, told("no", "model_retired"), gateway.AccessRefused),
        (410, told("no", "gone"), gateway.Rejected),
        (413, told("file too large", "request_too_large"), gateway.Rejected),
        (422, told("no", "new_type"), gateway.Rejected),
        (429, told("slow", "rate_limit_exceeded"), gateway.RateLimited),
        (429, b"<html>", gateway.RateLimited),
        (500, told("no", "internal_error"), gateway.AnsweredError),
        (502, told("no", "provider_error"), gateway.AnsweredError),
        (500, b"<html>", gateway.OutcomeUnknown),
        (502, b'{"error": "no"}', gateway.OutcomeUnknown),
        (502, {"error": {}}, gateway.OutcomeUnknown),
        (503, told("no", "provider_unavailable"), gateway.Unavailable),
        (503, b"<html>", gateway.OutcomeUnknown),
        (504, told("no", "timeout"), gateway.OutcomeUnknown),
        (520, told("no", "odd"), gateway.OutcomeUnknown),
        (529, b"[" * 60_000, gateway.OutcomeUnknown),
    ],
)
def test_each_answer_says_what_may_be_done(tmp_path, status, content, error):
    raised = failure(tmp_path, status, content, headers={"location": "https://elsewhere.example/"})

    assert type(raised) is error
    assert raised.http_status == status


def test_an_answered_error_is_an_unknown_outcome_to_whoever_does_not_know_better():
    assert issubclass(gateway.AnsweredError, gateway.OutcomeUnknown)


def test_the_error_carries_what_the_log_needs(tmp_path):
    content = told("Balance  is\nempty", "insufficient_balance", needed="0.07")
    raised = failure(tmp_path, 402, content, headers={"x-request-id": "req_1"})

    assert (raised.message, raised.error_type) == ("Balance is empty", "insufficient_balance")
    assert (raised.details, raised.request_id, raised.retry_after) == ({"needed": "0.07"}, "req_1", None)
    assert str(raised) == "402 insufficient_balance Balance is empty"


@pytest.mark.parametrize(
    ("status", "kind", "scope"),
    [(401, "auth_error", "account"), (402, "insufficient_balance", "account"), (403, "forbidden", "model"),
     (404, "model_not_found", "model"), (410, "model_retired", "model")],
)  # fmt: skip
def test_access_is_refused_to_the_account_or_the_model(tmp_path, status, kind, scope):
    raised = failure(tmp_path, status, told("no", kind))

    assert isinstance(raised, gateway.AccessRefused)
    assert (raised.scope, raised.replacement) == (scope, None)


def test_a_retired_model_names_its_replacement(tmp_path):
    raised = failure(tmp_path, 410, told("old", "model_retired", replacement_model="google/new-image"))

    assert isinstance(raised, gateway.AccessRefused)
    assert raised.replacement == "google/new-image"


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("99999", 3600.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("Wed, 12 Feb 2025 10:00:30 GMT", 30.0),
        ("Wed, 12 Feb 2025 09:00:00 GMT", 0.0),
        ("Wed, 12 Feb 2026 10:00:00 GMT", 3600.0),
        ("Wed, 45 Feb 2025 10:00:00 GMT", None),
    ],
)
def test_retry_after_is_understood_as_seconds_and_as_a_date(tmp_path, sent, understood):
    headers = {"retry-after": sent, "date": "Wed, 12 Feb 2025 10:00:00 GMT"}

    assert failure(tmp_path, 429, b"", headers=headers).retry_after == understood


def test_a_date_to_wait_for_is_read_against_our_clock_where_the_answer_has_none(tmp_path):
    raised = failure(tmp_path, 503, told(), headers={"retry-after": "Wed, 12 Feb 2025 10:00:00 GMT"})

    assert raised.retry_after == 0.0


# A file that is gone


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, told("Invalid value", "invalid_request", param="file_ids[1]")),
        (400, {"error": {"message": "Invalid value", "type": "invalid_request", "param": "file_id"}}),
        (404, told("Not found", "file_not_found")),
        (410, told("Gone", "file_expired")),
        (404, told("The requested file does not exist", "not_found")),
        (400, told("File has expired", "invalid_request_error")),
        (422, told("cannot read file_34", "new_type")),
        (400, told("Bad reference", "invalid_request", reference={"ids": ["file_12"]})),
        (403, told("You do not have permission to access the File abc or it may not exist.", "forbidden")),
        (403, told("no", "forbidden", param="file_ids")),
        (401, told("file_12 belongs to another key", "auth_error")),
        (404, told("file_12 is unknown to this model", "model_not_found")),
        (404, told("no", "model_not_found", param="file_id")),
    ],
)
def test_a_named_file_is_uploaded_again_and_never_counts_as_refused_access(tmp_path, status, content):
    assert type(failure(tmp_path, status, content, request=WITH_FILES)) is gateway.FileGone


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (400, told("Your profile is incomplete", "invalid_profile"), gateway.Rejected),
        (400, told("Unknown ids profile_12 and filename", "files2"), gateway.Rejected),
        (401, told("No file access with this key", "auth_error"), gateway.AccessRefused),
        (402, told("Balance too low to read a file", "insufficient_balance"), gateway.AccessRefused),
        (403, told("File uploads are off for this account", "forbidden"), gateway.AccessRefused),
        (404, told("No model of that name in this file of models", "model_not_found"), gateway.AccessRefused),
        (413, told("file_12 is too large", "request_too_large", param="file_ids"), gateway.Rejected),
        (429, told("file_12 is asked for too often", "rate_limit_exceeded"), gateway.RateLimited),
        (404, b"<h1>file not found</h1>", gateway.Rejected),
        (500, told("file_12 is gone", "file_not_found"), gateway.AnsweredError),
    ],
)
def test_what_only_sounds_like_a_file_is_read_by_its_status(tmp_path, status, content, error):
    assert type(failure(tmp_path, status, content, request=WITH_FILES)) is error


def test_without_files_sent_none_can_be_gone(tmp_path):
    assert type(failure(tmp_path, 404, told("file not found", "file_not_found"))) is gateway.Rejected


# When no answer comes


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ConnectError("refused"), gateway.Unreachable),
        (httpx.ConnectTimeout("late"), gateway.Unreachable),
        (httpx.ProxyError("407"), gateway.Unreachable),
        (httpx.WriteError("cut"), gateway.OutcomeUnknown),
        (httpx.WriteTimeout("late"), gateway.OutcomeUnknown),
        (httpx.ReadError("cut"), gateway.OutcomeUnknown),
        (httpx.ReadTimeout("late"), gateway.OutcomeUnknown),
        (httpx.RemoteProtocolError("no answer"), gateway.OutcomeUnknown),
    ],
)
def test_only_a_failure_to_connect_proves_that_nothing_was_sent(tmp_path, fault, error):
    asked = []

    def handler(request):
        asked.append(request)
        raise fault

    with pytest.raises(error) as caught:
        ask(tmp_path, httpx.MockTransport(handler))
    assert type(caught.value) is error
    assert len(asked) == 1
    assert list(tmp_path.iterdir()) == []


# The list of models


@pytest.mark.parametrize("wrap", [lambda rows: {"data": rows}, lambda rows: {"data": {"data": rows}},
                                  lambda rows: {"data": {"models": rows}}, lambda rows: rows])  # fmt: skip
def test_the_list_of_models_is_read_in_each_of_its_shapes(wrap):
    rows = [
        {
            "id": "google/a",
            "operations": ["IMAGES_GENERATIONS"],
            "primaryPricingRows": [{"priceUsd": "0.067"}],
        }
    ]
    transport = Answers(200, wrap(rows))

    models = Gateway("https://llmtr.example/v1", KEY, transport=transport).models()

    assert str(transport.asked[0].url) == "https://llmtr.example/api/models?operation=IMAGES_GENERATIONS"
    assert models == [gateway.CatalogueModel("google/a", frozenset({"IMAGES_GENERATIONS"}), {"": 67_000})]


def test_calls_from_many_threads_do_not_meet(tmp_path):
    def handler(request):
        prompt = json.loads(request.content)["prompt"]
        return httpx.Response(200, content=json.dumps({"prompt": prompt}).encode())

    client = Gateway("https://llmtr.example", KEY, transport=httpx.MockTransport(handler))

    def work(number):
        client.generate(GenerationRequest("m", str(number), None, None, 1), tmp_path / str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(json.loads((tmp_path / str(n)).read_bytes())["prompt"] == str(n) for n in range(32))
