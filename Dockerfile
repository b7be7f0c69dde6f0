# The service as an image: what is locked, the project itself, and nothing to build either with.

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/build.lock requirements/run.lock requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements/build.lock
# Wheels only: nothing is compiled here, so nothing is needed to compile with.
RUN python -m venv --without-pip /opt/timebok \
    && pip --python /opt/timebok/bin/python install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes --requirement requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapter adapter
COPY handlers handlers
COPY schemas schemas
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/timebok/bin/python install --no-cache-dir --no-deps --no-index dist/timebok-*.whl

FROM python:3.13-slim
# A fixed number, so that volumes and policies can name it. The folder is made here, since a new volume takes
# over who owns it.
RUN groupadd --gid 10001 timebok \
    && useradd --uid 10001 --gid timebok --no-create-home --home-dir /var/lib/timebok timebok \
    && install --directory --owner timebok --group timebok --mode 750 /var/lib/timebok
COPY --from=build /opt/timebok /opt/timebok
ENV PATH=/opt/timebok/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TIMEBOK_DATABASE_URL=sqlite:////var/lib/timebok/timebok.db \
    TIMEBOK_HEALTH_HOST=0.0.0.0 \
    TIMEBOK_HEALTH_PORT=8080
USER 10001:10001
WORKDIR /var/lib/timebok
VOLUME /var/lib/timebok
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["timebok", "health"]
ENTRYPOINT ["timebok"]
CMD ["serve"]
