/**
 * The one error table: code, HTTP status, meaning. Chaincode, gateway, client and documentation use these codes and no
 * others; a test holds them together.
 */
export const errorTable = {
  INVALID_JSON: {
    status: 400,
    meaning: 'The body is not JSON with one meaning (syntax, duplicate keys, numbers beyond 2^53).',
  },
  INVALID_FIELD: { status: 400, meaning: 'A field is missing, unknown or has a wrong value; the pointer names it.' },
  INVALID_ID: { status: 400, meaning: 'The identifier is not of the form type:<org>/<name>@<version>.' },
  UNKNOWN_FILTER: { status: 400, meaning: 'The query has a parameter that this list does not know.' },
  INVALID_CURSOR: { status: 400, meaning: 'The cursor is not one that this list gave out.' },
  COMMITMENT_MISMATCH: { status: 400, meaning: 'The private part does not hash to the commitment that goes with it.' },
  NEGATIVE_COUNT: { status: 400, meaning: 'A count is negative.' },
  FRACTIONAL_COUNT: { status: 400, meaning: 'A count is not a whole number.' },
  COUNT_TOO_LARGE: { status: 400, meaning: 'A count, or the sum of all, is not below 2^53.' },
  COUNTS_DISAGREE: { status: 400, meaning: 'Counts do not add up: a part is more than its whole, or not its sum.' },
  DUPLICATE_GROUP: { status: 400, meaning: 'A group is listed twice.' },
  SINGLE_GROUP: { status: 400, meaning: 'There is only one group, and nothing to compare it with.' },
  GROUP_FEATURES_DIFFER: { status: 400, meaning: 'The groups do not all have values of the same sensitive features.' },
  UNKNOWN_GROUP: { status: 400, meaning: 'A feature or reference group is not among the groups of the evidence.' },
  RECOMPUTATION_TOO_LARGE: {
    status: 400,
    meaning: 'The criteria of an audit compare more groups together than an endorser recomputes.',
  },
  EXCLUDED_SHARE_TOO_LARGE: { status: 400, meaning: 'A group that is left out has 2 % of the people or more.' },
  UNAUTHENTICATED: { status: 401, meaning: 'No API key, or none that this gateway knows.' },
  FORBIDDEN: { status: 403, meaning: "The caller's role or organisation may not do this." },
  SCOPE_MISSING: { status: 403, meaning: 'The API key is not scoped for this.' },
  SELF_ATTESTATION: { status: 403, meaning: "An auditor does not attest on its own organisation's subject." },
  NOT_A_MEMBER: { status: 403, meaning: "The caller's organisation is not a member of the record's collection." },
  GRANT_REQUIRED: { status: 403, meaning: 'A foreign dataset or parent needs a usage grant of its owner.' },
  SIGNED_BY_REGISTRANT: {
    status: 403,
    meaning: 'Who registered or triggered a model version does not sign it off.',
  },
  SECOND_PERSON_REQUIRED: { status: 403, meaning: 'Who proposed it does not approve it: that takes a second person.' },
  NOT_FOUND: { status: 404, meaning: 'No such route or resource.' },
  RECORD_NOT_FOUND: { status: 404, meaning: 'No record has this id.' },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'The resource does not know this method.' },
  NOT_ACCEPTABLE: { status: 406, meaning: 'None of the accepted media types can be produced.' },
  BATCH_OUT_OF_ORDER: {
    status: 409,
    meaning: "The batch does not follow the endpoint's last one: it names another as the one before, or another time.",
  },
  SEQUENCE_REPEATED: {
    status: 409,
    meaning: 'A batch has sequence numbers that an earlier one has, or a receipt one that another receipt has.',
  },
  RECORD_EXISTS: { status: 409, meaning: 'Another content is recorded under this id.' },
  EARLIER_VALUE_DIFFERS: {
    status: 409,
    meaning:
      'The field does not have the value that the amendment corrects: the record, or its latest amendment, has another.',
  },
  INVALID_TRANSITION: { status: 409, meaning: 'The record cannot go from its state to the one asked for.' },
  REVISION_CONFLICT: { status: 409, meaning: 'The record has changed since the revision that the request names.' },
  PRIVATE_DATA_ERASED: { status: 410, meaning: 'The private part was erased; header, mark and commitment remain.' },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: 'The body is larger than this gateway takes.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, meaning: 'The body is not application/json.' },
  GRANT_INVALID: {
    status: 403,
    meaning: 'The usage grant is of another record, grantee or purpose, is revoked, or has ended.',
  },
  POLICY_NOT_IN_FORCE: {
    status: 409,
    meaning: 'The release policy is not the one in force, or the one in force is not named.',
  },
  POLICY_LOOSENED: {
    status: 403,
    meaning: 'The release policy asks for less than the one before it, which its owner may not decide alone.',
  },
  PROPOSAL_UNDECIDED: {
    status: 409,
    meaning: 'The votes so far do not decide on the proposal so.',
  },
  PROPOSAL_CLOSED: { status: 409, meaning: 'The proposal is decided or withdrawn, or its deadline is over.' },
  PROPOSAL_MISMATCH: { status: 403, meaning: 'The proposal is not of this change, or was not carried.' },
  POLICY_MISSING: {
    status: 422,
    meaning: 'Neither consortium, vendor nor site has a release policy, so nothing says what is needed.',
  },
  PRESENTATION_MISMATCH: {
    status: 422,
    meaning: 'Presented fields are not under the commitment of the record that they are said to be of.',
  },
  DECISION_NOT_BORNE: {
    status: 422,
    meaning: 'A release decision is not what its policies and what was presented come to.',
  },
  DECISION_INVALID: {
    status: 403,
    meaning: 'The release decision is of another site or model, not an allowing one, or no longer true.',
  },
  INCIDENT_OWED: {
    status: 409,
    meaning:
      'What ran at the endpoint was stopped or rolled back without approval, and has no incident yet; try again.',
  },
  FIELD_NOT_AMENDABLE: {
    status: 422,
    meaning: 'The record has no such private field, or others rest on it, so that it is not amended.',
  },
  PLAN_MISMATCH: { status: 422, meaning: 'The attestation is not what its evaluation plan announced.' },
  REFERENCE_NOT_FOUND: {
    status: 422,
    meaning: 'A record that this one refers to does not exist; the pointer names it.',
  },
  SEQUENCE_GAP: {
    status: 422,
    meaning: 'Sequence numbers are left out. What is lost for good is declared as missing, not passed over.',
  },
  RECEIPT_INVALID: {
    status: 422,
    meaning:
      "A receipt is another site's, or not signed with a certificate of its site's that was valid and not revoked then.",
  },
  RECEIPT_AHEAD: {
    status: 422,
    meaning:
      "A receipt's time is more than 15 minutes ahead of the gateway's clock; it can be handed in when it has come.",
  },
  CLAIM_NOT_BORNE: { status: 422, meaning: 'An attestation claims more than its own numbers bear.' },
  DELTA_TOO_LARGE: { status: 422, meaning: 'The delta of differential privacy is not below 1/N for N samples.' },
  UNKNOWN_ORGANIZATION: {
    status: 422,
    meaning: 'The consortium has no active organisation of that name in that role.',
  },
  ROLE_NOT_APPROVED: { status: 403, meaning: 'The role is not the one in the approved consortium file.' },
  INTERNAL: { status: 500, meaning: 'The gateway failed; the log has the cause under the request id.' },
  ENDORSEMENT_FAILED: { status: 502, meaning: 'The organisations that must endorse refused or disagreed.' },
  CHAINCODE_INVALID_ANSWER: { status: 502, meaning: 'The chaincode answered something that is not of this version.' },
  BUSY: { status: 503, meaning: 'Too many requests at a time; try again after Retry-After seconds.' },
  LEDGER_UNAVAILABLE: {
    status: 503,
    meaning: "The organisation's peer, the orderer or the chaincode cannot be reached.",
  },
  ENDORSERS_UNAVAILABLE: { status: 503, meaning: 'No eligible organisation answered; the record was not submitted.' },
  PRIVATE_DATA_MISSING: { status: 503, meaning: "The private part has not reached this organisation's peer yet." },
  READ_MODEL_BEHIND: { status: 503, meaning: 'The read model has not reached the block asked for in time.' },
  READ_MODEL_UNAVAILABLE: {
    status: 503,
    meaning: 'The read model cannot answer: its database is out of reach, or the peer follows another chain.',
  },
  SCHEMA_VERSION_DIFFERS: {
    status: 503,
    meaning: 'Gateway and ledger make this type in different schema versions: an upgrade is under way.',
  },
  SCHEMA_VERSION_RETIRED: {
    status: 503,
    meaning:
      'The consortium voted that new records of this type are of a later schema version than this gateway makes.',
  },
  ACCESS_LOG_UNAVAILABLE: {
    status: 503,
    meaning: 'The private record is not shown, because that it is read cannot be logged.',
  },
  CONTENTION: { status: 503, meaning: 'Other writers kept changing the same record; nothing was written. Try again.' },
  COMMIT_UNKNOWN: { status: 504, meaning: 'Submitted, but the outcome is not known yet; ask for the transaction id.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** An error of the table. `pointer` is a JSON pointer (RFC 6901) into the request. */
export class ProofwardError extends Error {
  override readonly name = 'ProofwardError';
  readonly code: ErrorCode;
  readonly pointer: string | undefined;

  constructor(code: ErrorCode, message: string, options: { pointer?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.pointer = options.pointer;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  /** How chaincode says it: Fabric hands a client nothing but a message. */
  toWire(): string {
    return JSON.stringify({ code: this.code, message: this.message, pointer: this.pointer });
  }

  /** The inverse of {@link toWire}; undefined for any other text. */
  static fromWire(text: string): ProofwardError | undefined {
    try {
      const value = JSON.parse(text) as unknown;
      if (typeof value !== 'object' || value === null) return undefined;
      const { code, message, pointer } = value as Record<string, unknown>;
      if (!isErrorCode(code) || typeof message !== 'string') return undefined;
      return new ProofwardError(code, message, { pointer: typeof pointer === 'string' ? pointer : undefined });
    } catch {
      return undefined;
    }
  }
}
