/** Makes the blocks of a chain whose turn is this worker's. */
import { ledger, peer } from '@hyperledger/fabric-protos';
import { parentPort, workerData } from 'node:worker_threads';
import { type BlockBody, bodyOf, type FromWorker, type WorkerTask } from './chain.js';
import { EffectsReader, holdsOf } from './effects.js';
import { Envelopes } from './envelope.js';
import { History, type Step } from './history.js';

const atOnce = 16;

const { consortium, chaincode, certificates, mspId, key, blocks, transactionsOfBlock, turn, workers } =
  workerData as WorkerTask;
const envelopes = new Envelopes(consortium, chaincode, certificates, holdsOf(consortium, mspId));
const effects = new EffectsReader(consortium, key, envelopes.txIdOf);
const history = new History(consortium);
const steps = history.steps();

let bodies: BlockBody[] = [];
for (let index = 0; index < blocks; index++) {
  const taken: Step[] = [];
  while (taken.length < transactionsOfBlock) taken.push(steps.next().value as Step);
  if (index % workers !== turn) continue;
  bodies.push(blockOf(index, taken));
  if (bodies.length === atOnce) send({});
}
send(turn === 0 ? { live: history.live } : {});

function send(more: Omit<FromWorker, 'bodies'>): void {
  parentPort?.postMessage({ bodies, ...more } satisfies FromWorker);
  bodies = [];
}

function blockOf(index: number, taken: readonly Step[]): BlockBody {
  const encoded = taken.map((step) => envelopes.encode(step, effects.of(step)));
  const event = new peer.BlockAndPrivateData();
  const map = event.getPrivateDataMapMap();
  encoded.forEach(({ held }, place) => held && map.set(place, held satisfies ledger.rwset.TxPvtReadWriteSet));
  return {
    index,
    ...bodyOf(encoded.map(({ envelope }) => envelope)),
    privateData: event.serializeBinary(),
    records: taken.filter(({ create }) => create !== undefined).length,
  };
}
