"""Lists of the admin that are as quick with a million rows as with ten: pages by place, nothing counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from gallery.models.keyset import behind, turned
from gallery.owners import users_called

AFTER, BEFORE = "after", "before"  # a page's place: the columns of the row next to it, each once
BY_ID = _("Search by id.")
BY_ID_OR_OWNER = _(
    "Search by id, or by the number or the beginning of the e-mail or user name of an account."
)


class KeysetChangeList(ChangeList):
    """A page that begins behind a row, found by an index (keyset pagination).

    An index answers one question: so there is one order, and one filter or one search at a time.
    """

    model_admin: Any
    newer = older = ""  # the addresses of the pages before and after this one
    is_cut = False  # more rows begin with these words than a page holds

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        if not self.is_popup:
            self.title = str(capfirst(self.opts.verbose_name_plural))

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        given = super().get_filters_params(params)
        return {name: value for name, value in given.items() if name not in (AFTER, BEFORE)}

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        given = self.get_filters_params()
        if found[2] or len(given) + bool(self.query) > 1:  # what no filter has taken, or several
            raise IncorrectLookupParameters
        return found

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """A filter stands alone, and begins at the first page."""
        kept = {name: self.params[name] for name in (IS_POPUP_VAR, TO_FIELD_VAR) if name in self.params}
        given = {name: value for name, value in (new_params or {}).items() if value is not None}
        return "?" + urlencode(kept | given, doseq=True)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        self.request = request
        self.columns = self.get_ordering(request, self.queryset)
        is_back, place = self._place(request)
        rows = self._page(place, is_back=is_back)
        if is_back and len(rows) <= self.list_per_page:  # the first page, whole
            is_back, place = False, None
            rows = self._page(None)
        has_more = len(rows) > self.list_per_page
        rows = rows[: self.list_per_page]
        if is_back:
            rows.reverse()
        if rows and (is_back or has_more):
            self.older = self._address(AFTER, rows[-1])
        if rows and (has_more if is_back else place):
            self.newer = self._address(BEFORE, rows[0])
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)  # of this page: nobody counts the others
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.params = {
            name: value for name, value in self.params.items() if name in (IS_POPUP_VAR, SEARCH_VAR)
        }

    @property
    def is_newest_first(self) -> bool:
        return str(self.columns[0]).startswith("-")

    def _page(self, place: Sequence[Any] | None, *, is_back: bool = False) -> list[Any]:
        """The rows from a place on, and one more where there are more."""
        columns, same = self.columns, list(self.model_admin.same_of_all(self.request))
        if is_back:
            columns, same = turned(columns), turned(same)
        rows = self.queryset.order_by(*same, *columns)
        if place is not None:
            rows = rows.filter(behind(columns, place))
        most = self.list_per_page + 1
        if not self.query:
            return list(rows[:most])
        words = self.query.strip()
        answers = [*self.model_admin.questions(rows, words)]
        if place is None:
            texts = [list(each.order_by()[:most]) for each in self.model_admin.beginnings(rows, words)]
            self.is_cut = any(len(text) == most for text in texts)
            answers += texts
        return _merged([list(answer[:most]) for answer in answers], columns)[:most]

    def _place(self, request: HttpRequest) -> tuple[bool, list[Any] | None]:
        is_back = BEFORE in request.GET
        given = request.GET.getlist(BEFORE if is_back else AFTER)
        if not given:
            return False, None
        try:
            return is_back, [
                field.to_python(value) for field, value in zip(self._fields(), given, strict=True)
            ]
        except (ValidationError, ValueError) as exc:
            raise IncorrectLookupParameters(exc) from exc

    def _address(self, way: str, row: Any) -> str:
        place = [field.value_to_string(row) for field in self._fields()]
        asked = {name: values for name, values in self.filter_params.items() if name not in (AFTER, BEFORE)}
        return "?" + urlencode(asked | {way: place}, doseq=True)

    def _fields(self) -> list[Any]:
        names = [column.lstrip("-") for column in self.columns]
        return [self.opts.pk if name == "pk" else self.opts.get_field(name) for name in names]


class KeysetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """`ordering` ends with the primary key, holds no NULL and has an index, as has each filter with it."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    # What a search looks for: columns that are what was written, and the account that a row belongs to.
    exact_fields: ClassVar[Sequence[str]] = ()
    owner_field = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Only that there is a search: what it looks for is below."""
        return (*self.exact_fields, *filter(None, [self.owner_field]), *(self.search_fields or ()))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset, False  # the list searches, by one question after the other

    def same_of_all(self, request: HttpRequest) -> Sequence[str]:
        """Columns that are NULL in all rows: ordered by too, or PostgreSQL misses their index."""
        return ()

    def questions(self, rows: QuerySet[Any], words: str) -> Iterator[QuerySet[Any]]:
        """What these words may ask for, each with an index in the order of the list."""
        for name in self.exact_fields:
            field: Any = self.opts.get_field(name)
            if found := _exactly(field, words):
                is_few = field.is_relation or field.unique  # no index needs to know their order
                yield rows.filter(found).order_by() if is_few else rows.filter(found)
        if self.owner_field:
            for pk in users_called(words):
                yield rows.filter(**{self.owner_field: pk})

    def beginnings(self, rows: QuerySet[Any], words: str) -> Iterable[QuerySet[Any]]:
        """Rows of which a text begins with these words: as many as a page holds, in no order."""
        return ()

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any
    ) -> HttpResponse | None:
        """On what was ticked alone: nobody acts on pages that nobody has seen."""
        posted = request.POST.copy()
        posted["select_across"] = "0"
        request.POST = posted  # type: ignore[assignment]
        return super().response_action(request, queryset, *args)


def _merged(answers: Iterable[Sequence[Model]], columns: Sequence[str]) -> list[Model]:
    rows = list({row.pk: row for answer in answers for row in answer}.values())
    for column in reversed(columns):
        rows.sort(key=attrgetter(column.lstrip("-")), reverse=column.startswith("-"))
    return rows


def _exactly(field: Any, words: str) -> Q | None:
    """None where the words can be no value of it."""
    target = field.target_field if field.is_relation else field
    with suppress(ValidationError):
        return Q((field.name, target.to_python(words)))
    return None
