# Rasa (Python 3.10) and the few plug-ins it loads, with the model trained in. Nothing else of ours is here.
# Tags can be moved. For a release, add the digest: PYTHON_3_10 in .env (docs/running.md).
ARG PYTHON=python:3.10.21-slim-bookworm

FROM ${PYTHON} AS packages
# Only where a mirror is used. They stay in this stage.
ARG PIP_INDEX_URL
ARG UV_INDEX_URL
WORKDIR /packages
COPY requirements/uv.txt requirements/rasa.txt ./
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r uv.txt \
 && python -m venv --without-pip /opt/venv \
 && uv pip sync --no-cache --compile-bytecode --require-hashes --python /opt/venv/bin/python rasa.txt

FROM ${PYTHON}
COPY --from=packages /opt/venv /opt/venv
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --no-create-home --home-dir /tmp --shell /usr/sbin/nologin app
# As `facilitator up` sets them: no telemetry, one thread where a pool would only wait for the other processes.
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    RASA_TELEMETRY_ENABLED=false ORT_DISABLE_TELEMETRY=1 SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MALLOC_ARENA_MAX=2 \
    HOME=/tmp
WORKDIR /app
COPY config.yml endpoints.yml credentials.yml ./
COPY facilitator/__init__.py facilitator/
COPY facilitator/encoder facilitator/encoder
COPY bot/__init__.py bot/domain.yml bot/
COPY bot/engine bot/engine
COPY bot/data bot/data
RUN python -m compileall -q bot facilitator \
 && python -m bot.engine.command train --domain bot/domain.yml --data bot/data --out models --fixed-model-name assistant \
 && rm -rf .rasa /tmp/*
COPY deploy/rasa-entry deploy/healthy.py deploy/
USER 10001:10001
ENTRYPOINT ["deploy/rasa-entry"]
# No `--enable-api`: the only door is our channel, which asks for a token.
CMD ["python", "-m", "bot.engine.command", "run", "--model", "models/assistant.tar.gz", "--interface", "0.0.0.0", "--port", "5005", \
     "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
