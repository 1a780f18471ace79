/** One thing that modified chaincode does; values are hex. Without `collection` it is channel state. */
export type RogueWrite =
  | { kind: 'put'; collection?: string; key: string; value: string }
  | { kind: 'delete'; collection?: string; key: string }
  | { kind: 'purge'; collection: string; key: string }
  | { kind: 'policy'; collection?: string; key: string; value: string };
