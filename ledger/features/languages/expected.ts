import type { Told } from './session.js';
import type { Language } from './toolchains.js';

/** What `sessionAt` tells at a chaincode that calls so many others; only a shim's own words differ by language. */
export function expectedOf(language: Language['name'], others: number): Told {
  const ofOthers = (...results: readonly unknown[]): unknown[] => Array.from({ length: others }, () => results).flat();
  const valid = { code: 0, successful: true };
  const words = 'transaction ID: TRANSACTION:';
  return {
    mark: null,
    'asynchronous submit': { ...valid, result: [null, null, null, null], block: 0 },
    reads: {
      result: [
        '1',
        '',
        [
          ['a', '1'],
          ['b', '2'],
          ['c', 'é'],
        ],
        {
          entries: [
            ['a', '1'],
            ['b', '2'],
          ],
          bookmark: 'c',
          count: 2,
        },
        { entries: [['c', 'é']], bookmark: '', count: 1 },
        'Org1MSP',
        'Org1MSP',
      ],
    },
    submit: { result: [null, null, '1'] },
    history: {
      result: [
        [
          { value: '2', deleted: false, txId: 'TRANSACTION' },
          { value: '1', deleted: false, txId: 'TRANSACTION' },
        ],
        [
          { value: '', deleted: true, txId: 'TRANSACTION' },
          { value: '2', deleted: false, txId: 'TRANSACTION' },
        ],
        '',
      ],
    },
    'offline signing': { ...valid, result: [null, null], block: 2 },
    'private write': { ...valid, result: [null, null], block: 3 },
    // The hash of the value looks as a transaction id does.
    'private reads': { result: ['secret', 'TRANSACTION', '', [['p', 'secret']]] },
    'private delete': { ...valid, result: [null], block: 4 },
    'private read of what was deleted': { result: [''] },
    'key policy': { ...valid, result: [null], block: 5 },
    'key policy is there': { result: [63] },
    'against the key policy': { error: { stage: 'commit', code: 10 } },
    'with the key policy': { ...valid, result: [null], block: 7 },
    'calls of other chaincodes': {
      ...valid,
      result: ofOthers({ status: 200, payload: '[null,"",null]', message: '' }),
      block: 8,
    },
    'reads and failures of other chaincodes': {
      result: ofOthers(
        { status: 200, payload: '["by another"]', message: '' },
        { status: 500, payload: '', message: 'no' },
      ),
    },
    'failure in evaluate': failedEvaluation('told "so"'),
    'failure in endorse': {
      error: {
        stage: 'endorse',
        code: 10,
        message: 'failed to endorse transaction, see attached details for more info',
        details: [{ address: 'ADDRESS', mspId: 'Org1MSP', message: 'chaincode response 500, told "so"' }],
      },
    },
    'endorsers that disagree': {
      error: {
        stage: 'endorse',
        code: 10,
        message: 'failed to collect enough transaction endorsements, see attached details for more info',
        details: ['Org2MSP', 'Org3MSP'].map((mspId) => ({
          address: 'ADDRESS',
          mspId,
          message: 'ProposalResponsePayloads do not match',
        })),
      },
    },
    'a collection that is not there': refused(
      language,
      `GET_STATE failed: ${words} collection mychannel/CHAINCODE/nowhere could not be found`,
    ),
    'a rich query': refused(language, `GET_QUERY_RESULT failed: ${words} ExecuteQuery not supported for leveldb`),
    'a chaincode that is not there': {
      error: {
        stage: 'call',
        code: 9,
        message: 'no peers available to evaluate chaincode absent in channel mychannel',
        details: [],
      },
    },
    'a call of a chaincode that is not there': refusedCall(
      language,
      `INVOKE_CHAINCODE failed: ${words} execute failed: invalid invocation: [channel mychannel] failed to get chaincode container info for absent: chaincode absent not found`,
    ),
    'chaincode events': [
      ['CHAINCODE', 'created', 'a', 0],
      ['CHAINCODE', 'created', 'd', 2],
      ['CHAINCODE', 'private', 'p', 3],
    ],
    checkpoint: [
      ['CHAINCODE', 'created', 'a', 0],
      ['CHAINCODE', 'created', 'd', 2],
    ],
    blocks: CODES.map((code, number) => ({ number, transactions: 1, codes: [code] })),
    'filtered blocks': CODES.map((code, number) => ({
      number,
      channel: 'mychannel',
      transactions: [{ type: 3, code, events: EVENTS[number] === undefined ? [] : [['CHAINCODE', EVENTS[number], 0]] }],
    })),
    'blocks with private data': ['secret', ''].map((value, i) => ({
      block: { number: 3 + i, transactions: 1, codes: [0] },
      private: [[0, 'CHAINCODE', 'pair', 'p', value]],
    })),
  };
}

/** The validation codes of the first blocks, and the names of the events in them. */
const CODES = [0, 0, 0, 0, 0, 0, 10];
const EVENTS: Readonly<Record<number, string>> = { 0: 'created', 2: 'created', 3: 'private' };

function failedEvaluation(message: string): unknown {
  const response = `chaincode response 500, ${message}`;
  return {
    error: {
      stage: 'call',
      code: 2,
      message: `evaluate call to endorser returned error: ${response}`,
      details: [{ address: 'ADDRESS', mspId: 'Org1MSP', message: response }],
    },
  };
}

/** The Java shim keeps what the peer said to its own log. */
function refused(language: Language['name'], reason: string): unknown {
  return failedEvaluation(language === 'java' ? 'TRANSACTIONUnsuccessful response received.' : reason);
}

/** The Go shim gives what the peer said to the chaincode as the response of the called one. */
function refusedCall(language: Language['name'], reason: string): unknown {
  if (language !== 'go') return refused(language, reason);
  return { result: [{ status: 500, payload: reason, message: '' }] };
}
