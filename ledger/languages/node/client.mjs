/**
 * A client program of one organisation: the calls in the JSON list on standard input, one after the other, and what
 * each told as a JSON list on standard output.
 *
 *   client.mjs CONNECTION_JSON MSP_ID
 */
import { createHash, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, credentials } from '@grpc/grpc-js';
import { checkpointers, CommitError, connect, GatewayError, signers } from '@hyperledger/fabric-gateway';
import { common, ledger } from '@hyperledger/fabric-protos';

const STAGES = {
  GatewayError: 'call',
  EndorseError: 'endorse',
  SubmitError: 'submit',
  CommitStatusError: 'commitStatus',
};

const utf8 = (bytes) => Buffer.from(bytes).toString();
const parsed = (bytes) => JSON.parse(utf8(bytes));

class Session {
  /** The number of the first block of this session; numbers are told relative to it. */
  base = 0n;

  constructor(profile, mspId) {
    const org = profile.orgs.find((candidate) => candidate.mspId === mspId);
    const [user] = org.users;
    this.client = new Client(org.peerEndpoint, credentials.createSsl(readFileSync(org.tlsRootPath)), {
      'grpc.ssl_target_name_override': org.peerHostAlias,
    });
    const options = {
      client: this.client,
      identity: { mspId, credentials: readFileSync(user.certPath) },
      hash: (message) => createHash('sha256').update(message).digest(),
    };
    this.sign = signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath)));
    this.gateway = connect({ ...options, signer: this.sign });
    /** Does not sign by itself: what it makes is signed by `signed`. */
    this.unsigned = connect(options);
    this.channel = profile.channel;
    this.network = this.gateway.getNetwork(profile.channel);
  }

  async perform(call) {
    const contract = this.network.getContract(call.chaincode ?? '');
    const start = { startBlock: this.base + BigInt(call.from ?? 0) };
    switch (call.call) {
      case 'mark': {
        const info = await this.network.getContract('qscc').evaluateTransaction('GetChainInfo', this.channel);
        this.base = BigInt(common.BlockchainInfo.deserializeBinary(info).getHeight());
        return null;
      }
      case 'evaluate':
        return { result: parsed(await contract.evaluate('run', optionsOf(call))) };
      case 'submit':
        return { result: parsed(await contract.submit('run', optionsOf(call))) };
      case 'submitAsync': {
        const commit = await contract.submitAsync('run', optionsOf(call));
        return this.committed(commit.getResult(), commit);
      }
      case 'offline':
        return this.offline(call);
      case 'chaincodeEvents': {
        const events = await this.network.getChaincodeEvents(call.chaincode, start);
        return take(events, call.count, (event) => this.event(event));
      }
      case 'checkpoint':
        return this.checkpoint(call, start);
      case 'blocks':
        return take(await this.network.getBlockEvents(start), call.count, (block) => this.fullBlock(block));
      case 'filteredBlocks': {
        const blocks = await this.network.getFilteredBlockEvents(start);
        return take(blocks, call.count, (block) => this.filteredBlock(block));
      }
      case 'blocksWithPrivateData': {
        const blocks = await this.network.getBlockAndPrivateDataEvents(start);
        return take(blocks, call.count, (block) => this.privateBlock(block));
      }
      default:
        throw new Error(`no such call: ${call.call}`);
    }
  }

  async committed(payload, commit) {
    const { code, successful, blockNumber } = await commit.getStatus();
    return { result: parsed(payload), code, successful, block: Number(blockNumber - this.base) };
  }

  async offline(call) {
    const contract = this.unsigned.getNetwork(this.channel).getContract(call.chaincode);
    const proposal = this.unsigned.newSignedProposal(
      ...(await this.signed(contract.newProposal('run', optionsOf(call)))),
    );
    const transaction = this.unsigned.newSignedTransaction(...(await this.signed(await proposal.endorse())));
    const commit = this.unsigned.newSignedCommit(...(await this.signed(await transaction.submit())));
    return this.committed(transaction.getResult(), commit);
  }

  /** The bytes of what is to be signed and the signature, as they come back from another machine. */
  async signed(message) {
    return [message.getBytes(), await this.sign(message.getDigest())];
  }

  /** Reads one event, remembers it in a file, and reads the next with what the file says. */
  async checkpoint(call, start) {
    const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
    try {
      const found = [];
      for (let i = 0; i < 2; i++) {
        const checkpoint = await checkpointers.file(join(folder, 'file'));
        const events = await this.network.getChaincodeEvents(call.chaincode, { ...start, checkpoint });
        const [event] = await take(events, 1, (one) => one);
        await checkpoint.checkpointChaincodeEvent(event);
        found.push(this.event(event));
      }
      return found;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  event({ chaincodeName, eventName, payload, blockNumber }) {
    return [chaincodeName, eventName, utf8(payload), Number(blockNumber - this.base)];
  }

  fullBlock(block) {
    const codes = block.getMetadata().getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
    return {
      number: block.getHeader().getNumber() - Number(this.base),
      transactions: block.getData().getDataList().length,
      codes: [...codes],
    };
  }

  filteredBlock(block) {
    const transactions = block.getFilteredTransactionsList().map((transaction) => ({
      type: transaction.getType(),
      code: transaction.getTxValidationCode(),
      events: (transaction.getTransactionActions()?.getChaincodeActionsList() ?? []).map((action) => {
        const event = action.getChaincodeEvent();
        return [event?.getChaincodeId() ?? '', event?.getEventName() ?? '', event?.getPayload_asU8().length ?? 0];
      }),
    }));
    return { number: block.getNumber() - Number(this.base), channel: block.getChannelId(), transactions };
  }

  privateBlock(block) {
    const writes = [];
    for (const [index, set] of block.getPrivateDataMapMap().entries()) {
      for (const namespace of set.getNsPvtRwsetList()) {
        for (const collection of namespace.getCollectionPvtRwsetList()) {
          const { KVRWSet } = ledger.rwset.kvrwset;
          for (const write of KVRWSet.deserializeBinary(collection.getRwset_asU8()).getWritesList()) {
            const place = [namespace.getNamespace(), collection.getCollectionName(), write.getKey()];
            writes.push([index, ...place, utf8(write.getValue_asU8())]);
          }
        }
      }
    }
    return { block: this.fullBlock(block.getBlock()), private: writes };
  }

  close() {
    this.gateway.close();
    this.unsigned.close();
    this.client.close();
  }
}

function optionsOf({ steps, endorsers, transient }) {
  return {
    arguments: [JSON.stringify(steps)],
    ...(endorsers === undefined ? {} : { endorsingOrganizations: endorsers }),
    ...(transient === undefined ? {} : { transientData: transient }),
  };
}

async function take(events, count, tell) {
  const found = [];
  try {
    for await (const event of events) {
      found.push(tell(event));
      if (found.length === count) return found;
    }
    throw new Error('the stream ended');
  } finally {
    events.close();
  }
}

function failure(error) {
  if (error instanceof CommitError) return { stage: 'commit', code: error.code };
  if (!(error instanceof GatewayError)) throw error;
  const details = error.details.map(({ address, mspId, message }) => ({ address, mspId, message }));
  return { stage: STAGES[error.name], code: error.code, message: error.cause.details, details };
}

const [connection, mspId] = process.argv.slice(2);
const session = new Session(JSON.parse(readFileSync(connection, 'utf8')), mspId);
const results = [];
for (const call of JSON.parse(await text(process.stdin))) {
  results.push(await session.perform(call).catch((error) => ({ error: failure(error) })));
}
session.close();
process.stdout.write(`${JSON.stringify(results)}\n`);
