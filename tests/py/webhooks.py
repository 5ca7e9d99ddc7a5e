"""What PyPI's `standardwebhooks` makes of deliveries.

Reads JSON from standard input: {"secret", "deliveries": [{"headers": {…}, "body": "…"}]}.
Prints a line for each: {"good": true}, or {"good": false, "why": "…"}.
python webhooks.py
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

asked = json.load(sys.stdin)
webhook = Webhook(asked["secret"])
for delivery in asked["deliveries"]:
    try:
        webhook.verify(delivery["body"], delivery["headers"])
        print(json.dumps({"good": True}))
    except WebhookVerificationError as error:
        print(json.dumps({"good": False, "why": str(error)}))
