import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peer } from '@hyperledger/fabric-protos';
import { z } from 'zod';
import { decode } from '../encoding/message.js';
import { errorCode, LedgerFault, messageOf } from '../errors.js';
import { replaceSynced } from '../identity/made-folder.js';
import { fromMessage } from '../policy/application-policy.js';
import type { AgreedDefinition } from './chaincode.js';
import { collectionsFrom, definitionParameters } from './definition-message.js';

const entry = z.strictObject({
  name: z.string(),
  sequence: z.number().int(),
  version: z.string(),
  /** The first block in which it is in force. */
  fromBlock: z.number().int(),
  /** ApplicationPolicy, base64. */
  endorsement: z.base64(),
  /** CollectionConfigPackage, base64. */
  collections: z.base64(),
});

/** What the channel agreed on, one definition after the other: part of the data, like the blocks that follow from it. */
export class DefinitionLog {
  private constructor(
    private readonly path: string,
    private readonly entries: AgreedDefinition[],
  ) {}

  static open(folder: string): DefinitionLog {
    const path = join(folder, 'definitions.json');
    try {
      const read = z.array(entry).parse(JSON.parse(readFileSync(path, 'utf8')));
      return new DefinitionLog(path, read.map(toDefinition));
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return new DefinitionLog(path, []);
      throw new LedgerFault(
        'DATA_TORN',
        `${path} does not list chaincode definitions (${messageOf(cause).split('\n', 1)[0] ?? ''})`,
        'restore the data folder from a copy, or start with an empty one',
        { cause },
      );
    }
  }

  /** The latest of each chaincode, by name. */
  latest(): Map<string, AgreedDefinition> {
    return new Map(this.entries.map((definition) => [definition.name, definition]));
  }

  /** What came after each other before the latest. */
  former(): AgreedDefinition[] {
    const latest = new Set(this.latest().values());
    return this.entries.filter((definition) => !latest.has(definition));
  }

  /** Returns when they are on disk. */
  async add(definitions: readonly AgreedDefinition[]): Promise<void> {
    if (definitions.length === 0) return;
    this.entries.push(...definitions);
    await replaceSynced(this.path, `${JSON.stringify(this.entries.map(toEntry), null, 2)}\n`);
  }
}

function toEntry(definition: AgreedDefinition): z.output<typeof entry> {
  const { validation, collections } = definitionParameters(definition);
  return {
    name: definition.name,
    sequence: definition.sequence,
    version: definition.version,
    fromBlock: definition.fromBlock,
    endorsement: Buffer.from(validation).toString('base64'),
    collections: Buffer.from(collections).toString('base64'),
  };
}

function toDefinition(read: z.output<typeof entry>): AgreedDefinition {
  const endorsement = decode(peer.ApplicationPolicy, Buffer.from(read.endorsement, 'base64'), 'ApplicationPolicy');
  const collections = Buffer.from(read.collections, 'base64');
  return {
    name: read.name,
    sequence: read.sequence,
    version: read.version,
    fromBlock: read.fromBlock,
    endorsement: fromMessage(endorsement),
    collections: collectionsFrom(decode(peer.CollectionConfigPackage, collections, 'CollectionConfigPackage')),
    packageId: undefined,
    endpoints: new Map(),
  };
}
