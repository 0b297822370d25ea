// Plain JavaScript, so that an old Node can say what is missing instead of refusing a .ts file.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Node ${process.versions.node} is too old to run this. The devDependency "node" brings a new\n` +
      "one: run npm install (without --omit=dev), then use the npm scripts (npm start, npm test).\n",
  );
  process.exit(1);
}
