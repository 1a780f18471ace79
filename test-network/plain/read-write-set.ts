import { common, gateway, ledger, peer } from '@hyperledger/fabric-protos';

/** A transaction as it goes to the orderer, taken apart. */
export interface OpenTransaction {
  /** Puts it together again, as changed. */
  bytes(): Uint8Array;
  endorsements: peer.Endorsement[];
  /** The simulation's results with block numbers as they are. */
  results: ReadWriteSet[];
  payload: Uint8Array;
}

export interface ReadWriteSet {
  namespace: string;
  public: unknown;
  private: { collection: string; hashed: unknown; digest: string }[];
}

/** Takes a gateway's prepared transaction apart; `change` may replace endorsements or the endorsed payload. */
export function openPrepared(
  prepared: Uint8Array,
  change: (endorsed: peer.ChaincodeEndorsedAction) => void = () => undefined,
): OpenTransaction {
  const transaction = gateway.PreparedTransaction.deserializeBinary(prepared);
  const envelope = transaction.getEnvelope() ?? new common.Envelope();
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const body = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action = new peer.TransactionAction()] = body.getActionsList();
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsed = actionPayload.getAction() ?? new peer.ChaincodeEndorsedAction();
  change(endorsed);
  return {
    endorsements: endorsed.getEndorsementsList(),
    results: resultsOf(endorsed.getProposalResponsePayload_asU8()),
    payload: endorsed.getProposalResponsePayload_asU8(),
    bytes() {
      actionPayload.setAction(endorsed);
      action.setPayload(actionPayload.serializeBinary());
      body.setActionsList([action]);
      payload.setData(body.serializeBinary());
      envelope.setPayload(payload.serializeBinary());
      transaction.setEnvelope(envelope);
      return transaction.serializeBinary();
    },
  };
}

function resultsOf(responsePayload: Uint8Array): ReadWriteSet[] {
  const extension = peer.ProposalResponsePayload.deserializeBinary(responsePayload).getExtension_asU8();
  const results = peer.ChaincodeAction.deserializeBinary(extension).getResults_asU8();
  return (
    ledger.rwset.TxReadWriteSet.deserializeBinary(results)
      .getNsRwsetList()
      // Where a definition lies differs: here it came with the configuration file, there with lifecycle transactions.
      .filter((namespace) => namespace.getNamespace() !== '_lifecycle')
      .map((namespace) => ({
        namespace: namespace.getNamespace(),
        public: ledger.rwset.kvrwset.KVRWSet.deserializeBinary(namespace.getRwset_asU8()).toObject(),
        private: namespace.getCollectionHashedRwsetList().map((collection) => ({
          collection: collection.getCollectionName(),
          hashed: ledger.rwset.kvrwset.HashedRWSet.deserializeBinary(collection.getHashedRwset_asU8()).toObject(),
          digest: Buffer.from(collection.getPvtRwsetHash_asU8()).toString('hex'),
        })),
      }))
  );
}

/** The MSP id of an endorser. */
export function endorserOf(endorsement: peer.Endorsement): string {
  return identityOf(endorsement.getEndorser_asU8());
}

function identityOf(serialized: Uint8Array): string {
  // msp.SerializedIdentity: field 1 is the MSP id, and it comes first.
  const length = serialized[1] ?? 0;
  return Buffer.from(serialized.subarray(2, 2 + length)).toString();
}
