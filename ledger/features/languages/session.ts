/** What a client program is asked to do, and what it tells; the three programs read and write the same. */
export interface Call {
  readonly call: string;
  readonly chaincode?: string;
  readonly steps?: readonly (readonly unknown[])[];
  readonly endorsers?: readonly string[];
  readonly transient?: Readonly<Record<string, string>>;
  /** The number of a block relative to the height at `mark`. */
  readonly from?: number;
  readonly count?: number;
}

/** Everything that one client told of one chaincode, by what was done. */
export type Told = Readonly<Record<string, unknown>>;

/** All that a client can do with a chaincode, under keys of its own. `others` are called by it. */
export function sessionAt(
  chaincode: string,
  others: readonly string[],
  own: string,
): readonly (readonly [string, Call])[] {
  const key = (name: string): string => `${own}${name}`;
  const both = ['Org1MSP', 'Org2MSP'];
  const at = (
    call: string,
    steps: readonly (readonly unknown[])[],
    rest: Pick<Call, 'endorsers' | 'transient'> = {},
  ): Call => ({ call, chaincode, steps, ...rest });
  return [
    ['mark', { call: 'mark' }],
    [
      'asynchronous submit',
      at('submitAsync', [
        ['put', key('a'), '1'],
        ['put', key('b'), '2'],
        ['put', key('c'), 'é'],
        ['event', 'created', 'a'],
      ]),
    ],
    [
      'reads',
      at('evaluate', [
        ['get', key('a')],
        ['get', key('absent')],
        ['range', key('a'), key('d')],
        ['page', key('a'), key('d'), 2],
        ['page', key('a'), key('d'), 2, key('c')],
        ['organisation'],
        ['creator'],
      ]),
    ],
    [
      'submit',
      at('submit', [
        ['put', key('a'), '2'],
        ['delete', key('b')],
        ['get', key('a')],
      ]),
    ],
    [
      'history',
      at('evaluate', [
        ['history', key('a')],
        ['history', key('b')],
        ['get', key('b')],
      ]),
    ],
    [
      'offline signing',
      at('offline', [
        ['put', key('d'), '4'],
        ['event', 'created', 'd'],
      ]),
    ],
    [
      'private write',
      at(
        'submitAsync',
        [
          ['putTransient', 'pair', key('p'), 'value'],
          ['event', 'private', 'p'],
        ],
        { endorsers: both, transient: { value: 'secret' } },
      ),
    ],
    [
      'private reads',
      at('evaluate', [
        ['getPrivate', 'pair', key('p')],
        ['getPrivateHash', 'pair', key('p')],
        ['getPrivate', 'pair', key('absent')],
        ['rangePrivate', 'pair', key('p'), key('q')],
      ]),
    ],
    ['private delete', at('submitAsync', [['deletePrivate', 'pair', key('p')]], { endorsers: both })],
    ['private read of what was deleted', at('evaluate', [['getPrivate', 'pair', key('p')]])],
    ['key policy', at('submitAsync', [['setPolicy', key('d'), [...both, 'Org3MSP']]])],
    ['key policy is there', at('evaluate', [['getPolicy', key('d')]])],
    ['against the key policy', at('submit', [['put', key('d'), '5']], { endorsers: both })],
    ['with the key policy', at('submitAsync', [['put', key('d'), '6']])],
    [
      'calls of other chaincodes',
      at(
        'submitAsync',
        others.map((other) => [
          'invoke',
          other,
          [
            ['put', key('x'), 'by another'],
            ['get', key('x')],
            ['event', 'of the called', ''],
          ],
        ]),
      ),
    ],
    [
      'reads and failures of other chaincodes',
      at(
        'evaluate',
        others.flatMap((other) => [
          ['invoke', other, [['get', key('x')]]],
          ['invoke', other, [['fail', 'no']], 'mychannel'],
        ]),
      ),
    ],
    ['failure in evaluate', at('evaluate', [['fail', 'told "so"']])],
    ['failure in endorse', at('submit', [['fail', 'told "so"']])],
    ['endorsers that disagree', at('submit', [['putOrganisation', key('z')]])],
    ['a collection that is not there', at('evaluate', [['getPrivate', 'nowhere', key('p')]])],
    ['a rich query', at('evaluate', [['query', '{"selector":{}}']])],
    ['a chaincode that is not there', { ...at('evaluate', [['get', 'a']]), chaincode: 'absent' }],
    ['a call of a chaincode that is not there', at('evaluate', [['invoke', 'absent', [['get', 'a']]]])],
    ['chaincode events', { call: 'chaincodeEvents', chaincode, from: 0, count: 3 }],
    ['checkpoint', { call: 'checkpoint', chaincode, from: 0 }],
    ['blocks', { call: 'blocks', from: 0, count: 7 }],
    ['filtered blocks', { call: 'filteredBlocks', from: 0, count: 7 }],
    ['blocks with private data', { call: 'blocksWithPrivateData', from: 3, count: 2 }],
  ];
}
