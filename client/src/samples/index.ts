export { type DescribeOptions, describeSamples, type ProvedSample, type SampleDescription } from './describe.js';
export { SampleError } from './errors.js';
export { type GroupSize, unknownGroup } from './groups.js';
export { DatasetKeyError, readDatasetKey } from './key.js';
export { LeavesComparison, LeavesWriter, type SampleDifference } from './leaves.js';
export { readSamples, type SampleFormat, type SampleRecord } from './read.js';
