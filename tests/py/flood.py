"""An upload of many messages, or of large ones, with `grpcio`. Prints {"status", "received"}.

python flood.py HOST:PORT RUN CONTRACT_FOLDER COUNT BYTES
"""

import json
import sys

import grpc

target, run, contract, count, size = sys.argv[1:]
sys.path.insert(0, contract)
messages, services = grpc.protos_and_services("lifeline/v1/chat.proto")

TIMEOUT_S = 50

message = messages.SendRequest(**{"from": "A", "to": "B", "text": "x" * int(size)})
upload = (message for _ in range(int(count)))
status, received = 0, None
with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
    chat = services.ChatStub(channel)
    try:
        answer = chat.Upload(upload, metadata=[("lifeline-run", run)], timeout=TIMEOUT_S)
        received = {"count": answer.count, "last_id": answer.last_id}
    except grpc.RpcError as error:
        status = error.code().value[0]
print(json.dumps({"status": status, "received": received}))
