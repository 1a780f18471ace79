// The language `text` keeps the formatter away from bytes that are hashed.
const exact = (text) => `\`\`\`text\n${text}\n\`\`\``;
const json = (value) => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

/** One vector, step by step. */
export function example(vector) {
  const { header, headerBytes, markKey, mark, headerKey, keyPolicy, logLeaf, revised } = vector;
  return [
    ...(vector.private === undefined ? [] : privateSteps(vector.private)),
    'Header bytes:',
    exact(headerBytes.utf8),
    `SHA-256 of the header bytes: \`${headerBytes.sha256}\``,
    'Input of the mark key:',
    exact(markKey.input),
    `Mark key: \`${markKey.sha256}\``,
    'Input of the mark:',
    exact(mark.input),
    `Mark: \`${mark.value}\`  \nHash of the mark: \`${mark.hash}\``,
    'Ledger key of the header, in hex:',
    exact(headerKey),
    `Key policy, ${policyText(keyPolicy)}, in hex:`,
    exact(keyPolicy.bytes),
    `Log leaf data of ${header.id} at block ${logLeaf.position.block}, transaction ${logLeaf.position.transaction}:`,
    exact(logLeaf.data),
    `Log leaf hash: \`${logLeaf.hash}\``,
    `Header bytes of revision 2 (the mark's hash stays \`${revised.markHash}\`):`,
    exact(revised.headerBytes.utf8),
    ...(vector.private === undefined ? [] : noteSteps(vector.private.transition)),
  ].join('\n\n');
}

function policyText({ author, others, majorityOf, twoOf }) {
  if (twoOf !== undefined) return `2 of ${twoOf.join(', ')}`;
  return majorityOf === undefined
    ? `AND(${author}, 1 of ${others.join(', ')})`
    : `more than half of ${majorityOf.join(', ')}`;
}

function privateSteps({ commitmentKey, fields, commitment, recordBytes, presentation, registrant }) {
  return [
    `Commitment key: \`${commitmentKey}\``,
    ...fields.flatMap(({ name, saltInput, salt, leafData, leafHash }) => [
      `Field \`${name}\`, salt input, leaf data:`,
      exact(`${saltInput}\n${leafData}`),
      `Salt: \`${salt}\`  \nLeaf hash: \`${leafHash}\``,
    ]),
    `Commitment, the root over these ${fields.length} leaves: \`${commitment}\``,
    'Private record bytes:',
    exact(recordBytes.utf8),
    `SHA-256 of the private record bytes: \`${recordBytes.sha256}\``,
    `A presentation of \`${presentation.fields[0].name}\`:`,
    json(presentation),
    ...(registrant === undefined ? [] : registrantSteps(registrant)),
  ];
}

function registrantSteps({ keyInput, key, bytes }) {
  return [
    'Registrant bytes (the input of the salt is the array of its name, the channel and the private record above):',
    exact(bytes.utf8),
    'Input of its key:',
    exact(keyInput),
    `Its key: \`${key}\`  \nSHA-256 of its bytes: \`${bytes.sha256}\``,
  ];
}

function noteSteps({ keyInput, key, bytes }) {
  return [
    'Transition note bytes:',
    exact(bytes.utf8),
    'Input of its key:',
    exact(keyInput),
    `Its key: \`${key}\`  \nSHA-256 of its bytes: \`${bytes.sha256}\``,
  ];
}
