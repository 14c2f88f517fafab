"""A TCP proxy that adds a fixed delay per round trip, the way a distance would.

Each direction holds every chunk for half the delay. A connection's first bytes from the client are
let through no earlier than one whole delay after it was accepted: on loopback the handshake itself
costs nothing, on a real path it costs a round trip.

Counts connections, and notes each request's operation with the time at which it reaches the
endpoint.
"""

import asyncio
import re
import threading


class DelayProxy:
    def __init__(self, upstream_port, delay_ms):
        self.upstream_port = upstream_port
        self.delay = delay_ms / 1000.0
        self.connections = 0
        self.requests = []  # (monotonic seconds at which the endpoint has it, operation)
        self.port = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the delay proxy did not start")
        return self

    def __exit__(self, *exc):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def reset(self):
        self.connections = 0
        self.requests = []

    def _run(self):
        asyncio.run(self._main())

    async def _main(self):
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _accept(self, reader, writer):
        self.connections += 1
        established = self._loop.time() + self.delay
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, established, True),
                self._pump(up_reader, writer, 0.0, False),
                return_exceptions=True,
            )
        except asyncio.CancelledError:
            pass  # the proxy was closed

    async def _pump(self, reader, writer, not_before, is_request):
        queue = asyncio.Queue()

        async def send():
            while True:
                due, chunk = await queue.get()
                wait = due - self._loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                if chunk is None:
                    writer.close()
                    return
                writer.write(chunk)
                await writer.drain()

        sender = asyncio.create_task(send())
        while True:
            chunk = await reader.read(65536)
            due = max(self._loop.time(), not_before) + self.delay / 2
            if is_request and chunk[:5] == b"POST ":
                name = re.search(rb"Action=(\w+)|X-Amz-Target: [\w.]+\.(\w+)", chunk, re.I)
                self.requests.append((due, (name.group(1) or name.group(2)).decode() if name else "?"))
            await queue.put((due, chunk or None))
            if not chunk:
                break
        await sender
