// What `eventsource-parser` hears of an event stream: the judge of our decoder. It reads a file of
// lines, each with the content of an answer, `bytes` in base64, and prints a line for each: the events
// that are dispatched, with the last event id, the time to wait and the number of comments up to there.
// node judge-events.mjs FILE

import { readFileSync } from 'node:fs';
import { createParser } from 'eventsource-parser';

/** Of longer data our decoder keeps the length alone. */
const KEPT = 8 * 1024;

/** Lets it hear everything in one piece: how it is cut is our decoder's own trial. */
function judge(bytes) {
  const heard = [];
  let id = '';
  let retry = null;
  let comments = 0;
  const parser = createParser({
    onId(value) {
      id = value;
    },
    onRetry(ms) {
      retry = Math.min(ms, Number.MAX_SAFE_INTEGER);
    },
    onComment() {
      comments += 1;
    },
    onEvent({ event, data }) {
      const len = Buffer.byteLength(data);
      heard.push({ id, event: event ?? 'message', data: len > KEPT ? len : data, retry, comments });
    },
  });
  // The parser takes the byte order mark off, and would take a second one if this took the first.
  parser.feed(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  return { heard };
}

const lines = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');
const verdicts = lines.map((line) =>
  JSON.stringify(judge(Buffer.from(JSON.parse(line).bytes, 'base64'))),
);
process.stdout.write(`${verdicts.join('\n')}\n`);
