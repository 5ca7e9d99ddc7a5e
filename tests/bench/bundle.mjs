// Which files a browser loads for one sequence diagram of mermaid's. Prints them as JSON.
// node bundle.mjs CHROMIUM

import { relative } from 'node:path';
import { browser, bundle, has, here, open, serve, version } from './harness.mjs';

const folder = await bundle();
const server = await serve();
const chrome = await browser(process.argv[2]);
const page = await open(chrome, `${server.url}/peer.html`);
await has(page, 'peerBench', "the peer's page did not start");
const { arrows } = await page.evaluate(() =>
  globalThis.peerBench.open('sequenceDiagram\nBrowser->>Server: GET /hello\nServer-->>Browser: 200 OK'),
);
if (arrows !== 2) throw new Error(`mermaid drew ${arrows} arrows instead of 2`);
const loaded = await page.evaluate(() =>
  performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname),
);
await chrome.close();
server.close();
const out = `/${relative(here, folder)}/`;
const files = [...new Set(loaded)].filter((path) => path.startsWith(out));
const told = { mermaid: version('mermaid'), esbuild: version('esbuild') };
process.stdout.write(`${JSON.stringify({ ...told, files: files.map((path) => path.slice(1)) })}\n`);
