import { sameBytes } from '../encoding/digest.js';
import { LedgerFault } from '../errors.js';
import type { ChaincodeDefinition } from './chaincode.js';
import { definitionParameters } from './definition-message.js';

/**
 * Whether `wanted` is another definition than the one in force. Throws for what a lifecycle refuses: going back, another
 * definition under the same sequence, and taking away a collection or changing how long it keeps its data.
 */
export function isUpgrade(agreed: ChaincodeDefinition | undefined, wanted: ChaincodeDefinition): boolean {
  if (agreed === undefined) return true;
  const { name } = wanted;
  if (wanted.sequence < agreed.sequence) {
    throw refused(
      `chaincode ${name} is at sequence ${agreed.sequence}, which is larger than the ${wanted.sequence} asked for`,
      `give sequence ${agreed.sequence} with the definition that is in force, or ${agreed.sequence + 1} with another`,
    );
  }
  if (wanted.sequence === agreed.sequence) {
    const difference = differenceOf(agreed, wanted);
    if (difference === undefined) return false;
    throw refused(
      `chaincode ${name} has another ${difference} than was agreed on for sequence ${agreed.sequence}`,
      `give it sequence ${agreed.sequence + 1}, which upgrades it`,
    );
  }
  for (const { name: collection, blockToLive } of agreed.collections) {
    const next = wanted.collections.find((candidate) => candidate.name === collection);
    if (next === undefined) {
      throw refused(
        `chaincode ${name}: the existing collection ${collection} is missing in sequence ${wanted.sequence}`,
        'keep it: collections can be added and never taken away',
      );
    }
    if (next.blockToLive !== blockToLive) {
      throw refused(
        `chaincode ${name}: blockToLive of the existing collection ${collection} is ${blockToLive} and not ${next.blockToLive}`,
        `leave it ${blockToLive}: it cannot be changed`,
      );
    }
  }
  return true;
}

function differenceOf(agreed: ChaincodeDefinition, wanted: ChaincodeDefinition): string | undefined {
  if (agreed.version !== wanted.version) return 'version';
  const [before, after] = [definitionParameters(agreed), definitionParameters(wanted)];
  if (!sameBytes(before.validation, after.validation)) return 'endorsement policy';
  if (!sameBytes(before.collections, after.collections)) return 'set of collections';
  return undefined;
}

function refused(what: string, remedy: string): LedgerFault {
  return new LedgerFault('DEFINITION_REFUSED', what, remedy);
}
