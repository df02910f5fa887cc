// oidcc-rp-initiated-logout-certification-test-plan and oidcc-backchannel-rp-initiated-logout-certification-test-plan.
import * as jose from 'jose';
import { random, unsigned, Key } from '../lib/keys.mjs';
import { httpsEndpoints } from './config.mjs';

const silentErrors = ['interaction_required', 'login_required', 'account_selection_required', 'consent_required'];
const logoutUri = (party) => `https://${party.id}.rp.example/post_logout_redirect`;
const isHttps = (value) => typeof value === 'string' && value.startsWith('https://');

// A login, then the browser at the end_session_endpoint with what CHANGES make of the request; it stays where it gets.
async function logOut(t, change, { registration } = {}) {
  const party = await t.client(registration);
  const browser = t.browser();
  const { idToken, claims } = await party.flow(browser, { state: random(96) });
  const request = await change({ id_token_hint: idToken, post_logout_redirect_uri: logoutUri(party), state: random(96) }, { party, claims, idToken });
  await browser.get(`${t.metadata.end_session_endpoint}?${new URLSearchParams(Object.entries(request).filter(([, value]) => value !== undefined))}`);
  return { party, browser, request, claims };
}
// The session is gone: prompt=none does not go through.
async function loggedOut(t, { party, browser }) {
  const request = party.request({ prompt: 'none', state: random(96) });
  await browser.get(party.url(request));
  party.error(await party.received(browser), request, silentErrors);
}
// Sent back with nothing but STATE.
function sentBack(t, { party, browser }, state) {
  t.must('the browser is sent back', browser.elsewhere, browser.describe());
  const [address, query = ''] = browser.elsewhere.url.split('?');
  t.same('to the registered address', address, logoutUri(party));
  t.same('with state as it was sent, and nothing else', Object.fromEntries(new URLSearchParams(query)), state === undefined ? {} : { state });
}
// Never sent back, also when she agrees to log out; an error or a question is shown.
async function refused(t, out) {
  const { browser } = out;
  t.must('the browser is not sent back', !browser.elsewhere, browser.describe());
  t.must('an error or a question is shown', browser.at === 'logout' || browser.answer.status >= 400, browser.describe());
  if (browser.at !== 'logout') return;
  await browser.press('/end_session', { do: 'logout' });
  t.must('she is not sent back either when she agrees', !browser.elsewhere && browser.answer.status === 200, browser.describe());
  await loggedOut(t, out);
}
// "You are logged out" is shown, perhaps after a question.
async function told(t, out) {
  const { browser } = out;
  if (browser.at === 'logout') await browser.press('/end_session', { do: 'logout' });
  t.must('a page says that she is logged out', !browser.elsewhere && browser.answer.status === 200 && browser.at === 'other' && browser.page.heading, browser.describe());
  await loggedOut(t, out);
}

const rpInitiated = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': async (t) => {
    await t.look();
    httpsEndpoints(t);
    t.must('end_session_endpoint is https (RP-Initiated Logout 2.1)', isHttps(t.metadata.end_session_endpoint), t.metadata.end_session_endpoint);
  },
  'oidcc-rp-initiated-logout': async (t) => {
    const out = await logOut(t, (request) => request);
    sentBack(t, out, out.request.state);
    await loggedOut(t, out);
  },
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': async (t) => refused(t, await logOut(t, (request) => ({ ...request, post_logout_redirect_uri: `${request.post_logout_redirect_uri}${random(6)}` }))),
  'oidcc-rp-initiated-logout-modified-id-token-hint': async (t) => refused(t, await logOut(t, (request, { claims }) => ({ ...request, id_token_hint: unsigned(claims) }))),
  'oidcc-rp-initiated-logout-no-id-token-hint': async (t) => refused(t, await logOut(t, (request) => ({ ...request, id_token_hint: undefined }))),
  'oidcc-rp-initiated-logout-no-params': async (t) => told(t, await logOut(t, () => ({}))),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': async (t) => told(t, await logOut(t, (request) => ({ ...request, post_logout_redirect_uri: undefined }))),
  'oidcc-rp-initiated-logout-no-state': async (t) => {
    const out = await logOut(t, (request) => ({ ...request, state: undefined }));
    sentBack(t, out, undefined);
    await loggedOut(t, out);
  },
  'oidcc-rp-initiated-logout-only-state': async (t) => told(t, await logOut(t, (request) => ({ state: request.state }))),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': async (t) => refused(t, await logOut(t, (request) => ({ ...request, post_logout_redirect_uri: `${request.post_logout_redirect_uri}?foo=bar` }))),
  'oidcc-rp-initiated-logout-bad-id-token-hint': async (t) => {
    const key = await Key.make('RS256');
    await refused(t, await logOut(t, async (request, { claims, idToken }) => ({ ...request, id_token_hint: await key.sign(claims, { kid: jose.decodeProtectedHeader(idToken).kid }) })));
  },
};

// OIDC Back-Channel Logout 2.4, 2.5
export async function logoutToken(t, party, call, claims) {
  t.must('a log-out notice came', call, 'nothing within 15 s');
  t.same('by POST', call.method, 'POST');
  t.must('as a form', call.headers['content-type']?.startsWith('application/x-www-form-urlencoded'), call.headers);
  t.should('over TLS 1.3', call.tls === 'TLSv1.3');
  const form = new URLSearchParams(call.body);
  t.same('with logout_token and nothing else', [...form.keys()], ['logout_token']);
  const { payload: c, protectedHeader } = await party.verified(form.get('logout_token'), 'the log-out token');
  t.same('its algorithm is that of the ID token', protectedHeader.alg, party.idAlg);
  t.must('typ, where it is, is logout+jwt', protectedHeader.typ === undefined || protectedHeader.typ === 'logout+jwt', protectedHeader);
  t.same('aud is this service', [c.aud].flat(), [party.id]);
  t.must('iat is now', Math.abs(c.iat - Date.now() / 1000) < 300, c.iat);
  t.must('exp is ahead', c.exp > Date.now() / 1000, c.exp);
  t.must('jti is there', typeof c.jti === 'string' && c.jti !== '', c);
  t.same('events is the log-out event, empty', c.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
  t.must('it has no nonce', !('nonce' in c), c);
  t.must('it has sub or sid', c.sub !== undefined || c.sid !== undefined, c);
  t.must('sub is that of the ID token', c.sub === undefined || c.sub === claims.sub, c);
  t.same('sid is that of the ID token, since it was registered as required', c.sid, claims.sid);
  return c;
}

const backChannel = {
  'oidcc-backchannel-logout-discovery-endpoint-verification': async (t) => {
    await t.look();
    httpsEndpoints(t);
    t.same('backchannel_logout_supported (Back-Channel Logout 2.1)', t.metadata.backchannel_logout_supported, true);
    t.same('backchannel_logout_session_supported', t.metadata.backchannel_logout_session_supported, true);
    t.must('end_session_endpoint is https', isHttps(t.metadata.end_session_endpoint), t.metadata.end_session_endpoint);
  },
  'oidcc-backchannel-rp-initiated-logout': async (t) => {
    const ear = t.desk.ear(`/${t.id('ear')}/backchannel_logout`);
    const out = await logOut(t, (request) => request, { registration: { backchannel_logout_uri: ear.url, backchannel_logout_session_required: true } });
    sentBack(t, out, out.request.state);
    await logoutToken(t, out.party, await ear.next(), out.claims);
    await loggedOut(t, out);
  },
};

const variant = 'response_type=code, client_registration=static_client';
export const plans = [
  { name: 'oidcc-rp-initiated-logout-certification-test-plan', variant, registration: { profile: 'basic' }, modules: rpInitiated },
  { name: 'oidcc-backchannel-rp-initiated-logout-certification-test-plan', variant, registration: { profile: 'basic' }, modules: backChannel },
];
