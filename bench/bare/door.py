"""Takes callbacks and answers them.

python -m bench.bare.door PORT
"""

from __future__ import annotations

import asyncio
import sys

from bench.http_door import Door
from bench.loops import run


async def _serve(port: int) -> None:
    def answer(_: object) -> tuple[str, bytes]:
        return "204 No Content", b""

    server = await asyncio.get_running_loop().create_server(lambda: Door(answer), "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    run(_serve(int(sys.argv[1])))
