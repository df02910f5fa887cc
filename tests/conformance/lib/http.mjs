// One exchange as it is: nothing followed, nothing repaired. fetch() would hide redirects' cookies and cannot show a
// client certificate.
import http from 'node:http';
import https from 'node:https';

let authority;
const agents = new Map();

// The certificate authority (PEM) that servers must have; before the first exchange.
export function trust(pem) {
  authority = pem;
}

// One pool of connections for each client certificate; NAME '' is the one without.
function agentOf(certificate) {
  const name = certificate?.cert ?? '';
  if (!agents.has(name)) {
    agents.set(name, new https.Agent({ ca: authority, keepAlive: true, family: 4, cert: certificate?.cert, key: certificate?.key }));
  }
  return agents.get(name);
}

export function closeConnections() {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

export class Answer {
  constructor(url, message, bytes) {
    this.url = url;
    this.status = message.statusCode;
    this.headers = message.headers;
    this.raw = message.rawHeaders;
    this.bytes = bytes;
  }
  get text() {
    return this.bytes.toString('utf8');
  }
  get type() {
    return (this.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  }
  get json() {
    try {
      return JSON.parse(this.text);
    } catch {
      return undefined;
    }
  }
}

// BODY: text, or an object that is sent as a form (an array of values sends the name several times).
export function exchange(url, { method, headers = {}, body, certificate } = {}) {
  const text = body === undefined || typeof body === 'string' ? body : formOf(body);
  const all = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  if (text !== undefined) {
    all['content-length'] = Buffer.byteLength(text);
    if (typeof body !== 'string') all['content-type'] = 'application/x-www-form-urlencoded';
  }
  return new Promise((resolve, reject) => {
    const how = { method: method ?? (text === undefined ? 'GET' : 'POST'), headers: all };
    const request = url.startsWith('https:') ? https.request(url, { ...how, agent: agentOf(certificate) }) : http.request(url, { ...how, agent: false });
    request.on('response', (message) => {
      const parts = [];
      message.on('data', (part) => parts.push(part));
      message.on('end', () => resolve(new Answer(url, message, Buffer.concat(parts))));
      message.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(30000, () => request.destroy(new Error(`${url}: no answer within 30 s`)));
    request.end(text);
  });
}

export function formOf(fields) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) form.append(name, one);
  }
  return form.toString();
}

// A fetch() for client libraries, over the same connections: it never follows a redirect.
export const fetchWith = (certificate) => async (url, options = {}) => {
  const headers = Object.fromEntries(new Headers(options.headers));
  const body = options.body === undefined || options.body === null ? undefined : options.body.toString();
  if (options.body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
  const answer = await exchange(String(url), { method: options.method, headers, body, certificate });
  const kept = [];
  for (let i = 0; i < answer.raw.length; i += 2) kept.push([answer.raw[i], answer.raw[i + 1]]);
  const response = new Response([204, 304].includes(answer.status) ? null : answer.bytes, { status: answer.status, headers: kept });
  Object.defineProperty(response, 'url', { value: String(url) });
  return response;
};
