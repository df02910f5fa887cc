// What a module says while it runs. `must` that does not hold: FAILED, and the module ends there. `should`: WARNING, and it
// goes on. A module that checked nothing has failed.
export class Failed extends Error {}
export class Skipped extends Error {}

export class Check {
  constructor(plan, name, around) {
    Object.assign(this, { plan, name, ...around });
    this.checked = 0;
    this.warnings = [];
    this.trail = []; // what held, for --verbose
  }
  must(what, holds, detail) {
    this.checked += 1;
    if (!holds) throw new Failed(detail === undefined ? what : `${what}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`);
    this.trail.push(what);
    return holds;
  }
  same(what, got, wanted) {
    return this.must(what, JSON.stringify(got) === JSON.stringify(wanted), `got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
  }
  should(what, holds) {
    this.checked += 1;
    if (!holds) this.warnings.push(what);
    else this.trail.push(what);
    return holds;
  }
  skip(reason) {
    throw new Skipped(reason);
  }
}

// One module, run to its end: { status, reason, trail, ms }.
export async function runModule(check, body) {
  const from = Date.now();
  const done = (status, reason = '') => ({ plan: check.plan, name: check.name, status, reason, trail: check.trail, checked: check.checked, ms: Date.now() - from });
  try {
    await body(check);
  } catch (error) {
    if (error instanceof Skipped) return done('SKIPPED', error.message);
    if (error instanceof Failed) return done('FAILED', error.message);
    return done('FAILED', `broke off: ${error.stack ?? error}`);
  }
  if (check.checked === 0) return done('FAILED', 'nothing was checked');
  return check.warnings.length ? done('WARNING', check.warnings.join('; ')) : done('PASSED');
}
