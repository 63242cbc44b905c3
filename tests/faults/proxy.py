"""A TCP proxy of our own that can cut a line, slow it down, or swallow what is sent."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from enum import StrEnum

CHUNK = 65_536


class Line(StrEnum):
    """What becomes of connections: passed on; refused, those there are broken off; each piece late; nothing passed on at all."""

    GOOD = "good"
    CUT = "cut"
    SLOW = "slow"
    SILENT = "silent"


class Proxy:
    """Listens on a port of its own and passes on to `target`; without one, it breaks off. Runs in a thread; any may call `set`."""

    def __init__(self, target: int | None = None, delay_s: float = 0.2) -> None:
        self._target, self._delay_s = target, delay_s
        self._line = Line.GOOD
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._heals = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self.port = 0
        self._thread.start()
        self._ready.wait(10)

    def set(self, line: Line) -> None:
        """Change the line; returns when it is done."""
        asyncio.run_coroutine_threadsafe(self._set(line), self._loop).result(10)

    def aim(self, target: int) -> None:
        """Where connections go from now on."""
        self._target = target

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _set(self, line: Line) -> None:
        self._line = line
        if line is Line.CUT:
            for writer in list(self._open):
                writer.transport.abort()
        if line is Line.SILENT:
            self._heals.clear()
        else:
            self._heals.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._line is Line.CUT or self._target is None:
            writer.transport.abort()
            return
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._open |= {writer, far_writer}
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
            self._open -= {writer, far_writer}
        writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._line is Line.SLOW:
                    await asyncio.sleep(self._delay_s)
                if self._line is Line.SILENT:
                    await self._heals.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
