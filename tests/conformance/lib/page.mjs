// A page of Genkan as a person sees it who has no script: forms, links, ids, text. Its pages are XHTML, so that a reader of
// tags is enough.

const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const decoded = (text) =>
  text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (all, name) => {
    if (name[0] !== '#') return named[name] ?? all;
    return String.fromCodePoint(name[1] === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });

const empty = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);

function attributesOf(text) {
  const attributes = {};
  for (const [, name, , double, single] of text.matchAll(/([^\s=/]+)(\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)) attributes[name] = decoded(double ?? single ?? '');
  return attributes;
}

export class Page {
  constructor(text) {
    this.elements = []; // { tag, attributes, parents, text }
    const open = [];
    const clean = text.replace(/<!--.*?-->/gs, '').replace(/<!DOCTYPE[^>]*>/i, '');
    for (const [, closing, tag, rest, words] of clean.matchAll(/<(\/?)([a-z0-9:]+)((?:\s+[^\s=/>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*\/?)>|([^<]+)/gi)) {
      if (words !== undefined) for (const element of open) element.text += decoded(words);
      else if (closing) this.#close(open, tag);
      else this.#open(open, tag.toLowerCase(), rest);
    }
  }
  #open(open, tag, rest) {
    const element = { tag, attributes: attributesOf(rest.replace(/\/\s*$/, '')), parents: [...open], text: '' };
    this.elements.push(element);
    if (!empty.has(tag) && !rest.trim().endsWith('/')) open.push(element);
  }
  #close(open, tag) {
    const at = open.findLastIndex((element) => element.tag === tag.toLowerCase());
    if (at >= 0) open.length = at;
  }

  all(tag, attributes = {}) {
    return this.elements.filter((e) => e.tag === tag && Object.entries(attributes).every(([name, value]) => e.attributes[name] === value));
  }
  hasId(id) {
    return this.elements.some((e) => e.attributes.id === id);
  }
  link(part) {
    return this.all('a').find((e) => e.attributes.href?.includes(part))?.attributes.href;
  }
  form(action) {
    return this.all('form', { action })[0];
  }
  get heading() {
    return this.all('h1')[0]?.text.trim() ?? '';
  }

  // What pressing the button would send: hidden, ticked and filled-in fields, with CHANGES (undefined: left out).
  fields(form, changes = {}) {
    const sent = {};
    for (const { tag, attributes: a, parents, text } of this.elements) {
      if (!a.name || !(parents.includes(form) || (a.form && a.form === form.attributes.id)) || tag === 'button') continue;
      if (['checkbox', 'radio'].includes(a.type) && a.checked === undefined) continue;
      if (['input', 'select', 'textarea'].includes(tag)) sent[a.name] = tag === 'textarea' ? text : (a.value ?? 'on');
    }
    return { ...sent, ...changes };
  }
  // The names of the boxes in FORM.
  boxes(form) {
    return this.elements.filter((e) => e.attributes.type === 'checkbox' && e.parents.includes(form)).map((e) => e.attributes.name);
  }
}
