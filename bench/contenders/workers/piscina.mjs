// The worker file of piscina: one task value in, one result out.
import { move as movePiscina } from "piscina";
import * as work from "../../work.ts";

export const add = ([a, b]) => work.add(a, b);
export const echo = work.echo;
export const send = work.byteLength;
export const copy = work.echo;
export const move = (buffer) => movePiscina(buffer);
export const burn = work.burn;
export const job = ([steps, payload]) => work.job(steps, payload);
export const turn = work.turn;
export const startTicking = ([shared, everyMs, ticks]) => work.startTicking(shared, everyMs, ticks);
export const increment = work.increment;
export const factorise = work.factorise;
export const incrementAll = work.incrementAll;
export const factoriseAll = work.factoriseAll;
export const largestFactor = work.largestFactor;
export const largestFactorAll = work.largestFactorAll;
export const echoAll = work.echoAll;
export const factorial = work.factorial;
export const factorialAll = work.factorialAll;
