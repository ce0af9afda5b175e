// The worker file of workerpool: methods with several arguments.
import workerpool from "workerpool";
import * as work from "../../work.ts";

workerpool.worker({
  add: work.add,
  echo: work.echo,
  send: work.byteLength,
  copy: work.echo,
  move: (buffer) => new workerpool.Transfer(buffer, [buffer]),
  burn: work.burn,
  job: work.job,
  turn: work.turn,
  startTicking: work.startTicking,
  increment: work.increment,
  factorise: work.factorise,
  incrementAll: work.incrementAll,
  factoriseAll: work.factoriseAll,
  largestFactor: work.largestFactor,
  largestFactorAll: work.largestFactorAll,
  echoAll: work.echoAll,
  factorial: work.factorial,
  factorialAll: work.factorialAll,
});
