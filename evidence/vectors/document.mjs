import { recordTypes } from '@proofward/evidence';
import { example } from './document-examples.mjs';
import {
  amendable,
  collections,
  errors,
  privateFields,
  publicMembers,
  states,
  writersTable,
} from './document-tables.mjs';

/** The generated sections of docs/records.md, each between `<!-- generated: name -->` and `<!-- end of name -->`. */
function sectionsOf(vectors) {
  return {
    'public members': publicMembers(),
    'private fields': privateFields(),
    collections: collections(vectors.consortium),
    'amendable fields': amendable(),
    states: states(),
    writers: writersTable(),
    errors: errors(),
    ...Object.fromEntries(recordTypes.map((type) => [`example ${type}`, example(vectors[type])])),
  };
}

/** The document with its generated sections made again. */
export function withSections(text, vectors) {
  const sections = sectionsOf(vectors);
  const found = new Set();
  const made = text.replace(/<!-- generated: ([a-z -]+) -->[\s\S]*?<!-- end of \1 -->/g, (_, name) => {
    if (sections[name] === undefined || found.has(name)) throw new Error(`docs/records.md: no section ${name}`);
    found.add(name);
    return `<!-- generated: ${name} -->\n\n${sections[name]}\n\n<!-- end of ${name} -->`;
  });
  for (const name of Object.keys(sections)) {
    if (!found.has(name)) throw new Error(`docs/records.md lacks the section ${name}`);
  }
  return made;
}
