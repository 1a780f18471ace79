import { Context, Returns, Transaction } from 'fabric-contract-api';
import {
  canonicalJson,
  type Consortium,
  consortiumCollection,
  formatId,
  headerSchemas,
  majorityKeyPolicy,
  organizationByMspId,
  organizationBySlug,
  parseJson,
  parseWith,
  ProofwardError,
  roleId,
  rolePublic,
  schemaVersionOf,
  slugSchema,
  writers,
} from '@proofward/evidence';
import { z } from 'zod';
import { callerOf, requireRole } from '../access/caller';
import { timesOf } from '../state/clock';
import { historyOf } from '../state/history';
import { createHeader, reviseHeader } from '../state/records';
import { ProofwardContract } from './proofward-contract';
import { findRole } from '../state/roles';

/**
 * Who is what. A role record says what the consortium file says that came with the approved chaincode package: a majority
 * approved that package, honest peers endorse nothing else, and the mark's collection and the key's policy ask for a
 * majority again, so no two organisations can change it.
 */
export class RoleContract extends ProofwardContract {
  constructor(private readonly consortium: Consortium) {
    super('roles');
  }

  /**
   * Writes the role record of an organisation as the approved consortium file has it. `role` is JSON of `{org}`. Answers
   * `{header, replay}`.
   */
  @Transaction()
  @Returns('string')
  async apply(ctx: Context, role: string): Promise<string> {
    const { stub } = ctx;
    const { org } = parseWith(z.strictObject({ org: slugSchema }), parseJson(role));

    const caller = callerOf(ctx);
    requireRole(caller, writers.role.callers, 'apply role records');
    if (organizationByMspId(this.consortium, caller.mspId) === undefined) {
      throw new ProofwardError('FORBIDDEN', `${caller.mspId} is not in the approved consortium file`);
    }
    const organization = organizationBySlug(this.consortium, org);
    if (organization === undefined) {
      throw new ProofwardError('ROLE_NOT_APPROVED', `${org} is not in the approved consortium file`, {
        pointer: '/org',
      });
    }

    const found = await findRole(stub, org);
    const id = roleId(org);
    const said = { ...rolePublic(this.consortium, organization), status: organization.status };
    if (found !== undefined) {
      const { key, header } = found;
      // What votes decided is not undone by the next package.
      const fields = header.proposal === undefined ? said : { ...said, status: header.status };
      const next = { ...header, ...fields, revision: header.revision + 1, ...timesOf(stub, undefined) };
      const unchanged = {
        ...next,
        revision: header.revision,
        recordedAt: header.recordedAt,
        effectiveAt: header.effectiveAt,
      };
      if (canonicalJson(unchanged) === canonicalJson(header)) return canonicalJson({ header, replay: true });
      await reviseHeader(stub, key, next);
      // Key policies do not follow joins and leaves.
      await stub.setStateValidationParameter(key, this.majority());
      return canonicalJson({ header: next, replay: false });
    }
    const header = headerSchemas.role.parse({
      type: 'role',
      id: formatId(id),
      schema: schemaVersionOf('role'),
      author: caller.mspId,
      createdTx: stub.getTxID(),
      revision: 1,
      ...said,
      ...timesOf(stub, undefined),
    });
    await createHeader(stub, id, header, {
      markCollections: [consortiumCollection],
      markPolicy: undefined,
      headerPolicy: this.majority(),
    });
    return canonicalJson({ header, replay: false });
  }

  /** The role record of an organisation (its slug), as JSON. */
  @Transaction(false)
  @Returns('string')
  async read(ctx: Context, org: string): Promise<string> {
    callerOf(ctx);
    return canonicalJson((await this.get(ctx, org)).header);
  }

  /** All revisions of a role record, newest first, as JSON. */
  @Transaction(false)
  @Returns('string')
  async history(ctx: Context, org: string): Promise<string> {
    callerOf(ctx);
    return canonicalJson(await historyOf(ctx.stub, (await this.get(ctx, org)).key));
  }

  private async get({ stub }: Context, org: string) {
    const found = await findRole(stub, parseWith(slugSchema, org, '/org'));
    if (found === undefined) throw new ProofwardError('RECORD_NOT_FOUND', `there is no role record of ${org}`);
    return found;
  }

  private majority(): Uint8Array {
    return majorityKeyPolicy(this.consortium.organizations.map(({ mspId }) => mspId));
  }
}
