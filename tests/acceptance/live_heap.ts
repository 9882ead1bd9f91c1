/**
 * Collects the garbage of a program of Deno that was started with `--inspect=127.0.0.1:PORT`. What is resident alone says
 * as much about when V8 last tidied up.
 *
 * @returns MiB of JavaScript objects that are left
 */
export async function liveHeap(inspectorPort: number): Promise<number> {
  const targets = await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json();
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  try {
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    // What a finalizer lets go of in the first collection is left to the second.
    for (const _ of [1, 2]) await call(socket, "HeapProfiler.collectGarbage");
    return (await call(socket, "Runtime.getHeapUsage")).usedSize! / 1_048_576;
  } finally {
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  }
}

/** One call of the Chrome DevTools Protocol. */
function call(socket: WebSocket, method: string): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const { result, error } = JSON.parse(data);
      if (error) reject(new Error(`Cannot call "${method}": ${error.message}`));
      else resolve(result);
    };
    socket.send(JSON.stringify({ id: 1, method }));
  });
}
