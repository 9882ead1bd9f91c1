import { lookup as lookupAll } from "node:dns/promises";
import { defineGenerator, type GeneratorEnvironment } from "../generator_definition.ts";
import { AddressGuard } from "./address_guard.ts";
import { AddressRules } from "./address_rules.ts";
import { ConnectionPools, type PoolLimits } from "./connection_pools.ts";
import { ForbiddenEndpoints } from "./forbidden_endpoints.ts";
import { httpSettings, type HttpSettingValues } from "./http_settings.ts";
import { type HttpSpec, httpSpecSchema } from "./http_spec.ts";
import { openSocket } from "./open_socket.ts";
import { prepareHttpSource, type SourceParts } from "./prepare_http_source.ts";
import { createProxyChoice } from "./proxy.ts";

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookupAll(host, { all: true })).map(({ address }) => address);
}

const orNone = (bound: number) => bound === 0 ? Infinity : bound;

/** Zero has the meanings that it has in Go's `http.Transport`. */
function poolLimits(values: HttpSettingValues): PoolLimits {
  return {
    idleTimeoutMs: orNone(values.idleConnTimeout),
    maxIdle: orNone(values.maxIdleConns),
    maxIdlePerTarget: values.maxIdleConnsPerHost || 2,
    maxPerTarget: orNone(values.maxConnsPerHost),
  };
}

function createParts(values: HttpSettingValues, environment: GeneratorEnvironment): SourceParts {
  const { clock, lookup = systemLookup, forbiddenEndpoints, maxSourceSize } = environment;
  const rules = new AddressRules({
    allowLoopback: environment.allowLoopback || values.fetchAllowLoopback,
    denyCidr: values.fetchDenyCidr,
    allowCidr: values.fetchAllowCidr,
    allowHost: values.fetchAllowHost,
  });
  const forbidden = new ForbiddenEndpoints(forbiddenEndpoints, { clock, lookup });
  const guard = new AddressGuard({ rules, forbidden, lookup });
  const socketOptions = { clock, guard, lookup, proxyTrusted: values.fetchProxyTrusted };
  return {
    clock,
    guard,
    pools: new ConnectionPools(
      poolLimits(values),
      (target, signal) => openSocket(target, socketOptions, signal),
    ),
    proxyFor: createProxyChoice(values),
    timeoutMs: values.timeout,
    maxRetryAfterMs: values.maxRetryAfter,
    maxSourceSize,
    userAgent: values.userAgent,
  };
}

/** Documents behind HTTP and HTTPS: `spec.generator.http`. */
export const httpDefinition = defineGenerator({
  schema: httpSpecSchema,
  settings: httpSettings,
  create(values, environment) {
    const parts = createParts(values, environment);
    return {
      schema: httpSpecSchema,
      // The schema was applied before, which is what the contract of `prepare` asks for.
      prepare: (settings) => prepareHttpSource(settings as HttpSpec, parts),
      close: () => parts.pools.close(),
    };
  },
});
