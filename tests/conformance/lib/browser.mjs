// A browser without script, and the resident at it, who does what a page asks for. It stops where a redirect or a form leads
// to another origin: there the service takes over.
import { exchange, formOf } from './http.mjs';
import { Page } from './page.mjs';

const HOPS_MAX = 20;

export class Browser {
  constructor(origin, card) {
    this.origin = origin;
    this.card = card;
    this.cookies = new Map();
    this.seen = []; // headings of the pages that were shown
    this.refuses = false; // at the consent page
    this.ticks = (names) => names; // which optional fields are given
  }

  // --- going somewhere ---
  async get(url, options = {}) {
    return this.#go(new URL(url, this.origin).href, { method: 'GET' }, options);
  }
  // A form of one of our own pages, or, FROM another origin, of somebody else's: no Lax cookie goes along then.
  async post(url, fields, { from = this.origin } = {}) {
    const ours = from === this.origin;
    return this.#go(new URL(url, this.origin).href, { method: 'POST', body: formOf(fields), from, cookies: ours });
  }
  async press(action, changes) {
    const form = this.page?.form(action);
    if (!form) throw new Error(`there is no form ${action} on the page "${this.page?.heading}"`);
    return this.post(action, this.page.fields(form, changes));
  }

  async #go(url, { method, body, from, cookies = true }) {
    this.elsewhere = null;
    let next = { url, method, body, from, cookies };
    for (let hop = 0; hop < HOPS_MAX; hop += 1) {
      this.answer = await this.#ask(next);
      const { status, headers } = this.answer;
      if (status < 300 || status > 399 || !headers.location) return this.#arrive();
      const target = new URL(headers.location, next.url);
      if (target.origin !== this.origin) return this.#leave({ url: target.href, status, method: 'GET' });
      next = { url: target.href, method: 'GET', cookies: true };
    }
    throw new Error(`more than ${HOPS_MAX} redirects`);
  }
  async #ask({ url, method, body, from, cookies }) {
    const headers = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'en', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };
    if (cookies && this.cookies.size) headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (body !== undefined) {
      Object.assign(headers, { 'content-type': 'application/x-www-form-urlencoded', origin: from });
      headers['sec-fetch-site'] = from === this.origin ? 'same-origin' : 'cross-site';
    }
    const answer = await exchange(url, { method, headers, body });
    this.#keep(answer.headers['set-cookie'] ?? []);
    return answer;
  }
  // What RFC 6265bis demands of a cookie whose name begins with __Host-, and the product of every cookie.
  #keep(lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/;\s*/);
      const has = (word) => attributes.some((a) => a.toLowerCase() === word);
      if (!pair.startsWith('__Host-') || !has('secure') || !has('path=/') || !has('httponly') || !has('samesite=lax')) throw new Error(`a careless cookie: ${line}`);
      const at = pair.indexOf('=');
      if (has('max-age=0')) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
  #arrive() {
    this.page = /html/.test(this.answer.type) ? new Page(this.answer.text) : null;
    if (this.#formToElsewhere()) return this;
    if (this.page) this.seen.push(this.page.heading);
    return this;
  }
  // OAuth 2.0 Form Post Response Mode: a page whose form goes to another origin is a redirect by POST.
  #formToElsewhere() {
    const form = this.page?.all('form').find((f) => f.attributes.action && new URL(f.attributes.action, this.origin).origin !== this.origin);
    if (!form) return null;
    const { action, method, enctype } = form.attributes;
    return this.#leave({ url: action, status: this.answer.status, method: (method ?? 'get').toUpperCase(), enctype, fields: this.page.fields(form) });
  }
  #leave(elsewhere) {
    this.elsewhere = elsewhere;
    return this;
  }

  // --- what the resident does ---
  get at() {
    const page = this.page;
    if (this.elsewhere) return 'elsewhere';
    if (!page) return 'nothing';
    if (page.hasId('consent')) return 'consent';
    if (page.link('/v1/auth/')) return 'card';
    if (page.form('/confirm')) return 'confirm';
    if (page.form('/login/card')) return page.hasId('need') ? 'login' : 'problem';
    if (page.form('/profile')) return 'profile';
    if (page.all('button', { value: 'stay' }).length) return 'logout';
    if (this.answer.status >= 400) return 'error';
    return page.hasId('session') || page.hasId('none') ? 'home' : 'other';
  }
  async showCard() {
    const request = this.page.link('/v1/auth/').split('/v1/auth/')[1];
    const headers = { origin: this.origin, 'sec-fetch-site': 'same-origin', 'x-genkan-card': '1', 'content-type': 'application/json' };
    headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await exchange(`${this.origin}/login/card/complete`, { headers, body: JSON.stringify({ response: this.card.answer(request) }) });
    this.#keep(answer.headers['set-cookie'] ?? []);
    if (!answer.json?.next) throw new Error(`the card's answer was not taken: ${answer.status} ${answer.text}`);
    return this.get(answer.json.next);
  }
  async #consent() {
    if (this.refuses) return this.press('/consent', { do: 'refuse' });
    const given = this.ticks(this.page.boxes(this.page.form('/consent')));
    return this.press('/consent', { ...Object.fromEntries(given.map((name) => [name, 'yes'])), do: 'allow' });
  }
  // The one thing the page asks for; false when there is nothing to do.
  async #step() {
    switch (this.at) {
      case 'login':
        return this.press('/login/card', {});
      case 'card':
        return this.showCard();
      case 'profile':
        return this.press('/profile', { do: 'register' });
      case 'confirm':
        return this.press('/confirm', { do: 'continue' });
      case 'consent':
        return this.#consent();
      default:
        return false;
    }
  }
  // Goes on until PLACE or until nothing can be done.
  async goOn(place = 'elsewhere') {
    for (let i = 0; i < HOPS_MAX && this.at !== place; i += 1) if (!(await this.#step())) break;
    return this;
  }
  // On the page where a device's code is typed: types it (it stands there already), says that she began this, logs in and agrees.
  async allowDevice() {
    await this.press('/device', { do: 'enter' });
    await this.press('/device', { do: 'continue' });
    await this.goOn();
    return this.#mustBeDone();
  }
  // What a counter asked of her with BINDING on its screen, at her own browser where she is logged in.
  async allowAsked(binding) {
    await this.get('/me/counter');
    const asked = this.page.all('li').find((item) => item.text.includes(binding));
    const form = this.page.all('form', { action: '/me/counter' }).find((one) => one.parents.includes(asked));
    if (!form) throw new Error(`nobody asks with ${binding}: ${this.describe()}`);
    await this.post('/me/counter', this.page.fields(form, { do: 'look' }));
    await this.press('/me/counter', { do: 'continue' });
    await this.goOn();
    return this.#mustBeDone();
  }
  #mustBeDone() {
    if (this.at !== 'other' || this.answer.status !== 200) throw new Error(`it did not come to its end: ${this.describe()}`);
    return this;
  }
  describe() {
    if (this.elsewhere) return `sent to ${this.elsewhere.url}`;
    return `${this.answer?.status} "${this.page?.heading ?? this.answer?.text.slice(0, 200)}" at ${this.answer?.url}`;
  }
}
