from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier.embedded import EmbeddedRedis, find_redis, free_port, redis_server, running_redis
from notifier.errors import SettingsError


def put(server: EmbeddedRedis, key: str, value: str) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set(key, value)


def get(server: EmbeddedRedis, key: str) -> str | None:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        value = client.get(key)
        assert value is None or isinstance(value, str)
        return value


def test_a_stop_loses_nothing_and_the_next_start_is_at_the_same_address(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    with server:
        url = server.url
        put(server, "event", "kept")
    with server:
        assert server.url == url
        assert get(server, "event") == "kept"


def test_a_kill_loses_nothing_that_a_client_was_told_of(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        put(server, "event", "kept")
        server.kill()
        server.start()
        assert get(server, "event") == "kept"


def test_another_object_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        put(server, "event", "kept")
    with EmbeddedRedis(tmp_path) as server:
        assert get(server, "event") == "kept"


def test_it_refuses_writes_rather_than_dropping_old_messages(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendonly")["appendonly"] == "yes"


def test_nobody_reads_it_without_the_password(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        port = int(server.url.rpartition(":")[2].removesuffix("/0"))
        with (
            redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        assert (tmp_path / "url").stat().st_mode & 0o077 == 0


def test_two_servers_never_share_a_directory(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path), pytest.raises(SettingsError, match="NOTIFIER_HOME"):
        EmbeddedRedis(tmp_path).start()


def test_a_taken_port_is_an_error_that_names_the_log(tmp_path: Path) -> None:
    port = free_port()
    with (
        EmbeddedRedis(tmp_path / "first", port),
        pytest.raises(SettingsError, match=r"redis\.log"),
    ):
        EmbeddedRedis(tmp_path / "second", port).start()


def test_another_process_finds_the_running_server(tmp_path: Path) -> None:
    assert running_redis(tmp_path) is None
    with EmbeddedRedis(tmp_path) as server:
        assert running_redis(tmp_path) == server.url
    assert running_redis(tmp_path) is None


def test_a_given_redis_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    with redis_server("redis://127.0.0.1:1/0", tmp_path / "unused") as url:
        assert url == "redis://127.0.0.1:1/0"
    assert not (tmp_path / "unused").exists()


def test_without_a_given_redis_one_is_started(tmp_path: Path) -> None:
    with redis_server(None, tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.ping()


def test_the_binary_is_there_and_can_be_run() -> None:
    assert os.access(find_redis(), os.X_OK)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_it_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from notifier.embedded import EmbeddedRedis\n"
        "server = EmbeddedRedis(Path(sys.argv[1])); server.start(); print(server._process.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        server = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        _wait_for_end(server)
    finally:
        os.close(server)
    assert running_redis(tmp_path) is None


def _wait_for_end(pidfd: int) -> None:
    readable, _, _ = select.select([pidfd], [], [], 30)
    if not readable:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        pytest.fail("the server outlived its parent")
