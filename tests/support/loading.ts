import { loadSwiftly } from '../../src/loading.ts';

// Every test file, and every process that a test starts, loads Drizzle.
loadSwiftly();
