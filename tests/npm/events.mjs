// An event stream with `eventsource`, which comes back when it breaks. Prints so many events as they
// come: {"id", "data"}.
// node events.mjs URL COUNT

import { EventSource } from 'eventsource';

const [url, count] = process.argv.slice(2);
let left = Number(count);
const source = new EventSource(url);
source.addEventListener('message', (event) => {
  // What came in the same read as the last one is dispatched even after the close.
  if (left === 0) return;
  process.stdout.write(`${JSON.stringify({ id: event.lastEventId, data: event.data })}\n`);
  left -= 1;
  if (left === 0) source.close();
});
