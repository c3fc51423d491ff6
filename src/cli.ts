// Import code that needs a new Node only after this check: an older Node could not even parse it.
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
