"""The proxy of the compose file, read as text: what it lets through, sends, believes and tells."""

import re
import shlex

import yaml
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import RequestFactory
from django.urls import reverse

from gallery import media
from gallery.pictures import LARGEST_BYTES
from tests.live import ROOT
from tryon.web import upload_handler

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ENVIRONMENT = SERVICES["web"]["environment"]
NGINX = (ROOT / "docs/deploy/nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_application_refuses_before_the_proxy_does(settings):
    most = {int(size) * 1024 * 1024 for size in re.findall(r"client_max_body_size (\d+)m;", NGINX)}
    form, photo, elsewhere = sorted(most, reverse=True)
    assert 1.01 < form / upload_handler.MOST_OF_A_REQUEST < 1.05
    assert 1.01 < photo / LARGEST_BYTES < 1.2
    assert elsewhere > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_pictures_are_sent_where_the_application_says_and_nowhere_else():
    where = ENVIRONMENT["MEDIA_ACCEL"]
    data_dir = re.search(r"\bDATA_DIR=(\S+)", DOCKERFILE)[1]
    block = re.search(rf"location {where} {{(.*?)\n        }}", NGINX, re.DOTALL)[1]
    assert re.search(r"^\s*internal;$", block, re.MULTILINE)
    assert f"alias {data_dir}/media/;" in block
    assert f"data:{data_dir}:ro" in SERVICES["proxy"]["volumes"]
    assert NGINX.count("alias ") == 2, "pictures, and static files"


def test_what_makes_a_picture_inert_is_said_again_by_the_proxy(settings, tmp_path):
    settings.MEDIA_ACCEL = ENVIRONMENT["MEDIA_ACCEL"]
    settings.MEDIA_ROOT = str(tmp_path)
    name = default_storage.save("originals/a.png", ContentFile(b"bytes"))

    class Stored:
        storage, instance = default_storage, None

        def __init__(self) -> None:
            self.name = name

    response = media.send(RequestFactory().get("/"), Stored(), "image/png")
    assert response["X-Accel-Redirect"] == f"/protected/{name}"
    kept_by_nginx = {
        "Content-Type",
        "Content-Disposition",
        "Cache-Control",
        "X-Accel-Redirect",
        "Content-Length",
    }
    for header in set(response.headers) - kept_by_nginx:
        variable = header.lower().replace("-", "_")
        assert f"add_header {header} $upstream_http_{variable};" in NGINX


def test_no_address_of_a_request_is_believed_unless_the_proxy_wrote_it():
    given = dict(re.findall(r"proxy_set_header (\S+) (\S+);", NGINX))
    assert given["X-Forwarded-For"] == given["X-Real-IP"] == "$remote_addr", "replaced, not appended to"
    assert given["X-Forwarded-Proto"] == "$proto"
    assert given["Host"] == "$http_host", "with its port, by which the application knows its own address"
    assert given["X-Request-ID"] == "$request_id"
    assert ENVIRONMENT["TRUST_REQUEST_ID"] == "1"
    assert SERVICES["proxy"]["environment"]["TRUSTED_PROXY"] == "${TRUSTED_PROXY:-127.0.0.1/32}"


def test_no_log_line_of_the_proxy_has_a_raw_address():
    line = re.search(r"log_format line (.*?);", NGINX, re.DOTALL)[1]
    assert not re.search(r"\$(request|uri|request_uri|args|query_string|http_\w+|arg_\w+)\b", line)


def test_static_files_with_a_hash_are_kept_for_ever():
    pattern = re.search(r'"~(\\\..*?)" "public, max-age=31536000, immutable"', NGINX)[1]
    assert re.search(pattern, "/static/css/site.0123456789ab.css")
    assert not re.search(pattern, "/static/css/site.css")


def test_photos_have_a_web_of_their_own_and_everything_else_goes_to_the_pages():
    blocks = re.findall(r"location (\S+|[=~] \S+) \{([^}]*)\}", NGINX)
    passed = {
        where: found[1] for where, text in blocks if (found := re.search(r"proxy_pass http://\$(\w+);", text))
    }
    assert passed.pop("= " + reverse("references")) == "uploads"
    assert set(passed.values()) == {"web"}
    for name in ("web", "uploads"):
        assert f"set ${name} {name}:8000;" in NGINX
        assert ":8000" in shlex.join(SERVICES[name].get("command", "").split() or DOCKERFILE.split())
    assert SERVICES["uploads"]["environment"] == SERVICES["web"]["environment"]
