"""Each kind of call with `grpcio`, and with gRPC-web by hand, always by the first contract.

Prints what each call said: {"form", "method", "received", "unknown", "status", "details"}. A message is
the fields that it has, each as text; what the contract does not know is [number, wire type].
python contract.py HOST:PORT RUN CONTRACT_FOLDER
"""

import base64
import http.client
import json
import sys
from itertools import islice
from queue import Queue
from urllib.parse import unquote

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet

target, run, contract = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

TIMEOUT_S = 20
TRAILERS = 0x80


def request(sender, to, text):
    # `from` is a word of Python's own.
    return messages.SendRequest(**{"from": sender, "to": to, "text": text})


def subscription(**asked):
    return messages.SubscribeRequest(user="B", **asked)


def fields(message):
    return {field.name: str(value) for field, value in message.ListFields()}


def unknown(message):
    return [[field.field_number, field.wire_type] for field in UnknownFieldSet(message)]


def tell(form, method, received, status, details):
    said = {
        "form": form,
        "method": method,
        "received": [fields(message) for message in received],
        "unknown": [field for message in received for field in unknown(message)],
        "status": status,
        "details": details,
    }
    print(json.dumps(said), flush=True)


def native(method, call):
    """Makes a call; what it gives are the answers."""
    received, status, details = [], 0, ""
    try:
        for answer in call():
            received.append(answer)
    except grpc.RpcError as error:
        status, details = error.code().value[0], error.details()
    tell("native", method, received, status, details)


def first(call, count):
    """So many answers of a call that has no end."""
    yield from islice(call, count)
    call.cancel()


def conversation(sent):
    """Comes to its end when everything sent was heard."""
    heard = Queue()

    def speak():
        yield from sent
        for _ in sent:
            heard.get(timeout=TIMEOUT_S)

    for message in chat.Converse(speak(), **how):
        heard.put(message)
        yield message


def framed(content):
    """The messages of a content, and its trailers."""
    said, trailers = [], {}
    while content:
        flag, length = content[0], int.from_bytes(content[1:5], "big")
        piece, content = content[5 : 5 + length], content[5 + length :]
        if flag & TRAILERS:
            lines = piece.decode().split("\r\n")
            trailers |= dict(line.split(":", 1) for line in lines if line)
        else:
            said.append(piece)
    return said, trailers


def web(form, method, message, answer_type):
    """Makes a call of gRPC-web with one message, as bytes or as text."""
    kind = {"web": "application/grpc-web+proto", "text": "application/grpc-web-text+proto"}[form]
    sent = message.SerializeToString()
    sent = b"\0" + len(sent).to_bytes(4, "big") + sent
    if form == "text":
        sent = base64.b64encode(sent)
    connection = http.client.HTTPConnection(target, timeout=TIMEOUT_S)
    path = f"/r/{run}/lifeline.v1.Chat/{method}"
    connection.request("POST", path, sent, {"Content-Type": kind, "Accept": kind})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if form == "text":
        # Each piece is padded for itself.
        quanta = (content[at : at + 4] for at in range(0, len(content), 4))
        content = b"".join(base64.b64decode(quantum) for quantum in quanta)
    said, trailers = framed(content)
    # Without an answer the status stands in the head.
    status = trailers.get("grpc-status") or answer.getheader("grpc-status")
    details = trailers.get("grpc-message") or answer.getheader("grpc-message") or ""
    received = [answer_type.FromString(message) for message in said]
    tell(form, method, received, int(status), unquote(details.strip()))


with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)
    how = {"metadata": [("lifeline-run", run)], "timeout": TIMEOUT_S}

    for text in ("one", "two"):
        native("Send", lambda: [chat.Send(request("A", "B", text), **how)])
    native("Subscribe", lambda: chat.Subscribe(subscription(max=1), **how))
    native("Subscribe", lambda: chat.Subscribe(subscription(after=1, max=1), **how))
    native("Subscribe", lambda: first(chat.Subscribe(subscription(), **how), 2))
    native("Upload", lambda: [chat.Upload(iter([request("A", "B", "three")]), **how)])
    native("Converse", lambda: conversation([request("C", "C", text) for text in ("four", "five")]))

for form in ("web", "text"):
    web(form, "Send", request("A", "B", "six"), messages.SendResponse)
    web(form, "Subscribe", subscription(max=1), messages.Message)
    web(form, "Upload", request("A", "B", "seven"), messages.UploadResponse)
