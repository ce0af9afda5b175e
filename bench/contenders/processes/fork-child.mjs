/** What the other process of `fork.ts` does. */
let sum = 0;
process.on("message", (message) => {
  if (message === "hello") process.send("here");
  else if (message === "sum") process.send(sum);
  else sum += message;
});
