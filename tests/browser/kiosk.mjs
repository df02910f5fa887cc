// A counter in a real browser: the agent in kiosk mode (tools/demo --kiosk), its watch page in one window, a resident who
// logs in at a booking site in the other, and takes her card.
import {
  agent, at, card, chapter, choice, consentButton, finish, held, issuer, logInWithCard, look, loginButton, openBrowser, openWindow, same,
  siteA, siteB, sleep, agentLink, useCard,
} from './lib.mjs';

const browser = await openBrowser();
const { context, page } = await openWindow(browser);
const watch = await context.newPage();
const watching = async () => {
  await watch.goto(`${agent}/v1/kiosk`);
  return watch.url().startsWith(`${agent}/v1/kiosk`);
};
const heading = (window) => window.locator('main h1').innerText();
const openLogin = async () => {
  await page.goto(`${siteA}/booking/`);
  await page.waitForURL((url) => url.origin === issuer);
};
// Gives what is asked for, until the booking site is reached; at the first login her four items are read.
async function goThrough(site) {
  for (let i = 0; i < 8 && at(page).origin !== site; i += 1) {
    if (await choice(page, '/profile', 'read').count()) {
      await choice(page, '/profile', 'read').click();
      await page.waitForURL('**/login/card/start*');
      await useCard(page, ['1234', '1234']);
    } else if (await choice(page, '/confirm', 'continue').count()) await choice(page, '/confirm', 'continue').click();
    else if (await consentButton(page, 'allow').count()) await consentButton(page, 'allow').click();
    await page.waitForLoadState();
    await sleep(100);
  }
}

chapter('A counter that is not ready');
await openLogin();
await loginButton(page).click();
await page.waitForURL('**/login/card/start*');
await agentLink(page).click();
await page.waitForURL((url) => url.origin === agent);
held('without its watch page no login begins', /この端末はまだ使えません/.test(await heading(page)), await heading(page));
await look(page, 'kiosk-not-ready');

chapter('The card ends the session');
held('the watch page opens, typed into the address bar', await watching());
await look(watch, 'kiosk-watch');
await openLogin();
await logInWithCard(page);
await goThrough(siteA);
held('she is at the booking site', at(page).origin === siteA, page.url());
await sleep(16000); // the watch page is held for 15 s at most and then asked for again
held('while the card is there the watch page follows itself', watch.url().startsWith(`${agent}/v1/kiosk`), watch.url());
await look(watch, 'kiosk-in-use');
await page.goto(`${issuer}/`);
held('... and she is logged in', (await choice(page, '/end_session', 'logout').count()) === 1);

card('remove');
await watch.waitForURL((url) => url.origin === issuer, { timeout: 30000 });
same('the card taken, the watch page is at the log-out', at(watch).pathname, '/logout/card');
same('which says so', await heading(watch), 'ログアウトしました');
held('... and why', (await watch.locator('main').innerText()).includes('カードリーダーから離れました'));
await look(watch, 'kiosk-logged-out');
await page.goto(`${issuer}/`);
held('nobody is logged in any more', (await choice(page, '/end_session', 'logout').count()) === 0);
await page.goto(`${siteB}/booking/`);
await page.waitForURL((url) => url.origin === issuer);
held('another service asks for a card', (await loginButton(page).count()) === 1, page.url());
for (let i = 0; i < 50; i += 1) { // told by back-channel, a moment later
  await page.goto(`${siteA}/booking/`);
  if (at(page).origin === issuer) break;
  await sleep(200);
}
held('the booking site was told: its session has ended too', at(page).origin === issuer && (await loginButton(page).count()) === 1, page.url());

chapter('The next resident');
await watch.waitForURL((url) => url.origin === agent, { timeout: 20000 });
held('the log-out page goes back to watching by itself', watch.url().startsWith(`${agent}/v1/kiosk`), watch.url());
card('insert');
await sleep(900);
await openLogin();
await logInWithCard(page);
await goThrough(siteA);
held('logs in as usual', at(page).origin === siteA, page.url());

chapter('Who may look on');
const stranger = await context.newPage();
await stranger.goto(`${siteB}/`);
const [answer] = await Promise.all([
  stranger.waitForResponse((r) => r.url().startsWith(agent)),
  stranger.evaluate((url) => { location.href = url; }, `${agent}/v1/kiosk`),
]);
same('a page of another site is not shown who is there', answer.status(), 403);
await stranger.close();

await browser.close();
finish();
