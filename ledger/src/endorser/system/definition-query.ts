import { peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../../channel.js';
import type { ChaincodeDefinition } from '../../definition/chaincode.js';
import { describe } from '../../definition/definition-message.js';
import { whyUnreadable } from '../../encoding/message.js';
import { messageOf } from '../../errors.js';
import type { Caller, SystemAccess } from './access.js';
import { NotServed, Refusal } from './answers.js';

const lifecycle = peer.lifecycle;
type Serializable = { serializeBinary(): Uint8Array };

/** Who may ask what: a rule of the peer, or one of the channel. */
const ACCESS: ReadonlyMap<string, 'Admins' | 'Writers'> = new Map([
  ['InstallChaincode', 'Admins'],
  ['QueryInstalledChaincode', 'Admins'],
  ['GetInstalledChaincodePackage', 'Admins'],
  ['QueryInstalledChaincodes', 'Admins'],
  ['ApproveChaincodeDefinitionForMyOrg', 'Admins'],
  ['QueryApprovedChaincodeDefinition', 'Admins'],
  ['QueryApprovedChaincodeDefinitions', 'Admins'],
  ['CommitChaincodeDefinition', 'Writers'],
  ['QueryChaincodeDefinition', 'Writers'],
  ['QueryChaincodeDefinitions', 'Writers'],
  ['CheckCommitReadiness', 'Writers'],
]);

/** _lifecycle, as far as it tells what is defined, approved and installed. */
export class DefinitionQuery {
  constructor(
    private readonly channel: Channel,
    private readonly access: SystemAccess,
  ) {}

  invoke(caller: Caller): Uint8Array {
    const { args, channel, creator } = caller;
    const [name, input] = args;
    if (name === undefined) throw new Error('lifecycle scc must be invoked with arguments');
    if (input === undefined || args.length !== 2)
      throw new Error(`lifecycle scc operations require exactly two arguments but received ${args.length}`);
    const fn = name.toString();
    try {
      const rule = ACCESS.get(fn);
      if (rule === undefined) throw new Error(`Unmapped policy for _lifecycle/${fn}`);
      if (rule === 'Admins') this.access.requireLocal(creator, rule);
      else this.access.requireOnChannel(rule, channel, creator);
    } catch (cause) {
      throw new Error(`Failed to authorize invocation due to failed ACL check: ${messageOf(cause)}`, { cause });
    }
    try {
      return this.answer(fn, input, caller).serializeBinary();
    } catch (cause) {
      if (cause instanceof NotServed || cause instanceof Refusal) throw cause;
      throw new Error(`failed to invoke backing implementation of '${fn}': ${messageOf(cause)}`, { cause });
    }
  }

  private answer(fn: string, input: Buffer, caller: Caller): Serializable {
    switch (fn) {
      case 'QueryInstalledChaincode':
        return this.installed(argument(lifecycle.QueryInstalledChaincodeArgs, input, fn).getPackageId());
      case 'QueryInstalledChaincodes':
        argument(lifecycle.QueryInstalledChaincodesArgs, input, fn);
        return this.allInstalled();
      case 'QueryApprovedChaincodeDefinition':
        return this.approved(argument(lifecycle.QueryApprovedChaincodeDefinitionArgs, input, fn), caller);
      case 'QueryApprovedChaincodeDefinitions':
        argument(lifecycle.QueryApprovedChaincodeDefinitionsArgs, input, fn);
        if (caller.channel === '')
          throw new Error(
            `could not fetch metadatas: could not get state range for namespace namespaces: could not get state iterator: ${withoutLedger('GET_STATE_BY_RANGE', caller)}`,
          );
        return this.allApproved();
      case 'CheckCommitReadiness':
        return this.readiness(argument(lifecycle.CheckCommitReadinessArgs, input, fn));
      case 'QueryChaincodeDefinition':
        return this.defined(argument(lifecycle.QueryChaincodeDefinitionArgs, input, fn).getName());
      case 'QueryChaincodeDefinitions':
        argument(lifecycle.QueryChaincodeDefinitionsArgs, input, fn);
        return this.allDefined();
      default:
        throw new NotServed(`_lifecycle/${fn}`);
    }
  }

  private defined(name: string): Serializable {
    const definition = this.channel.definitions.chaincode(name);
    if (definition === undefined) throw new Refusal(`namespace ${name} is not defined`, 404);
    const result = describe(definition, new lifecycle.QueryChaincodeDefinitionResult());
    for (const mspId of this.channel.policies.organisations) result.getApprovalsMap().set(mspId, true);
    return result;
  }

  private allDefined(): Serializable {
    const result = new lifecycle.QueryChaincodeDefinitionsResult();
    result.setChaincodeDefinitionsList(
      this.channel.definitions.all().map((definition) => {
        const entry = describe(definition, new lifecycle.QueryChaincodeDefinitionsResult.ChaincodeDefinition());
        entry.setName(definition.name);
        return entry;
      }),
    );
    return result;
  }

  /** The definitions come from the configuration, so every organisation has approved just what is defined. */
  private approved(args: peer.lifecycle.QueryApprovedChaincodeDefinitionArgs, caller: Caller): Serializable {
    if (caller.channel === '') throw new Error(noStateToRead(args, caller));
    const { definitions } = this.channel;
    const sequence = args.getSequence() || (definitions.chaincode(args.getName())?.sequence ?? 0);
    const definition = definitions
      .everAgreed()
      .find((candidate) => candidate.name === args.getName() && candidate.sequence === sequence);
    if (definition === undefined)
      throw new Error(
        `could not fetch approved chaincode definition (name: '${args.getName()}', sequence: '${sequence}') on channel '${this.channel.name}'`,
      );
    const result = describe(definition, new lifecycle.QueryApprovedChaincodeDefinitionResult());
    result.setSource(this.sourceOf(definition));
    return result;
  }

  private allApproved(): Serializable {
    const result = new lifecycle.QueryApprovedChaincodeDefinitionsResult();
    result.setApprovedChaincodeDefinitionsList(
      this.channel.definitions.everAgreed().map((definition) => {
        const entry = describe(
          definition,
          new lifecycle.QueryApprovedChaincodeDefinitionsResult.ApprovedChaincodeDefinition(),
        );
        entry.setName(definition.name);
        entry.setSource(this.sourceOf(definition));
        return entry;
      }),
    );
    return result;
  }

  private sourceOf(definition: ChaincodeDefinition): peer.lifecycle.ChaincodeSource {
    const source = new lifecycle.ChaincodeSource();
    if (!definition.endpoints.has(this.access.mspId)) {
      source.setUnavailable(new lifecycle.ChaincodeSource.Unavailable());
      return source;
    }
    const local = new lifecycle.ChaincodeSource.Local();
    local.setPackageId(packageOf(definition));
    source.setLocalPackage(local);
    return source;
  }

  private readiness(args: peer.lifecycle.CheckCommitReadinessArgs): Serializable {
    const next = (this.channel.definitions.chaincode(args.getName())?.sequence ?? 0) + 1;
    if (args.getSequence() !== next)
      throw new Error(`requested sequence is ${args.getSequence()}, but new definition must be sequence ${next}`);
    const result = new lifecycle.CheckCommitReadinessResult();
    for (const mspId of this.channel.policies.organisations) {
      const mismatches = new lifecycle.CheckCommitReadinessResult.Mismatches();
      mismatches.setItemsList(['ChaincodeParameters']);
      result.getApprovalsMap().set(mspId, false);
      result.getMismatchesMap().set(mspId, mismatches);
    }
    return result;
  }

  /** What this organisation runs, by package; several definitions can use one. */
  private packages(): Map<string, ChaincodeDefinition[]> {
    const packages = new Map<string, ChaincodeDefinition[]>();
    for (const definition of this.channel.definitions.all()) {
      if (!definition.endpoints.has(this.access.mspId)) continue;
      packages.set(packageOf(definition), [...(packages.get(packageOf(definition)) ?? []), definition]);
    }
    return packages;
  }

  private installed(packageId: string): Serializable {
    const used = this.packages().get(packageId);
    if (used === undefined) throw new Error(`could not find chaincode with package id '${packageId}'`);
    const result = new lifecycle.QueryInstalledChaincodeResult();
    result.setPackageId(packageId);
    result.setLabel(labelOf(packageId));
    const references = new lifecycle.QueryInstalledChaincodeResult.References();
    references.setChaincodesList(
      used.map(({ name, version }) => {
        const chaincode = new lifecycle.QueryInstalledChaincodeResult.Chaincode();
        chaincode.setName(name);
        chaincode.setVersion(version);
        return chaincode;
      }),
    );
    result.getReferencesMap().set(this.channel.name, references);
    return result;
  }

  private allInstalled(): Serializable {
    const result = new lifecycle.QueryInstalledChaincodesResult();
    for (const [packageId, used] of this.packages()) {
      const entry = new lifecycle.QueryInstalledChaincodesResult.InstalledChaincode();
      entry.setPackageId(packageId);
      entry.setLabel(labelOf(packageId));
      const references = new lifecycle.QueryInstalledChaincodesResult.References();
      references.setChaincodesList(
        used.map(({ name, version }) => {
          const chaincode = new lifecycle.QueryInstalledChaincodesResult.Chaincode();
          chaincode.setName(name);
          chaincode.setVersion(version);
          return chaincode;
        }),
      );
      entry.getReferencesMap().set(this.channel.name, references);
      result.addInstalledChaincodes(entry);
    }
    return result;
  }
}

/** A definition without a package takes whatever its server registers as; it is told by name and version. */
function packageOf({ packageId, name, version }: ChaincodeDefinition): string {
  return packageId ?? `${name}_${version}`;
}

function labelOf(packageId: string): string {
  const end = packageId.lastIndexOf(':');
  return end < 0 ? packageId : packageId.slice(0, end);
}

function argument<T>(type: { deserializeBinary(bytes: Uint8Array): T }, input: Buffer, fn: string): T {
  try {
    return type.deserializeBinary(input);
  } catch (cause) {
    throw new Error(`could not decode input arg for *lifecycle.Invocation.${fn}: ${whyUnreadable(cause)}`, { cause });
  }
}

/** What is approved lies on a channel: who asks the peer itself is told that it has nothing to read from. */
function noStateToRead(args: peer.lifecycle.QueryApprovedChaincodeDefinitionArgs, caller: Caller): string {
  const [name, sequence] = [args.getName(), args.getSequence()];
  const why = withoutLedger('GET_STATE', caller);
  return sequence === 0
    ? `could not get current sequence: could not get state for key namespaces/fields/${name}/Sequence: ${why}`
    : `could not deserialize namespace metadata for ${name}#${sequence}: could not query metadata for namespace namespaces/${name}#${sequence}: ${why}`;
}

function withoutLedger(request: string, { transactionId }: Caller): string {
  return `${request} failed: transaction ID: ${transactionId}: no ledger context`;
}
