import { loadSwiftly } from '../../src/loading.ts';

// Every test file is a process of its own that loads Drizzle.
loadSwiftly();
