/**
 * What a process of its own runs whose function is text and plain values. It is a file by itself, with copies of the few things that it
 * needs, none of which keeps anything: the rest of the toolkit is loaded by what asks for it.
 */
import { runPlainProcess } from "./plain-body.ts";

runPlainProcess();
