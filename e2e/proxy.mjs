// A reverse proxy that sends each request to the next of its targets.
import { createServer, request } from 'node:http';
import { once } from 'node:events';

/**
 * Starts it before these origins. It adds the headers to every request; served counts what
 * went to each target. A path prefix is taken off.
 */
export async function startProxy(origins, headers = {}, prefix = '') {
  const served = origins.map(() => 0);
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const target = turn++ % origins.length;
    served[target]++;
    const outgoing = request(new URL(incoming.url.replace(prefix, ''), origins[target]), {
      method: incoming.method,
      headers: { ...incoming.headers, ...headers },
    }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    served,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
