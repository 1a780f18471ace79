/** Chaincode that costs as little as chaincode can, so that what is measured is the ledger. */
import shim, { type ChaincodeServerOpts } from 'fabric-shim';
import type { ChaincodeInterface, ChaincodeStub } from 'fabric-shim-api';

const { CHAINCODE_SERVER_ADDRESS: address, CHAINCODE_ID: ccid } = process.env;
if (address === undefined || ccid === undefined) throw new Error('started without its environment');

const puts: ChaincodeInterface = {
  Init: () => Promise.resolve(shim.success()),
  Invoke: async (stub) => {
    const { fcn, params } = stub.getFunctionAndParameters();
    switch (fcn) {
      // Whoever waits for the chaincode asks this first.
      case 'org.hyperledger.fabric:GetMetadata':
        return shim.success();
      case 'put': {
        const [key = '', value = ''] = params;
        await stub.putState(key, Buffer.from(value));
        return shim.success();
      }
      case 'put-both': {
        const [key = '', value = '', collection = ''] = params;
        await stub.putState(key, Buffer.from(value));
        await stub.putPrivateData(collection, key, Buffer.from(value));
        return shim.success();
      }
      case 'absent':
        return shim.success(Buffer.from(JSON.stringify(await absent(stub, params))));
      default:
        return shim.error(`no function ${fcn}`);
    }
  },
};

/** Which of the keys have no public value, or not the same private one in the collection, if there is one. */
async function absent(stub: ChaincodeStub, [list = '[]', collection = '']: string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const key of JSON.parse(list) as string[]) {
    const value = Buffer.from(await stub.getState(key));
    const isThere = value.length > 0 && (collection === '' || value.equals(await stub.getPrivateData(collection, key)));
    if (!isThere) missing.push(key);
  }
  return missing;
}

await shim.Shim.server(puts, { ccid, address } as ChaincodeServerOpts).start();
process.on('SIGTERM', () => process.exit(0));
