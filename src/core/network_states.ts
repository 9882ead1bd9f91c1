/** What the codes of failed connections mean, whoever was to be reached; in words that follow "Cannot …: ". */
export const networkStates: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  UND_ERR_SOCKET: "connection closed by the other side",
  EHOSTUNREACH: "host is unreachable",
  ENETUNREACH: "network is unreachable",
};
