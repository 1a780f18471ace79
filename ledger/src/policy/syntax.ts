import { common, msp } from '@hyperledger/fabric-protos';

export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
}

const ROLES: Readonly<Record<string, 0 | 1 | 2 | 3 | 4>> = { member: 0, admin: 1, client: 2, peer: 3, orderer: 4 };
const PRINCIPAL = /^([A-Za-z0-9.-]+)\.(admin|member|client|peer|orderer)$/;
const TOKEN = /\s*(?:'([^']*)'|"([^"]*)"|([A-Za-z]+)|(\d+)|([(),]))/y;

/**
 * Parses Fabric's policy language: AND, OR and OutOf over 'MSP.role'. As in Fabric every mention of a principal gets an
 * identity entry of its own, so that the bytes come out the same.
 */
export function parsePolicy(text: string): common.SignaturePolicyEnvelope {
  const parser = new Parser(text);
  const rule = parser.gate();
  parser.end();
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setVersion(0);
  envelope.setRule(rule);
  envelope.setIdentitiesList(parser.principals);
  return envelope;
}

class Parser {
  readonly principals: msp.MSPPrincipal[] = [];
  private at = 0;

  constructor(private readonly text: string) {}

  gate(): common.SignaturePolicy {
    const token = this.next();
    if (token?.kind !== 'word') throw this.fail('AND, OR or OutOf expected');
    const name = token.value.toLowerCase();
    if (name !== 'and' && name !== 'or' && name !== 'outof')
      throw this.fail(`unrecognized token '${token.value}' in policy string`);
    this.expect('(');
    let needed: number | undefined;
    if (name === 'outof') {
      const count = this.next();
      if (count === undefined || !/^\d+$/.test(count.value)) throw this.fail('OutOf needs a number first');
      needed = Number(count.value);
      this.expect(',');
    }
    const rules = this.operands();
    const n = needed ?? (name === 'and' ? rules.length : 1);
    if (n > rules.length + 1) throw this.fail(`invalid t-out-of-n predicate, t ${n}, n ${rules.length}`);
    return outOf(n, rules);
  }

  end(): void {
    if (this.text.slice(this.at).trim() !== '') throw this.fail(`unexpected '${this.text.slice(this.at).trim()}'`);
  }

  private operands(): common.SignaturePolicy[] {
    const rules: common.SignaturePolicy[] = [];
    for (;;) {
      rules.push(this.operand());
      const token = this.next();
      if (token?.value === ')' && token.kind === 'mark') return rules;
      if (token?.value !== ',') throw this.fail("',' or ')' expected");
    }
  }

  private operand(): common.SignaturePolicy {
    const start = this.at;
    const token = this.next();
    if (token?.kind !== 'text') {
      this.at = start;
      return this.gate();
    }
    const match = PRINCIPAL.exec(token.value);
    const role = ROLES[match?.[2] ?? ''];
    if (match?.[1] === undefined || role === undefined) throw this.fail(`error parsing principal ${token.value}`);
    this.principals.push(rolePrincipal(match[1], role));
    return signedBy(this.principals.length - 1);
  }

  private expect(mark: string): void {
    if (this.next()?.value !== mark) throw this.fail(`'${mark}' expected`);
  }

  private next(): { kind: 'text' | 'word' | 'number' | 'mark'; value: string } | undefined {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (match === null) return undefined;
    this.at = TOKEN.lastIndex;
    const [, single, double, word, number, mark] = match;
    if (single !== undefined || double !== undefined) return { kind: 'text', value: single ?? double ?? '' };
    if (word !== undefined) return { kind: 'word', value: word };
    if (number !== undefined) return { kind: 'number', value: number };
    return { kind: 'mark', value: mark ?? '' };
  }

  private fail(what: string): PolicySyntaxError {
    return new PolicySyntaxError(`invalid policy string '${this.text}': ${what}`);
  }
}

export function rolePrincipal(mspId: string, role: 0 | 1 | 2 | 3 | 4): msp.MSPPrincipal {
  const named = new msp.MSPRole();
  named.setMspIdentifier(mspId);
  named.setRole(role);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(named.serializeBinary());
  return principal;
}

export function signedBy(index: number): common.SignaturePolicy {
  const rule = new common.SignaturePolicy();
  rule.setSignedBy(index);
  return rule;
}

export function outOf(n: number, rules: common.SignaturePolicy[]): common.SignaturePolicy {
  const gate = new common.SignaturePolicy.NOutOf();
  gate.setN(n);
  gate.setRulesList(rules);
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(gate);
  return rule;
}
