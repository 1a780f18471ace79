import type { FirstRecords } from './first-records/first-records.js';
import type { Stack } from './stack.js';
import type { StackFile, StackOrganization } from './stack-file.js';

/** Who runs where, what to try, and what each side of the wall sees. */
export async function banner(stack: Stack, records: FirstRecords, startFile: string): Promise<string> {
  const { organizations, channel } = stack.description;
  const hospital = organizations.find(({ role }) => role === 'provider');
  const { seen, withheld, inspector, other } = await bothViews(stack, records);
  return [
    '',
    `Proofward on ${stack.network.description}`,
    `channel ${channel}, state and logs in ${stack.network.stateDir}`,
    '',
    ...organizations.map(
      ({ slug, role, url }) => `  ${slug.padEnd(16)}${role.padEnd(11)}${url}   peer on ${peersOf(stack, slug)}`,
    ),
    '',
    ...(hospital === undefined ? [] : curlLines(hospital)),
    '',
    `The fairness audit of ${records.model}`,
    `  as the inspector (${inspector.slug}) reads it:`,
    ...Object.entries(seen).map(([field, value]) => `    ${field}: ${JSON.stringify(value)}`),
    `  as another hospital (${other.slug}) reads it:`,
    `    private: ${JSON.stringify(withheld)}`,
    '',
    `Programs find addresses and keys in ${startFile}. Ctrl-C ends it all.`,
  ].join('\n');
}

/** The whole answer that the inspector gets to the question for the audit. */
export async function inspectorsAnswer(stack: Stack, records: FirstRecords): Promise<string> {
  const { answer, withheld, inspector, other } = await bothViews(stack, records);
  return [
    `The inspector (${inspector.slug}) reads the audit of ${records.model}:`,
    JSON.stringify(answer, undefined, 2),
    `Another hospital (${other.slug}) reads the same header, and "private": ${JSON.stringify(withheld)}`,
  ].join('\n');
}

/**
 * The audit as an inspector gets it and as another hospital does.
 *
 * @throws Error where either sees what it should not, or does not see what it should
 */
async function bothViews(stack: Stack, { attestation, model, block }: FirstRecords) {
  const { inspector, other } = audience(stack.description, model);
  const answer = await stack.client(inspector.slug, 'inspector').attestations.get(attestation, { minBlock: block });
  const withheld = await stack.client(other.slug, 'reader').attestations.get(attestation, { minBlock: block });
  if (typeof answer.private !== 'object')
    throw new Error(`the inspector sees of ${attestation} only "${answer.private}"`);
  if (withheld.private !== 'withheld')
    throw new Error(`${other.slug} sees what was withheld from it in ${attestation}`);
  return { answer, seen: answer.private, withheld: withheld.private, inspector, other };
}

/** Somebody who may read an audit, and a hospital that may not. */
function audience({ organizations }: StackFile, model: string) {
  const inspector = organizations.find(({ role }) => role === 'regulator');
  const other = organizations.find(({ role, slug }) => role === 'provider' && !model.startsWith(`model:${slug}/`));
  if (inspector === undefined || other === undefined)
    throw new Error('the consortium has no regulator or no second hospital');
  return { inspector, other };
}

function peersOf(stack: Stack, slug: string): string {
  const peers = stack.network.organizations.find((organization) => organization.slug === slug)?.peers ?? [];
  return peers.map(({ endpoint }) => endpoint.slice(endpoint.lastIndexOf(':') + 1)).join(', ');
}

function curlLines({ slug, url, apiKeys }: StackOrganization): string[] {
  const curl = `  curl -H "Authorization: Bearer ${apiKeys.reader ?? ''}" ${url}/v1`;
  return [
    `Try, as a reader of ${slug}:`,
    `${curl}/datasets`,
    `${curl}/datasets/${slug}/heart-disease/1`,
    `${curl}/attestations`,
  ];
}
