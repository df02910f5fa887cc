// A relying party that believes nothing it has not checked.
import * as jose from 'jose';
import { createHash } from 'node:crypto';
import { exchange, formOf } from './http.mjs';
import { assertionClaims, now, proof, random, sha256url } from './keys.mjs';

const SKEW = 300; // seconds two clocks may differ, as the suite has it

// The words an ID token may have without being asked for more (OIDC Core 2, 3.3.2.11; Back-Channel Logout 2.1; RFC 7519 4.1).
const idTokenWords = ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 'nbf', 'jti', 'sid', 's_hash', 'txn'];
// What the scopes of OIDC Core 5.4 ask for.
export const scopeClaims = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale',
    'updated_at', 'preferred_username'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  offline_access: [],
};
const claimTypes = { email_verified: 'boolean', phone_number_verified: 'boolean', updated_at: 'number', address: 'object' };

const isText = (value) => typeof value === 'string' && value !== '';
const halfHash = (alg, text) => {
  const digest = createHash(alg === 'EdDSA' || alg.endsWith('512') ? 'sha512' : alg.endsWith('384') ? 'sha384' : 'sha256').update(text).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
};
// Bits of entropy by the frequency of its characters, as the suite estimates it.
export function entropy(text) {
  const counts = new Map();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  let bits = 0;
  for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length);
  return bits * text.length;
}

export class Party {
  // T: the check. OPTIONS: id, secret, auth, redirect, key (a Key), certificate, audience (a name of the metadata), pkce, par, jar (a Key), jarm, dpop (a Key), formPost, idAlg, scope
  constructor(t, options) {
    Object.assign(this, { auth: 'client_secret_basic', scope: 'openid', idAlg: 'RS256' }, options);
    Object.defineProperty(this, 't', { value: t });
    this.nonces = new Map(); // DPoP nonces by endpoint
  }
  with(changes) {
    return new Party(this.t, { ...this, ...changes });
  }

  // --- the authorization request ---

  // Its parameters; CHANGES with undefined leave one out.
  request(changes = {}) {
    this.verifier = this.pkce ? random() : undefined;
    const pkce = this.pkce ? { code_challenge: sha256url(this.verifier), code_challenge_method: 'S256' } : {};
    const mode = this.jarm ? { response_mode: 'jwt' } : this.formPost ? { response_mode: 'form_post' } : {};
    return { client_id: this.id, redirect_uri: this.redirect, scope: this.scope, state: random(10), nonce: random(10), response_type: 'code', ...mode, ...pkce, ...changes };
  }
  url(params) {
    return `${this.t.metadata.authorization_endpoint}?${formOf(params)}`;
  }
  // What PARAMS become on their way: pushed, in a request object, or as they are.
  async sent(params) {
    if (this.par) return { client_id: this.id, request_uri: await this.pushed(params) };
    if (this.jar) return { client_id: this.id, request: await this.requestObject(params), scope: params.scope, response_type: params.response_type };
    return params;
  }
  // CHANGES: of its claims; MAKE: signs in another way (key, claims, header).
  async requestObject(params, changes = {}, make = (key, claims, header) => key.sign(claims, header)) {
    const time = now();
    return make(this.jar, { iss: this.id, aud: this.t.issuer, iat: time, nbf: time, exp: time + 60, ...params, ...changes }, { typ: 'oauth-authz-req+jwt' });
  }
  // OPTIONS: object and make (of the request object), beside; and those of call().
  async push(params, { object, make, beside, ...options } = {}) {
    const form = this.jar ? { client_id: this.id, request: await this.requestObject(params, object, make) } : params;
    return this.call(this.t.metadata.pushed_authorization_request_endpoint, { ...form, ...beside }, { dpop: null, ...options });
  }
  async pushed(params, options) {
    const answer = await this.push(params, options);
    this.t.must('the pushed request is taken (RFC 9126 2.2)', answer.status === 201 && answer.type === 'application/json', `${answer.status} ${answer.text}`);
    const { request_uri: uri, expires_in: life } = answer.json;
    this.t.must('request_uri is a text and expires_in a positive whole number', isText(uri) && Number.isInteger(life) && life > 0, answer.text);
    this.t.must('request_uri cannot be guessed', entropy(uri) >= 96, uri);
    this.t.must('what was pushed is not kept by caches', /no-store/.test(answer.headers['cache-control'] ?? ''), answer.headers['cache-control']);
    return uri;
  }
  // BROWSER takes PARAMS to the provider and goes on to wherever it ends.
  async open(browser, params, { method = 'GET' } = {}) {
    const sent = await this.sent(params);
    if (method === 'POST') await browser.post(this.t.metadata.authorization_endpoint, sent, { from: new URL(this.redirect).origin });
    else await browser.get(this.url(sent));
    return browser.goOn();
  }

  // --- the authorization response ---

  // What came to the redirect address; the module ends if nobody came. PLAIN: an error need not be in a response object.
  async received(browser, { plain: allowed } = {}) {
    const { t } = this;
    t.must('the browser is sent back to the service', browser.elsewhere, browser.describe());
    const { url, method, enctype, fields } = browser.elsewhere;
    const [address, query = ''] = url.split('?');
    const [own, ownQuery = ''] = this.redirect.split('?');
    t.same('to its redirect address', address.split('#')[0], own);
    t.must('with nothing in the fragment', !url.includes('#'), url);
    if (this.formPost) return this.#posted({ method, enctype, fields, url });
    t.must('by a redirect', method === 'GET', method);
    const params = new URLSearchParams(query);
    for (const [name, value] of new URLSearchParams(ownQuery)) t.same(`the registered query is still there: ${name}`, params.get(name), value);
    for (const name of new URLSearchParams(ownQuery).keys()) params.delete(name);
    for (const name of params.keys()) t.must(`${name} comes once`, params.getAll(name).length === 1);
    const plain = Object.fromEntries(params);
    return this.jarm && !(allowed && plain.error && !plain.response) ? this.#opened(plain) : plain;
  }
  #posted({ method, enctype, fields, url }) { // OAuth 2.0 Form Post Response Mode 2
    this.t.must('by a form that is posted', method === 'POST' && (!enctype || enctype === 'application/x-www-form-urlencoded'), { method, enctype });
    this.t.must('with nothing in the query', !/[?&](code|error)=/.test(url), url);
    return fields;
  }
  async #opened(params) { // JARM 2.1, 2.4
    this.t.same('only the response object comes', Object.keys(params), ['response']);
    const { payload, protectedHeader } = await this.verified(params.response, 'the response object');
    this.t.same('its algorithm is the registered one', protectedHeader.alg, this.jarm);
    this.t.must('it lives ten minutes at most', payload.exp > now() && payload.exp <= now() + 600, payload.exp);
    const { iss, aud, exp, ...rest } = payload;
    return { ...rest, iss };
  }
  // RFC 6749 4.1.2 and RFC 9207 of an answer that is a code.
  code(params, request) {
    const { t } = this;
    t.must('no error comes', params.error === undefined, params);
    t.same('state comes back as it was sent', params.state, request.state);
    this.#issuer(params);
    t.must('a code comes', isText(params.code), params);
    t.must('the code is at least 128 bits long and cannot be guessed', params.code.length >= 16 && entropy(params.code) >= 96, params.code);
    return params.code;
  }
  #issuer(params) {
    const promised = this.t.metadata.authorization_response_iss_parameter_supported === true;
    if (promised) this.t.same('iss is the issuer (RFC 9207 2)', params.iss, this.t.issuer);
    else this.t.must('iss is the issuer, if it comes', params.iss === undefined || params.iss === this.t.issuer, params.iss);
  }
  // ... of one that is an error, out of NAMES.
  error(params, request, names) {
    const { t } = this;
    t.same('state comes back as it was sent', params.state, request.state);
    this.#issuer(params);
    t.must('an error comes, and no code', isText(params.error) && params.code === undefined, params);
    const strange = Object.keys(params).filter((name) => !['error', 'error_description', 'error_uri', 'state', 'iss', 'session_state'].includes(name));
    t.should(`nothing else comes with it: ${strange}`, strange.length === 0);
    t.must('error_description has only the characters it may have', params.error_description === undefined || /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(params.error_description), params.error_description);
    t.must(`error is one of ${names.join(', ')}`, names.includes(params.error), params.error);
    return params.error;
  }

  // --- calls of the service itself ---

  async #authenticated(form, headers, { audience, assertion, signer } = {}) {
    switch (this.auth) {
      case 'client_secret_basic': {
        const pair = [this.id, this.secret].map((part) => encodeURIComponent(part).replace(/%20/g, '+')).join(':');
        headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
        return form;
      }
      case 'client_secret_post':
        return { client_id: this.id, client_secret: this.secret, ...form };
      case 'private_key_jwt': {
        const claims = assertionClaims(this.id, audience ?? this.t.metadata[this.audience] ?? this.t.issuer, assertion);
        return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: await (signer ?? this.key).sign(claims), client_id: this.id, ...form };
      }
      default: // none, and TLS certificates: it only says who it is
        return { client_id: this.id, ...form };
    }
  }
  // FORM to one of the endpoints that authenticate the client. OPTIONS: audience, assertion (changes of its claims), signer, anonymous, proof (changes), dpop (a Key, null: none)
  async call(url, form, options = {}) {
    const answer = await this.#callOnce(url, form, options);
    if (answer.json?.error !== 'use_dpop_nonce' || options.asItIs) return answer; // RFC 9449 8: once more, with the nonce
    this.t.must('the nonce that is wanted comes along', isText(answer.headers['dpop-nonce']), answer.raw);
    return this.#callOnce(url, form, options);
  }
  async #callOnce(url, form, options) {
    const headers = { accept: 'application/json', ...options.headers };
    const key = options.dpop === undefined ? this.dpop : options.dpop;
    const at = options.anonymous ? url : this.#aliased(url);
    if (key) headers.dpop = options.rawProof ?? (await proof(key, { method: 'POST', url: at, nonce: this.nonces.get('op'), ...options.proof }));
    const body = options.anonymous ? form : await this.#authenticated({ ...form }, headers, options);
    const answer = await exchange(at, { method: 'POST', headers, body, certificate: options.certificate ?? this.certificate });
    if (answer.headers['dpop-nonce']) this.nonces.set('op', answer.headers['dpop-nonce']);
    return answer;
  }
  #aliased(url) { // RFC 8705 5
    const aliases = this.certificate ? (this.t.metadata.mtls_endpoint_aliases ?? {}) : {};
    const name = Object.keys(this.t.metadata).find((one) => this.t.metadata[one] === url);
    return aliases[name] ?? url;
  }
  token(form, options) {
    return this.call(this.t.metadata.token_endpoint, form, options);
  }
  codeForm(code, changes = {}) {
    return { grant_type: 'authorization_code', code, redirect_uri: this.redirect, code_verifier: this.verifier, ...changes };
  }

  // --- tokens ---

  // RFC 6749 5.1 of an answer of the token endpoint. REQUEST: the authorization request it goes back to.
  async tokens(answer, request, { refreshed } = {}) {
    const { t } = this;
    t.must('the token endpoint answers 200 with JSON', answer.status === 200 && answer.type === 'application/json', `${answer.status} ${answer.text}`);
    t.must('nobody may keep it (RFC 6749 5.1)', /no-store/.test(answer.headers['cache-control'] ?? ''), answer.headers);
    const { access_token: access, token_type: type, expires_in: life, refresh_token: refresh, id_token: idToken, scope } = answer.json;
    t.must('access_token is there, in the characters it may have', isText(access) && /^[\x20-\x7e]+$/.test(access), answer.json);
    t.must('access_token cannot be guessed', entropy(access) >= 96, access);
    t.same('token_type', type?.toLowerCase(), this.dpop ? 'dpop' : 'bearer');
    t.must('expires_in is a positive whole number', Number.isInteger(life) && life > 0, life);
    t.must('refresh_token, if any, is a text that cannot be guessed', refresh === undefined || (isText(refresh) && /^[\x20-\x7e]+$/.test(refresh) && entropy(refresh) >= 96), refresh);
    const claims = idToken === undefined ? undefined : await this.idToken(idToken, { request, access });
    if (!refreshed) t.must('an ID token is there', !request.scope?.split(' ').includes('openid') || claims, answer.json);
    return { access, type, refresh, idToken, claims, scope, life };
  }
  // A JWS of the provider, verified with the keys it publishes.
  async verified(token, what) {
    const { t } = this;
    const header = jose.decodeProtectedHeader(token);
    const keys = (await exchange(t.metadata.jwks_uri)).json.keys;
    t.must(`${what} says by kid which key signed it`, isText(header.kid) && keys.filter((key) => key.kid === header.kid).length === 1, header);
    const key = await jose.importJWK(keys.find((one) => one.kid === header.kid), header.alg);
    try {
      return { ...(await jose.jwtVerify(token, key, { issuer: t.issuer, audience: this.id, clockTolerance: SKEW })), protectedHeader: header };
    } catch (error) {
      return t.must(`${what} is signed by the provider, for this service`, false, `${error.message}: ${JSON.stringify(header)} ${token}`);
    }
  }
  // OIDC Core 2, 3.1.3.6, 3.1.3.7
  async idToken(token, { request, access }) {
    const { t } = this;
    const { payload: c, protectedHeader } = await this.verified(token, 'the ID token');
    t.same('its algorithm is the registered one', protectedHeader.alg, this.idAlg);
    t.same('iss', c.iss, t.issuer);
    t.must('aud is this service and no other', c.aud === this.id || (Array.isArray(c.aud) && c.aud.length === 1 && c.aud[0] === this.id), c.aud);
    t.must('azp, if it comes, is this service', c.azp === undefined || c.azp === this.id, c.azp);
    t.must('sub is 1 to 255 ASCII characters', isText(c.sub) && /^[\x21-\x7e]{1,255}$/.test(c.sub), c.sub);
    t.must('iat is now', Number.isInteger(c.iat) && Math.abs(c.iat - now()) <= SKEW, c.iat);
    t.must('exp is ahead, within a day', Number.isInteger(c.exp) && c.exp > now() && c.exp < now() + 86400, c.exp);
    t.must('auth_time, if it comes, is a time of this year', c.auth_time === undefined || (c.auth_time <= now() + SKEW && c.auth_time > now() - 31536000), c.auth_time);
    t.must('acr, if it comes, is a text, amr a list of texts', (c.acr === undefined || isText(c.acr)) && (c.amr === undefined || c.amr.every(isText)), c);
    t.same('nonce is the one that was sent', c.nonce, request.nonce);
    t.must('at_hash, if it comes, is of the access token', c.at_hash === undefined || c.at_hash === halfHash(protectedHeader.alg, access), c.at_hash);
    const strange = Object.keys(c).filter((name) => !idTokenWords.includes(name) && !request.asked?.includes(name));
    t.should(`the ID token has nothing that was not asked for: ${strange}`, strange.length === 0);
    return c;
  }

  // --- what a token is good for ---

  // TYPE: of the Authorization header; PROOFOF: changes of the proof (keys.mjs); PROOFS: makes the headers with proofs.
  async userinfo(access, { how = 'header', method = 'GET', type, dpop = this.dpop, proofOf = {}, proofs, more = {}, certificate = this.certificate } = {}) {
    const url = this.t.metadata.userinfo_endpoint;
    const make = (changes = {}) => proof(dpop, { method, url, access, nonce: this.nonces.get('rs'), ...proofOf, ...changes });
    const ask = async () => {
      const headers = { accept: 'application/json', ...more };
      if (how === 'header') headers.authorization = `${type ?? (dpop ? 'DPoP' : 'Bearer')} ${access}`;
      if (dpop) Object.assign(headers, proofs ? await proofs(make) : { dpop: await make() });
      const answer = await exchange(url, { method, headers, body: how === 'body' ? { access_token: access } : undefined, certificate });
      if (answer.headers['dpop-nonce']) this.nonces.set('rs', answer.headers['dpop-nonce']);
      return answer;
    };
    const answer = await ask();
    return dpop && answer.status === 401 && /use_dpop_nonce/.test(answer.headers['www-authenticate'] ?? '') ? ask() : answer;
  }
  // OIDC Core 5.1, 5.3.2 of an answer, of whoever CLAIMS are about.
  claims(answer, { sub }) {
    const { t } = this;
    t.must('UserInfo answers 200 with JSON', answer.status === 200 && answer.type === 'application/json' && answer.json, `${answer.status} ${answer.type} ${answer.text}`);
    const c = answer.json;
    t.same('its sub is that of the ID token', c.sub, sub);
    for (const name of new Set(Object.values(scopeClaims).flat())) {
      const type = claimTypes[name] ?? 'string';
      if (c[name] !== undefined) t.must(`${name} is a ${type}`, typeof c[name] === type && c[name] !== '' && c[name] !== null, c[name]);
    }
    return c;
  }

  // --- all of it ---

  async codeFlow(browser, changes = {}, options = {}) {
    const request = this.request(changes);
    await this.open(browser, request, options);
    const code = this.code(await this.received(browser), request);
    return { request, code };
  }
  // From the request to the tokens, and UserInfo.
  async flow(browser, changes = {}, options = {}) {
    const { request, code } = await this.codeFlow(browser, changes, options);
    const answer = await this.token(this.codeForm(code), options);
    const tokens = await this.tokens(answer, request);
    const info = this.claims(await this.userinfo(tokens.access), tokens.claims);
    return { request, code, info, ...tokens };
  }
}

// RFC 6749 5.2 of an answer that must be an error out of NAMES.
export function mustBeError(t, answer, names, statuses = [400]) {
  t.must(`${names.join(' or ')}, as JSON with status ${statuses.join(' or ')}`, statuses.includes(answer.status) && answer.type === 'application/json' && names.includes(answer.json?.error), `${answer.status} ${answer.text}`);
  const text = answer.json.error_description;
  t.must('error_description has only the characters it may have', text === undefined || /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(text), text);
}
// An error page: nobody is sent anywhere.
export function mustBePage(t, browser) {
  t.must('the browser is not sent back to the service', !browser.elsewhere, browser.describe());
  t.must('a page says what is wrong', browser.answer.status >= 400 && browser.answer.status < 500 && browser.page?.heading, browser.describe());
}
