/** On a request of another replica: it is answered from what is held here, so that replicas do not ask in a circle. */
export const hopHeader = "X-Externalsource-Hop";

/** On a HEAD of another replica: the artifact is to be brought here from that replica before it is answered. */
export const pullHeader = "X-Externalsource-Pull";
