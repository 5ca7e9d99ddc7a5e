"""What `hpack` decodes of header blocks: the judge of our decoder. It reads a file of lines, each with
blocks that share a context, `bytes` in base64, and `allow` where the table's highest limit is a new one.
It prints a line for each: the header fields of each block and the bytes of the dynamic table behind it, up
to the first block that is refused, and whether there was one.
python judge-hpack.py FILE
"""

import base64
import json
import sys

from hpack import Decoder, HPACKError, NeverIndexedHeaderTuple

# Of longer texts our decoder keeps the beginning.
KEPT = 1024

# What an entry of the table counts beside its name and its value.
OVERHEAD = 32


def text(raw):
    whole = raw.decode("utf-8", "replace").encode()
    return whole[:KEPT].decode("utf-8", "ignore")


def judge(blocks):
    # How much a list of header fields may hold is no matter of the format.
    decoder = Decoder(max_header_list_size=1 << 30)
    heard = []
    for block in blocks:
        if block["allow"] is not None:
            decoder.max_allowed_table_size = block["allow"]
        try:
            headers = decoder.decode(base64.b64decode(block["bytes"]), raw=True)
        except HPACKError:
            return {"heard": heard, "failed": True}
        fields = [
            [text(header[0]), text(header[1]), isinstance(header, NeverIndexedHeaderTuple)]
            for header in headers
        ]
        entries = decoder.header_table.dynamic_entries
        size = sum(len(name) + len(value) + OVERHEAD for name, value in entries)
        heard.append({"fields": fields, "size": size})
    return {"heard": heard, "failed": False}


with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        print(json.dumps(judge(json.loads(line)["blocks"])))
