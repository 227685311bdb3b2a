"""A key, an address or a proxy with which no call can be made: work waits and says why, no page breaks."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import make_user
from tests.tryon.making import accepted, only_generation
from tryon.models import Attempt, CircuitBreaker, GatewayFile, Generation
from tryon.models.states import PauseReason
from tryon.pipeline import model_catalogue, recovery
from tryon.pipeline.gateway_client import _client as clients
from tryon.pipeline.run import run_generation

pytestmark = pytest.mark.django_db(transaction=True)

UNUSABLE = {
    "key": {"LLMTR_API_KEY": "two secret-words"},
    "address": {"LLMTR_BASE_URL": "secret-words.example"},
    "port": {"LLMTR_BASE_URL": "https://secret-words.example:99999"},
    "host": {"LLMTR_BASE_URL": "https://secret-words..example"},
    "proxy": {"all_proxy": "socks4://secret-words@example.com"},
    "certificates": {"SSL_CERT_FILE": "/nowhere/secret-words"},
}


@pytest.fixture(params=UNUSABLE)
def unusable(request, settings, monkeypatch, tmp_path):
    """Settings with which the client cannot be built; calling it mends them."""
    settings.LLMTR_BASE_URL = "https://gateway.example"
    settings.SPOOL_DIR = tmp_path / "spool"
    for name, value in UNUSABLE[request.param].items():
        if name.startswith("LLMTR"):
            setattr(settings, name, value)
        else:
            monkeypatch.setenv(name, value)
            monkeypatch.setenv("no_proxy", "")
    clients.cache_clear()
    yield
    clients.cache_clear()


def test_work_waits_unsent_and_the_operator_is_told_what_is_wrong(unusable, caplog, admin_client):
    tryon = accepted(make_user())
    assert run_generation(only_generation(tryon).pk)
    run_generation(only_generation(tryon).pk)

    waiting = only_generation(tryon)
    assert (waiting.status, waiting.waiting_for) == (
        Generation.Status.QUEUED,
        Generation.WaitingFor.CONNECTION,
    )
    assert not Attempt.objects.filter(status=Attempt.Status.UNKNOWN).exists()
    assert not GatewayFile.objects.filter(state=GatewayFile.State.LIVE).exists()
    [paused] = CircuitBreaker.objects.for_operator()
    assert (paused.model, paused.reason) == ("", PauseReason.SETTINGS)
    assert "secret-words" not in caplog.text
    told = admin_client.get(reverse("admin:index")).content.decode()
    assert "cannot be used as they are set" in told


def test_no_page_and_no_work_of_the_clock_breaks(unusable, client, admin_client):
    owner = make_user()
    client.force_login(owner)
    tryon = accepted(owner)
    pages = [reverse("studio"), reverse("tryon", args=[tryon.pk]), reverse("gallery"), reverse("wardrobe")]
    assert [client.get(page).status_code for page in pages] == [200] * len(pages)
    admin = ["admin:index", "admin:tryon_offer_changelist", "admin:tryon_circuitbreaker_changelist"]
    assert [admin_client.get(reverse(name)).status_code for name in admin] == [200] * len(admin)
    assert admin_client.post(reverse("admin:tryon_offer_read"), follow=True).status_code == 200
    assert model_catalogue.sync() is None
    recovery.renew()
    recovery.sweep()
    recovery.purge()


@pytest.mark.parametrize("unusable", ["key"], indirect=True)
def test_once_it_is_mended_the_picture_is_made(unusable, gateway, settings, bill):
    settings.LLMTR_BASE_URL = gateway.url
    tryon = accepted(make_user())
    run_generation(only_generation(tryon).pk)
    assert bill()["pictures"] == 0

    settings.LLMTR_API_KEY = settings.SANDBOX_KEY
    Generation.objects.release()
    run_generation(only_generation(tryon).pk)
    assert only_generation(tryon).status == Generation.Status.DONE
    assert bill()["pictures"] == 1
