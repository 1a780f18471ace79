import {
  anyTwo,
  attestationParties,
  authorAndOneOther,
  bytesToHex,
  canonicalBytes,
  canonicalJson,
  changeableOf,
  commitmentOf,
  consortiumSchema,
  deriveSalt,
  fieldLeafData,
  hasPrivatePart,
  hasRegistrant,
  headerBytes,
  headerKey,
  headerSchemas,
  hexToBytes,
  initialState,
  leafHash,
  logLeafData,
  majorityKeyPolicy,
  markHash,
  markKey,
  markValue,
  organizationBySlug,
  organizationByMspId,
  othersOf,
  ownerOf,
  panelOf,
  parseId,
  placementOf,
  presentFields,
  privateRecordBytes,
  privateSchemas,
  providerParties,
  registrantBytes,
  registrantKey,
  registrantOf,
  rolePublic,
  sealPrivate,
  sha256,
  settledType,
  subjectOf,
  transitionNoteKey,
  transitionNoteSchema,
  utf8ToBytes,
} from '@proofward/evidence';
import { channel, commitmentKey, enrollmentId, consortium as consortiumInput, records } from './inputs.mjs';

const consortium = consortiumSchema.parse(consortiumInput);
const key = hexToBytes(commitmentKey);
const utf8 = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const digest = (bytes) => bytesToHex(sha256(bytes));

/** Every byte of one record: what is hashed, beside its hash. */
export function recordVector(type) {
  const input = records[type];
  const id = parseId(input.id);
  const sealed = hasPrivatePart(type) ? privatePart(type, input) : undefined;
  const header = headerSchemas[type].parse({
    type,
    id: input.id,
    schema: 1,
    author: input.author,
    createdTx: input.createdTx,
    status: initialState(type),
    revision: 1,
    ...(sealed && { commitment: sealed.commitment, privateRevision: 1 }),
    ...(type !== 'role' && { epoch: 1 }),
    ...(type === 'role' ? rolePublic(consortium, organizationBySlug(consortium, id.org)) : input.publicFields),
    ...input.times,
  });
  const mark = markValue(channel, header);
  const { to, recordedAt } = input.change;
  const revised = headerSchemas[type].parse({
    ...header,
    status: to,
    revision: 2,
    recordedAt,
    effectiveAt: recordedAt,
    late: undefined,
    ...(to === 'ended' && { to: recordedAt }),
  });
  return {
    channel,
    header,
    headerBytes: { utf8: utf8(headerBytes(header)), sha256: digest(headerBytes(header)) },
    markKey: { input: canonicalJson(['proofward/mark-key/v1', type, input.id]), sha256: markKey(id) },
    mark: {
      input: canonicalJson(['proofward/mark/v1', channel, unchangeableOf(header)]),
      value: bytesToHex(mark),
      hash: bytesToHex(markHash(mark)),
    },
    headerKey: bytesToHex(utf8ToBytes(headerKey(id, markHash(mark)))),
    keyPolicy: keyPolicy(type, header),
    logLeaf: logLeaf(input.position, input.createdTx, header),
    revised: {
      header: revised,
      headerBytes: { utf8: utf8(headerBytes(revised)), sha256: digest(headerBytes(revised)) },
      markHash: bytesToHex(markHash(markValue(channel, revised))),
    },
    ...(sealed && { private: { ...sealed, transition: transition(input) } }),
  };
}

function privatePart(type, { id, values, shown }) {
  privateSchemas[type].parse(values);
  const context = { channel, type, id, revision: 1 };
  const record = sealPrivate(key, context, values);
  return {
    commitmentKey,
    values,
    fields: Object.keys(record.fields)
      .sort()
      .map((name) => {
        const { salt, value } = record.fields[name];
        if (salt !== deriveSalt(key, context, name, value))
          throw new Error(`the salt of ${name} is not the derived one`);
        const leaf = fieldLeafData(context, 1, name, salt, value);
        return {
          name,
          saltInput: canonicalJson(['proofward/salt/v1', channel, type, id, 1, name, value]),
          salt,
          leafData: utf8(leaf),
          leafHash: bytesToHex(leafHash(leaf)),
        };
      }),
    commitment: commitmentOf(channel, record),
    record,
    recordBytes: { utf8: utf8(privateRecordBytes(record)), sha256: digest(privateRecordBytes(record)) },
    presentation: presentFields(channel, record, shown),
    ...(hasRegistrant(type) && { registrant: registrant(record) }),
  };
}

/** Who made the record, by the enrolment id that all examples have. */
function registrant(record) {
  const value = registrantOf(channel, record, enrollmentId);
  const commitment = commitmentOf(channel, record);
  const bytes = registrantBytes(value);
  return {
    saltInput: canonicalJson(['proofward/registrant-salt/v1', channel, record]),
    keyInput: canonicalJson(['proofward/registrant/v1', channel, commitment]),
    key: registrantKey(channel, commitment),
    bytes: { utf8: utf8(bytes), sha256: digest(bytes) },
  };
}

function unchangeableOf(header) {
  const changeable = changeableOf(header.type);
  return Object.fromEntries(Object.entries(header).filter(([member]) => !changeable.includes(member)));
}

/** The policy that a creation sets on header and private record; on the header alone where it is a dispute's. */
function keyPolicy(type, header) {
  if (type === 'dispute') {
    const [author, provider] = [header.record, header.subject].map((of) => ownerOf(consortium, parseId(of)).mspId);
    const panel = panelOf(consortium, { author, provider, opener: header.author });
    return { twoOf: panel, bytes: bytesToHex(anyTwo(panel)) };
  }
  if (type === 'role' || placementOf(type, 'provider').holder === 'consortium') {
    const mspIds = consortium.organizations.map(({ mspId }) => mspId);
    return { majorityOf: mspIds, bytes: bytesToHex(majorityKeyPolicy(mspIds)) };
  }
  if (placementOf(type, organizationByMspId(consortium, header.author).role).holder === 'parties') {
    const others =
      type === 'disclosure'
        ? [organizationBySlug(consortium, header.recipient).mspId]
        : othersOf(consortium, header.author);
    return { author: header.author, others, bytes: bytesToHex(authorAndOneOther(header.author, others)) };
  }
  const settled = settledType({ ...parseId(header.id), type });
  const isOwn = placementOf(settled, organizationByMspId(consortium, header.author).role).holder === 'author';
  const subject = isOwn ? header.id : subjectOf(header);
  const provider = ownerOf(consortium, parseId(subject));
  const parties = isOwn
    ? providerParties(consortium, provider, header.epoch)
    : attestationParties(consortium, organizationByMspId(consortium, header.author), provider, header.epoch);
  return { ...parties, bytes: bytesToHex(authorAndOneOther(parties.author, parties.others)) };
}

function logLeaf(position, txId, header) {
  const data = logLeafData(channel, { ...position, txId }, header);
  return { position: { ...position, txId }, data: utf8(data), hash: bytesToHex(leafHash(data)) };
}

function transition({ id, change: { to, reasonCode, salt } }) {
  const note = transitionNoteSchema.parse({ schema: 1, id, revision: 2, to, reasonCode, salt });
  return {
    note,
    keyInput: canonicalJson(['proofward/transition/v1', channel, note]),
    key: transitionNoteKey(channel, note),
    bytes: { utf8: utf8(canonicalBytes(note)), sha256: digest(canonicalBytes(note)) },
  };
}
