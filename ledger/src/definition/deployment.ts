import type { ChannelStore } from '../state/channel-store.js';
import type { StateGate } from '../commit/state-gate.js';
import type { Log } from '../log.js';
import type { AgreedDefinition, ChaincodeDefinition, Definitions } from './chaincode.js';
import type { DefinitionLog } from './definition-log.js';
import { isUpgrade } from './upgrade.js';

/** Brings the definitions in force to what the configuration asks for. */
export class Deployment {
  constructor(
    private readonly agreed: DefinitionLog,
    private readonly definitions: Definitions,
    private readonly store: ChannelStore,
    private readonly gate: StateGate,
    private readonly log: Log,
  ) {}

  /** Puts in force what was agreed on before the last stop. */
  async restore(wanted: readonly ChaincodeDefinition[]): Promise<void> {
    // Nothing was agreed on yet where the channel is new.
    if (this.agreed.latest().size === 0)
      this.definitions.replace(wanted.map((definition) => ({ ...definition, fromBlock: 0 })));
    else await this.deploy([]);
  }

  /** Throws, and changes nothing, when one of them is refused. Not to run while a block is being committed. */
  async deploy(wanted: readonly ChaincodeDefinition[]): Promise<void> {
    const latest = this.agreed.latest();
    const upgrades = wanted
      .filter((definition) => isUpgrade(latest.get(definition.name), definition))
      .map((definition): AgreedDefinition => ({ ...definition, fromBlock: this.store.height }));
    await this.agreed.add(upgrades);
    for (const { name, version, sequence, fromBlock } of upgrades)
      this.log.info({ chaincode: name, version, sequence, fromBlock }, 'chaincode definition in force');
    const inForce = this.agreed.latest();
    const former = this.agreed.former();
    // Package and server are each organisation's own business, so they are never part of what was agreed on.
    for (const { name, packageId, endpoints } of wanted) {
      const definition = inForce.get(name);
      if (definition !== undefined) inForce.set(name, { ...definition, packageId, endpoints });
    }
    const served = former.map((definition) => {
      const { packageId, endpoints } = inForce.get(definition.name) ?? definition;
      return { ...definition, packageId, endpoints };
    });
    await this.gate.change(() => {
      this.definitions.replace([...inForce.values()], served);
      return Promise.resolve();
    });
  }
}
