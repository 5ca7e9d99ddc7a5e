"""What tools ask about a server, and what is answered to who names no run, with `grpcio`.

Prints {"health", "services", "no_run", "unknown_run"}: two answers, byte for letter, and two statuses.
python about.py HOST:PORT RUN
"""

import json
import sys

import grpc

target, run = sys.argv[1:]

# Each channel has a connection of its own.
OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
TIMEOUT_S = 20

# `list_services`, with nothing in it.
LIST_SERVICES = b"\x3a\x00"


def status(metadata):
    with grpc.insecure_channel(target, options=OPTIONS) as channel:
        send = channel.unary_unary("/lifeline.v1.Chat/Send")
        try:
            return send.with_call(b"", metadata=metadata, timeout=TIMEOUT_S)[1].code().value[0]
        except grpc.RpcError as error:
            return error.code().value[0]


with grpc.insecure_channel(target, options=OPTIONS) as channel:
    how = {"metadata": [("lifeline-run", run)], "timeout": TIMEOUT_S}
    health = channel.unary_unary("/grpc.health.v1.Health/Check")(b"", **how)
    reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    services = b"".join(channel.stream_stream(reflection)(iter([LIST_SERVICES]), **how))

said = {
    "health": health.decode("latin-1"),
    "services": services.decode("latin-1"),
    "no_run": status([]),
    "unknown_run": status([("lifeline-run", "nosuchrun")]),
}
print(json.dumps(said))
