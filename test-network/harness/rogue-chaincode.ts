/**
 * Chaincode of an organisation that does not keep to the agreement: it registers under the approved package id, answers
 * like the agreed chaincode, and does whatever `rogue` says. What it can get onto the ledger is what the features ask.
 */
import { proofwardChaincode } from '@proofward/chaincode/contracts';
import { consortiumSchema } from '@proofward/evidence';
import shim, { type ChaincodeServerOpts } from 'fabric-shim';
import type { ChaincodeInterface, ChaincodeStub } from 'fabric-shim-api';
import { readFileSync } from 'node:fs';
import type { RogueWrite } from './rogue-write.js';

const { CHAINCODE_SERVER_ADDRESS: address, CHAINCODE_ID: ccid, PROOFWARD_CONSORTIUM: consortium } = process.env;
if (address === undefined || ccid === undefined || consortium === undefined)
  throw new Error('started without its environment');

const agreed = proofwardChaincode(consortiumSchema.parse(JSON.parse(readFileSync(consortium, 'utf8'))));

const rogue: ChaincodeInterface = {
  Init: (stub) => agreed.Init(stub),
  Invoke: async (stub) => {
    const { fcn, params } = stub.getFunctionAndParameters();
    if (fcn === 'rogue-private' || fcn === 'rogue-hash') return peek(stub, fcn, params[0] ?? '[]');
    if (fcn === 'rogue-place') {
      const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
      return shim.success(Buffer.from(JSON.stringify({ timeZone, locale })));
    }
    if (fcn !== 'rogue') return agreed.Invoke(stub);
    const orders = stub.getTransient().get('orders');
    if (orders === undefined) return shim.error('no orders');
    for (const write of JSON.parse(Buffer.from(orders).toString('utf8')) as RogueWrite[]) await perform(stub, write);
    return shim.success(Buffer.from(stub.getTxID()));
  },
};

/** Asks the own peer for a private value, or its hash, without any of the agreed checks. */
async function peek(stub: ChaincodeStub, fcn: string, at: string) {
  const [collection = '', key = ''] = JSON.parse(at) as string[];
  try {
    if (fcn === 'rogue-private') return shim.success(await stub.getPrivateData(collection, key));
    return shim.success(Buffer.from(Buffer.from(await stub.getPrivateDataHash(collection, key)).toString('hex')));
  } catch (error) {
    return shim.error(String(error));
  }
}

async function perform(stub: ChaincodeStub, write: RogueWrite): Promise<void> {
  const { collection, key } = write;
  const bytes = (hex: string) => Buffer.from(hex, 'hex');
  switch (write.kind) {
    case 'put':
      await (collection === undefined
        ? stub.putState(key, bytes(write.value))
        : stub.putPrivateData(collection, key, bytes(write.value)));
      return;
    case 'delete':
      await (collection === undefined ? stub.deleteState(key) : stub.deletePrivateData(collection, key));
      return;
    case 'purge':
      await stub.purgePrivateData(collection ?? '', key);
      return;
    case 'policy':
      await (collection === undefined
        ? stub.setStateValidationParameter(key, bytes(write.value))
        : stub.setPrivateDataValidationParameter(collection, key, bytes(write.value)));
  }
}

await shim.Shim.server(rogue, { ccid, address } as ChaincodeServerOpts).start();
process.on('SIGTERM', () => process.exit(0));
