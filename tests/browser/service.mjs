// A small service of our own for what the booking sites of tools/demo do not do: log-out by a frame, pages that stay open,
// frames that do not load. It is a relying party with PKCE and a session cookie, over plain http on localhost.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { genkan, issuer, shots } from './lib.mjs';

const random = () => randomBytes(24).toString('base64url');
const payload = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
// Named after the service: ports do not part cookies.
const cookieOf = (service, request) => (request.headers.cookie ?? '').split('; ').find((one) => one.startsWith(`${service.id}=`))?.slice(service.id.length + 1);

// HOST is "localhost" or a name below it. MORE are members of the registration; PAGES: path => (request, response, service).
export async function openService(id, name, { host = 'localhost', more = () => ({}), pages = {} } = {}) {
  const service = { id, sessions: new Map(), begun: new Map(), heard: [], last: undefined };
  const server = createServer((request, response) => handle(service, pages, request, response).catch((error) => {
    response.writeHead(500).end(error.message);
  }));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  service.url = `http://${host}:${server.address().port}`;
  service.close = () => { server.closeAllConnections(); server.close(); };
  const file = `${shots}/${id}.json`;
  writeFileSync(file, JSON.stringify({
    client_id: id, client_name: name, 'client_name#en': id, organization: { id: 'a-city', name: 'A市' }, sector: 'a-city',
    redirect_uris: [`${service.url}/cb`], post_logout_redirect_uris: [`${service.url}/`],
    fields: [{ id: 'name', required: true, purpose: '確認', 'purpose#en': 'to know who it is' }], ...more(service.url),
  }));
  const added = genkan('client', 'add', '--json', file);
  if (added.status !== 0) throw new Error(added.err);
  service.secret = JSON.parse(added.out).client_secret;
  service.tokens = (form) => tokens(service, form);
  service.logoutUrl = (session) => `${issuer}/end_session?${new URLSearchParams({ id_token_hint: session.idToken, post_logout_redirect_uri: `${service.url}/` })}`;
  return service;
}

async function tokens(service, form) {
  const basic = Buffer.from(`${service.id}:${service.secret}`).toString('base64');
  const answer = await fetch(`${issuer}/token`, { method: 'POST', headers: { authorization: `Basic ${basic}` }, body: new URLSearchParams(form) });
  return { status: answer.status, ...(await answer.json()) };
}

function begin(service, response, more = {}) {
  const [state, verifier] = [random(), random() + random()];
  service.begun.set(state, verifier);
  const query = new URLSearchParams({ client_id: service.id, response_type: 'code', scope: 'openid name', redirect_uri: `${service.url}/cb`, state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...more });
  response.writeHead(303, { location: `${issuer}/authorize?${query}` }).end();
}

async function receive(service, query, response) {
  const verifier = service.begun.get(query.get('state'));
  service.begun.delete(query.get('state'));
  service.last = query.get('error') ?? 'code';
  if (!verifier || query.get('error')) return page(response, 'nobody', query.get('error') ?? 'bad state');
  const t = await tokens(service, { grant_type: 'authorization_code', code: query.get('code'), redirect_uri: `${service.url}/cb`, code_verifier: verifier });
  if (t.status !== 200) throw new Error(t.error);
  const ticket = random();
  service.session = { sid: payload(t.id_token).sid, idToken: t.id_token, refresh: t.refresh_token };
  service.sessions.set(ticket, service.session);
  response.writeHead(303, { location: '/', 'set-cookie': `${service.id}=${ticket}; HttpOnly; Path=/; SameSite=Lax` }).end();
}

// What a page of the service says: <p id="who">.
export function page(response, who, more = '') {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(`<!DOCTYPE html><html lang="en"><title>service</title><p id="who">${who}</p>${more}`);
}

// OIDC Front-Channel Logout 1.0 2: an address of ours in a frame, with iss and sid; the cookie may have been left out.
function logOutInFrame(service, query, request, response) {
  const [iss, sid, ticket] = [query.get('iss'), query.get('sid'), cookieOf(service, request)];
  service.heard.push({ iss, sid, cookie: service.sessions.has(ticket) });
  if (iss === issuer) for (const [key, session] of service.sessions) if (session.sid === sid) service.sessions.delete(key);
  page(response, 'logged out', `<script>try { top.location = '${service.url}/taken-over'; } catch { /* as it should be */ }</script>`);
}

async function handle(service, pages, request, response) {
  const { pathname, searchParams: query } = new URL(request.url, service.url);
  const session = service.sessions.get(cookieOf(service, request));
  if (pages[pathname]) await pages[pathname](request, response, service, session);
  else if (pathname === '/login') begin(service, response);
  else if (pathname === '/silent') begin(service, response, { prompt: 'none' });
  else if (pathname === '/cb') await receive(service, query, response);
  else if (pathname === '/out') logOutInFrame(service, query, request, response);
  else if (pathname === '/') page(response, session ? 'somebody' : 'nobody');
  else response.writeHead(404).end();
}
