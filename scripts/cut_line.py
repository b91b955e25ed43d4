#!/usr/bin/env python3
"""A line that breaks once: passes connections on, and cuts the first one that has carried enough.

    scripts/cut_line.py TARGET BYTES ADDRESS_FILE

TARGET        HOST:PORT to pass connections on to.
BYTES         how many bytes from the target a connection may carry; the first to reach
              that is reset, and all after it are left alone.
ADDRESS_FILE  gets HOST:PORT to connect to, once it listens on loopback.

Runs until it is stopped. Says on standard error when it cuts.
"""

import asyncio
import pathlib
import sys

PIECE = 4096


class Line:
    """Counts what one target sends, and breaks once."""

    def __init__(self, target, limit):
        self.host, port = target.rsplit(":", 1)
        self.port = int(port)
        self.limit = limit
        self.is_cut = False

    async def carry(self, reader, writer, limit):
        """Passes bytes on until the end, or until there are more than limit of them."""
        carried = 0
        while piece := await reader.read(PIECE):
            carried += len(piece)
            if carried > limit and not self.is_cut:
                self.is_cut = True
                print(f"the line was cut after {carried} bytes", file=sys.stderr, flush=True)
                return
            writer.write(piece)
            await writer.drain()

    async def connected(self, reader, writer):
        """Serves one connection; both its sides end together."""
        far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        ways = [asyncio.create_task(self.carry(reader, far_writer, float("inf"))),
                asyncio.create_task(self.carry(far_reader, writer, self.limit))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for side in (writer, far_writer):
                side.transport.abort()


async def main():
    target, limit, address_file = sys.argv[1:]
    line = Line(target, int(limit))
    server = await asyncio.start_server(line.connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    pathlib.Path(address_file).write_text(f"{host}:{port}\n", encoding="utf-8")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
