// How a login ends, in a browser as people have it (with the back/forward cache): what Back shows afterwards, frames at old
// services, her other logins, and a page that stays open; and one that nobody goes on with. Started by tests/browser/run with
// logins of two idle minutes.
import {
  accessible, agent, agentLink, at, card, chapter, choice, consentButton, finish, genkan, held, isAt, issuer, logInWithCard, loginButton, look, openBrowser, openWindow, press,
  same, settled, shoot, siteA, siteB, sleep, useCard, withCard,
} from './lib.mjs';
import { openService, page as servicePage } from './service.mjs';

const IDLE_S = 120;
const browser = await openBrowser({ keepsPages: true });
const back = async (page) => {
  await page.evaluate(() => history.back()).catch(() => {});
  await sleep(1500); // what is kept asks again; the driver knows no end of loading for a page that was kept
};
const loggedIn = async (page) => { await page.goto(`${issuer}/`); return (await choice(page, '/end_session', 'logout').count()) === 1; };
const bodyOf = (page) => settled(() => page.evaluate(() => (document.documentElement.hidden ? '' : document.body.innerText)));
const speak = async (page, lang) => { await page.locator(`nav.languages button[value="${lang}"]`).click(); await page.waitForLoadState(); };

async function scene(name, play) {
  chapter(name);
  const { context, page } = await openWindow(browser);
  try {
    await play(page, context);
  } catch (error) {
    await shoot(page, 'where-it-stopped').catch(() => {});
    held(name, false, `${error.stack.split('\n').slice(0, 3).join(' ')}\nat ${page.url()}\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 800)}`);
  } finally {
    await context.close();
  }
}
// From wherever she is, with what is asked for, until the browser is at ORIGIN.
async function goThrough(page, origin) {
  for (let i = 0; i < 12 && at(page).origin !== origin; i += 1) {
    if (await loginButton(page).count()) await logInWithCard(page);
    else if (await choice(page, '/profile', 'read').count()) {
      await choice(page, '/profile', 'read').click();
      await page.waitForURL('**/login/card/start*');
      await useCard(page, ['1234', '1234']);
    } else if (await choice(page, '/confirm', 'continue').count()) await choice(page, '/confirm', 'continue').click();
    else if (await consentButton(page, 'allow').count()) await consentButton(page, 'allow').click();
    await page.waitForLoadState();
    await sleep(150);
  }
}
async function open(page, service) {
  await page.goto(service.url ? `${service.url}/login` : `${service}/booking/`);
  await goThrough(page, service.url ?? service);
}

// --- a page that stays open, beside everything else -----------------------------------------------------------------

const alive = (request, response, service) => service.tokens({ grant_type: 'refresh_token', refresh_token: service.session.refresh }).then((t) => {
  if (t.status === 200) service.session.refresh = t.refresh_token;
  service.last = t.status === 200 ? 'alive' : t.error;
  response.writeHead(t.status === 200 ? 204 : 410).end();
});
const form = (request, response) => servicePage(response, 'a form of many fields', `<p id="state">open</p><script>
  setInterval(() => fetch('/alive').then((r) => { document.getElementById('state').textContent = r.ok ? 'open' : 'over'; }), 25000);</script>`);
const openPage = await openService('open-page', 'A市 子育て申請', {
  more: () => ({ session_update: true, grant_types: ['authorization_code', 'refresh_token'] }), pages: { '/form': form, '/alive': alive },
});
await sleep(1500); // the server looks for new services once a second
const longForm = await openWindow(browser);
const silently = async () => { await longForm.page.goto(`${openPage.url}/silent`); return openPage.last; };
let opened = 0;
chapter('A page of a service that stays open');
await withCard('residents/taro', async () => {
  await open(longForm.page, openPage);
  await longForm.page.goto(`${openPage.url}/form`);
  opened = Date.now();
});
same('it is open', await longForm.page.locator('#state').innerText(), 'open');

// --- Back -------------------------------------------------------------------------------------------------------------

const hers = ['/', '/me', '/me/services', '/me/services/a-city-booking', '/me/services/a-city-booking/receipt', '/me/history', '/me/sessions', '/me/cards',
  '/audit'];
const personal = /花子|南瓦町|A市 施設予約|ログインの番号|住民の仮の番号/;
// Every page of hers in a tab of its own, left for another site: the browser keeps it.
async function leaveEverywhere(context, more = []) {
  const tabs = [];
  for (const path of [...hers, ...more]) {
    const tab = await context.newPage();
    await tab.goto(issuer + path);
    held(`${path} has something of hers`, personal.test(await bodyOf(tab)), await bodyOf(tab));
    await tab.evaluate(() => { globalThis.mark = 1; });
    await tab.goto(`${siteB}/`);
    tabs.push({ path: path.replace(/\?.*/, ''), tab });
  }
  return tabs;
}
async function showsNothing({ path, tab }) {
  await back(tab);
  const text = await bodyOf(tab).catch(() => '');
  held(`Back to ${path} shows nothing of hers`, !personal.test(text) && (await tab.evaluate(() => globalThis.mark)) === undefined, `${tab.url()}: ${text.slice(0, 300)}`);
  await tab.close();
}
// A consent page that she left without an answer.
async function consentAt(page) {
  await page.goto(`${siteB}/booking/`);
  for (let i = 0; i < 3 && !(await consentButton(page, 'allow').count()); i += 1) {
    if (await choice(page, '/confirm', 'continue').count()) await choice(page, '/confirm', 'continue').click();
    await page.waitForLoadState();
  }
  held('the consent page of B市', (await consentButton(page, 'allow').count()) === 1, page.url());
  return at(page).pathname + at(page).search;
}

await scene('Back, after another device has ended her login', async (page, context) => {
  await page.goto(`${siteB}/`);
  await page.evaluate(() => { globalThis.mark = 1; });
  await page.goto(`${siteA}/`);
  await back(page);
  same('this browser does keep pages', await page.evaluate(() => globalThis.mark), 1);
  await open(page, siteA);
  await page.goto(`${issuer}/audit/join`);
  await page.locator('#code').fill(genkan('auditor', 'invite', '監査').out.match(/^ +(\S+)$/m)[1]);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/audit');
  const consent = await consentAt(page);
  const tabs = await leaveEverywhere(context, [consent]);
  const first = tabs[0];
  await back(first.tab);
  held('while she is logged in Back shows her page', /花子/.test(await bodyOf(first.tab)), first.tab.url());
  same('... asked for anew', await first.tab.evaluate(() => globalThis.mark), undefined);
  await first.tab.goto(`${siteB}/`);
  const phone = await openWindow(browser);
  await open(phone.page, siteA);
  await phone.page.goto(`${issuer}/me/sessions`);
  await press(phone.page, choice(phone.page, '/me/sessions', 'others'), 'log out everywhere but here');
  await phone.page.waitForURL('**/me/sessions?ended=1');
  held('it is said', await phone.page.locator('#ended').isVisible());
  for (const one of tabs) await showsNothing(one);
  await phone.context.close();
});

await scene('Back, after she has logged out in another tab', async (page, context) => {
  await open(page, siteA);
  const tabs = await leaveEverywhere(context, [await consentAt(page)]);
  held('she is logged in', await loggedIn(page));
  await press(page, choice(page, '/end_session', 'logout'), 'log out');
  await page.waitForURL('**/end_session');
  for (const one of tabs) await showsNothing(one);
});

await scene('Back, after she has logged out in this tab, with and without the network', async (page, context) => {
  await open(page, siteA);
  const consent = await consentAt(page);
  for (const path of [consent, ...hers]) await page.goto(issuer + path);
  held('she is logged in', await loggedIn(page));
  await choice(page, '/end_session', 'logout').click();
  await page.waitForURL('**/end_session');
  for (let i = 0; i < hers.length + 2; i += 1) {
    await back(page);
    held(`Back by ${i + 1} shows nothing of hers`, !personal.test(await bodyOf(page)), page.url());
  }
  await page.goto(`${issuer}/end_session`);
  await context.setOffline(true); // whatever is shown now was kept
  for (let i = 0; i < hers.length + 2; i += 1) {
    await page.evaluate(() => history.back()).catch(() => {});
    await sleep(400);
    const text = await page.evaluate(() => document.body?.innerText ?? '').catch(() => '');
    held(`... nor without the network, by ${i + 1}`, !personal.test(text), page.url());
  }
  await context.setOffline(false);
});

// The same without script: no page of hers can blank itself. What is kept goes when the answer that ends the login says
// Clear-Site-Data and takes the cookie; from another device, when this browser next asks for anything.
const backWithoutScript = async (page) => {
  const cdp = await page.context().newCDPSession(page);
  const { currentIndex, entries } = await cdp.send('Page.getNavigationHistory');
  cdp.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1].id }).catch(() => {}); // ends never, for a kept page
  await sleep(1500);
};
await scene('Back without script', async (page, context) => {
  const endings = {
    'nothing': async () => {},
    'a log-out in another tab': async (tab) => { await tab.goto(`${issuer}/`); await choice(tab, '/end_session', 'logout').click(); await tab.waitForURL('**/end_session'); },
    'a log-out at another device, and a visit here': async (tab) => {
      await page.goto(`${issuer}/`);
      await choice(page, '/end_session', 'logout').click();
      await page.waitForURL('**/end_session');
      await tab.goto(`${issuer}/`);
    },
  };
  for (const [what, end] of Object.entries(endings)) {
    await open(page, siteA);
    const quiet = await openWindow(browser, { javaScriptEnabled: false, storageState: await context.storageState() });
    const tabs = [];
    for (const path of ['/me', '/me/services/a-city-booking']) {
      const tab = await quiet.context.newPage();
      await tab.goto(issuer + path);
      held(`${path} has something of hers`, personal.test(await bodyOf(tab)), await bodyOf(tab));
      await tab.goto(`${siteB}/`);
      tabs.push({ path, tab });
    }
    await end(quiet.page);
    for (const { path, tab } of tabs) {
      let asked = 0;
      tab.on('request', () => { asked += 1; });
      await backWithoutScript(tab);
      if (what === 'nothing') held(`${path} was kept as a whole`, asked === 0 && personal.test(await bodyOf(tab)), `${asked} ${tab.url()}`);
      else held(`${what}: Back to ${path} shows nothing of hers`, asked > 0 && !personal.test(await bodyOf(tab)), `${tab.url()}: ${await bodyOf(tab)}`);
    }
    await quiet.context.close();
  }
});

// --- frames ---------------------------------------------------------------------------------------------------------------

const framed = (url) => ({ frontchannel_logout_uri: `${url}/out?of=old`, frontchannel_logout_session_required: true });
const oldA = await openService('old-a', 'A市 図書館', { more: framed });
const oldB = await openService('old-b', 'B市 図書館', { host: 'old-b.localhost', more: framed });
const refuses = await openService('old-refuses', 'C市 図書館', { more: framed, pages: {
  '/out': (request, response) => response.writeHead(200, { 'x-frame-options': 'DENY' }).end('no') } });
const silent = await openService('old-silent', 'D市 図書館', { more: framed, pages: { '/out': () => new Promise(() => {}) } });
const deaf = await openService('old-deaf', 'E市 図書館', { more: () => ({}) });
await sleep(1500);

await scene('Frames at old services', async (page) => {
  const refused = [];
  page.on('console', (m) => { if (/Content Security Policy|Refused/.test(m.text())) refused.push(m.text()); });
  for (const service of [oldA, oldB, deaf]) {
    await open(page, service);
    same(`${service.id}: somebody is in`, await page.locator('#who').innerText(), 'somebody');
  }
  await page.goto(`${issuer}/`);
  await press(page, choice(page, '/end_session', 'logout'), 'log out');
  await page.waitForURL('**/end_session');
  await sleep(1500);
  for (const service of [oldA, oldB]) {
    same(`${service.id}: its frame was loaded once`, service.heard.length, 1);
    same(`${service.id}: with iss`, service.heard[0]?.iss, issuer);
    same(`${service.id}: with the sid of its ID token`, service.heard[0]?.sid, service.session.sid);
  }
  held('each has a sid of its own', oldA.session.sid !== oldB.session.sid);
  same('of the same site, the frame brings the cookie', oldA.heard[0]?.cookie, true);
  same('of another site, it brings none: only the sid says who', oldB.heard[0]?.cookie, false);
  held('the policy of the page let both in', refused.length === 0, refused);
  held('neither took the page over', isAt(page, '/end_session'), page.url());
  const text = await bodyOf(page);
  held('the page names both', text.includes('A市 図書館') && text.includes('B市 図書館'), text);
  held('... says that nobody knows whether they heard', /届いたかどうかは、Genkan からは分かりません/.test(text), text);
  const untold = await page.locator('section[aria-labelledby="untold"]').innerText();
  held('... and that one cannot be told', untold.includes('E市 図書館') && !untold.includes('A市'), untold);
  await look(page, 'logged-out-frames');
  for (const service of [oldA, oldB]) {
    await page.goto(`${service.url}/`);
    same(`${service.id}: nobody is in`, await page.locator('#who').innerText(), 'nobody');
  }
  await page.goto(`${deaf.url}/`);
  same('the one that cannot be told is still open, as the page said', await page.locator('#who').innerText(), 'somebody');
});

await scene('Frames that do not load', async (page) => {
  for (const service of [refuses, silent, oldB]) await open(page, service);
  const session = silent.session;
  oldB.heard.length = 0;
  oldB.close(); // is not there at all
  await page.goto(silent.logoutUrl(session), { waitUntil: 'commit' }); // it never loads to its end
  await page.locator('section[aria-labelledby="framed"]').waitFor();
  const text = await bodyOf(page);
  held('the page says the same: it does not claim that they heard', text.includes('C市 図書館') && text.includes('D市 図書館') && /届いたかどうか/.test(text), text);
  held('there is a way on for who does not want to wait', (await page.locator('a.button.main').count()) === 1);
  await page.waitForURL((url) => url.origin === silent.url, { timeout: 15000 });
  held('it goes back to the service although a frame never ends', true);
  held('she is logged out', !(await loggedIn(page)));

  await open(page, refuses);
  await page.goto(`${issuer}/`);
  await speak(page, 'en');
  await press(page, choice(page, '/end_session', 'logout'), 'log out, in English');
  await page.waitForURL('**/end_session');
  held('English says it too', /cannot see whether they have heard it/.test(await bodyOf(page)), await bodyOf(page));
  await look(page, 'logged-out-frames-en');
});

// --- her other logins ---------------------------------------------------------------------------------------------------

await scene('Where she is logged in, by keyboard', async (page) => {
  const others = [await openWindow(browser), await openWindow(browser)];
  for (const window of [{ page }, ...others]) await open(window.page, siteA);
  for (const [i, lang] of ['ja', 'en'].entries()) {
    await page.goto(`${issuer}/me/sessions`);
    if (lang === 'en') await speak(page, 'en');
    await look(page, `sessions-${lang}`);
    const before = await page.locator('li[id^="session-"]').count();
    const act = i === 0 ? 'end' : 'disown';
    await press(page, page.locator(`li[id^="session-"] button[value="${act}"]`), `${act} (${lang})`);
    await page.waitForURL(/\/me\/sessions\?(ended|told)=/);
    await look(page, `sessions-${act}-${lang}`);
    same(`${act}: one less is listed`, await page.locator('li[id^="session-"]').count(), before - 1);
    held(`${act}: it is said`, i === 0 ? await page.locator('#ended').isVisible() : /Now protect your card/.test(await bodyOf(page)), await bodyOf(page));
  }
  const number = (await page.locator('section[aria-labelledby="told"]').innerText()).match(/[0-9a-f]{4}-[0-9a-f]{4}/)[0];
  held('the operator sees which login was not hers', genkan('login', 'disowned').out.includes(number), number);
  await speak(page, 'ja-simple');
  await accessible(page, 'sessions in easy Japanese');
  for (const window of others) {
    held('the other browser is logged out', !(await loggedIn(window.page)));
    await window.context.close();
  }
  held('this one is not', await loggedIn(page));
});

// --- the page that stays open, after a while ------------------------------------------------------------------------------

// Takes the three minutes that a request of the card is good for, less a few seconds: beside the page that stays open.
const withoutCard = scene('Nobody puts a card on the reader', async (page) => {
  card('remove');
  await page.goto(`${siteB}/booking/`);
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await agentLink(page).click();
  await page.waitForFunction(() => document.body.innerText.includes('カードを置いてください'));
  await page.waitForURL((url) => url.origin === issuer && url.pathname === '/next', { timeout: 200000 });
  same('the page says that none was there', await page.locator('main h1').innerText(), 'カードが置かれていません');
  await look(page, 'problem-no-card');
  card('insert');
  await goThrough(page, siteB);
  same('a new attempt succeeds, and the login has survived', at(page).origin, siteB);
});

chapter('The page that stayed open, and then was closed');
const over = opened + 1.6 * IDLE_S * 1000;
if (Date.now() < over) await sleep(over - Date.now());
same('after more than the idle time it still refreshes', openPage.last, 'alive');
same('... and says so', await longForm.page.locator('#state').innerText(), 'open');
same('she is logged in: nothing is asked', await silently(), 'code');
await longForm.page.goto(`${issuer}/me`);
held('her page', /太郎/.test(await bodyOf(longForm.page)), await bodyOf(longForm.page));
await longForm.page.goto(`${siteB}/`);
await sleep((IDLE_S + 5) * 1000);
await back(longForm.page);
held('nobody was there: Back shows nothing of his', !/太郎/.test(await bodyOf(longForm.page)), await bodyOf(longForm.page));
same('... and a card is needed', await silently(), 'login_required');
same('refreshing is refused as well', (await openPage.tokens({ grant_type: 'refresh_token', refresh_token: openPage.session.refresh })).error, 'invalid_grant');

await withoutCard;
await browser.close();
for (const service of [openPage, oldA, refuses, silent, deaf]) service.close();
finish();
