"""Calls with `grpcio` that go other ways: a compressed message, one of many frames, a call that is
cancelled. The answers are whatever the server says.
python record-calls.py HOST:PORT RUN CONTRACT_FOLDER
"""

import sys

import grpc

target, run, contract = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

# More than a frame holds.
LARGE = 20_000


def request(text):
    # `from` is a word of Python's own.
    return messages.SendRequest(**{"from": "A", "to": "B", "text": text})


with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)
    how = {"metadata": [("lifeline-run", run)], "timeout": 20}
    try:
        chat.Send(request("again " * 40), compression=grpc.Compression.Gzip, **how)
    except grpc.RpcError as error:
        print(error.code())
    try:
        chat.Send(request("x" * LARGE), **how)
    except grpc.RpcError as error:
        print(error.code())
    chat.Send(request("heard"), **how)
    call = chat.Subscribe(messages.SubscribeRequest(user="B"), **how)
    next(call)
    call.cancel()
    chat.Send(request("after"), **how)
