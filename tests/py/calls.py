"""All four kinds of call with `grpcio`, on one channel, the messages made from the contract.

Prints what each call said: {"method", "sent", "received", "status"}. A message is the fields that it
has, each as text.
python calls.py HOST:PORT RUN CONTRACT_FOLDER
"""

import json
import sys
from queue import Queue

import grpc

target, run, contract = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

TIMEOUT_S = 20
TEXTS = ("one", "two\nlines", "grüße 🌍", "four", "five")


def fields(message):
    return {field.name: str(value) for field, value in message.ListFields()}


def request(sender, to, text):
    # `from` is a word of Python's own.
    return messages.SendRequest(**{"from": sender, "to": to, "text": text})


def tell(method, sent, received, call):
    said = {
        "method": method,
        "sent": [fields(message) for message in sent],
        "received": [fields(message) for message in received],
        "status": call.code().value[0],
    }
    print(json.dumps(said), flush=True)


class Conversation:
    """Requests that come to their end when everything sent was heard."""

    def __init__(self, sent):
        self.sent = sent
        self.heard = Queue()

    def __iter__(self):
        yield from self.sent
        for _ in self.sent:
            self.heard.get(timeout=TIMEOUT_S)


with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)
    how = {"metadata": [("lifeline-run", run)], "timeout": TIMEOUT_S}

    for text in TEXTS[:2]:
        sent = request("A", "B", text)
        answer, call = chat.Send.with_call(sent, **how)
        tell("Send", [sent], [answer], call)

    sent = [request("A", "B", text) for text in TEXTS[2:]]
    answer, call = chat.Upload.with_call(iter(sent), **how)
    tell("Upload", sent, [answer], call)

    sent = messages.SubscribeRequest(user="B", max=len(TEXTS))
    call = chat.Subscribe(sent, **how)
    tell("Subscribe", [sent], list(call), call)

    sent = [request("C", "C", text) for text in TEXTS]
    conversation = Conversation(sent)
    call = chat.Converse(iter(conversation), **how)
    received = []
    for message in call:
        received.append(message)
        conversation.heard.put(message)
    tell("Converse", sent, received, call)
