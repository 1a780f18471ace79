import type { TraceAnswer, TraceCandidate } from '@proofward/client';
import { verifyPresentation } from '@proofward/evidence';
import { StoryError } from '../errors.js';
import { several } from '../narrator.js';
import type { Cast, Story } from './cast.js';
import { accessions, type Disputed } from './inferences.js';
import type { Deployments } from './release.js';
import type { Version } from './training.js';

/** From a number in a patient's file to the version, its evidence and who signed. */
export async function traceDisputed(
  { parties, tell }: Story,
  { vendor }: Cast,
  { site, accession, issued, risk }: Disputed,
  version: Version,
  running: Deployments,
): Promise<void> {
  tell.say(`A physician at ${site} doubts the risk of ${risk} under the accession number ${accession}.`);
  const reader = parties.as(site, 'reader');
  const answer = await reader.trace({ externalReference: { system: accessions, id: accession } });
  const found = onlyCandidate(answer);
  const [receipt] = answer.receipts;
  tell.that(
    answer.certainty === 'receipt' && receipt?.id === issued.signed.receipt.id && !answer.ambiguous,
    `The trace finds receipt ${issued.signed.receipt.sequence} of ${issued.signed.receipt.at}, and is sure by it.`,
  );
  tell.that(
    found.deployment.id === running.get(site) && found.model?.id === version.id,
    `It came from ${version.id}, live at ${site} then.`,
  );
  const { loaded, model } = found;
  const ask = answer.withheld.find(({ id }) => id === version.id)?.ask ?? [];
  tell.that(
    model?.private === 'withheld' && found.declared === undefined && ask.length > 0,
    `Whether the weights that were loaded are those that were registered ${site} is not told, but whom to ask: ${ask.join(', ')}.`,
  );
  const shown = await parties.as(vendor, 'ml-engineer').models.present(version.id, ['fingerprint']);
  const { header } = await reader.models.get(version.id);
  const context = {
    channel: parties.channel,
    type: 'model' as const,
    id: version.id,
    revision: header.privateRevision,
  };
  const [checked] = verifyPresentation(context, header.schema, header.commitment, shown);
  tell.that(
    checked?.match === true && rootIn(shown.fields[0]?.value) === loaded,
    `${vendor} shows that one field. It fits the commitment that everybody has, and is what was loaded: ${loaded?.slice(0, 16) ?? ''}…`,
  );
  tell.that(
    found.decision?.header.outcome === 'allowed' && found.signOffs.length === 2 && found.attestations.length === 1,
    `It ran by ${found.decision?.id ?? ''}, on ${several(found.datasets.length, 'dataset')}, the audit ${found.attestations[0]?.id ?? ''} and the sign-offs of ${found.signOffs.map(({ header }) => header.role).join(' and ')}.`,
  );
  const theirs = await parties.as(vendor, 'reader').trace({ receipt: issued.signed.receipt.id });
  tell.that(
    theirs.certainty === 'none' && theirs.candidates.length === 0,
    `${vendor}, which made the model, has no receipt of ${site}'s patients, and finds nothing.`,
  );
}

/** Model Signing's root in a model's fingerprint. */
function rootIn(fingerprint: unknown): string | undefined {
  return (fingerprint as { manifest?: { root?: string } } | undefined)?.manifest?.root;
}

export function onlyCandidate(answer: TraceAnswer): TraceCandidate {
  const [found, ...others] = answer.candidates;
  if (found === undefined || others.length > 0) throw new StoryError(`${answer.candidates.length} candidates`);
  return found;
}
