import { loadSwiftly } from '../../src/loading.ts';

// Every worker of the tests, and every process that a test starts, loads Drizzle.
loadSwiftly();
