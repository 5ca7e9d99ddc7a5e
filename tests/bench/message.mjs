// What a delivered message costs a server of Node.js in processor time, by three protocols, as
// `GET /api/processor_time` measures it of Lifeline: the server is a process of its own, messages are put
// in one at a time, and what putting them in takes where nobody listens is taken off, round by round.
// It is the process's time, with that of the engine's own threads. Prints one JSON document.
// node message.mjs CONTRACT_FOLDER

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, get } from 'node:http';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { WebSocket, WebSocketServer } from 'ws';

const MESSAGES = 2_000;
const BYTES = 64;
const ROUNDS = 20;
const WARM_UP = 200;
const ASIDE = 100;
const REST_MS = 1;
const LIMIT_MS = 60_000;
const PROTOCOLS = ['grpc', 'sse', 'websocket'];
const TEXT = 'm'.repeat(BYTES);

const [contract, role] = process.argv.slice(2);
const loaded = loadSync('lifeline/v1/chat.proto', {
  includeDirs: [contract],
  keepCase: true,
  longs: String,
});
const { Chat } = grpc.loadPackageDefinition(loaded).lifeline.v1;

/** The server: does what it is told over the channel to its parent. */
async function serve() {
  const push = {};
  let id = 0;
  const web = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    push.sse = (text) => response.write(`id: ${id}\nevent: message\ndata: ${text}\n\n`);
  });
  web.on('connection', (socket) => socket.setNoDelay(true));
  const sockets = new WebSocketServer({ server: web, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    push.websocket = (text) => socket.send(JSON.stringify({ id, from: 'A', text }));
  });
  const calls = new grpc.Server();
  calls.addService(Chat.service, {
    Subscribe: (call) => {
      call.sendMetadata(new grpc.Metadata());
      push.grpc = (text) => call.write({ id, from: 'A', to: 'B', text });
    },
  });
  const port = await new Promise((resolve, reject) => {
    const bound = (error, number) => (error ? reject(error) : resolve(number));
    calls.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), bound);
  });
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
  process.on('message', ({ act, protocol }) => {
    if (act === 'clock') {
      const { user, system } = process.cpuUsage();
      process.send({ clock: user + system });
    } else {
      id += 1;
      // Where nobody listens there is no such protocol.
      push[protocol]?.(TEXT);
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ grpc: port, web: web.address().port });
}

/** Subscribes by each protocol. Each calls `heard` with every text. */
async function subscribe(ports, heard) {
  const chat = new Chat(`127.0.0.1:${ports.grpc}`, grpc.credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
  });
  const call = chat.subscribe({ user: 'B', after: 0, max: 0 });
  call.on('error', () => {});
  call.on('data', ({ text }) => heard('grpc', text));
  const begun = new Promise((resolve) => call.on('metadata', resolve));
  const events = await new Promise((resolve, reject) => {
    get(`http://127.0.0.1:${ports.web}/events`, resolve).on('error', reject);
  });
  events.setEncoding('utf8');
  let unread = '';
  events.on('data', (piece) => {
    const blocks = (unread + piece).split('\n\n');
    unread = blocks.pop();
    for (const block of blocks) heard('sse', block.split('data: ').pop());
  });
  const socket = new WebSocket(`ws://127.0.0.1:${ports.web}/`, { perMessageDeflate: false });
  socket.on('message', (said) => heard('websocket', JSON.parse(said).text));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  await begun;
}

const quantile = (values, percent) => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)];
};
const rounded = (value) => Math.round(value * 100) / 100;

async function measure() {
  const server = fork(fileURLToPath(import.meta.url), [contract, 'serve']);
  const answer = () => new Promise((resolve) => server.once('message', resolve));
  const ports = await answer();
  const waits = {};
  await subscribe(ports, (protocol, text) => {
    if (text !== TEXT) throw new Error(`${protocol}: a message arrived changed`);
    waits[protocol]?.();
  });
  const clock = async () => {
    const told = answer();
    server.send({ act: 'clock' });
    return (await told).clock;
  };
  /** Microseconds for one message. */
  const turn = async (protocol, count) => {
    const before = await clock();
    for (let number = 0; number < count; number += 1) {
      const heard =
        protocol === 'nobody' ? null : new Promise((resolve) => (waits[protocol] = resolve));
      server.send({ act: 'publish', protocol });
      await heard;
      await rest(REST_MS);
    }
    return ((await clock()) - before) / count;
  };
  const rounds = [];
  // The first is thrown away: code is slow before it is warm.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const count = round === 0 ? WARM_UP : MESSAGES / ROUNDS;
    const nobody = await turn('nobody', Math.min(count, ASIDE));
    const found = { nobody };
    for (let place = 0; place < PROTOCOLS.length; place += 1) {
      const protocol = PROTOCOLS[(place + round) % PROTOCOLS.length];
      found[protocol] = Math.max((await turn(protocol, count)) - nobody, 0);
    }
    if (round > 0) rounds.push(found);
  }
  server.kill();
  const require = createRequire(import.meta.url);
  const version = (name) => require(`${name}/package.json`).version;
  const cost = (protocol) => {
    const all = rounds.map((round) => round[protocol]);
    const [p10, median_us, p90] = [10, 50, 90].map((percent) => rounded(quantile(all, percent)));
    return { protocol, median_us, p10, p90 };
  };
  const report = {
    versions: { node: process.version, 'grpc-js': version('@grpc/grpc-js'), ws: version('ws') },
    messages: MESSAGES,
    bytes: BYTES,
    rounds: ROUNDS,
    publish_us: rounded(quantile(rounds.map((round) => round.nobody), 50)),
    protocols: PROTOCOLS.map(cost),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
}

if (role === 'serve') {
  await serve();
} else {
  setTimeout(() => {
    process.stderr.write('it took too long\n');
    process.exit(1);
  }, LIMIT_MS).unref();
  await measure();
}
