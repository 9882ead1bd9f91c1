/** The value that a setting of each type has once it is parsed. */
interface SettingTypes {
  readonly string: string;
  readonly boolean: boolean;
  readonly integer: number;
  /** A fraction such as `0.25`. */
  readonly number: number;
  /** A Go duration; the value is milliseconds. */
  readonly duration: number;
  /** Bytes, written as a Kubernetes quantity (`256Mi`, `1G`, `1048576`). */
  readonly size: number;
  /** Comma-separated; as a flag it may also be repeated. */
  readonly list: readonly string[];
}

/** The type of a setting. */
export type SettingType = keyof SettingTypes;

/**
 * One thing that an operator of the controller may set. A room that needs settings exports a record of these; `cli/`
 * hands all records to `config/`, which parses flags, environment and ConfigMap and reports every mistake at once. The
 * option tables in `docs/reference/` are generated from them.
 */
export interface Setting<Type extends SettingType = SettingType> {
  readonly type: Type;
  readonly default: SettingTypes[Type];
  /** One sentence for the help text and the tables. */
  readonly description: string;
  /** Without dashes: `artifact-server-port`. */
  readonly flag?: string;
  /** Further flags that mean the same, such as Flux's own names. */
  readonly flagAliases?: readonly string[];
  /** `HTTP_TIMEOUT` */
  readonly variable?: string;
  /** Further variables that mean the same, in order, where the first is unset or empty: `http_proxy`. */
  readonly variableAliases?: readonly string[];
  /** Key in the ConfigMap, also the path in its `config.json`: `http.timeout`. */
  readonly configMapKey?: string;
  /** Allowed values, if not every one of the type is. */
  readonly choices?: readonly string[];
  /** What a string must look like, and the words for it in an error: `an address such as :8081`. */
  readonly pattern?: { readonly expression: RegExp; readonly words: string };
  /** Inclusive bounds of integer, number, duration and size. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Never printed. */
  readonly secret?: true;
  /** Accepted without effect and unchecked, for the Go implementation's users; using it logs one line: the reason. */
  readonly ignored?: string;
}

/** Settings by the name that the code uses for them. */
export type Settings = Readonly<
  Record<string, { [Type in SettingType]: Setting<Type> }[SettingType]>
>;

/** The parsed values of a record of settings. */
export type SettingValues<Described extends Settings> = {
  readonly [Name in keyof Described]: SettingTypes[Described[Name]["type"]];
};
