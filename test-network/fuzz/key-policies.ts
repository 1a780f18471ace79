import { common, msp } from '@hyperledger/fabric-protos';

type Rule = common.SignaturePolicy;
const { MEMBER, ADMIN, CLIENT, PEER } = msp.MSPRole.MSPRoleType;

/** Key policies that the shim's own builder does not make, as hex; all of them can be parsed. */
export const keyPolicies: readonly string[] = [
  policy([role('Org1MSP', PEER), role('Org2MSP', PEER)], outOf(2, by(0), by(1))),
  policy([role('Org1MSP', PEER), role('Org2MSP', PEER), role('Org3MSP', PEER)], outOf(2, by(0), by(1), by(2))),
  policy([role('Org1MSP', PEER)], by(0)),
  policy([role('Org1MSP', MEMBER), role('Org3MSP', MEMBER)], outOf(1, by(0), by(1))),
  // Nobody endorses as a client or an administrator.
  policy([role('Org1MSP', CLIENT), role('Org2MSP', ADMIN)], outOf(1, by(0), by(1))),
  policy([role('Org2MSP', CLIENT), role('Org2MSP', PEER)], outOf(1, by(0), by(1))),
  // One identity counts once.
  policy([role('Org1MSP', PEER)], outOf(2, by(0), by(0))),
  policy([role('Org1MSP', PEER), role('Org1MSP', MEMBER)], outOf(2, by(0), by(1))),
  policy([role('Org1MSP', PEER), role('Org2MSP', PEER)], outOf(2, by(0), outOf(1, by(0), by(1)))),
  policy([role('Org1MSP', PEER), role('Org2MSP', PEER)], outOf(1, outOf(2, by(0), by(1)), by(1))),
  policy([role('Org1MSP', PEER), role('Org1MSP', PEER)], outOf(1, by(0), by(1))),
  // Everybody, nobody, and an organisation that there is not.
  policy([], outOf(0)),
  policy([role('Org1MSP', PEER)], outOf(0, by(0))),
  policy([role('Org1MSP', PEER)], outOf(-1, by(0))),
  policy([role('Org1MSP', PEER)], outOf(2, by(0))),
  policy([role('Org9MSP', PEER)], by(0)),
  policy([role('Org9MSP', PEER), role('Org2MSP', PEER)], outOf(1, by(0), by(1))),
  policy([unit('Org1MSP')], by(0)),
  policy([anonymous()], by(0)),
  // A principal that is not used, one that is not there, a version that is not known.
  policy([role('Org1MSP', PEER), role('Org2MSP', PEER)], by(1)),
  policy([role('Org1MSP', PEER)], by(7)),
  policy([role('Org1MSP', PEER)], by(0), 1),
];

function policy(identities: msp.MSPPrincipal[], rule: Rule, version = 0): string {
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setVersion(version);
  envelope.setRule(rule);
  envelope.setIdentitiesList(identities);
  return Buffer.from(envelope.serializeBinary()).toString('hex');
}

function by(index: number): Rule {
  const rule = new common.SignaturePolicy();
  rule.setSignedBy(index);
  return rule;
}

function outOf(needed: number, ...rules: Rule[]): Rule {
  const gate = new common.SignaturePolicy.NOutOf();
  gate.setN(needed);
  gate.setRulesList(rules);
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(gate);
  return rule;
}

function role(mspId: string, kind: msp.MSPRole.MSPRoleTypeMap[keyof msp.MSPRole.MSPRoleTypeMap]): msp.MSPPrincipal {
  const message = new msp.MSPRole();
  message.setMspIdentifier(mspId);
  message.setRole(kind);
  return principal(msp.MSPPrincipal.Classification.ROLE, message.serializeBinary());
}

function unit(mspId: string): msp.MSPPrincipal {
  const message = new msp.OrganizationUnit();
  message.setMspIdentifier(mspId);
  message.setOrganizationalUnitIdentifier('peer');
  return principal(msp.MSPPrincipal.Classification.ORGANIZATION_UNIT, message.serializeBinary());
}

function anonymous(): msp.MSPPrincipal {
  const message = new msp.MSPIdentityAnonymity();
  return principal(msp.MSPPrincipal.Classification.ANONYMITY, message.serializeBinary());
}

function principal(
  classification: msp.MSPPrincipal.ClassificationMap[keyof msp.MSPPrincipal.ClassificationMap],
  bytes: Uint8Array,
): msp.MSPPrincipal {
  const message = new msp.MSPPrincipal();
  message.setPrincipalClassification(classification);
  message.setPrincipal(bytes);
  return message;
}
