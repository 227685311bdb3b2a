"""Every list of the admin asks what an index answers: of a million rows it counts, sorts and scans none."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import DateTimeField, Model, UUIDField
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from gallery.keyset_admin import KeysetAdmin, KeysetChangeList
from gallery.models import AuditEntry, Image
from tests.asking import signed_in
from tests.factories import make_reference, make_tryon, make_user
from tryon.accounts.models import User
from tryon.admin.accounts import Who
from tryon.models import Attempt, Generation, HouseGarment, Reference, TryOn

pytestmark = pytest.mark.django_db

# As many rows as the gateway has models, or the site has roles: what people do adds none.
SMALL = {
    *("tryon.Offer", "tryon.CircuitBreaker", "tryon.Price", "tryon.Site", "auth.Group"),
    *("auth.Permission", "contenttypes.ContentType", "sessions.Session", "usersessions.UserSession"),
}
LISTS = [name for name in (model._meta.label for model in admin.site._registry) if name not in SMALL]
Query = tuple[str, Any]


@pytest.fixture
def ana() -> User:
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def client(ana: User) -> Client:
    return signed_in(ana)


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def registered(label: str) -> type[Model]:
    return next(model for model in admin.site._registry if model._meta.label == label)


# Which index answers -----------------------------------------------------------------------------------
def asked(client: Client, address: str) -> tuple[Any, list[Query]]:
    """The answer of a page and what it asked the database, with parameters as they were given."""
    queries: list[Query] = []

    def note(execute, sql, params, many, context):
        queries.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.get("Location"))
    return answer, [query for query in queries if query[0].startswith("SELECT")]


def plan(query: Query) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {query[0]}", query[1])
            return [row[3] for row in cursor.fetchall()]
        for way in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {query[0]}", query[1])
        return [line for (line,) in cursor.fetchall()]


@cache
def big_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if model._meta.label not in SMALL}


@cache
def index(name: str) -> str:
    """Its definition; of a primary key, or of what stands once, the columns."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
        else:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        [(definition,)] = cursor.fetchall()
    return definition or "id"


# Not those that sort rows of one moment.
SORTS = r"TEMP B-TREE FOR (?!LAST TERM|RIGHT PART)|^ *(->)? *(Sort|HashAggregate|Unique)$"
READS_BY = re.compile(r"(?:SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
READS_BY_ON_POSTGRES = re.compile(
    r"(?:Seq Scan on (\w+)|Index (?:Only )?Scan (?:Backward )?using (\w+) on (\w+))"
)


def reads(line: str) -> tuple[str, str] | None:
    """(table, index or "") of a line of a plan that reads one."""
    if connection.vendor == "sqlite":
        found = READS_BY.match(line)
        by_rowid = "PRIMARY KEY" in line
        return (found[1], "the rowid" if by_rowid else found[2] or "") if found else None
    found = READS_BY_ON_POSTGRES.search(line)
    return (found[1] or found[3], found[2] or "") if found else None


def narrowed(sql: str, table: str) -> set[str]:
    """The columns of a table that the rows must fit."""
    where = sql.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    return set(re.findall(rf'"{table}"\."(\w+)"', where))


def faults(query: Query) -> Iterator[str]:
    """What of a plan grows with the number of rows."""
    sql, _ = query
    if not any(f'FROM "{table}"' in sql for table in big_tables()):
        return
    for line in plan(query):
        if re.search(SORTS, line):
            yield f"sorts or counts: {line}"
        found = reads(line)
        if not found or found[0] not in big_tables():
            continue
        table, name = found
        if not name and (line.startswith("SCAN") or "Seq Scan" in line):
            # Of SQLite's tables with a number for a key the rowid is the index of that order.
            if narrowed(sql, table) - {"id"} or connection.vendor == "postgresql":
                yield f"reads all rows: {line}"
        elif name and name != "the rowid" and connection.vendor == "sqlite":
            # PostgreSQL chooses by the rows that there are: here none, in `make bench ARGS=admin` a million.
            definition = index(name)
            by_few = re.search(r"(autoindex|_pkey|_id_[0-9a-f]{8}$|_once$|_key$|_like$)", name)
            # The key tells rows of one moment apart.
            left = {column for column in narrowed(sql, table) - {"id"} if column not in definition}
            if left and not by_few:
                yield f"looks at each row for {left}: {line}, {definition}"


looked_at: set[str] = set()  # what every page asks needs one look


def assert_indexed(address: str, queries: list[Query]) -> None:
    new = [query for query in queries if query[0] not in looked_at]
    looked_at.update(query[0] for query in new)
    found = [(fault, query[0]) for query in new for fault in faults(query)]
    assert not found, (address, found)


def places(changelist: Any) -> Iterator[str]:
    """Somewhere amid the rows, as the pager would say it."""
    values = []
    for field in changelist._fields():
        if isinstance(field, DateTimeField):
            values.append("2026-11-30T12:00:00+00:00")
        else:
            values.append(str(uuid.UUID(int=7)) if isinstance(field, UUIDField) else "7")
    for way in ("after", "before"):
        yield urlencode({way: values}, doseq=True)


@pytest.mark.parametrize("label", LISTS)
def test_a_list_its_pages_filters_and_searches_are_answered_by_indexes(client, ana, label):
    """A new list fails here until it is a KeysetAdmin with an index for each order, filter and search."""
    address = list_of(registered(label))
    first, queries = asked(client, address)
    changelist = first.context_data["cl"]
    assert isinstance(changelist, KeysetChangeList), "lists of a table that grows know no other pages"
    assert_indexed(address, queries)

    filters = [
        choice["query_string"]
        for spec in changelist.filter_specs
        for choice in list(spec.choices(changelist))[: None if isinstance(spec, Who) else 3]
    ]
    searches = [f"?q={words}" for words in ("ana", "7", uuid.UUID(int=7))] if changelist.search_fields else []
    for query in [*filters, *searches, *(f"?{place}" for place in places(changelist))]:
        page, queries = asked(client, address + query)
        assert_indexed(address + query, queries)
        if query in filters:
            deeper = f"{address}{query}&{next(places(page.context_data['cl']))}"
            assert_indexed(deeper, asked(client, deeper)[1])


def test_a_list_of_a_table_that_grows_is_known_by_its_class():
    stock = {
        model._meta.label for model, each in admin.site._registry.items() if not isinstance(each, KeysetAdmin)
    }

    assert stock <= SMALL


# What the pages show -----------------------------------------------------------------------------------
def shown(answer: Any) -> list[Any]:
    return [row.pk for row in answer.context_data["cl"].result_list]


def test_pages_follow_one_another_and_lead_back(client, ana, monkeypatch):
    monkeypatch.setattr(admin.site._registry[AuditEntry], "list_per_page", 3)
    for _ in range(8):
        AuditEntry.objects.record(ana, "approved", ana)
    keys = list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True))

    address, pages = list_of(AuditEntry), []
    answer = client.get(address)
    assert 'rel="prev"' not in answer.text
    while True:
        pages.append(shown(answer))
        older = answer.context_data["cl"].older
        if not older:
            break
        answer = client.get(address + older)
    assert pages == [keys[:3], keys[3:6], keys[6:]]

    answer = client.get(address + answer.context_data["cl"].newer)
    assert shown(answer) == keys[3:6]
    first = client.get(address + answer.context_data["cl"].newer)
    assert shown(first) == keys[:3]
    assert not first.context_data["cl"].newer


def test_pages_of_one_moment_lose_no_row(client, monkeypatch):
    monkeypatch.setattr(admin.site._registry[TryOn], "list_per_page", 2)
    owner, at = make_user(), dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
    made = {make_tryon(owner).pk for _ in range(5)}
    TryOn.objects.update(created_at=at)

    address, seen = list_of(TryOn), []
    answer = client.get(address)
    seen += shown(answer)
    while older := answer.context_data["cl"].older:
        answer = client.get(address + older)
        seen += shown(answer)
    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize("words", ["Maria", "maria@", "maria.k"])
def test_an_account_is_found_by_how_its_name_or_address_begins(client, words):
    maria = make_user("Maria.K")
    User.objects.filter(pk=maria.pk).update(email="Maria@Example.com")
    make_user("anna.maria")

    assert shown(client.get(list_of(User), {"q": words})) == [maria.pk]


def test_rows_are_found_by_id_by_owner_and_by_the_bills_request_id(client):
    owner = make_user("maria")
    tryon = make_tryon(owner, "done")
    make_tryon(make_user("otto"), "done")
    generation = tryon.generations.get()
    attempt = Attempt.objects.create(generation=generation, fence=1, model="m", prompt="", request_id="req-7")

    for words in ("mar", str(owner.pk), str(tryon.pk)):
        assert shown(client.get(list_of(TryOn), {"q": words})) == [tryon.pk], words
    for words in (str(generation.pk), str(tryon.pk), "req-7"):
        assert shown(client.get(list_of(Generation), {"q": words})) == [generation.pk], words
    assert shown(client.get(list_of(Attempt), {"q": "req-7"})) == [attempt.pk]
    assert "Nothing is found." in client.get(list_of(TryOn), {"q": "nobody"}).text


def test_a_garment_is_found_by_name_and_slug_and_a_visitors_photo_by_its_owner(client):
    shirt = make_reference(None, "garment", label="Linen shirt", slug="linen-shirt")
    photo = make_reference(make_user("maria"))

    for words in ("linen s", "LINEN-", str(shirt.pk)):
        assert shown(client.get(list_of(HouseGarment), {"q": words})) == [shirt.pk], words
    assert shown(client.get(list_of(Reference), {"q": "maria"})) == [photo.pk]


@pytest.mark.parametrize(
    "query",
    [
        "after=no+number",
        "after=1&after=2",
        "who=staff&q=ana",
        "who=staff&who2=1",
        "email__contains=a",
        "o=1&p=3",
    ],
)
def test_what_no_index_answers_is_not_asked(client, query):
    """It leads to the list itself, as the stock admin does with an address that it cannot read."""
    answer = client.get(f"{list_of(User)}?{query}", follow=True)

    assert answer.status_code == 200
    assert not answer.context_data["cl"].query


def test_an_action_takes_what_was_ticked_even_where_a_page_asks_for_all(client, ana):
    """ "Select all" over pages that nobody has seen approved them in five clicks."""
    images = [make_tryon(ana, "done").generations.get().results.get().image for _ in range(2)]
    posted = {"action": "approve", "_selected_action": [images[0].pk], "select_across": "1", "index": "0"}

    page = client.post(list_of(Image), posted, follow=True)

    assert set(Image.objects.values_list("review", flat=True)) == {"approved", "pending"}
    assert 'class="question' not in page.text
