import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServing, type IssuedReceipt, requireReceipt, type Serving } from '@proofward/client/serving';
import { canonicalBytes, externalReference, isReceiptIn, referenceKey } from '@proofward/evidence';
import { StoryError } from '../errors.js';
import { counted, several } from '../narrator.js';
import type { Patient } from '../patients.js';
import { decisionThreshold, RiskModel } from '../risk-model.js';
import type { Cast, Story } from './cast.js';
import type { HospitalData } from './data.js';
import { endpointOf } from './release.js';
import type { Version } from './training.js';

/** Requests that are under way at once: their receipts reach the disk together. */
const together = 100;
/** How long is waited for the window of the last receipt to end and its batch to be recorded, in milliseconds. */
const patience = 240_000;
const accessions = 'urn:example:accession';

/** An output as it lies in a patient's file. */
export interface Disputed {
  site: string;
  accession: string;
  issued: IssuedReceipt;
  risk: string;
}

/** Half of the inferences at each site, by people whom no version was trained on; answers one that will be disputed. */
export async function infer(
  story: Story,
  { sites }: Cast,
  data: readonly HospitalData[],
  version: Version,
  inferences: number,
): Promise<Disputed> {
  const { tell, parties } = story;
  const bytes = await readFile(version.file);
  const model = RiskModel.load(bytes);
  const people = data.flatMap(({ holdout }) => holdout.patients);
  const began = performance.now();
  let disputed: Disputed | undefined;
  for (const [index, site] of sites.entries()) {
    const share = index === 0 ? Math.ceil(inferences / 2) : Math.floor(inferences / 2);
    const endpoint = endpointOf(story);
    const { key, certificate, commitmentKey } = parties.servingOf(site);
    const problems: unknown[] = [];
    const serving = await createServing({
      ...{ endpoint, site, channel: parties.channel, client: parties.as(site, 'service') },
      weights: [{ path: basename(version.file), bytes }],
      key: await readFile(key, 'utf8'),
      certificate: await readFile(certificate, 'utf8'),
      journal: join(story.folder, site, 'receipts.journal'),
      onProblem: (problem) => problems.push(problem),
    });
    tell.that(
      serving.model === version.root,
      `The process at ${site} fingerprints the weights that it has loaded: they are those of ${version.id}.`,
    );
    try {
      const references = referenceKey(await readFile(commitmentKey));
      const answer = async (number: number) => {
        const patient = people[number % people.length] as Patient;
        const accession = `${story.run}-${site}-${number}`;
        const risk = model.riskOf(patient.values).toFixed(6);
        const input = canonicalBytes({ accession, record: patient.line });
        const output = canonicalBytes({ accession, risk, refer: Number(risk) >= Number(decisionThreshold) });
        const issued = await serving.issue(input, output, externalReference(references, accessions, accession));
        const trust = { channel: parties.channel, site, certificates: [issued.signed.certificate], endpoint };
        requireReceipt(output, issued.signed, issued.salts, { ...trust, models: [version.root], input });
        return { site, accession, issued, risk };
      };
      for (let number = 0; number < share; number += together) {
        const group = Math.min(together, share - number);
        const made = await Promise.all(Array.from({ length: group }, (_, offset) => answer(number + offset)));
        // The one in the middle of the last site's.
        disputed = made.find(({ accession }) => accession.endsWith(`-${Math.floor(share / 2)}`)) ?? disputed;
        tell.progress(`${counted(number + group)} of ${counted(share)} at ${site}`);
      }
      await handedIn(story, serving, site, problems);
    } finally {
      await serving.close();
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  tell.say(
    `${several(inferences, 'output')} in ${seconds.toFixed(1)} s. Each left with a receipt that was on the disk and signed before, and was checked by its reader.`,
  );
  for (const site of sites) await batchedAt(story, site);
  if (disputed === undefined) throw new StoryError('there was no inference');
  await proved(story, disputed);
  return disputed;
}

async function handedIn({ tell }: Story, serving: Serving, site: string, problems: readonly unknown[]): Promise<void> {
  for (const until = Date.now() + patience; Date.now() < until;) {
    if (serving.handedIn === serving.sequence) {
      tell.that(problems.length === 0, `The gateway of ${site} has all ${counted(serving.sequence)} of its receipts.`);
      return;
    }
    tell.progress(`${counted(serving.handedIn)} of ${counted(serving.sequence)} receipts are handed in at ${site}`);
    await delay(100);
  }
  throw new StoryError(`${site} has ${serving.handedIn} of ${serving.sequence} receipts`, { cause: problems.at(-1) });
}

/** All receipts of the endpoint are in batches, whose numbers follow one another. */
async function batchedAt(story: Story, site: string): Promise<void> {
  const { tell, parties } = story;
  const endpoint = endpointOf(story);
  const service = parties.as(site, 'service');
  for (const until = Date.now() + patience; Date.now() < until;) {
    await delay(500);
    const status = (await service.receipts.endpoints()).find((found) => found.endpoint === endpoint);
    if (status?.waiting === 0 && status.pending === undefined && status.recorded !== undefined) {
      const batches: { first: number; last: number; count: number }[] = [];
      for await (const { header } of service.batches.all({ endpoint, owner: site, sort: 'effective' })) {
        batches.push(header);
      }
      // The gateway's own note of it may come before the block that has it.
      if ((batches.at(-1)?.last ?? 0) < status.newest) continue;
      const sum = batches.reduce((count, one) => count + one.count, 0);
      const isGapless = batches.every(({ first }, index) => first === (batches[index - 1]?.last ?? 0) + 1);
      tell.that(
        isGapless && sum === status.newest,
        `${site} has ${several(batches.length, 'batch', 'batches')} on the ledger, one after the other, for ${counted(sum)} receipts and no gap.`,
      );
      return;
    }
    tell.progress(`${counted(status?.waiting ?? 0)} receipts of ${site} wait for the end of their window`);
  }
  throw new StoryError(`not every receipt of ${site} is in a batch`);
}

async function proved({ parties, tell }: Story, { site, issued }: Disputed): Promise<void> {
  const { receipt, batch, proof } = await parties.as(site, 'service').receipts.get(issued.signed.receipt.id);
  if (batch === undefined || proof === undefined) throw new StoryError('a receipt has no batch');
  tell.that(
    isReceiptIn(parties.channel, receipt, batch.header, proof),
    `Receipt ${receipt.sequence} of ${site} is proved against the root in ${batch.id}, with ${several(proof.path.length, 'hash', 'hashes')}.`,
  );
}

export { accessions };
