# One image for the consumers, the commands and Airflow. Everything installed has its hash in a lock file.
FROM python:3.12.12-slim-bookworm AS build
WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
RUN python -m venv --without-pip /opt/wirewatch \
 && /tools/bin/uv pip install --no-cache --python /opt/wirewatch/bin/python --compile-bytecode --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY wirewatch wirewatch
COPY producers producers
COPY consumers consumers
COPY dags dags
COPY seeds seeds
RUN /tools/bin/hatchling build -t wheel -d /dist \
 && /tools/bin/uv pip install --no-cache --python /opt/wirewatch/bin/python --compile-bytecode --no-deps /dist/*.whl

FROM python:3.12.12-slim-bookworm
# 1000 is the user of Elasticsearch's image too: the key that is made here can be read there, and nobody is root.
RUN useradd --uid 1000 --create-home wirewatch \
 && install -d -o wirewatch -g wirewatch /opt/airflow /opt/airflow/auth /opt/airflow/logs /certificates /certificates/key /certificates/ca /var/cache/wirewatch /var/lib/wirewatch
COPY --from=build /opt/wirewatch /opt/wirewatch
COPY dags /opt/airflow/dags
COPY --from=build /src/wirewatch/scheduling/plugins /opt/airflow/plugins
COPY deploy /opt/deploy
ENV PATH=/opt/wirewatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    WIREWATCH_CACHE_DIR=/var/cache/wirewatch \
    WIREWATCH_DATA_DIR=/var/lib/wirewatch
USER wirewatch
WORKDIR /home/wirewatch
CMD ["wirewatch", "--help"]
