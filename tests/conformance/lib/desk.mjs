// The service's own doors that the provider knocks at: back-channel log-out, key set, sector document, request objects.
import https from 'node:https';

export class Desk {
  static async open(authority) {
    const desk = new Desk();
    const { cert, key } = authority.issue('desk', '/CN=localhost');
    desk.doors = new Map(); // path: (request) => { status, type, body }
    desk.server = https.createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, response) => desk.#serve(request, response));
    await new Promise((resolve) => { desk.server.listen(0, '127.0.0.1', resolve); });
    desk.origin = `https://localhost:${desk.server.address().port}`;
    return desk;
  }
  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => { this.server.close(resolve); });
  }

  #serve(request, response) {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const door = this.doors.get(request.url.split('?')[0]);
      const call = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString('utf8'), tls: request.socket.getProtocol() };
      const { status = 200, type = 'application/json', body = '' } = door ? door(call) : { status: 404 };
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    });
  }
  // A door that answers what ANSWER says (a function of the call, or the answer); its address.
  at(path, answer) {
    this.doors.set(path, typeof answer === 'function' ? answer : () => answer);
    return this.origin + path;
  }
  // A door that keeps the calls; `next()` waits for one.
  ear(path) {
    const kept = [];
    const waiting = [];
    const url = this.at(path, (call) => {
      if (waiting.length) waiting.shift()(call);
      else kept.push(call);
      return { status: 200, type: 'text/plain' };
    });
    const next = (ms = 15000) =>
      kept.length ? Promise.resolve(kept.shift()) : new Promise((resolve) => {
        const timer = setTimeout(() => resolve(null), ms);
        waiting.push((call) => { clearTimeout(timer); resolve(call); });
      });
    return { url, next };
  }
}
