"""One channel of `grpcio`, and calls on it as they are asked for, a line each, on the standard input.

`send RUN TEXT` sends a message, `hear RUN` subscribes for as long as that goes. Prints what comes of
each: {"run", "text", "status"}; the status is null for a message that was heard.
python channel.py HOST:PORT CONTRACT_FOLDER
"""

import json
import sys
import threading

import grpc

target, contract = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

TIMEOUT_S = 40


def tell(run, text, status):
    print(json.dumps({"run": run, "text": text, "status": status}), flush=True)


with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)

    def how(run):
        return {"metadata": [("lifeline-run", run)], "timeout": TIMEOUT_S}

    def send(run, text):
        # `from` is a word of Python's own.
        sent = messages.SendRequest(**{"from": "A", "to": "B", "text": text})
        try:
            _, call = chat.Send.with_call(sent, **how(run))
            tell(run, text, call.code().value[0])
        except grpc.RpcError as error:
            tell(run, text, error.code().value[0])

    def hear(run):
        try:
            for message in chat.Subscribe(messages.SubscribeRequest(user="B"), **how(run)):
                tell(run, message.text, None)
            tell(run, "", 0)
        except grpc.RpcError as error:
            tell(run, "", error.code().value[0])

    for line in sys.stdin:
        asked, run, *text = line.split()
        if asked == "send":
            send(run, *text)
        else:
            threading.Thread(target=hear, args=(run,), daemon=True).start()
