// oidcc-basic-certification-test-plan; the form post plan has the same modules with another response mode.
import { sleep } from '../lib/server.mjs';
import { random, sha256url, unsigned } from '../lib/keys.mjs';
import { mustBeError, mustBePage, scopeClaims } from '../lib/party.mjs';

const silentErrors = ['interaction_required', 'login_required', 'account_selection_required', 'consent_required'];

// A request with MORE in it goes as any other.
const harmless = (more) => async (t) => {
  const party = await t.client();
  await party.flow(t.browser(), typeof more === 'function' ? more(t) : more);
};

// What the scope asks for comes from UserInfo, and not in the ID token.
const scope = (words, more = () => {}) => async (t) => {
  const asked = ['openid', ...words.split(' ')];
  const missing = asked.filter((word) => !t.metadata.scopes_supported.includes(word));
  if (missing.length) t.skip(`scopes_supported does not have ${missing}`);
  const party = (await t.client()).with({ scope: asked.join(' ') });
  const result = await party.flow(t.browser(), {});
  const wanted = asked.flatMap((word) => scopeClaims[word]);
  const absent = wanted.filter((name) => result.info[name] === undefined);
  t.should(`UserInfo lacks ${absent.join(', ')}`, absent.length === 0);
  more(t, result);
};
const withoutName = (t, { claims, info }) => {
  t.should('the ID token has no name and no email', claims.name === undefined && claims.email === undefined);
  t.should('UserInfo has no name that nobody asked for', info.name === undefined);
};

// Twice in one browser; SECOND changes the second request, given the first result. What comes of both.
async function twice(t, second, { first = {}, wait = 0, party } = {}) {
  const service = party ?? (await t.client());
  const browser = t.browser();
  const before = await service.flow(browser, first);
  await sleep(wait);
  browser.seen = [];
  const after = await service.flow(browser, second(before));
  return { before, after, browser };
}
const sameLogin = (t, { before, after, browser }) => {
  t.same('nothing was shown the second time', browser.seen, []);
  t.same('sub is the same', after.claims.sub, before.claims.sub);
  t.same('auth_time is the same', after.claims.auth_time, before.claims.auth_time);
};
const laterLogin = (t, { before, after, browser }) => {
  t.must('a login page was shown the second time', browser.seen.length > 0, browser.seen);
  t.must('auth_time is later', after.claims.auth_time > before.claims.auth_time, [before.claims.auth_time, after.claims.auth_time]);
  t.same('sub is the same', after.claims.sub, before.claims.sub);
};

const userinfo = (options) => async (t) => {
  const party = await t.client();
  const { access, claims } = await party.flow(t.browser());
  const answer = await party.userinfo(access, options);
  if (options.how === 'body' && [400, 401, 405].includes(answer.status)) t.skip('a token in the body is not supported, as it need not be (RFC 6750 2.2)');
  party.claims(answer, claims);
};

async function codeAgain(t, wait) {
  const party = await t.client();
  const { code, access } = await party.flow(t.browser());
  await sleep(wait);
  mustBeError(t, await party.token(party.codeForm(code)), ['invalid_grant']);
  return { party, access };
}

// What must stand beside a request object (OIDC Core 6.1, RFC 6749 3.1.2.3).
const outside = (party) => ({ client_id: party.id, response_type: 'code', scope: 'openid', redirect_uri: party.redirect });
// A request object that is not signed works, or is refused by its own error.
const unsignedObject = (unsupported, build) => async (t) => {
  if (t.metadata.request_object_signing_alg_values_supported?.includes('none') === false) t.skip('"none" is not in request_object_signing_alg_values_supported');
  const party = await t.client();
  const browser = t.browser();
  const request = party.request();
  await browser.get(party.url(await build(t, party, request)));
  await browser.goOn();
  // the response mode is in the object, which a provider that does not take it has not read
  const params = await (browser.elsewhere?.method === 'GET' ? party.with({ formPost: false }) : party).received(browser);
  if (params.error === unsupported) {
    t.must(`${unsupported}, and nothing else`, params.code === undefined, params);
    t.skip(`${unsupported}: request objects are not taken without a signature, as they need not be (OIDC Core 6.1)`);
  }
  return party.code(params, request);
};

export const modules = {
  'oidcc-server': async (t) => {
    const { claims } = await (await t.client()).flow(t.browser());
    t.should('the ID token has no name', claims.name === undefined);
  },
  'oidcc-response-type-missing': async (t) => {
    const party = await t.client();
    const browser = t.browser();
    const request = party.request({ response_type: undefined });
    await party.open(browser, request);
    if (!browser.elsewhere) return mustBePage(t, browser);
    return party.error(await party.received(browser), request, ['unsupported_response_type', 'invalid_request']);
  },
  'oidcc-idtoken-signature': async (t) => {
    const party = await t.client({ id_token_signed_response_alg: undefined });
    await party.with({ idAlg: 'RS256' }).flow(t.browser());
  },
  'oidcc-idtoken-unsigned': async (t) => {
    if (!t.metadata.id_token_signing_alg_values_supported.includes('none')) t.skip('"none" is not in id_token_signing_alg_values_supported, and need not be');
    t.must('"none" is never offered', false);
  },
  'oidcc-userinfo-get': userinfo({ how: 'header', method: 'GET' }),
  'oidcc-userinfo-post-header': userinfo({ how: 'header', method: 'POST' }),
  'oidcc-userinfo-post-body': userinfo({ how: 'body', method: 'POST' }),
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': harmless({ nonce: undefined }),
  'oidcc-scope-profile': scope('profile'),
  'oidcc-scope-email': scope('email', withoutName),
  'oidcc-scope-address': scope('address'),
  'oidcc-scope-phone': scope('phone'),
  'oidcc-scope-all': scope('email phone address profile'),
  'oidcc-alternate-happy-flow': async (t) => {
    const party = (await t.client()).with({ scope: 'email openid' });
    const plain = party.request();
    const browser = t.browser();
    await browser.get(party.url(Object.fromEntries(Object.entries(plain).reverse())));
    await browser.goOn();
    const code = party.code(await party.received(browser), plain);
    const { access, claims } = await party.tokens(await party.token(party.codeForm(code)), plain);
    const info = party.claims(await party.userinfo(access), claims);
    t.should('UserInfo has email and email_verified', info.email !== undefined && info.email_verified !== undefined);
    withoutName(t, { claims, info });
  },
  'oidcc-display-page': harmless({ display: 'page' }),
  'oidcc-display-popup': harmless({ display: 'popup' }),
  'oidcc-prompt-login': async (t) => laterLogin(t, await twice(t, () => ({ prompt: 'login' }), { wait: 1100 })),
  'oidcc-prompt-none-not-logged-in': async (t) => {
    const party = await t.client();
    const browser = t.browser();
    const request = party.request({ prompt: 'none', state: random(96) });
    await browser.get(party.url(request));
    party.error(await party.received(browser), request, silentErrors);
  },
  'oidcc-prompt-none-logged-in': async (t) => sameLogin(t, await twice(t, () => ({ prompt: 'none' }))),
  'oidcc-max-age-1': async (t) => {
    const both = await twice(t, () => ({ max_age: '1' }), { wait: 2100 });
    laterLogin(t, both);
    t.must('auth_time is there, and recent', Math.abs(both.after.claims.auth_time - Date.now() / 1000) < 60, both.after.claims.auth_time);
  },
  'oidcc-max-age-10000': async (t) => {
    const both = await twice(t, () => ({ max_age: '10000' }), { first: { max_age: '15000' } });
    t.must('auth_time is there both times', both.before.claims.auth_time !== undefined && both.after.claims.auth_time !== undefined);
    sameLogin(t, both);
  },
  'oidcc-ensure-request-with-unknown-parameter-succeeds': harmless({ extra: 'foobar' }),
  'oidcc-id-token-hint': async (t) => sameLogin(t, await twice(t, (before) => ({ prompt: 'none', id_token_hint: before.idToken }))),
  'oidcc-login-hint': harmless({ login_hint: 'buffy@localhost' }),
  'oidcc-ui-locales': harmless({ ui_locales: 'se' }),
  'oidcc-claims-locales': harmless({ claims_locales: 'se' }),
  'oidcc-ensure-request-with-acr-values-succeeds': async (t) => {
    const values = t.metadata.acr_values_supported ?? ['1', '2'];
    const { claims } = await (await t.client()).flow(t.browser(), { acr_values: values.join(' ') });
    t.should('acr is one of those that were asked for', values.includes(claims.acr));
  },
  'oidcc-codereuse': async (t) => codeAgain(t, 0),
  'oidcc-codereuse-30seconds': async (t) => {
    const { party, access } = await codeAgain(t, 30000);
    const { status } = await party.userinfo(access);
    t.should('the access token of the first use is dead (RFC 6749 4.1.2)', status >= 400 && status < 500);
  },
  'oidcc-ensure-registered-redirect-uri': async (t) => {
    const party = await t.client();
    const browser = t.browser();
    await browser.get(party.url(party.request({ redirect_uri: `${party.redirect}/${random(8)}` })));
    mustBePage(t, browser);
  },
  'oidcc-ensure-post-request-succeeds': async (t) => {
    await (await t.client()).flow(t.browser(), {}, { method: 'POST' });
  },
  'oidcc-server-client-secret-post': async (t) => {
    const party = await t.client({ token_endpoint_auth_method: 'client_secret_post' }, { auth: 'client_secret_post' });
    await party.flow(t.browser());
  },
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': unsignedObject('request_uri_not_supported', async (t, party, request) => {
    const url = t.desk.at(`/${party.id}/request.jwt`, { type: 'application/oauth-authz-req+jwt', body: unsigned(request) });
    return { ...outside(party), request_uri: `${url}#${sha256url(unsigned(request))}` };
  }),
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': unsignedObject('request_not_supported', (t, party, request) =>
    ({ ...outside(party), request: unsigned(request) })),
  'oidcc-claims-essential': async (t) => {
    const party = await t.client();
    const { info, claims } = await party.flow(t.browser(), { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
    t.should('UserInfo lacks name', info.name !== undefined);
    t.should('the ID token has no name', claims.name === undefined);
  },
  'oidcc-ensure-request-object-with-redirect-uri': async (t) => {
    if (t.metadata.request_object_signing_alg_values_supported?.includes('none') === false) t.skip('"none" is not in request_object_signing_alg_values_supported');
    const party = await t.client();
    const browser = t.browser();
    const request = party.request();
    await browser.get(party.url({ ...outside(party), redirect_uri: `${party.redirect}_invalid`, request: unsigned(request) }));
    await browser.goOn();
    if (!browser.elsewhere) return mustBePage(t, browser);
    return party.code(await party.received(browser), request);
  },
  'oidcc-refresh-token': async (t) => {
    const grants = { grant_types: ['authorization_code', 'refresh_token'] };
    const [first, second] = [await t.client(grants), await t.client(grants)];
    const offline = { scope: 'openid offline_access', prompt: 'consent' };
    const before = await first.flow(t.browser(), offline);
    if (!before.refresh) t.skip('no refresh token was issued');
    t.should('grant_types_supported has refresh_token', t.metadata.grant_types_supported.includes('refresh_token'));
    await sleep(1100);
    const refreshForm = (tokens, scopeWords) => ({ grant_type: 'refresh_token', refresh_token: tokens.refresh, scope: scopeWords });
    const after = await first.tokens(await first.token(refreshForm(before, before.scope)), { ...before.request, nonce: undefined }, { refreshed: true });
    t.must('the access token is another one', after.access !== before.access);
    if (after.claims) {
      for (const name of ['iss', 'sub', 'aud', 'azp', 'auth_time']) t.same(`${name} is that of the first ID token (OIDC Core 12.2)`, after.claims[name], before.claims[name]);
      t.must('iat is later', after.claims.iat > before.claims.iat, after.claims);
    }
    first.claims(await first.userinfo(after.access), before.claims);
    const others = await second.flow(t.browser(), { ...offline, nonce: random(32) });
    mustBeError(t, await first.token(refreshForm(others)), ['invalid_grant']);
  },
  'oidcc-ensure-request-with-valid-pkce-succeeds': async (t) => {
    await (await t.client()).with({ pkce: true }).flow(t.browser());
  },
};

const static35 = Object.fromEntries(Object.entries(modules).filter(([name]) => !['oidcc-idtoken-signature', 'oidcc-idtoken-unsigned',
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported'].includes(name)));

export const plans = [
  {
    name: 'oidcc-basic-certification-test-plan',
    variant: 'server_metadata=discovery, client_registration=static_client',
    registration: { profile: 'basic' },
    modules: static35,
  },
];
