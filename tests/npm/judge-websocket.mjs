// What `ws` hears of WebSocket frames: the judge of our decoder. It reads a file of lines, each with
// what one side says after the switch, `bytes` in base64, and `server`, whether a server hears it. It
// prints a line for each: the messages and control frames in order, up to the first broken rule or
// the close, and whether a rule was broken.
// node judge-websocket.mjs FILE

import { readFileSync } from 'node:fs';
import { Receiver } from 'ws';

/** Lets it hear everything in one piece: how it is cut is our decoder's own trial. */
function judge({ server, bytes }) {
  const heard = [];
  let failed = false;
  const receiver = new Receiver({ isServer: server, allowSynchronousEvents: true });
  const hear = (kind) => (data) => heard.push([kind, data.toString('base64')]);
  receiver.on('message', (data, binary) => hear(binary ? 'binary' : 'text')(data));
  receiver.on('ping', hear('ping'));
  receiver.on('pong', hear('pong'));
  receiver.on('conclude', (code, reason) => heard.push(['close', code, reason.toString('base64')]));
  receiver.on('error', () => {
    failed = true;
  });
  return new Promise((resolve) => {
    // An error is told a little later than the write is done.
    receiver.write(Buffer.from(bytes, 'base64'), () => {
      setImmediate(() => resolve({ heard, failed }));
    });
  });
}

const lines = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');
const verdicts = [];
for (const line of lines) {
  verdicts.push(JSON.stringify(await judge(JSON.parse(line))));
}
process.stdout.write(`${verdicts.join('\n')}\n`);
