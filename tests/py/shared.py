"""Calls of two runs on one channel of `grpcio`, in turn and at the same time.

Prints for each call: {"run", "text", "status"}, and for a call of a run that is not known its status.
python shared.py HOST:PORT RUN OTHER_RUN CONTRACT_FOLDER
"""

import json
import sys

import grpc

target, first, second, contract = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

TIMEOUT_S = 20
EACH = 5


def request(text):
    # `from` is a word of Python's own.
    return messages.SendRequest(**{"from": "A", "to": "B", "text": text})


def tell(run, text, call):
    print(json.dumps({"run": run, "text": text, "status": call.code().value[0]}), flush=True)


with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)

    def how(run):
        return {"metadata": [("lifeline-run", run)], "timeout": TIMEOUT_S}

    for number in range(EACH):
        for run in (first, second):
            text = f"{run}-{number}"
            _, call = chat.Send.with_call(request(text), **how(run))
            tell(run, text, call)

    # Long enough to be cut over several reads and frames, both at once.
    long = {run: run * 400 for run in (first, second)}
    calls = {run: chat.Send.future(request(long[run]), **how(run)) for run in (first, second)}
    for run, call in calls.items():
        call.result()
        tell(run, long[run], call)

    heard = {
        run: chat.Subscribe(messages.SubscribeRequest(user="B", max=EACH + 1), **how(run))
        for run in (first, second)
    }
    for run, call in heard.items():
        for message in call:
            tell_status = {"run": run, "text": message.text, "status": 0}
            print(json.dumps(tell_status), flush=True)

    try:
        chat.Send(request("nobody's"), **how("nobody99"))
    except grpc.RpcError as error:
        print(json.dumps({"run": "nobody99", "text": "", "status": error.code().value[0]}))
