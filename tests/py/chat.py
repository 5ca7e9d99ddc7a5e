"""A chat with `websockets`: A and B, each over a socket of its own, send each other so many messages.

Prints each message that came: {"user", "message"}.
python chat.py URL_OF_A URL_OF_B COUNT
"""

import json
import sys

from websockets.sync.client import connect

url_of_a, url_of_b, count = sys.argv[1:]
wanted = int(count)

with connect(url_of_a, proxy=None) as a, connect(url_of_b, proxy=None) as b:
    for number in range(1, wanted + 1):
        for socket, to in ((a, "B"), (b, "A")):
            text = f"Message {number} for {to}: grüße 🌍"
            socket.send(json.dumps({"to": to, "text": text}))
    for user, socket in (("A", a), ("B", b)):
        for _ in range(wanted):
            message = json.loads(socket.recv(timeout=20))
            print(json.dumps({"user": user, "message": message}), flush=True)
