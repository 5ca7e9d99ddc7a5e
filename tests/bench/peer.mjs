// The peer's page: mermaid behind the same calls as Lifeline's own hook has.

import mermaid from '/out/mermaid.js';

mermaid.initialize({ startOnLoad: false, maxTextSize: 1e9, maxEdges: 1e9 });

const view = document.getElementById('view');
let drawn = 0;

/** Draws the text: `svg` ms to the text of the picture, `laid` ms to its layout, `painted` ms. */
async function open(text) {
  drawn += 1;
  const start = performance.now();
  const { svg } = await mermaid.render(`diagram${drawn}`, text);
  const rendered = performance.now();
  view.innerHTML = svg;
  view.firstElementChild.getBoundingClientRect();
  const laid = performance.now();
  await globalThis.benchTools.frame();
  const painted = await globalThis.benchTools.rendered();
  const since = (moment) => moment - start;
  return {
    svg: since(rendered),
    laid: since(laid),
    painted: since(painted),
    bytes: new Blob([svg]).size,
    arrows: view.querySelectorAll('.messageLine0, .messageLine1').length,
  };
}

async function scroll(px) {
  view.scrollTop += px;
  return view.scrollTop;
}

globalThis.peerBench = { open, scroll };
