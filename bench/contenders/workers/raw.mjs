// The best simple worker there is: one message a task, answered under the same id.
import { parentPort } from "node:worker_threads";
import * as work from "../../work.ts";

const methods = {
  add: ([a, b]) => work.add(a, b),
  echo: work.echo,
  send: work.byteLength,
  copy: work.echo,
  burn: work.burn,
  job: ([steps, payload]) => work.job(steps, payload),
  startTicking: ([shared, everyMs, ticks]) => work.startTicking(shared, everyMs, ticks),
  incrementAll: work.incrementAll,
  factoriseAll: work.factoriseAll,
  largestFactorAll: work.largestFactorAll,
  echoAll: work.echoAll,
  factorialAll: work.factorialAll,
};

parentPort.on("message", ({ id, method, value }) => {
  if (method === "turn") void work.turn(value).then((result) => parentPort.postMessage({ id, result }));
  else if (method === "move") parentPort.postMessage({ id, result: value }, [value]);
  else parentPort.postMessage({ id, result: methods[method](value) });
});
