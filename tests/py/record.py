"""Records what other people's clients and servers of HTTP/2 say to each other: for each conversation a
file of the format of `proto/wire/src/transcript.rs`, a line for each read, in the order of the reads.
Everything is loopback. `cargo xtask record` calls it.

python record.py LIFELINE NPM_FOLDER CONTRACT_FOLDER TARGET_FOLDER
"""

import asyncio
import contextlib
import json
import pathlib
import re
import sys
import tempfile
import urllib.request

LIFELINE, NPM, CONTRACT, TARGET = sys.argv[1:]
HERE = pathlib.Path(__file__).parent

# How long a client may take, and how long the connection may stay open behind it.
LIMIT_S = 60
CLOSE_S = 2

HOST = "127.0.0.1"
ESCAPES = {0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t", 0x5C: "\\\\"}


def escape(raw):
    printed = lambda byte: chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02x}"
    return "".join(ESCAPES.get(byte) or printed(byte) for byte in raw)


class Proxy:
    """Stands before a server, and keeps what passes."""

    def __init__(self, port):
        self.server_port = port
        self.said = []
        self.connections = 0
        self.over = asyncio.Event()

    async def __aenter__(self):
        self.listener = await asyncio.start_server(self.serve, HOST, 0)
        self.port = self.listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.listener.close()

    async def serve(self, from_client, to_client):
        self.connections += 1
        from_server, to_server = await asyncio.open_connection(HOST, self.server_port)
        ways = (self.pass_on("> ", from_client, to_server), self.pass_on("< ", from_server, to_client))
        await asyncio.gather(*ways)
        for writer in (to_client, to_server):
            writer.close()
        self.over.set()

    async def pass_on(self, way, reader, writer):
        # Who is reset has said what it has said.
        with contextlib.suppress(OSError):
            while raw := await reader.read(1 << 16):
                self.said.append((way, raw))
                writer.write(raw)
                await writer.drain()
            writer.write_eof()

    def write(self, name, about):
        assert self.connections == 1, f"{name}: {self.connections} connections"
        lines = [f"# Recorded: {about}", *(way + escape(raw) for way, raw in self.said)]
        text = "\n".join(lines) + "\n"
        pathlib.Path(TARGET, f"{name}.txt").write_text(text, "ascii")
        print(f"{name}: {sum(len(raw) for _, raw in self.said)} bytes, {len(text)} as text")


async def record(name, about, port, *command):
    """Runs a client; `{port}` in its words is the proxy's. Only its end is of interest."""
    async with Proxy(port) as proxy:
        words = [str(word).replace("{port}", str(proxy.port)) for word in command]
        quiet = asyncio.subprocess.DEVNULL
        client = await asyncio.create_subprocess_exec(*words, stdin=quiet, stdout=quiet)
        try:
            code = await asyncio.wait_for(client.wait(), LIMIT_S)
        finally:
            if client.returncode is None:
                client.kill()
        assert code == 0, f"{name}: the client ends with {code}"
        # A server need not close because its client did.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(proxy.over.wait(), CLOSE_S)
        proxy.write(name, about)


@contextlib.asynccontextmanager
async def started(*command, **how):
    program = await asyncio.create_subprocess_exec(*map(str, command), **how)
    try:
        yield program
    finally:
        if program.returncode is None:
            program.terminate()
        await program.wait()


async def first_line(program):
    return (await asyncio.wait_for(program.stdout.readline(), LIMIT_S)).decode()


async def listens(port):
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


async def free_port():
    listener = await asyncio.start_server(lambda *_: None, HOST, 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return port


def asked(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=LIMIT_S) as answer:
        return json.load(answer)


async def with_nghttpd():
    """Push, padding both ways, a header block in pieces, orders of priority, trailers."""
    with tempfile.TemporaryDirectory() as folder:
        page = "<!doctype html><link rel=stylesheet href=style.css><p>Hello\n"
        pathlib.Path(folder, "index.html").write_text(page)
        pathlib.Path(folder, "style.css").write_text("p { color: teal }\n")
        port = await free_port()
        server = ["nghttpd", "--no-tls", "-a", HOST, "-d", folder, "--padding=24"]
        server += ["--push=/index.html=/style.css", "--trailer=served: whole", port]
        async with started(*server):
            await listens(port)
            client = ["nghttp", "--padding=24", "--continuation", "--trailer=asked: whole"]
            client += ["-d", pathlib.Path(folder, "style.css"), "http://localhost:{port}/index.html"]
            about = "nghttp and nghttpd, with a push, padding and CONTINUATION."
            await record("nghttp", about, port, *client)


async def with_node():
    """What servers may say unasked: an interim answer, ALTSVC, ORIGIN, words in GOAWAY, a push."""
    pipe = asyncio.subprocess.PIPE
    async with started("node", pathlib.Path(NPM, "record-server.mjs"), stdout=pipe) as server:
        port = int(await first_line(server))
        urls = ["http://localhost:{port}/first", "http://localhost:{port}/second"]
        about = "nghttp and the http2 module of Node.js as the server."
        await record("nghttp_node", about, port, "nghttp", *urls)


async def with_lifeline():
    pipe = asyncio.subprocess.PIPE
    server = started(LIFELINE, "--port", "0", stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    async with server as server:
        studio = re.search(r"http://[^\s/]*", await first_line(server))[0]
        at = asked(f"{studio}/api/origins")["origins"]["instance1"]
        port = int(at.rsplit(":", 1)[1])

        def run():
            return asked(f"{studio}/api/runs", {"lab": "grpc", "params": {"link_ms": 0}})["id"]

        name = run()
        page = f"http://localhost:{{port}}/r/{name}/page"
        h2c = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--http2-prior-knowledge"]
        await record("curl", "curl and Lifeline: a page.", port, *h2c, f"{page}/index.html")
        h2load = ["h2load", "-n", "4", "-c", "1", "-m", "2", f"{page}/dog.png"]
        await record("h2load", "h2load and Lifeline: one file four times, two at once.", port, *h2load)
        client = ["node", pathlib.Path(NPM, "record-client.mjs"), f"{page}/index.html"]
        about = "the http2 module of Node.js and Lifeline: large headers, PING, RST_STREAM, padding."
        await record("node", about, port, *client)
        about = "{} and Lifeline: all four kinds of call."
        for name, client in (
            ("grpcio", [sys.executable, HERE / "calls.py"]),
            ("grpc_js", ["node", pathlib.Path(NPM, "calls.mjs")]),
        ):
            words = [*client, f"{HOST}:{{port}}", run(), CONTRACT]
            await record(name, about.format(name), port, *words)
        client = [sys.executable, HERE / "record-calls.py", f"{HOST}:{{port}}", run(), CONTRACT]
        about = "grpcio and Lifeline: a compressed message, a large one, and a call that is cancelled."
        await record("grpcio_cancel", about, port, *client)


async def main():
    pathlib.Path(TARGET).mkdir(parents=True, exist_ok=True)
    for recorded in (with_nghttpd, with_node, with_lifeline):
        await recorded()


asyncio.run(main())
