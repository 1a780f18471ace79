import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import {
  type Contract,
  connect,
  type Gateway,
  GatewayError,
  hash,
  type ProposalOptions,
  signers,
} from '@hyperledger/fabric-gateway';
import { peer } from '@hyperledger/fabric-protos';
import type { ConnectionProfile } from '../connection-profile.js';
import { nameOf } from '../encoding/message.js';
import { LedgerFault, messageOf } from '../errors.js';
import { shown } from '../inspect/shown.js';
import { readArguments, wrongUsage } from './arguments.js';

export const DEFAULT_CONNECTION = 'ledger-data/connection.json';
const USAGE =
  '[--connection PATH] [--as MSPID/USER] [--transient KEY=VALUE]... [--endorsers MSPID,MSPID] CHAINCODE FUNCTION [ARGUMENT...]';
export const SUBMIT_USAGE = `ledger submit ${USAGE}`;
export const EVALUATE_USAGE = `ledger evaluate ${USAGE}`;

interface Call {
  readonly contract: Contract;
  readonly name: string;
  readonly options: ProposalOptions;
}

/** Prints the chaincode's answer without changing anything. */
export async function evaluate(args: readonly string[]): Promise<void> {
  await withCall(args, EVALUATE_USAGE, async ({ contract, name, options }) => {
    print(await contract.evaluate(name, options));
  });
}

/** Prints the chaincode's answer when the transaction is committed and valid. */
export async function submit(args: readonly string[]): Promise<void> {
  await withCall(args, SUBMIT_USAGE, async ({ contract, name, options }) => {
    const submitted = await contract.submitAsync(name, options);
    const { successful, code, blockNumber, transactionId } = await submitted.getStatus();
    const codeName = nameOf(peer.TxValidationCode, code);
    if (!successful) {
      throw new LedgerFault(
        'TRANSACTION_FAILED',
        `transaction ${transactionId} is ${codeName} in block ${blockNumber}`,
        'ledger inspect shows what it read and wrote',
      );
    }
    process.stderr.write(`${codeName} in block ${blockNumber}: ${transactionId}\n`);
    print(submitted.getResult());
  });
}

async function withCall(args: readonly string[], usage: string, use: (call: Call) => Promise<void>): Promise<void> {
  const { values, positionals } = readArguments(
    args,
    {
      connection: { type: 'string' },
      as: { type: 'string' },
      transient: { type: 'string', multiple: true },
      endorsers: { type: 'string' },
    },
    usage,
  );
  const [chaincode, name, ...rest] = positionals;
  if (chaincode === undefined || name === undefined) throw wrongUsage('name a chaincode and a function', usage);
  const { gateway, client, channel } = open(values.connection ?? DEFAULT_CONNECTION, values.as);
  const options: ProposalOptions = {
    arguments: rest,
    ...(values.transient === undefined ? {} : { transientData: transientOf(values.transient, usage) }),
    ...(values.endorsers === undefined ? {} : { endorsingOrganizations: values.endorsers.split(',') }),
  };
  try {
    await use({ contract: gateway.getNetwork(channel).getContract(chaincode), name, options });
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    if (/ECONNREFUSED/.test(cause.message))
      throw new LedgerFault('TRANSACTION_FAILED', 'the ledger does not run, or not there any more', 'start it', {
        cause,
      });
    const details = cause.details
      .filter(({ message }) => !cause.message.includes(message))
      .map(({ mspId, message }) => `${mspId}: ${message}`);
    const what = details.length === 0 ? cause.message : `${cause.message} (${[...new Set(details)].join('; ')})`;
    throw new LedgerFault('TRANSACTION_FAILED', what, `check chaincode ${chaincode} and the arguments of ${name}`, {
      cause,
    });
  } finally {
    gateway.close();
    client.close();
  }
}

function open(path: string, as: string | undefined): { gateway: Gateway; client: Client; channel: string } {
  const profile = readProfile(path);
  const [mspId, user] = as?.split('/', 2) ?? [];
  const organization = mspId === undefined ? profile.orgs[0] : profile.orgs.find((org) => org.mspId === mspId);
  // A client comes before an administrator where nobody is named.
  const found =
    user === undefined
      ? (organization?.users.find(({ name }) => name.startsWith('User')) ?? organization?.users[0])
      : organization?.users.find(({ name }) => name === user);
  if (organization === undefined || found === undefined) {
    const known = profile.orgs.flatMap((org) => org.users.map(({ name }) => `${org.mspId}/${name}`));
    throw new LedgerFault('USAGE', `${path} has no user ${as ?? ''}`, `give --as one of ${known.join(', ')}`);
  }
  const client = new Client(organization.peerEndpoint, credentials.createSsl(readFileSync(organization.tlsRootPath)), {
    'grpc.ssl_target_name_override': organization.peerHostAlias,
  });
  const gateway = connect({
    client,
    identity: { mspId: organization.mspId, credentials: readFileSync(found.certPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(found.keyPath))),
    hash: hash.sha256,
  });
  return { gateway, client, channel: profile.channel };
}

function readProfile(path: string): ConnectionProfile {
  try {
    return JSON.parse(readFileSync(resolve(path), 'utf8')) as ConnectionProfile;
  } catch (cause) {
    throw new LedgerFault(
      'FILE_UNREADABLE',
      `cannot read ${path} (${messageOf(cause)})`,
      'start a ledger, and give the path that it prints as --connection',
      { cause },
    );
  }
}

function transientOf(pairs: readonly string[], usage: string): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (key === undefined || value === undefined) throw wrongUsage(`--transient ${pair} is not KEY=VALUE`, usage);
      return [key, value];
    }),
  );
}

function print(result: Uint8Array): void {
  const text = shown(result);
  if (result.length > 0) process.stdout.write(`${typeof text === 'string' ? text : text.hex}\n`);
}
