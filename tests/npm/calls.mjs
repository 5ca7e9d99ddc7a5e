// All four kinds of call with `@grpc/grpc-js`, on one channel, the messages made from the contract.
// Prints what each call said: {"method", "sent", "received", "status"}. A message is the fields that it
// has, each as text.
// node calls.mjs HOST:PORT RUN CONTRACT_FOLDER

import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const [target, run, contract] = process.argv.slice(2);
const loaded = loadSync('lifeline/v1/chat.proto', {
  includeDirs: [contract],
  keepCase: true,
  longs: String,
});
const { Chat } = grpc.loadPackageDefinition(loaded).lifeline.v1;

const TIMEOUT_MS = 20_000;
const TEXTS = ['one', 'two\nlines', 'grüße 🌍', 'four', 'five'];

const chat = new Chat(target, grpc.credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
const metadata = new grpc.Metadata();
metadata.set('lifeline-run', run);
const how = () => ({ deadline: Date.now() + TIMEOUT_MS });

const fields = (message) =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, String(value)]));

/** Waits for a call's end. Who has many answers hands them to `heard` as they come. */
async function tell(method, sent, call, received, heard = () => {}) {
  const status = new Promise((resolve) => call.on('status', resolve));
  if (call.readable) {
    for await (const message of call) {
      received.push(message);
      heard(received.length);
    }
  }
  const { code } = await status;
  const said = { method, sent: sent.map(fields), received: received.map(fields), status: code };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

/** Takes the one answer of a call. */
const into = (received) => (error, message) => {
  if (error) throw error;
  received.push(message);
};

const request = (from, to) => (text) => ({ from, to, text });

for (const sent of TEXTS.slice(0, 2).map(request('A', 'B'))) {
  const received = [];
  await tell('Send', [sent], chat.send(sent, metadata, how(), into(received)), received);
}

{
  const [sent, received] = [TEXTS.slice(2).map(request('A', 'B')), []];
  const call = chat.upload(metadata, how(), into(received));
  for (const message of sent) call.write(message);
  call.end();
  await tell('Upload', sent, call, received);
}

{
  const sent = { user: 'B', max: TEXTS.length };
  await tell('Subscribe', [sent], chat.subscribe(sent, metadata, how()), []);
}

{
  const sent = TEXTS.map(request('C', 'C'));
  const call = chat.converse(metadata, how());
  for (const message of sent) call.write(message);
  await tell('Converse', sent, call, [], (count) => {
    if (count === sent.length) call.end();
  });
}

chat.close();
