import type { Settings } from "../core/setting.ts";
import { generatorDefinitions } from "../generate/registry.ts";

const { fetchAllowLoopback: _, ...others } = generatorDefinitions.http.settings;

/** For the help of commands without a cluster, which always allow loopback: what has an effect there. */
export const localUpstreamSettings: Settings = others;
