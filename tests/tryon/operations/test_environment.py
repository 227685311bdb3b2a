"""What the operator wrote is read as they meant it, or refused by its name; never read as something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon.operations.environment import Environment, SettingError, load
from tryon.operations.environment.env_file import parse
from tryon.operations.environment.service_urls import ESCAPES

UNSEEN = "Zz9-canary"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("  NAME  =  value  ", "value"),
        ("export NAME=value", "value"),
        ("export\tNAME = value # a comment", "value"),
        ("NAME=a value with spaces", "a value with spaces"),
        ("NAME=", ""),
        ("NAME= # nothing yet", ""),
        ("NAME=pass#word", "pass#word"),
        ("NAME=#begins-with-it", "#begins-with-it"),
        ("NAME=it's", "it's"),
        ("NAME='single # quotes'  # a comment", "single # quotes"),
        ('NAME="double \' quotes"', "double ' quotes"),
        ("NAME=''", ""),
        ('NAME="say \\"so\\" and C:\\new"', 'say "so" and C:\\new'),
        ("NAME='$HOME \\n ${HOME}'", "$HOME \\n ${HOME}"),
        ("NAME=pa$$word${HOME}", "pa$$word${HOME}"),
        ("NAME=a=b", "a=b"),
        ("NAME=\u201ccurly\u201d", "\u201ccurly\u201d"),
        ("NAME=a\u2028b", "a\u2028b"),
    ],
)
def test_a_line_is_read_as_a_shell_would(line, value):
    assert parse(f"# before\n{line}\nOTHER=1\n", "file") == {"NAME": value, "OTHER": "1"}


@pytest.mark.parametrize(
    "line",
    [
        "NAME",
        "NAME value",
        "NAME: value",
        "NA-ME=value",
        "1NAME=value",
        "=value",
        "set NAME=value",
        "; NAME=value",
        "NAME='value",
        'NAME="value',
        "NAME='value' more",
        "NAME='it\\'s'",
        'NAME="value"#comment',
        "NAME=a\x00b",
        "NAME=a\x0cb",
        "\ufeffNAME=value",
        "ENV_FILE=other",
        "<<<<<<< HEAD",
    ],
)
def test_a_line_that_is_not_understood_is_told_by_its_number_alone(line):
    with pytest.raises(SettingError) as told:
        parse(f"A=1\n\n{line} {UNSEEN}\nB=2\n{line}\n", "the-file")
    assert "the-file is not understood in lines 3, 5:" in str(told.value)
    assert UNSEEN not in str(told.value)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_of_every_system_are_read(tmp_path, mark, ending):
    file = tmp_path / "env"
    file.write_bytes(ending.join([f"{mark}FIRST=1", "", "SECOND = 'zwei' ", "FIRST=last"]).encode())
    found: dict[str, str] = {}
    load(file, found)
    assert found == {"FIRST": "last", "SECOND": "zwei"}


@pytest.mark.parametrize("content", [f"A=1\nB={UNSEEN}\xff".encode("latin-1"), "A=1".encode("utf-16")])
def test_a_file_in_another_encoding_is_refused(tmp_path, content):
    (tmp_path / "env").write_bytes(content)
    with pytest.raises(SettingError, match=r"not UTF-8 in line [12]") as told:
        load(tmp_path / "env", {})
    assert UNSEEN not in str(told.value)


def test_the_environment_beats_the_file_by_name_or_by_file_and_even_with_nothing(tmp_path):
    file = tmp_path / "env"
    file.write_text("A=file\nB=file\nB_FILE=/of/the/file\nC=file\nD_FILE=/of/the/file\nE=file\n")
    found = {"A": "real", "B": "", "C_FILE": "/real", "D": "real", "E_FILE": ""}
    load(file, found)
    assert found == {"A": "real", "B": "", "C_FILE": "/real", "D": "real", "E_FILE": "", "E": "file"}


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_whatever_stands_in_single_quotes_is_the_value(value):
    value = value.replace("'", "")
    assert parse(f"NAME='{value}'", "file") == {"NAME": value}


@given(st.text())
def test_no_file_ends_in_anything_but_values_or_line_numbers(text):
    said = ""
    try:
        parse(text, "file")
    except SettingError as exc:
        said = str(exc)
    assert not said or re.fullmatch(r"file is not understood in lines? [\d, ]+: write NAME=value, .*", said)


# One value -------------------------------------------------------------------------------------------
def reading(value: str) -> Environment:
    return Environment({"NAME": value})


@pytest.mark.parametrize(("value", "read"), [("1", True), ("Yes", True), (" on ", True), ("FALSE", False)])
def test_switches(value, read):
    assert reading(value).switch("NAME", not read) is read


@pytest.mark.parametrize(("value", "read"), [("3", 3.0), (" 2.5 ", 2.5), ("0", 0.0), (".5", 0.5)])
def test_numbers(value, read):
    assert reading(value).number("NAME", 7) == read


@pytest.mark.parametrize("value", ["", "  "])
def test_empty_is_unset(value):
    env = reading(value)
    assert (env.text("NAME", "a"), env.number("NAME", 7), env.whole("NAME", 7)) == ("a", 7, 7)
    assert (env.switch("NAME", True), env.items("NAME", ["a"]), env.whole_or_none("NAME", 9)) == (
        True,
        ["a"],
        9,
    )
    assert (env.url("NAME", ["redis"]), env.is_left_empty("NAME")) == ("", True)


@pytest.mark.parametrize("value", ["none", "NONE", " None "])
def test_no_cap_is_called_none(value):
    assert reading(value).whole_or_none("NAME", 9) is None
    assert reading(value).number_or_none("NAME", 9) is None


NO_NUMBER = [
    "3m",
    "20MB",
    "180s",
    "5 $",
    "1,5",
    "1_000",
    "1e3",
    "0x10",
    "nan",
    "inf",
    "-1",
    "\u0663",
    "9" * 5000,
]


@pytest.mark.parametrize("value", [*NO_NUMBER, "none", "yes"])
@pytest.mark.parametrize("kind", ["number", "whole"])
def test_what_is_no_number_is_never_read_as_one(kind, value):
    with pytest.raises(SettingError, match=r"^NAME is not a ") as told:
        getattr(reading(value), kind)("NAME", 7)
    assert told.value.__suppress_context__ or told.value.__context__ is None
    assert str(told.value).count("\n") == 0


@pytest.mark.parametrize("value", ["2.0", "1.5"])
def test_half_a_picture_is_none(value):
    with pytest.raises(SettingError, match="whole number"):
        reading(value).whole("NAME", 7)


@pytest.mark.parametrize("value", ["2", "enabled", "ja", "1.0", "truee"])
def test_what_is_no_switch_is_never_read_as_one(value):
    with pytest.raises(SettingError, match=r"^NAME is a switch"):
        reading(value).switch("NAME", True)


@pytest.mark.parametrize("value", ["a,b", " a , b ,, ", "a,b,"])
def test_lists_are_read_without_their_spaces(value):
    assert reading(value).items("NAME") == ["a", "b"]


@pytest.mark.parametrize("value", ["a b", "a;b", "['a', 'b']", '"a", "b",'])
def test_a_list_in_another_spelling_is_refused(value):
    with pytest.raises(SettingError, match=r"^NAME (is a list|stands in quotes)"):
        reading(value).items("NAME")


@pytest.mark.parametrize("value", [f'"{UNSEEN}"', f"'{UNSEEN}'", f"{UNSEEN}\nB=2", f"{UNSEEN}\udcff"])
def test_quotes_line_breaks_and_broken_characters_are_refused(value):
    with pytest.raises(SettingError) as told:
        reading(value).text("NAME")
    assert UNSEEN not in str(told.value)


def test_a_secret_comes_from_a_file(tmp_path):
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfthe secret\r\n")
    assert Environment({"NAME": "", "NAME_FILE": f" {tmp_path}/secret "}).text("NAME") == "the secret"


def test_a_file_that_is_not_there_and_two_sources_are_refused(tmp_path):
    with pytest.raises(SettingError, match=r"^NAME_FILE names a file that cannot be read"):
        Environment({"NAME_FILE": str(tmp_path / "nowhere")}).text("NAME")
    with pytest.raises(SettingError, match=r"^NAME is set, and so is NAME_FILE"):
        Environment({"NAME": "a", "NAME_FILE": "b"}).text("NAME")


# Addresses -------------------------------------------------------------------------------------------
def database(url: str) -> dict:
    return reading(url).database("NAME", Path("/data/unset.sqlite3"))


def where(url: str) -> tuple:
    return tuple(database(url).get(key) for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS"))


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("postgres://u:p@h:5432/db", ("u", "p", "h", "5432", "db", None)),
        ("postgresql://u:%23%3F%2F%40%25@h/db", ("u", "#?/@%", "h", "", "db", None)),
        ("postgres://u:p@w+d@h/db", ("u", "p@w+d", "h", "", "db", None)),
        ("postgres://[::1]:6/db?sslmode=require", ("", "", "::1", "6", "db", {"sslmode": "require"})),
        ("postgres://a:1,b:2/db", ("", "", "a,b", "1,2", "db", None)),
        ("postgres://u@%2Frun%2FPg/db", ("u", "", "/run/Pg", "", "db", None)),
        ("postgres:////run/Pg/db", ("", "", "/run/Pg", "", "db", None)),
        ("postgres:///db?host=/run/Pg", ("", "", "", "", "db", {"host": "/run/Pg"})),
    ],
)
def test_databases_on_postgresql(url, read):
    assert where(url) == read


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("", "/data/unset.sqlite3"),
        ("sqlite:////a%23b%3Fc%25d%20e+f/\U0001f600.db", "/a#b?c%d e+f/\U0001f600.db"),
        ("sqlite:///beside.db", "beside.db"),
        ("sqlite://:memory:", ":memory:"),
        ("sqlite://", ":memory:"),
    ],
)
def test_databases_in_a_file(url, file):
    assert database(url) == {"ENGINE": "django.db.backends.sqlite3", "NAME": file}


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://u:{UNSEEN}#w@h/db",
        f"postgres://u:{UNSEEN}?w@h/db",
        f"postgres://u:12/{UNSEEN}@h/db",
        f"postgres://u:[{UNSEEN}@h/db",
        f"postgres://u:{UNSEEN}%@h/db",
        f"postgres://u:{UNSEEN} w@h/db",
        f"postgres://{UNSEEN}:port/db",
        f"postgres://{UNSEEN}:99999/db",
        f"postgres://{UNSEEN}",
        f"mysql://u:{UNSEEN}@h/db",
        f"sqlite:////a#b/{UNSEEN}",
        f"sqlite:////a?b/{UNSEEN}",
        f"u:{UNSEEN}@h/db",
        UNSEEN,
    ],
)
def test_an_address_that_would_be_misread_is_refused(url):
    with pytest.raises(SettingError, match=r"^NAME ") as told:
        database(url)
    assert UNSEEN.lower() not in str(told.value).lower()
    assert told.value.__suppress_context__


def test_mail_servers():
    read = reading("smtp+tls://me@shop.example:p%2Fw@mail.example:587").email("NAME")
    assert read["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == ("me@shop.example", "p/w")
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert reading("").email("NAME")["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"


@pytest.mark.parametrize(
    "url", [f"smtp://u:p/{UNSEEN}@h", f"smtp://u:{UNSEEN}@", f"mail://{UNSEEN}", f"smtp://h:{UNSEEN}"]
)
def test_a_mail_server_that_would_be_misread_is_refused(url):
    with pytest.raises(SettingError, match=r"^NAME ") as told:
        reading(url).email("NAME")
    assert UNSEEN.lower() not in str(told.value).lower()


@pytest.mark.parametrize(
    "url", [f"redis://:{UNSEEN}#w@h", f"redis://:{UNSEEN}/w@h", f"{UNSEEN}:6379", "redis://"]
)
def test_a_broker_that_would_be_misread_is_refused(url):
    with pytest.raises(SettingError, match=r"^NAME "):
        reading(url).url("NAME", ["redis", "unix"])
    assert reading("unix:///a%23b/broker.sock").url("NAME", ["redis", "unix"]) == "unix:///a%23b/broker.sock"
    assert "%23" in ESCAPES
