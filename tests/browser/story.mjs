// The story: Hanako logs in with her card, two booking services receive what she agreed to, she logs out, an auditor looks.
import {
  agentLink, at, auditEvents, cardStatus, cardTrace, chapter, choice, consentButton, finish, genkan, held, isAt, issuer,
  loginButton, look, openBrowser, openWindow, same, shoot, siteA, siteB, sleep, typePin, useCard, windowIsOpen, windowLog, wordOf, agent,
} from './lib.mjs';

const name = '大阪　花子';
const address = '大阪府堺市堺区南瓦町３－１';
const before = cardStatus();

// What a booking page lists as received: { id: text }.
const received = (page) =>
  page.locator('#received tr').evaluateAll((rows) => Object.fromEntries(rows.map((r) => [r.dataset.claim, r.querySelector('td').innerText.trim()])));
const origins = (claims) => claims.sources.split('、').map((one) => one.split('：')[0]);
// What the consent page says of a field under one of its headings: the cell beside it, as one line.
const saidOf = (page, id, heading) => page.locator(`li.field:has(#field-${id}), li#field-${id}`).first().locator('dl.facts > div')
  .filter({ has: page.locator('dt', { hasText: heading }) }).locator('dd').evaluateAll((all) => all.map((dd) => dd.textContent.replace(/[ \n]+/g, ' ').trim()).join());
const today = new Intl.DateTimeFormat('ja-JP', { dateStyle: 'long', timeZone: 'Asia/Tokyo' }).format(new Date());

const browser = await openBrowser();
const { context, page } = await openWindow(browser);
try {
  chapter('Hanako opens the booking of A市');
  await page.goto(`${siteA}/`);
  await look(page, 'a-city-front');
  await page.locator('a.button').click();
  await page.waitForURL((url) => url.origin === issuer);
  held('A市 sends her to Genkan', isAt(page, '/next'), page.url());
  held('the page names the service and its city', (await page.locator('dl.service').innerText()).includes('A市 施設予約'));
  await look(page, 'login');
  same('the card was not touched yet', cardStatus().commands, before.commands);

  chapter('She chooses the card reader');
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  const word = await wordOf(page);
  held('the page shows a word', /^\d\d .+/.test(word), word);
  await look(page, 'card-start');
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  await page.waitForFunction((w) => document.body.innerText.includes(w), word);
  held('her own computer answers, with the same word', true);
  await windowIsOpen();
  await page.waitForFunction(() => document.body.innerText.includes('暗証番号の窓'));
  await look(page, 'agent-waits');
  await typePin('1234', 'pin-window');
  const asked = decodeURIComponent(windowLog().replace(/%(?![0-9A-F]{2})/g, '%25'));
  held('the window named the service', asked.includes('A市 施設予約'));
  held('the window showed the word of the page', asked.includes(word), asked);
  held('the window showed the tries left', /あと3回/.test(asked), asked);
  held('the window does not warn: Genkan told it from which page this came', !asked.includes('どのページから'), asked);
  held('the window named who asks', asked.includes(new URL(issuer).hostname), asked);
  await page.waitForURL((url) => url.origin === issuer && url.pathname === '/next');
  held('the browser returned to Genkan', true);

  chapter('Her basic four are offered to be read from the card');
  held('the offer can be skipped', (await choice(page, '/profile', 'skip').count()) === 1);
  await look(page, 'profile-offer');
  await choice(page, '/profile', 'read').click();
  await page.waitForURL('**/login/card/start*');
  await look(page, 'card-start-read');
  await useCard(page, ['1234', '1234'], 'pin-window-read-');
  await page.waitForURL('**/next*');

  chapter('The consent page');
  held('it asks for consent', (await page.locator('form#consent').count()) === 1, page.url());
  await look(page, 'consent-first');
  const enter = page.locator('li.field a[href*="/me/interests"]');
  held('interests are offered, she has none yet', (await enter.count()) === 1);
  await enter.click();
  const tags = page.locator('input[type=checkbox]');
  const liked = [];
  for (const nth of [0, 2]) {
    await tags.nth(nth).check();
    liked.push(await tags.nth(nth).evaluate((box) => box.labels[0].textContent.trim()));
  }
  await look(page, 'interests');
  await page.locator('form[action="/me/interests"] button.main').click();
  await page.waitForURL('**/next*');
  const card = 'マイナンバーカードから読み取り';
  for (const [id, value, source, purpose] of [['name', name, card, '予約した方を受付で確かめるため'],
    ['address', address, card, '利用の許可書を郵送するため'],
    ['age_over_65', 'はい', `${card} （それをもとに計算）`, '65歳以上の方の料金を半額にするため'],
    ['interests', liked.join('、'), 'あなたが入力', 'おすすめの講座を案内するため']]) {
    same(`${id}: its value is shown`, (await saidOf(page, id, '渡す内容')).replace('内容を表示する', ''), value);
    same(`${id}: its purpose is shown`, await saidOf(page, id, '使い道'), purpose);
    same(`${id}: its source is shown, and the day`, await saidOf(page, id, '出どころ'), `${source} ${today} 時点`);
  }
  const boxes = page.locator('#consent input[type=checkbox]');
  same('only the two optional fields can be ticked', await boxes.evaluateAll((all) => all.map((b) => b.id).sort()), ['field-age_over_65', 'field-interests']);
  same('neither is ticked', await boxes.evaluateAll((all) => all.filter((b) => b.checked).length), 0);
  await page.locator('#field-age_over_65').check();
  await look(page, 'consent');
  await consentButton(page, 'allow').click();

  chapter('A市 greets her');
  await page.waitForURL((url) => url.origin === siteA);
  await look(page, 'a-city-booking');
  held('by name', (await page.locator('h1').innerText()).includes(name));
  const a = await received(page);
  same('it received exactly what she agreed to', Object.keys(a).sort(), ['address', 'age_over_65', 'name', 'sources', 'sub']);
  same('and for each of it where it came from', origins(a).sort(), ['65歳以上', '住所', '氏名'].sort());
  same('her name', a.name, name);
  same('her address', a.address, address);
  same('that she is 65 or older', a.age_over_65, 'はい');

  chapter('B市: no card, no PIN');
  const commands = cardStatus().commands;
  await page.goto(`${siteB}/`);
  await look(page, 'b-city-front');
  await page.locator('a.button').click();
  await page.waitForURL((url) => url.origin === issuer);
  held('a page asks whether to continue as her', (await choice(page, '/confirm', 'continue').innerText()).includes(name));
  await look(page, 'confirm');
  await choice(page, '/confirm', 'continue').click();
  await page.waitForURL('**/next*');
  held("B市's own consent comes next", (await page.locator('dl.service').innerText()).includes('B市 施設予約'));
  same('it can ask for what B市 registered only', await page.locator('#consent input[type=checkbox]').evaluateAll((all) => all.map((b) => b.id)), ['field-municipality']);
  await look(page, 'consent-b');
  await consentButton(page, 'allow').click();
  await page.waitForURL((url) => url.origin === siteB);
  await look(page, 'b-city-booking');
  const b = await received(page);
  same('B市 received exactly what she agreed to', Object.keys(b).sort(), ['name', 'sources', 'sub']);
  same('and where it came from', origins(b), ['氏名']);
  held('under another sub', b.sub && a.sub && a.sub !== b.sub);
  same('the card was not asked', cardStatus().commands, commands);

  chapter('A service she consented to opens by itself');
  await context.clearCookies({ domain: new URL(siteA).hostname });
  const visited = [];
  page.on('framenavigated', (frame) => visited.push(frame.url()));
  await page.goto(`${siteA}/booking/`);
  await page.waitForURL(`${siteA}/booking/`);
  held('without any page in between', visited.every((url) => !url.startsWith(issuer)), visited);
  same('as the same person', (await received(page)).sub, a.sub);

  chapter('She logs out at Genkan');
  await page.goto(`${issuer}/`);
  held('Genkan says who is logged in', (await page.locator('main').innerText()).includes(name));
  await look(page, 'home');
  await choice(page, '/end_session', 'logout').click();
  await page.waitForLoadState();
  if (await choice(page, '/end_session', 'logout').count()) await choice(page, '/end_session', 'logout').click();
  await page.waitForLoadState();
  await look(page, 'logged-out');
  for (const [city, site] of [['A市', siteA], ['B市', siteB]]) {
    // the services are told in the background, within seconds
    for (let i = 0; i < 40; i += 1) {
      await page.goto(`${site}/booking/`);
      if (at(page).origin === issuer) break;
      await sleep(250);
    }
    held(`${city} is closed to her: opening it needs a login`, at(page).origin === issuer && (await loginButton(page).count()) === 1, page.url());
    await shoot(page, `${new URL(site).hostname.split('.')[0]}-after-log-out`);
  }
  await page.goBack();
  held('Back does not bring her booking page', !(await page.content()).includes(name));

  chapter('An auditor looks');
  const events = auditEvents();
  const released = (client) => events.filter((e) => e.type === 'disclosed' && e.client === client);
  same('A市 received name, address, age_over_65 and nothing else', [...new Set(released('a-city-booking').flatMap((e) => e.fields))].sort(), ['address', 'age_over_65', 'name']);
  same('B市 received name and nothing else', [...new Set(released('b-city-booking').flatMap((e) => e.fields))].sort(), ['name']);
  held('each with a time and a ground', released('a-city-booking').concat(released('b-city-booking')).every((e) => e.at && e.ground), released('a-city-booking'));
  held('consent given and refused is there too', events.some((e) => e.type === 'given') && events.some((e) => e.type === 'refused'), events.map((e) => e.type));
  held('no value is in the record', !JSON.stringify(events).includes('花子') && !JSON.stringify(events).includes('南瓦町'));
  const table = genkan('audit', 'list');
  held('as a table', table.status === 0 && table.out.includes('a-city-booking'), table.err);
  console.log(table.out);
  const verified = genkan('audit', 'verify');
  held('the record was not altered', verified.status === 0, verified.out + verified.err);
  console.log(verified.out);

  chapter('The card');
  const after = cardStatus();
  same('the tries are what they were', after.left, before.left);
  same('nothing touched the individual number', after.alarms, 0);
  const selected = cardTrace().filter((t) => t.command).map((t) => t.command);
  held('EF 0001 of the text application was never selected', !selected.some((c, i) => /^00a4020[0-9a-f]020001/.test(c) && selected.slice(0, i).reverse().find((s) => s.startsWith('00a404'))?.includes('d3921000310001010408')));
} catch (error) {
  await shoot(page, 'where-it-stopped').catch(() => {});
  held('the story went through', false, `${error.stack.split('navigated to')[0]}\nat ${page.url().slice(0, 120)}\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 1500)}`);
} finally {
  await browser.close();
}
finish();
