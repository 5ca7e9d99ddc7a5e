// A chat with `ws`: A and B, each over a socket of its own, send each other so many messages. Prints
// each message as it comes: {"user", "message"}.
// node chat.mjs URL_OF_A URL_OF_B COUNT

import { WebSocket } from 'ws';

const [urlOfA, urlOfB, count] = process.argv.slice(2);
const wanted = Number(count);

function join(user, url) {
  const socket = new WebSocket(url);
  const opened = new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const done = new Promise((resolve, reject) => {
    let left = wanted;
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      process.stdout.write(`${JSON.stringify({ user, message })}\n`);
      left -= 1;
      if (left === 0) resolve();
    });
    socket.on('close', (code) => (left === 0 ? resolve() : reject(new Error(`${user}: ${code}`))));
  });
  return { socket, opened, done };
}

const [a, b] = [join('A', urlOfA), join('B', urlOfB)];
await Promise.all([a.opened, b.opened]);
for (let number = 1; number <= wanted; number += 1) {
  for (const [from, to] of [[a, 'B'], [b, 'A']]) {
    from.socket.send(JSON.stringify({ to, text: `Message ${number} for ${to}: grüße 🌍` }));
  }
}
await Promise.all([a.done, b.done]);
for (const { socket } of [a, b]) socket.close(1000);
