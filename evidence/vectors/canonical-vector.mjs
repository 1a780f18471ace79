import { bytesToHex, canonicalBytes, parseJson } from '@proofward/evidence';

/** Texts that mean something, with the one form in which they are hashed. */
const accepted = [
  '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  '[-0, 0.0, 1.0, 10E2, 4.50, 2e-3, 1e-7, 0.000001, 333333333.33333329, 9007199254740991]',
  ' { "literals" : [null , true,false], "string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/" } ',
  '{"a":{"b":1,"a":[]},"A":{},"":""}',
  '["\\u0000", "\\u007f", "\\u2028", "e\\u0301", "\\u00e9"]',
];

/** Texts that two readers may understand differently. */
const refused = [
  '{"a":1,"a":2}',
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":1}',
  '{"a":{"b":1,"b":1},"a":{"b":1}}',
  '{"__proto__":1}',
  '["\\ud800"]',
  '{"\\udc00":1}',
  '9007199254740992',
  '-9007199254740993',
  '1e30',
  '1e400',
  'NaN',
  '01',
  '[1,]',
  "{'a':1}",
  '1 2',
  '',
  '[1] // one',
];

export function canonicalVector() {
  return {
    accepted: accepted.map((text) => {
      const bytes = canonicalBytes(parseJson(text));
      return { text, canonical: new TextDecoder().decode(bytes), hex: bytesToHex(bytes) };
    }),
    refused,
  };
}
