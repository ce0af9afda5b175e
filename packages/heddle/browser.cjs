// What bundlers for browsers, and for servers without threads, take in place of the toolkit. CommonJS, so that they look for no names.
throw Object.assign(
  new Error(
    "Cannot run heddle here: this bundle is for a browser or an edge runtime, and heddle needs the threads of Node.js 24 or later; " +
      "import it only in code for the server, and where Node itself asked for this bundle (jest with jsdom), " +
      'in a test environment "node"',
  ),
  { code: "ERR_HEDDLE_RUNTIME" },
);
