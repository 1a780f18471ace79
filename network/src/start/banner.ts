import type { FirstRecords } from './first-records/first-records.js';
import type { Stack } from './stack.js';

/** Who runs where, what to try, and what each side of the wall sees. */
export async function banner(stack: Stack, records: FirstRecords): Promise<string> {
  const { organizations, channel } = stack.description;
  const [reader] = organizations.filter(({ role }) => role === 'provider');
  const lines = [
    `Proofward on ${stack.network.description}, channel ${channel}`,
    '',
    ...organizations.map(({ slug, role, url }) => `  ${slug.padEnd(16)}${role.padEnd(11)}${url}`),
    '',
    'Try:',
    ...(reader === undefined ? [] : curlLines(reader.url, reader.apiKeys.reader ?? '', reader.slug)),
    '',
    ...(await twoViews(stack, records)),
  ];
  return lines.join('\n');
}

/**
 * The audit as an inspector sees it and as another hospital does.
 *
 * @throws Error where either sees what it should not, or does not see what it should
 */
export async function twoViews(stack: Stack, { attestation, model, block }: FirstRecords): Promise<string[]> {
  const inspector = stack.description.organizations.find(({ role }) => role === 'regulator');
  const owner = stack.description.organizations.find(({ slug }) => model.startsWith(`model:${slug}/`));
  const other = stack.description.organizations.find(({ role, slug }) => role === 'provider' && slug !== owner?.slug);
  if (inspector === undefined || other === undefined)
    throw new Error('the consortium has no regulator or no second hospital');

  const seen = await stack.client(inspector.slug, 'inspector').attestations.get(attestation, { minBlock: block });
  const withheld = await stack.client(other.slug, 'reader').attestations.get(attestation, { minBlock: block });
  if (typeof seen.private !== 'object') throw new Error(`the inspector sees of ${attestation} only "${seen.private}"`);
  if (withheld.private !== 'withheld')
    throw new Error(`${other.slug} sees what was withheld from it in ${attestation}`);
  return [
    `The inspector (${inspector.slug}) reads the audit of ${model}:`,
    indented(JSON.stringify(seen, undefined, 2)),
    `Another hospital (${other.slug}) reads the same record:`,
    indented(JSON.stringify({ ...withheld, header: '(the same)' }, undefined, 2)),
  ];
}

function curlLines(url: string, key: string, slug: string): string[] {
  const authorization = `-H "Authorization: Bearer ${key}"`;
  return [
    `  curl ${authorization} ${url}/v1/datasets`,
    `  curl ${authorization} ${url}/v1/datasets/${slug}/heart-disease/1`,
    `  curl ${authorization} ${url}/v1/attestations`,
  ];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
