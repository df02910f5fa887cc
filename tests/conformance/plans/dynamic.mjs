// oidcc-dynamic-certification-test-plan (response_type=code, private_key_jwt), oidcc-3rdparty-init-login-certification-test-plan,
// and the basic plan with services that register themselves (OIDC Dynamic Client Registration 1.0, RFC 7591, RFC 7592).
import { exchange } from '../lib/http.mjs';
import { Key, random, sha256url } from '../lib/keys.mjs';
import { mustBePage } from '../lib/party.mjs';
import { sleep } from '../lib/server.mjs';
import { modules as basic } from './basic.mjs';
import { discovery, keySet } from './config.mjs';

const query = '?foo=bar';

// --- at the registration endpoint ------------------------------------------------------------------------------------

// A registration that must be refused with an error out of NAMES (OIDC Registration 3.3).
async function mustBeRefused(t, changes, names) {
  const { answer } = await t.register(changes);
  t.must(`refused with 400 and ${names.join(' or ')}`, answer.status === 400 && answer.type === 'application/json' && names.includes(answer.json?.error), `${answer.status} ${answer.text}`);
}

// --- logins ----------------------------------------------------------------------------------------------------------

// An address that was never registered: a page, and nobody is sent there.
const badAddress = (registered, asked) => async (t) => {
  const party = await t.client(registered && { redirect_uris: [registered(t)] });
  const browser = t.browser();
  await browser.get(party.url(party.request({ redirect_uri: asked(party.redirect) })));
  mustBePage(t, browser);
};
// The first page that she sees links to URI, which was registered as MEMBER.
const linked = (member) => async (t) => {
  const uri = `https://${t.id('page')}.rp.example/${member}.html`;
  const party = await t.client({ [member]: uri });
  const browser = t.browser();
  await browser.get(party.url(party.request()));
  t.must('a login page is shown', browser.at === 'login', browser.describe());
  t.must(`it links to ${member}`, browser.page.all('a').some((a) => a.attributes.href === uri), browser.page.all('a').map((a) => a.attributes.href));
};
const logo = async (t) => {
  const uri = t.desk.at(`/${t.id('logo')}.png`, { type: 'image/png', body: '' });
  const party = await t.client({ logo_uri: uri });
  const browser = t.browser();
  await browser.get(party.url(party.request()));
  t.must('a login page is shown', browser.at === 'login', browser.describe());
  t.must('the login page shows the logo', browser.page.all('img').some((img) => img.attributes.src === uri));
};

// A key set behind a door of the service, and how it is registered.
async function keysAtDoor(t) {
  let key = await Key.make('RS256');
  const url = t.desk.at(`/${t.id('jwks')}.json`, () => ({ body: JSON.stringify({ keys: [key.jwk] }) }));
  const change = async () => { key = await Key.make('RS256'); return key; };
  return { key, change, registration: { jwks: undefined, jwks_uri: url } };
}

const rpKeyRotation = async (t) => {
  const { key, change, registration } = await keysAtDoor(t);
  const party = await t.client({ ...registration, grant_types: ['authorization_code', 'refresh_token'] }, { key });
  const before = await party.flow(t.browser(), { scope: 'openid offline_access', prompt: 'consent' });
  t.must('a refresh token comes', before.refresh, before);
  const renewed = party.with({ key: await change() });
  await sleep(60000); // as the suite does, so that no limit on asking for the key set is met
  const form = { grant_type: 'refresh_token', refresh_token: before.refresh, scope: before.scope };
  const after = await renewed.tokens(await renewed.token(form), { ...before.request, nonce: undefined }, { refreshed: true });
  renewed.claims(await renewed.userinfo(after.access), before.claims);
};

const opKeyRotation = async (t) => {
  const before = await keySet(t);
  await t.server.genkan('key', 'rotate', '--use', 'token', '--alg', 'RS256', '--force');
  t.server.reload();
  let after = before;
  for (let i = 0; i < 50 && after.length === before.length && after.every((key) => before.some(({ kid }) => kid === key.kid)); i += 1) {
    await sleep(200);
    after = await keySet(t);
  }
  const fresh = after.filter((key) => !before.some(({ kid }) => kid === key.kid));
  t.must('there is a new key', fresh.length > 0, after.map(({ kid }) => kid));
  t.must('with other numbers than those before', fresh.every((key) => !before.some(({ n, x }) => (n && n === key.n) || (x && x === key.x))), fresh);
  t.should('a key of before is still there (OIDC Core 10.1.1)', after.some((key) => before.some(({ kid }) => kid === key.kid)));
};

// A request object behind the registered address; MAKE signs.
async function byReference(t, make) {
  const path = `/${t.id('request')}`;
  let object = '';
  const url = `${t.desk.at(path, () => ({ type: 'application/oauth-authz-req+jwt', body: object }))}#${sha256url(random())}`;
  const party = await t.client({ request_uris: [url], ...make.registration }, {});
  const request = party.request();
  object = await make.sign(party, request);
  const browser = t.browser();
  await browser.get(party.url({ client_id: party.id, response_type: 'code', scope: 'openid', redirect_uri: party.redirect, request_uri: url }));
  await browser.goOn();
  const code = party.code(await party.received(browser), request);
  const tokens = await party.tokens(await party.token(party.codeForm(code)), request);
  party.claims(await party.userinfo(tokens.access), tokens.claims);
}

const signedUserinfo = async (t) => {
  t.must('userinfo_signing_alg_values_supported has RS256', t.metadata.userinfo_signing_alg_values_supported?.includes('RS256'), t.metadata.userinfo_signing_alg_values_supported);
  const party = await t.client({ userinfo_signed_response_alg: 'RS256' });
  const { request, code } = await party.codeFlow(t.browser());
  const tokens = await party.tokens(await party.token(party.codeForm(code)), request);
  const answer = await party.userinfo(tokens.access);
  t.must('UserInfo answers 200 with a JWT (OIDC Core 5.3.2)', answer.status === 200 && answer.type === 'application/jwt', `${answer.status} ${answer.type}`);
  const { payload, protectedHeader } = await party.verified(answer.text, 'UserInfo');
  t.same('alg', protectedHeader.alg, 'RS256');
  t.same('sub is that of the ID token', payload.sub, tokens.claims.sub);
  t.should('iss and aud are there', payload.iss === t.issuer && [payload.aud].flat().includes(party.id));
  t.must('it has no nonce', payload.nonce === undefined, payload);
};

// --- the modules -----------------------------------------------------------------------------------------------------

const sectorDocument = (t, addresses) => t.desk.at(`/${t.id('sector')}.json`, { body: JSON.stringify(addresses) });

const dynamic = {
  'oidcc-idtoken-rs256': async (t) => {
    await (await t.client({ id_token_signed_response_alg: 'RS256' }, { idAlg: 'RS256' })).flow(t.browser());
  },
  'oidcc-idtoken-unsigned': basic['oidcc-idtoken-unsigned'],
  'oidcc-userinfo-rs256': signedUserinfo,
  'oidcc-ensure-redirect-uri-in-authorization-request': async (t) => {
    const callback = `https://${t.id('two')}.rp.example/callback`;
    const party = await t.client({ redirect_uris: [callback, 'https://example.org/redirect'] });
    const browser = t.browser();
    await browser.get(party.url(party.request({ redirect_uri: undefined })));
    mustBePage(t, browser);
  },
  'oidcc-redirect-uri-query-OK': async (t) => {
    const callback = `https://${t.id('query')}.rp.example/callback${query}`;
    await (await t.client({ redirect_uris: [callback] }, { redirect: callback })).flow(t.browser());
  },
  'oidcc-redirect-uri-query-mismatch': badAddress((t) => `https://${t.id('query')}.rp.example/callback${query}`, (uri) => uri.replace(query, '?bar=foo')),
  'oidcc-redirect-uri-query-added': badAddress(undefined, (uri) => uri + query),
  'oidcc-redirect-uri-regfrag': (t) => mustBeRefused(t, { redirect_uris: [`https://${t.id('fragment')}.rp.example/callback#fragment`] }, ['invalid_redirect_uri', 'invalid_client_metadata']),
  'oidcc-discovery-endpoint-verification': async (t) => {
    await discovery(true)(t);
    for (const type of ['id_token', 'token id_token']) t.must(`response_types_supported has ${type} (OIDC Discovery 3)`, t.metadata.response_types_supported.some((one) => one.split(' ').sort().join(' ') === type.split(' ').sort().join(' ')));
  },
  'oidcc-server': basic['oidcc-server'],
  'oidcc-registration-logo-uri': logo,
  'oidcc-registration-policy-uri': linked('policy_uri'),
  'oidcc-registration-tos-uri': linked('tos_uri'),
  'oidcc-registration-jwks-uri': async (t) => {
    const { key, registration } = await keysAtDoor(t);
    await (await t.client(registration, { key })).flow(t.browser());
  },
  'oidcc-registration-sector-uri': async (t) => {
    const callback = `https://${t.id('sector')}.rp.example/callback`;
    const { answer } = await t.register({ subject_type: 'pairwise', redirect_uris: [callback], sector_identifier_uri: sectorDocument(t, [callback]) });
    t.must('registered', answer.status === 201, answer.text);
  },
  'oidcc-registration-sector-bad': (t) => mustBeRefused(t, { subject_type: 'pairwise', sector_identifier_uri: sectorDocument(t, ['https://example.com/op']) }, ['invalid_client_metadata']),
  'oidcc-server-rotate-keys': opKeyRotation,
  'oidcc-refresh-token-rp-key-rotation': rpKeyRotation,
  'oidcc-request-uri-unsigned': async (t) => {
    if (t.metadata.request_object_signing_alg_values_supported?.includes('none') === false) t.skip('"none" is not in request_object_signing_alg_values_supported');
    t.must('"none" is never offered', false);
  },
  'oidcc-request-uri-signed-rs256': async (t) => {
    const offered = t.metadata.request_object_signing_alg_values_supported;
    t.must('request_object_signing_alg_values_supported has RS256', offered?.includes('RS256'), offered);
    t.must('request_uri_parameter_supported', t.metadata.request_uri_parameter_supported !== false);
    await byReference(t, { registration: { request_object_signing_alg: 'RS256' }, sign: (party, request) => party.key.sign({ ...request, iss: party.id, aud: t.issuer }) });
  },
  'oidcc-ensure-request-object-with-redirect-uri': basic['oidcc-ensure-request-object-with-redirect-uri'],
  'oidcc-refresh-token': basic['oidcc-refresh-token'],
  'oidcc-ensure-client-assertion-with-iss-aud-succeeds': async (t) => {
    const party = await t.client();
    const { request, code } = await party.codeFlow(t.browser());
    await party.tokens(await party.token(party.codeForm(code), { audience: t.issuer }), request);
  },
};

const thirdParty = {
  'oidcc-3rd_party-init-login': async (t) => {
    const uri = `https://${t.id('begin')}.rp.example/login`;
    const { answer, registered } = await t.register({ initiate_login_uri: uri });
    t.must('registered', answer.status === 201 && registered, answer.text);
    t.same('initiate_login_uri comes back (OIDC Registration 3.2)', registered.initiate_login_uri, uri);
    const read = await exchange(registered.registration_client_uri, { headers: { authorization: `Bearer ${registered.registration_access_token}` } });
    t.must('the registration can be read (4.2)', read.status === 200 && read.type === 'application/json', `${read.status} ${read.text}`);
    t.same('initiate_login_uri is in it', read.json.initiate_login_uri, uri);
  },
  'oidcc-3rd_party-init-login-nohttps': (t) => mustBeRefused(t, { initiate_login_uri: `http://${t.id('begin')}.rp.example/login` }, ['invalid_client_metadata']),
};

const lacks = (metadata) => (metadata.registration_endpoint ? '' : 'not offered: registration_endpoint');
const discoveredWithImplicit = 'the suite demands the implicit flow of a dynamic provider (OIDC Core 15.2, of 2014); RFC 9700 2.1.2 advises against it, and Genkan does not have it. So the dynamic profile cannot be certified';
const noLogo = 'pages load nothing from anywhere else, so that no service learns who looks at them before she has agreed: a registered logo is kept and not shown';

export const plans = [
  {
    name: 'oidcc-dynamic-certification-test-plan',
    variant: 'response_type=code, client_auth_type=private_key_jwt, client_registration=dynamic_client',
    dynamic: true,
    registration: { profile: 'basic', token_endpoint_auth_method: 'private_key_jwt' },
    party: { auth: 'private_key_jwt', keyAlg: 'RS256', audience: 'token_endpoint' },
    modules: dynamic,
    known: { 'oidcc-discovery-endpoint-verification': discoveredWithImplicit, 'oidcc-registration-logo-uri': noLogo },
    lacks,
  },
  {
    name: 'oidcc-3rdparty-init-login-certification-test-plan',
    variant: 'response_type=code, client_auth_type=client_secret_basic, client_registration=dynamic_client',
    dynamic: true,
    registration: { profile: 'basic' },
    modules: thirdParty,
    lacks,
  },
  {
    name: 'oidcc-basic-certification-test-plan (dynamic_client)',
    variant: 'server_metadata=discovery, client_registration=dynamic_client',
    dynamic: true,
    registration: { profile: 'basic' },
    modules: basic,
    lacks,
  },
];
