// What a module is given beside its checks: the server and its metadata, browsers, and services of its own, so that modules
// can run side by side.
import { Browser } from './browser.mjs';
import { Card } from './card.mjs';
import { exchange } from './http.mjs';
import { Party } from './party.mjs';

const text = (ja, en) => ({ purpose: ja, 'purpose#en': en });
const fields = ['name', 'address', 'birthdate', 'gender', 'email', 'phone_number'].map((id) => ({ id, required: false, ...text('適合性試験のため', 'for the conformance tests') }));

// A registration that may ask for every standard claim Genkan has.
export const registrationOf = (id, changes = {}) => ({
  client_id: id,
  client_name: `適合性試験 ${id}`,
  'client_name#en': `Conformance ${id}`,
  organization: { id: 'conformance', name: '試験所', 'name#en': 'Test office' },
  sector: 'conformance',
  redirect_uris: [`https://${id}.rp.example/callback`],
  post_logout_redirect_uris: [`https://${id}.rp.example/post_logout_redirect`],
  contacts: ['conformance@rp.example'],
  fields,
  ...changes,
});

// What the operator fixes of services that register themselves; they say the rest (RFC 7591 1.2).
const invited = ['organization', 'sector', 'fields', 'profile'];
export function splitRegistration({ client_id: id, 'client_name#en': english, ...all }) {
  const terms = Object.fromEntries(invited.filter((name) => name in all).map((name) => [name, all[name]]));
  const said = Object.fromEntries(Object.entries(all).filter(([name]) => !invited.includes(name)));
  return { terms, said };
}

let number = 0;
export const freshId = (plan, name) => {
  number += 1;
  return `c${number}-${name}`.toLowerCase().replace(/[^a-z0-9-]/g, '-').replace(/--+/g, '-').slice(0, 48).replace(/-$/, '') || `${plan}-${number}`;
};

export class Stage {
  constructor(server, desk) {
    Object.assign(this, { server, desk, issuer: server.issuer });
  }
  async look() {
    const answer = await exchange(`${this.issuer}/.well-known/openid-configuration`);
    this.metadata = answer.json;
    return answer;
  }
  // One for all services of PROFILE.
  registrationToken(profile = 'basic') {
    this.invitations ??= new Map();
    if (!this.invitations.has(profile)) this.invitations.set(profile, this.server.registrationToken(splitRegistration(registrationOf('any', { profile })).terms));
    return this.invitations.get(profile);
  }
  browser(persona = 'hanako') {
    return new Browser(this.issuer, new Card(this.server.persona(persona)));
  }
  // The person of the tests has every claim: the card's four, and what she enters.
  async prepare(persona = 'hanako') {
    const browser = this.browser(persona);
    const id = freshId('stage', 'prepare');
    const { client_secret: secret } = await this.server.add(registrationOf(id, { profile: 'basic' }));
    const party = new Party({ ...this, must: (what, holds, detail) => { if (!holds) throw new Error(`${what}: ${JSON.stringify(detail)}`); } }, { id, secret, redirect: `https://${id}.rp.example/callback`, scope: 'openid profile address' });
    await party.open(browser, party.request());
    if (!browser.elsewhere) throw new Error(`the first login did not come to its end: ${browser.describe()}`);
    await browser.get('/me/contact');
    await browser.press('/me/contact', { email: 'hanako@example.jp', phone: '06-6941-0351' });
    // and there is a resource server that tokens may be for (RFC 8707)
    this.resource = 'https://data.rp.example/api';
    await this.server.add(registrationOf(freshId('stage', 'data'), { resource: this.resource }));
  }
}
