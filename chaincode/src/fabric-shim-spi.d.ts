declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract' {
  import type { Contract, JSONSerializer } from 'fabric-contract-api';
  import type { ChaincodeInterface } from 'fabric-shim-api';

  /** fabric-shim's own adapter; its package exports it for no other use than `fabric-chaincode-node start`. */
  class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contracts: (new () => Contract)[],
      serializers: { transaction: string; serializers: Record<string, typeof JSONSerializer> },
      metadata: object,
      title: string,
      version: string,
    );
    Init: ChaincodeInterface['Init'];
    Invoke: ChaincodeInterface['Invoke'];
  }
  export = ChaincodeFromContract;
}
