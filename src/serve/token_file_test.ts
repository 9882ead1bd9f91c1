import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import { parseHttpRequest } from "./http_request.ts";
import { requireToken } from "./require_token.ts";
import { TokenFile } from "./token_file.ts";

interface Place {
  readonly clock: ManualClock;
  readonly directory: string;
  readonly file: string;
  readonly problems: string[];
  open(): Promise<TokenFile>;
  /** Lets a second pass, and the file be read. */
  second(): Promise<void>;
}

function test(behaviour: string, body: (place: Place) => Promise<void>): void {
  Deno.test(`TokenFile ${behaviour}`, async () => {
    const directory = await Deno.makeTempDir();
    const file = `${directory}/token`;
    const [clock, problems] = [new ManualClock(), [] as string[]];
    const onProblem = (problem: string) => problems.push(problem);
    const opened: TokenFile[] = [];
    const open = async () => {
      opened.push(await TokenFile.open({ file, clock, onProblem }));
      return opened.at(-1)!;
    };
    const second = async () => {
      await clock.advance(1_000);
      while (clock.pending === 0) await settle();
    };
    await body({ clock, directory, file, problems, open, second });
    for (const each of opened) await each.close();
    assert.equal(clock.pending, 0, "no timer is left");
    await Deno.remove(directory, { recursive: true });
  });
}

test("takes a new token within a second, and the old one for a minute more", async (place) => {
  const { file, clock, second } = place;
  await Deno.writeTextFile(file, "first-token\n");
  const tokens = await place.open();
  assert.equal(tokens.current, "first-token");
  assert.ok(tokens.accepts("Bearer first-token"));
  assert.ok(tokens.accepts("bearer  first-token"), "RFC 9110 §11.1: the scheme in any case");
  const wrong = ["", "first-token", "Bearer ", "Bearer first-toke", "Bearer first-tokens"];
  for (const each of [undefined, ...wrong, "Basic first-token"]) {
    assert.equal(tokens.accepts(each), false, String(each));
  }
  await Deno.writeTextFile(file, "second-token");
  await second();
  assert.equal(tokens.current, "second-token");
  for (const each of ["first", "second"]) assert.ok(tokens.accepts(`Bearer ${each}-token`), each);
  await clock.advance(59_000);
  while (clock.pending === 0) await settle();
  assert.ok(tokens.accepts("Bearer first-token"));
  await second();
  assert.equal(tokens.accepts("Bearer first-token"), false);
  assert.ok(tokens.accepts("Bearer second-token"));
});

test("sees the swap of a mounted Secret", async ({ directory, file, open, second }) => {
  for (const each of ["one", "two"]) {
    await Deno.mkdir(`${directory}/${each}`);
    await Deno.writeTextFile(`${directory}/${each}/token`, `token-${each}`);
  }
  await Deno.symlink("one", `${directory}/..data`);
  await Deno.symlink("..data/token", file);
  const tokens = await open();
  await Deno.symlink("two", `${directory}/..data_tmp`);
  await Deno.rename(`${directory}/..data_tmp`, `${directory}/..data`);
  await second();
  assert.equal(tokens.current, "token-two");
});

test("goes on with the last token when the file becomes useless, and says so once", async (place) => {
  const { file, problems, second } = place;
  await Deno.writeTextFile(file, "first-token");
  const tokens = await place.open();
  for (const text of ["", "two words"]) {
    await Deno.writeTextFile(file, text);
    await second();
    await second();
  }
  await Deno.remove(file);
  await second();
  await second();
  assert.ok(tokens.accepts("Bearer first-token"));
  assert.equal(problems.length, 3);
  for (const problem of problems) assert.doesNotMatch(problem, /words(?! )/);
  await Deno.writeTextFile(file, "first-token");
  await second();
  assert.ok(tokens.accepts("Bearer first-token"));
});

test("is refused without a token at start", async ({ file, open }) => {
  await assert.rejects(open(), /Cannot read ".*token": no such file/);
  await Deno.writeTextFile(file, "\n");
  await assert.rejects(open(), /holds no bearer token/);
});

Deno.test("requireToken() asks its handler only for those who bear the token", async () => {
  let handled = 0;
  const handler = requireToken(() => {
    handled++;
    return textAnswer(200, "x");
  }, { accepts: (field) => field === "Bearer right" });
  const ask = async (field: string): Promise<HttpAnswer> =>
    await handler(parseHttpRequest(`GET / HTTP/1.1\r\nHost: h${field}`)!);
  for (const field of ["", "\r\nAuthorization: Bearer wrong"]) {
    const { status, headers } = await ask(field);
    assert.equal(status, 401);
    assert.equal(headers?.["WWW-Authenticate"], 'Bearer realm="artifacts"');
  }
  assert.equal(handled, 0);
  assert.equal((await ask("\r\nAuthorization: Bearer right")).status, 200);
});
