// Lifeline's ladder and mermaid's sequence diagram in turn, in rounds. Prints the rounds as JSON.
// node ladder.mjs PLAN.json, with
// { chromium, lifeline, rounds, appends, sizes: [{ name, messages, log, more, peer, peer_appends }] }
// `log` is a file of NDJSON, `more` one of a JSON array: the text of each further message.

import { readFileSync, statSync } from 'node:fs';
import { browser, bundle, has, open, say, serve, version } from './harness.mjs';

/** A notch of a wheel in each frame, and a scroll bar that is dragged. */
const SCROLLS = { wheel: [120, 120], drag: [60, 4000] };

/** Both have drawn a small diagram before anything is measured. */
const WARM = 100;

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** As many arrows between two participants. */
function sequence(messages) {
  const lines = ['sequenceDiagram', 'participant B as Browser', 'participant S as Server'];
  for (let index = 0; index < messages; index += 1) {
    const number = Math.floor(index / 2);
    lines.push(index % 2 === 0 ? `B->>S: GET /hello ${number}` : `S-->>B: 200 OK ${number}`);
  }
  return lines.join('\n');
}

/** Puts a file's text into the page, past the wire that Playwright speaks on. */
async function load(page, path) {
  await page.evaluate(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', id: 'bench-file', hidden: true });
    document.body.append(input);
  });
  await page.setInputFiles('#bench-file', path);
  const bytes = await page.evaluate(async () => {
    const input = document.getElementById('bench-file');
    const [file] = input.files;
    input.remove();
    globalThis.benchText = await file.text();
    return file.size;
  });
  if (bytes !== statSync(path).size) throw new Error(`${path} did not arrive whole`);
}

async function scrolls(page, hook) {
  const lengths = {};
  for (const [name, [count, px]] of Object.entries(SCROLLS)) {
    lengths[name] = await page.evaluate(
      ([hook, count, px]) =>
        globalThis.benchTools.frames((by) => globalThis[hook].scroll(by), count, px),
      [hook, count, px],
    );
  }
  return lengths;
}

async function lifeline(chrome, size) {
  const page = await open(chrome, `${plan.lifeline}/#bench`);
  await has(page, 'lifelineBench', 'the page offers no window.lifelineBench at #bench');
  await load(page, plan.sizes[0].log);
  await page.evaluate(() => globalThis.lifelineBench.open(globalThis.benchText));
  await load(page, size.log);
  const svg = await page.evaluate(() => globalThis.lifelineBench.svg(globalThis.benchText));
  const shown = await page.evaluate(async () => {
    await globalThis.benchTools.frame();
    return globalThis.lifelineBench.open(globalThis.benchText);
  });
  const more = JSON.parse(readFileSync(size.more, 'utf8')).slice(0, plan.appends);
  const append = await page.evaluate(async (more) => {
    const times = [];
    for (const text of more) {
      await globalThis.benchTools.frame();
      times.push(await globalThis.lifelineBench.append(text));
    }
    return times;
  }, more);
  const frames = await scrolls(page, 'lifelineBench');
  await page.context().close();
  // A picture that has not every message must not look quick.
  if (svg.bytes < 50 * size.messages) throw new Error(`the SVG has only ${svg.bytes} bytes`);
  return { shown, svg: svg.ms, svg_bytes: svg.bytes, append, frames };
}

async function mermaid(chrome, size, peer) {
  const page = await open(chrome, `${peer}/peer.html`);
  await has(page, 'peerBench', "the peer's page did not start");
  const draw = async (messages) => {
    const text = sequence(messages);
    const told = await page.evaluate((text) => globalThis.peerBench.open(text), text);
    if (told.arrows !== messages) throw new Error(`mermaid drew ${told.arrows} of ${messages}`);
    return told;
  };
  await draw(WARM);
  const first = await draw(size.messages);
  const append = [];
  for (let more = 1; more <= size.peer_appends; more += 1) {
    append.push((await draw(size.messages + more)).laid);
  }
  const frames = await scrolls(page, 'peerBench');
  await page.context().close();
  const { laid, painted, svg, bytes } = first;
  return { shown: laid, painted, svg, svg_bytes: bytes, append, frames };
}

async function round(number, peer) {
  const done = [];
  for (const size of plan.sizes) {
    say(`round ${number} of ${plan.rounds}: ${size.name}`);
    const chrome = await browser(plan.chromium);
    const both = [
      ['lifeline', () => lifeline(chrome, size)],
      ['mermaid', () => (size.peer ? mermaid(chrome, size, peer) : null)],
    ];
    // Neither is always first.
    if (number % 2 === 0) both.reverse();
    const told = { round: number, size: size.name };
    for (const [name, measure] of both) told[name] = await measure();
    done.push(told);
    await chrome.close();
  }
  return done;
}

await bundle();
const server = await serve();
const rounds = [];
for (let number = 1; number <= plan.rounds; number += 1) {
  rounds.push(...(await round(number, server.url)));
}
const chrome = await browser(plan.chromium);
const versions = { chromium: chrome.version(), mermaid: version('mermaid') };
await chrome.close();
server.close();
process.stdout.write(`${JSON.stringify({ versions, rounds })}\n`);
