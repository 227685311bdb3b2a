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

from tryon.gateway import answer, json_stream

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
        '{"data": [{"b64_json" "AAAA"}]}',
        '{"data": [,]}',
        '{"created": 1-2}',
        '{"created": maybe}',
        '{"x": "\\q": 1}',
        '{"x": ' + "[" * 5000 + "]" * 5000 + "}",
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
    block=st.integers(1, 40),
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=4),
    picture=st.binary(min_size=1, max_size=60),
    plain=st.booleans(),
)
def test_where_the_blocks_end_changes_nothing(tmp_path_factory, block, texts, picture, plain):
    folder = tmp_path_factory.mktemp("blocks")
    entries = [{"b64_json": base64_of(picture), "revised_prompt": text, "n": [1.5, text]} for text in texts]
    told = json.dumps({"data": entries, "created": 5}, ensure_ascii=plain).replace("/", "\\/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "BLOCK", block)
        found = read(folder, told.encode(errors="replace"))

    cleaned = [text.replace("\0", "").encode(errors="replace").decode() for text in texts]
    assert [one.revised_prompt for one in found.pictures] == cleaned
    assert [one.file.read_bytes() for one in found.pictures if one.file] == [picture] * len(texts)


@pytest.mark.parametrize("block", range(1, 20))
@pytest.mark.parametrize("text", ["\\", "a\\\\", '\\"', '"', "é\\u00", "\\" * 15, "ab\\/", "\U0001f9e5\\"])
def test_backslashes_where_a_block_ends_are_read_as_they_were_meant(tmp_path, monkeypatch, block, text):
    monkeypatch.setattr(json_stream, "BLOCK", block)
    entry = {"revised_prompt": text, "url": text, "b64_json": base64_of(PICTURE[:20])}

    assert [
        picture.revised_prompt for picture in read(tmp_path, json.dumps({"data": [entry] * 2})).pictures
    ] == [
        text,
        text,
    ]


def test_many_neighbours_are_not_taken_for_depth(tmp_path):
    told = {"x": [[{}]] * 300, "data": [{"b64_json": base64_of(PICTURE)}] * 120}

    assert len(read(tmp_path, json.dumps(told)).pictures) == 120


def test_four_pictures_of_eight_megabytes_need_about_one(tmp_path):
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
    assert peak < 1_200_000


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
