// What browsers do besides walking straight through: Back, reload, two tabs, no script, keyboard only, a narrow screen,
// another language, another browser's answer, wrong PINs, a card that is pulled.
import {
  accessible, agent, agentBeside, agentLink, at, cancelWindow, card, cardStatus, chapter, choice, consentButton, finish, genkan, goOnInWindow, held, isAt, issuer, logInWithCard,
  loginButton, look, openBrowser, openWindow, press as pressKey, same, settled, shoot, shots, siteA, siteB, sleep, typePin, useCard, windowIsGone, windowIsOpen,
  windowLog, withCard,
} from './lib.mjs';
import { writeFileSync } from 'node:fs';
import { checkOnPage, receiptOf } from './receipt.mjs';

const browser = await openBrowser();
const inGenkan = (url) => url.origin === issuer;

// `node pages.mjs 'wrong PIN|last try'` plays the first scene, on which the others stand, and those whose names match.
const only = new RegExp(process.argv[2] ?? '');
let scenes = 0;
async function scene(name, play, options = {}) {
  scenes += 1;
  if (scenes > 1 && !only.test(name)) return;
  chapter(name);
  card('insert');
  const { context, page } = await openWindow(browser, options);
  try {
    await play(page, context);
  } catch (error) {
    await shoot(page, 'where-it-stopped').catch(() => {});
    held(name, false, `${error.message.split('\n')[0]}\nat ${page.url()}\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 800)}`);
    if (!(await windowIsGone(1))) await cancelWindow().catch(() => {});
  } finally {
    await context.close();
  }
}
const openLogin = async (page, site = siteA) => {
  await page.goto(`${site}/booking/`);
  await page.waitForURL(inGenkan);
};
// After the card: the next page of the login, or the service itself when nothing is left to ask.
const landed = (page) => page.waitForURL((url) => url.origin !== agent && (!inGenkan(url) || url.pathname === '/next'), { timeout: 30000 });
const problemOf = (page) => page.locator('main h1').innerText();
// From the login page to the booking page, giving what is asked for.
async function goThrough(page, site) {
  for (let i = 0; i < 8 && at(page).origin !== site; i += 1) {
    if (await choice(page, '/profile', 'skip').count()) await choice(page, '/profile', 'skip').click();
    else if (await choice(page, '/confirm', 'continue').count()) await choice(page, '/confirm', 'continue').click();
    else if (await consentButton(page, 'allow').count()) await consentButton(page, 'allow').click();
    await page.waitForLoadState();
    await page.waitForTimeout(100);
  }
}

// --- the first resident of this data folder gets her four items, so that every page has something to show ---------------

await scene('A first login, in English, on a narrow screen', async (page) => {
  const fits = async (name) => {
    const wide = await settled(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
    held(`fits into 320 px: ${name}`, wide <= 0, `${wide} px too wide`);
    await look(page, `narrow-${name}`);
  };
  await openLogin(page);
  same('the page speaks English to an English browser', await page.locator('html').getAttribute('lang'), 'en');
  await fits('login');
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await fits('card-start');
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  await windowIsOpen();
  await page.waitForTimeout(1500);
  await fits('agent');
  await typePin('1234');
  await landed(page);
  await fits('profile-offer');
  await choice(page, '/profile', 'read').click();
  await page.waitForURL('**/login/card/start*');
  await fits('card-start-read');
  await useCard(page, ['1234', '1234']);
  await fits('consent');
  await page.goto(page.url());
  await consentButton(page, 'allow').click();
  await page.waitForURL((url) => url.origin === siteA);
  await fits('booking');
  await page.goto(`${siteA}/`);
  await fits('front');
  await openLogin(page, siteB);
  await fits('confirm');
  await choice(page, '/confirm', 'continue').click();
  await page.waitForURL('**/next*');
  await fits('consent-b');
  await page.goto(`${issuer}/`);
  await fits('home');
  await page.goto(`${issuer}/me/interests`);
  await fits('interests');
  await page.goto(`${issuer}/me/services`);
  await fits('services');
  await page.goto(`${issuer}/me/services/a-city-booking`);
  await fits('service');
  await page.goto(`${issuer}/me/services/a-city-booking/receipt`);
  await fits('receipt');
  await page.goto(`${issuer}/me/history`);
  await fits('history');
  for (const where of ['me', 'me/household', 'me/contact', 'me/leave']) {
    await page.goto(`${issuer}/${where}`);
    await fits(where.replace('/', '-'));
  }
  await page.goto(`${issuer}/me/household`);
  await page.locator('#size').fill('1');
  await page.locator('#year-1').fill('88');
  await page.locator('form[action="/me/household"] button.main').click();
  await page.locator('#problems').waitFor();
  await fits('household-wrong');
  await page.goto(`${issuer}/end_session`);
  await fits('logout-confirm');
  await choice(page, '/end_session', 'logout').click();
  await page.waitForLoadState();
  await fits('logged-out');
  await page.goto(`${issuer}/authorize?client_id=nobody`);
  await fits('error');
  await page.goto(`${issuer}/login/card/return`);
  await fits('return');
}, { locale: 'en-US', viewport: { width: 320, height: 640 } });

await scene('The keyboard alone', async (page) => {
  const press = (...how) => pressKey(page, ...how);
  await page.goto(`${siteA}/`);
  await press(page.locator('a.button'), 'booking');
  await page.waitForURL(inGenkan);
  await press(loginButton(page), 'card reader');
  await page.waitForURL('**/login/card/start*');
  await press(agentLink(page), 'card window');
  await typePin('1234');
  await landed(page);
  if (await page.locator('form#consent').count()) {
    await press(page.locator('#field-age_over_65'), 'age_over_65', 'Space');
    held('ticked with Space', await page.locator('#field-age_over_65').isChecked());
    await press(consentButton(page, 'allow'), 'allow');
  }
  await page.waitForURL((url) => url.origin === siteA);
  await press(page.locator('#logout'), 'log out of A市');
  await page.waitForURL((url) => inGenkan(url) || url.href === `${siteA}/`);
  if (inGenkan(at(page))) await press(choice(page, '/end_session', 'logout'), 'log out');
  await page.goto(`${issuer}/`);
  held('logged out at the service and at Genkan', (await choice(page, '/end_session', 'logout').count()) === 0);
});

await scene('What she enters herself, without script', async (page) => {
  await openLogin(page);
  await loginButton(page).click();
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  await typePin('1234');
  await page.waitForURL('**/login/card/return#*');
  await page.locator('textarea#response').fill(page.url());
  await page.locator('form[action="/login/card/complete"] button').click();
  await landed(page);
  const save = () => page.locator('form[action^="/me/"] button.main').click();
  await page.goto(`${issuer}/me/household`);
  await page.locator('#size').fill('2');
  await page.locator('#relation-1').selectOption('child');
  await page.locator('#year-1').fill('2021');
  await page.locator('#month-1').fill('13');
  await save();
  held('what is wrong has the focus', (await page.locator('#problems:focus').count()) === 1);
  await shoot(page, 'household-wrong');
  await page.locator('#problems a').click();
  held('its link leads to the month', page.url().endsWith('/me/household#month-1'));
  same('nothing typed is lost', await page.locator('#year-1').inputValue(), '2021');
  same('nothing chosen is lost', await page.locator('#relation-1').inputValue(), 'child');
  await page.locator('#month-1').fill('５');
  await save();
  held('it is saved', await page.locator('[role="status"]').isVisible());
  await shoot(page, 'household-saved');
  await page.goto(`${issuer}/me/contact`);
  await page.locator('#email').fill('hanako');
  await save();
  await shoot(page, 'contact-wrong');
  await page.locator('#email').fill('hanako@example.jp');
  await save();
  await page.goto(`${issuer}/me`);
  held('she sees it', (await page.locator('#mine-email').innerText()).includes('あなたが入力'));
  await shoot(page, 'me');
  await page.goto(`${issuer}/me/leave`);
  await shoot(page, 'leave');
  await page.locator('form[action="/me/leave"] button').click();
  await shoot(page, 'leave-unsure');
}, { javaScriptEnabled: false });

await scene('Without script', async (page) => {
  await openLogin(page);
  await loginButton(page).click();
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  await typePin('1234');
  await page.waitForURL('**/login/card/return#*');
  held('the return page offers a box', await page.locator('textarea#response').isVisible());
  await shoot(page, 'no-script-return');
  await page.locator('form[action="/login/card/complete"] button').click();
  held('an empty box is refused', at(page).pathname !== '/next');
  await page.locator('textarea#response').fill(page.url());
  await page.locator('form[action="/login/card/complete"] button').click();
  await landed(page);
  await goThrough(page, siteA);
  held('the whole address pasted into it logs her in', at(page).origin === siteA, page.url());
}, { javaScriptEnabled: false });

await scene('What she allows, afterwards', async (page) => {
  const own = `${issuer}/me/services/a-city-booking`;
  const press = (act) => page.locator(`form[action="/me/services/a-city-booking"] button[value="${act}"]`);
  const says = async (text) => (await page.locator('main').innerText()).includes(text);
  await openLogin(page);
  await logInWithCard(page);
  await landed(page);
  await goThrough(page, siteA);
  await page.goto(`${issuer}/me/services`);
  await look(page, 'services');
  await page.locator('a[href="/me/services/a-city-booking"]').click();
  held('legal basis and time of keeping are shown', (await says('本人の同意')) && (await says('1年')));
  await look(page, 'service');
  await page.locator('.languages button[value="ja-simple"]').click();
  same('easy Japanese is a language of the page', await page.locator('html').getAttribute('lang'), 'ja-simple');
  await look(page, 'service-easy');
  await page.locator('.languages button[value="ja"]').click();
  await page.goto(`${issuer}/me/history`);
  held('the history says that name and address were given', (await says('渡りました')) && (await says('住所')));
  await look(page, 'history');
  await page.goto(`${own}/receipt`);
  await look(page, 'receipt');
  const proof = await settled(async () => {
    for (let i = 0; ; i += 1) { // a checkpoint that counts the leaf is published within ten seconds
      const answer = await page.request.get(`${own}/receipt.tlog-proof`);
      if (answer.status() === 200 || i === 15) return answer;
      await page.waitForTimeout(1000);
    }
  });
  held('the proof stands beside the receipt', proof.status() === 200 && (await proof.text()).startsWith('c2sp.org/tlog-proof@v1\n'));
  const pdf = await page.pdf({ path: `${shots}/receipt.pdf`, preferCSSPageSize: true });
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g).length;
  held('the receipt prints on at most two sheets of A4', sheets <= 2, `${sheets} sheets`);
  await page.emulateMedia({ media: 'print' });
  held('on paper there are no links to files and no language switch',
    !(await page.locator('.screen').first().isVisible()) && !(await page.locator('.languages').isVisible()));
  await page.emulateMedia({ media: 'screen' });
  await page.goto(own);
  await press('suspend').click();
  await look(page, 'service-suspend');
  const [keep, go] = [await press('keep').boundingBox(), await press('suspend').boundingBox()];
  held('doing it and leaving it look alike', keep.width === go.width && keep.height === go.height, `${keep.width} ${go.width}`);
  await press('suspend').click();
  held('suspended', await says('止めました'));
  await look(page, 'service-suspended');
  await press('resume').click();
  await press('resume').click();
  held('resumed', await says('元に戻しました'));
  await press('withdraw').click();
  await press('withdraw').click();
  held('withdrawn', await says('取り消しました'));
  await look(page, 'service-withdrawn');
  await page.goto(`${issuer}/me/services`);
  held('it stands among those that have ended', await says('取り消し済み'));
  await look(page, 'services-ended');
});

await scene('Back and reload', async (page) => {
  await openLogin(page);
  await logInWithCard(page);
  await landed(page);
  await page.goBack();
  await page.waitForLoadState();
  await shoot(page, 'back-after-return');
  held('Back after the return does not break anything', (await page.locator('main h1').count()) === 1, page.url());
  held('... and no second answer is sent', (await page.locator('#failed:visible').count()) === 0);
  await page.goForward().catch(() => {});
  await page.waitForLoadState();
  if (at(page).pathname.startsWith('/login/card/') || at(page).origin === agent) await openLogin(page).catch(() => {});
  await goThrough(page, siteA);
  held('going on works', at(page).origin === siteA, page.url());
  await page.goto(`${issuer}/login/card/return`);
  held('the return page without its fragment says what happened', await page.locator('#gone').isVisible());
  await look(page, 'return-without-fragment');
  await page.reload();
  held('... also after a reload', await page.locator('#gone').isVisible());
});

await scene('Two tabs', async (page, context) => {
  const other = await context.newPage();
  await openLogin(page);
  await openLogin(other, siteB);
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await agentLink(page).click();
  await windowIsOpen();
  await loginButton(other).click();
  await other.waitForURL('**/login/card/start*');
  await agentLink(other).click();
  await other.waitForLoadState();
  await other.waitForTimeout(1000);
  same('the second tab is told that a window is open', await problemOf(other), 'ほかのログインが進行中です');
  await shoot(other, 'two-tabs-second');
  await typePin('1234');
  await landed(page);
  await shoot(page, 'two-tabs-first');
  // one browser has one card cookie: the tab that began later owns it
  await other.goto(`${siteB}/booking/`);
  await other.waitForURL(inGenkan);
  if (await loginButton(other).count()) await logInWithCard(other);
  await goThrough(other, siteB);
  held('the second tab gets in', at(other).origin === siteB, other.url());
});

await scene("Another browser's answer", async (page) => {
  await openLogin(page);
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  let carried = '';
  page.on('response', (r) => { if (r.url().startsWith(agent) && r.status() === 303) carried = r.headers().location ?? carried; });
  await page.route('**/login/card/complete', (route) => route.abort());
  await agentLink(page).click();
  await typePin('1234');
  await page.waitForURL('**/login/card/return*');
  await page.waitForTimeout(500);
  held('the answer is in the fragment', carried.includes('/login/card/return#'), carried.slice(0, 80));
  held('... which the page took out of the address', !page.url().includes('#'));
  held('a page that could not send it says so', await page.locator('#failed').isVisible());
  await look(page, 'return-failed');
  const thief = await openWindow(browser);
  await openLogin(thief.page);
  await thief.page.goto(carried);
  await thief.page.waitForURL((url) => inGenkan(url) && url.pathname !== '/login/card/return').catch(() => {});
  await look(thief.page, 'other-browser');
  await thief.page.goto(`${issuer}/`);
  held('another browser is not logged in by it', (await choice(thief.page, '/end_session', 'logout').count()) === 0);
  await thief.context.close();
  await page.unroute('**/login/card/complete');
});

// --- what can go wrong with the card ---------------------------------------------------------------------------------

async function toWindow(page) {
  await openLogin(page);
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
}
async function again(page, name) {
  held(`${name}: a new attempt is offered`, (await loginButton(page).count()) === 1);
  await look(page, `problem-${name}`);
  card('insert');
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await useCard(page, ['1234']);
  held(`${name}: the login survived`, await page.locator('main').count() === 1 && !(await loginButton(page).count()), page.url());
}

await scene('Cancelled', async (page) => {
  await toWindow(page);
  await cancelWindow();
  await landed(page);
  await again(page, 'cancelled');
});

await scene('The card pulled while the window is open', async (page) => {
  await toWindow(page);
  await windowIsOpen();
  card('remove');
  await landed(page);
  held('the window closed by itself', await windowIsGone());
  await again(page, 'removed');
});

await scene('A wrong PIN', async (page) => {
  await toWindow(page);
  await typePin('9999');
  await windowIsOpen();
  same('costs one try', cardStatus().left.auth, 2);
  const told = windowLog().split('GETPIN').slice(-2).join('');
  held('the window says how many are left', told.includes('入力できる回数： あと2回') && told.includes('あと2回まちがえると'), told);
  await shoot(page, 'wrong-pin-page');
  await typePin('1234', 'wrong-pin-window');
  await landed(page);
  held('the right one then opens', !(await loginButton(page).count()));
  same('and gives all tries back', cardStatus().left.auth, 3);
});

await scene('The last try', async (page) => {
  await toWindow(page);
  await typePin('9999');
  await windowIsOpen();
  await typePin('9999');
  await windowIsOpen();
  same('one try is left', cardStatus().left.auth, 1);
  await cancelWindow();
  await landed(page);
  same('it stops and explains', await problemOf(page), '暗証番号を入れられるのは、あと1回です');
  same('the last try was not used', cardStatus().left.auth, 1);
  await look(page, 'problem-last-try');
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await agentLink(page).click();
  await goOnInWindow('last-try-window');
  await page.waitForTimeout(1000);
  await typePin('1234');
  await landed(page);
  same('only her own word lets it go on, and the right PIN gives all back', cardStatus().left.auth, 3);
});

// Cards that must not open anything: what lies in the reader, which PIN is typed (none when the agent stops before), the heading.
const badCards = [
  ['bad/expired', [], /期限/],
  ['bad/revoked', ['1234'], /使えなくなって/],
  ['bad/on-hold', ['1234'], /使えなくなって/],
  ['bad/unlisted', ['1234'], /確かめられません/],
  ['bad/other-hierarchy', ['1234'], /ログインに使える電子証明書ではありません/],
  ['bad/own-root', ['1234'], /ログインに使える電子証明書ではありません/],
  ['bad/sha1', ['1234'], /このカードはまだ使えません/],
  ['bad/not-yet', null, /まだ使えません/],
  ['residents/heisei-first', [], /マイナンバーカードではありません/, ['--label', 'JPKIAPICCTOKEN']], // the old resident card
];
for (const [folder, pins, heading, options] of badCards) {
  await scene(`Card ${folder}`, async (page) => {
    await withCard(folder, async () => {
      await openLogin(page);
      await loginButton(page).click();
      await page.waitForURL('**/login/card/start*');
      await agentLink(page).click();
      // some are found out by the agent before it asks for a PIN, some by Genkan afterwards
      if (pins?.length || (pins === null && (await windowIsOpen(4000)))) await typePin('1234');
      await landed(page);
      held('it does not open', isAt(page, '/next'), page.url().slice(0, 100));
      held('its page says why', heading.test(await problemOf(page)), await problemOf(page));
      await look(page, folder.replace('/', '-'));
      await page.locator('nav.languages button[value="en"]').click();
      await page.waitForLoadState();
      await accessible(page, `${folder} in English`);
      await page.goto(`${issuer}/`);
      held('nobody is logged in', (await choice(page, '/end_session', 'logout').count()) === 0);
    }, options);
  });
}

await scene('A card whose PIN is blocked', async (page) => {
  await withCard('residents/katakana', async (tell) => {
    await toWindow(page);
    await typePin('0000');
    await windowIsOpen();
    await page.waitForTimeout(500);
    await typePin('0000');
    await windowIsOpen();
    await goOnInWindow('last-try-of-katakana');
    await page.waitForTimeout(1000);
    await typePin('0000');
    await landed(page);
    same('three wrong ones block it', JSON.parse(tell('status')).left.auth, 0);
    held('the page says where to go', /ロック/.test(await problemOf(page)), await problemOf(page));
    await look(page, 'pin-blocked');
    await loginButton(page).click();
    await page.waitForURL('**/login/card/start*');
    await agentLink(page).click();
    await landed(page);
    held('a new attempt says so before any PIN is asked for', /ロック/.test(await problemOf(page)) && (await windowIsGone(1)), await problemOf(page));
  });
});

// What lies in the reader, and how it tells who she is: a phone has no text to read, but a certificate for signatures.
const otherCards = [
  ["A child's card", 'residents/minor', 'read', ['1234', '1234'], []],
  ['A phone', 'residents/heisei-last', 'register', ['1234', 'ABC123'], ['--label', 'JPKIAPGPSETOKEN']],
  ['A card of an older authority', 'residents/generation2', 'read', ['1234', '1234'], []],
  ['A reader of another make', 'residents/taro', 'read', ['1234', '1234'], ['--atr', 'random', '--eof-6282', '--short-only', '--long-lengths']],
];
for (const [name, folder, how, pins, options] of otherCards) {
  await scene(name, async (page) => {
    await withCard(folder, async () => {
      await openLogin(page);
      await logInWithCard(page).catch(() => {});
      await landed(page);
      held(`${folder} logs in`, (await choice(page, '/profile', how).count()) === 1, await problemOf(page));
      await choice(page, '/profile', how).click();
      await page.waitForURL('**/login/card/start*');
      await useCard(page, pins);
      held(`${folder}: the four items were read`, (await page.locator('form#consent').count()) === 1 && (await page.locator('li.field .missing').count()) < 3,
        await problemOf(page));
      await shoot(page, `consent-${folder.replace('/', '-')}`);
      await consentButton(page, 'refuse').click();
      await page.waitForURL((url) => url.origin === siteA);
      held(`${folder}: who refuses goes back to the service, which gets nothing`, at(page).pathname === '/stopped', page.url());
    }, options);
  });
}

await scene('The revocation responder does not answer', async (page) => {
  const responder = Number(process.env.GENKAN_OCSP_PID);
  await withCard('residents/romaji', async () => {
    await toWindow(page);
    process.kill(responder, 'SIGSTOP');
    try {
      await typePin('1234');
      await landed(page);
    } finally {
      process.kill(responder, 'SIGCONT');
    }
    held('nobody gets in', (await loginButton(page).count()) === 1, page.url().slice(0, 100));
    held('the page says whose fault it is', /確かめられません/.test(await problemOf(page)), await problemOf(page));
    await look(page, 'revocation-unknown');
    await page.waitForTimeout(1000);
    await logInWithCard(page);
    held('when it answers again she gets in', !(await loginButton(page).count()), page.url().slice(0, 100));
  });
});

await scene('The same answer twice', async (page) => {
  await openLogin(page);
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  let carried = '';
  page.on('response', (r) => { if (r.url().startsWith(agent) && r.status() === 303) carried = r.headers().location ?? carried; });
  await agentLink(page).click();
  await typePin('1234');
  await landed(page);
  await page.goto('about:blank');
  await page.goto(carried);
  await page.waitForFunction(() => location.pathname !== '/login/card/return' || document.querySelector('#failed:not([hidden])'), null, { timeout: 10000 }).catch(() => {});
  same('is refused, as used', await problemOf(page), 'この結果は、もう使われています');
  await look(page, 'answer-twice');
});

await scene('Stopping at every page', async (page) => {
  await openLogin(page);
  await page.locator('form[action="/cancel"] button').click();
  await page.waitForURL((url) => url.origin === siteA);
  held('at the login: the service is told that she did not want to', at(page).pathname === '/stopped', page.url());
  await look(page, 'stopped-at-service');
  await page.locator('a.button').click();
  await page.waitForURL(inGenkan);
  await logInWithCard(page).catch(() => {});
  await landed(page);
  await openLogin(page, siteB).catch(() => {});
  if (await choice(page, '/confirm', 'continue').count()) {
    await page.locator('form[action="/cancel"] button').click();
    await page.waitForURL((url) => url.origin === siteB);
    held('at the question whose session it is', at(page).pathname === '/stopped', page.url());
  }
});

await scene('Unknown service, foreign address', async (page) => {
  for (const [name, query] of [['client', 'client_id=nobody&response_type=code&scope=openid&redirect_uri=https://evil.example/'],
    ['redirect', 'client_id=a-city-booking&response_type=code&scope=openid&redirect_uri=https://evil.example/']]) {
    await page.goto(`${issuer}/authorize?${query}`);
    held(`unknown ${name}: a page, never a redirect`, isAt(page, '/authorize'));
    await look(page, `error-${name}`);
  }
  const answer = await page.goto(`${issuer}/no/such/page`);
  same('a page that is not there', answer.status(), 404);
  await look(page, 'not-found');
});

await scene('The language can be changed', async (page) => {
  await openLogin(page);
  same('Japanese first', await page.locator('html').getAttribute('lang'), 'ja');
  await page.locator('nav.languages button[value="en"]').click();
  await page.waitForLoadState();
  same('then English, on the same page', await page.locator('html').getAttribute('lang'), 'en');
  held('... which is still the login', (await loginButton(page).count()) === 1);
  await accessible(page, 'login in English');
});

await scene('Large letters', async (page) => {
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const fits = async (name) => {
    const wide = await settled(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
    held(`fits into 320 px in large letters: ${name}`, wide <= 0, `${wide} px too wide`);
    await look(page, `large-${name}`);
  };
  await openLogin(page);
  const before = await size();
  await choice(page, '/letters', 'large').click();
  await page.waitForLoadState();
  held('are half as large again', (await size()) >= before * 1.4, await size());
  await fits('login');
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await fits('card-start');
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  await windowIsOpen();
  await page.waitForTimeout(1500);
  await fits('agent');
  await typePin('1234', 'large-window');
  await landed(page);
  await fits('after-the-card');
  await page.goto(`${issuer}/`);
  await fits('home');
  await page.goto(`${issuer}/me`);
  await fits('me');
  await page.goto(`${issuer}/me/history`);
  await fits('history');
  await choice(page, '/letters', 'normal').click();
  await page.waitForLoadState();
  same('and normal ones again', await size(), before);
}, { viewport: { width: 320, height: 700 } });

await scene('The first page of the agent', async (page) => {
  await page.goto(`file://${process.cwd()}/jpki/agent/desktop/welcome.html`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  held('fits into 320 px', wide <= 0, `${wide} px too wide`);
  await look(page, 'agent-welcome');
  await page.locator('a[href="#english"]').click();
  held('its English part is one step away', await page.locator('#english h2').first().isVisible() && page.url().endsWith('#english'));
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'agent-welcome-dark');
}, { viewport: { width: 320, height: 700 } });

await scene('A second person at the same computer', async (page) => {
  await openLogin(page);
  await logInWithCard(page);
  await landed(page);
  await goThrough(page, siteA);
  await openLogin(page, siteB);
  held('sees whose session it is before B市 gets anything', (await choice(page, '/confirm', 'continue').count()) === 1);
  await choice(page, '/confirm', 'other').click();
  await page.waitForURL(inGenkan);
  held('and can use another card instead', (await loginButton(page).count()) === 1, page.url());
});

await scene('A receipt is checked in the browser', async (page) => {
  await sleep(6000); // what was disclosed is under a published checkpoint
  const files = receiptOf(genkan);
  await page.goto(`${issuer}/ledger/verify.html`);
  same('a genuine one is good', (await checkOnPage(page, files)).kind, 'good');
  await checkOnPage(page, files).then((r) => held('... and what was disclosed is shown', r.text.includes('disclosed'), r.text));
  same('another event is not', (await checkOnPage(page, { ...files, receipt: files.forged })).kind, 'bad');
  same('another policy does not know the log', (await checkOnPage(page, { ...files, policy: 'quorum none\n' })).kind, 'bad');
  same('nobody\'s key made the signature', (await checkOnPage(page, { ...files, jwks: '{"keys":[]}' })).kind, 'bad');
  const proof = files.proof.replace(/[A-Z](?=[^\n]*=\n\n)/, (c) => (c === 'A' ? 'B' : 'A'));
  same('a changed proof is not', (await checkOnPage(page, { ...files, proof })).kind, 'bad');
  await look(page, 'receipt');
});

// --- another device, and a counter -------------------------------------------------------------------------------------

// A service of its own for each grant: what it says to Genkan, without a browser.
function decoupledService(id, grant) {
  const file = `${shots}/${id}.json`;
  writeFileSync(file, JSON.stringify({
    client_id: id, client_name: `A市 ${id}`, organization: { id: 'a-city', name: 'A市' }, sector: 'a-city',
    redirect_uris: ['http://localhost:1/cb'], grant_types: ['authorization_code', grant],
    fields: [{ id: 'name', required: true, purpose: '確認', 'purpose#en': 'to know who it is' }],
  }));
  const secret = JSON.parse(genkan('client', 'add', '--json', file).out).client_secret;
  const headers = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
  const post = async (page, path, form) => (await page.request.post(`${issuer}${path}`, { form, headers })).json();
  return { post, fetchTokens: (page, form) => post(page, '/token', { grant_type: grant, ...form }) };
}
const allowed = (page) => page.locator('main h1', { hasText: '許可しました' });
// From "continue" to "allowed", with the card if it is asked for.
async function allow(page) {
  await page.locator('button[value="continue"]').click();
  await page.waitForLoadState();
  if (await loginButton(page).count()) {
    await logInWithCard(page);
    await page.waitForURL((url) => url.origin === issuer && url.pathname === '/next', { timeout: 30000 });
  }
  for (let i = 0; i < 8 && !(await allowed(page).count()); i += 1) {
    if (await choice(page, '/profile', 'skip').count()) await choice(page, '/profile', 'skip').click();
    else if (await choice(page, '/confirm', 'continue').count()) await choice(page, '/confirm', 'continue').click();
    else if (await consentButton(page, 'allow').count()) await consentButton(page, 'allow').click();
    await page.waitForLoadState();
    await page.waitForTimeout(100);
  }
  held('she has allowed it', (await allowed(page).count()) === 1, page.url());
}

await scene('A television, and a counter', async (page) => {
  const tv = decoupledService('tv', 'urn:ietf:params:oauth:grant-type:device_code');
  const desk = decoupledService('desk', 'urn:openid:params:grant-type:ciba');
  await page.waitForTimeout(1500); // the server looks for new services once a second
  const asked = await tv.post(page, '/device_authorization', { scope: 'openid name' });
  await page.goto(asked.verification_uri);
  await page.locator('#code').fill('000000000');
  await page.keyboard.press('Enter');
  held('a wrong number is said to be wrong', await page.locator('#code-problem').waitFor().then(() => true, () => false));
  await look(page, 'device');
  await page.locator('#code').fill(asked.user_code.replace(/[0-9]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)));
  await page.keyboard.press('Enter');
  same('wide digits of a Japanese keyboard are digits', await page.locator('.word-itself').innerText(), asked.user_code);
  await look(page, 'device-ask');
  await allow(page);
  await look(page, 'device-allowed');
  held('the television has her name', (await tv.fetchTokens(page, { device_code: asked.device_code })).scope === 'openid name');

  await page.goto(`${issuer}/me/counter`);
  await page.locator('button[value="code"]').click();
  const code = await page.locator('#counter-code').innerText();
  await look(page, 'counter-code');
  const request = await desk.post(page, '/bc-authorize', { scope: 'openid name', login_hint: code, binding_message: '窓口 3 さくら' });
  await page.goto(`${issuer}/`);
  await look(page, 'home-asked');
  await page.locator('#asked ~ p a').click();
  await look(page, 'counter');
  await page.locator('button[value="look"]').click();
  await look(page, 'counter-ask');
  await allow(page);
  held('the counter has her name', (await desk.fetchTokens(page, { auth_req_id: request.auth_req_id })).scope === 'openid name');
});

// --- the reader: somebody else has it; it is gone for good, so this is the last scene ------------------------------------

await scene('Another program has the card', async (page) => {
  const other = agentBeside();
  const { context, page: elsewhere } = await openWindow(browser);
  try {
    await openLogin(elsewhere, siteB);
    await loginButton(elsewhere).click();
    await elsewhere.waitForURL('**/login/card/start*');
    const link = new URL(await agentLink(elsewhere).getAttribute('href'));
    link.port = other.port;
    await elsewhere.evaluate((href) => { location.href = href; }, link.href);
    held('its window is open', await windowIsOpen());
    await toWindow(page);
    await page.waitForFunction(() => document.body.innerText.includes('ほかのプログラムがカードを使っています'));
    await look(page, 'agent-reader-busy');
    await landed(page);
    same('after twenty seconds the page says so', await problemOf(page), 'カードリーダーを、ほかのプログラムが使っています');
    await cancelWindow();
  } finally {
    await context.close();
    await other.stop();
  }
  await again(page, 'reader-busy');
});

await scene('The reader is unplugged while the window is open', async (page) => {
  await toWindow(page);
  await windowIsOpen();
  process.kill(Number(process.env.GENKAN_READER_PID));
  await landed(page);
  held('the window closed by itself', await windowIsGone());
  same('the page says what is missing', await problemOf(page), 'カードリーダーが見つかりません');
  await look(page, 'problem-no-reader');
});

await browser.close();
held('nothing touched the individual number', cardStatus().alarms === 0);
held('the record was not altered', genkan('audit', 'verify').status === 0);
finish();
