import type { ChaincodeStub } from 'fabric-shim-api';
import {
  consortiumCollection,
  type HeaderOf,
  maySignAs,
  minimumVersion,
  type PlacedType,
  ProofwardError,
  settingId,
  type SettingKind,
  type SettingOf,
} from '@proofward/evidence';
import { findRecord } from './records';

/**
 * The state that counts of a sign-off: its own, unless who gave it does not sign off in that function any more. That is
 * asked when it is counted, so a vote binds what is decided after it and nothing that was decided before.
 */
export async function signOffStanding(
  stub: ChaincodeStub,
  { status, role, certificate }: HeaderOf<'sign-off'>,
): Promise<string> {
  if (status !== 'active') return status;
  return maySignAs(await agreedOn(stub, 'reviewers'), role, certificate ?? role) ? status : 'not-a-reviewer';
}

/** @throws ProofwardError FORBIDDEN */
export async function requireReviewer(stub: ChaincodeStub, role: string, certificate: string): Promise<void> {
  if (maySignAs(await agreedOn(stub, 'reviewers'), role, certificate)) return;
  throw new ProofwardError('FORBIDDEN', `a certificate with the role ${certificate} does not sign off as ${role}`, {
    pointer: '/role',
  });
}

/** @throws ProofwardError SCHEMA_VERSION_RETIRED for a new record of a version under the least that was agreed on */
export async function requireTaken(stub: ChaincodeStub, type: PlacedType, version: number): Promise<void> {
  const minimum = minimumVersion(await agreedOn(stub, 'schemas'), type);
  if (version >= minimum) return;
  throw new ProofwardError(
    'SCHEMA_VERSION_RETIRED',
    `a ${type} is made in schema version ${minimum} or later, not in ${version}`,
    { pointer: '/private/schema' },
  );
}

/** What all agreed on last; undefined where they agreed on nothing. */
async function agreedOn<K extends SettingKind>(stub: ChaincodeStub, kind: K): Promise<SettingOf<K> | undefined> {
  const found = await findRecord(stub, settingId(kind), [{ collection: consortiumCollection }]);
  return typeof found === 'object' ? (found.header.value as SettingOf<K>) : undefined;
}
