// What needs a new Node is imported only after this: an older one could not even read it, and would say so in its own words.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `VidGenie needs Node.js 24.12 or newer, and this is ${process.versions.node}. Run it with npm or npx in its own folder, which bring one along.\n`,
  );
  process.exit(2);
}
const { loadSwiftly } = await import('./loading.ts');
loadSwiftly();
const { runCommandLine } = await import('./cli/commandLine.ts');
await runCommandLine(process.argv.slice(2));

export {};
