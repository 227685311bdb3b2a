"""The compose file, its proxy and its image, as far as they can be held without an engine."""

import io
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests.live import ROOT, Broker, told_by_settings
from tryon.embedded import plan
from tryon.operations import container_health, health
from tryon.pipeline import heartbeat

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ENVIRONMENT = SERVICES["web"]["environment"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ONCE = {"secrets", "prepare"}
LASTING = sorted(SERVICES.keys() - ONCE)
QUEUES = {f"worker-{queue}": queue for queue in health.QUEUES}
DATABASE = "postgres://tryon@postgres/tryon"


# The compose file --------------------------------------------------------------------------------------
def test_every_setting_that_is_explained_reaches_the_containers():
    explained = set(re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    reached = {name.removesuffix("_FILE") for name in SERVICES["prepare"]["environment"]}
    reached |= set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE))
    assert explained - reached == {"DEBUG"}, "nothing for a server"


def test_what_the_operator_leaves_unset_is_left_to_the_settings():
    fixed = {name for name, value in ENVIRONMENT.items() if value is not None}
    assert not fixed & {
        "LLMTR_API_KEY",
        "LLMTR_BASE_URL",
        "GUESTS",
        "SIGNUP",
        "SPEND_PER_DAY",
        "ALLOWED_HOSTS",
    }
    assert "DEBUG" not in ENVIRONMENT


@pytest.mark.parametrize(("service", "queue"), QUEUES.items())
def test_workers_run_as_the_embedded_product_runs_them(service, queue):
    command = shlex.split(SERVICES[service]["command"])
    assert command[: len(plan.WORKER) + 3] == ["celery", "-A", "tryon.celery", *plan.WORKER]
    assert command[command.index("-Q") + 1] == queue
    assert command[command.index("-n") + 1] == f"{queue}@%h", "the health check looks for this name"
    assert SERVICES[service]["healthcheck"]["test"][-2:] == ["tryon.operations.container_health", queue]


@pytest.mark.processes
def test_a_stop_waits_for_the_longest_paid_call():
    assert "-c 64" in SERVICES["worker-calls"]["command"]
    grace = SERVICES["worker-calls"]["stop_grace_period"]
    assert grace == f"{plan.CALLS_GRACE:.0f}s"
    assert int(grace[:-1]) > float(told_by_settings("settings.GENERATION_SECONDS")[0])


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_watched_and_started_again(name):
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_writes_to_the_image_or_gains_rights(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("user", "") != "root"
    assert set(service) & {"privileged", "network_mode"} <= ({"network_mode"} if name == "secrets" else set())
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)


def test_only_the_proxy_is_reached_and_only_from_this_machine():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["ports"] == ["${BIND:-127.0.0.1}:${PORT:-8000}:8080"]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    for name in ("postgres", "redis", "sandbox"):
        assert SERVICES[name]["networks"] == ["inner"]
    assert SERVICES["proxy"]["networks"] == ["outward"]


def test_secrets_are_files_that_only_their_users_see():
    with_secrets = {
        name for name, s in SERVICES.items() if any("secrets:" in v for v in s.get("volumes", []))
    }
    assert with_secrets == {
        "secrets",
        "postgres",
        "prepare",
        "web",
        "uploads",
        "worker-calls",
        "worker-renditions",
        "worker-upkeep",
        "beat",
    }
    writers = {name for name in with_secrets if "secrets:/secrets:ro" not in SERVICES[name]["volumes"]}
    assert writers == {"secrets"}
    written = [name for service in SERVICES.values() for name in service.get("environment", {}).items()]
    assert not [name for name, value in written if value and re.search(r"(KEY|PASSWORD|TOKEN)$", name)]


def test_the_image_is_built_by_one_service_before_the_others_need_it():
    ours = {name for name, service in SERVICES.items() if service["image"] == "tryon"}
    assert [name for name in ours if "build" in SERVICES[name]] == ["secrets"]
    for name in ours - {"secrets"}:
        assert SERVICES[name]["pull_policy"] == "never"
        seen, ahead = set(), [name]
        while ahead:
            seen.add(here := ahead.pop())
            ahead += SERVICES[here].get("depends_on", {})
        assert "secrets" in seen


def test_every_base_image_has_its_version():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for service in SERVICES.values() if service["image"] != "tryon"]
    assert images
    for image in images:
        assert re.search(r":\d+\.?\d*-", image), image


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
def test_the_first_compose_that_knows_conditions_can_read_it():
    done = subprocess.run(["docker-compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, ["/secrets/database_url", None, "redis://redis:6379/0"]),
        (
            {"DATABASE_URL_FILE": "", "DATABASE_URL": "postgres://a:b@c/d", "REDIS_URL": "rediss://e/0"},
            ["", "postgres://a:b@c/d", "rediss://e/0"],
        ),
    ],
)
def test_another_database_and_broker_are_named_in_the_env_file(
    tmp_path: Path, given: dict[str, str], named: list[str]
):
    (tmp_path / "env").touch()
    done = subprocess.run(
        ["docker-compose", "--env-file", tmp_path / "env", "config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]} | given,
    )
    told = yaml.safe_load(done.stdout)["services"]["web"]["environment"]
    assert [told[name] for name in ("DATABASE_URL_FILE", "DATABASE_URL", "REDIS_URL")] == named


# Settings ----------------------------------------------------------------------------------------------
@pytest.mark.processes
def test_without_a_key_the_sandbox_is_the_gateway_and_with_one_it_is_not():
    asked = ("settings.SANDBOX", "settings.LLMTR_BASE_URL", "settings.SPEND_PER_DAY")
    sandbox = ENVIRONMENT["SANDBOX_URL"]
    assert told_by_settings(*asked, SANDBOX_URL=sandbox) == ["True", sandbox, "None"]
    assert told_by_settings(*asked, SANDBOX_URL=sandbox, LLMTR_API_KEY="") == ["True", sandbox, "None"]
    real = told_by_settings(*asked, SANDBOX_URL=sandbox, LLMTR_API_KEY="llmtr_1")
    assert real == ["False", "https://llmtr.com", "5"]


@pytest.mark.processes
def test_a_database_that_is_named_beats_the_one_of_the_secrets_once_their_file_is_not_named():
    asked = "settings.DATABASES['default']['HOST']"
    assert told_by_settings(asked, DATABASE_URL="postgres://a:b@c/d", DATABASE_URL_FILE="") == ["c"]


@pytest.mark.processes
def test_threads_share_few_connections_to_postgresql():
    database = "settings.DATABASES['default']"
    asked = (f"{database}['OPTIONS']['pool']['max_size']", f"{database}.get('CONN_MAX_AGE', 0)")
    told = told_by_settings(
        *asked, DATABASE_URL="postgres://a:b@c/d", DATABASE_POOL=ENVIRONMENT["DATABASE_POOL"]
    )
    assert told == ["16", "0"]
    most = int(SERVICES["postgres"]["command"][-1].partition("=")[2])
    processes = {"web": 2, "uploads": 1, "beat": 1, "prepare": 1}
    processes |= dict.fromkeys(QUEUES, 1) | {"worker-calls": 3}
    pools = {name: int(SERVICES[name]["environment"]["DATABASE_POOL"]) for name in processes}
    assert sum(pools[name] * count for name, count in processes.items()) < most
    assert f"--threads {pools['uploads']} " in SERVICES["uploads"]["command"], "one that waits holds one"


@pytest.mark.processes
def test_the_site_is_where_the_proxy_listens_until_another_address_is_said():
    listens = {name: re.fullmatch(r"\$\{\w+:-(\S+)\}", ENVIRONMENT[name])[1] for name in ("BIND", "PORT")}
    assert SERVICES["proxy"]["ports"][0].startswith(f"{ENVIRONMENT['BIND']}:{ENVIRONMENT['PORT']}:")
    assert told_by_settings("settings.SITE_URL", **listens) == ["http://127.0.0.1:8000"]
    assert ENVIRONMENT["SITE_URL"] is None
    said = "https://try.example.com"
    assert told_by_settings("settings.SITE_URL", SITE_URL=said, **listens) == [said]


@pytest.mark.processes
def test_log_in_limits_count_by_the_address_that_the_proxy_names():
    header = ENVIRONMENT["CLIENT_IP_HEADER"]
    assert told_by_settings("settings.CLIENT_IP_HEADER", CLIENT_IP_HEADER=header) == [header]
    assert told_by_settings("settings.CLIENT_IP_HEADER") == [""]
    assert f"proxy_set_header {header} $remote_addr;" in (ROOT / "docs/deploy/nginx.conf").read_text()


# Secrets and preparation -------------------------------------------------------------------------------
@pytest.mark.processes
def test_secrets_are_made_once_and_the_settings_take_them(tmp_path):
    call_command("make_secrets", tmp_path, "--database", DATABASE)
    first = {file.name: file.read_text() for file in tmp_path.iterdir()}
    call_command("make_secrets", tmp_path, "--database", DATABASE)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == first
    assert len(set(first.values())) == 3
    told = told_by_settings(
        "settings.SECRET_KEY",
        "settings.DATABASES['default']['PASSWORD']",
        "settings.DATABASES['default']['HOST']",
        SECRET_KEY_FILE=str(tmp_path / "secret_key"),
        DATABASE_URL_FILE=str(tmp_path / "database_url"),
    )
    assert told == [first["secret_key"].strip(), first["postgres_password"].strip(), "postgres"]


def test_only_the_database_server_sees_its_password_beside_us(tmp_path):
    call_command("make_secrets", tmp_path, "--database", DATABASE)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"secret_key": 0o600, "database_url": 0o600, "postgres_password": 0o644}


@pytest.mark.parametrize("address", ["postgres://postgres/tryon", "postgres://a:b@postgres/tryon", "tryon"])
def test_a_database_that_is_not_named_in_full_is_refused(tmp_path, address):
    with pytest.raises(CommandError, match="--database"):
        call_command("make_secrets", tmp_path, "--database", address)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_the_first_log_in_is_told_once_with_its_address(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path / "static")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.SITE_URL = "http://127.0.0.1:8000"

    def told() -> str:
        said = io.StringIO()
        call_command("prepare", "--staff", "--address", stdout=said)
        return said.getvalue()

    assert re.search(r"^Staff log-in: http://127\.0\.0\.1:8000/admin/ as staff / \S{16} \(", told())
    staff, model, *_ = told().splitlines()
    assert staff == "Staff log-in: http://127.0.0.1:8000/admin/ as staff"
    assert model.startswith("Model: google/gemini-3.1-flash-image.")


# Health ------------------------------------------------------------------------------------------------
@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory, settings) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("b")) as broker:
        settings.REDIS_URL = f"unix://{broker.socket}"
        yield broker


def test_a_worker_is_alive_while_it_says_so(broker, monkeypatch):
    monkeypatch.setenv("REDIS_URL", f"unix://{broker.socket}")
    me = f"calls@{socket.gethostname()}"
    assert container_health.main("calls") == 1
    heartbeat.beat("calls@another", ["calls"])
    assert container_health.main("calls") == 1, "another container's"
    heartbeat.beat(me, ["calls"])
    assert (container_health.main("calls"), container_health.main("renditions")) == (0, 1)
    long_ago = broker.client.time()[0] - heartbeat.ALIVE_SECONDS - 1
    broker.client.zadd(heartbeat.WORKERS, {f"calls {me}": long_ago})
    assert container_health.main("calls") == 1, "it said so too long ago"
    broker.stop()
    assert container_health.main("calls") == 1, "a worker without a broker takes no work"


def test_the_clock_is_alive_while_what_it_orders_is_done(broker, monkeypatch):
    monkeypatch.setenv("REDIS_URL", f"unix://{broker.socket}")
    assert container_health.main("beat") == 0, "nobody is there to do it, which is not the clock's fault"
    heartbeat.beat("upkeep@somewhere", ["upkeep"])
    assert container_health.main("beat") == 1
    heartbeat.swept()
    assert container_health.main("beat") == 0
    broker.client.set(heartbeat.SWEPT, broker.client.time()[0] - container_health.SWEEP_PATIENCE - 1)
    assert container_health.main("beat") == 1
    broker.stop()
    assert container_health.main("beat") == 1


def test_backups_are_made_by_the_tools_of_the_very_database_server():
    assert f"FROM {SERVICES['postgres']['image']} AS postgres\n" in DOCKERFILE
    assert "for name in pg_dump pg_restore; do" in DOCKERFILE
    assert "COPY --from=postgres /client/bin /usr/local/bin" in DOCKERFILE


# The image -------------------------------------------------------------------------------------------
def test_the_image_holds_what_the_compose_file_mounts_over():
    for folder in ("/data", "/static", "/secrets", "/sandbox"):
        assert re.search(rf"install -d .*{folder}\b", DOCKERFILE), "else the volume belongs to root"
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    needed = {name for line in copied for name in line.split()}
    assert {f"!{name}" for name in needed} <= set(ignored)
    assert all(Path(ROOT / name).exists() for name in needed)
