// The results in docs/conformance.md: written by --table, compared otherwise, so that the page is what was last seen.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../../docs/conformance.md', import.meta.url);
const [begin, end] = ['<!-- results: written by tests/conformance/run --table -->', '<!-- end of results -->'];

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function tableOf(plans, results) {
  const lines = [];
  for (const plan of plans) {
    const own = results.filter((one) => one.plan === plan.name);
    const count = (status) => own.filter((one) => one.status === status).length;
    const sums = ['PASSED', 'WARNING', 'SKIPPED', 'FAILED'].filter(count).map((status) => `${count(status)} ${status}`).join(', ');
    lines.push('', `### ${plan.name}`, '', `Variant: ${plan.variant}. ${own.length} modules: ${sums}.`, '', '| module | result | |', '|---|---|---|');
    for (const { name, status, reason } of own) lines.push(`| \`${name}\` | ${status} | ${cell(reason)} |`);
  }
  return `${lines.join('\n')}\n\n`;
}

function parts() {
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('docs/conformance.md has no place for the results');
  return { before: text.slice(0, from + begin.length), table: text.slice(from + begin.length, to), after: text.slice(to) };
}

// Both return what is wrong, as lines.
export function writeTable(plans, results) {
  const { before, after } = parts();
  writeFileSync(file, `${before}\n${tableOf(plans, results)}${after}`);
  return [];
}
export function differences(plans, results) {
  const rows = (table) => {
    let plan = '';
    return new Map(table.split('\n').flatMap((line) => {
      plan = line.match(/^### (.*)/)?.[1] ?? plan;
      const row = line.match(/^\| `([^`]+)` \| (\w+) \|/);
      return row ? [[`${plan} ${row[1]}`, row[2]]] : [];
    }));
  };
  const [there, here] = [rows(parts().table), rows(tableOf(plans, results))];
  return [...new Set([...there.keys(), ...here.keys()])].filter((name) => there.get(name) !== here.get(name))
    .map((name) => `${name} is ${here.get(name) ?? 'no module'}, and the page says ${there.get(name) ?? 'nothing'}`);
}
