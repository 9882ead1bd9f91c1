import { buildCommand } from "./build.ts";
import type { Command } from "./command.ts";
import { controllerCommand } from "./controller.ts";
import { crdsCommand } from "./crds.ts";
import { getCommand } from "./get.ts";
import { hookExecutorCommand } from "./hook_executor.ts";
import { localCommand } from "./local.ts";
import { storeCommand } from "./store.ts";
import { versionCommand } from "./version.ts";
import { whitelistCommand } from "./whitelist.ts";

/** The commands by the name that a user types. */
export const commands: Readonly<Record<string, Command>> = {
  controller: controllerCommand,
  local: localCommand,
  build: buildCommand,
  "hook-executor": hookExecutorCommand,
  get: getCommand,
  whitelist: whitelistCommand,
  store: storeCommand,
  crds: crdsCommand,
  version: versionCommand,
};

/** What runs without a name. */
export const defaultCommand = "controller";
