// A client of HTTP/2 without TLS that fills the table of header fields until entries must go, pads what it
// sends, asks for a smaller table, pings, and leaves a stream. node record-client.mjs URL

import http2 from 'node:http2';

const url = new URL(process.argv[2]);
const { NGHTTP2_CANCEL, PADDING_STRATEGY_MAX } = http2.constants;

const session = http2.connect(url.origin, {
  paddingStrategy: PADDING_STRATEGY_MAX,
  settings: { enablePush: false },
});
session.on('error', (error) => {
  throw error;
});

/** A request, to its end. */
function fetched(number) {
  const stream = session.request({
    ':path': url.pathname,
    'x-number': String(number),
    // Of each of these, about nine have room in a table of 4,096 bytes.
    'x-large': `${number}-`.padEnd(400, 'lifeline '),
  });
  stream.resume();
  return new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
}

for (let number = 1; number <= 12; number += 1) await fetched(number);

await new Promise((resolve) => session.ping(Buffer.from('lifeline'), resolve));
// Only now: who looks on from the middle of a connection need not have heard it (`tests/src/tshark.rs`).
for (const headerTableSize of [128, 0]) {
  await new Promise((resolve) => session.settings({ headerTableSize }, resolve));
  await fetched(13);
}

await new Promise((resolve) => {
  const left = session.request({ ':path': url.pathname, ':method': 'POST' });
  left.on('close', resolve).on('error', () => {});
  left.write('half of what was due', () => left.close(NGHTTP2_CANCEL));
});

session.close();
