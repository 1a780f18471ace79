import { isPrivateHeader, presentationSchema, verifyPresentation } from '@proofward/evidence';
import { StoryError } from '../errors.js';
import { several } from '../narrator.js';
import type { Cast, Story } from './cast.js';
import type { Version } from './training.js';

const monthMs = 30 * 86_400_000;

/** An inspector asks for single fields on a legal basis, and gets them; others see that, and not what. */
export async function disclose(
  { parties, tell }: Story,
  { vendor, partner, regulator }: Cast,
  version: Version,
): Promise<void> {
  const inspector = parties.as(regulator, 'inspector');
  const deadline = new Date(Date.now() + monthMs).toISOString();
  const { record: request } = await inspector.disclosureRequests.create({
    addressee: vendor,
    deadline,
    served: 'ledger',
    private: {
      record: version.id,
      fields: ['intendedPurpose', 'trainingPeriod', 'responsibleTeam'],
      legalBasis: 'Regulation (EU) 2024/1689, Article 74(12)',
    },
  });
  tell.that(
    request.status === 'open',
    `${regulator} asks ${vendor} for three fields of ${version.id}, on a legal basis, until ${deadline.slice(0, 10)}.`,
  );
  const { record: answer } = await parties.as(vendor, 'qa').disclosures.show({
    request: request.id,
    refused: [{ field: 'responsibleTeam', reasonCode: 'personal-data' }],
  });
  const { private: part } = await inspector.disclosures.get(answer.id);
  const { header } = await inspector.models.get(version.id);
  if (typeof part !== 'object' || !isPrivateHeader(header)) throw new StoryError(`${answer.id} was not shown`);
  const presentation = presentationSchema.parse(part.presentation);
  const context = { channel: parties.channel, type: header.type, id: header.id, revision: header.privateRevision };
  const checked = verifyPresentation(context, header.schema, header.commitment, presentation);
  tell.that(
    checked.length === 2 && checked.every(({ match }) => match) && part.refused?.length === 1,
    `${vendor} shows ${several(checked.length, 'field')}, which fit the commitment that was recorded at registration, and refuses one with its reason: ${part.refused?.map(({ field, reasonCode }) => `${field}, ${reasonCode}`).join()}.`,
  );
  const other = parties.as(partner, 'reader');
  const seen = await other.disclosures.get(answer.id);
  const asked = await other.disclosureRequests.get(request.id);
  tell.that(
    seen.private === 'withheld' && asked.private === 'withheld' && asked.status === 'answered',
    `${partner} sees that ${regulator} asked ${vendor} and was answered in time; neither what nor about which record.`,
  );
}
