// fapi2-security-profile-final-test-plan (plain_fapi, private_key_jwt, DPoP, openid_connect), and
// fapi2-message-signing-final-test-plan, which sends the same in signed request objects and has the answers signed.
import tls from 'node:tls';
import * as jose from 'jose';
import { randomUUID } from 'node:crypto';
import { sleep } from '../lib/server.mjs';
import { exchange } from '../lib/http.mjs';
import { assertionClaims, Key, now, random, sha256url, unsigned } from '../lib/keys.mjs';
import { mustBeError, mustBePage, scopeClaims } from '../lib/party.mjs';

const algorithms = ['PS256', 'ES256', 'EdDSA'];
const query = '?dummy1=lorem&dummy2=ipsum';

let keys; // of the two services; RSA takes a while to make
async function keyOf(n) {
  keys ??= Promise.all([Key.make('PS256'), Key.make('ES256')]);
  return (await keys)[n - 1];
}

// Service number N (1 or 2): registered as FAPI 2.0 has it. CHANGES: of the registration.
async function service(t, n = 1, changes = {}) {
  const key = await keyOf(n);
  const id = t.id(`${n}`);
  const callback = `https://${id}.rp.example/callback`;
  const signing = t.signed ? { request_object_signing_alg: key.alg, require_signed_request_object: true, authorization_signed_response_alg: key.alg } : {};
  const registration = { client_id: id, redirect_uris: [callback, callback + query], jwks: { keys: [key.jwk] }, token_endpoint_auth_signing_alg: key.alg,
    id_token_signed_response_alg: key.alg, ...signing, ...changes };
  const party = { key, idAlg: key.alg, redirect: n === 2 ? callback + query : callback, dpop: await Key.make('ES256'), ...(t.signed && { jar: key, jarm: key.alg }) };
  return t.client(registration, party);
}

// A whole flow with CHANGES of the request must succeed.
const succeeds = (changes, options) => async (t) => {
  const party = await service(t);
  const { id, ...result } = await party.flow(t.browser(), typeof changes === 'function' ? await changes(party) : changes, options);
  return { party, id, ...result };
};

// A request that is refused somewhere: when it is pushed, with one of PAR, or later by a page or an error out of BACK.
async function refused(t, party, request, { par, back = par, pushing = {}, statuses = [400] }) {
  const answer = await party.push(request, pushing);
  if (answer.status !== 201) return mustBeError(t, answer, par, statuses);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: answer.json.request_uri }));
  await browser.goOn();
  return errorOrPage(t, party, browser, request, back);
}
async function errorOrPage(t, party, browser, request, names) {
  if (!browser.elsewhere) return mustBePage(t, browser);
  return party.error(await party.received(browser, { plain: true }), request, names);
}

// A code, and what the token endpoint says to CHANGES and OPTIONS of the call that redeems it.
async function redeeming(t, { changes, options, names, statuses = [400], party, prepare = {} }) {
  const own = party ?? (await service(t));
  const { code } = await own.codeFlow(t.browser(), prepare.request ?? {});
  mustBeError(t, await own.token(own.codeForm(code, changes), options), names, statuses);
}
const badAssertion = (options, names = ['invalid_client', 'invalid_request']) => async (t) =>
  redeeming(t, { options: typeof options === 'function' ? await options(await keyOf(1)) : options, names, statuses: [400, 401] });

// A pushed request whose assertion has another audience.
const badAudience = (audience) => async (t) => {
  const party = await service(t);
  mustBeError(t, await party.push(party.request(), { audience: audience(t) }), ['invalid_client', 'invalid_request'], [400, 401]);
};

// --- TLS, as BCP 195 (RFC 9325 4.2) has it ---------------------------------------------------------------------------

const good12 = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384';
const bad12 = `ALL:${good12.split(':').map((one) => `!${one}`).join(':')}:@SECLEVEL=0`;

function handshake(t, options) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(t.issuer);
    const socket = tls.connect({ host: hostname, port, servername: hostname, ca: t.server.authority.pem, ...options }, () => {
      resolve({ version: socket.getProtocol(), cipher: socket.getCipher().name });
      socket.destroy();
    });
    socket.on('error', () => resolve(null));
  });
}
async function checkTls(t) {
  t.must('TLS 1.2 with a recommended cipher is spoken', (await handshake(t, { maxVersion: 'TLSv1.2', ciphers: good12 }))?.version === 'TLSv1.2');
  for (const version of ['TLSv1', 'TLSv1.1']) t.must(`${version} is not`, (await handshake(t, { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' })) === null);
  const bad = await handshake(t, { maxVersion: 'TLSv1.2', ciphers: bad12 });
  t.must('no other cipher is', bad === null, bad);
  t.should('TLS 1.3 is spoken, and preferred', (await handshake(t, {}))?.version === 'TLSv1.3');
}

// --- DPoP proofs that are wrong --------------------------------------------------------------------------------------

const cut = (jwt, part, change) => jwt.split('.').map((one, i) => (i === part ? change(one) : one)).join('.');
const headerWithout = (name) => (jwt) => cut(jwt, 0, (one) => {
  const header = JSON.parse(Buffer.from(one, 'base64url'));
  delete header[name];
  return Buffer.from(JSON.stringify(header)).toString('base64url');
});
const otherUrl = (url) => url.replace(/\/[^/]*$/, '/elsewhere');

// What is sent, and whether it must be taken (true), refused (false), should be refused or taken ('refuse', 'take').
const proofs = (t, party) => {
  const url = t.metadata.userinfo_endpoint;
  const changed = (changes) => ({ proofOf: { changes } });
  const headed = (header) => ({ proofOf: { header } });
  const made = (make) => ({ proofs: async (proofOf) => ({ dpop: make(await proofOf()) }) });
  const upper = url.replace(/^https:\/\/[^/:]+/, (all) => all.toUpperCase());
  return [
    ['the header in capitals', { proofs: async (make) => ({ DPOP: await make() }) }, 'take'],
    ['two proofs', { proofs: async (make) => ({ dpop: [await make(), await make()] }) }, false],
    ['no JWT', made((jwt) => jwt.replaceAll('.', '')), false],
    ['no typ', headed({ typ: undefined }), false],
    ['no alg', made(headerWithout('alg')), false],
    ['no jwk', headed({ jwk: undefined }), false],
    ...['jti', 'htm', 'htu', 'iat', 'ath'].map((name) => [`no ${name}`, changed({ [name]: undefined }), false]),
    ['another typ', headed({ typ: 'jwt' }), false],
    ['alg none', { proofOf: { make: (key, claims, header) => unsigned(claims, header) } }, false],
    ['a broken signature', made((jwt) => cut(jwt, 2, (one) => Buffer.from(Buffer.from(one, 'base64url').map((byte, i) => (i === 10 ? byte ^ 1 : byte))).toString('base64url'))), false],
    ['a private key in jwk', { proofOf: { make: async (key, claims, header) => key.sign(claims, { ...header, jwk: { ...key.bare, d: (await jose.exportJWK(key.privateKey)).d } }) } }, false],
    ['another htm', changed({ htm: 'PUT' }), false],
    ['htu with query and fragment', changed({ htu: `${url}?a=b#c` }), true],
    ['htu of another page', changed({ htu: otherUrl(url) }), false],
    ['another ath', changed({ ath: sha256url('another token') }), false],
    ['another key', { proofOf: { make: async (key, claims, header) => { const other = await Key.make('ES256'); return other.sign(claims, { ...header, jwk: other.bare }); } } }, false],
    ['more than is known, in header and claims', { proofOf: { changes: { extra: 'foobar' }, header: { extra: 'foobar' } } }, true],
    ['scheme and host of htu in capitals', changed({ htu: upper }), 'take'],
    ['no proof', { proofs: () => ({}) }, false],
    ['no proof, and as a bearer', { proofs: () => ({}), type: 'Bearer' }, false],
    ['a good one still', {}, true],
  ];
};
async function tryProof(t, party, access, [what, options, taken]) {
  const { status } = await party.userinfo(access, options);
  if (taken === true) t.same(`${what}: taken`, status, 200);
  else if (taken === false) t.must(`${what}: refused`, [400, 401].includes(status), status);
  else t.should(`${what}: should be ${taken === 'take' ? 'taken' : 'refused'}, is answered ${status}`, taken === 'take' ? status === 200 : status !== 200);
}
// How old a proof is counts only where no nonce says so (RFC 9449 8, 11.1).
async function tryAge(t, party, access, what, seconds) {
  party.nonces.delete('rs');
  const { status } = await party.userinfo(access, { proofOf: { changes: { iat: now() + seconds } } });
  if (party.nonces.has('rs')) t.should(`${what}, with a nonce of the server: should be taken, is answered ${status}`, status === 200 || status === 401);
  else t.must(`${what}: refused`, [400, 401].includes(status), status);
}

// --- refresh ---------------------------------------------------------------------------------------------------------

const refreshForm = (refresh, scope) => ({ grant_type: 'refresh_token', refresh_token: refresh, scope });

// The previous token is good for a while: what was sent may never have arrived (FAPI 2.0 5.3.2.1-9).
async function refreshes(t, party, before) {
  t.should('grant_types_supported has refresh_token', t.metadata.grant_types_supported.includes('refresh_token'));
  await sleep(1100);
  const refreshOnce = async (token) => {
    const own = party.with({ dpop: await Key.make('ES256') }); // the token is bound to the service, not to its key
    return own.tokens(await own.token(refreshForm(token, before.scope)), { ...before.request, nonce: undefined }, { refreshed: true });
  };
  const after = await refreshOnce(before.refresh);
  t.must('the access token is another one', after.access !== before.access);
  if (after.claims) {
    for (const name of ['iss', 'sub', 'aud', 'azp', 'auth_time']) t.same(`${name} is that of the first ID token (OIDC Core 12.2)`, after.claims[name], before.claims[name]);
    t.must('iat is later', after.claims.iat > before.claims.iat, after.claims);
  }
  if (after.refresh && after.refresh !== before.refresh) {
    await sleep(30000);
    await refreshOnce(before.refresh);
  }
  return after.refresh ?? before.refresh;
}

// --- the modules -----------------------------------------------------------------------------------------------------

// N: with its prefix.
const named = (modules) => Object.fromEntries(Object.entries(modules).map(([name, body]) => [`fapi2-security-profile-final-${name}`, body]));

const discovery = async (t) => {
  const m = (await t.look()).json;
  const has = (name, one) => t.must(`${name} has ${one}`, m[name]?.includes(one), m[name]);
  const allowed = (name) => t.must(`${name} has an algorithm of FAPI 2.0`, m[name]?.some((one) => algorithms.includes(one)), m[name]);
  t.same('issuer', m.issuer, t.issuer);
  has('response_types_supported', 'code');
  if (t.signed) has('response_modes_supported', 'jwt');
  else t.same('authorization_response_iss_parameter_supported', m.authorization_response_iss_parameter_supported, true);
  t.must('pushed_authorization_request_endpoint is https', m.pushed_authorization_request_endpoint?.startsWith('https://'), m.pushed_authorization_request_endpoint);
  t.must('require_pushed_authorization_requests, where it is, is true or false', [undefined, true, false].includes(m.require_pushed_authorization_requests));
  for (const name of ['dpop_signing_alg_values_supported', 'id_token_signing_alg_values_supported', 'token_endpoint_auth_signing_alg_values_supported']) allowed(name);
  if (m.userinfo_signing_alg_values_supported) allowed('userinfo_signing_alg_values_supported');
  if (t.signed) for (const name of ['request_object_signing_alg_values_supported', 'authorization_signing_alg_values_supported']) allowed(name);
  has('token_endpoint_auth_methods_supported', 'private_key_jwt');
  has('code_challenge_methods_supported', 'S256');
  has('scopes_supported', 'openid');
  t.must('subject_types_supported has pairwise or public', m.subject_types_supported?.some((one) => ['pairwise', 'public'].includes(one)), m.subject_types_supported);
};

const happyFlow = async (t) => {
  await checkTls(t);
  const first = await service(t, 1);
  const one = await first.flow(t.browser());
  t.must('an answer has a date', (await first.userinfo(one.access)).headers.date);
  const inQuery = await exchange(`${t.metadata.userinfo_endpoint}?access_token=${encodeURIComponent(one.access)}`);
  t.must('a token in the query is not taken (FAPI 2.0 5.3.4-2)', [400, 401].includes(inQuery.status), inQuery.status);
  for (const accept of ['application/json;charset=UTF-8', 'application/json, */*', undefined]) {
    t.same(`Accept: ${accept}`, (await first.userinfo(one.access, { more: { accept, 'x-fapi-customer-ip-address': '2001:db8::1893:25c8:1946' } })).status, 200);
  }
  const second = await service(t, 2);
  const two = await second.flow(t.browser(), { nonce: random(32), dpop_jkt: await second.dpop.thumbprint() });
  const crossed = await second.userinfo(two.access, { dpop: first.dpop });
  t.must('the token of one with the key of the other is refused', crossed.status >= 400 && crossed.status < 500, crossed.status);
};

const userRejects = async (t) => {
  for (const n of [1, 2]) {
    const party = await service(t, n);
    const browser = t.browser();
    browser.refuses = true;
    const request = party.request({ state: random(96), scope: 'openid email', prompt: 'consent' });
    await party.open(browser, request);
    party.error(await party.received(browser), request, ['access_denied']);
  }
};

const withoutState = (outside) => async (t) => {
  const party = await service(t);
  const request = party.request({ state: undefined });
  const uri = await party.pushed(request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri, ...outside }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  await party.tokens(await party.token(party.codeForm(code)), request);
};

// NAME differs between what was pushed and what stands at the authorization endpoint: refused, or what was pushed counts.
const differs = (name) => async (t) => {
  const party = await service(t);
  const request = party.request();
  const uri = await party.pushed(request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri, [name]: random(10) }));
  await browser.goOn();
  if (!browser.elsewhere) return mustBePage(t, browser);
  const params = await party.received(browser);
  if (params.error) return party.error(params, request, ['invalid_request']);
  const code = party.code(params, request);
  return party.tokens(await party.token(party.codeForm(code)), request); // nonce and state are compared with REQUEST
};

// As long as that it may be too long, but never comes back cut.
const long = (name, bytes) => async (t) => {
  const party = await service(t);
  const request = party.request({ [name]: random(bytes) });
  const answer = await party.push(request);
  if (answer.status !== 201) {
    t.should(`${name} of ${request[name].length} characters is refused`, false);
    return mustBeError(t, answer, ['invalid_request']);
  }
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: answer.json.request_uri }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  return party.tokens(await party.token(party.codeForm(code)), request);
};

const claimsParameter = async (t) => {
  if (!t.metadata.claims_parameter_supported) t.skip('claims_parameter_supported is not true');
  const asked = Object.values(scopeClaims).flat().filter((name) => name !== 'sub' && t.metadata.claims_supported.includes(name));
  const all = Object.fromEntries([...asked.map((name, i) => [name, [null, { essential: true }, { essential: false }][i % 3]]), [random(6), null]]);
  const party = await service(t);
  const request = party.request({ claims: JSON.stringify({ id_token: all, userinfo: all }) });
  if (party.jar) request.claims = JSON.parse(request.claims); // RFC 9101 4: JSON values stay JSON
  const browser = t.browser();
  await party.open(browser, request);
  const code = party.code(await party.received(browser), request);
  const tokens = await party.tokens(await party.token(party.codeForm(code)), { ...request, claims: undefined, asked: [...asked, 'email_verified', 'phone_number_verified'] });
  const info = party.claims(await party.userinfo(tokens.access), tokens.claims);
  const absent = asked.filter((name) => info[name] === undefined && tokens.claims[name] === undefined);
  t.should(`neither UserInfo nor the ID token has ${absent}`, absent.length === 0);
};

const withProofs = (changes) => async (t) => {
  const party = await service(t);
  const request = party.request();
  const changed = { proof: { changes: changes() } };
  const uri = await party.pushed(request, { dpop: party.dpop, ...changed });
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  const tokens = await party.tokens(await party.token(party.codeForm(code), changed), request);
  party.claims(await party.userinfo(tokens.access, { proofOf: { changes: changes() } }), tokens.claims);
};

// The code is bound by a proof at the PAR endpoint (PROVEN), by dpop_jkt (NAMED) or both; redeemed with another key if OTHER.
const bound = ({ proven, named: jkt, other }) => async (t) => {
  const party = await service(t);
  const thumbprint = jkt === 'other' ? await (await Key.make('ES256')).thumbprint() : jkt ? await party.dpop.thumbprint() : undefined;
  const request = party.request({ dpop_jkt: thumbprint });
  if (proven && jkt === 'other') {
    return mustBeError(t, await party.push(request, { dpop: party.dpop }), ['invalid_request', 'invalid_dpop_proof']);
  }
  const uri = await party.pushed(request, { dpop: proven ? party.dpop : null });
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  const redeemed = await party.token(party.codeForm(code), other ? { dpop: await Key.make('ES256') } : {});
  if (other || jkt === 'other') return mustBeError(t, redeemed, ['invalid_request', 'invalid_grant', 'invalid_dpop_proof']);
  const tokens = await party.tokens(redeemed, request);
  return party.claims(await party.userinfo(tokens.access), tokens.claims);
};

const dpopNegative = async (t) => {
  const party = await service(t);
  const { access } = await party.flow(t.browser());
  for (const one of proofs(t, party)) await tryProof(t, party, access, one);
  await tryAge(t, party, access, 'a proof of an hour ahead', 3600);
  await tryAge(t, party, access, 'a proof of an hour ago', -3600);
  const jti = { proofOf: { changes: { jti: randomUUID() } } };
  await party.userinfo(access); // so that the nonce, if any, is known and the jti is sent once
  await tryProof(t, party, access, ['a jti for the first time', jti, true]);
  await tryProof(t, party, access, ['a jti for the second time', jti, 'refuse']);
  await tryProof(t, party, access, ['a good one still', {}, true]);
};

const holderOfKey = async (t) => {
  await checkTls(t);
  await redeeming(t, { options: { dpop: null }, names: ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'] });
};

const withoutPar = async (t) => {
  const party = await service(t);
  const request = party.request();
  const browser = t.browser();
  await browser.get(party.url(request));
  await browser.goOn();
  await errorOrPage(t, party, browser, request, ['invalid_request', 'invalid_request_object', 'invalid_request_uri']);
};

const responseType = (value) => async (t) => {
  const party = await service(t);
  await refused(t, party, party.request({ response_type: value }), { par: ['invalid_request', 'unsupported_response_type', 'invalid_request_object', 'unauthorized_client'] });
};

const refreshToken = async (t) => {
  const grants = { grant_types: ['authorization_code', 'refresh_token'] };
  const [first, second] = [await service(t, 1, grants), await service(t, 2, grants)];
  const offline = { scope: 'openid offline_access', prompt: 'consent' };
  const before = await first.flow(t.browser(), offline);
  if (!before.refresh) t.skip('no refresh token was issued');
  const refresh = await refreshes(t, first, before);
  const anonymous = await first.token(refreshForm(refresh, before.scope), { anonymous: true });
  mustBeError(t, anonymous, ['invalid_client', 'invalid_grant', 'invalid_request'], [400, 401]);
  mustBeError(t, await first.token(refreshForm(refresh, before.scope), { dpop: null }), ['invalid_request', 'invalid_grant', 'invalid_dpop_proof']);
  const others = await second.flow(t.browser(), offline);
  const crossed = await second.userinfo(others.access, { dpop: first.dpop });
  t.must('the token of one with the key of the other is refused', crossed.status >= 400 && crossed.status < 500, crossed.status);
  mustBeError(t, await first.token(refreshForm(others.refresh)), ['invalid_grant']);
};

// Visited twice before she logs in: the request is used up when she does, not when she looks (FAPI 2.0 5.3.2.2 note 3).
const reusedBefore = async (t) => {
  const party = await service(t);
  const request = party.request();
  const uri = await party.pushed(request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  t.must('a login page is shown', browser.at === 'login', browser.describe());
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  if (!browser.elsewhere) return t.should('the request can be looked at twice before she logs in', false);
  const code = party.code(await party.received(browser), request);
  return party.tokens(await party.token(party.codeForm(code)), request);
};
const reusedAfter = async (t) => {
  const party = await service(t);
  const request = party.request();
  const uri = await party.pushed(request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  party.code(await party.received(browser), request);
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  if (!browser.elsewhere) return mustBePage(t, browser);
  const again = await party.received(browser, { plain: true });
  if (again.code) return t.should('the request is good once', false);
  return t.same('error', again.error, 'invalid_request_uri');
};
const expired = async (t) => {
  const party = await service(t);
  const request = party.request();
  const answer = await party.push(request);
  t.must('expires_in is ten minutes at most (FAPI 2.0 5.3.2.2-13)', answer.json.expires_in < 600, answer.text);
  if (answer.json.expires_in > 120) t.skip(`a request lives ${answer.json.expires_in} s, longer than this test waits`);
  await sleep(answer.json.expires_in * 1000 + 1500);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: answer.json.request_uri }));
  await errorOrPage(t, party, browser, request, ['invalid_request_uri']);
};
const ofAnother = async (t) => {
  const [party, other] = [await service(t, 1), await service(t, 2)];
  const request = party.request();
  const uri = await party.pushed(request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: other.id, request_uri: uri }));
  await browser.goOn();
  if (!browser.elsewhere) return mustBePage(t, browser);
  return other.error(await other.received(browser, { plain: true }), {}, ['invalid_request', 'invalid_request_object', 'invalid_request_uri']);
};

const profile = named({
  'discovery-end-point-verification': discovery,
  'happy-flow': happyFlow,
  'user-rejects-authentication': userRejects,
  'ensure-authorization-request-without-state-success': withoutState({}),
  'ensure-authorization-request-without-nonce-success': async (t) => {
    const { claims } = await succeeds({ nonce: undefined })(t);
    t.must('no nonce comes', claims.nonce === undefined, claims);
  },
  'ensure-authorization-request-with-64-char-nonce-success': succeeds(() => ({ nonce: random(48) })),
  'ensure-other-scope-order-succeeds': succeeds({ scope: 'email openid' }),
  'test-claims-parameter-identity-claims': claimsParameter,
  'access-token-type-header-case-sensitivity': async (t) => {
    const { party, access, claims } = await succeeds()(t);
    party.claims(await party.userinfo(access, { type: 'dPOp' }), claims);
  },
  'check-dpop-proof-nbf-exp': withProofs(() => ({ nbf: now(), exp: now() + 300 })),
  'ensure-dpopproof-with-iat-10seconds-before-succeeds': withProofs(() => ({ iat: now() - 10 })),
  'ensure-dpopproof-with-iat-10seconds-after-succeeds': withProofs(() => ({ iat: now() + 10 })),
  'ensure-mismatched-dpop-jkt-fails': bound({ proven: true, named: 'other' }),
  'ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt': bound({ proven: true, other: true }),
  'ensure-token-endpoint-fails-with-mismatched-dpop-jkt': bound({ named: 'other' }),
  'ensure-dpopproof-at-par-endpoint-binding-success': bound({ proven: true }),
  'ensure-dpop-auth-code-binding-success': bound({ proven: true, named: true }),
  'ensure-different-nonce-inside-and-outside-request-object': differs('nonce'),
  'ensure-different-state-inside-and-outside-request-object': differs('state'),
  'ensure-authorization-request-with-long-nonce': long('nonce', 288),
  'ensure-authorization-request-with-long-state': long('state', 750),
  'state-only-outside-request-object-not-used': withoutState({ state: 'only-outside' }),
  'ensure-request-object-without-redirect-uri-fails': async (t) => {
    const party = await service(t);
    await refused(t, party, party.request({ redirect_uri: undefined }), { par: ['invalid_request', 'invalid_request_object'] });
  },
  'plain-fapi-tolerate-unregistered-redirect-uri': async (t) => {
    const party = await service(t);
    await refused(t, party, party.request({ redirect_uri: `${party.redirect}/${random(8)}` }), { par: ['invalid_request', 'invalid_request_object'] });
  },
  'ensure-unsigned-authorization-request-without-using-par-fails': withoutPar,
  'ensure-redirect-uri-in-authorization-request': async (t) => {
    const party = await service(t);
    await refused(t, party, party.request({ redirect_uri: undefined }), { par: ['invalid_request', 'invalid_request_object'] });
  },
  'ensure-response-type-code-idtoken-fails': responseType('code id_token'),
  'ensure-response-type-token-fails': responseType('token'),
  'ensure-client-id-in-token-endpoint': async (t) => {
    const [party, other] = [await service(t, 1), await service(t, 2)];
    const { code } = await party.codeFlow(t.browser());
    const posing = other.with({ key: party.key, dpop: party.dpop });
    mustBeError(t, await posing.token(party.codeForm(code)), ['invalid_client', 'invalid_grant'], [400, 401]);
  },
  'ensure-holder-of-key-required': holderOfKey,
  'ensure-authorization-code-is-bound-to-client': async (t) => {
    const [party, other] = [await service(t, 1), await service(t, 2)];
    const { code } = await party.codeFlow(t.browser());
    mustBeError(t, await other.with({ dpop: party.dpop }).token(party.codeForm(code)), ['invalid_grant']);
  },
  'attempt-reuse-authorization-code-after-one-second': async (t) => {
    const { party, code, access } = await succeeds()(t);
    await sleep(1000);
    mustBeError(t, await party.token(party.codeForm(code)), ['invalid_grant']);
    const { status } = await party.userinfo(access);
    t.should('the access token of the first use is dead (RFC 6749 4.1.2)', status >= 400 && status < 500);
  },
  'ensure-token-endpoint-fails-with-expired-auth-code': async (t) => {
    const party = await service(t);
    const { code } = await party.codeFlow(t.browser());
    await sleep(62000);
    mustBeError(t, await party.token(party.codeForm(code)), ['invalid_grant']);
  },
  'ensure-signed-client-assertion-with-RS256-fails': badAssertion(async (key) => ({ signer: await key.as('RS256') }), ['invalid_client']),
  'ensure-client-assertion-in-token-endpoint': async (t) => {
    const party = await service(t);
    const { code } = await party.codeFlow(t.browser());
    const form = { client_id: party.id, ...party.codeForm(code) };
    mustBeError(t, await party.token(form, { anonymous: true }), ['invalid_client', 'invalid_request'], [400, 401]);
  },
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': badAssertion(() => ({ assertion: { exp: now() - 300 } })),
  'ensure-client-assertion-with-wrong-aud-fails': badAssertion({ audience: 'https://elsewhere.example/' }),
  'ensure-client-assertion-with-no-sub-fails': badAssertion({ assertion: { sub: undefined } }),
  'dpop-negative-tests': dpopNegative,
  'refresh-token': refreshToken,
  'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds': reusedBefore,
  'par-attempt-reuse-request_uri': reusedAfter,
  'par-attempt-to-use-expired-request_uri': expired,
  'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted': async (t) => {
    const party = await service(t);
    const time = now() + 8;
    const answer = await party.push(party.request(), { assertion: { iat: time, nbf: time } });
    t.same('an assertion of 8 s ahead is taken (FAPI 2.0 5.3.2.1-13)', answer.status, 201);
  },
  'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': async (t) => {
    const party = await service(t);
    const time = now() + 62;
    mustBeError(t, await party.push(party.request(), { assertion: { iat: time, nbf: time, exp: time + 60 } }), ['invalid_client', 'invalid_request'], [400, 401]);
  },
  'par-attempt-to-use-request_uri-for-different-client': ofAnother,
  'par-authorization-request-containing-request_uri-form-param': async (t) => {
    const party = await service(t);
    const answer = await party.push(party.request(), { beside: { request_uri: 'urn:ietf:params:oauth:request_uri:nobody-gave-this' } });
    mustBeError(t, answer, ['invalid_request', 'invalid_request_object', 'request_uri_not_supported']);
  },
  'par-attempt-invalid-http-method': async (t) => {
    const party = await service(t);
    const assertion = await party.key.sign(assertionClaims(party.id, t.issuer));
    const { status } = await exchange(t.metadata.pushed_authorization_request_endpoint, { method: 'PUT', body: { ...party.request(), client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' } });
    t.must('PUT is refused (RFC 9126 2.3)', status >= 400 && status < 600, status);
  },
  'par-ensure-pkce-required': async (t) => {
    const party = await service(t);
    await refused(t, party, party.request({ code_challenge: undefined, code_challenge_method: undefined }), { par: ['invalid_request'] });
  },
  'ensure-pkce-code-verifier-required': async (t) => redeeming(t, { changes: { code_verifier: undefined }, names: ['invalid_grant'] }),
  'incorrect-pkce-code-verifier-rejected': async (t) => redeeming(t, { changes: { code_verifier: random() }, names: ['invalid_grant'] }),
  'par-plain-pkce-rejected': async (t) => {
    const party = await service(t);
    await refused(t, party, party.request({ code_challenge: random(), code_challenge_method: 'plain' }), { par: ['invalid_request'] });
  },
  'par-without-duplicate-parameters': succeeds(),
  'par-test-array-as-audience-fails': badAudience((t) => [t.issuer, 'https://elsewhere.example/']),
  'par-test-par-endpoint-url-as-audience-fails': badAudience((t) => t.metadata.pushed_authorization_request_endpoint),
  'par-test-token-endpoint-url-as-audience-fails': badAudience((t) => t.metadata.token_endpoint),
});

// --- only with signed requests ---------------------------------------------------------------------------------------

// A request object that is wrong in one way.
const badObject = (pushing, par = ['invalid_request_object'], back = [...par, 'invalid_request', 'invalid_request_uri']) => async (t) => {
  const party = await service(t);
  await refused(t, party, party.request(), { par, back, pushing: typeof pushing === 'function' ? await pushing() : pushing });
};
const goodObject = (object) => async (t) => {
  const party = await service(t);
  const request = party.request();
  const uri = await party.pushed(request, { object: object(t) });
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, request_uri: uri }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  await party.tokens(await party.token(party.codeForm(code)), request);
};

const signing = named({
  'ensure-request-object-with-multiple-aud-succeeds': goodObject((t) => ({ aud: ['https://other1.example.com', t.issuer, 'invalid'] })),
  'ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted': goodObject(() => ({ nbf: now() + 8 })),
  'ensure-request-object-without-exp-fails': badObject({ object: { exp: undefined } }),
  'ensure-request-object-without-nbf-fails': badObject({ object: { nbf: undefined } }),
  'ensure-expired-request-object-fails': badObject(() => ({ object: { exp: now() - 300 } })),
  'ensure-request-object-with-bad-aud-fails': badObject({ object: { aud: 'https://elsewhere.example/' } }),
  'ensure-request-object-with-exp-over-60-fails': badObject(() => ({ object: { exp: now() + 4200 } })),
  'ensure-request-object-with-nbf-over-60-fails': badObject(() => ({ object: { nbf: now() - 4200 } })),
  'ensure-signed-request-object-with-RS256-fails': badObject({ make: async (key, claims, header) => (await key.as('RS256')).sign(claims, header) }),
  'ensure-request-object-signature-algorithm-is-not-none': badObject({ make: (key, claims, header) => unsigned(claims, header) }),
  'ensure-request-object-with-invalid-signature-fails': badObject({ make: async (key, claims, header) => cut(await key.sign(claims, header), 2, (one) => one.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))) }),
  'ensure-matching-key-in-authorization-request': badObject({ make: async (key, claims, header) => (await keyOf(2)).sign(claims, header) }, ['invalid_request', 'invalid_request_object']),
  'ensure-unsigned-request-at-par-endpoint-fails': async (t) => {
    const party = (await service(t)).with({ jar: undefined });
    await refused(t, party, party.request(), { par: ['invalid_request'], back: ['invalid_request', 'invalid_request_object', 'invalid_request_uri'] });
  },
  'par-authorization-request-containing-request_uri': badObject({ object: { request_uri: 'urn:ietf:params:oauth:request_uri:nobody-gave-this' } }),
});

const registration = { profile: 'fapi2', token_endpoint_auth_method: 'private_key_jwt', require_pushed_authorization_requests: true, dpop_bound_access_tokens: true };
const party = { auth: 'private_key_jwt', par: true, pkce: true };
// What a provider must offer before the plan says anything about it.
const lacks = (names) => (metadata) => {
  const missing = names.filter((name) => metadata[name] === undefined || metadata[name] === false);
  return missing.length ? `not offered: ${missing.join(', ')}` : '';
};
const base = ['pushed_authorization_request_endpoint', 'dpop_signing_alg_values_supported', 'token_endpoint_auth_signing_alg_values_supported'];
export const plans = [
  {
    name: 'fapi2-security-profile-final-test-plan',
    variant: 'fapi_profile=plain_fapi, client_auth_type=private_key_jwt, sender_constrain=dpop, openid=openid_connect',
    registration,
    party,
    modules: profile,
    lacks: lacks(base),
  },
  {
    name: 'fapi2-message-signing-final-test-plan',
    variant: 'fapi_profile=plain_fapi, client_auth_type=private_key_jwt, sender_constrain=dpop, openid=openid_connect, fapi_request_method=signed_non_repudiation, fapi_response_mode=jarm',
    registration,
    party,
    signed: true,
    modules: { ...profile, ...signing },
    lacks: lacks([...base, 'request_object_signing_alg_values_supported', 'authorization_signing_alg_values_supported']),
  },
];
