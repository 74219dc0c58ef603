// What `ocelli` does, apart from main.ts so that its modules come out of the compile cache.
import { ExitCode, run } from "@stricli/core";

import { app } from "./app.ts";
import { createContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { keepHeapSmall } from "./heap.ts";
import { readableWords } from "./words.ts";

keepHeapSmall();

// A reader that goes away (`ocelli … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

const context = createContext();
await run(app, readableWords(process.argv.slice(2)), context);

// The parser's own codes for a call that it does not understand are negative.
const misuse: readonly unknown[] = [ExitCode.UnknownCommand, ExitCode.InvalidArgument];
const { exitCode } = context.process;
process.exitCode = misuse.includes(exitCode) ? EXIT.usage : (exitCode ?? EXIT.done);
