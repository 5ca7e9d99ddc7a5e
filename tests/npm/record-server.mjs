// A server of HTTP/2 without TLS that says what few servers say: an interim answer, a push, ALTSVC,
// ORIGIN, a ping, padding, words in GOAWAY. Prints its port. node record-server.mjs

import http2 from 'node:http2';

const server = http2.createServer({ paddingStrategy: http2.constants.PADDING_STRATEGY_MAX });

server.on('session', (session) => {
  session.altsvc('h2=":8000"; ma=60', 'http://localhost');
  session.ping(Buffer.from('lifeline'), () => {});
});

server.on('stream', (stream, headers) => {
  stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
  if (headers[':path'] === '/first' && stream.pushAllowed) {
    stream.pushStream({ ':path': '/pushed' }, (error, pushed) => {
      if (error) throw error;
      pushed.respond({ ':status': 200, 'content-type': 'text/plain' });
      pushed.end('pushed\n');
    });
  }
  stream.respond({ ':status': 200, 'content-type': 'text/plain' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'x-served': headers[':path'] });
    if (headers[':path'] === '/second') {
      const { NGHTTP2_NO_ERROR } = http2.constants;
      stream.session.goaway(NGHTTP2_NO_ERROR, 0, Buffer.from('no more'));
    }
  });
  stream.end(`hello from ${headers[':path']}\n`);
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
