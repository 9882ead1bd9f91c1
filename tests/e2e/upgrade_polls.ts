import type { Team } from "./team.ts";

/** What was answered under a URL, and how often. */
export interface PolledAnswer {
  readonly url: string;
  /** `200` and the digest of the bytes, another status, or what kept the client from an answer. */
  readonly answer: string;
  readonly count: number;
}

/** A URL, and the digest of what it leads to. */
export interface PolledUrl {
  readonly url: string;
  readonly digest: string;
}

const script = `
poll() {
  body=$(mktemp /data/polled.XXXXXX)
  if said=$(timeout 10 wget -qO "$body" "$1" 2>&1)
  then echo "$1 200 $(sha256sum < "$body")"
  else echo "$1" $said
  fi >> /data/answers
  rm "$body"
}
while [ ! -e /data/enough ]; do
  for url in $(cat /data/urls); do poll "$url" & done
  sleep 0.2
done
wait
`;

/** Downloads from a pod of a team, each URL every 200 ms over a new connection, whatever became of the last one. */
export class UpgradePolls implements AsyncDisposable {
  readonly #team: Team;
  readonly #digests = new Map<string, string>();
  #followed: readonly PolledUrl[] = [];
  readonly #running: Promise<unknown>;

  private constructor(team: Team) {
    this.#team = team;
    this.#running = team.run("sh", "-c", script);
    this.#running.catch(() => {}); // told when it is over
  }

  static async start(team: Team, urls: readonly PolledUrl[]): Promise<UpgradePolls> {
    await team.run("sh", "-c", "rm -f /data/enough && : > /data/urls && : > /data/answers");
    const polls = new UpgradePolls(team);
    await polls.follow(urls);
    return polls;
  }

  /** From now on these are asked for, and no others. */
  async follow(urls: readonly PolledUrl[]): Promise<void> {
    this.#followed = urls;
    for (const { url, digest } of urls) this.#digests.set(url, digest);
    const write = 'echo "$0" > /data/urls.new && mv /data/urls.new /data/urls';
    await this.#team.run("sh", "-c", write, urls.map(({ url }) => url).join(" "));
  }

  /** All answers until now. */
  async answers(): Promise<readonly PolledAnswer[]> {
    const lines = await this.#team.run("sh", "-c", "sort /data/answers | uniq -c");
    return lines.split("\n").filter((line) => line !== "").map((line) => {
      const [, count, url, answer] = /^ *(\d+) (\S+) ?(.*)$/.exec(line)!;
      return { url: url!, answer: asAnswer(answer!), count: Number(count) };
    });
  }

  /** How often each URL that is asked for has led to the bytes that belong to it. */
  async served(): Promise<ReadonlyMap<string, number>> {
    const right = (await this.answers()).filter((each) => this.#isRight(each));
    return new Map(this.#followed.map(({ url }) => {
      return [url, right.find((each) => each.url === url)?.count ?? 0];
    }));
  }

  /** Answers that neither are the right bytes nor may be given while one pod takes another's place. */
  async wrong(): Promise<readonly PolledAnswer[]> {
    return (await this.answers()).filter((each) => {
      const isLater = each.answer === "503" || !/^\d/.test(each.answer);
      return !isLater && !this.#isRight(each);
    });
  }

  /** Rejects if the polls ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#team.run("touch", "/data/enough");
    await this.#running;
  }

  #isRight({ url, answer }: Pick<PolledAnswer, "url" | "answer">): boolean {
    return answer === `200 ${this.#digests.get(url)}`;
  }
}

/** A line of the script without what differs from one time to the next. */
function asAnswer(line: string): string {
  const [, digest] = /^200 ([0-9a-f]{64})/.exec(line) ?? [];
  if (digest !== undefined) return `200 sha256:${digest}`;
  return /HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? (line || "time-out");
}
