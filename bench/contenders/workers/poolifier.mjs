// The worker file of poolifier: named task functions of one argument. It cannot move a result back, so `move` answers by a copy.
import { ThreadWorker } from "poolifier";
import * as work from "../../work.ts";

export default new ThreadWorker({
  add: ([a, b]) => work.add(a, b),
  echo: work.echo,
  send: work.byteLength,
  copy: work.echo,
  move: (buffer) => buffer,
  burn: work.burn,
  job: ([steps, payload]) => work.job(steps, payload),
  turn: work.turn,
  startTicking: ([shared, everyMs, ticks]) => work.startTicking(shared, everyMs, ticks),
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
