FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/notifier
ENV PATH=/opt/notifier/bin:$PATH
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY notifier notifier
COPY workers workers
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/notifier --create-home notifier \
    && install --directory --owner=notifier --mode=0700 /var/lib/notifier/letters /var/lib/notifier/in-hand
COPY --from=build /opt/notifier /opt/notifier
ENV PATH=/opt/notifier/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    NOTIFIER_HOME=/var/lib/notifier
USER notifier
WORKDIR /var/lib/notifier
EXPOSE 8025
ENTRYPOINT []
CMD ["notifier", "--help"]
