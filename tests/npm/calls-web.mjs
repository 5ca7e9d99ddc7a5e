// gRPC-web with `@connectrpc/connect-web` over Node's own `fetch`, the messages made from the contract.
// Prints what each call said: {"method", "sent", "received", "status"}. A message is the fields that it
// has, each as text.
// node calls-web.mjs URL CONTRACT_FOLDER

import { create, createFileRegistry, fromBinary, isFieldSet } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { loadSync } from '@grpc/proto-loader';

const [baseUrl, contract] = process.argv.slice(2);
const TIMEOUT_MS = 20_000;
const TEXTS = ['one', 'two\nlines', 'grüße 🌍'];

// One package reads the contract, the other takes what it read: no compiler is needed.
const loaded = loadSync('lifeline/v1/chat.proto', { includeDirs: [contract], keepCase: true });
const read = loaded['lifeline.v1.Message'].fileDescriptorProtos;
const file = read.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
const service = registry.getService('lifeline.v1.Chat');
const chat = createClient(service, createGrpcWebTransport({ baseUrl }));

function fields(desc, message) {
  const set = desc.fields.filter((field) => isFieldSet(message, field));
  return Object.fromEntries(set.map((field) => [field.name, String(message[field.localName])]));
}

/** Makes a call, whose answers `hear` takes. */
async function tell({ name, input, output, localName }, init, hear) {
  const sent = create(input, init);
  let status = null;
  const onTrailer = (trailer) => {
    status = Number(trailer.get('grpc-status') ?? NaN);
  };
  const received = await hear(chat[localName](sent, { timeoutMs: TIMEOUT_MS, onTrailer }));
  const said = {
    method: name,
    sent: [fields(input, sent)],
    received: received.map((message) => fields(output, message)),
    status,
  };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

for (const text of TEXTS) {
  await tell(service.method.send, { from: 'A', to: 'B', text }, async (answer) => [await answer]);
}

await tell(service.method.subscribe, { user: 'B', max: TEXTS.length }, async (answers) => {
  const received = [];
  for await (const message of answers) received.push(message);
  return received;
});
