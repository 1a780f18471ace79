/** Bytes for a reader: text where they are printable UTF-8, else hex. */
export type Shown = string | { readonly hex: string };

export interface ShownVersion {
  readonly block: number;
  readonly transaction: number;
}

export interface ShownRead {
  readonly key: string;
  /** Null: the key was not there. */
  readonly version: ShownVersion | null;
}

export interface ShownMetadata {
  readonly entries: readonly { readonly name: string; readonly value: Shown }[];
}

export interface ShownCollection {
  readonly name: string;
  readonly reads: readonly { readonly keyHash: string; readonly version: ShownVersion | null }[];
  readonly writes: readonly {
    readonly keyHash: string;
    readonly valueHash?: string;
    readonly isDelete: boolean;
    readonly isPurge: boolean;
  }[];
  readonly metadataWrites: readonly ({ readonly keyHash: string } & ShownMetadata)[];
  readonly writeSetHash: string;
}

export interface ShownNamespace {
  readonly namespace: string;
  readonly reads: readonly ShownRead[];
  readonly ranges: readonly {
    readonly startKey: string;
    readonly endKey: string;
    readonly exhausted: boolean;
    readonly reads?: readonly ShownRead[];
    /** Where there were too many reads to list them: the hashes of a Merkle tree over them. */
    readonly hashes?: readonly string[];
  }[];
  readonly writes: readonly { readonly key: string; readonly value?: Shown; readonly isDelete: boolean }[];
  readonly metadataWrites: readonly ({ readonly key: string } & ShownMetadata)[];
  readonly collections: readonly ShownCollection[];
}

export interface ShownIdentity {
  readonly mspId: string;
  /** The common name of the certificate's subject. */
  readonly commonName: string;
}

export interface ShownTransaction {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly validationCode: string;
  /** ISO 8601, in UTC; null where none is told. */
  readonly timestamp: string | null;
  readonly creator: ShownIdentity | null;
  readonly chaincode?: { readonly name: string; readonly version: string };
  readonly function?: Shown;
  readonly arguments?: readonly Shown[];
  readonly response?: { readonly status: number; readonly message: string; readonly payload: Shown };
  readonly event?: { readonly name: string; readonly payload: Shown };
  readonly endorsers?: readonly ShownIdentity[];
  readonly readWriteSets?: readonly ShownNamespace[];
  /** Set where the envelope is not what its type says. */
  readonly malformed?: string;
}

export interface ShownBlock {
  readonly number: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly dataHash: string;
  readonly transactions: readonly ShownTransaction[];
}

/** Tab and line ends are printable; other control characters are not. */
export function shown(bytes: Uint8Array): Shown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  return { hex: Buffer.from(bytes).toString('hex') };
}
