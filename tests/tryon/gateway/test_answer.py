"""Pictures out of a spooled answer, as the gateway and its imitators write them."""

import base64
import json
import os
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon.gateway import answer

PICTURE = bytes(range(256)) * 5 + b"\xfb\xff\xfe"  # its base64 has + and /


def base64_of(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def with_pictures(*texts: str) -> str:
    entries = ",".join(f'{{"b64_json":"{text}"}}' for text in texts)
    return f'{{"data":[{entries}]}}'


def spooled(folder: Path, text: str | bytes) -> Path:
    body = folder / "answer.json"
    body.write_bytes(text if isinstance(text, bytes) else text.encode())
    return body


def read(folder: Path, text: str | bytes) -> answer.Answer:
    return answer.read(spooled(folder, text), folder / "pictures")


def pictures_in(folder: Path, text: str | bytes) -> list[bytes | None]:
    return [picture.file.read_bytes() if picture.file else None for picture in read(folder, text).pictures]


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_every_picture_arrives_in_the_order_sent(tmp_path, count):
    sent = [PICTURE + bytes([number]) for number in range(count)]
    told = json.dumps({"created": 1739200000, "data": [{"b64_json": base64_of(one)} for one in sent]})

    found = read(tmp_path, told)

    assert [picture.file for picture in found.pictures] == [
        tmp_path / "pictures" / str(n) for n in range(count)
    ]
    assert [picture.file.read_bytes() for picture in found.pictures if picture.file] == sent


def test_the_revised_prompt_and_an_address_are_kept(tmp_path):
    told = {"data": [{"revised_prompt": 'A "blue"\ncoat, naïve 🧥', "url": "https://pictures.example/a.png"}]}

    (picture,) = read(tmp_path, json.dumps(told)).pictures

    assert picture == answer.AnsweredPicture(
        None, "https://pictures.example/a.png", 'A "blue"\ncoat, naïve 🧥'
    )


def test_any_key_order_white_space_and_unknown_neighbours_do_not_matter(tmp_path):
    told = """ \r\n {"usage": {"deep": [{"b64_json": "AAAA"}, [1, -2.5e3, true, null, "}]"]], "data": {}},
      "data" : [ {"more": {"url": "no"}, "revised_prompt": "\\u00e9\\"", "b64_json" :\t"%s" , "x": []} ] ,
      "created": 17.9, "end": "\\\\"}
    """
    found = read(tmp_path, told % base64_of(PICTURE))

    assert [picture.revised_prompt for picture in found.pictures] == ['é"']
    assert (tmp_path / "pictures" / "0").read_bytes() == PICTURE


@pytest.mark.parametrize(
    "dressed",
    [
        lambda text: text.replace("/", "\\/"),
        lambda text: text.replace("/", "\\u002F").replace("+", "\\u002b").replace("=", "\\u003D"),
        lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
        lambda text: "data:image/png;base64," + text,
        lambda text: "data:image\\/jpeg;charset=x;base64," + text.replace("/", "\\/"),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
        lambda text: "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        lambda text: " " + text + "\\n",
    ],
    ids=["slashes", "dotnet", "all escaped", "data URL", "escaped data URL", "urlsafe", "lines", "padded"],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000, 300_000])
def test_every_common_way_to_write_base64_gives_the_same_bytes(tmp_path, dressed, size):
    picture = (PICTURE * (size // len(PICTURE) + 1))[-size:]

    assert pictures_in(tmp_path, with_pictures(dressed(base64_of(picture)))) == [picture]


def test_a_data_url_in_place_of_an_address_is_a_picture_too(tmp_path):
    told = json.dumps({"data": [{"url": f"data:image/png;base64,{base64_of(PICTURE)}"}]})

    assert pictures_in(tmp_path, told) == [PICTURE]


@pytest.mark.parametrize("words", ["?", "AAAA!AAA", "A", "data:image/svg+xml,<svg>", "AAAA\\\\AAA", "é", "="])
def test_what_is_not_base64_is_an_unusable_picture_and_the_next_one_is_kept(tmp_path, words):
    told = with_pictures(words, base64_of(PICTURE))

    assert pictures_in(tmp_path, told) == [None, PICTURE]
    assert not (tmp_path / "pictures" / "0").exists()


def test_a_fault_in_the_middle_of_a_long_picture_leaves_its_neighbour_whole(tmp_path):
    long = base64_of(PICTURE * 1000)
    told = with_pictures(f"{long}*{long}", base64_of(PICTURE))

    assert pictures_in(tmp_path, told) == [None, PICTURE]


@pytest.mark.parametrize(
    "told",
    [
        "{}",
        '{"data": []}',
        '{"data": null}',
        '{"data": {"data": []}}',
        '{"data": "none"}',
        '{"data": [null, 3, "AAAA", []]}',
        '{"data": [{}, {"b64_json": null}, {"b64_json": ""}, {"url": null, "revised_prompt": "no"}]}',
        '{"error": {"message": "no image", "type": "refused"}}',
    ],
)
def test_an_answer_without_pictures_is_no_error(tmp_path, told):
    assert read(tmp_path, told).pictures == []


LONG_NUMBER = "9" * 5000
WRONG = {
    "a number of 5000 digits": f'"created": {LONG_NUMBER}',
    "a long fraction": f'"created": 0.{LONG_NUMBER}',
    "NaN": '"score": NaN',
    "minus infinity": '"score": -Infinity',
    "a number that is none": '"created": 1-2',
    "a word": '"created": maybe',
    "a wrong escape": '"x": "\\q"',
    "a key without a value": '"x"',
    "two commas": '"x": 1,,"y": [,]',
    "a line break in a string": '"x": "a\nb"',
    "depth": '"x": ' + '[{"y": ' * 5000 + "1" + "}]" * 5000,
    "another encoding": '"x": "caf\xe9"',
}


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_beside_a_picture_costs_no_picture(tmp_path, wrong, behind):
    data = f'"data": [{{"b64_json": "{base64_of(PICTURE)}"}}]'
    told = "{" + ", ".join((data, wrong) if behind else (wrong, data)) + "}"

    assert answer.is_whole(spooled(tmp_path, told.encode("latin-1")))
    assert pictures_in(tmp_path, told.encode("latin-1")) == [PICTURE]


@pytest.mark.parametrize(
    "before", ["", "\ufeff", " \r\n", "\ufeff\n"], ids=["nothing", "BOM", "lines", "both"]
)
@pytest.mark.parametrize(
    "behind", ["\n", "ok", "{}", '{"error": {"message": "x"}}', "\0\0", "data: [DONE]", '"{']
)
def test_what_stands_around_the_answer_costs_no_picture(tmp_path, before, behind):
    assert pictures_in(tmp_path, before + with_pictures(base64_of(PICTURE)) + behind) == [PICTURE]


PNG = b"\x89PNG\r\n\x1a\n" + PICTURE
BASE64 = base64_of(PNG)
WRAPPED = {
    "data in data": {"data": {"data": [{"b64_json": BASE64}]}},
    "one object": {"data": {"b64_json": BASE64}},
    "a list in a list": {"data": [[{"b64_json": BASE64}]]},
    "each wrapped": {"data": [{"data": {"b64_json": BASE64}}]},
    "twice": {"data": {"created": 1, "data": {"data": [{"b64_json": BASE64}]}}},
    "base64 in url": {"data": [{"url": BASE64}]},
    "data URL in url, in capitals": {"data": [{"url": f"DATA:IMAGE/PNG;BASE64,{BASE64}"}]},
    "another key": {"data": [{"image": {"inline_data": BASE64}}]},
    "beside an empty one": {"data": [{"b64_json": "", "url": BASE64}]},
}


@pytest.mark.parametrize("told", WRAPPED.values(), ids=WRAPPED)
def test_a_picture_is_found_wherever_it_stands(tmp_path, told):
    assert pictures_in(tmp_path, json.dumps(told)) == [PNG]


def test_an_address_in_the_place_of_base64_is_fetched(tmp_path):
    (picture,) = read(tmp_path, '{"data": [{"b64_json": " HTTPS:\\/\\/a.example/b.png"}]}').pictures

    assert (picture.file, picture.url) == (None, "HTTPS://a.example/b.png")


CHUNKS = [PICTURE[at : at + 100] for at in range(0, len(PICTURE), 100)]
ODD_BASE64 = {
    "a prefix in capitals": "DATA:Image/PNG;Base64,{}",
    "half a prefix": "image/png;base64,{}",
    "less of it": ";base64,{}",
    "the word": "base64,{}",
    "a prefix without its comma": "data:image/png;base64{}",
    "too much padding": "{}====",
    "tabs and form feeds": "\\t{}\\f",
    "a byte order mark": "\\ufeff{}\\u200b",
    "a hard space": "\\u00a0{}",
    "quoted": "'{}'",
}


@pytest.mark.parametrize("written", ODD_BASE64.values(), ids=ODD_BASE64)
def test_base64_is_read_as_it_comes(tmp_path, written):
    assert pictures_in(tmp_path, with_pictures(written.format(base64_of(PICTURE)))) == [PICTURE]


@pytest.mark.parametrize("between", ["", "\\r\\n", " \\t"])
@pytest.mark.parametrize("padding", ["{}", "{}==="])
def test_each_chunk_may_be_padded(tmp_path, between, padding):
    text = between.join(padding.format(base64_of(chunk)) for chunk in CHUNKS)

    assert pictures_in(tmp_path, with_pictures(text)) == [PICTURE]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "  ",
        "null",
        "[]",
        "<!doctype html><title>Bad gateway</title>",
        '{"data": [{"b64_json": "AAAA"}',
        '{"data": [{"b64_json": "AAAA"}]',
        '{"data": [{"b64_json": "AAAA',
        '{"x": ' * 5000,
    ],
)
def test_what_is_not_a_whole_answer_is_told_and_leaves_no_picture_behind(tmp_path, told):
    assert not answer.is_whole(spooled(tmp_path, told))
    with pytest.raises(answer.BrokenAnswer):
        read(tmp_path, told)
    assert list((tmp_path / "pictures").iterdir()) == []


def test_an_answer_cut_anywhere_is_never_taken_for_whole(tmp_path):
    told = json.dumps(
        {"data": [{"b64_json": base64_of(PICTURE[:40]), "revised_prompt": 'a "}]}" b\\'}], "n": 12}
    )

    for end in range(len(told)):
        assert not answer.is_whole(spooled(tmp_path, told[:end]))
    assert answer.is_whole(spooled(tmp_path, told + "\r\n"))


def test_the_words_of_the_model_are_fit_for_a_database(tmp_path):
    told = '{"data":[{"url":"u","revised_prompt":"a\\u0000b\\ud800c%s"}]}' % ("x" * 500_000)

    (picture,) = read(tmp_path, told).pictures

    assert picture.revised_prompt.startswith("ab?cxx")
    assert len(picture.revised_prompt) < 20_000


@given(cut=st.data())
def test_what_passed_for_whole_can_always_be_read(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("mutated")
    told = bytearray(
        b'{"created":17,"data":[{"b64_json":"QUJD","revised_prompt":"a \\"b\\u00e9"},{"url":"u"}],"x":[{}]}'
    )
    for _ in range(cut.draw(st.integers(1, 3))):
        at = cut.draw(st.integers(0, len(told) - 1))
        told[at : at + cut.draw(st.integers(0, 2))] = cut.draw(
            st.sampled_from(list('"{}[],:\\u0 ')), "sign"
        ).encode()
    body = spooled(folder, bytes(told))
    try:
        answer.read(body, folder / "pictures")
    except answer.BrokenAnswer:
        assert not answer.is_whole(body)
    else:
        assert answer.is_whole(body)


@given(
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=4),
    picture=st.binary(min_size=1, max_size=60),
    plain=st.booleans(),
)
def test_any_words_beside_any_picture_come_back_as_they_were(tmp_path_factory, texts, picture, plain):
    folder = tmp_path_factory.mktemp("words")
    entries = [{"b64_json": base64_of(picture), "revised_prompt": text, "n": [1.5, text]} for text in texts]
    told = json.dumps({"data": entries, "created": 5}, ensure_ascii=plain).replace("/", "\\/")

    found = read(folder, told.encode(errors="replace"))

    cleaned = [text.replace("\0", "").encode(errors="replace").decode() for text in texts]
    assert [one.revised_prompt for one in found.pictures] == cleaned
    assert [one.file.read_bytes() for one in found.pictures if one.file] == [picture] * len(texts)


def test_many_neighbours_are_not_taken_for_depth(tmp_path):
    told = {"x": [[{}]] * 300, "data": [{"b64_json": base64_of(PICTURE)}] * 120}

    assert len(read(tmp_path, json.dumps(told)).pictures) == 120


def test_four_pictures_of_eight_megabytes_need_a_few_copies_of_one(tmp_path):
    pictures = [os.urandom(6 * 1024 * 1024) for _ in range(4)]
    body = spooled(
        tmp_path,
        json.dumps(
            {"data": [{"b64_json": base64_of(one), "revised_prompt": "wide " * 800_000} for one in pictures]}
        ).replace("/", "\\/"),
    )
    tracemalloc.start()
    try:
        assert answer.is_whole(body)
        found = answer.read(body, tmp_path / "pictures")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [one.file.read_bytes() for one in found.pictures if one.file] == pictures
    assert peak < 5 * 8 * 1024 * 1024  # of one call at a time, whatever number is in flight


def test_a_large_picture_costs_little_more_than_its_base64(tmp_path):
    text = base64_of(os.urandom(6 * 1024 * 1024))
    body = spooled(tmp_path, with_pictures(text))

    def fastest(work) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        return min(times)

    plain = fastest(lambda: (tmp_path / "plain").write_bytes(base64.b64decode(text)))
    ours = fastest(lambda: answer.read(body, tmp_path / "pictures"))

    assert ours < 2.5 * plain + 0.01
