// The measuring tools, put into every page before its own scripts.

globalThis.benchTools = {
  /** Waits for the next frame to begin: what is changed now is painted in it. */
  frame() {
    return new Promise((done) => requestAnimationFrame(done));
  },

  /** When the frame that has begun is painted: the first task after it. */
  rendered() {
    return new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now());
      channel.port2.postMessage(null);
    });
  },

  /** The lengths of frames while `scroll(px)` is called once in each; it turns at the ends. */
  async frames(scroll, count, px) {
    const lengths = [];
    let [way, place] = [1, await scroll(0)];
    let last = await this.frame();
    for (let index = 0; index < count; index += 1) {
      const next = await scroll(way * px);
      if (next !== undefined && next === place) way = -way;
      place = next;
      const now = await this.frame();
      lengths.push(now - last);
      last = now;
    }
    return lengths;
  },
};
