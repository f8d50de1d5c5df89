# The bot, and nothing that builds it. How to use it: docs/deploy.md
#
#   docker build -t ldn-bot .
#
# The version of Python with which the tests run.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Two environments: the one that builds stays behind, the other holds what runs and not even pip.
RUN python -m venv /build && python -m venv --without-pip /opt/ldn-bot
COPY requirements.lock packaging/build.lock ./
RUN /build/bin/pip install --require-hashes --only-binary :all: -r build.lock
RUN /build/bin/pip --python /opt/ldn-bot/bin/python install \
      --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY bot bot
COPY knowledge knowledge
RUN /build/bin/pip wheel --no-deps --no-build-isolation --no-index -w /wheels . \
 && /build/bin/pip --python /opt/ldn-bot/bin/python install --no-deps --no-index /wheels/*.whl

FROM python:${PYTHON}-slim-bookworm
RUN python -m pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
 && groupadd --gid 10001 ldn \
 && useradd --uid 10001 --gid ldn --home-dir /data --no-create-home --shell /usr/sbin/nologin ldn \
 && install --directory --owner=ldn --group=ldn --mode=0700 /data
COPY --from=build /opt/ldn-bot /opt/ldn-bot
COPY packaging/healthcheck.py /opt/ldn-bot/healthcheck.py
ENV PATH=/opt/ldn-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LDN_DATA=/data
USER 10001:10001
WORKDIR /data
# Learned here, so that a container with a new volume starts in a moment; it also shows that the
# image can answer. An older volume, or documents of your own, are learned at their first start.
RUN ["ldn-bot", "topics"]
# The only place that is written to: the root may be read-only.
VOLUME /data
# With LDN_HEALTH_PORT it asks the process that serves, else it looks at what that process needs.
HEALTHCHECK --interval=2m --timeout=30s --start-period=1m --retries=3 \
  CMD ["python", "/opt/ldn-bot/healthcheck.py"]
ENTRYPOINT ["ldn-bot"]
CMD ["run"]
